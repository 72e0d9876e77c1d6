"""Choosing an offer, which makes the placement and takes the places; declining the others, each with its reason."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portal.accounts.models import Person
from portal.core import audit, clock, transitions
from portal.core.db import lock, session
from portal.core.errors import Invalid, Refused, on_constraint
from portal.core.ui import uk_date
from portal.matching import queries
from portal.matching.models import Enquiry, Placement, Search
from portal.matching.needs import Child
from portal.matching.services.closing import close_unanswered, decline, require_open
from portal.matching.services.telling import tell_outcome
from portal.matching.services.wording import clean_words, new_reference
from portal.matching.states import DeclineReason, Funding, KeyServiceLine, SearchOutcome, Tier
from portal.matching.workflow import ENQUIRY
from portal.vacancies.models import Vacancy
from portal.vacancies.services import take_places

PENNY = Decimal("0.01")
HIGHEST_FEE = Decimal(20000)

on_constraint(
    "uq_placement_child", "This child has been placed already: a colleague chose an offer before you."
)


@dataclass(frozen=True)
class Terms:
    """On what terms children are placed. `children`: their numbers in the search, from 1.

    `spot_fee` is the weekly fee for each child agreed with a spot provider; a framework provider's is on record.
    """

    children: Sequence[int]
    starts_on: date
    key_service_line: KeyServiceLine
    funding: Funding
    spot_fee: Decimal | None = None


@dataclass(frozen=True)
class Priced:
    """One child's weekly fee with its lines, and the price version it is from (none on the spot)."""

    child: Child
    version_id: uuid.UUID | None
    weekly: Decimal
    lines: list[tuple[str, Decimal]]


def choose_offer(
    enquiry: Enquiry,
    terms: Terms,
    *,
    declines: Mapping[uuid.UUID, tuple[DeclineReason, str]] | None = None,
    by: Person,
    seen_version: int | None = None,
    checked: bool = False,
) -> Sequence[Placement]:
    """Choose an offer: each child is placed at the price agreed for that day, and the household's places are taken.

    A placement officer of the council. `declines` are other offers of the search to decline in the same breath.
    Once every child is placed, the search is closed and enquiries still unanswered are ended. Whoever comes
    second, of two officers or of two clicks, is refused. Raises `Invalid`, `Refused`, `Stale`.
    """
    search = session.get_one(Search, enquiry.search_id)
    lock(search)
    require_open(search)
    lock(enquiry)
    facts = {
        "is_open": queries.is_still_looked_for(enquiry),
        "may_place": queries.may_place_with(enquiry),
    }
    transitions.apply(ENQUIRY, "choose", enquiry, by=by, seen_version=seen_version, facts=facts)
    enquiry.decided_at, enquiry.decided_by_id = clock.locked_now(), by.id
    numbers = _children(search, enquiry, terms)
    _check_terms(enquiry, terms)
    made = _place(search, enquiry, terms, numbers, by)
    for other_id, (reason, words) in (declines or {}).items():
        other = _other(search, other_id)
        decline(other, reason, _explained(reason, words, checked), by=by)
    if len(queries.list_children_placed(search)) == len(search.needs["children"]):
        close_unanswered(search, by=by)
        search.closed_at, search.closed_as = enquiry.decided_at, SearchOutcome.PLACED
        audit.record("search.closed", search, by=by, details={"as": SearchOutcome.PLACED})
    session.flush()
    tell_outcome(enquiry)
    return made


def decline_offer(
    enquiry: Enquiry,
    reason: DeclineReason,
    *,
    words: str = "",
    by: Person,
    seen_version: int | None = None,
    checked: bool = False,
) -> None:
    """Do not choose an offer; its provider reads the reason, which says nothing of any other provider (rule 9).

    A placement officer of the council. Another reason must be said in words. Raises `Invalid`, `Refused`, `Stale`.
    """
    lock(session.get_one(Search, enquiry.search_id))
    lock(enquiry)
    if seen_version is not None and enquiry.version != seen_version:
        raise Refused("This offer has changed since you opened it. Read it again.")
    decline(enquiry, reason, _explained(reason, words, checked), by=by)


def _explained(reason: DeclineReason, words: str, checked: bool) -> str:
    explained = clean_words(words, field="words", checked=checked)
    if reason == DeclineReason.OTHER and not explained:
        raise Invalid("Say what the reason is", field="words")
    return explained


