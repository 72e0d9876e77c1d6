"""Registering, joining and verifying, as services."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Council, Role
from portal.core.audit import AuditEvent
from portal.core.db import session
from portal.core.errors import Invalid, NotAllowed, Refused, Stale
from portal.notifications.models import Message
from portal.providers import queries, services
from portal.providers.models import Organisation
from portal.providers.services.registration import clean_company_number, clean_postcode
from portal.providers.states import OrganisationState, Standing
from tests.factories.accounts import person
from tests.factories.providers import join_request, organisation
from tests.support.acting import acting_as, as_worker


def details(**changes: Any) -> services.Details:
    given: dict[str, Any] = {
        "legal_name": "Larkspur Fostering Limited",
        "trading_name": "",
        "company_number": "1234567",
        "charity_number": "",
        "registered_office": "1 High Street",
        "town": "Faversham",
        "postcode": "me13 7ab",
        "telephone": "01632 960001",
        "standing": Standing.NEW_ENTRANT,
    }
    return services.Details(**{**given, **changes})


def messages_to(address: str) -> list[Message]:
    with as_worker():
        return list(session.scalars(sa.select(Message).where(Message.recipient == address)))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("1234567", "01234567"),
        (" 01234567 ", "01234567"),
        ("oc12345", "OC012345"),
        ("SC 123456", "SC123456"),
        ("ni1", "NI000001"),
        ("", None),
    ],
)
def test_company_numbers_are_padded(typed: str, kept: str | None) -> None:
    assert clean_company_number(typed) == kept


@pytest.mark.parametrize("typed", ["123456789", "ABC12345", "OC", "12-345", "OC1234567", "١٢٣٤٥٦٧٨"])
def test_what_is_no_company_number_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        clean_company_number(typed)


@pytest.mark.parametrize(
    ("typed", "kept"), [("me13 7ab", "ME13 7AB"), (" ct51ab ", "CT5 1AB"), ("EC1A 1BB", "EC1A 1BB")]
)
def test_postcodes_are_tidied(typed: str, kept: str) -> None:
    assert clean_postcode(typed) == kept


@pytest.mark.parametrize("typed", ["ME13", "ME13 7CI", "13 7AB", "ME13 7AB 2", ""])
def test_what_is_no_postcode_is_refused(typed: str) -> None:
    with pytest.raises(Invalid, match="Enter a full UK postcode"):
        clean_postcode(typed)


def test_whoever_registers_becomes_administrator() -> None:
    made_by = person()
    acting_as(made_by)
    made = services.register_organisation(details(), urn="sc990001", by=made_by)
    session.commit()
    assert (made.urn, made.company_number, made.postcode) == ("SC990001", "01234567", "ME13 7AB")
    assert made.state == OrganisationState.REGISTERED
    assert made_by.acts_for(made.id, Role.PROVIDER_ADMINISTRATOR)
    verbs = session.scalars(sa.select(AuditEvent.verb).where(AuditEvent.subject_id == made.id)).all()
    assert verbs == ["organisation.registered"]


def test_an_agency_is_registered_once() -> None:
    organisation(urn="9912345")
    with pytest.raises(Invalid, match="already registered") as refused:
        services.register_organisation(details(), urn="9912345", by=person())
    assert refused.value.field == "urn"


@pytest.mark.parametrize("standing", [Standing.INCUMBENT])
def test_nobody_makes_itself_a_member(standing: Standing) -> None:
    with pytest.raises(Invalid):
        services.register_organisation(details(standing=standing), by=person())


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        (lambda: person(Role.COMMISSIONER), "People at the councils cannot register a provider."),
        (lambda: person(confirmed=False), "Confirm your email address first: follow the link we sent you."),
    ],
)
def test_who_cannot_register_is_told_why(who: Any, reason: str) -> None:
    with pytest.raises(NotAllowed, match=reason):
        services.register_organisation(details(), by=who())


def test_asking_to_join_mails_the_administrators_and_nobody_else() -> None:
    place = organisation()
    administrator = person(Role.PROVIDER_ADMINISTRATOR, organisation=place)
    writer = person(Role.BID_WRITER, organisation=place)
    asker = person(full_name="Wilf Marlow")
    services.ask_to_join(place, by=asker)
    assert [message.subject for message in messages_to(administrator.email)] == [
        f"Wilf Marlow asks to join {place.name}"
    ]
    assert messages_to(writer.email) == []
    with pytest.raises(Invalid, match="already asked"):
        services.ask_to_join(place, by=asker)


def test_an_administrator_lets_somebody_in_with_roles() -> None:
    place = organisation()
    administrator = person(Role.PROVIDER_ADMINISTRATOR, organisation=place)
    asker = person()
    request = join_request(place, asker)
    services.answer_join_request(request, accept=True, roles=[Role.BID_WRITER], by=administrator)
    assert asker.acts_for(place.id, Role.BID_WRITER)
    assert not asker.acts_for(place.id, Role.PROVIDER_ADMINISTRATOR)
    assert messages_to(asker.email)[0].subject == f"You can now act for {place.name}"
    with pytest.raises(Refused, match="answered already"):
        services.answer_join_request(request, accept=False, by=administrator)


@pytest.mark.parametrize("roles", [[], [Role.COMMISSIONER], [Role.BID_WRITER, Role.APPROVER]])
def test_only_provider_roles_are_given_away(roles: list[Role]) -> None:
    place = organisation()
    request = join_request(place, person())
    with pytest.raises(Invalid, match="Choose at least one role"):
        services.answer_join_request(
            request, accept=True, roles=roles, by=person(Role.PROVIDER_ADMINISTRATOR, organisation=place)
        )


def test_a_declined_person_may_ask_again() -> None:
    place = organisation()
    administrator = person(Role.PROVIDER_ADMINISTRATOR, organisation=place)
    asker = person()
    services.answer_join_request(join_request(place, asker), accept=False, by=administrator)
    assert not asker.acts_for(place.id)
    again = services.ask_to_join(place, by=asker)
    assert again.answered_at is None


def test_rule_09_another_organisation_s_administrator_lets_nobody_in() -> None:
    request = join_request(organisation(), person())
    stranger = person(Role.PROVIDER_ADMINISTRATOR, organisation=organisation())
    with pytest.raises(NotAllowed):
        services.answer_join_request(request, accept=True, roles=[Role.BID_WRITER], by=stranger)


def test_verifying_is_recorded_and_mailed() -> None:
    place = organisation(state=OrganisationState.REGISTERED)
    administrator = person(Role.PROVIDER_ADMINISTRATOR, organisation=place)
    officer = person(Role.COMMISSIONER)
    services.verify_organisation(place, by=officer, seen_version=place.version)
    session.commit()
    assert (place.state, place.decided_by_id) == (OrganisationState.VERIFIED, officer.id)
    assert messages_to(administrator.email)[0].subject == f"{place.name} is verified"
    event = session.scalars(sa.select(AuditEvent).where(AuditEvent.verb == "organisation.verified")).one()
    assert (event.subject_id, event.actor_id) == (place.id, officer.id)


def test_refusing_needs_a_reason_which_the_provider_reads() -> None:
    place = organisation(state=OrganisationState.REGISTERED)
    administrator = person(Role.PROVIDER_ADMINISTRATOR, organisation=place)
    officer = person(Role.COMMISSIONER)
    with pytest.raises(Invalid) as refused:
        services.refuse_organisation(place, by=officer, reason=" ")
    assert refused.value.field == "reason"
    services.refuse_organisation(place, by=officer, reason="The company number belongs to another firm.")
    assert "belongs to another firm" in messages_to(administrator.email)[0].body
    services.verify_organisation(place, by=officer)
    assert place.state == OrganisationState.VERIFIED


STATES = list(OrganisationState)
MAY = {
    ("verify", OrganisationState.REGISTERED),
    ("verify", OrganisationState.REFUSED),
    ("refuse", OrganisationState.REGISTERED),
}


@pytest.mark.parametrize("role", [*Role, None])
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", ["verify", "refuse"])
def test_each_transition_by_each_role_in_each_state(
    name: str, state: OrganisationState, role: Role | None
) -> None:
    place = organisation(state=state)
    who = person(*([role] if role else []), organisation=place if role and role.is_provider_role else None)
    do = {"verify": services.verify_organisation, "refuse": services.refuse_organisation}[name]
    if (name, state) not in MAY:
        with pytest.raises(Refused):
            do(place, by=who, reason="Because.")
    elif role != Role.COMMISSIONER:
        with pytest.raises(NotAllowed, match="Only a commissioner can verify"):
            do(place, by=who, reason="Because.")
    else:
        do(place, by=who, reason="Because.")
        assert place.state != state


def test_a_stale_page_does_not_verify() -> None:
    place = organisation(state=OrganisationState.REGISTERED)
    with pytest.raises(Stale):
        services.verify_organisation(
            place, by=person(Role.COMMISSIONER, council=Council.KENT), seen_version=99
        )


def test_only_an_administrator_changes_contact_details() -> None:
    place = organisation()
    contact = services.Contact("Larkspur", "2 Low Road", "Deal", "ct14 7aa", "01632 960002")
    with pytest.raises(NotAllowed):
        services.edit_contact(
            place, contact, by=person(Role.BID_WRITER, organisation=place), seen_version=None
        )
    administrator = person(Role.PROVIDER_ADMINISTRATOR, organisation=place)
    services.edit_contact(place, contact, by=administrator, seen_version=place.version)
    found = session.get_one(Organisation, place.id)
    assert (found.town, found.postcode, found.name) == ("Deal", "CT14 7AA", "Larkspur")
    assert queries.list_own_organisations(administrator) == [place]
