"""A child's needs on record: saving them, changing them, asking in house first, and looking no longer."""

from __future__ import annotations

from portal.accounts.models import Person
from portal.accounts.states import Council, Role
from portal.core import audit, clock
from portal.core.access import require
from portal.core.db import check_version, lock, session
from portal.core.errors import Invalid, Refused
from portal.matching import policy, queries
from portal.matching.models import InHouseAnswer, Search
from portal.matching.needs import Needs
from portal.matching.services.closing import close_unanswered, decline_all, require_open
from portal.matching.services.wording import clean_child_reference, clean_words
from portal.matching.states import DeclineReason, EnquiryState, InHouse, SearchOutcome


def save_search(needs: Needs, *, reference: str, note: str = "", by: Person, checked: bool = False) -> Search:
    """Keep a child's needs under the council's own reference, for all its placement officers.

    A placement officer, for their own council. Raises `Invalid` for a reference or note that looks like
    somebody's name, an address or a date of birth (rule 10).
    """
    require(policy.can_search(by))
    made = Search(
        council=_council_of(by),
        reference=clean_child_reference(reference),
        needs=needs.as_json(),
        note=clean_words(note, field="note", checked=checked),
        saved_by_id=by.id,
    )
    session.add(made)
    session.flush()
    audit.record("search.saved", made, by=by)
    return made


def change_search(search: Search, needs: Needs, *, by: Person, seen_version: int | None = None) -> None:
    """Other needs than before. What providers were asked stays as it was sent.

    A placement officer of the council. Raises `Refused` once the search is closed or a child is placed, `Stale`.
    """
    lock(search)
    check_version(search, seen_version)
    require(policy.can_keep_search(by, search))
    require_open(search)
    if len(needs.children) != len(search.needs["children"]) and queries.list_children_placed(search):
        raise Refused("A child of this search is placed, so the number of children stays as it is.")
    search.needs = needs.as_json()
    session.flush()
    audit.record("search.changed", search, by=by)


def record_in_house(
    search: Search, answer: InHouse, *, note: str = "", by: Person, checked: bool = False
) -> InHouseAnswer:
    """What the council's own fostering service answered: the first step of the call-off order.

    A placement officer of the council. A child placed in house is looked for no longer: enquiries are closed
    and offers declined as no longer needed. Raises `Invalid`, `Refused`.
    """
    lock(search)
    require(policy.can_keep_search(by, search))
    require_open(search)
    made = InHouseAnswer(
        search_id=search.id,
        answer=answer,
        note=clean_words(note, field="note", checked=checked),
        recorded_by_id=by.id,
        recorded_at=clock.locked_now(),
    )
    session.add(made)
    session.flush()
    audit.record("search.asked_in_house", search, by=by, details={"answer": answer})
    if answer == InHouse.PLACED:
        _close(search, SearchOutcome.IN_HOUSE, "", by)
    return made


def close_search(
    search: Search,
    outcome: SearchOutcome,
    *,
    words: str = "",
    by: Person,
    seen_version: int | None = None,
    checked: bool = False,
) -> None:
    """Look no longer. Waiting enquiries are closed and offers declined as no longer needed; providers are told.

    A placement officer of the council. That nothing suitable was found needs the reason in words, and no offer
    may stand then. Raises `Invalid`, `Refused`, `Stale`.
    """
    lock(search)
    check_version(search, seen_version)
    require(policy.can_keep_search(by, search))
    require_open(search)
    reason = clean_words(words, field="words", checked=checked)
    if outcome == SearchOutcome.NOT_FOUND:
        if not reason:
            raise Invalid("Say what could not be found: it shows which places are missing", field="words")
        if any(enquiry.state == EnquiryState.OFFERED for enquiry in queries.list_enquiries_of(search)):
            raise Refused("Decline the offers first, each with its reason.")
    _close(search, outcome, reason, by)


def _close(search: Search, outcome: SearchOutcome, words: str, by: Person) -> None:
    decline_all(search, DeclineReason.NOT_NEEDED, by=by)
    close_unanswered(search, by=by)
    search.closed_at = clock.locked_now()
    search.closed_as, search.closed_words = outcome, words
    session.flush()
    audit.record("search.closed", search, by=by, details={"as": outcome})


def _council_of(by: Person) -> Council:
    grant = next(grant for grant in by.grants if grant.role == Role.PLACEMENT_OFFICER)
    assert grant.council is not None, "a placement officer works for a council"
    return grant.council
