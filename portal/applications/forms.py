"""Forms built from a round's questions and from its price schedule, and the smaller ones around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length, Optional, Regexp

from portal.applications.models import Answer, BidPrice
from portal.applications.queries import AskedCell, Schedule
from portal.applications.services import (
    answer_field,
    answer_seen,
    clean_text,
    price_field,
    problem_with_fee,
    schedule_seen,
)
from portal.applications.states import Exclusion
from portal.core.ui import money
from portal.frameworks.models import Question
from portal.frameworks.states import EvidenceKind, QuestionKind

K = QuestionKind
ON_ITS_OWN_PAGE = frozenset({K.FILE, K.PRICE_SCHEDULE})


class DayField(DateField):
    """A date that may be left out, as browsers send it or typed as 31/03/2026."""

    def __init__(self, label: str, **options: Any) -> None:
        super().__init__(label, [Optional()], format=["%Y-%m-%d", "%d/%m/%Y"], **options)

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError("Enter a real date, like 31/03/2026.") from error


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    """A button, with the version of what it acts on."""

    version = HiddenField()


class WithdrawForm(ConfirmForm):
    """Withdrawing for good: meant, and why if the applicant likes to say."""

    reason = TextAreaField(
        "Why are you withdrawing? (optional)",
        description="The councils see this only if they have opened the round already.",
    )
    agrees = BooleanField(
        "I understand that this cannot be undone",
        validators=[InputRequired("Tick the box to withdraw the application.")],
    )


class VerifyForm(FlaskForm):  # type: ignore[misc]
    """What a receipt says: reference and fingerprint, however spaces and capitals were typed."""

    reference = StringField(
        "Reference of the application",
        description="For example, KMF-2026-7XQ4P.",
        filters=[lambda text: "".join((text or "").split()).upper()],
        validators=[InputRequired("Enter the reference."), Length(max=40, message="Shorten this.")],
    )
    fingerprint = StringField(
        "Fingerprint of the whole submission (SHA-256)",
        description="64 digits and letters from a to f.",
        filters=[lambda text: "".join((text or "").split()).lower()],
        validators=[
            InputRequired("Enter the fingerprint."),
            Regexp("^[0-9a-f]{64}$", message="A fingerprint has 64 digits and letters from a to f."),
        ],
    )


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


class FileDetailsForm(FlaskForm):  # type: ignore[misc]
    """What a file is and for how long it holds."""

    version = HiddenField()
    evidence_kind = SelectField(
        "What is it?",
        choices=[SelectChoice("", "Choose")]
        + [SelectChoice(kind.value, kind.label) for kind in EvidenceKind],
        validators=[InputRequired("Choose what the document is.")],
    )
    issued_on = DayField(
        "Date of issue", description="The date printed on the document, or of its last review."
    )
    expires_on = DayField("Expiry date", description="Only for a document that runs out, such as insurance.")


def _readable(text: str | None) -> str | None:
    """What was typed without characters that no page may hold, to be shown again."""
    return clean_text(text) if text else text


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
            "What happened, and what have you done about it?", filters=[_readable]
        )
    return fields


def _field_for(question: Question) -> Field:
    label = f"{question.number} {question.text}"
    if not question.is_required:
        label += " (optional)"
    hint = question.guidance
    match question.kind:
        case K.LONG_TEXT:
            return TextAreaField(label, description=hint, filters=[_readable])
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
            return StringField(label, description=hint, filters=[_readable])


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


class CommentForm(FlaskForm):  # type: ignore[misc]
    """A word to the colleagues about one answer."""

    once = HiddenField()
    text = TextAreaField("Your comment", filters=[_readable])


class CarryOverForm(FlaskForm):  # type: ignore[misc]
    """Which earlier application to start from; its choices are set by the view."""

    earlier = RadioField("Which answers do you want to start from?", validate_choice=False)


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
