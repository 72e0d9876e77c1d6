"""Registration journeys and organisations' pages, through the browser's eyes."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.core.db import session
from portal.providers import queries
from portal.providers.models import JoinRequest, Organisation
from portal.providers.states import OrganisationState, Standing
from tests.factories.accounts import person
from tests.factories.providers import agency, join_request, organisation
from tests.support.client import PortalClient


def typed(**changes: str) -> dict[str, str]:
    given = {
        "once": str(uuid.uuid4()),
        "legal_name": "Larkspur Fostering Limited",
        "trading_name": "",
        "company_number": "1234567",
        "charity_number": "",
        "registered_office": "1 High Street",
        "town": "Faversham",
        "postcode": "ME13 7AB",
        "telephone": "01632 960001",
        "standing": Standing.NEW_ENTRANT.value,
    }
    return {**given, **changes}


def test_a_person_finds_and_registers_an_agency(client: PortalClient) -> None:
    found = agency(name="Medlar Tree Foster Care", town="Whitstable", owner="Medlar Tree Holdings Limited")
    someone = person()
    client.sign_in(someone)
    results = client.get("/registration?q=medlar+whit").text
    assert f"URN {found.urn}" in results
    assert "Whitstable" in results
    form = client.get(f"/registration/agencies/{found.urn}").text
    assert 'value="Medlar Tree Holdings Limited"' in form
    assert 'value="CT5 1AB"' in form
    answer = client.post(f"/registration/agencies/{found.urn}", data=typed(), follow_redirects=True)
    assert "Awaiting verification" in answer.text
    assert "An officer will verify it" in answer.text
    made = queries.find_organisation_by_urn(found.urn)
    assert made is not None
    assert made.company_number == "01234567"


def test_a_double_press_registers_once(client: PortalClient) -> None:
    found, once = agency(), str(uuid.uuid4())
    client.sign_in(person())
    for _ in range(2):
        answer = client.post(f"/registration/agencies/{found.urn}", data=typed(once=once))
        assert answer.status_code == 303
    by_hand = str(uuid.uuid4())
    for _ in range(2):
        client.post("/registration/by-hand", data=typed(once=by_hand, urn="", legal_name="Too New Limited"))
    assert session.scalar(sa.select(sa.func.count()).select_from(Organisation)) == 2


def test_errors_stand_beside_fields_and_keep_what_was_typed(client: PortalClient) -> None:
    found = agency()
    client.sign_in(person())
    answer = client.post(
        f"/registration/agencies/{found.urn}", data=typed(postcode="nowhere", legal_name="Kept as typed")
    )
    assert answer.status_code == 422
    assert 'id="postcode-error"' in answer.text
    assert 'value="Kept as typed"' in answer.text
    assert 'value="nowhere"' in answer.text
    missing = client.post(f"/registration/agencies/{found.urn}", data=typed(telephone="", standing=""))
    assert "Enter a telephone number." in missing.text
    assert "Say whether Kent or Medway place children with you now." in missing.text


def test_an_agency_too_new_for_the_file_registers_by_hand(client: PortalClient) -> None:
    client.sign_in(person())
    answer = client.post("/registration/by-hand", data=typed(urn="9955555"), follow_redirects=True)
    assert "Not in Ofsted’s file" in answer.text
    wrong = client.post("/registration/by-hand", data=typed(urn="12"))
    assert "Enter a URN of seven digits, or SC and six digits." in wrong.text


def test_by_hand_a_taken_urn_leads_to_joining(client: PortalClient) -> None:
    organisation(urn="9955556")
    client.sign_in(person())
    answer = client.post("/registration/by-hand", data=typed(urn="9955556"))
    assert answer.status_code == 422
    assert "This agency is already registered" in answer.text
    assert "/registration/agencies/9955556/join" in answer.text


def test_rule_09_browsing_names_does_not_tell_which_rivals_are_registered(client: PortalClient) -> None:
    found = agency()
    organisation(urn=found.urn)
    client.sign_in(person())
    answer = client.get("/registration", query_string={"q": found.name})
    assert found.urn in answer.text
    assert "Registered already" not in answer.text
    assert f"/agencies/{found.urn}/join" not in answer.text


def test_a_second_person_asks_to_join_and_is_let_in(client: PortalClient) -> None:
    found = agency()
    place = organisation(urn=found.urn)
    administrator = person(Role.PROVIDER_ADMINISTRATOR, organisation=place)
    asker = person(full_name="Wilf Marlow")
    client.sign_in(asker)
    assert "Registered already" in client.get(f"/registration?q={found.urn}").text
    led = client.get(f"/registration/agencies/{found.urn}")
    assert led.headers["Location"] == f"/registration/agencies/{found.urn}/join"
    answer = client.post(led.headers["Location"], follow_redirects=True)
    assert "Waiting for an answer" in answer.text
    assert client.get(f"/organisations/{place.id}").status_code == 404

    client.sign_in(administrator)
    request = session.scalars(sa.select(JoinRequest)).one()
    assert f"/join-requests/{request.id}" in client.get(f"/organisations/{place.id}").text
    without = client.post(f"/join-requests/{request.id}", data={"accept": "yes"})
    assert without.status_code == 422
    assert "Choose at least one role." in without.text
    accepted = client.post(
        f"/join-requests/{request.id}", data={"accept": "yes", "roles": ["bid_writer"]}, follow_redirects=True
    )
    assert "They can act for you now." in accepted.text
    assert "This request was accepted" in client.get(f"/join-requests/{request.id}").text
    client.sign_in(asker)
    assert client.get(f"/organisations/{place.id}").status_code == 200


def test_rule_09_a_guessed_organisation_is_not_found(client: PortalClient) -> None:
    ours, theirs = organisation(), organisation()
    request = join_request(theirs, person())
    client.sign_in(person(Role.PROVIDER_ADMINISTRATOR, organisation=ours))
    for path in (
        f"/organisations/{theirs.id}",
        f"/organisations/{theirs.id}/details",
        f"/organisations/{theirs.id}/verification",
        f"/join-requests/{request.id}",
        f"/organisations/{uuid.uuid4()}",
        "/registration/agencies/9999999",
        "/registration/agencies/9999999/join",
    ):
        assert client.get(path).status_code == 404, path
    assert client.get(f"/organisations/{ours.id}").status_code == 200


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (
            "/organisations",
            "Only commissioners, contract managers and auditors see the list of organisations.",
        ),
        ("/organisations/{id}/verification", "Only a commissioner can verify an organisation."),
        ("/organisations/{id}/details", "Only an administrator of this organisation can do this."),
    ],
)
def test_a_bid_writer_is_told_why_not(client: PortalClient, path: str, reason: str) -> None:
    place = organisation()
    client.sign_in(person(Role.BID_WRITER, organisation=place))
    answer = client.get(path.format(id=place.id))
    assert answer.status_code == 403
    assert reason in answer.text


@pytest.mark.parametrize("role", [Role.EVALUATOR, Role.PLACEMENT_OFFICER, Role.SYSTEM_ADMINISTRATOR])
def test_other_council_roles_do_not_read_organisations(client: PortalClient, role: Role) -> None:
    client.sign_in(person(role))
    assert client.get(f"/organisations/{organisation().id}").status_code == 403


def test_council_people_do_not_register(client: PortalClient) -> None:
    client.sign_in(person(Role.COMMISSIONER))
    answer = client.get("/registration")
    assert answer.status_code == 403
    assert "People at the councils cannot register a provider." in answer.text


def test_signed_out_people_are_asked_to_sign_in(client: PortalClient) -> None:
    assert client.get("/organisations").status_code == 303
    assert client.get("/registration").headers["Location"].startswith("/sign-in")


def test_an_officer_finds_reads_and_verifies(client: PortalClient) -> None:
    found = agency(overall_grade=None, name="Medlar Tree Foster Care")
    place = organisation(urn=found.urn, legal_name="Medlar Tree Limited", state=OrganisationState.REGISTERED)
    organisation(legal_name="Quince Limited")
    client.sign_in(person(Role.COMMISSIONER))
    listed = client.get("/organisations?state=registered&q=medlar").text
    assert "Medlar Tree Limited" in listed
    assert "Quince Limited" not in listed
    shown = client.get(f"/organisations/{place.id}").text
    assert "as at 31 March 2025" in shown
    assert "Not inspected yet" in shown
    wanting = client.post(f"/organisations/{place.id}/verification", data={"finding": "refuse", "reason": ""})
    assert wanting.status_code == 422
    assert "Say why, so that the provider can put it right." in wanting.text
    answer = client.post(
        f"/organisations/{place.id}/verification",
        data={"finding": "verify", "reason": "", "version": place.version},
        follow_redirects=True,
    )
    assert "Verified" in answer.text
    assert session.get_one(Organisation, place.id).state == OrganisationState.VERIFIED


def test_a_stale_verification_is_refused(client: PortalClient) -> None:
    place = organisation(state=OrganisationState.REGISTERED)
    client.sign_in(person(Role.COMMISSIONER))
    answer = client.post(
        f"/organisations/{place.id}/verification", data={"finding": "verify", "version": "7"}
    )
    assert answer.status_code == 409


def test_an_administrator_edits_contact_details(client: PortalClient) -> None:
    place = organisation()
    client.sign_in(person(Role.PROVIDER_ADMINISTRATOR, organisation=place))
    path = f"/organisations/{place.id}/details"
    form = client.get(path).text
    version = re.search(r'name="version"[^>]*value="(\d+)"', form)
    assert version is not None
    data = typed(town="Deal", postcode="ct14 7aa", version=version[1])
    assert "Deal, CT14 7AA" in client.post(path, data=data, follow_redirects=True).text
    assert client.post(path, data=data).status_code == 409
    assert client.post(path, data=typed(postcode="?", version="")).status_code == 422


def test_your_organisations_are_yours(client: PortalClient) -> None:
    first, second = organisation(legal_name="Larkspur Limited"), organisation(legal_name="Other Limited")
    client.sign_in(person(Role.BID_WRITER, organisation=first))
    page = client.get("/organisations/yours").text
    assert "Larkspur Limited" in page
    assert second.legal_name not in page
    client.sign_in(person())
    assert "You do not act for an organisation yet." in client.get("/organisations/yours").text


def cost(client: PortalClient, count_queries: Any, path: str) -> int:
    """How many statements a page costs, begun afresh as every request of the portal is."""
    session.remove()
    with count_queries() as counted:
        assert client.get(path).status_code == 200
    return int(counted.number)


def test_the_list_costs_the_same_for_one_row_and_many(client: PortalClient, count_queries: Any) -> None:
    client.sign_in(person(Role.COMMISSIONER))
    organisation()
    one = cost(client, count_queries, "/organisations")
    for _ in range(30):
        organisation()
    assert cost(client, count_queries, "/organisations") == one <= 4
    assert "Showing 1 to 25 of 31" in client.get("/organisations").text
    assert "Showing 26 to 31 of 31" in client.get("/organisations?page=2").text


def test_search_costs_the_same_for_one_row_and_many(client: PortalClient, count_queries: Any) -> None:
    client.sign_in(person())
    agency(name="Medlar One")
    one = cost(client, count_queries, "/registration?q=medlar")
    for _ in range(15):
        agency(name="Medlar Many")
    assert cost(client, count_queries, "/registration?q=medlar") == one


def test_an_organisation_page_costs_the_same_however_many_people(
    client: PortalClient, count_queries: Any
) -> None:
    place = organisation()
    path = f"/organisations/{place.id}"
    client.sign_in(person(Role.PROVIDER_ADMINISTRATOR, organisation=place))
    join_request(place, person())
    few = cost(client, count_queries, path)
    for _ in range(5):
        person(Role.BID_WRITER, organisation=place)
        join_request(place, person())
    assert cost(client, count_queries, path) == few


@pytest.mark.parametrize("text", ["?page=0", "?page=x", "?page=999", "?state=nonsense", "?q=%25"])
def test_odd_addresses_are_harmless(client: PortalClient, text: str) -> None:
    client.sign_in(person(Role.COMMISSIONER))
    assert client.get(f"/organisations{text}").status_code == 200
