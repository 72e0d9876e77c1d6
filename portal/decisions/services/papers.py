"""Editing the papers of a decision, recording what its lawfulness rests on, signing and publishing it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from portal.accounts.models import Person
from portal.core import audit, clock
from portal.core.access import require
from portal.core.db import check_version, lock, session
from portal.core.errors import Invalid, Refused
from portal.core.ui import uk_date
from portal.decisions import policy, queries
from portal.decisions.models import Decision, DecisionRecord, PublishedRecord, Recommendation
from portal.decisions.papers import RECORD, Paper
from portal.decisions.services.drafting import note_editor
from portal.decisions.standstill import call_in_end
from portal.decisions.states import KeyServiceLine
from portal.documents.models import Document


@dataclass(frozen=True)
class Procedure:
    """What a decision's lawfulness rests on. Dates may be missing until they are known."""

    number: str = ""
    delegation: str = ""
    is_key: bool = False
    notice_on: date | None = None
    consultee: str = ""
    consulted_on: date | None = None
    consultee_view: str = ""
    consultee_interests: str = ""
    consultee_declared_on: date | None = None
    committee: str = ""
    committee_on: date | None = None
    committee_view: str = ""
    member_number: str = ""
    member_name: str = ""
    member_decided_on: date | None = None
    member_call_in_ended_on: date | None = None
    medway_signatory: str = ""
    medway_position: str = ""
    medway_agreed_on: date | None = None
    screening: str = ""
    screened_on: date | None = None
    screening_review_on: date | None = None


def save_paper(
    record: DecisionRecord,
    paper: Paper,
    texts: Mapping[str, str],
    *,
    by: Person,
    seen_version: int | None = None,
) -> None:
    """Keep the words of a paper, section by section; a section may be left empty until it is signed.

    A commissioner, until the decision is approved. Raises `NotAllowed` or `Stale`.
    """
    _take(record, by, seen_version)
    kept = {section.key: texts.get(section.key, "").strip() for section in paper.sections}
    setattr(record, paper.column, kept)
    audit.record("decision_record.written", record, by=by, details={"paper": paper.key})
    session.flush()


def save_exempt(
    record: DecisionRecord, *, text: str, reason: str, by: Person, seen_version: int | None = None
) -> None:
    """Keep the exempt part apart from the public one, with the ground for withholding it.

    As `save_paper`. Raises `Invalid` with field `exempt_reason`.
    """
    _take(record, by, seen_version)
    if text.strip() and not reason.strip():
        raise Invalid("Say on what ground this part is exempt from publication", field="exempt_reason")
    record.exempt, record.exempt_reason = text.strip(), reason.strip()
    audit.record("decision_record.written", record, by=by, details={"paper": "exempt"})
    session.flush()


def save_procedure(
    record: DecisionRecord,
    procedure: Procedure,
    spend: Mapping[KeyServiceLine, Decimal | None],
    *,
    by: Person,
    seen_version: int | None = None,
) -> None:
    """Record consultation, notice, committee, the member's decision, Medway's agreement and the screening.

    Nothing is refused for being missing: what is missing stops the approval. As `save_paper`.
    """
    _take(record, by, seen_version)
    for name, value in asdict(procedure).items():
        setattr(record, name, value.strip() if isinstance(value, str) else value)
    record.spend = {line.value: str(amount) for line, amount in spend.items() if amount is not None}
    audit.record("decision_record.procedure_recorded", record, by=by)
    session.flush()


def publish_record(
    record: DecisionRecord, *, published_on: date, call_in_ends_on: date | None, by: Person
) -> PublishedRecord:
    """Publish the public part of a signed record, and note when call-in ends. The exempt part stays here.

    A commissioner, once the decision is approved; a key decision needs the end of call-in, which is proposed by
    the page. Raises `Invalid`, `Refused`, `NotAllowed`.
    """
    lock(record)
    require(policy.can_publish_record(by, record))
    if queries.find_published(record.round) is not None:
        raise Refused("This record has been published.")
    _publishable(record, published_on, call_in_ends_on)
    record.published_on, record.call_in_ends_on = published_on, call_in_ends_on
    made = _public_part(record, published_on)
    session.add(made)
    session.flush()
    details = {"published_record_id": made.id, "sha256": made.sha256}
    audit.record("decision_record.published", record, by=by, details=details)
    return made


def propose_call_in_end(published_on: date) -> date:
    """Five working days after publication (illustrative)."""
    return call_in_end(published_on)


def sign(
    recommendation: Recommendation, record: DecisionRecord, *, position: str, by: Person
) -> dict[str, Any]:
    """The whole record as the officer signs it: plain JSON, so that its fingerprint can be made again."""
    return sign_draft(record) | {
        "recommendation": recommendation.number,
        "decision_maker": by.full_name,
        "position": position,
        "decided_at": clock.now().isoformat(),
    }


def sign_draft(record: DecisionRecord) -> dict[str, Any]:
    """The record as it stands, in the shape in which it is signed, with nobody's signature."""
    round_ = record.round
    facts = {name: getattr(record, name) for name in Procedure.__dataclass_fields__}
    return {
        "round": round_.title,
        "framework": f"{round_.framework.title} ({round_.framework.reference})",
        "decision_maker": "",
        "position": "",
        "decided_at": "",
        "sections": [[one.title, record.record.get(one.key, "")] for one in RECORD.sections],
        "exempt": record.exempt,
        "exempt_reason": record.exempt_reason,
        "spend": [[line.label, record.spend[line]] for line in KeyServiceLine if line in record.spend],
        "procedure": {
            name: value.isoformat() if isinstance(value, date) else value for name, value in facts.items()
        }
        | _attached(record.screening_document),
    }


def _attached(document: Document | None) -> dict[str, str]:
    if document is None:
        return {}
    return {"screening_file": document.original_name, "screening_sha256": document.sha256}


def fingerprint(content: Mapping[str, Any]) -> str:
    """SHA-256 over the content as JSON with sorted keys."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _take(record: DecisionRecord, by: Person, seen_version: int | None) -> None:
    lock(record)
    check_version(record, seen_version)
    require(policy.can_edit_papers(by, record))
    note_editor(record, by)


def _publishable(record: DecisionRecord, published_on: date, call_in_ends_on: date | None) -> None:
    day = _signed(record).decided_at.astimezone(clock.LONDON).date()
    if not day <= published_on <= clock.today():
        raise Invalid(
            f"Publication cannot be before the decision on {uk_date(day)}, nor in the future",
            field="published_on",
        )
    if record.is_key and call_in_ends_on is None:
        raise Invalid(
            "A key decision can be called in: give the last day of call-in", field="call_in_ends_on"
        )
    if call_in_ends_on is not None and call_in_ends_on < published_on:
        raise Invalid("Call-in cannot end before publication", field="call_in_ends_on")


def _signed(record: DecisionRecord) -> Decision:
    recommendation = queries.find_latest(record.round)
    assert recommendation is not None, "the policy asked for a decision"
    assert recommendation.decision is not None, "the policy asked for a decision"
    return recommendation.decision


def _public_part(record: DecisionRecord, published_on: date) -> PublishedRecord:
    signed = _signed(record).record or {}
    content = {key: value for key, value in signed.items() if key != "exempt"}
    content["has_exempt_part"] = bool(signed["exempt"])
    return PublishedRecord(
        round_id=record.round_id,
        number=record.number,
        content=content,
        sha256=fingerprint(content),
        published_on=published_on,
    )
