"""Choosing and declining offers, and the days of a placement."""

from __future__ import annotations

from wtforms import DateField, DecimalField, RadioField, SelectField, SelectMultipleField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Optional

from portal.matching.forms.asking import NEVER, CheckedForm
from portal.matching.states import DeclineReason, Ending, EndReason, Funding, KeyServiceLine

READ_BY_PROVIDER = f"The provider reads this. Say nothing of any other provider. {NEVER}"


class ChooseForm(CheckedForm):
    """On what terms an offer is chosen."""

    children = SelectMultipleField("Children", validate_choice=False)
    starts_on = DateField(
        "Starts on", validators=[InputRequired("Enter the day on which the placement starts")]
    )
    key_service_line = RadioField(
        "Key service line",
        choices=[SelectChoice(one.value, one.label) for one in KeyServiceLine],
        validators=[InputRequired("Choose the key service line")],
    )
    funding = RadioField(
        "Paid from",
        choices=[SelectChoice(one.value, one.label) for one in Funding],
        validators=[InputRequired("Choose who pays")],
    )
    spot_fee = DecimalField("Weekly fee agreed for each child", validators=[Optional()])


class DeclineForm(CheckedForm):
    """Why an offer is not chosen."""

    reason = SelectField(
        "Reason",
        choices=[
            SelectChoice("", "Choose the reason"),
            *(SelectChoice(one.value, one.label) for one in DeclineReason),
        ],
        validators=[InputRequired("Choose the reason")],
    )
    words = TextAreaField(
        "In your words (optional, unless it is another reason)", description=READ_BY_PROVIDER
    )


class StartForm(CheckedForm):
    """When the child moved in."""

    started_on = DateField(
        "Moved in on", validators=[InputRequired("Enter the day on which the child moved in")]
    )


class EndForm(CheckedForm):
    """How and why a placement ended."""

    ended_on = DateField("Last day", validators=[InputRequired("Enter the last day of the placement")])
    ending = RadioField(
        "Was the ending planned?",
        choices=[SelectChoice(one.value, one.label) for one in Ending],
        validators=[InputRequired("Choose whether the ending was planned")],
    )
    reason = RadioField(
        "Why did it end?",
        choices=[SelectChoice(one.value, one.label) for one in EndReason if one != EndReason.NEVER_BEGAN],
        validators=[InputRequired("Choose why it ended")],
    )
    words = TextAreaField(
        "What happened (needed for an unplanned ending)", description=f"The provider reads this too. {NEVER}"
    )


class AbandonForm(CheckedForm):
    """Why a child never moved in."""

    words = TextAreaField(
        "Why did the child never move in?",
        validators=[InputRequired("Say why the child never moved in")],
        description=f"The provider reads this too. {NEVER}",
    )
