"""Households by machine: the same rules as the grid, versions, repeated calls, batches, pages and other providers."""

from __future__ import annotations

import sqlalchemy as sa

from portal.accounts.states import Role
from portal.core.audit import AuditEvent
from portal.core.db import session
from portal.keys.states import Scope
from portal.vacancies.models import Vacancy, VacancyChange
from portal.vacancies.states import VacancyState
from tests.factories import accounts, pricing, vacancies
from tests.factories.keys import Machine, household


def machine(*scopes, **more):
    vacancies.districts()
    pricing.load_lists()
    return Machine(*scopes, **more)


def errors_of(answer):
    assert answer.mimetype == "application/problem+json"
    return {each["field"]: each["message"] for each in answer.json["errors"]}


def test_a_household_is_added_read_changed_and_confirmed_by_its_reference(client):
    system = machine()
    added = system.put(client, "/vacancies/KF-1", household(languages=["polish"], ethnicity="roma"))
    assert (added.status_code, added.headers["Location"]) == (201, "/api/v1/vacancies/KF-1")
    assert added.json["household"]["languages"] == ["polish"]
    assert added.json["state"] == "available"

    read = system.get(client, "/vacancies/KF-1")
    assert read.json == added.json
    assert read.headers["ETag"] == added.headers["ETag"]
    seen = {"If-None-Match": read.headers["ETag"]}
    assert system.get(client, "/vacancies/KF-1", headers=seen).status_code == 304

    again = system.put(client, "/vacancies/KF-1", read.json["household"] | {"free_places": 0})
    assert (again.status_code, again.json["state"]) == (200, "filled")
    event = session.scalars(sa.select(AuditEvent).where(AuditEvent.verb == "vacancy.filled")).one()
    assert event.actor_id == system.lead.id
    assert event.details["key"] == str(system.key.id)
    changes = session.scalars(sa.select(VacancyChange).order_by(VacancyChange.id)).all()
    assert [(change.verb, change.actor_id) for change in changes] == [
        ("added", system.lead.id),
        ("filled", system.lead.id),
    ]


def test_rule_10_a_name_is_refused_beside_its_field_like_every_other_error_of_the_screens(client):
    system = machine()
    named = system.put(client, "/vacancies/Mary%20Smith", household(age_to=30, outward_postcode="ME10 1AA"))
    assert named.status_code == 422
    wrong = errors_of(named)
    assert "looks like a name" in wrong["carer_reference"]
    assert "never hold a carer’s full postcode" in wrong["outward_postcode"]
    assert wrong["age_to"] == "The oldest age must be from the youngest age to 21"
    assert session.scalars(sa.select(Vacancy)).all() == []


def test_a_body_that_is_not_the_schemas_is_named_field_by_field(client):
    system = machine()
    said = household(approved_places="2", carer_name="x")
    del said["gender"]
    wrong = errors_of(system.put(client, "/vacancies/KF-1", said))
    assert set(wrong) == {"approved_places", "carer_name", "gender"}
    for sent, mimetype, status in ((b"{", "application/json", 400), (b"{}", "text/plain", 415)):
        answer = system.call(client, "PUT", "/vacancies/KF-1", data=sent, content_type=mimetype)
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    nul = system.put(client, "/vacancies/KF%00", household())
    assert nul.status_code in {404, 422}
    large = system.call(
        client, "PUT", "/vacancies/KF-1", data=b"x" * (2 * 1024 * 1024 + 1), content_type="application/json"
    )
    assert (large.status_code, large.json["type"]) == (413, "/api#problem-too-large")


def test_what_was_changed_since_is_not_overwritten(client):
    system = machine()
    first = system.put(client, "/vacancies/KF-1", household()).headers["ETag"]
    new = {"If-None-Match": "*"}
    assert system.put(client, "/vacancies/KF-1", household(), headers=new).status_code == 412
    assert system.put(client, "/vacancies/KF-2", household(), headers=new).status_code == 201
    second = system.put(client, "/vacancies/KF-1", household(age_to=9), headers={"If-Match": first})
    assert second.status_code == 200
    stale = system.put(client, "/vacancies/KF-1", household(age_to=8), headers={"If-Match": first})
    assert (stale.status_code, stale.json["type"]) == (412, "/api#problem-changed-since")
    held = system.post(client, "/vacancies/KF-1/withdraw", headers={"If-Match": first})
    assert held.status_code == 412
    missing = system.put(client, "/vacancies/KF-9", household(), headers={"If-Match": '"1-1"'})
    assert missing.status_code == 412
    assert system.get(client, "/vacancies/KF-1").json["household"]["age_to"] == 9


