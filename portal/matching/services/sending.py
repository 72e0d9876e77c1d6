"""Asking providers, in the framework's published call-off order: in house first, the framework, spot last."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.accounts.models import Person
from portal.core import audit, clock
from portal.core.access import require
from portal.core.db import check_version, lock, session
from portal.core.errors import Invalid, Refused, on_constraint
from portal.matching import policy, queries
from portal.matching.models import CallOff, Enquiry, Search
from portal.matching.queries import Candidate
from portal.matching.services.closing import require_open
from portal.matching.services.telling import tell_of_enquiry
from portal.matching.services.wording import clean_words, new_reference
from portal.matching.states import EnquiryState, Tier

SHORTEST_NOTICE = timedelta(minutes=15)
LONGEST_NOTICE = timedelta(days=60)

on_constraint(
    "uq_enquiry_standing", "This provider has been asked already, and its answer is awaited or stands."
)


@dataclass(frozen=True)
class Asking:
    """What all the providers of one sending are told. `message` holds nothing that identifies a child."""

    answer_by: datetime
    is_urgent: bool = False
    message: str = ""
    checked: bool = False


def send_enquiries(
    search: Search,
    organisation_ids: Collection[uuid.UUID],
    asking: Asking,
    *,
    narrowed_reason: str = "",
    by: Person,
    seen_version: int | None = None,
) -> Sequence[Enquiry]:
    """Ask framework providers at once; each gets an enquiry of its own and learns of no other (rule 9).

    A placement officer of the council, once the in-house answer is on record. Leaving out a provider that has a
    household that fits needs a reason. Raises `Invalid`, also for a provider suspended since the page was
    shown; `Refused`, `Stale`.
    """
    _begin(search, by, seen_version)
    if queries.find_in_house(search) is None:
        raise Refused("Ask the council’s own fostering service first, and record its answer.")
    candidates = {one.organisation.id: one for one in queries.list_active(search.child_needs, search)}
    chosen = _chosen(candidates, organisation_ids)
    left_out = [
        one for one in candidates.values() if one.is_suitable and not one.was_asked and one not in chosen
    ]
    reason = clean_words(narrowed_reason, field="narrowed_reason", checked=asking.checked)
    if left_out and not reason:
        raise Invalid(
            "Say why these suitable providers are not asked: "
            + ", ".join(one.organisation.name for one in left_out),
            field="narrowed_reason",
        )
    call_off = CallOff(
        search_id=search.id,
        tier=Tier.FRAMEWORK,
        suitable=sum(one.is_suitable for one in candidates.values()),
        asked=len(chosen),
        narrowed_reason=reason if left_out else "",
        spot_reason="",
        sent_by_id=by.id,
        sent_at=clock.locked_now(),
    )
    return _send(search, call_off, chosen, asking, by)


def send_to_spot_providers(
    search: Search,
    organisation_ids: Collection[uuid.UUID],
    asking: Asking,
    *,
    spot_reason: str,
    by: Person,
    seen_version: int | None = None,
) -> Sequence[Enquiry]:
    """Ask providers outside the framework: last, and with a reason that stays on record.

    A placement officer of the council, after framework providers were asked (unless none is in force). As
    `send_enquiries`.
    """
    _begin(search, by, seen_version)
    asked = any(one.tier == Tier.FRAMEWORK for one in queries.list_call_offs(search))
    if not asked and queries.list_active(search.child_needs):
        raise Refused("Ask the framework’s providers first. Spot providers come last.")
    reason = clean_words(spot_reason, field="spot_reason", checked=asking.checked)
    if not reason:
        raise Invalid("Say why spot providers are asked", field="spot_reason")
    chosen = _chosen({one.organisation.id: one for one in queries.list_spot(search)}, organisation_ids)
    call_off = CallOff(
        search_id=search.id,
        tier=Tier.SPOT,
        suitable=0,
        asked=len(chosen),
        narrowed_reason="",
        spot_reason=reason,
        sent_by_id=by.id,
        sent_at=clock.locked_now(),
    )
    return _send(search, call_off, chosen, asking, by)


def _begin(search: Search, by: Person, seen_version: int | None) -> None:
    lock(search)
    check_version(search, seen_version)
    require(policy.can_keep_search(by, search))
    require_open(search)


def _chosen(
    candidates: dict[uuid.UUID, Candidate], organisation_ids: Collection[uuid.UUID]
) -> list[Candidate]:
    wanted = list(dict.fromkeys(organisation_ids))
    if not wanted:
        raise Invalid("Choose at least one provider", field="providers")
    if any(one not in candidates for one in wanted):
        raise Invalid(
            "A provider you chose cannot be asked any more: its agreement is not in force today. Look again"
            " at the list",
            field="providers",
        )
    chosen = [candidates[one] for one in wanted]
    waiting = [one.organisation.name for one in chosen if one.is_waiting]
    if waiting:
        raise Invalid(
            f"Asked already, with an answer awaited or standing: {', '.join(waiting)}", field="providers"
        )
    return chosen


def _send(
    search: Search, call_off: CallOff, chosen: list[Candidate], asking: Asking, by: Person
) -> Sequence[Enquiry]:
    message = clean_words(asking.message, field="message", checked=asking.checked)
    _check_answer_by(asking.answer_by, call_off.sent_at)
    session.add(call_off)
    session.flush()
    made = [
        Enquiry(
            search_id=search.id,
            call_off_id=call_off.id,
            organisation_id=one.organisation.id,
            council=search.council,
            reference=new_reference("E"),
            tier=call_off.tier,
            state=EnquiryState.SENT,
            needs=search.needs,
            message=message,
            is_urgent=asking.is_urgent,
            sent_by_id=by.id,
            sent_at=call_off.sent_at,
            answer_by=asking.answer_by,
        )
        for one in chosen
    ]
    session.add_all(made)
    session.flush()
    for enquiry, one in zip(made, chosen, strict=True):
        audit.record(
            "enquiry.sent", enquiry, by=by, details={"tier": call_off.tier, "urgent": asking.is_urgent}
        )
        tell_of_enquiry(enquiry, one.organisation)
    return made


def _check_answer_by(answer_by: datetime, now: datetime) -> None:
    if answer_by < now + SHORTEST_NOTICE:
        raise Invalid("Give providers at least 15 minutes to answer", field="answer_by")
    if answer_by > now + LONGEST_NOTICE:
        raise Invalid("Ask for an answer within 60 days", field="answer_by")
