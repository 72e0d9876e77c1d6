"""The rules of the handbook (§4) as questions asked of the database after every step.

Written from the handbook and not from the code: each looks at rows as the tables' owner would and, where a rule is
about who sees what, at what plain SQL shows as the web's role in somebody's name.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from portal.accounts.states import Role
from portal.agreements.workflow import AGREEMENT
from portal.applications.workflow import APPLICATION
from portal.core import audit
from portal.core.db import session
from portal.core.transitions import Lifecycle
from portal.frameworks.workflow import ROUND
from tests.adversary.world import World
from tests.support.acting import acting_as, as_worker

# What the councils may not see a row of before the round is opened.
SEALED = ("application", "answer", "bid_price", "submission", "submitted_price", "late_attempt")


@dataclass(frozen=True)
class Watcher:
    """Somebody who looks at the tables by plain SQL, and what is true of them and of the round."""

    id: uuid.UUID
    roles: frozenset[Role]
    organisation_ids: frozenset[uuid.UUID]
    free_of_conflict: frozenset[uuid.UUID]
    round: Any


@dataclass
class Memory:
    """What earlier steps showed: what must never change once it is there, and where each thing stood."""

    unchanging: dict[tuple[str, Any], Any] = field(default_factory=dict)
    states: dict[tuple[str, Any], str] = field(default_factory=dict)
    drafts: dict[Any, Any] = field(default_factory=dict)
    finishes: dict[Any, Any] = field(default_factory=dict)
    events: int = 0


# As the tables' owner: what is there. As somebody: what they are shown.
KEPT: list[Callable[[World, Memory], None]] = []
SHOWN: list[Callable[[Watcher], None]] = []


def rows(statement: str, **values: Any) -> list[Any]:
    """What plain SQL finds, as whoever asks just now."""
    return list(session.execute(sa.text(statement), values))


def check_everything(world: World, memory: Memory, watcher_id: uuid.UUID) -> None:
    """Every rule, over all rows, and over what one person is shown. Raises `AssertionError` naming the rule."""
    with as_worker():
        for kept in KEPT:
            kept(world, memory)
        watcher = _watcher(world, watcher_id)
    acting_as(world.person(watcher_id))
    for shown in SHOWN:
        shown(watcher)


def _watcher(world: World, watcher_id: uuid.UUID) -> Watcher:
    free = rows(
        "SELECT application_id FROM conflict_declaration WHERE person_id = :id AND NOT has_conflict",
        id=watcher_id,
    )
    return Watcher(
        watcher_id,
        world.roles[watcher_id],
        world.employers[watcher_id],
        frozenset(found.application_id for found in free),
        _round(world),
    )


def _round(world: World) -> Any:
    return rows(
        "SELECT *, portal_now() > submission_deadline AS is_over FROM round WHERE id = :id", id=world.round_id
    )[0]


def kept(check: Callable[[World, Memory], None]) -> Callable[[World, Memory], None]:
    KEPT.append(check)
    return check


def shown(check: Callable[[Watcher], None]) -> Callable[[Watcher], None]:
    SHOWN.append(check)
    return check


@shown
def rule_01_nothing_is_seen_before_opening(watcher: Watcher) -> None:
    if watcher.round.opened_at is not None or watcher.organisation_ids:
        return
    found = {table: len(rows(f"SELECT FROM {table}")) for table in SEALED}
    assert not any(found.values()), f"rule 1: seen before opening: {found}"


@kept
def rule_02_nothing_changes_after_the_deadline(world: World, memory: Memory) -> None:
    late = rows(
        "SELECT s.id FROM submission s JOIN application a ON a.id = s.application_id JOIN round r ON r.id = a.round_id"
        " WHERE s.submitted_at > r.submission_deadline"
    )
    assert not late, "rule 2: a submission after the deadline"
    for found in rows("SELECT id, sha256, content::text, manifest::text FROM submission"):
        _never_changes(memory, "submission", found.id, tuple(found))
    for found in rows("SELECT submission_id, cell_id, weekly_fee, not_offered FROM submitted_price"):
        _never_changes(memory, "submitted price", found[:2], tuple(found))
    if _round(world).is_over:
        for found in rows(
            "SELECT id, value::text FROM answer UNION ALL SELECT id, weekly_fee::text FROM bid_price"
        ):
            _never_changes(memory, "draft", found.id, tuple(found))


@shown
def rule_03_nobody_reads_before_declaring(watcher: Watcher) -> None:
    if watcher.roles.isdisjoint({Role.EVALUATOR, Role.COMMISSIONER, Role.APPROVER}):
        return
    read = {found.application_id for found in rows("SELECT application_id FROM submission")}
    assert read <= watcher.free_of_conflict, (
        "rule 3: a submission is seen by somebody who did not declare on it"
    )


@kept
def rule_03_no_score_of_somebody_with_a_conflict_counts(_: World, __: Memory) -> None:
    counting = rows("""
        SELECT e.application_id, e.evaluator_id FROM score s JOIN evaluation_sheet e ON e.id = s.sheet_id
        WHERE s.value IS NOT NULL AND e.voided_at IS NULL AND NOT EXISTS (
            SELECT FROM conflict_declaration c WHERE c.application_id = e.application_id
            AND c.person_id = e.evaluator_id AND NOT c.has_conflict)""")
    assert not counting, f"rule 3: {counting} counts though its evaluator has a conflict or did not declare"


@shown
def rule_04_nobody_sees_prices_or_others_scores_early(watcher: Watcher) -> None:
    if watcher.organisation_ids:
        return
    if watcher.round.quality_locked_at is None:
        assert not rows("SELECT FROM submitted_price"), "rule 4: prices before quality is locked"
    if watcher.round.state in ("published", "opened", "evaluating"):
        others = rows(
            "SELECT FROM score s JOIN evaluation_sheet e ON e.id = s.sheet_id"
            " WHERE s.value IS NOT NULL AND e.evaluator_id <> :id",
            id=watcher.id,
        )
        assert not others, "rule 4: somebody else's score before consensus"


@shown
def rule_04_evaluators_never_see_a_price(watcher: Watcher) -> None:
    if watcher.organisation_ids or not watcher.roles.isdisjoint(
        {Role.COMMISSIONER, Role.APPROVER, Role.AUDITOR}
    ):
        return
    for table in ("submitted_price", "price_score", "price_query"):
        assert not rows(f"SELECT FROM {table}"), f"rule 4: {table} to somebody who never sees prices"


@shown
def rule_04_nobody_reads_anothers_question_to_the_chair(watcher: Watcher) -> None:
    if not watcher.roles.isdisjoint({Role.COMMISSIONER, Role.AUDITOR}):
        return
    others = rows("SELECT FROM chair_question WHERE asked_by_id <> :id", id=watcher.id)
    assert not others, "rule 4: what another evaluator asked"


@kept
def rule_04_no_price_is_scored_early(world: World, _: Memory) -> None:
    if _round(world).quality_locked_at is None:
        assert not rows("SELECT FROM price_score"), "rule 4: price scores before quality is locked"


@kept
def rule_05_every_score_has_its_reason_and_stays(_: World, memory: Memory) -> None:
    for table in ("score", "consensus_score"):
        bare = rows(f"SELECT FROM {table} WHERE value IS NOT NULL AND btrim(reason) = ''")
        assert not bare, f"rule 5: a {table} without a reason"
    # A finish stands until an unlocking on record undoes it; each finish is then kept anew.
    for found in rows(
        "SELECT s.id, s.value, s.reason, e.finished_at FROM score s JOIN evaluation_sheet e ON e.id = s.sheet_id"
        " WHERE e.finished_at IS NOT NULL"
    ):
        _never_changes(memory, "finished score", (found.id, found.finished_at), (found.value, found.reason))
        memory.finishes[found.id] = found.finished_at
    undone = rows(
        "SELECT s.id, e.finished_at FROM score s JOIN evaluation_sheet e ON e.id = s.sheet_id"
        " WHERE s.id = ANY (:ids) AND e.finished_at IS NULL",
        ids=list(memory.finishes),
    )
    for found in undone:
        because = rows(
            "SELECT FROM sheet_unlocking u JOIN score s ON s.sheet_id = u.sheet_id"
            " WHERE s.id = :id AND u.finished_at = :at AND u.reason <> ''",
            id=found.id,
            at=memory.finishes[found.id],
        )
        assert because, "rule 5: a finish undone by nobody"
    gone = set(memory.finishes) - {found.id for found in rows("SELECT id FROM score")}
    assert not gone, "rule 5: a finished score is gone"


@kept
def rule_06_nobody_approves_what_they_took_part_in(_: World, __: Memory) -> None:
    both = rows("""
        SELECT d.decided_by_id FROM decision d JOIN recommendation r ON r.id = d.recommendation_id
        WHERE d.kind = 'approve' AND (
            EXISTS (SELECT FROM recommendation o WHERE o.round_id = r.round_id
                    AND o.recommended_by_id = d.decided_by_id)
            OR EXISTS (SELECT FROM consensus_score c JOIN application a ON a.id = c.application_id
                       WHERE a.round_id = r.round_id AND c.agreed_by_id = d.decided_by_id)
            OR EXISTS (SELECT FROM score s JOIN evaluation_sheet e ON e.id = s.sheet_id
                       JOIN application a ON a.id = e.application_id
                       WHERE a.round_id = r.round_id AND s.value IS NOT NULL
                         AND e.evaluator_id = d.decided_by_id)
            OR EXISTS (SELECT FROM sheet_unlocking u JOIN evaluation_sheet e ON e.id = u.sheet_id
                       JOIN application a ON a.id = e.application_id
                       WHERE a.round_id = r.round_id AND u.unlocked_by_id = d.decided_by_id)
            OR EXISTS (SELECT FROM chair_answer n JOIN chair_question q ON q.id = n.chair_question_id
                       JOIN application a ON a.id = q.application_id
                       WHERE a.round_id = r.round_id AND n.answered_by_id = d.decided_by_id)
            OR EXISTS (SELECT FROM price_query q JOIN clarification_request c ON c.id = q.request_id
                       JOIN application a ON a.id = q.application_id
                       WHERE a.round_id = r.round_id
                         AND d.decided_by_id IN (q.concluded_by_id, c.asked_by_id)))""")
    assert not both, "rule 6: approved by somebody who evaluated, moderated or recommended"


@kept
def rule_07_nobody_is_found_wanting_without_an_officer(_: World, __: Memory) -> None:
    alone = rows("""
        SELECT a.id FROM application a WHERE a.state = 'non_compliant' AND NOT EXISTS (
            SELECT FROM compliance_conclusion c JOIN compliance_finding f ON f.application_id = c.application_id
            JOIN finding_review r ON r.finding_id = f.id AND r.finding_version = f.version AND r.is_confirmed
            WHERE c.application_id = a.id AND NOT c.is_compliant AND f.finding = 'fail'
              AND c.reasons <> '' AND r.reviewed_by_id <> f.found_by_id)""")
    assert not alone, "rule 7: not compliant without a fail that two officers stand for"


@kept
def rule_08_every_price_is_money_or_not_offered(_: World, __: Memory) -> None:
    for table in ("bid_price", "submitted_price", "price"):
        wrong = rows(
            f"SELECT FROM {table} WHERE (weekly_fee IS NULL) <> not_offered"
            " OR weekly_fee <= 0 OR weekly_fee <> round(weekly_fee, 2)"
        )
        assert not wrong, f"rule 8: {table} holds a price that is none"
    overlapping = rows(
        "SELECT FROM price a JOIN price b ON a.agreed_cell_id = b.agreed_cell_id AND a.id < b.id"
        " AND a.period && b.period"
    )
    assert not overlapping, "rule 8: two prices of a cell overlap"


@shown
def rule_09_a_provider_sees_itself_alone(watcher: Watcher) -> None:
    if not watcher.organisation_ids:
        return
    whose = {found.organisation_id for found in rows("SELECT organisation_id FROM application")}
    assert whose <= watcher.organisation_ids, "rule 9: another provider's application"
    own = "SELECT id FROM application WHERE organisation_id = ANY (:own)"
    for table in ("answer", "bid_price", "submission", "decision_notice"):
        others = rows(
            f"SELECT FROM {table} WHERE application_id NOT IN ({own})", own=list(watcher.organisation_ids)
        )
        assert not others, f"rule 9: another provider's {table}"
    assert not rows("SELECT FROM score WHERE value IS NOT NULL"), "rule 9: scores"


@kept
def rule_12_every_step_adds_to_the_log(_: World, memory: Memory) -> None:
    pending = len(session.info.get("events", []))
    count = rows("SELECT count(*) AS n FROM audit_event")[0].n + pending
    assert count >= memory.events, "rule 12: an event is gone"
    memory.events = count


@kept
def rule_13_people_decide(_: World, __: Memory) -> None:
    alone = rows("""
        SELECT a.id FROM application a WHERE a.state IN ('admitted', 'declined') AND NOT EXISTS (
            SELECT FROM recommendation_line l JOIN decision d ON d.recommendation_id = l.recommendation_id
            WHERE l.application_id = a.id AND d.kind = 'approve' AND d.reasons <> ''
              AND l.outcome = CASE a.state WHEN 'admitted' THEN 'admit' ELSE 'decline' END)""")
    assert not alone, "rule 13: an outcome that nobody approved"
    unsigned = rows(
        "SELECT FROM agreement WHERE state = 'active' AND (signed_by_id IS NULL OR countersigned_by_id IS NULL"
        " OR signed_by_id = countersigned_by_id)"
    )
    assert not unsigned, "rule 13: an agreement in force without two signatures"


@kept
def only_listed_steps(_: World, memory: Memory) -> None:
    for lifecycle, table in ((ROUND, "round"), (APPLICATION, "application"), (AGREEMENT, "agreement")):
        for found in rows(f"SELECT id, state FROM {table}"):
            before = memory.states.get((table, found.id), found.state)
            assert before == found.state or found.state in _reachable(lifecycle, before), (
                f"{table} went from {before} to {found.state}"
            )
            memory.states[(table, found.id)] = found.state


def check_chain() -> None:
    """Rule 12: the whole chain, from its beginning; dear, so not after every step."""
    with as_worker():
        found = audit.verify()
    assert found.first_broken is None, f"rule 12: the chain is broken: {found}"


def _reachable(lifecycle: Lifecycle, state: str) -> set[str]:
    """One service may take two steps, such as a refusal and what follows from it."""
    once = _targets(lifecycle, {state})
    return once | _targets(lifecycle, once)


def _targets(lifecycle: Lifecycle, states: Iterable[str]) -> set[str]:
    return {
        str(transition.target)
        for transition in lifecycle.transitions
        if set(map(str, transition.source)) & set(states)
    }


def _never_changes(memory: Memory, kind: str, key: Any, value: Any) -> None:
    before = memory.unchanging.setdefault((kind, key), value)
    assert before == value, f"a {kind} changed: {before} became {value}"
