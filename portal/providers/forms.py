"""Forms about provider organisations: shapes here, postcode and company number in the services."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length, Regexp
from wtforms.widgets import CheckboxInput, ListWidget

from portal.accounts.states import PROVIDER_ROLES, Role
from portal.providers.models import OfstedAgency, Organisation
from portal.providers.services import CHOSEN_STANDINGS, Contact, Details
from portal.providers.states import Standing

WHAT_ROLES_DO = {
    Role.PROVIDER_ADMINISTRATOR: "Administrator: invites colleagues, gives roles, signs the agreement",
    Role.BID_WRITER: "Bid writer: drafts, submits and withdraws applications",
    Role.PLACEMENTS_LEAD: "Placements lead: keeps vacancies up to date",
    Role.FINANCE_LEAD: "Finance lead: fills in the price schedule and lowers prices",
}
STANDINGS = {
    Standing.NEW_ENTRANT: "No, we would be a new entrant",
    Standing.SPOT_PROVIDER: "Yes, as an existing spot provider",
}
# Nine digits or more, however they are set out, and an extension.
TELEPHONE = r"^\+?(?:[\s().-]*\d){9,15}\s*(?:(?:x|ext\.?|extension)\s*\d{1,6})?$"
# Mistakes are listed in the order of the page: who an organisation is, then how to reach it.
FIRST_ON_PAGE = ("urn", "legal_name", "trading_name", "company_number", "charity_number")


def tidy(text: str | None) -> str:
    """Typed text without space around it."""
    return (text or "").strip()


class ContactForm(FlaskForm):  # type: ignore[misc]
    """How to reach an organisation: what it may change by itself."""

    version = HiddenField()
    trading_name = StringField("Trading name (optional)", [Length(max=200)], filters=[tidy])
    registered_office = TextAreaField(
        "Office address", [InputRequired("Enter the address of your office.")], filters=[tidy]
    )
    town = StringField("Town", [InputRequired("Enter the town."), Length(max=100)], filters=[tidy])
    postcode = StringField("Postcode", [InputRequired("Enter the postcode.")], filters=[tidy])
    telephone = StringField(
        "Telephone",
        [
            InputRequired("Enter a telephone number."),
            Length(max=40),
            Regexp(TELEPHONE, message="Enter a telephone number, like 01632 960001 or 07700 900982."),
        ],
        filters=[tidy],
    )

    out_of_hours_mobile = StringField(
        "Out-of-hours mobile (optional)",
        [Length(max=40)],
        filters=[tidy],
        description="Placement officers’ urgent enquiries are sent here as text messages, at any hour.",
    )

    def contact(self) -> Contact:
        """What was typed."""
        return Contact(
            trading_name=self.trading_name.data or "",
            registered_office=self.registered_office.data or "",
            town=self.town.data or "",
            postcode=self.postcode.data or "",
            telephone=self.telephone.data or "",
            out_of_hours_mobile=self.out_of_hours_mobile.data or "",
        )


class RegistrationForm(ContactForm):
    """Who an organisation is. Prefilled from Ofsted's register where it is in it."""

    _fields: dict[str, Any]

    # Asked for once there is something to be urgent about.
    out_of_hours_mobile = None  # type: ignore[assignment]
    once = HiddenField()
    legal_name = StringField(
        "Legal name",
        [InputRequired("Enter the legal name."), Length(max=200)],
        filters=[tidy],
        description="As registered at Companies House or with the Charity Commission.",
    )
    company_number = StringField(
        "Company number (optional)",
        filters=[tidy],
        description="8 characters, such as 01234567 or OC123456. Leave this empty if you are not a company.",
    )
    charity_number = StringField("Charity number (optional)", [Length(max=20)], filters=[tidy])
    standing = RadioField(
        "Do Kent or Medway place children with you now?",
        [InputRequired("Say whether Kent or Medway place children with you now.")],
        choices=[SelectChoice(standing.value, STANDINGS[standing]) for standing in CHOSEN_STANDINGS],
        description="If you are a member of the framework, choose yes: an officer records your membership.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        first = [name for name in FIRST_ON_PAGE if name in self._fields]
        self._fields = {name: self._fields[name] for name in dict.fromkeys((*first, *self._fields))}

    def details(self) -> Details:
        """What was typed."""
        return Details(
            legal_name=self.legal_name.data or "",
            trading_name=self.trading_name.data or "",
            company_number=self.company_number.data or "",
            charity_number=self.charity_number.data or "",
            registered_office=self.registered_office.data or "",
            town=self.town.data or "",
            postcode=self.postcode.data or "",
            telephone=self.telephone.data or "",
            standing=Standing(self.standing.data),
        )


class ByHandForm(RegistrationForm):
    """The same, for an agency too new for the register."""

    urn = StringField(
        "Ofsted URN (optional)",
        filters=[tidy],
        description="Seven digits, or SC and six digits. Leave this empty if you do not have one yet.",
    )


class JoinForm(FlaskForm):  # type: ignore[misc]
    """Nothing but the press of a button."""


class AnswerForm(FlaskForm):  # type: ignore[misc]
    """Whether to let somebody in, and what they may do."""

    accept = RadioField(
        "Do you know this person, and should they act for your organisation?",
        [InputRequired("Choose yes or no.")],
        choices=[SelectChoice("yes", "Yes, let them in"), SelectChoice("no", "No")],
    )
    roles = SelectMultipleField(
        "If yes, what may they do?",
        choices=[SelectChoice(role.value, WHAT_ROLES_DO[role]) for role in Role if role in PROVIDER_ROLES],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        description="Choose at least one. You can change this later.",
    )


class VerificationForm(FlaskForm):  # type: ignore[misc]
    """An officer's finding."""

    version = HiddenField()
    finding = RadioField(
        "Is this the agency it says it is?",
        [InputRequired("Choose whether to verify this organisation.")],
    )
    reason = TextAreaField(
        "Reason",
        filters=[tidy],
        description="Needed if you do not verify. The provider reads it.",
    )


def agency_values(agency: OfstedAgency) -> dict[str, str]:
    """What the register knows, to start the form with."""
    return {
        "legal_name": agency.owner or agency.name,
        "trading_name": agency.name if agency.owner and agency.owner != agency.name else "",
        "registered_office": agency.address,
        "town": agency.town,
        "postcode": agency.postcode,
    }


def contact_values(organisation: Organisation) -> dict[str, str | int | None]:
    """What the form shows of an organisation."""
    names = (
        "trading_name",
        "registered_office",
        "town",
        "postcode",
        "telephone",
        "out_of_hours_mobile",
        "version",
    )
    return {name: getattr(organisation, name) for name in names}
