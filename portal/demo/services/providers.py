"""The register with twelve fictional agencies beside the real ones, and how they came to be verified."""

from __future__ import annotations

import hashlib
from functools import partial

from portal.accounts.models import Person
from portal.accounts.services import grant_role
from portal.accounts.states import Role
from portal.core.db import session
from portal.demo.services import texts
from portal.demo.services.people import FIRST_DAY, administrator_of
from portal.demo.services.story import Story
from portal.providers import queries
from portal.providers.models import OfstedAgency, RegisterImport
from portal.providers.services import (
    load_shipped_register,
    register_organisation,
    verify_organisation,
)
from portal.providers.services.registration import Details
from portal.providers.states import Standing

# When each provider registers; its verification follows two or three days later, where it has come to that.
REGISTERED = {
    **dict.fromkeys(("ragstone", "samphire"), -286),
    **dict.fromkeys(("tidewell", "cobnut", "marlbrook", "gorsefield"), -228),
    **dict.fromkeys(("lanternfield", "quillhaven", "wrenfield"), -134),
    "saltmarsh": -101,
    "teasel": -11,
    "stourfield": -4,
}
AWAITING_VERIFICATION = frozenset({"stourfield"})
CHECKED = (
    "Name, URN and town agree with Ofsted's register; company number confirmed by the registered manager."
)


def tell(story: Story) -> None:
    """Ofsted's register is loaded, providers register, and a commissioner verifies them."""
    story.add(FIRST_DAY, "08:00", None, lambda _: _load_register())
    for provider, day in REGISTERED.items():
        story.add(day, "10:15", administrator_of(provider), partial(_register, story, provider))
        if provider not in AWAITING_VERIFICATION:
            story.add(day + 3, "11:30", "commissioner", partial(_verify, story, provider))


def _load_register() -> None:
    shipped = load_shipped_register() or queries.find_newest_import()
    assert shipped is not None
    names = "\n".join(provider["urn"] for provider in texts.providers().values())
    invented = RegisterImport(
        as_at=shipped.as_at,
        file_name="Agencies invented for the demonstration",
        sha256=hashlib.sha256(names.encode()).hexdigest(),
        agencies=len(texts.providers()),
    )
    session.add(invented)
    session.flush()
    session.add_all(_agency(provider, invented) for provider in texts.providers())


def _agency(key: str, invented: RegisterImport) -> OfstedAgency:
    provider = texts.providers()[key]
    overall, protection, leadership = provider.get("grades", (None, None, None))
    return OfstedAgency(
        urn=provider["urn"],
        import_id=invented.id,
        name=provider["trading_name"] or provider["legal_name"],
        registered_on=provider["registered"],
        registration_status="Active",
        address=provider["office"],
        town=provider["town"],
        county="Kent",
        postcode=provider["postcode"],
        region="South East",
        local_authority=provider["local_authority"],
        sector="Voluntary" if provider.get("charity_number") else "Private",
        owner=provider["legal_name"],
        inspected_on=provider.get("inspected"),
        overall_grade=overall,
        protection_grade=protection,
        leadership_grade=leadership,
        is_fictional=True,
    )


def _register(story: Story, key: str, by: Person) -> None:
    provider = texts.providers()[key]
    details = Details(
        legal_name=provider["legal_name"],
        trading_name=provider["trading_name"],
        company_number=provider["company_number"],
        charity_number=provider.get("charity_number", ""),
        registered_office=provider["office"],
        town=provider["town"],
        postcode=provider["postcode"],
        telephone=provider["telephone"],
        standing=Standing(provider["standing"]),
    )
    organisation = register_organisation(details, urn=provider["urn"], by=by)
    story.ids[key] = organisation.id
    for person_key, person in texts.people().items():
        if person.get("provider") == key:
            _give_roles(story, person_key, by)


def _give_roles(story: Story, key: str, by: Person) -> None:
    found = texts.people()[key]
    organisation_id = story.ids[found["provider"]]
    for role in found["roles"]:
        grant_role(story.person(key), Role(role), organisation_id=organisation_id, by=by)


def _verify(story: Story, key: str, by: Person) -> None:
    verify_organisation(story.organisation(key), by=by, reason=CHECKED)
