"""What ends enquiries from the council's side: declined offers, and questions nobody needs answered any more."""

from __future__ import annotations

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.core import clock, transitions
from portal.core.db import session
from portal.core.errors import Invalid, Refused
from portal.core.identifying import says_name
from portal.matching import queries
from portal.matching.models import Enquiry, Search
from portal.matching.services.telling import tell_outcome
from portal.matching.states import DeclineReason, EnquiryState
from portal.matching.workflow import ENQUIRY


def require_open(search: Search) -> None:
    """Raise `Refused` once no place is looked for any more."""
    if search.closed_at is not None:
        raise Refused("This search is closed.")


def decline(enquiry: Enquiry, reason: DeclineReason, words: str, *, by: Person) -> None:
    """One offer was not chosen; its provider is told why. Raises `Invalid` where that names another (rule 9)."""
    if words and any(says_name(words, name) for name in queries.list_names_of_others_asked(enquiry)):
        raise Invalid("Take the other provider’s name out: this is shown to another one", field="words")
    transitions.apply(ENQUIRY, "decline", enquiry, by=by)
    enquiry.decline_reason, enquiry.outcome_words = reason, words
    enquiry.decided_at, enquiry.decided_by_id = clock.locked_now(), by.id
    session.flush()
    tell_outcome(enquiry)


def decline_all(search: Search, reason: DeclineReason, *, by: Person) -> None:
    """Every offer that stands was not chosen, for one reason."""
    for enquiry in _in_state(search, EnquiryState.OFFERED):
        decline(enquiry, reason, "", by=by)


def close_unanswered(search: Search, *, by: Person) -> None:
    """Nobody needs the answers still awaited: their providers are told to look no further."""
    for enquiry in _in_state(search, EnquiryState.SENT):
        transitions.apply(ENQUIRY, "close", enquiry, by=by)
        enquiry.closed_early_at = clock.locked_now()
        session.flush()
        tell_outcome(enquiry)


def _in_state(search: Search, state: EnquiryState) -> list[Enquiry]:
    # In one order for everybody, so that two people who end the same search never wait for each other's rows.
    return list(
        session.scalars(
            sa.select(Enquiry)
            .where(Enquiry.search_id == search.id, Enquiry.state == state)
            .order_by(Enquiry.id)
        )
    )
