"""Registering an organisation, keeping its contact details, and letting colleagues in."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from portal.accounts import services as accounts
from portal.accounts.models import Person
from portal.accounts.states import PROVIDER_ROLES, Role
from portal.core import audit, clock
from portal.core.access import require
from portal.core.db import check_version, lock, session
from portal.core.errors import Invalid, Refused, on_constraint
from portal.core.links import link
from portal.notifications import services as notifications
from portal.providers import policy, queries
from portal.providers.models import JoinRequest, Organisation
from portal.providers.states import OrganisationState, Standing

POSTCODE = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?) ?(\d[ABD-HJLNP-UW-Z]{2})", re.ASCII)
COMPANY_NUMBER = re.compile(r"[A-Z0-9]{2}\d{6}", re.ASCII)
CHOSEN_STANDINGS = (Standing.NEW_ENTRANT, Standing.SPOT_PROVIDER)

on_constraint(
    "uq_organisation_urn",
    "This agency is already registered. Ask its administrator to let you in.",
    field="urn",
)
on_constraint(
    "uq_join_request_organisation_id_person_id", "You have already asked to join this organisation."
)


@dataclass(frozen=True)
class Details:
    """What an organisation says of itself, as typed: the `clean_` functions put numbers into shape."""

    legal_name: str
    trading_name: str
    company_number: str
    charity_number: str
    registered_office: str
    town: str
    postcode: str
    telephone: str
    standing: Standing


@dataclass(frozen=True)
class Contact:
    """What an organisation may change by itself once it is registered."""

    trading_name: str
    registered_office: str
    town: str
    postcode: str
    telephone: str
    out_of_hours_mobile: str = ""


def clean_postcode(text: str) -> str:
    """`me13 7ab` as `ME13 7AB`. Raises `Invalid` for what is no postcode."""
    found = POSTCODE.fullmatch(" ".join(text.upper().split()))
    if found is None:
        raise Invalid("Enter a full UK postcode, like ME13 7AB.", field="postcode")
    return f"{found[1]} {found[2]}"


def clean_company_number(text: str) -> str | None:
    """`1234567` as `01234567`, `oc1234` as `OC001234`, nothing as None. Raises `Invalid`."""
    number = text.upper().replace(" ", "")
    if not number:
        return None
    prefix, digits = re.fullmatch(r"([A-Z]{0,2})(.*)", number, re.DOTALL).groups()  # type: ignore[union-attr]
    padded = prefix + digits.zfill(8 - len(prefix))
    if not COMPANY_NUMBER.fullmatch(padded) or not digits:
        raise Invalid(
            "Enter a company number of 8 characters, like 01234567 or OC123456.", field="company_number"
        )
    return padded


def register_organisation(details: Details, *, urn: str | None = None, by: Person) -> Organisation:
    """Register a provider, to be verified by an officer; whoever registers becomes its administrator.

    Anybody with a confirmed address outside the councils. `urn` None: too new to have one. Raises `Invalid`
    beside the field, also when somebody registered the agency before.
    """
    require(policy.can_register(by))
    if details.standing not in CHOSEN_STANDINGS:
        raise Invalid("Say whether you are a new entrant or an existing spot provider.", field="standing")
    made = Organisation(
        urn=_clean_urn(urn),
        legal_name=details.legal_name.strip(),
        trading_name=details.trading_name.strip() or None,
        company_number=clean_company_number(details.company_number),
        charity_number=details.charity_number.strip() or None,
        registered_office=details.registered_office.strip(),
        town=details.town.strip(),
        postcode=clean_postcode(details.postcode),
        telephone=details.telephone.strip() or None,
        standing=details.standing,
        state=OrganisationState.REGISTERED,
    )
    session.add(made)
    session.flush()
    audit.record("organisation.registered", made, by=by, details={"urn": made.urn})
    accounts.grant_role(by, Role.PROVIDER_ADMINISTRATOR, organisation_id=made.id, by=by)
    return made


def _clean_urn(urn: str | None) -> str | None:
    if not (urn or "").strip():
        return None
    cleaned = queries.clean_urn(urn or "")
    if cleaned is None:
        raise Invalid("Enter a URN of seven digits, or SC and six digits.", field="urn")
    return cleaned


def edit_contact(
    organisation: Organisation, contact: Contact, *, by: Person, seen_version: int | None
) -> None:
    """Change how to reach an organisation. Its administrators. What an officer verified stays as it is."""
    lock(organisation)
    check_version(organisation, seen_version)
    require(policy.can_administer(by, organisation))
    organisation.trading_name = contact.trading_name.strip() or None
    organisation.registered_office = contact.registered_office.strip()
    organisation.town = contact.town.strip()
    organisation.postcode = clean_postcode(contact.postcode)
    organisation.telephone = contact.telephone.strip() or None
    organisation.out_of_hours_mobile = _clean_mobile(contact.out_of_hours_mobile)
    audit.record("organisation.contact_changed", organisation, by=by)
    session.flush()


def _clean_mobile(text: str) -> str | None:
    try:
        return notifications.clean_mobile(text)
    except Invalid as error:
        raise Invalid(error.message, field="out_of_hours_mobile") from error


def ask_to_join(organisation: Organisation, *, by: Person) -> JoinRequest:
    """Ask the administrators of a registered organisation to be let in. They are mailed.

    Raises `Invalid` while an earlier request waits; after a refusal one may ask again.
    """
    require(policy.can_ask_to_join(by, organisation))
    request = queries.find_join_request(organisation, by)
    if request is not None and request.answered_at is None:
        raise Invalid("You have already asked to join this organisation.")
    if request is None:
        request = JoinRequest(organisation_id=organisation.id, person_id=by.id)
        session.add(request)
    request.answered_at, request.accepted = None, None
    session.flush()
    audit.record("join_request.made", request, by=by, details={"organisation_id": str(organisation.id)})
    href = link("providers.answer_request", request_id=request.id)
    for administrator in queries.list_administrators(organisation.id):
        notifications.tell(
            administrator,
            template="providers/join_request",
            context={"asker": by, "organisation": organisation, "href": href},
            link=href,
        )
    return request


def answer_join_request(
    request: JoinRequest, *, accept: bool, roles: Collection[Role] = (), by: Person
) -> None:
    """Let somebody in with some roles, or not. The organisation's administrators; whoever asked is mailed."""
    lock(request)
    require(policy.can_answer(by, request))
    if request.answered_at is not None:
        raise Refused("This request has been answered already.")
    if accept and not (roles and set(roles) <= PROVIDER_ROLES):
        raise Invalid("Choose at least one role.", field="roles")
    request.answered_at, request.accepted = clock.now(), accept
    asker = session.get_one(Person, request.person_id)
    for role in roles if accept else ():
        accounts.grant_role(asker, role, organisation_id=request.organisation_id, by=by)
    audit.record("join_request.accepted" if accept else "join_request.declined", request, by=by)
    organisation = session.get_one(Organisation, request.organisation_id)
    href = link("public.index")
    notifications.tell(
        asker,
        template="providers/join_answer",
        context={"accepted": accept, "organisation": organisation, "href": href},
        link=href,
    )
    session.flush()
