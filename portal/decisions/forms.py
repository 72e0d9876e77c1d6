"""Forms of the decision, its papers and what follows."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    FileField,
    HiddenField,
    RadioField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length, Optional

from portal.decisions.models import DecisionRecord, RecommendationLine
from portal.decisions.papers import Paper
from portal.decisions.services import Line, Point, Procedure
from portal.decisions.states import DecisionKind, EventKind, KeyServiceLine, Outcome

DATE_FORMATS = ["%Y-%m-%d", "%d/%m/%Y"]
MOST_POUNDS = Decimal(10) ** 12
_short = Length(max=300, message="Use 300 characters or fewer")
_long = Length(max=40000, message="Use 40,000 characters or fewer")

KINDS = {
    DecisionKind.APPROVE: "Approve: everyone is admitted or declined as recommended",
    DecisionKind.REFER_BACK: "Refer back: your points are answered in a new recommendation",
    DecisionKind.REJECT: "Reject: the recommendation falls; the commissioner makes a new one",
}
EVENTS = {
    EventKind.COMPLAINT: "A complaint: it pauses nothing by itself",
    EventKind.EXTENSION: "Standstill is extended: every applicant is told",
    EventKind.CLAIM: "A claim form is known of: nothing is concluded or signed",
    EventKind.CLAIM_ENDED: "The court lifted the suspension, or the claim ended",
}


class ScreeningForm(FlaskForm):  # type: ignore[misc]
    """The equality screening as a file; its content is judged as it arrives."""

    version = HiddenField()
    file = FileField(
        "The screening",
        description="PDF, Word, Excel, OpenDocument or a picture, at most 50 MB.",
    )


class RecommendForm(FlaskForm):  # type: ignore[misc]
    """The reasons for a recommendation as a whole; its lines are read by `read_lines`."""

    reasons = TextAreaField(
        "Reasons for the recommendation as a whole",
        description="Say what the recommendation rests on. The approver reads this.",
    )


class DecideForm(FlaskForm):  # type: ignore[misc]
    """The approver's decision on the recommendation that was shown, known by its number."""

    number = HiddenField()
    kind = RadioField(
        "Your decision",
        choices=[SelectChoice(kind.value, label) for kind, label in KINDS.items()],
        validators=[InputRequired("Choose your decision.")],
        validate_choice=False,
    )
    reasons = TextAreaField("Reasons for your decision")
    position = StringField(
        "Your position",
        [_short],
        description="As it stands under the Record of Decision, which you sign by approving.",
    )


class ActionForm(FlaskForm):  # type: ignore[misc]
    """A button, with the token that shows it was pressed on our page."""


def read_lines(form: Mapping[str, str], applications: Iterable[uuid.UUID]) -> dict[uuid.UUID, Line]:
    """The outcome and reason typed for each application; those without an outcome are left out."""
    lines = {}
    for application_id in applications:
        outcome = form.get(f"outcome-{application_id}")
        if outcome in set(Outcome):
            lines[application_id] = Line(
                Outcome(outcome),
                form.get(f"reason-{application_id}", ""),
                form.get(f"answer-{application_id}", ""),
            )
    return lines


def read_points(form: Mapping[str, str], lines: Iterable[RecommendationLine]) -> dict[uuid.UUID, Point]:
    """What was decided on each applicant, with the point typed; agreement where nothing was chosen."""
    points = {}
    for line in lines:
        kind = form.get(f"kind-{line.id}", DecisionKind.APPROVE)
        if kind in set(DecisionKind):
            points[line.id] = Point(DecisionKind(kind), form.get(f"point-{line.id}", ""))
    return points


class OptionalDay(DateField):
    """A date, as browsers send it or typed as 31/03/2026, that may not be known yet."""

    def __init__(self, label: str, **options: Any) -> None:
        super().__init__(label, [Optional()], format=DATE_FORMATS, **options)

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError("Enter a real date, like 31/03/2026") from error


class Day(OptionalDay):
    """A date that must be given."""

    def __init__(self, label: str, missing: str, **options: Any) -> None:
        super().__init__(label, **options)
        self.validators = [InputRequired(missing)]


class Pounds(DecimalField):
    """Pounds, with or without pence and commas; may not be known."""

    def __init__(self, label: str, **options: Any) -> None:
        super().__init__(label, [Optional()], places=2, **options)

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata([text.replace(",", "").replace("£", "").strip() for text in valuelist])
        except ValueError as error:
            raise ValueError("Enter pounds, like 1,250,000 or 1250000.00") from error
        if self.data is not None and not (self.data.is_finite() and 0 <= self.data < MOST_POUNDS):
            self.data = None
            raise ValueError("Enter pounds, like 1,250,000 or 1250000.00")


class PaperForm(FlaskForm):  # type: ignore[misc]
    """A paper, section by section; made for its sections by `paper_form`."""

    version = HiddenField()


