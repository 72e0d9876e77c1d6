"""Forms built from a round's questions and from its price schedule, and the smaller ones around them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
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
from wtforms.validators import InputRequired, Length

from portal.applications.models import Answer, BidPrice
from portal.applications.queries import AskedCell, Schedule, is_blank
from portal.applications.services import answer_field, price_field, problem_with_fee, schedule_seen
from portal.applications.states import Exclusion
from portal.core.ui import money
from portal.frameworks.models import Question
from portal.frameworks.states import QuestionKind

K = QuestionKind
ON_ITS_OWN_PAGE = frozenset({K.FILE, K.PRICE_SCHEDULE})


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    """A button, with the version of what it acts on."""

    version = HiddenField()


class DeclarationForm(FlaskForm):  # type: ignore[misc]
    """Who signs for the applicant. The words signed are the round's own."""

    version = HiddenField()
    name = StringField(
        "Your full name",
        validators=[InputRequired("Give your full name."), Length(max=200, message="Shorten this.")],
    )
    position = StringField(
        "Your position in the organisation",
        description="For example, registered manager or director.",
        validators=[InputRequired("Give your position."), Length(max=200, message="Shorten this.")],
    )
    agrees = BooleanField(
        "I have read this declaration and I make it for the organisation",
        validators=[InputRequired("Tick the box to make the declaration.")],
    )


@dataclass(frozen=True)
class Seen:
    """What stood when the form was shown: the answer's version (0: none) and a mark of its content."""

    version: int
    mark: str

    @classmethod
    def of(cls, answer: Answer | None) -> Seen:
        return cls(0, mark(None)) if answer is None else cls(answer.version, mark(answer.value))

    @classmethod
    def read(cls, text: str | None) -> Seen:
        version, _, seen = (text or "").partition(":")
        return cls(int(version) if version.isdigit() else 0, seen)

    def __str__(self) -> str:
        return f"{self.version}:{self.mark}"


