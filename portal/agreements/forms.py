"""Forms that sign, countersign and change the standing of an agreement."""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import Any

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    DateField,
    FileField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length, Optional, Regexp

from portal.agreements.services.signing import LONGEST
from portal.agreements.states import FundingSource, PlacedChildren
from portal.pricing.states import WageBand

LONG = Length(max=8000, message="This must be 8,000 characters or fewer")
AMOUNT = r"^£?\s*\d{1,9}(,\d{3})*(\.\d{1,2})?$"
PERCENTAGE = Regexp(r"^-?\d{1,3}(\.\d{1,2})?$", message="Enter a percentage such as 3.8, or leave it empty")
MONTHS = [
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
]


class SignForm(FlaskForm):  # type: ignore[misc]
    """The provider's signature."""

    version = HiddenField()
    sha256 = HiddenField()
    name = StringField(
        "Full name",
        validators=[
            InputRequired("Enter the full name of the person who signs"),
            Length(max=LONGEST, message=f"The name must be {LONGEST} characters or fewer"),
        ],
    )
    position = StringField(
        "Position",
        validators=[
            InputRequired("Enter the position of the person who signs"),
            Length(max=LONGEST, message=f"The position must be {LONGEST} characters or fewer"),
        ],
        description="Such as managing director or company secretary.",
    )
    password = StringField(
        "Your password",
        validators=[InputRequired("Enter your password, to confirm that it is you who signs")],
        description="The one you sign in with, to confirm that it is you who signs.",
    )
    confirmed = BooleanField(
        "I have authority to sign for this provider, and I accept the terms of the framework agreement",
        validators=[InputRequired("Confirm that you may sign and accept the terms")],
    )


class CountersignForm(FlaskForm):  # type: ignore[misc]
    """The council's signature."""

    version = HiddenField()
    confirmed = BooleanField(
        "I have authority to sign for the councils, and the agreement may take effect",
        validators=[InputRequired("Confirm that you may sign for the councils")],
    )


class ReasonForm(FlaskForm):  # type: ignore[misc]
    """Why an agreement's standing changes."""

    version = HiddenField()
    reason = TextAreaField(
        "Reason",
        validators=[
            InputRequired("Enter the reason"),
            Length(max=4000, message="The reason must be 4,000 characters or fewer"),
        ],
        description="The provider’s administrators are sent this reason, and it stays on record.",
    )


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    """A button, with the version that was shown."""

    version = HiddenField()


class _Day(DateField):
    """A date, as browsers send it or typed as 31/03/2026."""

    def __init__(self, label: str, missing: str, **options: Any) -> None:
        formats = ["%Y-%m-%d", "%d/%m/%Y"]
        super().__init__(label, [InputRequired(missing)], format=formats, **options)

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError("Enter a real date, like 31/03/2026") from error


_short = Length(max=300, message="Use 300 characters or fewer")
_long = Length(max=10_000, message="Use 10,000 characters or fewer")


class ProposeForm(FlaskForm):  # type: ignore[misc]
    """A later end of the framework."""

    once = HiddenField()
    extends_to = _Day("New end of the framework", "Enter the new end")
    clause = StringField(
        "Clause that allows the extension",
        [InputRequired("Enter the clause that allows the extension"), _short],
        description="Of the original tender documents or framework agreement.",
    )
    reasons = TextAreaField("Reasons for extending", [InputRequired("Give the reasons for extending"), _long])


class ConsultationForm(FlaskForm):  # type: ignore[misc]
    """Who was consulted before the decision."""

    version = HiddenField()
    consultee = StringField(
        "Cabinet Member consulted",
        [InputRequired("Enter who was consulted"), _short],
        description="Name and portfolio.",
    )
    consulted_on = _Day("Consulted on", "Enter the day of the consultation")
    consultee_view = TextAreaField(
        "What the Cabinet Member said", [InputRequired("Say what the Cabinet Member said"), _long]
    )
    medway_signatory = StringField(
        "Who agreed for Medway",
        [InputRequired("Enter who agreed for Medway"), _short],
        description="Name and position.",
    )
    medway_agreed_on = _Day("Medway agreed on", "Enter the day on which Medway agreed")


class DecideExtensionForm(FlaskForm):  # type: ignore[misc]
    """The approver's decision to extend."""

    version = HiddenField()
    number = StringField(
        "Number of the decision",
        [InputRequired("Enter the number of the decision"), _short],
        description="Of the record of decision, such as 26/00001.",
    )
    position = StringField("Your position", [InputRequired("Enter the position in which you decide"), _short])
    reasons = TextAreaField(
        "Reasons for your decision", [InputRequired("Give the reasons for your decision"), _long]
    )


class RequestReviewForm(FlaskForm):  # type: ignore[misc]
    """Why higher prices are asked for; the fees and modifiers are read by `pricing.typed`."""

    once = HiddenField()
    percent = StringField(
        "The same percentage for every price you offer",
        validators=[
            Optional(),
            Regexp(r"^\d{1,2}(\.\d{1,2})?$", message="Enter a percentage such as 4.5, or leave it empty"),
        ],
        description="Optional. A fee that you enter below counts instead.",
    )
    reason = TextAreaField(
        "Why you ask for these prices",
        validators=[InputRequired("Explain why you ask for these prices"), LONG],
        description="What has changed in your costs, and since when. You add your evidence in the next step."
        " Do not name a child or a carer.",
    )
    unusual = BooleanField("These prices are right")


