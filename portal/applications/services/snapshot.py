"""What a submission holds, as it is kept for good: everything but prices."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from portal.applications import queries
from portal.applications.models import Answer, Application, Evidence
from portal.applications.queries import AskedCell, Progress, SectionProgress
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Question, Section
from portal.frameworks.states import SectionKind

# What is signed where a round's question set brings no words of its own.
DECLARATION = (
    "I declare that, to the best of my knowledge, the answers in this application are true and complete."
    " I understand that a false or misleading answer may exclude the organisation, and that it must say"
    " without delay if anything changes before the decision.\n\n"
    "We offer to provide foster placements on the terms of the framework agreement, at the prices in our"
    " price schedule. I am authorised to sign on behalf of the organisation."
)


def compose_content(application: Application, progress: Progress) -> dict[str, Any]:
    """All that an application says but its fees: sections, questions as asked, answers, files, declaration."""
    declared = declaration_text(frameworks.list_sections(application.round))
    return {
        "application": {"id": str(application.id), "reference": application.reference},
        "round": {"id": str(application.round_id), "title": application.round.title},
        "organisation": _organisation(application),
        "ofsted": queries.ofsted_facts(application),
        "sections": [_section(one, progress.answers) for one in progress.sections],
        "price_cells": [_cell(cell) for cell in progress.schedule.cells],
        "declaration": {
            "signed_by": None if application.declared_by_id is None else str(application.declared_by_id),
            "name": application.declared_name,
            "position": application.declared_position,
            "signed_at": _instant(application.declared_at),
            "text": declared,
        },
    }


def declaration_text(sections: Sequence[Section]) -> str:
    """The declaration of truth and form of tender that is signed in this round."""
    own = (section.guidance for section in sections if section.kind == SectionKind.DECLARATION)
    return next((text for text in own if text.strip()), DECLARATION)


def _organisation(application: Application) -> dict[str, Any]:
    organisation = application.organisation
    return {
        "id": str(organisation.id),
        "legal_name": organisation.legal_name,
        "trading_name": organisation.trading_name,
        "urn": organisation.urn,
        "town": organisation.town,
        "company_number": organisation.company_number,
        "charity_number": organisation.charity_number,
        "standing": organisation.standing.value,
    }


def _section(progress: SectionProgress, answers: Mapping[uuid.UUID, Answer]) -> dict[str, Any]:
    """What is asked as the answers stand: a question that another answer has hidden is no part of it."""
    section = progress.section
    return {
        "id": str(section.id),
        "kind": section.kind.value,
        "title": section.title,
        "questions": [_question(question, answers.get(question.id)) for question in progress.questions],
    }


def _question(question: Question, answer: Answer | None) -> dict[str, Any]:
    return {
        "id": str(question.id),
        "number": question.number,
        "kind": question.kind.value,
        "text": question.text,
        "guidance": question.guidance,
        "word_limit": question.word_limit,
        "pass_fail": question.pass_fail,
        "weight": None if question.weight is None else f"{question.weight:.2f}",
        "answer": None if answer is None else answer.value,
        "obtained_on_award": answer is not None and answer.obtained_on_award,
        "version": 0 if answer is None else answer.version,
        "answered_at": None if answer is None else _instant(answer.answered_at),
        "files": [] if answer is None else [_file(evidence) for evidence in answer.evidence],
    }


def _file(evidence: Evidence) -> dict[str, Any]:
    document = evidence.document
    return {
        "id": str(document.id),
        "name": document.original_name,
        "kind": document.kind.value,
        "size": document.size,
        "sha256": document.sha256,
        "evidence_kind": None if document.evidence_kind is None else document.evidence_kind.value,
        "issued_on": _day(document.issued_on),
        "expires_on": _day(document.expires_on),
        "attached_at": _instant(evidence.created_at),
    }


def _cell(cell: AskedCell) -> dict[str, Any]:
    return {"id": cell.id, "label": cell.label}


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