def mark(value: Any) -> str:
    """A short fingerprint of an answer, to tell whether this person changed it."""
    text = json.dumps(None if is_blank(value) else value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class SectionForm(FlaskForm):  # type: ignore[misc]
    """The questions of one section that are answered by typing or choosing; made by `section_form`."""

    asked: Sequence[Question] = ()

    def field(self, question: Question) -> Field:
        return cast(Field, self[answer_field(question)])

    def explanation(self, question: Question) -> Field:
        return cast(Field, self[f"{answer_field(question)}-explanation"])

    def seen(self, question: Question) -> Field:
        return cast(Field, self[seen_field(question)])

    def keep_theirs(self, question: Question) -> bool:
        return bool(self[keep_field(question)].data == "theirs")

    def value(self, question: Question) -> Any:
        """What was typed, in the shape that `save_answer` takes."""
        data = self.field(question).data
        if question.kind == K.YES_NO:
            return {"yes": True, "no": False}.get(data)
        if question.kind == K.EXCLUSION:
            return {"applies": data, "explanation": self.explanation(question).data}
        return data

    def remember(self, question: Question, answer: Answer | None) -> None:
        """What stands now is what this person has seen, once the page is shown again."""
        self.seen(question).data = str(Seen.of(answer))

    def add_error(self, question: Question, message: str) -> None:
        field = self.field(question)
        field.errors = [*field.errors, message]


def seen_field(question: Question) -> str:
    return f"seen-{question.id}"


def keep_field(question: Question) -> str:
    return f"keep-{question.id}"


def section_form(questions: Sequence[Question], answers: Mapping[UUID, Answer]) -> SectionForm:
    """A form for these questions, filled with the answers as they stand."""
    asked = [question for question in questions if question.kind not in ON_ITS_OWN_PAGE]
    fields: dict[str, Any] = {"asked": asked}
    data: dict[str, Any] = {}
    for question in asked:
        answer = answers.get(question.id)
        fields[answer_field(question)] = _field_for(question)
        fields[seen_field(question)] = HiddenField()
        fields[keep_field(question)] = HiddenField()
        data[seen_field(question)] = str(Seen.of(answer))
        data |= _data_for(question, answer.value if answer is not None else None)
        if question.kind == K.EXCLUSION:
            fields[f"{answer_field(question)}-explanation"] = TextAreaField(
                "What happened, and what have you done about it?"
            )
    return cast(SectionForm, type("QuestionsForm", (SectionForm,), fields)(data=data))


def _field_for(question: Question) -> Field:
    label = f"{question.number} {question.text}"
    if not question.is_required:
        label += " (optional)"
    hint = question.guidance
    match question.kind:
        case K.LONG_TEXT:
            return TextAreaField(label, description=hint)
        case K.DATE:
            return DateField(label, description=hint, format="%d %m %Y", widget=GovDateInput())
        case K.SEVERAL_CHOICES:
            choices = [SelectChoice(choice, choice) for choice in question.choices]
            return SelectMultipleField(label, description=hint, choices=choices, validate_choice=False)
        case K.YES_NO | K.CHOICE | K.EXCLUSION:
            return RadioField(label, description=hint, choices=_choices(question), validate_choice=False)
        case _:
            return StringField(label, description=hint)


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
        return {name: said.get("applies"), f"{name}-explanation": said.get("explanation")}
    if question.kind == K.DATE and value:
        return {name: date.fromisoformat(value)}
    return {name: value}


class PriceForm(FlaskForm):  # type: ignore[misc]
    """One placement type's cells: a weekly fee or "not offered" each; made by `price_form`."""

    seen = HiddenField()
    confirmed = HiddenField()
    schedule: Schedule

    def fee(self, cell: AskedCell) -> Field:
        return cast(Field, self[price_field(cell.id)])

    def not_offered(self, cell: AskedCell) -> Field:
        return cast(Field, self[not_offered_field(cell.id)])

    def read(self) -> tuple[dict[int, Decimal | None], list[int]]:
        """Prices by cell id (None: not offered) and the cells left blank. Errors go beside their fields."""
        prices: dict[int, Decimal | None] = {}
        blank: list[int] = []
        for cell in self.schedule.cells:
            typed = (self.fee(cell).data or "").strip()
            if self.not_offered(cell).data:
                prices[cell.id] = None
                if typed:
                    self._refuse(cell, "Give a fee or choose “not offered”, not both.")
            elif typed:
                prices[cell.id] = self._fee(cell, typed)
            else:
                blank.append(cell.id)
        return prices, blank

    def remember(self) -> None:
        """What stands now is what this person has seen, once the page is shown again."""
        self.seen.data = seen_of(self.schedule)

    def _fee(self, cell: AskedCell, typed: str) -> Decimal | None:
        try:
            fee = Decimal(typed.replace("£", "").replace(",", "").replace(" ", ""))
        except InvalidOperation:
            fee = Decimal("NaN")
        if not fee.is_finite():
            self._refuse(cell, "Enter pounds and pence, such as 812.50.")
            return None
        if (problem := problem_with_fee(fee, cell.ceiling)) is not None:
            self._refuse(cell, problem)
        return fee

    def _refuse(self, cell: AskedCell, message: str) -> None:
        field = self.fee(cell)
        field.errors = [*field.errors, message]


def not_offered_field(cell_id: int) -> str:
    return f"none-{cell_id}"


def seen_of(schedule: Schedule) -> str:
    """The mark of these cells' prices as they stand."""
    return schedule_seen(schedule.prices, [cell.id for cell in schedule.cells])


def price_form(schedule: Schedule) -> PriceForm:
    """A form for these cells, filled with the prices as they stand."""
    fields: dict[str, Any] = {"schedule": schedule}
    data: dict[str, Any] = {"seen": seen_of(schedule)}
    for cell in schedule.cells:
        price = schedule.prices.get(cell.id)
        fields[price_field(cell.id)] = StringField(f"Weekly fee: {cell.label}")
        fields[not_offered_field(cell.id)] = BooleanField(f"Not offered: {cell.label}")
        data[price_field(cell.id)] = _shown_fee(price)
        data[not_offered_field(cell.id)] = price is not None and price.not_offered
    return cast(PriceForm, type("SchedulePriceForm", (PriceForm,), fields)(data=data))


def describe_fees(fees: Mapping[int, Decimal]) -> str:
    """Fees as one text, so that an "are you sure?" is an answer to exactly these."""
    return " ".join(f"{cell_id}={fee:.2f}" for cell_id, fee in sorted(fees.items()))


def stored_price(price: BidPrice | None) -> str:
    """A price in words, for showing beside what somebody else typed."""
    if price is None:
        return "nothing"
    return "not offered" if price.weekly_fee is None else money(price.weekly_fee)


def _shown_fee(price: BidPrice | None) -> str:
    return "" if price is None or price.weekly_fee is None else f"{price.weekly_fee:.2f}"
