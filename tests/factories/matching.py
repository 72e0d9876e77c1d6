"""Searches, enquiries in any state and placements. References are made up; nobody is named."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from portal.accounts.states import Council, Role
from portal.core import clock
from portal.matching.models import CallOff, Enquiry, InHouseAnswer, Placement, Search
from portal.matching.needs import Child, Needs
from portal.matching.services.wording import new_reference
from portal.matching.states import (
    CannotReason,
    DeclineReason,
    Ending,
    EndReason,
    EnquiryState,
    Funding,
    InHouse,
    KeyServiceLine,
    PlacementState,
    SearchOutcome,
    Tier,
)
from portal.vacancies.states import Gender
from tests.factories import accounts, agreements, frameworks, pricing, providers, vacancies
from tests.support.acting import save

_numbers = count(1)

GIRL_OF_8 = Needs((Child(8, Gender.FEMALE),), "standard", "standard")
E, P = EnquiryState, PlacementState


def officer(council: Council = Council.KENT) -> Any:
    """A placement officer of one council."""
    return accounts.person(Role.PLACEMENT_OFFICER, council=council)


def search(
    needs: Needs = GIRL_OF_8, *, council: Council = Council.KENT, in_house: bool = True, **columns: Any
) -> Search:
    """A saved search for which the in-house answer, "nobody", is on record."""
    by = columns.pop("by", None) or officer(council)
    defaults: dict[str, Any] = {
        "council": council,
        "reference": f"LAC-{next(_numbers):05d}",
        "needs": needs.as_json(),
        "note": "",
        "saved_by_id": by.id,
    }
    made = save(Search(**{**defaults, **columns}))
    if in_house:
        save(
            InHouseAnswer(
                search_id=made.id, answer=InHouse.NOBODY, recorded_by_id=by.id, recorded_at=clock.now()
            )
        )
    return made


def closed_search(outcome: SearchOutcome = SearchOutcome.NOT_NEEDED, **columns: Any) -> Search:
    """A search that is closed."""
    return search(closed_at=clock.now(), closed_as=outcome, **columns)


def call_off(search: Search, tier: Tier = Tier.FRAMEWORK, **columns: Any) -> CallOff:
    """One sending of enquiries."""
    defaults: dict[str, Any] = {
        "search_id": search.id,
        "tier": tier,
        "suitable": 1,
        "asked": 1,
        "spot_reason": "No framework provider can." if tier == Tier.SPOT else "",
        "sent_by_id": search.saved_by_id,
        "sent_at": clock.now() - timedelta(hours=1),
    }
    return save(CallOff(**{**defaults, **columns}))


def enquiry(state: EnquiryState | str = E.SENT, **columns: Any) -> Enquiry:
    """An enquiry to one provider, sent an hour ago, to be answered tomorrow.

    `search`, `organisation` and `vacancy` (for those offered) are made unless they are given.
    """
    state = EnquiryState(state)
    of = columns.pop("search", None) or search()
    tier = columns.get("tier", Tier.FRAMEWORK)
    organisation = columns.pop("organisation", None) or providers.organisation()
    sending = columns.pop("call_off", None) or call_off(of, tier)
    now = clock.now()
    defaults: dict[str, Any] = {
        "search_id": of.id,
        "call_off_id": sending.id,
        "organisation_id": organisation.id,
        "council": of.council,
        "reference": new_reference("E"),
        "tier": tier,
        "state": state,
        "needs": of.needs,
        "sent_by_id": of.saved_by_id,
        "sent_at": sending.sent_at,
        "answer_by": now + timedelta(days=1) if state != E.LAPSED else now - timedelta(minutes=5),
    }
    if state in (E.OFFERED, E.CHOSEN, E.NOT_CHOSEN):
        household = columns.pop("vacancy", None) or vacancies.vacancy(organisation=organisation)
        defaults |= {"vacancy_id": household.id, "available_from": clock.today()}
    if state == E.CANNOT:
        defaults["cannot_reason"] = CannotReason.NO_PLACE
    if state in (E.OFFERED, E.CANNOT, E.CHOSEN, E.NOT_CHOSEN):
        defaults |= {"answered_at": now, "first_answered_at": now}
    if state in (E.CHOSEN, E.NOT_CHOSEN):
        defaults |= {"decided_at": now, "decided_by_id": of.saved_by_id}
    if state == E.NOT_CHOSEN:
        defaults["decline_reason"] = DeclineReason.BETTER_MATCH
    return save(Enquiry(**{**defaults, **columns}))


def placement(state: PlacementState | str = P.LIVE, **columns: Any) -> Placement:
    """A framework placement of a child of 8; `enquiry`, chosen, is made unless it is given."""
    state = PlacementState(state)
    council = columns.get("council", Council.KENT)
    of = columns.pop("enquiry", None) or enquiry(
        E.CHOSEN, search=search(council=council), organisation=columns.pop("organisation", None)
    )
    version = columns.pop("version_of_price", None) or _price_version(of)
    today = clock.today()
    defaults: dict[str, Any] = {
        "search_id": of.search_id,
        "enquiry_id": of.id,
        "council": of.council,
        "organisation_id": of.organisation_id,
        "vacancy_id": of.vacancy_id,
        "reference": new_reference("P"),
        "child_number": 1,
        "child_age": 8,
        "placement_type": "standard",
        "need_category": "standard",
        "state": state,
        "tier": Tier.FRAMEWORK,
        "key_service_line": KeyServiceLine.CARE_AND_SUPPORT,
        "funding": Funding.COUNCIL_BUDGET,
        "price_version_id": version.id,
        "weekly_fee": Decimal("800.00"),
        "fee_lines": [["Weekly fee", "800.00"]],
        "starts_on": today - timedelta(days=10),
        "agreed_at": clock.now() - timedelta(days=12),
        "agreed_by_id": of.decided_by_id,
        "started_on": None if state == P.AGREED else today - timedelta(days=10),
    }
    if state == P.ENDED:
        defaults |= {"ended_on": today, "ending": Ending.PLANNED, "end_reason": EndReason.HOME}
    return save(Placement(**{**defaults, **columns}))


def _price_version(of: Enquiry) -> Any:
    cell = pricing.cell()
    organisation = of.organisation
    return pricing.price_version(frameworks.framework(), organisation, {cell.id: Decimal(800)})


class Member:
    """A provider in the framework with a price for a child of 5 to 10, a placements lead, and its households."""

    def __init__(
        self, framework: Any, fee: Decimal | None = Decimal(800), state: str = "active", **columns: Any
    ) -> None:
        self.framework = framework
        self.organisation = providers.organisation(**columns.pop("details", {}))
        self.agreement = agreements.agreement(
            state, framework=framework, organisation=self.organisation, **columns
        )
        self.cell = pricing.cell()
        self.version = pricing.price_version(framework, self.organisation, {self.cell.id: fee})
        self.lead = accounts.person(Role.PLACEMENTS_LEAD, organisation=self.organisation)

    def household(self, **columns: Any) -> Any:
        return vacancies.vacancy(organisation=self.organisation, **columns)
