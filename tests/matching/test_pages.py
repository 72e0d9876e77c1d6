"""The pages from a saved search to a placement, as the officer and the provider walk them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Council, Role
from portal.core import clock
from portal.core.clock import LONDON
from portal.core.db import session
from portal.matching.models import Enquiry, Placement, Search
from portal.matching.states import EnquiryState, PlacementState
from tests.factories import accounts, frameworks, matching, pricing, providers
from tests.factories.matching import Member
from tests.support.acting import acting_as, as_worker

SAVE = (
    "/find-a-placement/save?age=8&gender=female&placement_type=standard&need_category=standard&smoke_free=y"
)


@pytest.fixture
def member() -> Member:
    pricing.load_lists()
    made = Member(frameworks.framework())
    made.household(carer_reference="KF-7001")
    return made


@pytest.fixture
def officer(member: Member) -> Any:
    return matching.officer()


def once_of(text: str) -> str:
    found = re.search(r'name="once"[^>]*value="([^"]+)"', text)
    assert found
    return found[1]


def version_of(text: str) -> str:
    found = re.search(r'name="version"[^>]*value="(\d+)"', text)
    assert found
    return found[1]


def only(kind: Any) -> Any:
    session.expire_all()
    with as_worker():
        return session.scalars(sa.select(kind)).unique().one()


def kent_time(hours: int) -> str:
    return (clock.now() + timedelta(hours=hours)).astimezone(LONDON).strftime("%Y-%m-%dT%H:%M")


def test_from_a_saved_search_to_a_live_placement(client: Any, member: Member, officer: Any) -> None:
    client.sign_in(officer)
    form = client.get(SAVE)
    assert "Smoke-free home:" in form.text
    refused = client.post(SAVE, data={"once": once_of(form.text), "reference": "Sarah Jones"})
    assert refused.status_code == 422
    assert "This looks like a name" in refused.text
    assert "Sarah Jones" in refused.text
    data = {"once": once_of(form.text), "reference": "LAC-20417", "note": "Calm Tilly Farrow"}
    warned = client.post(SAVE, data=data)
    assert "say that you have checked it" in warned.text
    assert 'name="checked"' in warned.text
    client.post(SAVE, data={**data, "note": "A calm child."})
    search = only(Search)
    here = f"/searches/{search.id}"
    assert "No provider has been asked yet" in client.get(here).text
    assert (
        client.post(SAVE, data={**data, "note": ""}).status_code == 303
    )  # the same form again saves nothing
    only(Search)

    assert client.post(f"{here}/in-house", data={}).status_code == 422
    assert client.post(f"{here}/in-house", data={"answer": "nobody"}).status_code == 303
    ask = client.get(f"{here}/ask")
    assert "1 household fits" in ask.text
    asking = {
        "once": once_of(ask.text),
        "version": version_of(ask.text),
        "providers": [str(member.organisation.id)],
        "answer_by": kent_time(3),
        "message": "Football on Saturdays.",
    }
    assert client.post(f"{here}/ask", data={**asking, "answer_by": "soon"}).status_code == 422
    early = client.post(f"{here}/ask", data={**asking, "answer_by": kent_time(0)})
    assert "at least 15 minutes" in early.text
    assert "Football on Saturdays." in early.text
    assert client.post(f"{here}/ask", data=asking).status_code == 303
    enquiry = only(Enquiry)
    fragment = client.get(f"{here}/answers").text
    assert "1 answer awaited" in fragment
    assert 'hx-trigger="load delay:15s"' in fragment

    client.sign_in(member.lead)
    assert enquiry.reference in client.get("/enquiries").text
    theirs = f"/enquiries/{enquiry.id}"
    shown = client.get(theirs).text
    assert "A girl of 8" in shown
    assert "Football on Saturdays." in shown
    assert "LAC-20417" not in shown
    assert "1 household" not in shown
    offer = client.get(f"{theirs}/offer").text
    vacancy_id = re.search(r'<option value="([0-9a-f-]{36})">KF-7001', offer)[1]  # type: ignore[index]
    answer = {"version": version_of(offer), "vacancy": vacancy_id, "available_from": str(clock.today())}
    assert "Enter the day" in client.post(f"{theirs}/offer", data={**answer, "available_from": ""}).text
    assert client.post(f"{theirs}/offer", data={**answer, "vacancy": "made-up"}).status_code == 422
    assert client.post(f"{theirs}/offer", data=answer).status_code == 303

    client.sign_in(officer)
    assert "Choose from offers" in client.get("/start").text
    assert "Choose<span" in client.get(here).text
    choosing = f"/offers/{enquiry.id}/choose"
    choose = client.get(choosing).text
    assert "£800.00" in choose
    chosen = {
        "version": version_of(choose),
        "children": "1",
        "starts_on": str(clock.today()),
        "key_service_line": "care_and_support",
        "funding": "uasc_grant",
    }
    assert "asylum placements alone" in client.post(choosing, data=chosen).text
    assert client.post(choosing, data={**chosen, "funding": "council_budget"}).status_code == 303
    placement = only(Placement)
    again = client.post(choosing, data={**chosen, "funding": "council_budget"})
    assert again.status_code == 409
    address = f"/placements/{placement.id}"
    assert "LAC-20417" in client.get("/placements").text
    assert "The child has moved in" in client.get(address).text
    tomorrow = {"version": placement.version, "started_on": str(clock.today() + timedelta(days=1))}
    assert client.post(f"{address}/start", data=tomorrow).status_code == 422
    client.post(f"{address}/start", data={**tomorrow, "started_on": str(clock.today())})
    placement = only(Placement)
    assert placement.state == PlacementState.LIVE
    end = {
        "version": placement.version,
        "ended_on": str(clock.today()),
        "ending": "unplanned",
        "reason": "carers",
    }
    assert "Say what happened" in client.post(f"{address}/end", data=end).text
    client.post(f"{address}/end", data={**end, "words": "The carers fell ill."})
    assert only(Placement).state == PlacementState.ENDED

    client.sign_in(member.lead)
    assert "Your offer was chosen" in client.get(theirs).text
    ended = client.get(address).text
    assert "The carers fell ill." in ended
    assert "LAC-20417" not in ended
    assert "End the placement" not in ended


def test_cannot_offer_says_why_and_the_answer_can_be_changed(client: Any, member: Member) -> None:
    enquiry = matching.enquiry(organisation=member.organisation)
    client.sign_in(member.lead)
    here = f"/enquiries/{enquiry.id}/cannot-offer"
    data = {"version": enquiry.version, "reason": "other", "words": ""}
    assert "Say what the reason is" in client.post(here, data=data).text
    client.post(here, data={**data, "reason": "needs", "words": "Her carers are new."})
    shown = client.get(f"/enquiries/{enquiry.id}").text
    assert "The carers cannot meet these needs" in shown
    assert "You can change your answer" in shown
    stale = client.post(here, data={**data, "reason": "needs"})
    assert stale.status_code == 409


def test_a_declined_offer_shows_its_reason_and_nothing_of_others(
    client: Any, member: Member, officer: Any
) -> None:
    search = matching.search(by=officer)
    enquiry = matching.enquiry("offered", search=search, organisation=member.organisation)
    other = matching.enquiry("offered", search=search)
    other_id, other_reference, other_name = other.id, other.reference, other.organisation.name
    client.sign_in(officer)
    data = {"version": enquiry.version, "reason": "nearer", "words": ""}
    assert client.post(f"/offers/{enquiry.id}/decline", data={**data, "reason": ""}).status_code == 422
    assert client.post(f"/offers/{enquiry.id}/decline", data=data).status_code == 303
    client.sign_in(member.lead)
    shown = client.get(f"/enquiries/{enquiry.id}").text
    assert "A place nearer to school or family was found" in shown
    assert other_name not in shown
    assert client.get(f"/enquiries/{other_id}").status_code == 404
    assert other_reference not in client.get("/enquiries?state=closed").text


def test_lapsed_closed_and_late_enquiries_say_so(client: Any, member: Member) -> None:
    late = matching.enquiry(organisation=member.organisation, answer_by=clock.now() - timedelta(minutes=1))
    closed = matching.enquiry("lapsed", organisation=member.organisation, closed_early_at=clock.now())
    client.sign_in(member.lead)
    assert "The enquiry has lapsed" in client.get(f"/enquiries/{late.id}").text
    assert "needs no answer any more" in client.get(f"/enquiries/{closed.id}").text
    refused = client.post(
        f"/enquiries/{late.id}/cannot-offer", data={"version": late.version, "reason": "no_place"}
    )
    assert refused.status_code == 409
    assert "has lapsed" in refused.text


@pytest.mark.parametrize("role", [Role.COMMISSIONER, Role.CONTRACT_MANAGER, Role.FINANCE_OFFICER])
def test_whoever_reads_placements_but_no_enquiries_reads_the_child_s_age(
    client: Any, member: Member, role: Role
) -> None:
    placement = matching.placement(organisation=member.organisation)
    with as_worker():
        reference = session.get_one(Search, placement.search_id).reference
    client.sign_in(accounts.person(role))
    page = client.get(f"/placements/{placement.id}")
    assert page.status_code == 200
    assert "A child of 8 when agreed" in page.text
    assert reference not in page.text


def test_a_finance_lead_reads_a_placement_without_a_link_to_its_enquiry(client: Any, member: Member) -> None:
    placement = matching.placement(organisation=member.organisation)
    address = f"/placements/{placement.id}"
    client.sign_in(member.lead)
    assert "The enquiry and your offer" in client.get(address).text
    client.sign_in(accounts.person(Role.FINANCE_LEAD, organisation=member.organisation))
    page = client.get(address)
    assert page.status_code == 200
    assert "The enquiry and your offer" not in page.text


def test_the_other_council_finds_nothing_of_it(client: Any, member: Member, officer: Any) -> None:
    search = matching.search(by=officer)
    offer = matching.enquiry("offered", search=search, organisation=member.organisation)
    placement = matching.placement()
    references = (search.reference, placement.reference)
    paths = (
        f"/searches/{search.id}",
        f"/searches/{search.id}/answers",
        f"/searches/{search.id}/ask",
        f"/offers/{offer.id}/choose",
        f"/offers/{offer.id}/decline",
        f"/placements/{placement.id}",
        f"/placements/{placement.id}/end",
    )
    client.sign_in(matching.officer(Council.MEDWAY))
    for path in paths:
        assert client.get(path).status_code == 404, path
    assert references[0] not in client.get("/searches").text
    assert references[1] not in client.get("/placements").text


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.PLACEMENTS_LEAD, 200),
        (Role.PROVIDER_ADMINISTRATOR, 200),
        (Role.BID_WRITER, 404),
        (Role.FINANCE_LEAD, 404),
    ],
)
def test_rule_09_only_placements_people_of_the_provider_read_a_childs_needs(
    client: Any, member: Member, role: Role, status: int
) -> None:
    enquiry = matching.enquiry(organisation=member.organisation)
    client.sign_in(accounts.person(role, organisation=member.organisation))
    assert client.get(f"/enquiries/{enquiry.id}").status_code == status
    if role == Role.PROVIDER_ADMINISTRATOR:
        assert client.get(f"/enquiries/{enquiry.id}/offer").status_code == 403


def test_why_others_were_left_out_and_a_search_changed_in_place(
    client: Any, member: Member, officer: Any
) -> None:
    member.household(smoking="yes")
    search = matching.search(by=officer)
    client.sign_in(officer)
    asked = "age=8&gender=female&placement_type=standard&need_category=standard&smoke_free=y&must=smoke_free"
    results = client.get(f"/find-a-placement?{asked}&saved={search.id}").text
    assert f"Save these needs to {search.reference}" in results
    left_out = client.get(f"/find-a-placement/left-out?{asked}").text
    assert "Smoke-free home: not nobody smokes or vapes" in left_out
    fragment = client.get(f"/find-a-placement/left-out?{asked}", headers={"HX-Request-Type": "partial"}).text
    assert "<!doctype" not in fragment.lower()
    assert client.get("/find-a-placement/left-out").status_code == 404
    changed = client.post(f"/searches/{search.id}/needs?{asked}", data={"version": search.version})
    assert changed.status_code == 303
    assert only(Search).child_needs.musts == {"smoke_free"}


def test_the_start_page_leads_a_placements_lead_to_what_waits(client: Any, member: Member) -> None:
    matching.enquiry(organisation=member.organisation)
    client.sign_in(member.lead)
    start = client.get("/start").text
    assert "Answer enquiries" in start
    assert "The first by" in start


def test_spot_providers_page_and_closing(client: Any, member: Member, officer: Any) -> None:
    spot = providers.organisation(standing="spot_provider")
    search = matching.search(by=officer)
    matching.enquiry(search=search, organisation=member.organisation)
    client.sign_in(officer)
    here = f"/searches/{search.id}"
    page = client.get(f"{here}/ask-spot-providers").text
    assert spot.name in page
    data = {
        "once": once_of(page),
        "version": version_of(page),
        "providers": [str(spot.id)],
        "answer_by": kent_time(5),
    }
    assert "Say why spot providers are asked" in client.post(f"{here}/ask-spot-providers", data=data).text
    posted = client.post(
        f"{here}/ask-spot-providers", data={**data, "spot_reason": "Nobody else can tonight."}
    )
    assert posted.status_code == 303
    closing = client.get(f"{here}/close").text
    done = client.post(
        f"{here}/close",
        data={"version": version_of(closing), "outcome": "not_found", "words": "No solo placement in Swale."},
    )
    assert done.status_code == 303
    shown = client.get(here).text
    assert "No suitable placement was found" in shown
    assert "Closed unanswered" in shown
    acting_as(officer)
    assert {one.state for one in session.scalars(sa.select(Enquiry))} == {EnquiryState.LAPSED}
