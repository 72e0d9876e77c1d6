"""What the API takes and gives of enquiries, as the provider that was asked knows them (rule 9)."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from portal.accounts.states import Council
from portal.core.rest.schemas import PageQuery, Strict
from portal.matching import models, queries
from portal.matching.states import CannotReason, DeclineReason, EnquiryState
from portal.vacancies.states import Gender

# The database holds no text with the character NUL.
Words = Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")]


class ChildNeeded(Strict):
    """One child to be placed."""

    age: int
    gender: Gender


class NeedLine(Strict):
    """One need, in words."""

    label: str
    words: str
    is_must: bool | None
    """True for a must-have, false for a preference; null where it goes without saying."""


class Offered(Strict):
    """The place that you offered."""

    carer_reference: str | None
    available_from: date | None
    conditions: str


class TurnedDown(Strict):
    """Why you could not offer a place."""

    reason: CannotReason | None
    words: str


class Decision(Strict):
    """What became of your offer. Nothing in it speaks of another provider."""

    decline_reason: DeclineReason | None
    words: str
    decided_at: datetime | None


class Enquiry(Strict):
    """A council asks whether you have a place."""

    id: uuid.UUID
    reference: str
    council: Council
    state: EnquiryState
    """lapsed also from just after answer_by."""
    is_urgent: bool
    children: list[ChildNeeded]
    placement_type: str
    need_category: str
    summary: str
    needs: list[NeedLine]
    message: str
    sent_at: datetime
    answer_by: datetime
    answered_at: datetime | None
    offer: Offered | None
    cannot: TurnedDown | None
    outcome: Decision | None
    version: int

    @classmethod
    def of(cls, enquiry: models.Enquiry, now: datetime) -> Enquiry:
        """From the row, as it stands now."""
        needs = enquiry.child_needs
        state = shown_state(enquiry, now)
        return cls(
            id=enquiry.id,
            reference=enquiry.reference,
            council=enquiry.council,
            state=state,
            is_urgent=enquiry.is_urgent,
            children=[ChildNeeded(age=child.age, gender=child.gender) for child in needs.children],
            placement_type=needs.placement_type,
            need_category=needs.need_category,
            summary=queries.summary_words(needs),
            needs=[
                NeedLine(label=line.label, words=line.words, is_must=line.is_must)
                for line in queries.list_needs(needs)
            ],
            message=enquiry.message,
            sent_at=enquiry.sent_at,
            answer_by=enquiry.answer_by,
            answered_at=enquiry.answered_at,
            offer=_offer(enquiry),
            cannot=_cannot(enquiry),
            outcome=_outcome(enquiry),
            version=enquiry.version,
        )


def shown_state(enquiry: models.Enquiry, now: datetime) -> EnquiryState:
    """The state on record, but lapsed as soon as its time is over."""
    return EnquiryState.LAPSED if enquiry.has_lapsed(now) else enquiry.state


def _offer(enquiry: models.Enquiry) -> Offered | None:
    if enquiry.available_from is None:
        return None
    return Offered(
        carer_reference=enquiry.vacancy.carer_reference if enquiry.vacancy is not None else None,
        available_from=enquiry.available_from,
        conditions=enquiry.conditions,
    )


def _cannot(enquiry: models.Enquiry) -> TurnedDown | None:
    if enquiry.cannot_reason is None:
        return None
    return TurnedDown(reason=enquiry.cannot_reason, words=enquiry.cannot_words)


def _outcome(enquiry: models.Enquiry) -> Decision | None:
    if enquiry.decided_at is None:
        return None
    return Decision(
        decline_reason=enquiry.decline_reason, words=enquiry.outcome_words, decided_at=enquiry.decided_at
    )


class EnquiryQuery(PageQuery):
    """Which enquiries."""

    state: EnquiryState | None = None
    """sent: those that wait for your answer and can still be given one."""


class EnquiryPage(Strict):
    """Enquiries, newest first."""

    items: list[Enquiry]
    next_cursor: str | None
    """Of the next page; null on the last."""


class Offer(Strict):
    """A place in one of your households."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"carer_reference": "KF-0142", "available_from": "2027-01-11"}]}
    )

    carer_reference: str
    available_from: date
    """From which day the place is free."""
    conditions: Words = ""
    """Such as introductions or transport. Never a name, an address or a date of birth."""
    checked: bool = False
    """Somebody has read the words: what looks like a name in them is none."""


class Cannot(Strict):
    """Why there is no place."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "no_place"}]})

    reason: CannotReason
    words: Words = ""
    """Needed where the reason is other. Never a name, an address or a date of birth."""
    checked: bool = False
    """Somebody has read the words: what looks like a name in them is none."""