def test_a_household_is_held_released_filled_reopened_and_withdrawn(client):
    system = machine()
    vacancies.vacancy(organisation=system.organisation, carer_reference="KF 1/a", approved_places=2)
    path = "/vacancies/KF%201/a"
    assert system.post(client, f"{path}/confirm").status_code == 200
    held = system.post(client, f"{path}/hold", {"until": "2099-01-01"})
    assert (held.json["state"], held.json["held_until"]) == ("held", "2099-01-01")
    late = system.post(client, f"{path}/hold", {"until": "2099-01-01"})
    assert (late.status_code, late.json["type"]) == (409, "/api#problem-refused")
    assert system.put(client, f"{path}/release", household()).status_code == 405
    assert system.post(client, f"{path}/release").json["state"] == "available"
    assert system.post(client, f"{path}/fill").json["household"]["free_places"] == 0
    places = {"free_places": 7, "available_from": "2026-12-01"}
    assert set(errors_of(system.post(client, f"{path}/reopen", places))) == {"free_places"}
    assert system.post(client, f"{path}/reopen", places | {"free_places": 1}).json["state"] == "available"
    assert system.post(client, f"{path}/withdraw").json["state"] == "withdrawn"
    assert system.get(client, path).status_code == 404


def test_all_open_households_are_confirmed_at_once(client):
    system = machine()
    for days in (8, 20):
        vacancies.vacancy(organisation=system.organisation, confirmed_days_ago=days)
    assert system.get(client, "/vacancies?freshness=ageing&limit=5").json["items"][0]["version"] == 1
    assert len(system.get(client, "/vacancies?freshness=stale").json["items"]) == 1
    assert system.post(client, "/vacancies/confirm").json == {"confirmed": 2}
    assert len(system.get(client, "/vacancies?freshness=fresh").json["items"]) == 2


def test_pages_follow_by_a_cursor_that_fits_its_own_list_only(client):
    system = machine()
    for number in range(5):
        vacancies.vacancy(organisation=system.organisation, carer_reference=f"KF-{number}")
    seen, cursor = [], None
    for _ in range(3):
        page = system.get(client, f"/vacancies?limit=2{f'&cursor={cursor}' if cursor else ''}").json
        seen += [each["carer_reference"] for each in page["items"]]
        cursor = page["next_cursor"] or cursor
    assert seen == [f"KF-{number}" for number in range(5)]
    assert page["next_cursor"] is None
    assert system.get(client, f"/vacancies?limit=2&state=held&cursor={cursor}").status_code == 400
    assert system.get(client, f"/vacancies?cursor={cursor}x").status_code == 400
    assert machine().get(client, f"/vacancies?cursor={cursor}").status_code == 400
    assert system.get(client, "/vacancies?limit=0").status_code == 422
    assert system.get(client, "/vacancies?limit=2&limit=3").status_code == 422


def test_a_list_costs_the_same_for_few_as_for_many(client, count_queries):
    system = machine()
    costs = []
    for _ in range(2):
        for _ in range(3):
            vacancies.vacancy(organisation=system.organisation)
        with count_queries() as counted:
            assert system.get(client, "/vacancies").status_code == 200
        costs.append(counted.number)
    assert costs[0] == costs[1] <= 8


