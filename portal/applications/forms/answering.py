"""The form of a section's questions, built from the round's question set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, cast
from uuid import UUID

from flask_wtf import FlaskForm
from govuk_frontend_wtf.wtforms_widgets import GovDateInput
from wtforms import (
    BooleanField,
    DateField,
    Field,
    HiddenField,
    RadioField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from portal.applications.forms.steps import readable
from portal.applications.models import Answer
from portal.applications.services import answer_field, answer_seen, clean_text
from portal.applications.states import Exclusion
from portal.frameworks.models import Question
from portal.frameworks.states import QuestionKind

K = QuestionKind
ON_ITS_OWN_PAGE = frozenset({K.FILE, K.PRICE_SCHEDULE})


class DateOfAnswer(DateField):
    """Day, month and year in boxes of their own."""

    def __init__(self, label: str, **options: Any) -> None:
        super().__init__(label, format="%d %m %Y", widget=GovDateInput(), **options)

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.raw_data = [clean_text(part) for part in valuelist]
        super().process_formdata(self.raw_data)


class SectionForm(FlaskForm):  # type: ignore[misc]
    """The questions of one section that are answered by typing or choosing; made by `section_form`.

    Beside each answer travel the mark of what its author saw and, where a colleague saved another one, the
    choice between the two with the mark of the other.
    """

    asked: Sequence[Question] = ()

    def field(self, question: Question) -> Field:
        return cast(Field, self[answer_field(question)])

    def explanation(self, question: Question) -> Field:
        return cast(Field, self[explanation_field(question)])

    def seen(self, question: Question) -> Field:
        return cast(Field, self[seen_field(question)])

    def choice(self, question: Question) -> str:
        """Which of two texts should stand: mine, theirs, both, or nothing where none was chosen."""
        return str(self[choice_field(question)].data or "")

    def against(self, question: Question) -> str:
        """The mark of the colleague's answer that the choice was made against."""
        return str(self[against_field(question)].data or "")

    def value(self, question: Question) -> Any:
        """What was typed, in the shape that `save_answer` takes."""
        data = self.field(question).data
        if question.kind == K.YES_NO:
            return {"yes": True, "no": False}.get(data)
        if question.kind == K.DECLARATION:
            return True if data else None
        if question.kind == K.EXCLUSION:
            return {"applies": data, "explanation": self.explanation(question).data}
        if question.kind == K.DATE and data is None and any(self.field(question).raw_data or ()):
            return "not a date"
        return data

    def show_as_typed(self, question: Question, typed: SectionForm) -> None:
        """Show this question as it came in `typed`, with what its author had seen: it is not saved."""
        for name in fields_of(question):
            self._fields[name] = typed[name]

    def add_error(self, question: Question, message: str) -> None:
        field = self.field(question)
        field.errors = [*field.errors, message]


def seen_field(question: Question) -> str:
    return f"seen-{question.id}"


def choice_field(question: Question) -> str:
    return f"keep-{question.id}"


def against_field(question: Question) -> str:
    return f"against-{question.id}"


def explanation_field(question: Question) -> str:
    return f"{answer_field(question)}-explanation"


def fields_of(question: Question) -> list[str]:
    """The names of the fields in which a question's answer travels."""
    names = [answer_field(question), seen_field(question)]
    return [*names, explanation_field(question)] if question.kind == K.EXCLUSION else names


def section_form(
    questions: Sequence[Question], answers: Mapping[UUID, Answer], *, fresh: bool = False
) -> SectionForm:
    """A form for these questions, filled with the answers as they stand; `fresh`: whatever was sent."""
    asked = [question for question in questions if question.kind not in ON_ITS_OWN_PAGE]
    fields: dict[str, Any] = {"asked": asked}
    data: dict[str, Any] = {}
    for question in asked:
        answer = answers.get(question.id)
        value = answer.value if answer is not None else None
        fields |= _fields_for(question)
        data |= {seen_field(question): answer_seen(value), **_data_for(question, value)}
    sent = {"formdata": None} if fresh else {}
    return cast(SectionForm, type("QuestionsForm", (SectionForm,), fields)(data=data, **sent))


def _fields_for(question: Question) -> dict[str, Any]:
    fields = {
        answer_field(question): _field_for(question),
        seen_field(question): HiddenField(),
        choice_field(question): HiddenField(),
        against_field(question): HiddenField(),
    }
    if question.kind == K.EXCLUSION:
        fields[explanation_field(question)] = TextAreaField(
            "What happened, and what have you done about it?", filters=[readable]
        )
    return fields


def _field_for(question: Question) -> Field:
    label = f"{question.number} {question.text}"
    if not question.is_required:
        label += " (optional)"
    hint = question.guidance
    match question.kind:
        case K.LONG_TEXT:
            return TextAreaField(label, description=hint, filters=[readable])
        case K.DATE:
            return DateOfAnswer(label, description=hint)
        case K.SEVERAL_CHOICES:
            choices = [SelectChoice(choice, choice) for choice in question.choices]
            return SelectMultipleField(label, description=hint, choices=choices, validate_choice=False)
        case K.YES_NO | K.CHOICE | K.EXCLUSION:
            return RadioField(label, description=hint, choices=_choices(question), validate_choice=False)
        case K.DECLARATION:
            return BooleanField(label, description=hint)
        case _:
            return StringField(label, description=hint, filters=[readable])


def _choices(question: Question) -> list[SelectChoice]:
    if question.kind == K.YES_NO:
        return [SelectChoice("yes", "Yes"), SelectChoice("no", "No")]
    if question.kind == K.EXCLUSION:
        return [SelectChoice(one.value, one.label) for one in Exclusion]
    return [SelectChoice(choice, choice) for choice in question.choices]


def _data_for(question: Question, value: Any) -> dict[str, Any]:
    name = answer_field(question)
    if question.kind == K.YES_NO:
        return {name: {True: "yes", False: "no"}.get(value)}
    if question.kind == K.EXCLUSION:
        said = value or {}
        return {name: said.get("applies"), explanation_field(question): said.get("explanation")}
    if question.kind == K.DATE and value:
        return {name: date.fromisoformat(value)}
    return {name: value}
