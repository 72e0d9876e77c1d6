"""Saving a search, asking in house, sending enquiries and looking no longer."""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    HiddenField,
    RadioField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired

from portal.core import clock
from portal.core.clock import LONDON
from portal.matching.queries import next_working_day
from portal.matching.services.sending import Asking
from portal.matching.states import InHouse, SearchOutcome

CHECKED = "I have checked: there is no name, address or date of birth in what I wrote"
NEVER = "Never a name, an address or a date of birth."
CLOSED_BY_HAND = (SearchOutcome.NOT_NEEDED, SearchOutcome.NOT_FOUND)
URGENT_HOURS = 2


class CheckedForm(FlaskForm):  # type: ignore[misc]
    """A form with free text that warns of what looks like a name, an address or a date of birth (rule 10)."""

    version = HiddenField()
    checked = BooleanField(CHECKED)


class SaveForm(CheckedForm):
    """A search to be kept."""

    once = HiddenField()
    reference = StringField(
        "Your council’s reference for the child",
        validators=[InputRequired("Enter your council’s own reference for the child")],
        description="Such as LAC-20417. Never a name or initials. Providers do not see it.",
    )
    note = TextAreaField("Note for colleagues (optional)", description=NEVER)


class InHouseForm(CheckedForm):
    """What the council's own fostering service answered."""

    answer = RadioField(
        "What did the in-house fostering service answer?",
        choices=[SelectChoice(one.value, one.label) for one in InHouse],
        validators=[InputRequired("Choose what the in-house service answered")],
    )
    note = TextAreaField("Note (optional)", description=NEVER)


class AskForm(CheckedForm):
    """Whom to ask, by when, and how urgently."""

    once = HiddenField()
    providers = SelectMultipleField("Providers", validate_choice=False)
    narrowed_reason = TextAreaField("Why are suitable providers left out?", description=NEVER)
    spot_reason = TextAreaField("Why are spot providers asked?", description=NEVER)
    is_urgent = BooleanField("Urgent: also send a text message to each provider’s out-of-hours number")
    answer_by = DateTimeLocalField(
        "Answer by",
        format=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        validators=[InputRequired("Enter the date and time by which providers are to answer")],
        description="After this time an enquiry that nobody answered lapses.",
    )
    message = TextAreaField("Anything else providers should know (optional)", description=NEVER)

    def validate_answer_by(self, field: DateTimeLocalField) -> None:
        if (
            field.data is not None
            and self.answer_instant().astimezone(LONDON).replace(tzinfo=None) != field.data
        ):
            raise ValidationError("The clocks go forward then: this time does not exist. Choose another")

    def answer_instant(self) -> datetime:
        """The instant of what was typed as Kent's time."""
        typed = self.answer_by.data
        assert typed is not None, "asked of a valid form"
        return typed.replace(tzinfo=LONDON).astimezone(UTC)

    def asking(self) -> Asking:
        """What every provider is told."""
        return Asking(
            self.answer_instant(), bool(self.is_urgent.data), self.message.data or "", bool(self.checked.data)
        )

    def chosen(self) -> list[uuid.UUID]:
        """The providers ticked; what is no id is left out."""
        found = []
        for text in self.providers.data or ():
            with suppress(ValueError):
                found.append(uuid.UUID(text))
        return found


def usual_answer_by() -> datetime:
    """One working day from now in Kent's time, to the minute."""
    return next_working_day(clock.now()).replace(tzinfo=None, second=0, microsecond=0)


def urgent_answer_by() -> datetime:
    """Two hours from now in Kent's time, to the minute."""
    soon = clock.now() + timedelta(hours=URGENT_HOURS)
    return soon.astimezone(LONDON).replace(tzinfo=None, second=0, microsecond=0)


class CloseForm(CheckedForm):
    """Why no place is looked for any more."""

    outcome = RadioField(
        "Why is this search closed?",
        choices=[SelectChoice(one.value, one.label) for one in CLOSED_BY_HAND],
        validators=[InputRequired("Choose why the search is closed")],
    )
    words = TextAreaField(
        "What could not be found?",
        description=f"It shows which places are missing in Kent and Medway. {NEVER}",
    )
