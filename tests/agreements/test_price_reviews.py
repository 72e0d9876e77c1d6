"""Prices rise only through a review: who does what in which order, from when, and what stays on record."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from portal.accounts.states import Role
from portal.agreements import policy, queries, services
from portal.agreements.models import PriceReview, PriceReviewStep
from portal.agreements.states import FundingSource, PlacedChildren, PriceReviewState, ReviewStepKind
from portal.agreements.workflow import PRICE_REVIEW
from portal.core import audit, clock
from portal.core.db import session
from portal.core.errors import Invalid, NotAllowed, NotFound, Refused, Stale
from portal.core.transitions import apply
from portal.pricing import queries as pricing_queries
from portal.pricing.modifiers import Modifiers
from portal.pricing.queries import Schedule
from portal.pricing.services import lower_prices
from portal.pricing.states import PriceVersionState
from tests.factories import accounts, agreements, pricing, providers
from tests.factories import files as made
from tests.support.acting import acting_as, travel

R, K = PriceReviewState, ReviewStepKind
D = Decimal
WORDS = "Because of the figures above."


@pytest.fixture(autouse=True)
def in_november() -> None:
    """Within the window that the defaults set: October to December."""
    noon = clock.now().replace(year=2026, month=11, day=28, hour=12)
    travel(noon - clock.now())
    pricing.load_lists()


@pytest.fixture
def schedule() -> Schedule:
    return agreements.member()


def lead_of(schedule: Schedule) -> Any:
    return accounts.person(Role.FINANCE_LEAD, organisation=schedule.organisation)


def now_acts(person: Any) -> Any:
    """Whom row-level security sees from here on, within the transaction that is open."""
    session.flush()
    session.execute(sa.text("SELECT set_config('app.person_id', :it, true)"), {"it": str(person.id)})
    return person


def cell() -> int:
    return pricing.cell().id


def ask(schedule: Schedule, fee: str = "850.00", **more: Any) -> PriceReview:
    by = now_acts(more.pop("by", None) or lead_of(schedule))
    fees = more.pop("fees", {cell(): D(fee)})
    return services.request_review(schedule, fees, reason=WORDS, by=by, **more)


def fee_on(schedule: Schedule, day: date) -> Decimal | None:
    found = pricing_queries.list_prices(schedule, day)
    return found[cell()].weekly_fee if cell() in found else None


def step(review: PriceReview, name: str, by: Any, **more: Any) -> Any:
    """One step of the councils, with figures that fit."""
    text = more.pop("text", WORDS)
    now_acts(by)
    if name == "analyse":
        return services.analyse_review(review, text=text, by=by)
    if name == "check_funding":
        figures = {
            "arithmetic_confirmed": True,
            "funding": FundingSource.PAY_AND_PRICE,
            "yearly_cost": D("12500.00"),
            **more,
        }
        return services.check_funding(review, text=text, by=by, **figures)
    if name == "recommend":
        figures = {
            "fees": {cell(): D("830.00")},
            "with_modifiers": False,
            "effective_from": review.takes_effect_on,
            **more,
        }
        return services.recommend_review(review, text=text, by=by, **figures)
    if name == "approve":
        placed = more.get("placed", PlacedChildren.KEEP)
        return services.approve_review(review, placed=placed, text=text, by=by)
    if name == "withdraw":
        return services.withdraw_review(review, reason=text, by=by)
    turn_down = services.reject_review if name == "reject" else services.refer_review_back
    return turn_down(review, text=text, by=by)


def test_from_request_to_a_new_version_and_its_letter(schedule: Schedule, outbox: Any) -> None:
    manager, finance, approver = (
        accounts.person(role) for role in (Role.CONTRACT_MANAGER, Role.FINANCE_OFFICER, Role.APPROVER)
    )
    review = ask(schedule)
    assert (review.state, review.takes_effect_on) == (R.REQUESTED, date(2027, 4, 1))
    assert [(line.old_fee, line.asked_fee) for line in review.lines] == [(D("800.00"), D("850.00"))]
    for name, by in (("analyse", manager), ("check_funding", finance), ("recommend", manager)):
        step(review, name, by)
    with pytest.raises(NotFound):
        services.render_review_letter(review)
    version = step(review, "approve", approver, placed=PlacedChildren.MOVE)
    assert (version.number, version.state, version.review_id) == (2, PriceVersionState.APPROVED, review.id)
    assert fee_on(schedule, date(2027, 3, 31)) == D("800.00")
    assert fee_on(schedule, date(2027, 4, 1)) == D("830.00")
    assert [one.kind for one in review.steps] == [K.ANALYSED, K.FUNDED, K.RECOMMENDED, K.APPROVED]
    decision = queries.find_step(review, K.APPROVED)
    assert decision is not None
    assert decision.data["placed"] == "move"
    letter = services.render_review_letter(review)
    assert letter.startswith(b"%PDF")
    assert letter == services.render_review_letter(review)
    session.commit()
    verbs = session.scalars(
        sa.select(audit.AuditEvent.verb)
        .where(audit.AuditEvent.subject_id == review.id)
        .order_by(audit.AuditEvent.sequence)
    ).all()
    assert verbs == [
        "price_review.requested",
        "price_review.analysed",
        "price_review.funding_checked",
        "price_review.recommended",
        "price_review.approved",
    ]


def test_a_rejection_leaves_prices_and_a_rejected_version_on_record(schedule: Schedule) -> None:
    review = agreements.price_review("recommended", schedule=schedule)
    step(review, "reject", accounts.person(Role.APPROVER))
    version = queries.find_review_version(review)
    assert version is not None
    assert (review.state, version.state, version.number) == (R.REJECTED, PriceVersionState.REJECTED, 2)
    assert fee_on(schedule, date(2030, 1, 1)) == D("800.00")
    assert services.render_review_letter(review).startswith(b"%PDF")


SOURCES = {transition.name: transition.source for transition in PRICE_REVIEW.transitions}
DOERS = {
    "analyse": {Role.CONTRACT_MANAGER, Role.COMMISSIONER},
    "check_funding": {Role.FINANCE_OFFICER},
    "recommend": {Role.CONTRACT_MANAGER},
    "refer_back": {Role.APPROVER},
    "approve": {Role.APPROVER},
    "reject": {Role.APPROVER},
    "withdraw": {Role.FINANCE_LEAD},
}
FACTS = {
    "arithmetic_confirmed": True,
    "funding": FundingSource.PAY_AND_PRICE,
    "fees": True,
    "approvable": True,
}


@pytest.mark.parametrize("state", list(R))
def test_lifecycle_each_transition_by_each_role(schedule: Schedule, state: R) -> None:
    review = agreements.price_review(state, schedule=schedule)
    people = {
        role: accounts.person(role, organisation=schedule.organisation if role.is_provider_role else None)
        for role in Role
    }
    for name, source in SOURCES.items():
        for role, person in people.items():
            with session.begin_nested() as attempt:
                now_acts(person)
                if state not in source:
                    with pytest.raises(Refused):
                        apply(PRICE_REVIEW, name, review, by=person, facts=FACTS)
                elif role not in DOERS[name]:
                    with pytest.raises(NotAllowed):
                        apply(PRICE_REVIEW, name, review, by=person, facts=FACTS)
                else:
                    apply(PRICE_REVIEW, name, review, by=person, facts=FACTS)
                    assert review.state == PRICE_REVIEW[name].target
                attempt.rollback()
            session.expire_all()


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        (date(2026, 9, 30), False),
        (date(2026, 10, 1), True),
        (date(2026, 12, 31), True),
        (date(2027, 1, 1), False),
        (date(2028, 2, 29), False),
    ],
)
def test_a_request_outside_the_window_is_refused_with_the_reason(
    schedule: Schedule, day: date, is_open: bool
) -> None:
    travel(timedelta(days=(day - clock.today()).days))
    if is_open:
        assert ask(schedule).takes_effect_on == date(2027, 4, 1)
        return
    with pytest.raises(Refused, match=r"from 1 October \d{4} to 31 December \d{4}"):
        ask(schedule)


def test_the_window_is_a_setting_that_comes_round(schedule: Schedule) -> None:
    terms = {
        "opens_on": date(2026, 5, 1),
        "closes_on": date(2026, 6, 30),
        "takes_effect_on": date(2026, 9, 1),
        "index_month": 4,
        "wage_band": "adult",
        "weight": D("0.50"),
        "cap": None,
        "floor": None,
        "decimals": 1,
        "figures_month": None,
        "cpi_percent": None,
        "wage_percent": None,
        "figures_source": "",
    }
    manager = accounts.person(Role.CONTRACT_MANAGER)
    services.set_review_terms(schedule.framework, terms, by=manager, seen_version=0)
    window = queries.get_terms(schedule.framework.id).window
    assert (window.opens_on, window.closes_on, window.takes_effect_on) == (
        date(2027, 5, 1),
        date(2027, 6, 30),
        date(2027, 9, 1),
    )
    with pytest.raises(Refused, match="from 1 May 2027"):
        ask(schedule)
    with pytest.raises(Stale):
        services.set_review_terms(schedule.framework, terms, by=manager, seen_version=0)
    for changed, field in (
        ({"closes_on": date(2026, 4, 1)}, "closes_on"),
        ({"takes_effect_on": date(2026, 6, 30)}, "takes_effect_on"),
        ({"cap": D(1), "floor": D(2)}, "floor"),
        ({"cpi_percent": D("3.8")}, "figures_source"),
    ):
        with pytest.raises(Invalid) as refused:
            services.set_review_terms(schedule.framework, {**terms, **changed}, by=manager, seen_version=1)
        assert refused.value.field == field
    for role in set(Role) - {Role.CONTRACT_MANAGER, Role.COMMISSIONER}:
        assert not policy.can_set_terms(accounts.person(role, organisation=schedule.organisation))


def test_first_modifiers_may_be_proposed_at_any_time_and_go_the_same_way(schedule: Schedule) -> None:
    travel(timedelta(days=90))
    wanted = Modifiers(solo_amount=D("90.00"), retainer_percent=D(60))
    review = ask(schedule, fees={}, modifiers=wanted)
    assert review.takes_effect_on == date(2027, 3, 1)
    manager, finance, approver = (
        accounts.person(role) for role in (Role.CONTRACT_MANAGER, Role.FINANCE_OFFICER, Role.APPROVER)
    )
    step(review, "analyse", manager)
    step(review, "check_funding", finance)
    step(review, "recommend", manager, fees={}, with_modifiers=True)
    step(review, "approve", approver)
    assert pricing_queries.find_modifiers(schedule, date(2027, 3, 1)) == wanted
    assert pricing_queries.find_modifiers(schedule, date(2027, 2, 28)) == Modifiers()
    travel(timedelta(days=40))
    with pytest.raises(Refused, match="can be asked for from"):
        ask(schedule, fees={}, modifiers=Modifiers(solo_amount=D("95.00")))


@pytest.mark.parametrize("fee", ["800.00", "799.99", "0", "850.005", "NaN", "100000.00"])
def test_rule_08_only_a_higher_exact_fee_is_asked_for(schedule: Schedule, fee: str) -> None:
    with pytest.raises(Invalid) as refused:
        ask(schedule, fee)
    assert refused.value.field == f"fee-{cell()}"


def test_rule_08_nothing_rises_without_the_whole_way(schedule: Schedule) -> None:
    """No shortcut: every step refuses until the one before it was made by somebody else."""
    review = ask(schedule)
    manager, finance, approver = (
        accounts.person(role) for role in (Role.CONTRACT_MANAGER, Role.FINANCE_OFFICER, Role.APPROVER)
    )
    way = [("analyse", manager), ("check_funding", finance), ("recommend", manager), ("approve", approver)]
    for position, (done, by) in enumerate(way):
        for name, eager in way[position + 1 :]:
            with pytest.raises(Refused), session.begin_nested():
                step(review, name, eager)
        step(review, done, by)
    assert fee_on(schedule, date(2027, 4, 1)) == D("830.00")


def test_rule_08_a_recommendation_never_exceeds_what_was_asked(schedule: Schedule) -> None:
    review = agreements.price_review("funded", schedule=schedule)
    manager = accounts.person(Role.CONTRACT_MANAGER)
    for fee in ("850.01", "799.99"):
        with pytest.raises(Invalid) as refused:
            step(review, "recommend", manager, fees={cell(): D(fee)})
        assert refused.value.field == f"fee-{cell()}"
    with pytest.raises(Refused, match="not asked for"):
        step(review, "recommend", manager, fees={pricing.cell(age_band="0_4").id: D(900)})
    with pytest.raises(Invalid, match="today or later"):
        step(review, "recommend", manager, effective_from=clock.today() - timedelta(days=1))


def test_without_funding_only_a_rejection_is_recommended(schedule: Schedule) -> None:
    review = agreements.price_review("analysed", schedule=schedule)
    with pytest.raises(Refused, match="Finance confirms"):
        step(review, "check_funding", accounts.person(Role.FINANCE_OFFICER), arithmetic_confirmed=False)
    step(review, "check_funding", accounts.person(Role.FINANCE_OFFICER), funding=FundingSource.NONE)
    manager, approver = accounts.person(Role.CONTRACT_MANAGER), accounts.person(Role.APPROVER)
    with pytest.raises(Refused, match="no funding"):
        step(review, "recommend", manager)
    step(review, "recommend", manager, fees={})
    with pytest.raises(Refused, match="rejection was recommended"):
        step(review, "approve", approver)
    step(review, "reject", approver)
    assert fee_on(schedule, date(2027, 4, 1)) == D("800.00")


@pytest.mark.parametrize("earlier", [K.ANALYSED, K.FUNDED, K.RECOMMENDED])
def test_rule_06_whoever_took_part_in_a_review_does_not_decide_it(schedule: Schedule, earlier: K) -> None:
    both = accounts.person(Role.APPROVER, agreements.DOES[earlier])
    review = agreements.price_review("recommended", schedule=schedule, people={earlier: both})
    for name in ("approve", "reject", "refer_back"):
        with pytest.raises(NotAllowed, match="somebody else"):
            step(review, name, both)
    step(review, "approve", accounts.person(Role.APPROVER))


def test_rule_06_nobody_checks_their_own_analysis_or_recommends_on_their_own_check(
    schedule: Schedule,
) -> None:
    both = accounts.person(Role.CONTRACT_MANAGER, Role.FINANCE_OFFICER)
    analysed = agreements.price_review("analysed", schedule=schedule, people={K.ANALYSED: both})
    with pytest.raises(NotAllowed, match="somebody else"):
        step(analysed, "check_funding", both)
    funded = agreements.price_review("funded", people={K.FUNDED: both})
    with pytest.raises(NotAllowed, match="somebody else"):
        step(funded, "recommend", both)


def test_rule_06_the_database_keeps_deciders_apart_and_steps_as_written(schedule: Schedule) -> None:
    both = accounts.person(Role.APPROVER, Role.CONTRACT_MANAGER)
    review = agreements.price_review("recommended", schedule=schedule, people={K.RECOMMENDED: both})
    acting_as(both)
    decision = {"price_review_id": review.id, "kind": K.APPROVED, "data": {}, "done_by_id": both.id}
    with session.begin_nested() as attempt:
        session.add(PriceReviewStep(text="Mine.", **decision))
        with pytest.raises(Invalid, match="took part"):
            session.flush()
        attempt.rollback()
    for statement in (
        "UPDATE price_review_step SET text = 'other'",
        "DELETE FROM price_review_step",
        "UPDATE price_review_line SET asked_fee = 9999",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
            session.execute(sa.text(statement))


@pytest.mark.parametrize(
    ("role", "kind"),
    [
        (Role.CONTRACT_MANAGER, K.FUNDED),
        (Role.CONTRACT_MANAGER, K.APPROVED),
        (Role.FINANCE_OFFICER, K.APPROVED),
        (Role.COMMISSIONER, K.APPROVED),
        (Role.EVALUATOR, K.ANALYSED),
    ],
)
def test_rule_08_no_role_takes_anothers_step_by_sql(schedule: Schedule, role: Role, kind: K) -> None:
    review, person = agreements.price_review("recommended", schedule=schedule), accounts.person(role)
    forge = sa.text(
        "INSERT INTO price_review_step (price_review_id, kind, text, data, done_by_id)"
        " VALUES (:review, :kind, 'By me.', '{}', :by)"
    )
    approver = accounts.person(Role.APPROVER)
    acting_as(person)
    for by in (person, approver):  # in one's own name, or in that of somebody who may
        with pytest.raises(ProgrammingError, match="row-level security"), session.begin_nested():
            session.execute(forge, {"review": review.id, "kind": kind.value, "by": by.id})
    lead = lead_of(schedule)
    acting_as(lead)
    with pytest.raises(ProgrammingError, match="row-level security"), session.begin_nested():
        session.execute(sa.text("UPDATE price_review SET state = 'approved'"))


def test_referring_back_starts_the_way_anew(schedule: Schedule) -> None:
    review = agreements.price_review("recommended", schedule=schedule)
    step(review, "refer_back", accounts.person(Role.APPROVER), text="The median is out of date.")
    assert review.state == R.REQUESTED
    assert queries.find_step(review, K.RECOMMENDED) is None
    step(review, "analyse", accounts.person(Role.CONTRACT_MANAGER))
    assert [one.kind for one in review.steps][-2:] == [K.REFERRED_BACK, K.ANALYSED]


def test_one_review_at_a_time_and_only_under_an_agreement(schedule: Schedule) -> None:
    review = ask(schedule)
    with pytest.raises(Refused, match="under way already"):
        ask(schedule)
    step(review, "withdraw", lead_of(schedule))
    assert ask(schedule).state == R.REQUESTED
    alone = Schedule(providers.organisation(), schedule.framework)
    with pytest.raises(Refused, match="agreement that is in force"):
        ask(alone)


def test_a_decision_that_comes_too_late_or_after_another_change_is_refused(schedule: Schedule) -> None:
    late = agreements.price_review(
        "recommended", schedule=schedule, takes_effect_on=clock.today() + timedelta(days=2)
    )
    travel(timedelta(days=3))
    with pytest.raises(Invalid, match="has passed"):
        step(late, "approve", accounts.person(Role.APPROVER))
    other = agreements.member()
    lower_later(other, clock.today() + timedelta(days=121))
    review = agreements.price_review("recommended", schedule=other)
    with pytest.raises(Invalid, match="already changes"):
        step(review, "approve", accounts.person(Role.APPROVER))


def lower_later(schedule: Schedule, day: date) -> None:
    lower_prices(
        schedule.framework,
        schedule.organisation,
        {cell(): D("790.00")},
        effective_from=day,
        reason=WORDS,
        by=lead_of(schedule),
    )


def test_rule_09_a_provider_knows_only_its_own_review_and_not_how_it_was_judged(schedule: Schedule) -> None:
    review_id = agreements.price_review("approved", schedule=schedule).id
    lead = lead_of(schedule)
    stranger = accounts.person(Role.FINANCE_LEAD, organisation=agreements.member().organisation)
    acting_as(stranger)
    session.expunge_all()
    with pytest.raises(NotFound):
        queries.get_review(stranger, review_id)
    assert session.scalars(sa.select(PriceReview)).all() == []
    acting_as(lead)
    session.expunge_all()
    own = queries.get_review(lead, review_id)
    assert [one.kind for one in own.steps] == [K.APPROVED]


def test_rule_09_a_strangers_lead_cannot_ask_or_withdraw(schedule: Schedule) -> None:
    stranger = accounts.person(Role.FINANCE_LEAD, organisation=providers.organisation())
    with pytest.raises(NotAllowed):
        ask(schedule, by=stranger)
    review = ask(schedule)
    assert not policy.can_withdraw_review(stranger, review)


def test_a_form_shown_before_another_step_is_stale(schedule: Schedule) -> None:
    manager = accounts.person(Role.CONTRACT_MANAGER)
    review = ask(schedule)
    now_acts(manager)
    with pytest.raises(Stale):
        services.analyse_review(review, text=WORDS, by=manager, seen_version=review.version + 1)
    with pytest.raises(Invalid) as refused:
        services.analyse_review(review, text="  ", by=manager)
    assert refused.value.field == "text"


def test_evidence_is_added_once_until_it_is_recommended(schedule: Schedule, files: Any) -> None:
    lead = lead_of(schedule)
    review = ask(schedule, by=lead)
    review_id = review.id
    content = made.pdf()
    added = services.attach_evidence(review, original_name="accounts.pdf", chunks=[content], by=lead)
    assert [one.document_id for one in review.documents] == [added.id]
    with pytest.raises(Invalid, match="already added"):
        services.attach_evidence(review, original_name="again.pdf", chunks=[content], by=lead)
    manager, added_id = accounts.person(Role.CONTRACT_MANAGER), added.id
    acting_as(manager)
    session.expunge_all()
    assert queries.get_evidence(manager, review_id, added_id).document.original_name == "accounts.pdf"
    acting_as(None)
    over = agreements.price_review("recommended")
    its_lead = now_acts(accounts.person(Role.FINANCE_LEAD, organisation=over.organisation))
    with pytest.raises(Refused):
        services.attach_evidence(over, original_name="late.pdf", chunks=[content], by=its_lead)
