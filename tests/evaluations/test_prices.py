"""Prices once quality is locked: what stands out, queries on low prices, and what a rejection does."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.applications import services as applications
from portal.core import clock
from portal.core.db import session
from portal.core.errors import Invalid, NotAllowed, Refused
from portal.decisions import services as decisions
from portal.evaluations import services
from portal.evaluations.models import PriceQuery
from portal.evaluations.outliers import Side
from portal.evaluations.queries import price_picture, results
from portal.evaluations.states import PriceOutcome
from portal.frameworks import queries as frameworks
from tests.factories import accounts, pricing, providers
from tests.factories import decisions as decision_rows
from tests.factories import evaluations as made
from tests.factories.evaluations import Case, case
from tests.support.acting import acting_as, travel

TOMORROW = timedelta(days=1)


def locked(*fees: int, **columns: Any) -> Case:
    """A round with quality locked and one application at each weekly fee."""
    here = case("consensus", count=0, **columns)
    for fee in fees:
        application = made.add_application(here, "compliant", fee=Decimal(fee))
        made.agree(application, by=here.commissioner)
    acting_as(here.commissioner)
    services.lock_quality(here.round, by=here.commissioner)
    session.commit()
    return here


def query(here: Case, place: int = 0) -> PriceQuery:
    acting_as(here.commissioner)
    asked = services.query_price(
        here.applications[place],
        concern="40% below the median of all.",
        question="How do you cover the cost of carers at this price?",
        due_at=clock.now() + TOMORROW,
        by=here.commissioner,
    )
    session.commit()
    return asked


def conclude(here: Case, asked: PriceQuery, outcome: PriceOutcome) -> None:
    travel(2 * TOMORROW)
    acting_as(here.commissioner)
    services.conclude_price_query(asked, outcome=outcome, reason="It does not add up.", by=here.commissioner)
    session.commit()


def test_what_stands_out_is_marked_and_changes_no_score() -> None:
    here = locked(400, 750, 760, 770, 1600)
    acting_as(here.commissioner)
    picture = price_picture(here.round)
    low, _, _, _, high = (picture.of(one) for one in here.applications)
    assert low is not None
    assert high is not None
    assert low.is_low
    assert {line.among_bids for line in low.counted} == {Side.LOW}
    assert [line.is_over_ceiling for line in high.counted] == [
        line.cost.cell.ceiling is not None for line in high.counted
    ]
    assert low.result.rank == 1, "a mark changes no rank"
    assert all(line.among_members is None for line in low.counted), "no agreed price to compare with"


def test_fees_are_compared_with_what_members_are_paid() -> None:
    here = case("consensus", count=0)
    cell = sorted(frameworks.list_volumes(here.round))[0]
    for fee in (800, 810, 820):
        pricing.price_version(here.round.framework, providers.organisation(), {cell: Decimal(fee)})
    application = made.add_application(here, "compliant", fee=Decimal(500))
    made.agree(application, by=here.commissioner)
    acting_as(here.commissioner)
    services.lock_quality(here.round, by=here.commissioner)
    (one,) = price_picture(here.round).applications
    marked = {line.cell.id: line.among_members for line in one.counted if line.among_members}
    assert marked == {cell: Side.LOW}


def test_a_low_price_is_queried_answered_and_accepted(client: Any) -> None:
    here = locked(400, 750)
    application = here.application
    client.sign_in(here.commissioner)
    page = f"/evaluations/applications/{application.id}/query-price"
    wrong = client.post(page, data={"question": "Why so low?", "due_date": "31/02/2030", "due_time": "17:00"})
    assert wrong.status_code == 422
    assert "Enter a real date" in wrong.text
    assert "Why so low?" in wrong.text
    form = {
        "once": "0198c0de-0000-7000-8000-000000000001",
        "concern": "Far below the median.",
        "question": "Why so low?",
        "due_date": (clock.today() + 7 * TOMORROW).isoformat(),
        "due_time": "17:00",
    }
    assert client.post(page, data=form).status_code == 303
    assert client.post(page, data=form).status_code == 303, "twice does nothing twice"
    acting_as(here.commissioner)
    asked = session.scalars(sa.select(PriceQuery)).one()
    query_id, request = asked.id, asked.request
    with pytest.raises(Refused, match="has until"), session.begin_nested():
        services.conclude_price_query(
            asked, outcome=PriceOutcome.ACCEPTED, reason="Fine.", by=here.commissioner
        )
    request_id = request.id
    writer = accounts.person(Role.BID_WRITER, organisation=application.organisation)
    client.sign_in(writer)
    own = client.get(f"/clarification-requests/{request_id}")
    assert "Why so low?" in own.text
    assert "Far below the median." not in own.text
    acting_as(writer)
    applications.answer_request(request, "Our carers own their homes.", by=writer)
    session.commit()
    client.sign_in(here.commissioner)
    where = f"/evaluations/price-queries/{query_id}"
    assert "Our carers own their homes." in client.get(where).text
    assert client.post(where, data={"version": "1", "outcome": "accepted", "reason": ""}).status_code == 422
    done = client.post(
        where, data={"version": "1", "outcome": "accepted", "reason": "It adds up."}, follow_redirects=True
    )
    assert "It adds up." in done.text
    again = client.post(where, data={"version": "1", "outcome": "rejected", "reason": "No."})
    assert again.status_code in {403, 409}
    assert results(here.round)[0].application.id == application.id


def test_a_rejected_price_takes_no_part_and_the_others_are_scored_without_it() -> None:
    here = locked(400, 600, 800)
    conclude(here, query(here), PriceOutcome.REJECTED)
    rows = {row.application.id: row for row in results(here.round)}
    low, middle, dear = (rows[one.id] for one in here.applications)
    assert (low.price, low.total, low.rank, low.is_admitted_by_rule) == (None, None, None, False)
    assert low.shortfalls == ["Its price was rejected as abnormally low."]
    assert (middle.price, dear.price) == (Decimal("40.00"), Decimal("30.00"))
    assert [middle.rank, dear.rank] == [1, 2]


def test_rule_13_nothing_is_recommended_while_a_query_waits_for_a_person() -> None:
    here = locked(400, 600)
    asked = query(here)
    acting_as(here.commissioner)
    lines = decision_rows.lines_of(here.round)
    with pytest.raises(Refused, match="has no outcome yet"), session.begin_nested():
        decisions.recommend(here.round, reasons="By the rule.", lines=lines, by=here.commissioner)
    conclude(here, asked, PriceOutcome.ACCEPTED)
    acting_as(here.commissioner)
    decisions.recommend(here.round, reasons="By the rule.", lines=lines, by=here.commissioner)


def test_rule_04_no_price_is_queried_before_quality_is_locked() -> None:
    here = case("consensus", agreed=True)
    acting_as(here.commissioner)
    with pytest.raises(NotAllowed):
        services.query_price(
            here.application, concern="c", question="q", due_at=clock.now() + TOMORROW, by=here.commissioner
        )
    session.rollback()
    asked = applications.request_clarification(
        here.application, question="q", due_at=clock.now() + TOMORROW, by=here.commissioner
    )
    row = {
        "application_id": here.application.id,
        "request_id": asked.id,
        "concern": "c",
        "outcome_reason": "",
    }
    with pytest.raises(sa.exc.IntegrityError, match="once quality is locked"), session.begin_nested():
        session.execute(sa.insert(PriceQuery).values(row))


def test_a_query_stays_as_it_was_asked_and_concluded() -> None:
    here = locked(400, 600)
    asked = query(here)
    acting_as(here.commissioner)
    with pytest.raises(Invalid, match="which price"):
        services.query_price(
            here.application, concern=" ", question="q", due_at=clock.now() + TOMORROW, by=here.commissioner
        )
    session.rollback()
    for statement in ("UPDATE price_query SET concern = 'other'", "DELETE FROM price_query"):
        acting_as(here.commissioner)
        with pytest.raises(sa.exc.IntegrityError), session.begin_nested():
            session.execute(sa.text(statement))
    conclude(here, asked, PriceOutcome.REJECTED)
    acting_as(here.commissioner)
    with pytest.raises(sa.exc.IntegrityError), session.begin_nested():
        session.execute(sa.text("UPDATE price_query SET outcome = 'accepted'"))


@pytest.mark.parametrize("who", ["evaluator", "conflicted"])
def test_rule_03_and_04_who_may_not_see_prices(client: Any, who: str) -> None:
    here = locked(400, 600)
    asked = query(here)
    person = here.evaluators[0]
    if who == "conflicted":
        person = accounts.person(Role.COMMISSIONER)
        made.declaration(here.application, person, "A relative works there.")
        made.declaration(here.applications[1], person)
    client.sign_in(person)
    for path in (
        f"/evaluations/rounds/{here.round.id}/prices",
        f"/evaluations/applications/{here.applications[1].id}/result",
        f"/evaluations/applications/{here.application.id}/query-price",
        f"/evaluations/price-queries/{asked.id}",
    ):
        assert client.get(path).status_code in {403, 404}, path


def test_pages_cost_no_more_for_many(client: Any, count_queries: Any) -> None:
    few, many = locked(400, 600), locked(400, 500, 600, 700, 750, 800)
    costs = []
    for here in (few, many):
        client.sign_in(here.commissioner)
        for path in (
            f"/evaluations/rounds/{here.round.id}/prices",
            f"/evaluations/rounds/{here.round.id}/results",
            f"/evaluations/applications/{here.application.id}/result",
        ):
            assert client.get(path).status_code == 200
            with count_queries() as counted:
                client.get(path)
            costs.append(counted.number)
    assert costs[3:] <= costs[:3]
