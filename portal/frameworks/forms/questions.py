"""Forms of a question set: a section, a question of each kind, the points of all that are scored."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from portal.frameworks.forms.fields import CountField, PointsField, tidy
from portal.frameworks.models import Question, Section
from portal.frameworks.queries import Condition
from portal.frameworks.services import QuestionTerms, Scoring, SectionTerms, may_be_scored
from portal.frameworks.states import (
    PREFILLS,
    EvaluatedBy,
    EvidenceKind,
    EvidenceRule,
    QuestionKind,
    SectionKind,
)

K = QuestionKind
ALWAYS = SelectChoice("", "Always")
LONGEST_GUIDANCE = 5000
LONGEST_IN_A_LIST = 70

SCORED, PASS_FAIL, FOR_INFORMATION = "scored", "pass_fail", "neither"
JUDGED = {
    SCORED: "Scored from 0 to 5 by evaluators",
    PASS_FAIL: "Pass or fail, decided by an officer",
    FOR_INFORMATION: "Neither: for information",
}


def _guidance(label: str, hint: str) -> TextAreaField:
    return TextAreaField(
        label,
        [Length(max=LONGEST_GUIDANCE, message=f"Use {LONGEST_GUIDANCE:,} characters or fewer.")],
        filters=[tidy],
        description=hint,
    )


class SectionForm(FlaskForm):  # type: ignore[misc]
    """A section's kind (fixed once made), title and words."""

    seen = HiddenField()
    once = HiddenField()
    kind = RadioField(
        "What is this section for?",
        [InputRequired("Choose what the section is for.")],
        choices=[SelectChoice(kind.value, kind.label) for kind in SectionKind],
    )
    title = StringField(
        "Title",
        [InputRequired("Enter a title."), Length(max=150, message="Use 150 characters or fewer.")],
        filters=[tidy],
        description="It names a row of the applicant’s task list.",
    )
    guidance = _guidance("Words at the top of the section", "")

    def terms(self) -> SectionTerms:
        """What was typed, once it is valid."""
        return SectionTerms(SectionKind(self.kind.data), self.title.data or "", self.guidance.data or "")


def section_form(section: Section, mark: str) -> SectionForm:
    """The form of a section there is: its kind stays as it is."""
    form = SectionForm(data={"title": section.title, "guidance": section.guidance, "seen": mark})
    form.kind.validators = ()
    form.kind.data = section.kind.value
    return form


