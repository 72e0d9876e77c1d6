"""The small forms around an application: confirming, signing, withdrawing, describing files, talking."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length, Optional, Regexp

from portal.applications.services import clean_text
from portal.frameworks.states import EvidenceKind


def readable(text: str | None) -> str | None:
    """What was typed without characters that no page may hold, to be shown again."""
    return clean_text(text) if text else text


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
    """Who signs for the applicant. The words signed are the round's own, and `seen` marks what is signed for."""

    version = HiddenField()
    seen = HiddenField()
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


class CommentForm(FlaskForm):  # type: ignore[misc]
    """A word to the colleagues about one answer."""

    once = HiddenField()
    text = TextAreaField("Your comment", filters=[readable])


class CarryOverForm(FlaskForm):  # type: ignore[misc]
    """Which earlier application to start from; its choices are set by the view."""

    earlier = RadioField("Which answers do you want to start from?", validate_choice=False)
