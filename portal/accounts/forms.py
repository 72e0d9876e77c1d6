"""Forms of accounts: shape and format only. Whether a password is good enough is the services' to say."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from typing import Any

from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import DataRequired, Email, InputRequired, Length, StopValidation

from portal.accounts.states import COUNCIL_ROLES, PROVIDER_ROLES, Council, Role

LONGEST_NAME = 100
LONGEST_EMAIL = 254
# A name goes into emails to others: nothing that a mail program would turn into a link.
NOT_A_NAME = re.compile(r"[<>/\\@:{}\x00-\x1f]|www\.", re.IGNORECASE)


def looks_like_name(_: Any, field: StringField) -> None:
    """Refuse what no name holds."""
    if NOT_A_NAME.search(field.data or ""):
        raise StopValidation("Enter a name without web or email addresses.")


def _stripped(text: str | None) -> str | None:
    return text.strip() if text else text


class TextField(StringField):
    """One line of text; `text` is never None."""

    @property
    def text(self) -> str:
        return self.data or ""


class RolesField(SelectMultipleField):
    """Roles to tick, each with what it is for."""

    def __init__(self, offered: Iterable[Role], **options: Any) -> None:
        choices = [
            SelectChoice(role.value, f"{role.label}: {DUTIES[role]}") for role in Role if role in offered
        ]
        super().__init__("Roles", choices=choices, description="Choose all that apply.", **options)

    @property
    def chosen(self) -> list[Role]:
        return [Role(name) for name in self.data or ()]


class VersionField(HiddenField):
    """The version of the thing that the form shows."""

    @property
    def seen(self) -> int:
        text = str(self.data)
        return int(text) if text.isdecimal() else 0


def _email(label: str, **options: Any) -> TextField:
    return TextField(
        label,
        filters=[_stripped],
        validators=[
            DataRequired("Enter an email address."),
            Length(max=LONGEST_EMAIL, message="That email address is too long."),
            Email("Enter an email address in the right form, like name@example.org."),
        ],
        **options,
    )


def _full_name(**options: Any) -> TextField:
    return TextField(
        "Full name",
        filters=[_stripped],
        validators=[
            DataRequired("Enter a full name."),
            Length(max=LONGEST_NAME, message=f"A name may have up to {LONGEST_NAME} characters."),
            looks_like_name,
        ],
        **options,
    )


def _password(label: str, message: str, **options: Any) -> TextField:
    # The page draws it as a password; PasswordField would bring nothing but a widget.
    return TextField(label, validators=[InputRequired(message)], **options)


def _roles(offered: Iterable[Role]) -> RolesField:
    return RolesField(offered, validators=[InputRequired("Choose at least one role.")])


DUTIES = {
    Role.PROVIDER_ADMINISTRATOR: "invites colleagues, gives them roles, signs agreements",
    Role.BID_WRITER: "writes and submits applications",
    Role.PLACEMENTS_LEAD: "keeps vacancies up to date",
    Role.FINANCE_LEAD: "fills in the price schedule and lowers prices",
    Role.COMMISSIONER: "runs rounds, checks providers, moderates and recommends",
    Role.EVALUATOR: "scores the applications assigned",
    Role.APPROVER: "decides on recommendations",
    Role.PLACEMENT_OFFICER: "searches vacancies and places children",
    Role.CONTRACT_MANAGER: "watches documents, performance and price reviews",
    Role.FINANCE_OFFICER: "confirms price reviews and spend",
    Role.AUDITOR: "reads everything after opening, and the audit log",
    Role.SYSTEM_ADMINISTRATOR: "keeps council accounts and settings",
}


class OnceForm(FlaskForm):  # type: ignore[misc]
    """A form whose token counts once, however often it arrives."""

    once = HiddenField(default=lambda: str(uuid.uuid4()))


class SignInForm(FlaskForm):  # type: ignore[misc]
    next = HiddenField()
    email = _email("Email address")
    password = _password("Password", "Enter your password.")


class RegisterForm(OnceForm):
    full_name = _full_name()
    email = _email("Email address", description="Your work address. You will sign in with it.")
    password = _password("Password", "Enter a password.")


class EmailForm(FlaskForm):  # type: ignore[misc]
    email = _email("Email address")


class NewPasswordForm(FlaskForm):  # type: ignore[misc]
    password = _password("New password", "Enter a password.")


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    """Asks for the password of whoever is not signed in."""

    password = _password("Password", "Enter the password you registered with.")


class ChangePasswordForm(FlaskForm):  # type: ignore[misc]
    current_password = _password("Current password", "Enter your current password.")
    password = _password("New password", "Enter a new password.")


class AcceptForm(FlaskForm):  # type: ignore[misc]
    full_name = _full_name()
    password = _password("Password", "Enter a password.")


class PressForm(FlaskForm):  # type: ignore[misc]
    """Nothing but a button and its token."""


class InviteForm(OnceForm):
    email = _email("Colleague's email address")
    roles = _roles(PROVIDER_ROLES)


class MemberRolesForm(FlaskForm):  # type: ignore[misc]
    version = VersionField()
    roles = _roles(PROVIDER_ROLES)


class CouncilAccountForm(OnceForm):
    full_name = _full_name()
    email = _email("Email address", description="The person's own council address.")
    council = RadioField(
        "Council",
        choices=[SelectChoice(council.value, council.label) for council in Council],
        validators=[InputRequired("Choose a council.")],
    )
    roles = _roles(COUNCIL_ROLES)


class CouncilRolesForm(FlaskForm):  # type: ignore[misc]
    version = VersionField()
    roles = _roles(COUNCIL_ROLES)
