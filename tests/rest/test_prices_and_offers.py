"""Agreed prices on a day, and enquiries answered by machine."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from portal.core import clock
from tests.factories import frameworks, matching, pricing, vacancies
from tests.factories.keys import Machine
from tests.support.acting import travel


def test_prices_are_those_in_force_on_the_day_exact_and_ones_own(client):
    framework = frameworks.framework()
    system, other = Machine(), Machine()
    cell, unoffered = pricing.cell(), pricing.cell(age_band="0_4")
    pricing.price_version(framework, system.organisation, {cell.id: Decimal("814.25"), unoffered.id: None})
    pricing.price_version(framework, other.organisation, {cell.id: Decimal("700.00")})
    [schedule] = system.get(client, "/prices").json["schedules"]
    fees = {each["age_band"]: (each["weekly_fee"], each["nightly_fee"]) for each in schedule["cells"]}
    assert fees == {"5_10": ("814.25", "116.32"), "0_4": (None, None)}
    assert schedule["modifiers"]["sibling_from"] is None
    before = (clock.today() - timedelta(days=31)).isoformat()
    assert system.get(client, f"/prices?on={before}").json["schedules"][0]["cells"] == []


def test_an_enquiry_is_listed_answered_and_changed_by_its_own_provider_alone(client):
    framework = frameworks.framework()
    member = matching.Member(framework)
    system = Machine(organisation=member.organisation, person=member.lead)
    member.household(carer_reference="KF-1")
    asked = matching.enquiry(organisation=member.organisation)
    asked_id, theirs_id = asked.id, matching.enquiry().id
    listed = system.get(client, "/enquiries?state=sent&limit=1").json
    assert [each["id"] for each in listed["items"]] == [str(asked_id)]
    assert listed["next_cursor"] is None
    one = f"/enquiries/{asked_id}"
    shown = system.get(client, one)
    assert shown.json["children"] == [{"age": 8, "gender": "female"}]
    assert "search" not in shown.get_data(as_text=True).replace("searched", "")
    assert system.get(client, f"/enquiries/{theirs_id}").status_code == 404

    today = clock.today().isoformat()
    offer = {"carer_reference": "KF-1", "available_from": today}
    unknown = system.post(client, f"{one}/offer", offer | {"carer_reference": "KF-9"})
    assert unknown.json["errors"] == [
        {"field": "carer_reference", "message": "Choose one of your own households"}
    ]
    made = system.post(client, f"{one}/offer", offer, headers={"If-Match": shown.headers["ETag"]})
    assert (made.status_code, made.json["state"]) == (200, "offered")
    assert made.json["offer"] == {"carer_reference": "KF-1", "available_from": today, "conditions": ""}
    stale = system.post(
        client, f"{one}/cannot", {"reason": "needs"}, headers={"If-Match": shown.headers["ETag"]}
    )
    assert stale.status_code == 412
    named = system.post(
        client, f"{one}/cannot", {"reason": "other", "words": "Ask Mrs Smith at 4 High Street"}
    )
    assert named.json["errors"][0]["field"] == "words"
    changed = system.post(client, f"{one}/cannot", {"reason": "needs"})
    assert (changed.json["state"], changed.json["offer"]) == ("cannot", None)


def test_an_enquiry_lapses_by_the_clock_and_a_suspended_provider_offers_nothing(client):
    member = matching.Member(frameworks.framework(), state="suspended")
    system = Machine(organisation=member.organisation, person=member.lead)
    member.household(carer_reference="KF-1")
    asked = matching.enquiry(organisation=member.organisation)
    offer = {"carer_reference": "KF-1", "available_from": clock.today().isoformat()}
    refused = system.post(client, f"/enquiries/{asked.id}/offer", offer)
    assert (refused.status_code, refused.json["type"]) == (409, "/api#problem-refused")
    assert "agreement is not in force" in refused.json["detail"]
    travel(timedelta(days=2))
    assert system.get(client, "/enquiries?state=lapsed").json["items"][0]["state"] == "lapsed"
    assert system.get(client, "/enquiries?state=sent").json["items"] == []
    late = system.post(client, f"/enquiries/{asked.id}/cannot", {"reason": "no_place"})
    assert late.status_code == 409


def test_enquiries_follow_by_cursor_newest_first(client):
    member = matching.Member(frameworks.framework())
    system = Machine(organisation=member.organisation, person=member.lead)
    vacancies.districts()
    made = [str(matching.enquiry(organisation=member.organisation).id) for _ in range(3)]
    seen, cursor = [], ""
    for _ in range(2):
        page = system.get(client, f"/enquiries?limit=2{cursor}").json
        seen += [each["id"] for each in page["items"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted(seen) == sorted(made)
    assert page["next_cursor"] is None