def test_each_row_of_a_batch_has_its_own_result(client):
    system = machine()
    system.put(client, "/vacancies/KF-1", household())
    rows = [
        {"carer_reference": "KF-1", **household(age_to=9)},
        {"carer_reference": "KF-2", **household()},
        {"carer_reference": "KF-3", **household(free_places=9)},
        {"carer_reference": "KF-4", "age_from": "five"},
        {"carer_reference": "KF-1", **household()},
        {"carer_reference": "KF-2", "version": 7, **household()},
        "KF-5",
    ]
    result = system.post(client, "/vacancies/batch", {"households": rows})
    assert result.status_code == 200
    assert [row["outcome"] for row in result.json["rows"]] == ["changed", "added", *["refused"] * 5]
    assert [row["version"] for row in result.json["rows"]] == [2, 1, *[None] * 5]
    third, fourth = result.json["rows"][2:4]
    assert [each["field"] for each in third["errors"]] == ["free_places"]
    assert "approved_places" in [each["field"] for each in fourth["errors"]]
    assert (result.json["added"], result.json["changed"], result.json["refused"]) == (1, 1, 5)

    whole = {"all_or_nothing": True, "households": [{"carer_reference": "KF-8", **household()}, rows[2]]}
    for wrong, field in ((rows[2], "free_places"), (rows[3], "age_from")):
        whole["households"][1] = wrong
        nothing = system.post(client, "/vacancies/batch", whole)
        assert nothing.status_code == 422
        assert f"households.1.{field}" in errors_of(nothing)
        assert system.get(client, "/vacancies/KF-8").status_code == 404


def test_the_same_batch_sent_twice_is_done_once(client):
    system = machine()
    once = {"Idempotency-Key": "monday-1"}
    batch = {"households": [{"carer_reference": "KF-1", **household()}]}
    first = system.post(client, "/vacancies/batch", batch, headers=once)
    again = system.post(client, "/vacancies/batch", batch, headers=once)
    assert first.json["added"] == 1
    assert (again.json, again.headers["Idempotency-Replayed"]) == (first.json, "true")
    assert "Idempotency-Replayed" not in first.headers
    other = system.post(client, "/vacancies/batch", {"households": []}, headers=once)
    assert (other.status_code, other.json["type"]) == (422, "/api#problem-key-reused")
    assert machine().post(client, "/vacancies/batch", batch, headers=once).json["added"] == 1
    failed = {"Idempotency-Key": "monday-2"}
    assert system.put(client, "/vacancies/KF-2", household(age_to=30), headers=failed).status_code == 422
    assert system.put(client, "/vacancies/KF-2", household(), headers=failed).status_code == 201


def test_rule_09_another_providers_reference_is_not_found_and_not_told(client):
    theirs, ours = machine(), machine()
    theirs.put(client, "/vacancies/KF-1", household())
    for method, path in (("GET", ""), ("POST", "/confirm"), ("POST", "/fill"), ("POST", "/withdraw")):
        answer = ours.call(client, method, f"/vacancies/KF-1{path}")
        unknown = ours.call(client, method, f"/vacancies/KF-2{path}")
        assert answer.status_code == 404
        assert answer.json == unknown.json
    assert ours.get(client, "/vacancies").json == {"items": [], "next_cursor": None}
    # The same reference is free for us, and the two households are two.
    assert ours.put(client, "/vacancies/KF-1", household(age_to=6)).status_code == 201
    assert theirs.get(client, "/vacancies/KF-1").json["household"]["age_to"] == 12
    states = session.scalars(sa.select(Vacancy.state)).all()
    assert states == [VacancyState.AVAILABLE] * 2


def test_rule_09_a_key_of_one_agency_reaches_nothing_of_another_that_its_person_acts_for_too(client):
    theirs, ours = machine(), machine()
    theirs.put(client, "/vacancies/KF-1", household())
    accounts.grant(ours.lead, Role.PLACEMENTS_LEAD, theirs.organisation)
    assert ours.get(client, "/vacancies/KF-1").status_code == 404
    assert ours.get(client, "/vacancies").json["items"] == []


def test_a_key_does_what_its_scopes_say_and_its_person_may(client):
    reader = machine(Scope.VACANCIES_READ)
    assert reader.get(client, "/vacancies").status_code == 200
    refused = reader.put(client, "/vacancies/KF-1", household())
    assert (refused.status_code, refused.json["type"]) == (403, "/api#problem-not-allowed")
    assert 'scope="vacancies:write"' in refused.headers["WWW-Authenticate"]
    assert reader.get(client, "/prices").status_code == 403
