"""Forms that sign, countersign and change the standing of an agreement."""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import Any

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, DateField, HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from portal.agreements.services.signing import LONGEST


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


def read_chosen(form: MultiDict[str, str]) -> dict[uuid.UUID, int]:
    """The agreements ticked, each with the version that was shown; what is no such pair is left out."""
    chosen = {}
    for pair in form.getlist("agreement"):
        agreement_id, _, version = pair.partition(":")
        with suppress(ValueError):
            chosen[uuid.UUID(agreement_id)] = int(version)
    return chosen
