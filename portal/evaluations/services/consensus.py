"""Opening consensus, agreeing scores, and locking quality, which opens the prices (rules 4 and 5)."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.applications.models import Application
from portal.applications.workflow import APPLICATION
from portal.core import audit, clock, transitions
from portal.core.access import require
from portal.core.db import check_version, lock, session
from portal.core.errors import Invalid, Refused
from portal.evaluations import policy, queries, scoring
from portal.evaluations.models import ConsensusScore, PriceScore
from portal.evaluations.queries.results import basket, bids, quality_results
from portal.frameworks.models import Question, Round
from portal.frameworks.states import RoundState
from portal.frameworks.workflow import ROUND


def open_consensus(round_: Round, *, by: Person) -> None:
    """Show evaluators' scores side by side: ROUND open_consensus, for a commissioner.

    Only when every sheet that counts is finished, and every scored question of every compliant application
    has two (rule 4). Raises `Refused` with what is missing.
    """
    require(policy.can_run_round(by, round_))
    lock(round_)
    facts = {
        "unfinished_sheets": queries.count_unfinished_sheets(round_),
        "short_of_evaluators": queries.count_short_of_evaluators(round_),
    }
    transitions.apply(ROUND, "open_consensus", round_, by=by, facts=facts)
    session.flush()


def save_consensus(
    application: Application,
    question: Question,
    *,
    value: int,
    reason: str,
    attended: str,
    by: Person,
    seen_version: int | None = None,
) -> ConsensusScore:
    """Record the agreed score on one question, as a new record: evaluators' own scores stay (rule 5).

    A commissioner without a conflict, while consensus is open. The reason becomes the applicant's feedback.
    Sent twice, it counts once. Raises `Invalid` without a score, reason or who attended; `Stale` when somebody else
    agreed it meanwhile; `NotAllowed` once quality is locked.
    """
    session.refresh(application.round, with_for_update={"read": True, "of": Round})
    require(policy.can_moderate(by, application))
    if question.weight is None or question.section.round_id != application.round_id:
        raise Refused("This question is not scored.")
    _acceptable(value, reason, attended)
    _hold(application)
    agreed = queries.find_consensus(application, question)
    said = (value, reason.strip(), attended.strip(), by.id)
    if agreed is not None and (agreed.value, agreed.reason, agreed.attended, agreed.agreed_by_id) == said:
        return agreed
    if agreed is None:
        agreed = ConsensusScore(application_id=application.id, question_id=question.id)
        session.add(agreed)
    else:
        check_version(agreed, seen_version if seen_version is not None else 0)
    agreed.value, agreed.reason, agreed.attended, agreed.agreed_by_id = said
    agreed.agreed_at = clock.now()
    session.flush()
    audit.record(
        "application.consensus_agreed",
        application,
        by=by,
        details={"question_id": question.id, "value": value},
    )
    return agreed


def lock_quality(round_: Round, *, by: Person) -> list[PriceScore]:
    """Lock the agreed scores, open the prices and score them; applications become scored.

    A commissioner who has no conflict with any applicant, once every scored question of every compliant
    application is agreed. Those that miss a minimum get no price score. Raises `Refused`, `NotAllowed`.
    """
    lock(round_)
    require(policy.can_lock(by, round_))
    _lockable(round_)
    round_.quality_locked_by_id, round_.quality_locked_at = by.id, clock.locked_now()
    session.flush()
    audit.record("quality.locked", round_, by=by)
    audit.record("prices.opened", round_, by=by)
    rows = quality_results(round_)
    scores = _score_prices(round_, rows)
    for row in rows:
        transitions.apply(APPLICATION, "mark_scored", row.application, by=by)
    session.flush()
    return scores


def _lockable(round_: Round) -> None:
    if round_.state != RoundState.CONSENSUS:
        raise Refused("Quality is locked during consensus.")
    if round_.quality_locked_at is not None:
        raise Refused("Quality consensus is already locked.")
    left = queries.count_without_consensus(round_)
    if left:
        raise Refused(f"{left} {'score has' if left == 1 else 'scores have'} not been agreed yet.")


def _score_prices(round_: Round, rows: list[queries.ResultRow]) -> list[PriceScore]:
    offers, cells = bids(round_), basket(round_)
    highest = scoring.highest_offers(
        offers[row.application.id] for row in rows if row.application.id in offers
    )
    totals = {
        row.application.id: scoring.basket_total(
            cells, offers.get(row.application.id, {}), highest, round_.not_offered_rule
        )
        for row in rows
        if row.meets_minimums
    }
    lowest = min(totals.values(), default=Decimal(0))
    scores = [
        PriceScore(
            application_id=application_id,
            basket_total=total,
            lowest_total=lowest,
            score=scoring.price_points(lowest, total, round_.price_weight, round_.rounding.places),
        )
        for application_id, total in totals.items()
    ]
    session.add_all(scores)
    session.flush()
    return scores


def _hold(application: Application) -> None:
    """One chair at a time for each application: whoever comes second sees what the first agreed."""
    session.execute(
        sa.select(Application.id).where(Application.id == application.id).with_for_update(key_share=True)
    )


def _acceptable(value: int, reason: str, attended: str) -> None:
    if not 0 <= value <= scoring.HIGHEST_SCORE:
        raise Invalid("Choose a score from 0 to 5.", field="value")
    if not reason.strip():
        raise Invalid(
            "Give the reason for the agreed score. It becomes the applicant’s feedback.", field="reason"
        )
    if not attended.strip():
        raise Invalid("Say who took part in agreeing this score.", field="attended")
