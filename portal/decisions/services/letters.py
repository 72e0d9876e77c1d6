"""The letters of the notices: previewed before they are sent, typeset as tagged PDF, kept with their fingerprint."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from portal.accounts.models import Person
from portal.adapters import storage, typeset
from portal.applications.models import Application
from portal.core import clock
from portal.core.access import require
from portal.core.db import lock, session
from portal.core.errors import NotFound
from portal.core.ui import uk_date
from portal.decisions import policy, queries
from portal.decisions.models import DecisionLetter, DecisionNotice, LetterPreview
from portal.decisions.services.contents import notice_contents
from portal.decisions.services.notices import expected_end
from portal.decisions.standstill import in_words
from portal.decisions.states import Outcome
from portal.frameworks.models import Round
from portal.frameworks.states import Regime

LETTER = "letters/notice.typ"


def preview_letters(round_: Round, *, by: Person, application_id: uuid.UUID | None = None) -> bytes:
    """The letters as they would be sent today, one applicant's or everybody's, as one PDF; noted as looked at.

    A commissioner, once the round is decided and before the notices are sent. Raises `NotAllowed`, `NotFound`.
    """
    drafts = draft_contents(round_, by=by)
    if application_id is not None:
        drafts = [one for one in drafts if one[0].id == application_id]
    if not drafts:
        raise NotFound
    moment = clock.now()
    letters = [letter(application, content, moment) for application, content in drafts]
    made = _typeset(letters, moment, title=f"Preview of letters, {round_.title}")
    note_previewed(round_, [application for application, _ in drafts], by=by)
    return made


def draft_contents(round_: Round, *, by: Person) -> list[tuple[Application, dict[str, Any]]]:
    """What each notice would say if it were sent today."""
    require(policy.can_preview(by, round_))
    applications = queries.list_standing(round_)
    return notice_contents(round_, applications, expected_end(round_, applications, clock.now()))


def note_previewed(round_: Round, applications: Sequence[Application], *, by: Person) -> None:
    """Somebody looked at these letters. Looking twice counts once."""
    require(policy.can_preview(by, round_))
    lock(round_)
    seen = queries.list_previews(round_)
    session.add_all(
        LetterPreview(application_id=one.id, previewed_by_id=by.id, previewed_at=clock.now())
        for one in applications
        if one.id not in seen
    )
    session.flush()


def typeset_letter(notice: DecisionNotice) -> DecisionLetter:
    """Typeset one notice's letter and keep it; the second call returns the first's. By a job."""
    lock(notice)
    found = queries.find_letter(notice)
    if found is not None:
        return found
    content = render_letter(notice)
    made = DecisionLetter(
        notice_id=notice.id,
        stored_name=f"{storage.LETTERS}{uuid.uuid4().hex}",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        typeset_at=clock.now(),
    )
    storage.current().write(made.stored_name, [content])
    session.add(made)
    session.flush()
    return made


def read_letter(notice: DecisionNotice) -> bytes:
    """The letter as it was kept; the same, typeset now, for whoever asks before the job has come to it."""
    kept = queries.find_letter(notice)
    return b"".join(storage.opened(kept.stored_name)) if kept is not None else render_letter(notice)


def render_letter(notice: DecisionNotice) -> bytes:
    """The letter of a notice as a tagged PDF: the same bytes whenever it is made."""
    one = letter(notice.application, notice.content, notice.sent_at)
    return _typeset([one], notice.sent_at, title=f"{one['kind']}, {one['reference']}")


def letter(application: Application, content: Mapping[str, Any], sent_at: datetime) -> dict[str, Any]:
    """What the letter's template shows: plain words, every figure as text."""
    organisation = application.organisation
    summary = content["regime"] == Regime.PA2023
    return {
        "kind": "Assessment summary" if summary else "Decision notice",
        "basis": "section 50 of the Procurement Act 2023"
        if summary
        else "regulation 86 of the Public Contracts Regulations 2015",
        "organisation": organisation.legal_name,
        "address": f"{organisation.registered_office}\n{organisation.town}\n{organisation.postcode}",
        "urn": organisation.urn or "",
        "reference": application.reference,
        "round": application.round.title,
        "framework": application.round.framework.title,
        "sent": uk_date(sent_at),
        "is_admitted": content["outcome"] == Outcome.ADMIT,
        "standstill": standstill_words(content),
        **_own(content),
        **_common(content),
    }


def standstill_words(content: Mapping[str, Any]) -> str:
    """When standstill ends, or what it waits for, and what might change that: regulation 86(2)(d)."""
    if content["standstill_ends_at"] is None:
        days = content["standstill_days"]
        if not days:
            return "No standstill is observed after the contract award notice."
        return (
            f"A voluntary standstill of {days} working days begins with the day on which the contract award"
            " notice is published. No agreement is entered into before it has ended."
        )
    ends = in_words(datetime.fromisoformat(content["standstill_ends_at"]))
    return (
        f"Standstill ends at {ends}, UK time. No agreement is entered into before then. It ends later only if the"
        " councils extend it, or if a claim form of which they are told prevents them from going on."
    )


def _own(content: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "reason": content["reason"],
        "is_compliant": content["is_compliant"],
        "shortfalls": content.get("shortfalls", []),
        "quality": content.get("quality") or "",
        "price": content.get("price") or "",
        "total": content.get("total") or "",
        "rank": str(content.get("rank") or ""),
        "scores": [
            {key: str(one[key]) for key in ("number", "text", "score", "points", "reason")}
            | {"weight": f"{float(one['weight']):g}"}
            for one in content.get("scores", [])
        ],
    }


def _common(content: Mapping[str, Any]) -> dict[str, Any]:
    criteria = content["criteria"]
    limit = f" ({criteria['admit_at_most']})" if criteria["admit_at_most"] else ""
    return {
        "admitted": [
            {
                "name": one["name"],
                "place": one["town"] + (f", URN {one['urn']}" if one["urn"] else ""),
                "quality": one["quality"],
                "price": one["price"] or "",
                "total": one["total"] or "",
                "advantages": one["advantages"],
            }
            for one in content["admitted"]
        ],
        "quality_weight": f"{float(criteria['quality_weight']):g}",
        "price_weight": f"{float(criteria['price_weight']):g}",
        "quality_minimum": f"{float(criteria['quality_minimum']):g}",
        "rule": criteria["admission_rule"].lower() + limit,
        "rules": criteria["rules"],
    }


def _typeset(letters: Sequence[Mapping[str, Any]], moment: datetime, *, title: str) -> bytes:
    return typeset.current().render(LETTER, {"title": title, "letters": list(letters)}, made_at=moment)