class EvidenceForm(FlaskForm):  # type: ignore[misc]
    """One file that a request rests on."""

    file = FileField("Choose a file", description="PDF, docx, xlsx, odt, ods, PNG or JPG, at most 50 MB.")


class AnalyseForm(FlaskForm):  # type: ignore[misc]
    """A contract manager's analysis."""

    version = HiddenField()
    text = TextAreaField(
        "Your analysis",
        validators=[InputRequired("Write your analysis"), LONG],
        description="How the request stands against the formula, the median, the evidence and other providers’"
        " requests. The figures above are kept with it.",
    )


class FundingForm(FlaskForm):  # type: ignore[misc]
    """Finance's check."""

    version = HiddenField()
    arithmetic = BooleanField(
        "I have checked the arithmetic and it is right",
        validators=[InputRequired("Confirm the arithmetic, or ask for the analysis to be put right first")],
    )
    funding = RadioField(
        "What an increase would be paid from",
        choices=[SelectChoice(source.value, source.label) for source in FundingSource],
        validators=[InputRequired("Choose what it would be paid from")],
    )
    yearly_cost = StringField(
        "Estimated cost a year",
        validators=[Optional(), Regexp(AMOUNT, message="Enter pounds and pence, such as 12500.00")],
        description="Optional, in pounds.",
    )
    text = TextAreaField("What you checked", validators=[InputRequired("Write what you checked"), LONG])


class RecommendForm(FlaskForm):  # type: ignore[misc]
    """A contract manager's recommendation; the fees are read by `pricing.typed`."""

    version = HiddenField()
    outcome = RadioField(
        "What you recommend",
        choices=[
            SelectChoice("approve", "Approve the fees below"),
            SelectChoice("reject", "Reject the request"),
        ],
        validators=[InputRequired("Choose what you recommend")],
    )
    modifiers = BooleanField("Approve the modifiers asked for")
    effective_from = DateField("In force from", validators=[InputRequired("Enter the date")])
    text = TextAreaField("Your reasons", validators=[InputRequired("Write your reasons"), LONG])


class DecideForm(FlaskForm):  # type: ignore[misc]
    """The approver's decision."""

    version = HiddenField()
    decision = RadioField(
        "Your decision",
        choices=[
            SelectChoice("approve", "Approve as recommended"),
            SelectChoice("reject", "Reject the request"),
            SelectChoice("refer_back", "Refer it back to be looked at again"),
        ],
        validators=[InputRequired("Choose your decision")],
    )
    placed = RadioField(
        "Placements already made",
        choices=[SelectChoice(choice.value, choice.label) for choice in PlacedChildren],
        default=PlacedChildren.KEEP.value,
        description="Decided apart from the new schedule. It counts only if you approve.",
    )
    text = TextAreaField(
        "Your reasons",
        validators=[InputRequired("Write your reasons"), LONG],
        description="The provider is sent them with the letter, unless you refer it back.",
    )


class TermsForm(FlaskForm):  # type: ignore[misc]
    """When a framework's prices are reviewed and by which formula."""

    version = HiddenField()
    opens_on = DateField("First day for requests", validators=[InputRequired("Enter the first day")])
    closes_on = DateField("Last day for requests", validators=[InputRequired("Enter the last day")])
    takes_effect_on = DateField("New prices begin", validators=[InputRequired("Enter the day")])
    index_month = SelectField(
        "Month of the index",
        choices=[SelectChoice(str(number), name) for number, name in enumerate(MONTHS, 1)],
    )
    wage_band = SelectField(
        "Wage that counts", choices=[SelectChoice(band.value, band.label) for band in WageBand]
    )
    weight = StringField(
        "w: the share of wages",
        validators=[
            InputRequired("Enter a share from 0 to 1"),
            Regexp(r"^(0(\.\d{1,2})?|1(\.0{1,2})?)$", message="Enter a share from 0 to 1, such as 0.30"),
        ],
    )
    cap = StringField("Cap", validators=[Optional(), PERCENTAGE], description="Empty: there is none.")
    floor = StringField("Floor", validators=[Optional(), PERCENTAGE], description="Empty: there is none.")
    decimals = SelectField(
        "Rounded to",
        choices=[
            SelectChoice("2", "Two decimals"),
            SelectChoice("1", "One decimal"),
            SelectChoice("0", "Whole per cent"),
        ],
    )
    cpi_percent = StringField("CPI, annual rate", validators=[Optional(), PERCENTAGE])
    wage_percent = StringField("Rise of the wage", validators=[Optional(), PERCENTAGE])
    figures_source = StringField("Where these figures come from", validators=[Length(max=300)])


def read_chosen(form: MultiDict[str, str]) -> dict[uuid.UUID, int]:
    """The agreements ticked, each with the version that was shown; what is no such pair is left out."""
    chosen = {}
    for pair in form.getlist("agreement"):
        agreement_id, _, version = pair.partition(":")
        with suppress(ValueError):
            chosen[uuid.UUID(agreement_id)] = int(version)
    return chosen
