"""Forms of the evaluation. Grids of many applicants or questions are read by hand, a row at a time."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, cast

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import (
    DateField,
    HiddenField,
    RadioField,
    SelectMultipleField,
    TextAreaField,
    TimeField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length, Optional

from portal.core.clock import LONDON
from portal.evaluations.services import Pair, Spread
from portal.evaluations.services.conflicts import Choice
from portal.evaluations.states import SCORE_DESCRIPTORS, Audience, Finding, PriceOutcome, ScoringOrder

_TOO_LONG = Length(max=5000, message="Shorten this to 5,000 characters or fewer.")
SCALE = [SelectChoice(value, f"{value} – {words}") for value, words in SCORE_DESCRIPTORS.items()]


def _whole(value: object) -> int | None:
    return int(str(value)) if str(value or "").isdigit() or value == 0 else None


class _Day(DateField):
    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError("Enter a real date, like 31/03/2026.") from error


class _Clock(TimeField):
    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError("Enter a time like 17:00.") from error


class ScoreForm(FlaskForm):  # type: ignore[misc]
    """An evaluator's own score. Without a score the text is kept as a draft."""

    version = HiddenField()
    value = RadioField("Your score", choices=SCALE, coerce=_whole, validate_choice=False)
    reason = TextAreaField(
        "Reason for your score",
        description="Becomes feedback: the applicant may read it. Refer to what the answer says.",
    )
    working_notes = TextAreaField(
        "Working notes (optional)",
        description="Apart from the reason. They are kept, and may be disclosed in a challenge or an information"
        " request.",
    )
    follows = RadioField(
        "After saving, go to",
        choices=[SelectChoice(one.value, one.label) for one in ScoringOrder],
        validate_choice=False,
    )


class ConsensusForm(FlaskForm):  # type: ignore[misc]
    """The agreed score on one question."""

    version = HiddenField()
    value = RadioField("Agreed score", choices=SCALE, coerce=_whole, validate_choice=False)
    reason = TextAreaField(
        "Reason for the agreed score", description="The applicant will read this as its feedback."
    )
    attended = TextAreaField(
        "Who took part",
        description="Names of everybody who agreed this score. They carry over to the next question you agree today.",
    )


class ConclusionForm(FlaskForm):  # type: ignore[misc]
    """The officer's conclusion of a compliance check."""

    outcome = RadioField(
        "Your conclusion",
        choices=[SelectChoice("compliant", "Compliant"), SelectChoice("non_compliant", "Not compliant")],
        validators=[InputRequired("Choose your conclusion.")],
        validate_choice=False,
    )
    reasons = TextAreaField(
        "Reasons for your conclusion", description="If it is not compliant, the applicant will read these."
    )


class ReviewForm(FlaskForm):  # type: ignore[misc]
    """A second officer's word on a fail."""

    version = HiddenField()
    outcome = RadioField(
        "Does the fail stand?",
        choices=[
            SelectChoice("confirm", "Confirm: the question is failed"),
            SelectChoice("turn_back", "Turn it back to whoever proposed it"),
        ],
        validators=[InputRequired("Choose whether the fail stands.")],
        validate_choice=False,
    )
    reason = TextAreaField(
        "Your reason", description="Needed when you turn it back. Whoever proposed the fail reads it."
    )


class ReplaceForm(FlaskForm):  # type: ignore[misc]
    """Why an evaluator is taken off an application."""

    reason = TextAreaField(
        "Why is this evaluator replaced?",
        description="Kept with the scores. The evaluator reads it.",
        validators=[InputRequired("Say why this evaluator is replaced.")],
    )


class SpreadForm(FlaskForm):  # type: ignore[misc]
    """How the scoring is to be spread, and with whom."""

    class Meta:
        csrf = False  # it only asks for a proposal, by GET

    keep_to = RadioField(
        "What should an evaluator keep to?",
        choices=[SelectChoice(one.value, one.label) for one in Spread],
        default=Spread.APPLICATION.value,
    )
    scorers = RadioField(
        "How many evaluators for each question?",
        choices=[SelectChoice("2", "Two"), SelectChoice("3", "Three")],
        default="2",
    )
    people = SelectMultipleField("Who takes part?", validate_choice=False)


class AskForm(FlaskForm):  # type: ignore[misc]
    """An evaluator's question to the chair."""

    once = HiddenField()
    text = TextAreaField(
        "Your question to the chair",
        description="Give no score, and do not say how good you find the answer: a text with a score is refused.",
    )


class AnswerForm(FlaskForm):  # type: ignore[misc]
    """The chair's answer."""

    audience = RadioField(
        "Who reads your answer?",
        choices=[SelectChoice(one.value, one.label) for one in Audience],
        validators=[InputRequired("Choose who reads your answer.")],
        validate_choice=False,
    )
    wording = TextAreaField(
        "The question as all will read it",
        description="Needed when others read the answer: they never see the evaluator’s own words or name. For"
        " evaluators of any applicant, leave out whom it is about.",
    )
    text = TextAreaField(
        "Your answer", description="Say how to read the question or the criteria. Give no score."
    )


