"""Rounds as services: making, editing, publishing, extending, cancelling."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.core import clock, transitions
from portal.core.audit import AuditEvent
from portal.core.db import session
from portal.core.errors import Invalid, NotAllowed, Refused, Stale
from portal.frameworks import queries, services
from portal.frameworks.models import DeadlineExtension, PlacementType, PriceCell, Question, Round
from portal.frameworks.states import AdmissionRule, RoundState
from portal.frameworks.workflow import ROUND
from tests.factories.accounts import person
from tests.factories.frameworks import closed_round, framework, round_
from tests.factories.providers import organisation
from tests.support.acting import travel

S = RoundState


def terms(**changes: Any) -> services.RoundTerms:
    now = clock.now()
    made = services.RoundTerms(
        title="Re-opening for new providers",
        summary="For new providers and spot providers.",
        clarification_deadline=now + timedelta(days=20),
        submission_deadline=now + timedelta(days=30),
        agreements_start_on=(now + timedelta(days=150)).date(),
        authority_decision="23-00112",
        authority_clause="Clause 4.2",
        criteria_match_original=True,
        departure_advice="",
        notice_reference="",
        quality_weight=Decimal(60),
        quality_minimum=Decimal(30),
        admission_rule=AdmissionRule.ALL_WHO_MEET,
        admit_at_most=None,
        standstill_days=10,
    )
    return replace(made, **changes)


def verbs_of(thing: Any) -> list[str]:
    session.commit()
    return list(
        session.scalars(
            sa.select(AuditEvent.verb).where(AuditEvent.subject_id == thing.id).order_by(AuditEvent.sequence)
        )
    )


def test_the_lists_are_loaded_once_and_keep_changes() -> None:
    services.load_reference_lists()
    session.execute(sa.update(PlacementType).where(PlacementType.code == "uasc").values(label="UASC"))
    services.load_reference_lists()
    cells = queries.list_cells()
    assert len(cells) == 8 * 3 * 4 + 3
    assert {cell.band_code for cell in cells if cell.type_code == "staying_put"} == {"18_plus"}
    assert "18_plus" not in {cell.band_code for cell in cells if cell.type_code != "staying_put"}
    assert cells[0].placement_type == "Standard"
    assert "UASC" in {cell.placement_type for cell in cells}


def test_the_framework_is_loaded_once() -> None:
    assert services.load_framework() is services.load_framework()
    assert queries.list_frameworks()[0].ends_on_is_illustrative


def test_a_new_round_is_a_draft_with_the_default_questions() -> None:
    officer, of = person(Role.COMMISSIONER), framework()
    first = services.create_round(of, terms(), by=officer)
    second = services.create_round(of, terms(), by=officer)
    assert (first.state, first.number, second.number) == (S.DRAFT, 1, 2)
    assert first.price_weight == 40
    assert queries.total_questions(first).weight == 60
    sections = queries.list_sections(first)
    assert [section.kind.value for section in sections] == [
        "organisation",
        "selection",
        "conditions",
        "documents",
        "quality",
        "price",
        "declaration",
    ]
    safeguarding = next(q for q in sections[4].questions if q.minimum_score is not None)
    assert (safeguarding.text, safeguarding.minimum_score) == ("How do you keep children safe?", 3)
    assert verbs_of(first) == ["round.created"]


@pytest.mark.parametrize("weight", [Decimal(1), Decimal("33.33"), Decimal(70), Decimal(99)])
def test_weights_always_add_up_to_the_quality_weight(weight: Decimal) -> None:
    made = services.create_round(
        framework(), terms(quality_weight=weight, quality_minimum=Decimal(0)), by=person(Role.COMMISSIONER)
    )
    assert queries.total_questions(made).weight == weight
    assert min(question.weight or 0 for question in queries.list_scored_questions(made)) > 0


def test_a_changed_quality_weight_is_spread_again() -> None:
    officer = person(Role.COMMISSIONER)
    made = services.create_round(framework(), terms(), by=officer)
    services.edit_round(made, terms(quality_weight=Decimal(75)), by=officer, seen_version=made.version)
    assert queries.total_questions(made).weight == 75
    assert made.price_weight == 25


def test_questions_are_created_once() -> None:
    made = round_(S.DRAFT)
    before = session.scalar(sa.select(sa.func.count()).select_from(Question))
    services.create_default_questions(made)
    assert session.scalar(sa.select(sa.func.count()).select_from(Question)) == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"clarification_deadline": datetime(2999, 1, 1, tzinfo=UTC)}, "clarification_deadline"),
        ({"agreements_start_on": datetime(2020, 1, 1, tzinfo=UTC).date()}, "agreements_start_on"),
        ({"quality_weight": Decimal(100)}, "quality_weight"),
        ({"quality_minimum": Decimal(61)}, "quality_minimum"),
        ({"admission_rule": AdmissionRule.BEST_N}, "admit_at_most"),
        ({"admit_at_most": 5}, "admit_at_most"),
    ],
)
def test_terms_that_cannot_be_are_refused_beside_their_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        services.create_round(framework(), terms(**changes), by=person(Role.COMMISSIONER))
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"authority_decision": " "}, "Record the number of the decision"),
        ({"authority_clause": ""}, "Record the clause of the original tender documents"),
        ({"criteria_match_original": False}, "record the advice relied on"),
        ({"clarification_deadline": timedelta(days=-2)}, "The last day for questions has passed"),
    ],
)
def test_nothing_is_published_without_authority_and_future_dates(
    changes: dict[str, Any], reason: str
) -> None:
    changes = {
        name: clock.now() + value if isinstance(value, timedelta) else value
        for name, value in changes.items()
    }
    made = round_(S.DRAFT, **changes)
    with pytest.raises(Refused, match=reason):
        services.publish_round(made, by=person(Role.COMMISSIONER))
    assert session.get_one(Round, made.id).published_at is None


def test_nothing_is_published_without_questions_or_basket() -> None:
    officer = person(Role.COMMISSIONER)
    with pytest.raises(Refused, match="no scored question"):
        services.publish_round(round_(S.DRAFT, questions=False), by=officer)
    made = round_(S.DRAFT)
    services.set_volumes(made, {}, by=officer, seen_version=made.version)
    with pytest.raises(Refused, match="Set at least one basket volume"):
        services.publish_round(made, by=officer)


def test_nothing_is_published_whose_weights_do_not_add_up() -> None:
    made = round_(S.DRAFT)
    question = queries.list_scored_questions(made)[0]
    question.weight = (question.weight or 0) + Decimal("0.5")
    with pytest.raises(Refused, match=r"add up to 60.5 points, but the quality weight is 60"):
        services.publish_round(made, by=person(Role.COMMISSIONER))


def test_a_departure_needs_its_advice_on_record() -> None:
    made = round_(
        S.DRAFT, criteria_match_original=False, departure_advice="Counsel, 3 March: the change is minor."
    )
    services.publish_round(made, by=person(Role.COMMISSIONER), seen_version=made.version)
    assert made.state == S.PUBLISHED
    assert queries.is_accepting(made, clock.now())
    assert verbs_of(made) == ["round.published"]


def test_what_is_published_cannot_be_edited() -> None:
    made, officer = round_(S.PUBLISHED), person(Role.COMMISSIONER)
    with pytest.raises(NotAllowed, match="has been published"):
        services.edit_round(made, terms(), by=officer, seen_version=None)
    with pytest.raises(NotAllowed, match="has been published"):
        services.set_volumes(made, {}, by=officer, seen_version=None)


def test_a_stale_form_changes_nothing() -> None:
    made, officer = round_(S.DRAFT), person(Role.COMMISSIONER)
    seen = made.version
    cell = session.scalars(sa.select(PriceCell)).first()
    assert cell is not None
    services.set_volumes(made, {cell.id: services.Volume(52, Decimal(900))}, by=officer, seen_version=seen)
    assert made.version > seen
    with pytest.raises(Stale):
        services.edit_round(made, terms(), by=officer, seen_version=seen)
    with pytest.raises(Stale):
        services.publish_round(made, by=officer, seen_version=seen)


def test_the_deadline_is_extended_for_everyone_with_a_reason() -> None:
    made, officer = round_(S.PUBLISHED), person(Role.COMMISSIONER)
    before, later = made.submission_deadline, made.submission_deadline + timedelta(days=7)
    extension = services.extend_deadline(made, later, reason="A public holiday fell inside.", by=officer)
    assert (made.submission_deadline, extension.extended_from) == (later, before)
    assert queries.list_extensions(made) == [extension]
    assert verbs_of(made) == ["round.deadline_extended"]


def test_rule_02_a_deadline_that_has_passed_is_not_extended() -> None:
    made, officer = round_(S.PUBLISHED), person(Role.COMMISSIONER)
    later = made.submission_deadline + timedelta(days=30)
    travel(timedelta(days=20, seconds=1))
    with pytest.raises(Refused, match="The deadline has passed"):
        services.extend_deadline(made, later, reason="Too late.", by=officer)
    assert session.scalar(sa.select(sa.func.count()).select_from(DeadlineExtension)) == 0


@pytest.mark.parametrize(
    ("days", "reason", "field"),
    [(-1, "Earlier.", "submission_deadline"), (400, "Far.", "submission_deadline"), (3, "  ", "reason")],
)
def test_extensions_that_cannot_be(days: int, reason: str, field: str) -> None:
    made = round_(S.PUBLISHED)
    with pytest.raises(Invalid) as refused:
        services.extend_deadline(
            made, made.submission_deadline + timedelta(days=days), reason=reason, by=person(Role.COMMISSIONER)
        )
    assert refused.value.field == field


def test_cancelling_needs_a_reason_and_ends_the_round() -> None:
    made, officer = round_(S.PUBLISHED), person(Role.COMMISSIONER)
    with pytest.raises(Invalid):
        services.cancel_round(made, reason=" ", by=officer)
    services.cancel_round(made, reason="The volumes were wrong.", by=officer)
    assert (made.state, made.cancelled_reason) == (S.CANCELLED, "The volumes were wrong.")
    assert verbs_of(made) == ["round.cancelled"]


FACTS: dict[str, Any] = {
    "question_weight": Decimal(60),
    "scored_questions": 8,
    "basket_weeks": 100,
    "set_problems": [],
    "unchecked": 0,
    "unfinished_sheets": 0,
    "short_of_evaluators": 0,
    "took_part": False,
    "notices_sent": True,
    "reason": "Because.",
}
NEEDED = {"refer_back": Role.APPROVER, "decide": Role.APPROVER}


@pytest.fixture
def in_every_state() -> dict[RoundState, Round]:
    return {state: round_(state, questions=False) for state in RoundState}


@pytest.mark.parametrize("transition", ROUND.transitions, ids=lambda transition: transition.name)
def test_each_transition_by_each_role_from_each_state(
    transition: transitions.Transition, in_every_state: dict[RoundState, Round]
) -> None:
    place = organisation()
    people = {role: person(role, organisation=place if role.is_provider_role else None) for role in Role}
    needed = NEEDED.get(transition.name, Role.COMMISSIONER)
    for state, made in in_every_state.items():
        made.open_requested_by_id = people[Role.APPROVER].id
        if transition.name == "open" and state == S.PUBLISHED:
            made.clarification_deadline = clock.now() - timedelta(days=2)
            made.submission_deadline = clock.now() - timedelta(days=1)
        if transition.name == "recommend":
            made.quality_locked_at = clock.now()
        if state == S.STANDSTILL:
            made.standstill_ends_at = clock.now() - timedelta(seconds=1)
        session.commit()
        for role, who in people.items():
            if state in transition.source and role == needed:
                continue
            error = NotAllowed if state in transition.source else Refused
            with pytest.raises(error):
                transitions.apply(ROUND, transition.name, made, by=who, facts={**FACTS, "now": clock.now()})
            assert made.state == state
        if state in transition.source:
            before = made.state
            transitions.apply(
                ROUND, transition.name, made, by=people[needed], facts={**FACTS, "now": clock.now()}
            )
            assert made.state == transition.target
            made.state = before


@pytest.mark.parametrize(
    ("name", "state", "facts", "reason"),
    [
        ("start_evaluating", S.OPENED, {"unchecked": 1}, "1 application is left"),
        ("start_evaluating", S.OPENED, {"unchecked": 2}, "2 applications are left"),
        ("open_consensus", S.EVALUATING, {"short_of_evaluators": 1}, "at least two evaluators"),
        ("open_consensus", S.EVALUATING, {"unfinished_sheets": 1}, "have not finished scoring"),
        ("recommend", S.CONSENSUS, {}, "Quality consensus must be locked"),
        ("start_standstill", S.DECIDED, {"notices_sent": False}, "the last decision notice"),
        ("conclude", S.STANDSTILL, {}, "Standstill has not ended yet"),
        ("open", S.PUBLISHED, {}, "One commissioner must ask"),
    ],
)
def test_each_guard_says_why(name: str, state: RoundState, facts: dict[str, Any], reason: str) -> None:
    made = round_(state, questions=False)
    with pytest.raises(Refused, match=reason):
        transitions.apply(
            ROUND, name, made, by=person(Role.COMMISSIONER), facts={**FACTS, "now": clock.now(), **facts}
        )


@pytest.mark.parametrize("name", ["decide", "refer_back"])
def test_rule_06_who_took_part_does_not_decide(name: str) -> None:
    made = round_(S.RECOMMENDED, questions=False)
    with pytest.raises(Refused, match="so somebody else must decide it"):
        transitions.apply(
            ROUND,
            name,
            made,
            by=person(Role.APPROVER),
            facts={**FACTS, "now": clock.now(), "took_part": True},
        )


def test_rule_01_one_officer_alone_opens_nothing() -> None:
    made, officer = closed_round(questions=False), person(Role.COMMISSIONER)
    made.open_requested_by_id = officer.id
    session.commit()
    facts = {"now": clock.locked_now()}
    with pytest.raises(NotAllowed, match="a different commissioner must confirm it"):
        transitions.apply(ROUND, "open", made, by=officer, facts=facts)


def test_rule_01_nothing_is_opened_before_the_deadline() -> None:
    made = round_(S.PUBLISHED, questions=False)
    made.open_requested_by_id = person(Role.COMMISSIONER).id
    session.commit()
    with pytest.raises(Refused, match="sealed until the deadline has passed"):
        transitions.apply(
            ROUND, "open", made, by=person(Role.COMMISSIONER), facts={"now": made.submission_deadline}
        )


def test_what_follows_from_dates_is_derived() -> None:
    made = round_(S.PUBLISHED, questions=False)
    instant = made.submission_deadline
    assert queries.is_accepting(made, instant)
    assert queries.status_of(made, instant).label == "Accepting applications"
    after = instant + timedelta(microseconds=1)
    assert queries.is_closed(made, after)
    assert queries.status_of(made, after).label == "Closed to applications"
    assert not queries.takes_questions(made, made.clarification_deadline + timedelta(seconds=1))


def test_open_rounds_close_by_the_clock() -> None:
    made = round_(S.PUBLISHED, questions=False)
    round_(S.DRAFT, questions=False)
    assert queries.list_open_rounds() == [made]
    travel(timedelta(days=21))
    assert queries.list_open_rounds() == []
