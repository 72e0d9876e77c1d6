"""Forms that sign, countersign and change the standing of an agreement."""

from __future__ import annotations

import uuid
from contextlib import suppress

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, HiddenField, StringField, TextAreaField
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


def read_chosen(form: MultiDict[str, str]) -> dict[uuid.UUID, int]:
    """The agreements ticked, each with the version that was shown; what is no such pair is left out."""
    chosen = {}
    for pair in form.getlist("agreement"):
        agreement_id, _, version = pair.partition(":")
        with suppress(ValueError):
            chosen[uuid.UUID(agreement_id)] = int(version)
    return chosen