class QuestionForm(FlaskForm):  # type: ignore[misc]
    """All that can be said of a question; `question_form` takes away what its kind has no use for."""

    kind_chosen: QuestionKind

    seen = HiddenField()
    once = HiddenField()
    text = TextAreaField("Question", [InputRequired("Enter the question.")], filters=[tidy])
    guidance = _guidance("Guidance", "Shown under the question. Say what a good answer covers.")
    choices = TextAreaField("Choices", filters=[tidy], description="Each on a line of its own, in order.")
    word_limit = CountField(
        "Word limit",
        [Optional(), NumberRange(1, 10_000, "Enter a number from 1 to 10,000.")],
        description="Leave this empty for no limit.",
    )
    is_required = BooleanField("An answer is required")
    prefilled_from = SelectField(
        "Start the answer from the registration",
        choices=[SelectChoice("", "No"), *(SelectChoice(*pair) for pair in PREFILLS.items())],
    )
    evidence = RadioField(
        "Does the answer need a document?",
        choices=[SelectChoice(rule.value, rule.label) for rule in EvidenceRule],
    )
    evidence_kind = SelectField(
        "Kind of document",
        choices=[
            SelectChoice("", "Any document"),
            *(SelectChoice(kind.value, kind.label) for kind in EvidenceKind),
        ],
        description="It decides which dates are asked for, and which documents can be used again.",
    )
    may_be_obtained_on_award = BooleanField("The applicant may say “will be obtained on award” instead")
    judged = RadioField("How is the answer judged?", [InputRequired("Choose how the answer is judged.")])
    weight = PointsField("Points", [Optional()], places=None)
    minimum_score = SelectField(
        "Lowest score needed",
        choices=[
            SelectChoice("", "None"),
            *(SelectChoice(str(one), f"{one} out of 5") for one in range(1, 6)),
        ],
    )
    evaluated_by = RadioField(
        "Who evaluates it?", choices=[SelectChoice(one.value, one.label) for one in EvaluatedBy]
    )
    evaluator_note = _guidance(
        "Note for evaluators",
        "What to look for. Applicants never see it; it may be disclosed in a challenge.",
    )
    shown_when = SelectField(
        "Ask it", description="A question can wait for an answer that is chosen earlier."
    )

    def terms(self) -> QuestionTerms:
        """What was typed, once it is valid; what the kind has no use for is left as a question begins."""
        awaited, _, answer = self._said("shown_when").partition("=")
        judged = self._said("judged")
        scored = judged == SCORED
        return QuestionTerms(
            kind=self.kind_chosen,
            text=self.text.data or "",
            guidance=self._said("guidance"),
            word_limit=self._of("word_limit"),
            is_required=bool(self._of("is_required")),
            choices=lines(self._said("choices")),
            pass_fail=judged == PASS_FAIL or self.kind_chosen == K.EXCLUSION,
            weight=(self._of("weight") or Decimal(0)) if scored else None,
            minimum_score=int(self._said("minimum_score"))
            if scored and self._said("minimum_score")
            else None,
            evaluated_by=EvaluatedBy(self._said("evaluated_by") or EvaluatedBy.EITHER),
            evaluator_note=self._said("evaluator_note"),
            evidence=EvidenceRule(self._said("evidence") or EvidenceRule.NONE),
            evidence_kind=self._evidence_kind(),
            may_be_obtained_on_award=bool(self._of("may_be_obtained_on_award")),
            prefilled_from=self._said("prefilled_from") or None,
            shown_when_question_id=uuid.UUID(awaited) if answer else None,
            shown_when_value=answer or None,
        )

    def _evidence_kind(self) -> EvidenceKind | None:
        """A kind is only meant where a document is asked for."""
        asked = self.kind_chosen == K.FILE or self._said("evidence") not in ("", EvidenceRule.NONE)
        said = self._said("evidence_kind")
        return EvidenceKind(said) if asked and said else None

    def _of(self, name: str) -> Any:
        return self[name].data if name in self else None

    def _said(self, name: str) -> str:
        return str(self._of(name) or "")


def question_form(
    section: Section, kind: QuestionKind, conditions: Sequence[Condition], **data: Any
) -> QuestionForm:
    """The form of a question of this kind in this section; `data` is what it first shows."""
    form = QuestionForm(data=data)
    form.kind_chosen = kind
    for name in _useless(section, kind):
        del form[name]
    if "judged" in form:
        form.judged.choices = [
            SelectChoice(value, label)
            for value, label in JUDGED.items()
            if value != SCORED or may_be_scored(section, kind)
        ]
    form.shown_when.choices = [ALWAYS, *(_choice(condition) for condition in conditions)]
    return form


def _useless(section: Section, kind: QuestionKind) -> set[str]:
    """The fields that a question of this kind, in this section, has no use for."""
    useless = set()
    if not kind.has_choices:
        useless.add("choices")
    if kind != K.LONG_TEXT:
        useless.add("word_limit")
    if section.kind != SectionKind.ORGANISATION or kind not in (K.SHORT_TEXT, K.LONG_TEXT, K.CHOICE):
        useless.add("prefilled_from")
    if kind in (K.FILE, K.PRICE_SCHEDULE):
        useless.add("evidence")
    if kind == K.PRICE_SCHEDULE:
        useless |= {"evidence_kind", "may_be_obtained_on_award", "is_required"}
    if kind in (K.EXCLUSION, K.PRICE_SCHEDULE):
        useless.add("judged")
    if not may_be_scored(section, kind):
        useless |= {"weight", "minimum_score", "evaluated_by"}
    return useless