class UnlockForm(FlaskForm):  # type: ignore[misc]
    """Why a finished sheet is unlocked."""

    reason = TextAreaField(
        "Why is this sheet unlocked?",
        description="Kept on record. The evaluator reads it.",
        validators=[InputRequired("Say why this sheet is unlocked.")],
    )


class AnonymityForm(FlaskForm):  # type: ignore[misc]
    """What evaluators see of the applicants."""

    version = HiddenField()
    shown = RadioField(
        "What do evaluators see while they score?",
        choices=[
            SelectChoice("names", "The applicant’s name"),
            SelectChoice("numbers", "A number, like “Applicant 7”"),
        ],
        validators=[InputRequired("Choose what evaluators see.")],
        validate_choice=False,
    )


class DueDateForm(FlaskForm):  # type: ignore[misc]
    """By when scores are wanted. Empty: no date."""

    scores_due_on = _Day(
        "Scores are due on (optional)", validators=[Optional()], format=["%Y-%m-%d", "%d/%m/%Y"]
    )


class PriceQueryForm(FlaskForm):  # type: ignore[misc]
    """Why a price looks too low, and what the applicant is asked about it, with the time to answer in Kent's time."""

    once = HiddenField()
    concern = TextAreaField(
        "Which price looks too low, and why?",
        [InputRequired("Say which price looks too low, and why."), _TOO_LONG],
        description="For the councils’ record. The applicant does not read this.",
    )
    question = TextAreaField(
        "What do you ask the applicant?",
        [InputRequired("Write what you ask."), _TOO_LONG],
        description="Name no other applicant, and no price but its own.",
    )
    due_date = _Day(
        "Date",
        validators=[InputRequired("Enter the date by which you need the answer.")],
        format=["%Y-%m-%d", "%d/%m/%Y"],
    )
    due_time = _Clock("Time", [InputRequired("Enter a time, like 17:00.")], format=["%H:%M", "%H:%M:%S"])

    def due_at(self) -> datetime:
        """The instant in UTC."""
        day, at = cast("date", self.due_date.data), cast("time", self.due_time.data)
        return datetime.combine(day, at, tzinfo=LONDON).astimezone(UTC)


class PriceOutcomeForm(FlaskForm):  # type: ignore[misc]
    """What people made of the explanation."""

    version = HiddenField()
    outcome = RadioField(
        "Outcome",
        choices=[
            SelectChoice(PriceOutcome.ACCEPTED, "Accepted: the explanation accounts for the price"),
            SelectChoice(PriceOutcome.REJECTED, "Rejected: the price takes no part in the evaluation"),
        ],
        validators=[InputRequired("Choose the outcome.")],
        validate_choice=False,
    )
    reason = TextAreaField("Reason", [InputRequired("Give the reason. It stays on record."), _TOO_LONG])

    def validate_outcome(self, field: RadioField) -> None:
        if field.data not in set(PriceOutcome):
            raise ValidationError("Choose the outcome.")


class ActionForm(FlaskForm):  # type: ignore[misc]
    """A button, with the token that shows it was pressed on our page."""


@dataclass(frozen=True)
class FindingTyped:
    """What an officer typed about one question."""

    finding: Finding
    reason: str
    evidence: str
    version: int | None


def read_order(text: str | None) -> ScoringOrder | None:
    """The order of scoring that was chosen, or None."""
    return ScoringOrder(text) if text in set(ScoringOrder) else None


def read_findings(form: MultiDict[str, str], questions: Iterable[uuid.UUID]) -> dict[uuid.UUID, FindingTyped]:
    """The findings of the questions that were answered, by question."""
    found = {}
    for question_id in questions:
        value = form.get(f"finding-{question_id}")
        if value in set(Finding):
            found[question_id] = FindingTyped(
                Finding(value),
                form.get(f"reason-{question_id}", "").strip(),
                form.get(f"evidence-{question_id}", "").strip(),
                _whole(form.get(f"version-{question_id}")),
            )
    return found


def read_choices(form: Mapping[str, str], applications: Iterable[uuid.UUID]) -> dict[uuid.UUID, Choice]:
    """What was declared on each applicant. Those without a choice are left out."""
    none_with_any = form.get("then") == "none_with_any"
    choices = {}
    for application_id in applications:
        value = form.get(f"conflict-{application_id}") or ("no" if none_with_any else "")
        if value in {"no", "yes"}:
            choices[application_id] = Choice(value == "yes", form.get(f"nature-{application_id}", ""))
    return choices


def read_pairs(values: Iterable[str]) -> set[Pair]:
    """Ticked boxes of an assignment grid: `<application or question id>:<person id>`."""
    pairs = set()
    for value in values:
        first, _, second = value.partition(":")
        try:
            pairs.add((uuid.UUID(first), uuid.UUID(second)))
        except ValueError:
            continue
    return pairs


def read_was(form: Mapping[str, str]) -> set[Pair]:
    """The boxes that were ticked when the grid was shown."""
    return read_pairs(form.get("was", "").split())


def read_id(text: str | None) -> uuid.UUID | None:
    """An id chosen from a list, or None."""
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None
