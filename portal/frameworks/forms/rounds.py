"""Forms about a round: its terms, a later deadline, its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from portal.core.clock import LONDON
from portal.frameworks.forms.fields import (
    ClockField,
    CountField,
    DayField,
    PointsField,
    not_skipped,
    tidy,
    time_field,
    uk_moment,
)
from portal.frameworks.models import Round
from portal.frameworks.queries import ProposedExtension
from portal.frameworks.services import RoundTerms
from portal.frameworks.states import AdmissionRule, NotOfferedRule, Rounding, StartingSet, TieRule


class RoundForm(FlaskForm):  # type: ignore[misc]
    """What a commissioner decides about a round."""

    version = HiddenField()
    once = HiddenField()
    title = StringField(
        "Title",
        [InputRequired("Enter a title."), Length(max=150, message="Use 150 characters or fewer.")],
        filters=[tidy],
        description="What providers will see, such as “Re-opening for new providers, 2026”.",
    )
    summary = TextAreaField(
        "Summary",
        [InputRequired("Say in a few words who the round is for.")],
        filters=[tidy],
        description="Two or three sentences for the public page.",
    )
    clarification_date = DayField("Date", "Enter the last day for questions.")
    clarification_time = time_field("Time")
    submission_date = DayField("Date", "Enter the date of the deadline.")
    submission_time = time_field("Time")
    agreements_start_on = DayField("Date agreements start", "Enter the date agreements start.")
    authority_decision = StringField(
        "Decision number", filters=[tidy], description="Of the record of decision, such as 23-00112."
    )
    authority_clause = StringField(
        "Clause that allows re-opening",
        filters=[tidy],
        description="Of the original tender documents or framework agreement.",
    )
    criteria_match_original = BooleanField("The criteria and terms match the original tender")
    departure_advice = TextAreaField(
        "If they do not match, the advice you rely on",
        filters=[tidy],
        description="Who advised, when, and what they said.",
    )
    notice_reference = StringField(
        "Find a Tender notice reference", filters=[tidy], description="Leave this empty until it is known."
    )
    quality_weight = PointsField(
        "Quality weight",
        [InputRequired("Enter the weight of quality."), NumberRange(1, 99, "Enter a number from 1 to 99.")],
        places=None,
        description="Points out of 100. The rest is price.",
    )
    quality_minimum = PointsField(
        "Lowest quality score to be admitted",
        [InputRequired("Enter the lowest score, or 0."), NumberRange(0, 99, "Enter a number from 0 to 99.")],
        places=None,
        description="Points of the quality weight. 0 means that only the minimum on a question applies.",
    )
    admission_rule = RadioField(
        "Who is admitted?",
        [InputRequired("Choose who is admitted.")],
        choices=[SelectChoice(rule.value, rule.label) for rule in AdmissionRule],
    )
    admit_at_most = CountField(
        "How many, if only the best", [Optional(), NumberRange(1, 500, "Enter a number from 1 to 500.")]
    )
    not_offered_rule = RadioField(
        "What does a cell cost that an applicant does not offer?",
        [InputRequired("Choose what such a cell costs.")],
        choices=[SelectChoice(rule.value, rule.label) for rule in NotOfferedRule],
    )
    rounding = RadioField(
        "What are points rounded to?",
        [InputRequired("Choose what points are rounded to.")],
        choices=[SelectChoice(rule.value, rule.label) for rule in Rounding],
    )
    tie_rule = RadioField(
        "Who comes first where totals are equal?",
        [InputRequired("Choose who comes first.")],
        choices=[SelectChoice(rule.value, rule.label) for rule in TieRule],
    )
    standstill_days = CountField(
        "Days of standstill",
        [
            InputRequired("Enter the days of standstill."),
            NumberRange(10, 60, "Enter a number from 10 to 60."),
        ],
        description="10 where notices are sent by email; 15 where they are not.",
    )

    def validate_clarification_time(self, _: ClockField) -> None:
        not_skipped(self, "clarification")

    def validate_submission_time(self, _: ClockField) -> None:
        not_skipped(self, "submission")

    def terms(self) -> RoundTerms:
        """What was typed, once it is valid."""
        return RoundTerms(
            title=self.title.data or "",
            summary=self.summary.data or "",
            clarification_deadline=_moment(self, "clarification"),
            submission_deadline=_moment(self, "submission"),
            agreements_start_on=cast(date, self.agreements_start_on.data),
            authority_decision=self.authority_decision.data or "",
            authority_clause=self.authority_clause.data or "",
            criteria_match_original=self.criteria_match_original.data,
            departure_advice=self.departure_advice.data or "",
            notice_reference=self.notice_reference.data or "",
            quality_weight=self.quality_weight.data or Decimal(0),
            quality_minimum=self.quality_minimum.data or Decimal(0),
            admission_rule=AdmissionRule(self.admission_rule.data),
            admit_at_most=self.admit_at_most.data,
            standstill_days=self.standstill_days.data or 0,
            not_offered_rule=NotOfferedRule(self.not_offered_rule.data),
            rounding=Rounding(self.rounding.data),
            tie_rule=TieRule(self.tie_rule.data),
        )


class NewRoundForm(RoundForm):
    """A new round, and the question set it starts with."""

    start = RadioField("Which questions does it start with?", [InputRequired("Choose where to start.")])

    def offer(self, rounds: Sequence[Round]) -> None:
        """Let the person choose among these rounds, the default set and none."""
        self._rounds = {str(one.id): one for one in rounds}
        self.start.choices = [
            SelectChoice(StartingSet.DEFAULT.value, "The default set"),
            *(
                SelectChoice(value, f"Those of “{one.title}”, with its price basket")
                for value, one in self._rounds.items()
            ),
            SelectChoice(StartingSet.EMPTY.value, "None: write them all"),
        ]

    def starting_set(self) -> Round | StartingSet:
        """What was chosen, once it is valid."""
        chosen = str(self.start.data)
        return self._rounds[chosen] if chosen in self._rounds else StartingSet(chosen)


def _moment(form: Any, prefix: str) -> datetime:
    return uk_moment(form[f"{prefix}_date"].data, form[f"{prefix}_time"].data)


def round_values(round_: Round) -> dict[str, Any]:
    """What the form shows of a round."""
    names = (
        "title summary agreements_start_on authority_decision authority_clause criteria_match_original"
        " departure_advice notice_reference admit_at_most standstill_days version"
    )
    values = {name: getattr(round_, name) for name in names.split()}
    values |= _typed_moment("clarification", round_.clarification_deadline)
    values |= _typed_moment("submission", round_.submission_deadline)
    weights = {
        name: Decimal(f"{getattr(round_, name).normalize():f}")
        for name in ("quality_weight", "quality_minimum")
    }
    rules = ("admission_rule", "not_offered_rule", "rounding", "tie_rule")
    return values | weights | {name: getattr(round_, name).value for name in rules}


def extension_values(round_: Round, proposed: ProposedExtension | None) -> dict[str, Any]:
    """What the form of a later deadline first shows: the present one, or what the portal proposes."""
    if proposed is None:
        return {"version": round_.version} | _typed_moment("submission", round_.submission_deadline)
    values = {"version": round_.version, "reason": proposed.figures}
    return values | _typed_moment("submission", proposed.deadline)


def _typed_moment(prefix: str, moment: datetime) -> dict[str, Any]:
    local = moment.astimezone(LONDON)
    return {f"{prefix}_date": local.date(), f"{prefix}_time": local.time()}


class ExtensionForm(FlaskForm):  # type: ignore[misc]
    """A later deadline and its reason."""

    version = HiddenField()
    submission_date = DayField("Date", "Enter the new date.")
    submission_time = time_field("Time")
    reason = TextAreaField(
        "Reason",
        [InputRequired("Give the reason: it is published.")],
        filters=[tidy],
        description="This is published on the round’s public page.",
    )

    def validate_submission_time(self, _: ClockField) -> None:
        not_skipped(self, "submission")

    def deadline(self) -> datetime:
        """The new deadline in UTC."""
        return _moment(self, "submission")


class CancelForm(FlaskForm):  # type: ignore[misc]
    """Why a round is cancelled."""

    version = HiddenField()
    reason = TextAreaField(
        "Reason",
        [InputRequired("Say why the round is cancelled.")],
        filters=[tidy],
        description="This is published if the round has been published. The round cannot be started again.",
    )


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    """The version that was read, and nothing else."""

    version = HiddenField()