def paper_form(paper: Paper, texts: Mapping[str, Any], version: int) -> PaperForm:
    """The form of one paper, filled in with its texts."""
    fields = {
        section.field: TextAreaField(section.title, [_long], description=section.hint)
        for section in paper.sections
    }
    made: PaperForm = type("PaperForm", (PaperForm,), fields)(
        data={section.field: texts.get(section.key, "") for section in paper.sections} | {"version": version}
    )
    return made


class ExemptForm(FlaskForm):  # type: ignore[misc]
    """The part that is not published, and why not."""

    version = HiddenField()
    exempt = TextAreaField("Exempt part", [_long])
    exempt_reason = TextAreaField("Ground for withholding it from publication", [_long])


class ProcedureForm(FlaskForm):  # type: ignore[misc]
    """What the decision's lawfulness rests on. Nothing is required here: what is missing stops the approval."""

    version = HiddenField()
    number = StringField("Number of the officer’s decision", [_short])
    delegation = TextAreaField("Delegation relied on", [_long])
    is_key = BooleanField("The officer’s decision is itself a key decision")
    notice_on = OptionalDay(
        "Forthcoming-decision notice published on",
        description="Only for a key decision, which waits 28 days from this date.",
    )
    committee = StringField("Cabinet Committee", [_short], description="Only for a key decision.")
    committee_on = OptionalDay("Considered by the committee on")
    committee_view = TextAreaField("Its recommendation", [_long])
    consultee = StringField("Cabinet Member consulted", [_short], description="Name and portfolio.")
    consulted_on = OptionalDay("Consulted on")
    consultee_view = TextAreaField("What the Cabinet Member said", [_long])
    consultee_interests = TextAreaField(
        "Interests that the Cabinet Member declared",
        [_long],
        description="Against the list of applicants, before being consulted. Write “None” where there are none.",
    )
    consultee_declared_on = OptionalDay("Declared on")
    member_number = StringField("Number of the member’s decision", [_short])
    member_name = StringField("Taken by", [_short])
    member_decided_on = OptionalDay("Taken on")
    member_call_in_ended_on = OptionalDay(
        "Call-in over on",
        description="Its last day. If that cannot be found, the day on which you checked that it was over.",
    )
    medway_signatory = StringField("Signatory for Medway", [_short])
    medway_position = StringField("Position", [_short])
    medway_agreed_on = OptionalDay("Agreed on")
    screening = StringField(
        "Equality screening", [_short], description="Its title and where it is kept, so that it can be found."
    )
    screened_on = OptionalDay("Screened on", description="If it is known.")
    screening_review_on = OptionalDay("To be reviewed by")
    looked_after = Pounds(KeyServiceLine.LOOKED_AFTER.label)
    disability = Pounds(KeyServiceLine.DISABILITY.label)
    asylum = Pounds(KeyServiceLine.ASYLUM.label)

    def procedure(self) -> Procedure:
        """What was typed, without the money."""
        return Procedure(**{name: self[name].data for name in Procedure.__dataclass_fields__})

    def spend(self) -> dict[KeyServiceLine, Decimal | None]:
        """Spend by key service line; None where it was left empty."""
        return {line: self[line.value].data for line in KeyServiceLine}


def procedure_values(record: DecisionRecord) -> dict[str, Any]:
    """The procedure as it is held, to start the form from."""
    held = {name: getattr(record, name) for name in Procedure.__dataclass_fields__}
    spend = {line: Decimal(amount) for line, amount in record.spend.items()}
    return held | spend | {"version": record.version}


class PublishForm(FlaskForm):  # type: ignore[misc]
    """When the public part is published and call-in ends."""

    published_on = Day("Published on", "Enter the day of publication")
    call_in_ends_on = OptionalDay("Last day of call-in")


class EventForm(FlaskForm):  # type: ignore[misc]
    """Something that happened in standstill, with its effect."""

    once = HiddenField()
    kind = RadioField(
        "What is to be recorded?",
        choices=[SelectChoice(kind.value, words) for kind, words in EVENTS.items()],
        validators=[InputRequired("Choose what is to be recorded")],
        validate_choice=False,
    )
    happened_on = Day("When it happened", "Enter the day on which it happened")
    summary = TextAreaField(
        "What happened",
        [InputRequired("Say what happened"), _long],
        description="For an extension this is the reason for it.",
    )
    extends_to = OptionalDay("New last day of standstill", description="Only for an extension.")

    def validate_kind(self, field: RadioField) -> None:
        if field.data not in set(EventKind):
            raise ValidationError("Choose what is to be recorded")


class AwardNoticeForm(FlaskForm):  # type: ignore[misc]
    """The contract award notice under the Procurement Act 2023."""

    reference = StringField(
        "Reference of the notice", [InputRequired("Enter the reference of the notice"), _short]
    )
    published_on = Day("Published on", "Enter the day of publication")