def _choice(condition: Condition) -> SelectChoice:
    question = condition.question
    return SelectChoice(
        f"{question.id}={condition.value}",
        f"If {question.number} {_short(question.text)} is “{_short(condition.label)}”",
    )


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_IN_A_LIST else f"{text[:LONGEST_IN_A_LIST].rstrip()}…"


def question_values(question: Question, mark: str) -> dict[str, Any]:
    """What the form shows of a question there is."""
    names = "text guidance word_limit is_required evaluator_note may_be_obtained_on_award"
    values = {name: getattr(question, name) for name in names.split()}
    judged = SCORED if question.weight is not None else PASS_FAIL if question.pass_fail else FOR_INFORMATION
    awaited = question.shown_when_question_id
    return values | {
        "seen": mark,
        "choices": "\n".join(question.choices),
        "prefilled_from": question.prefilled_from or "",
        "evidence": question.evidence.value,
        "evidence_kind": question.evidence_kind.value if question.evidence_kind else "",
        "judged": judged,
        "weight": plain(question.weight),
        "minimum_score": str(question.minimum_score or ""),
        "evaluated_by": question.evaluated_by.value,
        "shown_when": f"{awaited}={question.shown_when_value}" if awaited else "",
    }


def first_values(section: Section, kind: QuestionKind) -> dict[str, Any]:
    """What the form of a new question starts with: what is usual in such a section."""
    usual = PASS_FAIL if section.kind in (SectionKind.SELECTION, SectionKind.CONDITIONS) else FOR_INFORMATION
    return {
        "once": str(uuid.uuid4()),
        "is_required": True,
        "evidence": EvidenceRule.NONE.value,
        "judged": SCORED if may_be_scored(section, kind) else usual,
        "evaluated_by": EvaluatedBy.EITHER.value,
    }


def lines(text: str) -> list[str]:
    """The lines of a text that say something, each with its spaces in order."""
    found = (" ".join(line.split()) for line in text.splitlines())
    return [line for line in found if line]


def plain(weight: Decimal | None) -> Decimal | None:
    """Points without trailing zeros: 7.5, not 7.50."""
    return None if weight is None else Decimal(f"{weight.normalize():f}")


@dataclass
class WeightsForm:
    """Points, lowest score and council for every scored question, as typed."""

    questions: Iterable[Question]
    typed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    scoring: dict[uuid.UUID, Scoring] = field(default_factory=dict)

    @classmethod
    def of(cls, questions: Sequence[Question]) -> WeightsForm:
        """The form as it is first shown."""
        typed = {}
        for question in questions:
            typed[f"weight-{question.id}"] = str(plain(question.weight))
            typed[f"minimum-{question.id}"] = str(question.minimum_score or "")
            typed[f"council-{question.id}"] = question.evaluated_by.value
        return cls(questions, typed)

    def read(self, posted: Mapping[str, str]) -> bool:
        """Take what was posted; true when every field can be understood."""
        for question in self.questions:
            for name in (f"weight-{question.id}", f"minimum-{question.id}", f"council-{question.id}"):
                self.typed[name] = posted.get(name, "").strip()
            self.scoring[question.id] = self._scoring(question)
        return not self.errors

    @property
    def total(self) -> Decimal:
        """What the points typed add up to, as far as they are numbers."""
        return sum(
            (_points(self.typed[f"weight-{one.id}"]) or Decimal(0) for one in self.questions), Decimal(0)
        )

    def _scoring(self, question: Question) -> Scoring:
        weight = _points(self.typed[f"weight-{question.id}"])
        if weight is None:
            self.errors[f"weight-{question.id}"] = f"{question.number}: enter points above 0, like 8 or 7.5."
        minimum = self.typed[f"minimum-{question.id}"]
        council = self.typed[f"council-{question.id}"]
        return Scoring(
            weight or Decimal(0),
            int(minimum) if minimum in {"1", "2", "3", "4", "5"} else None,
            EvaluatedBy(council) if council in set(EvaluatedBy) else EvaluatedBy.EITHER,
        )


def _points(text: str) -> Decimal | None:
    try:
        points = Decimal(text)
    except InvalidOperation:
        return None
    return points if points.is_finite() and 0 < points < 100 and points == round(points, 2) else None
