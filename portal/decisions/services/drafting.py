"""Drafting the papers of a decision from what the portal holds. An officer edits every word of them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from portal.accounts.models import Person
from portal.core import audit
from portal.core.access import require
from portal.core.db import check_version, lock, session
from portal.core.errors import Refused
from portal.core.ui import money, plural, uk_date, uk_datetime
from portal.decisions import policy, queries
from portal.decisions.models import DecisionRecord, Recommendation, RecommendationLine
from portal.decisions.papers import PAPERS, Paper
from portal.decisions.standstill import in_words
from portal.decisions.states import Outcome
from portal.evaluations import queries as evaluations
from portal.frameworks.models import Round
from portal.frameworks.states import Regime

DATA = Path(__file__).resolve().parents[1] / "data" / "papers.toml"
EXEMPT_REASON = (
    "Information relating to the financial or business affairs of any particular person: paragraph 3 of Schedule"
    " 12A to the Local Government Act 1972. Outcomes are withheld until every applicant has had its notice."
)
REGIMES = {
    Regime.PCR2015: "the Public Contracts Regulations 2015",
    Regime.PA2023: "the Procurement Act 2023",
}


class _Facts(dict[str, str]):
    """What is not held stands as a prompt in brackets, which stops the approval until an officer has filled it."""

    def __missing__(self, key: str) -> str:
        return f"[Say: {key.replace('_', ' ')}]"


def draft_papers(recommendation: Recommendation, *, by: Person) -> DecisionRecord:
    """The papers of the round, drafted with its first recommendation and left as they were edited after that.

    Called when a recommendation is made. What is known of the member's decision is filled in, to be checked.
    """
    round_ = recommendation.round
    found = queries.find_record(round_)
    if found is not None:
        return found
    member = _shipped()["member"].get(round_.authority_decision, {})
    record = DecisionRecord(
        round_id=round_.id,
        editor_ids=[by.id],
        exempt_reason=EXEMPT_REASON,
        delegation=f"Decision {round_.authority_decision}, part ii: delegation of the award.",
        member_number=round_.authority_decision,
        member_name=member.get("name", ""),
        member_decided_on=member.get("decided_on"),
        **_texts(recommendation),
    )
    session.add(record)
    session.flush()
    audit.record("decision_record.drafted", record, by=by)
    return record


def redraft_papers(record: DecisionRecord, *, by: Person, seen_version: int | None = None) -> None:
    """Draft every text again from what is held now, in place of what was written. Dates and names stay.

    A commissioner, until the decision is approved. Raises `NotAllowed`, `Refused`, `Stale`.
    """
    lock(record)
    check_version(record, seen_version)
    require(policy.can_edit_papers(by, record))
    recommendation = queries.find_latest(record.round)
    if recommendation is None:
        raise Refused("There is no recommendation to draft the papers from.")
    for column, value in _texts(recommendation).items():
        setattr(record, column, value)
    note_editor(record, by)
    audit.record("decision_record.redrafted", record, by=by)
    session.flush()


def note_editor(record: DecisionRecord, by: Person) -> None:
    """Who writes the papers recommends, and so cannot decide (rule 6)."""
    if by.id not in record.editor_ids:
        record.editor_ids = [*record.editor_ids, by.id]


def _texts(recommendation: Recommendation) -> dict[str, Any]:
    facts = _facts(recommendation)
    texts = {paper.column: _draft(paper, facts) for paper in PAPERS.values()}
    return texts | {"exempt": _exempt(recommendation)}


def _draft(paper: Paper, facts: _Facts) -> dict[str, str]:
    shipped = _shipped()[paper.key]
    return {
        section.key: shipped.get(section.key, "").strip().format_map(facts).strip()
        for section in paper.sections
    }


def _facts(recommendation: Recommendation) -> _Facts:
    round_ = recommendation.round
    shipped = _shipped()
    general: dict[str, str] = shipped["general"] | shipped["known"].get(round_.authority_decision, {})
    return _Facts(
        {
            key: text.strip("\n") if key != "sufficiency" else text.lstrip("\n")
            for key, text in general.items()
        }
        | _terms(round_)
        | _dates(round_)
        | _counts(recommendation)
        | {"reasons": recommendation.reasons}
    )


def _terms(round_: Round) -> dict[str, str]:
    limit = f" ({round_.admit_at_most})" if round_.admit_at_most else ""
    return {
        "framework": round_.framework.title,
        "reference": round_.framework.reference,
        "round": round_.title,
        "authority": round_.authority_decision,
        "clause": round_.authority_clause.rstrip("."),
        "criteria": "match those of the original tender"
        if round_.criteria_match_original
        else f"depart from those of the original tender. Advice relied on: {round_.departure_advice.rstrip('.')}",
        "quality_weight": f"{round_.quality_weight:g}",
        "price_weight": f"{round_.price_weight:g}",
        "quality_minimum": f"{round_.quality_minimum:g}",
        "rule": f"{round_.admission_rule.label.lower()}{limit}",
        "regime": REGIMES[round_.framework.regime],
        "standstill": _standstill(round_),
    }


def _standstill(round_: Round) -> str:
    if round_.standstill_ends_at is not None:
        return f"Standstill ends at {in_words(round_.standstill_ends_at)}."
    if round_.framework.regime == Regime.PA2023:
        days = plural(round_.standstill_days, "working day")
        return f"A voluntary standstill of {days} begins with the contract award notice."
    return f"A standstill of {plural(round_.standstill_days, 'day')} follows the last notice sent."


def _dates(round_: Round) -> dict[str, str]:
    return {
        "framework_starts": uk_date(round_.framework.starts_on),
        "framework_ends": uk_date(round_.framework.ends_on),
        "agreements_start": uk_date(round_.agreements_start_on),
        "published": uk_date(round_.published_at),
        "questions_until": uk_datetime(round_.clarification_deadline),
        "deadline": uk_datetime(round_.submission_deadline),
        "opened": uk_datetime(round_.opened_at),
        "locked": uk_datetime(round_.quality_locked_at),
    }


def _the(count: int, what: str) -> str:
    """`the applicant`, `the 2 applicants`, `no applicant`: as a sentence of a record says it."""
    if count == 0:
        return f"no {what}"
    return f"the {what}" if count == 1 else f"the {plural(count, what)}"


def _counts(recommendation: Recommendation) -> dict[str, str]:
    lines = recommendation.lines
    admitted = sum(line.outcome == Outcome.ADMIT for line in lines)
    rejected = sum(line.quality_score is None for line in lines)
    below = sum(line.quality_score is not None and line.total_score is None for line in lines)
    conflicts = sum(one.conflicts for one in evaluations.list_declared(recommendation.round))
    return {
        "received": f"{plural(len(lines), 'application was', 'applications were')}",
        "admitted": plural(admitted, "applicant"),
        "declined": plural(len(lines) - admitted, "applicant"),
        "the_admitted": _the(admitted, "applicant"),
        "the_declined": _the(len(lines) - admitted, "other applicant" if admitted else "applicant"),
        "non_compliant": plural(rejected, "was", "were"),
        "outcome": f"{plural(len(lines) - rejected, 'application was', 'applications were')} scored."
        f" {plural(below, 'of them fell', 'of them fell')} short of a published minimum.",
        "conflicts": f"{plural(conflicts, 'conflict was', 'conflicts were')} declared; whoever declared one was"
        " shut out of that application, and could not recommend or decide."
        if conflicts
        else "No conflict was declared.",
    }


def _exempt(recommendation: Recommendation) -> str:
    """Names, outcomes and prices: what the public part must not tell before the notices do."""
    totals = {row.application.id: row.basket_total for row in evaluations.results(recommendation.round)}
    parts = []
    for outcome, title in ((Outcome.ADMIT, "To be admitted:"), (Outcome.DECLINE, "To be declined:")):
        lines = sorted(
            (one for one in recommendation.lines if one.outcome == outcome), key=lambda one: one.sort_key
        )
        rows = [_exempt_line(line, totals.get(line.application_id)) for line in lines]
        parts.append("\n\n".join([title, *(rows or ["Nobody."])]))
    return "\n\n".join(parts)


def _exempt_line(line: RecommendationLine, basket: Any) -> str:
    organisation = line.application.organisation
    urn = f", URN {organisation.urn}" if organisation.urn else ""
    figures = [
        f"quality {line.quality_score:.2f}" if line.quality_score is not None else "not scored",
        f"price {line.price_score:.2f}" if line.price_score is not None else "",
        f"total {line.total_score:.2f}" if line.total_score is not None else "",
        f"basket total {money(basket)}" if basket is not None else "",
    ]
    return f"{organisation.legal_name} ({organisation.town}{urn}): {', '.join(filter(None, figures))}. {line.reason}"


@cache
def _shipped() -> Mapping[str, Any]:
    return tomllib.loads(DATA.read_text(encoding="utf-8"))
