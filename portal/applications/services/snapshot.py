"""What a submission holds and how its fingerprint is made: the same input always gives the same SHA-256."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from portal.applications.models import Answer, Application, Evidence
from portal.applications.queries import asks_something
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


def compose_content(
    application: Application, sections: Sequence[Section], answers: Mapping[uuid.UUID, Answer]
) -> dict[str, Any]:
    """All that an application says but prices: sections, questions as asked, answers, files, declaration."""
    return {
        "application": {"id": str(application.id), "reference": application.reference},
        "round": {"id": str(application.round_id), "title": application.round.title},
        "organisation": _organisation(application),
        "sections": [_section(section, answers) for section in sections if asks_something(section)],
        "declaration": {
            "name": application.declared_name,
            "position": application.declared_position,
            "signed_at": _instant(application.declared_at),
            "text": declaration_text(sections),
        },
    }


def fingerprint(content: Mapping[str, Any], prices: Mapping[int, Decimal | None]) -> str:
    """SHA-256, in hexadecimal, of the canonical JSON of `content` and `prices` (None means not offered).

    Canonical: keys sorted, no spaces, UTF-8 as it is, prices in pounds and pence by rising cell id.
    """
    schedule = [
        {"cell_id": cell_id, "weekly_fee": None if fee is None else f"{fee:.2f}"}
        for cell_id, fee in sorted(prices.items())
    ]
    whole = {"content": content, "prices": schedule}
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


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


def _section(section: Section, answers: Mapping[uuid.UUID, Answer]) -> dict[str, Any]:
    return {
        "id": str(section.id),
        "kind": section.kind.value,
        "title": section.title,
        "questions": [_question(question, answers.get(question.id)) for question in section.questions],
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
    }


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