def _other(search: Search, other_id: uuid.UUID) -> Enquiry:
    other = session.get(Enquiry, other_id)
    if other is None or other.search_id != search.id:
        raise Invalid("Only offers for the same child can be declined with it", field="declines")
    lock(other)
    return other


def _children(search: Search, enquiry: Enquiry, terms: Terms) -> list[int]:
    known = enquiry.child_needs.children
    placed = queries.list_children_placed(search)
    numbers = sorted(set(terms.children))
    if not numbers or any(not 1 <= number <= len(known) for number in numbers):
        raise Invalid("Choose which children this place is for", field="children")
    if any(number in placed for number in numbers):
        raise Refused("This child has been placed already: a colleague chose an offer before you.")
    if not enquiry.child_needs.apart and len(numbers) != len(known) - len(placed):
        raise Invalid("These brothers and sisters are to be placed together", field="children")
    return numbers


def _check_terms(enquiry: Enquiry, terms: Terms) -> None:
    assert enquiry.available_from is not None, "an offer says from when"
    if terms.starts_on < enquiry.available_from:
        raise Invalid(f"The place is offered from {uk_date(enquiry.available_from)}", field="starts_on")
    if terms.funding == Funding.UASC_GRANT and terms.key_service_line != KeyServiceLine.ASYLUM:
        raise Invalid("The Home Office grant pays for asylum placements alone", field="funding")


def _place(search: Search, enquiry: Enquiry, terms: Terms, numbers: list[int], by: Person) -> list[Placement]:
    vacancy = session.get_one(Vacancy, enquiry.vacancy_id)
    take_places(vacancy, len(numbers), by=by)
    made = [
        Placement(
            search_id=search.id,
            enquiry_id=enquiry.id,
            council=search.council,
            organisation_id=enquiry.organisation_id,
            vacancy_id=vacancy.id,
            reference=new_reference("P"),
            child_number=number,
            child_age=priced.child.age,
            placement_type=enquiry.needs["placement_type"],
            need_category=enquiry.needs["need_category"],
            tier=enquiry.tier,
            key_service_line=terms.key_service_line,
            funding=terms.funding,
            price_version_id=priced.version_id,
            weekly_fee=priced.weekly,
            fee_lines=[[words, str(amount)] for words, amount in priced.lines],
            starts_on=terms.starts_on,
            agreed_at=enquiry.decided_at,
            agreed_by_id=by.id,
        )
        for number, priced in _priced(enquiry, terms, numbers)
    ]
    session.add_all(made)
    session.flush()
    for placement in made:
        audit.record("placement.agreed", placement, by=by, details={"enquiry_id": enquiry.id})
    return made


def _priced(enquiry: Enquiry, terms: Terms, numbers: list[int]) -> list[tuple[int, Priced]]:
    children = enquiry.child_needs.children
    if enquiry.tier == Tier.SPOT:
        fee = _spot_fee(terms.spot_fee)
        return [
            (
                number,
                Priced(children[number - 1], None, fee, [("Weekly fee, agreed for this placement", fee)]),
            )
            for number in numbers
        ]
    return [(number, _agreed(enquiry, terms.starts_on, number)) for number in numbers]


def _spot_fee(fee: Decimal | None) -> Decimal:
    if fee is None or fee != fee.quantize(PENNY) or not 0 < fee <= HIGHEST_FEE:
        raise Invalid(
            "Enter the weekly fee agreed with the provider, such as 850 or 850.50", field="spot_fee"
        )
    return fee


def _agreed(enquiry: Enquiry, day: date, number: int) -> Priced:
    framework = queries.get_framework_on(day)
    needs = enquiry.child_needs
    fees = queries.fees_of(framework.id, [enquiry.organisation_id], needs, day)
    one = fees[enquiry.organisation_id].children[number - 1]
    cell = queries.find_cells(needs)[number - 1]
    if one.price is None or cell is None:
        raise Refused(
            f"No placement can be made at an agreed price: {one.note[0].lower()}{one.note[1:]}. Ask the"
            " contract manager."
        )
    version = queries.find_price_version(framework.id, enquiry.organisation_id, cell, day)
    return Priced(one.child, version, one.price.weekly, one.price.lines)
