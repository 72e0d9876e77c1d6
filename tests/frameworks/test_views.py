"""The councils' pages about rounds, and UK time in their forms."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.core import clock
from portal.core.db import session
from portal.frameworks import queries, services
from portal.frameworks.forms import uk_moment
from portal.frameworks.models import Round
from portal.frameworks.states import RoundState
from tests.factories.accounts import person
from tests.factories.frameworks import closed_round, extension, framework, round_
from tests.factories.providers import organisation
from tests.support.client import PortalClient

S = RoundState


def typed(**changes: str) -> dict[str, str]:
    year = clock.today().year + 1
    given = {
        "once": str(uuid.uuid4()),
        "title": "Re-opening for new providers",
        "summary": "For new providers.",
        "clarification_date": f"{year}-01-20",
        "clarification_time": "17:00",
        "submission_date": f"{year}-07-01",
        "submission_time": "12:00",
        "agreements_start_on": f"{year}-12-01",
        "authority_decision": "23-00112",
        "authority_clause": "Clause 4.2",
        "criteria_match_original": "y",
        "quality_weight": "60",
        "quality_minimum": "30",
        "admission_rule": "all_who_meet",
        "not_offered_rule": "highest",
        "rounding": "one",
        "tie_rule": "price",
        "standstill_days": "10",
        "start": "default",
    }
    return {**given, **changes}


@pytest.mark.parametrize(
    ("day", "at", "utc"),
    [
        (date(2026, 1, 20), time(17), datetime(2026, 1, 20, 17, tzinfo=UTC)),
        (date(2026, 7, 1), time(12), datetime(2026, 7, 1, 11, tzinfo=UTC)),
        (date(2026, 3, 29), time(0, 59), datetime(2026, 3, 29, 0, 59, tzinfo=UTC)),
        (date(2026, 3, 29), time(2), datetime(2026, 3, 29, 1, tzinfo=UTC)),
        (date(2026, 10, 25), time(0, 59), datetime(2026, 10, 24, 23, 59, tzinfo=UTC)),
        (date(2026, 10, 25), time(2), datetime(2026, 10, 25, 2, tzinfo=UTC)),
    ],
)
def test_uk_time_is_kept_in_utc(day: date, at: time, utc: datetime) -> None:
    assert uk_moment(day, at) == utc


def test_the_hour_that_spring_skips_is_refused() -> None:
    with pytest.raises(ValueError, match="The clocks go forward then"):
        uk_moment(date(2026, 3, 29), time(1, 30))


def test_the_hour_that_autumn_has_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="this time comes twice"):
        uk_moment(date(2026, 10, 25), time(1, 30))


def test_a_commissioner_makes_edits_and_publishes_a_round(client: PortalClient) -> None:
    services.load_reference_lists()
    framework()
    client.sign_in(person(Role.COMMISSIONER))
    assert "23-00112" in client.get("/rounds/new").text
    made = client.post("/rounds/new", data=typed())
    path = made.headers["Location"]
    round_ = session.scalars(sa.select(Round)).one()
    year = round_.submission_deadline.year
    assert round_.clarification_deadline == datetime(year, 1, 20, 17, tzinfo=UTC)
    assert round_.submission_deadline == datetime(year, 7, 1, 11, tzinfo=UTC)
    assert "1 July" in client.get(path).text
    assert "Set at least one basket volume" in client.get(f"{path}/publish").text

    form = client.get(f"{path}/edit").text
    assert 'value="12:00"' in form
    version = re.search(r'name="version"[^>]*value="(\d+)"', form)
    assert version is not None
    client.post(f"{path}/edit", data=typed(title="A better title", version=version[1]))
    assert "A better title" in client.get(path).text

    cell = queries.list_cells()[0]
    saved = client.post(
        f"{path}/basket", data={f"weeks-{cell.id}": "1,200", f"ceiling-{cell.id}": "£1,050.50"}
    )
    assert saved.status_code == 303
    assert "1050.50" in client.get(f"{path}/basket").text
    assert "£1,050.50" not in client.get(path).text

    version = re.search(r'name="version"[^>]*value="(\d+)"', client.get(f"{path}/publish").text)
    assert version is not None
    done = client.post(f"{path}/publish", data={"version": version[1]}, follow_redirects=True)
    assert "The round is published." in done.text
    assert "Accepting applications" in done.text
    assert client.get(f"{path}/edit").status_code == 403


def test_a_draft_saved_twice_is_one_draft(client: PortalClient) -> None:
    framework()
    client.sign_in(person(Role.COMMISSIONER))
    data = typed()
    assert client.post("/rounds/new", data=data).status_code == 303
    assert client.post("/rounds/new", data=data).status_code == 303
    assert queries.count_rounds() == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": ""}, "Enter a title."),
        ({"submission_date": "31/02/2031"}, "Enter a real date, like 31/03/2026."),
        ({"submission_date": "2020-01-01"}, "must be before the deadline for applications"),
        ({"submission_time": "noon"}, "Enter a time like 17:00."),
        ({"submission_date": "2030-03-31", "submission_time": "01:30"}, "The clocks go forward then"),
        ({"quality_weight": "100"}, "Enter a number from 1 to 99."),
        ({"quality_weight": "many"}, "Enter a number, like 60 or 62.5."),
        ({"quality_minimum": "61"}, "The minimum cannot be more than the quality weight."),
        ({"admission_rule": "best_n"}, "Say how many to admit"),
        ({"agreements_start_on": ""}, "Enter the date agreements start."),
    ],
)
def test_a_wrong_form_keeps_what_was_typed(client: PortalClient, changes: dict[str, str], said: str) -> None:
    framework()
    client.sign_in(person(Role.COMMISSIONER))
    answer = client.post("/rounds/new", data=typed(summary="Kept as typed", **changes))
    assert answer.status_code == 422
    assert said in answer.text
    assert "Kept as typed" in answer.text
    assert queries.count_rounds() == 0


def test_a_wrong_basket_saves_nothing(client: PortalClient) -> None:
    made = round_(S.DRAFT)
    before = queries.count_basket_weeks(made)
    cell = queries.list_cells()[0]
    client.sign_in(person(Role.COMMISSIONER))
    answer = client.post(
        f"/rounds/{made.id}/basket", data={f"weeks-{cell.id}": "-3", f"ceiling-{cell.id}": "a lot"}
    )
    assert answer.status_code == 422
    assert "weeks must be a whole number" in answer.text
    assert 'value="a lot"' in answer.text
    assert queries.count_basket_weeks(made) == before


def test_extending_and_cancelling_are_published(client: PortalClient) -> None:
    made = round_(S.PUBLISHED)
    client.sign_in(person(Role.COMMISSIONER))
    later = (made.submission_deadline + timedelta(days=9)).astimezone(clock.LONDON)
    data = {
        "submission_date": later.date().isoformat(),
        "submission_time": "12:00",
        "reason": "A bank holiday.",
    }
    answer = client.post(f"/rounds/{made.id}/extend", data=data, follow_redirects=True)
    assert "The deadline is extended for everyone." in answer.text
    assert "A bank holiday." in client.get(f"/framework/rounds/{made.id}").text
    earlier = {**data, "submission_date": clock.today().isoformat()}
    assert client.post(f"/rounds/{made.id}/extend", data=earlier).status_code == 422
    assert client.post(f"/rounds/{made.id}/cancel", data={"reason": ""}).status_code == 422
    client.post(f"/rounds/{made.id}/cancel", data={"reason": "Wrong volumes."})
    assert "Wrong volumes." in client.get(f"/framework/rounds/{made.id}").text
    again = client.post(f"/rounds/{made.id}/cancel", data={"reason": "Twice."})
    assert again.status_code == 409


def test_the_true_state_is_shown(client: PortalClient) -> None:
    made = closed_round()
    client.sign_in(person(Role.AUDITOR))
    assert "Closed to applications" in client.get("/rounds").text
    page = client.get(f"/rounds/{made.id}").text
    assert "Closed to applications" in page
    assert "Extend the deadline" not in page
    assert "Sealed: only the count is known" in page


def test_the_questions_are_shown_as_asked(client: PortalClient) -> None:
    made = round_(S.DRAFT)
    client.sign_in(person(Role.EVALUATOR))
    page = client.get(f"/rounds/{made.id}/questions").text
    assert "5.2 How do you keep children safe?" in page
    assert "at least 3 out of 5 needed" in page


@pytest.mark.parametrize(
    "role", [role for role in Role if not role.is_provider_role and role != Role.COMMISSIONER]
)
def test_only_commissioners_manage_rounds(client: PortalClient, role: Role) -> None:
    draft, published = round_(S.DRAFT, questions=False), round_(S.PUBLISHED, questions=False)
    client.sign_in(person(role))
    assert client.get("/rounds").status_code == 200
    for path in (
        "/rounds/new",
        f"/rounds/{draft.id}/edit",
        f"/rounds/{draft.id}/basket",
        f"/rounds/{draft.id}/publish",
        f"/rounds/{published.id}/extend",
        f"/rounds/{published.id}/cancel",
    ):
        answer = client.get(path)
        assert answer.status_code == 403, path
        assert "Only a commissioner can manage rounds." in answer.text


def test_providers_know_of_no_draft_and_see_no_council_page(client: PortalClient) -> None:
    draft, published = round_(S.DRAFT, questions=False), round_(S.PUBLISHED, questions=False)
    client.sign_in(person(Role.BID_WRITER, organisation=organisation()))
    assert client.get(f"/rounds/{draft.id}").status_code == 404
    assert client.get(f"/rounds/{uuid.uuid4()}").status_code == 404
    assert client.get(f"/rounds/{published.id}").status_code == 403
    assert client.get("/rounds").status_code == 403


def test_empty_lists_say_what_to_do(client: PortalClient) -> None:
    client.sign_in(person(Role.COMMISSIONER))
    assert "There is no framework yet." in client.get("/rounds").text
    assert client.get("/rounds/new").status_code == 404
    framework()
    assert "There are no rounds yet." in client.get("/rounds").text


def cost(client: PortalClient, count_queries: Any, path: str) -> int:
    """How many statements a page costs, begun afresh as every request of the portal is."""
    session.remove()
    with count_queries() as counted:
        assert client.get(path).status_code == 200
    return int(counted.number)


def test_the_list_costs_the_same_for_one_row_and_many(client: PortalClient, count_queries: Any) -> None:
    client.sign_in(person(Role.COMMISSIONER))
    of = framework()
    round_(S.PUBLISHED, questions=False, framework=of)
    one = cost(client, count_queries, "/rounds")
    for _ in range(26):
        round_(S.DRAFT, questions=False, framework=of)
    assert cost(client, count_queries, "/rounds") == one <= 6
    assert "Showing 26 to 27 of 27" in client.get("/rounds?page=2").text


def test_a_round_s_page_costs_the_same_however_much_it_holds(
    client: PortalClient, count_queries: Any
) -> None:
    officer = person(Role.COMMISSIONER)
    client.sign_in(officer)
    bare, full = round_(S.PUBLISHED, questions=False), round_(S.PUBLISHED)
    extension(full, officer, days=3)
    extension(full, officer, days=3)
    few = cost(client, count_queries, f"/rounds/{bare.id}")
    assert cost(client, count_queries, f"/rounds/{full.id}") == few <= 9


def test_a_round_leads_to_the_stages_that_a_person_may_see(client: PortalClient) -> None:
    made = closed_round(questions=False)
    client.sign_in(person(Role.COMMISSIONER))
    assert f"/rounds/{made.id}/opening" in client.get(f"/rounds/{made.id}").text
    client.sign_in(person(Role.PLACEMENT_OFFICER))
    assert f"/rounds/{made.id}/opening" not in client.get(f"/rounds/{made.id}").text
    draft = round_(S.DRAFT, questions=False)
    client.sign_in(person(Role.COMMISSIONER))
    assert f"/rounds/{draft.id}/opening" not in client.get(f"/rounds/{draft.id}").text
