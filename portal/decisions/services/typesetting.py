"""The papers as tagged PDF: report, Record of Decision, its published part, and the statutory report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from portal.adapters import typeset
from portal.core import clock
from portal.core.ui import money, uk_date, uk_datetime
from portal.decisions import queries
from portal.decisions.models import DecisionRecord, PublishedRecord, Recommendation
from portal.decisions.papers import REPORT
from portal.decisions.services.papers import sign_draft
from portal.decisions.services.procurement_report import procurement_report
from portal.decisions.states import KeyServiceLine
from portal.frameworks.models import Round

PAPER = "letters/paper.typ"
Rows = list[list[str]]


def render_report(record: DecisionRecord, recommendation: Recommendation) -> bytes:
    """The recommendation report: its text, the annex with every line, and the exempt part on pages of its own."""
    round_ = record.round
    return _render(
        {
            "title": REPORT.title,
            "subtitle": f"{round_.framework.title}: {round_.title}",
            "status": f"Recommendation {recommendation.number}, {uk_datetime(recommendation.recommended_at)}",
            "facts": [],
            "sections": [[one.title, record.report.get(one.key, "")] for one in REPORT.sections],
            "spend": spend_rows(
                [[line.label, record.spend[line]] for line in KeyServiceLine if line in record.spend]
            ),
            "annex": _annex(recommendation),
            "exempt": record.exempt,
            "exempt_reason": record.exempt_reason,
            "signature": [],
        },
        recommendation.recommended_at,
    )


def render_record(record: DecisionRecord, recommendation: Recommendation | None) -> bytes:
    """The Record of Decision: as it was signed, with its fingerprint, or as the draft now stands."""
    decision = recommendation.decision if recommendation else None
    if decision is not None and decision.record is not None:
        signed: Mapping[str, Any] = decision.record
        return _record(
            signed, f"Signed. Fingerprint (SHA-256): {decision.record_sha256}", decision.decided_at
        )
    return _record(sign_draft(record), "Draft: not signed", clock.now())


def render_published(published: PublishedRecord) -> bytes:
    """The part of a Record of Decision that anybody may read."""
    status = f"Published {uk_date(published.published_on)}. Fingerprint (SHA-256): {published.sha256}"
    return _record(published.content, status, published.created_at)


def render_procurement_report(round_: Round) -> bytes:
    """The statutory procurement report, generated from what is held."""
    made_at = clock.now()
    sections = [[title, text] for title, text in procurement_report(round_)]
    return _render(
        {
            "title": "Procurement report",
            "subtitle": f"{round_.framework.title}: {round_.title}",
            "status": f"Generated {uk_datetime(made_at)} from the portal’s records",
            "facts": [],
            "sections": sections,
            "spend": [],
            "annex": [],
            "exempt": "",
            "exempt_reason": "",
            "signature": [],
        },
        made_at,
    )


def _record(signed: Mapping[str, Any], status: str, made_at: datetime) -> bytes:
    return _render(
        {
            "title": "Record of Decision",
            "subtitle": f"{signed['framework']}: {signed['round']}",
            "status": status,
            "facts": procedure_rows(signed),
            "sections": signed["sections"],
            "spend": spend_rows(signed["spend"]),
            "annex": [],
            "exempt": signed.get("exempt", ""),
            "exempt_reason": signed["exempt_reason"]
            if signed.get("exempt") or signed.get("has_exempt_part")
            else "",
            "signature": _signature(signed),
        },
        made_at,
    )


def procedure_rows(signed: Mapping[str, Any]) -> Rows:
    """What the decision's lawfulness rests on, as label and value; what is not recorded is left out."""
    it = signed["procedure"]
    return [
        [label, value]
        for label, value in (
            ("Decision number", it["number"]),
            ("Decision taken by", ", ".join(filter(None, (signed["decision_maker"], signed["position"])))),
            ("Delegation relied on", it["delegation"]),
            ("Key decision", "Yes" if it["is_key"] else "No"),
            ("Forthcoming-decision notice", _day(it["notice_on"])),
            ("Cabinet Committee", _joined(it["committee"], it["committee_on"], it["committee_view"])),
            ("Consulted", _joined(it["consultee"], it["consulted_on"], it["consultee_view"])),
            (
                "Interests declared by the consultee",
                _joined(it.get("consultee_interests", ""), it.get("consultee_declared_on")),
            ),
            ("Member’s decision", _joined(it["member_number"], it["member_decided_on"], it["member_name"])),
            ("Call-in of that decision ended on", _day(it["member_call_in_ended_on"])),
            (
                "Agreed for Medway by",
                _joined(
                    ", ".join(filter(None, (it["medway_signatory"], it["medway_position"]))),
                    it["medway_agreed_on"],
                ),
            ),
            ("Equality screening", _joined(it["screening"], it["screened_on"])),
            ("Screening attached", it.get("screening_file", "")),
            ("SHA-256 of the screening", it.get("screening_sha256", "")),
            ("Screening to be reviewed by", _day(it["screening_review_on"])),
        )
        if value
    ]


def _signature(signed: Mapping[str, Any]) -> list[str]:
    if not signed["decided_at"]:
        return []
    return [
        signed["decision_maker"],
        signed["position"],
        f"Signed on the portal, {uk_datetime(datetime.fromisoformat(signed['decided_at']))}",
    ]


def _annex(recommendation: Recommendation) -> list[dict[str, str]]:
    answers = queries.list_points(recommendation.round)
    points = {point.line.application_id: point.point for point in answers}
    return [
        {
            "name": line.application.organisation.legal_name,
            "reference": line.application.reference,
            "outcome": line.outcome.label,
            "quality": _points(line.quality_score),
            "price": _points(line.price_score),
            "total": _points(line.total_score),
            "reason": line.reason,
            "point": points.get(line.application_id, "") if line.answer else "",
            "answer": line.answer,
        }
        for line in sorted(recommendation.lines, key=lambda one: one.sort_key)
    ]


def _points(value: Decimal | None) -> str:
    return "" if value is None else f"{value:.2f}"


def spend_rows(rows: Sequence[Sequence[str]]) -> Rows:
    """Key service lines with their amounts as they are written."""
    return [[label, money(Decimal(amount))] for label, amount in rows]


def _joined(what: str, day: str | None, more: str = "") -> str:
    if not what:
        return ""
    return f"{what}{f', {_day(day)}' if day else ''}{f'. {more}' if more else ''}"


def _day(value: str | None) -> str:
    return uk_date(date.fromisoformat(value)) if value else ""


def _render(content: Mapping[str, Any], made_at: datetime) -> bytes:
    return typeset.current().render(PAPER, content, made_at=made_at)
