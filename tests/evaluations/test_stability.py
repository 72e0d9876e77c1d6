"""Whether an outcome would hold: the rules of the trials by hand and by properties, and the page."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.accounts.states import Role
from portal.core import clock
from portal.core.db import session
from portal.evaluations import policy, queries, services, stability
from portal.evaluations.stability import Bid, Criterion, Terms
from portal.evaluations.states import PriceOutcome
from tests.factories import accounts
from tests.factories import evaluations as made
from tests.factories.evaluations import Case, case
from tests.support.acting import acting_as, travel

ONE, TWO, THREE = (uuid.UUID(int=number) for number in (1, 2, 3))
ASH, BIRCH, CEDAR = (uuid.UUID(int=number) for number in (11, 12, 13))
KIT, MO, LEE = (uuid.UUID(int=number) for number in (21, 22, 23))


def terms(*weights: int, minimum: int = 30, best: int | None = None) -> Terms:
    """Questions of these weights, price 40."""
    criteria = [
        Criterion(key, Fraction(weight), None)
        for key, weight in zip((ONE, TWO, THREE), weights, strict=False)
    ]
    return Terms(criteria, Fraction(40), Fraction(minimum), best)


def bid(key: uuid.UUID, *scores: int, total: int = 1000) -> Bid:
    return Bid(key, dict(zip((ONE, TWO, THREE), scores, strict=False)), Decimal(total))


def weights_of(changed: Terms | None) -> list[Fraction]:
    assert changed is not None
    return [criterion.weight for criterion in changed.criteria]


def test_a_moved_weight_is_shared_by_the_others() -> None:
    before = terms(20, 30, 10)
    assert weights_of(stability.move_question(before, ONE, 5)) == [25, Fraction(105, 4), Fraction(35, 4)]
    assert weights_of(stability.move_question(before, THREE, -5)) == [22, 33, 5]
    assert weights_of(stability.move_question(terms(57, 3), TWO, -5)) == [60, 0]  # never below nothing
    assert stability.move_question(terms(60), ONE, 5) is None  # nobody to give way
    assert stability.move_question(terms(57, 3), ONE, 5) is None  # more than there is


def test_a_moved_balance_keeps_the_minimum_in_proportion() -> None:
    after = stability.move_balance(terms(40, 20), 5)
    assert after is not None
    assert weights_of(after) == [Fraction(130, 3), Fraction(65, 3)]
    assert (after.price_weight, after.quality_minimum) == (35, Fraction(65, 2))
    assert stability.move_balance(Terms([], Fraction(100), Fraction(0), None), 5) is None


def test_a_weight_that_turns_an_outcome_round() -> None:
    # 5.1 weighs 30 and 5.2 30. Ash: 3 and 2, 18 + 12 = 30, just enough. With 5.1 at 25 and 5.2 at 35 it has 15 + 14.
    before, bids = terms(30, 30), [bid(ASH, 3, 2), bid(BIRCH, 5, 5)]
    base = stability.outcomes(before, bids)
    assert base[ASH].quality == Decimal("30.00")
    assert base[ASH].is_admitted
    fewer = stability.move_question(before, ONE, -5)
    assert fewer is not None
    trial = stability.compare(base, stability.outcomes(fewer, bids))
    assert [
        (change.application_id, change.now.quality, change.now.is_admitted) for change in trial.changes
    ] == [(ASH, Decimal("29.00"), False)]
    assert trial.reranked == 0


def test_the_balance_turns_the_best_one_round() -> None:
    # Ash: quality 60, price 40 × 800/1000 = 32, total 92. Birch: quality 48, price 40, total 88. Price 60: 88 and 92.
    before, bids = terms(60, best=1), [bid(ASH, 5, total=1000), bid(BIRCH, 4, total=800)]
    base = stability.outcomes(before, bids)
    assert (base[ASH].total, base[BIRCH].total) == (Decimal("92.00"), Decimal("88.00"))
    cheaper = stability.move_balance(before, -20)
    assert cheaper is not None
    after = stability.outcomes(cheaper, bids)
    assert (after[ASH].total, after[BIRCH].total) == (Decimal("88.00"), Decimal("92.00"))
    trial = stability.compare(base, after)
    assert {change.application_id: change.now.is_admitted for change in trial.changes} == {
        ASH: False,
        BIRCH: True,
    }


def test_leaving_an_evaluator_out_moves_the_agreed_score_with_the_mean() -> None:
    bids = [bid(ASH, 3, 2, 5)]
    given = {ASH: {ONE: {KIT: 2, MO: 4, LEE: 4}, TWO: {KIT: 4, MO: 4, LEE: 4}, THREE: {KIT: 5}}}
    # 5.1: mean 10/3, 3; without Kit 4: one up. 5.2: no different, whatever the meeting agreed. 5.3: Kit alone.
    assert stability.leave_out(bids, given, KIT)[0].scores == {ONE: 4, TWO: 2, THREE: 5}
    assert stability.leave_out(bids, given, MO)[0].scores == {ONE: 3, TWO: 2, THREE: 5}  # mean 3
    assert stability.leave_out(bids, {}, KIT)[0].scores == bids[0].scores


def test_whoever_missed_the_minimum_is_priced_once_it_is_met() -> None:
    # Cedar is the cheapest and misses the minimum; where it meets it, the lowest total is its own.
    bids = [bid(ASH, 5, total=1000), bid(CEDAR, 2, total=500)]
    base = stability.outcomes(terms(60), bids)
    assert (base[ASH].total, base[CEDAR].total) == (Decimal("100.00"), None)
    eased = stability.outcomes(terms(60, minimum=20), bids)
    assert (eased[ASH].total, eased[CEDAR].total) == (Decimal("80.00"), Decimal("64.00"))
    gone = Terms(terms(60).criteria, Fraction(40), Fraction(30), None, lowest_gone=Decimal(500))
    assert stability.outcomes(gone, bids)[ASH].total == Decimal("80.00")


rounds = st.builds(
    lambda weights, scores, totals, best: (
        Terms(
            [
                Criterion(uuid.UUID(int=place + 1), Fraction(weight), minimum)
                for place, (weight, minimum) in enumerate(weights)
            ],
            Fraction(40),
            Fraction(sum(weight for weight, _ in weights), 2),
            best,
        ),
        [
            Bid(
                uuid.UUID(int=100 + place),
                {uuid.UUID(int=column + 1): score for column, score in enumerate(row[: len(weights)])},
                Decimal(total),
            )
            for place, (row, total) in enumerate(zip(scores, totals, strict=False))
        ],
    ),
    st.lists(st.tuples(st.integers(1, 20), st.none() | st.integers(0, 5)), min_size=2, max_size=4),
    st.lists(st.lists(st.integers(0, 5), min_size=4, max_size=4), min_size=1, max_size=5),
    st.lists(st.integers(1, 10**6), min_size=5, max_size=5),
    st.none() | st.integers(1, 3),
)


@given(rounds)
def test_a_move_of_nothing_changes_nothing(made_up: tuple[Terms, list[Bid]]) -> None:
    before, bids = made_up
    base = stability.outcomes(before, bids)
    for same in (stability.move_question(before, ONE, 0), stability.move_balance(before, 0)):
        assert same is not None
        assert stability.outcomes(same, bids) == base
        assert stability.compare(base, stability.outcomes(same, bids)) == stability.Trial([], 0)
    assert stability.leave_out(bids, {}, KIT) == bids


@given(rounds, st.sampled_from([5, -5]))
def test_quality_always_adds_up_to_its_total(made_up: tuple[Terms, list[Bid]], points: int) -> None:
    before, _ = made_up
    moved = stability.move_question(before, TWO, points)
    if moved is not None:
        assert moved.quality_weight == before.quality_weight
        assert all(weight >= 0 for weight in weights_of(moved))
    balance = stability.move_balance(before, points)
    if balance is not None:
        assert balance.quality_weight + balance.price_weight == before.quality_weight + before.price_weight


@given(rounds, st.integers(0, 5), st.integers(2, 4))
def test_leaving_out_one_who_scored_as_all_did_changes_nothing(
    made_up: tuple[Terms, list[Bid]], score: int, count: int
) -> None:
    _, bids = made_up
    alike = {uuid.UUID(int=50 + number): score for number in range(count)}
    given_ = {one.application_id: dict.fromkeys(one.scores, alike) for one in bids}
    assert stability.leave_out(bids, given_, next(iter(alike))) == bids


def locked(**columns: Any) -> Case:
    """Three applications: a good and dear one, one that just meets the minimum, one that misses it; locked."""
    here = case("consensus", count=0, **columns)
    for fee, value in ((Decimal("800.00"), 5), (Decimal("700.00"), 3), (Decimal("500.00"), 1)):
        application = made.add_application(here, "compliant", fee=fee)
        for evaluator, given_ in zip(here.evaluators, (value, max(value - 2, 0)), strict=True):
            made.sheet(application, evaluator, by=here.commissioner, value=given_)
        made.agree(application, by=here.commissioner, value=value)
    acting_as(here.commissioner)
    services.lock_quality(here.round, by=here.commissioner)
    session.commit()
    return here


def reject_the_price_of(here: Case, place: int) -> None:
    """Queried as abnormally low, and rejected once the time to answer is over."""
    acting_as(here.commissioner)
    asked = services.query_price(
        here.applications[place],
        concern="Far below the others.",
        question="How do you cover your costs?",
        due_at=clock.now() + timedelta(days=1),
        by=here.commissioner,
    )
    session.commit()
    assert not policy.can_see_stability(here.commissioner, here.round)  # not settled, so nothing to try out
    travel(timedelta(days=2))
    acting_as(here.commissioner)
    services.conclude_price_query(
        asked, outcome=PriceOutcome.REJECTED, reason="Nothing was explained.", by=here.commissioner
    )
    session.commit()


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"admission_rule": "best_n", "admit_at_most": 1, "rounding": "whole", "tie_rule": "price"},
        {"rounding": "one", "not_offered_rule": "highest_plus_tenth"},
    ],
)
def test_the_trials_start_from_the_result_itself(columns: dict[str, Any]) -> None:
    here = locked(**columns)
    for step in ("locked", "a price rejected"):
        if step != "locked":
            reject_the_price_of(here, 1)
        acting_as(here.commissioner)
        base = queries.base_outcomes(here.round)
        assert {
            row.application.id: (row.quality, row.total, row.rank, row.is_admitted_by_rule)
            for row in queries.results(here.round)
        } == {
            key: (outcome.quality, outcome.total, outcome.rank, outcome.is_admitted)
            for key, outcome in base.items()
        }
        assert len(base) == 3
    assert base[here.applications[1].id].total is None


def test_the_page_says_what_would_change_and_changes_nothing(client: Any) -> None:
    here = locked()
    page = f"/evaluations/rounds/{here.round.id}/stability"
    acting_as(here.commissioner)
    before = queries.base_outcomes(here.round)
    # The rounded mean of 3 and 1 is 2; without the stricter it is 3: one mark up. Without the other, one down: 2 of 5
    # on every question is 24 of 60, below the minimum.
    found = queries.try_stability(here.round)
    names = {one.name: [change.application_id for change in one.trial.changes] for one in found.evaluators}
    assert names == {"Kit Kentish": [here.applications[1].id], "Mo Medway": []}
    client.sign_in(here.commissioner)
    shown = client.get(page).get_data(as_text=True)
    assert "Disclosable" in shown
    assert stability.WEIGHT_RULE in shown.replace("&#39;", "'")
    assert stability.EVALUATOR_RULE in shown
    assert "Would be declined" in shown
    assert here.applications[1].organisation.legal_name in shown
    client.sign_in(accounts.person(Role.AUDITOR))
    assert client.get(page).status_code == 200
    for person in (*here.evaluators, here.approver, accounts.person(Role.COMMISSIONER)):
        client.sign_in(person)
        assert client.get(page).status_code == 403
    acting_as(here.commissioner)
    assert queries.base_outcomes(here.round) == before
