"""A provider's answer to an enquiry."""

from __future__ import annotations

from wtforms import DateField, RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired

from portal.matching.forms.asking import NEVER, CheckedForm
from portal.matching.states import CannotReason


class OfferForm(CheckedForm):
    """Which household, from when, on what conditions."""

    vacancy = SelectField(
        "Household",
        validate_choice=False,
        validators=[InputRequired("Choose the household that you offer")],
    )
    available_from = DateField(
        "Free from", validators=[InputRequired("Enter the day from which the place is free")]
    )
    conditions = TextAreaField(
        "Conditions (optional)",
        description=f"Such as introductions, transport or support that the carers would need. {NEVER}",
    )


class TurnDownForm(CheckedForm):
    """Why no place can be offered."""

    reason = RadioField(
        "Why can you not offer a place?",
        choices=[SelectChoice(one.value, one.label) for one in CannotReason],
        validators=[InputRequired("Choose the reason")],
    )
    words = TextAreaField("In your words (optional, unless it is another reason)", description=NEVER)
