"""Enquiries from sending to the choice: who may, when, and what each side learns."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from portal.accounts.states import Council, Role
from portal.agreements import services as agreeing
from portal.core import audit, clock, transitions
from portal.core.db import session
from portal.core.errors import Invalid, NotAllowed, Refused, Stale
from portal.matching import jobs, queries, services
from portal.matching.models import CallOff, Enquiry, Placement, Search
from portal.matching.needs import Child, Needs
from portal.matching.services.sending import Asking
from portal.matching.states import (
    CannotReason,
    DeclineReason,
    EnquiryState,
    Funding,
    InHouse,
    KeyServiceLine,
    SearchOutcome,
    Tier,
)
from portal.matching.workflow import ENQUIRY
from portal.notifications.models import Message
from portal.pricing.modifiers import Modifiers
from portal.providers.states import Standing
from portal.vacancies.models import Vacancy
from portal.vacancies.states import Gender, VacancyState
from tests.factories import accounts, agreements, frameworks, matching, pricing, providers, vacancies
from tests.factories.matching import GIRL_OF_8, Member
from tests.support.acting import acting_as, as_worker, travel

E = EnquiryState
LINE, BUDGET = KeyServiceLine.CARE_AND_SUPPORT, Funding.COUNCIL_BUDGET
SIBLINGS = Needs((Child(8, Gender.FEMALE), Child(6, Gender.MALE)), "standard", "standard")


@pytest.fixture
def framework() -> Any:
    pricing.load_lists()
    return frameworks.framework()


@pytest.fixture
def member(framework: Any) -> Member:
    return Member(framework)


@pytest.fixture
def officer() -> Any:
    return matching.officer()


@pytest.fixture
def search(member: Member, officer: Any) -> Search:
    return matching.search(by=officer)


def asking(**changes: Any) -> Asking:
    return Asking(**{"answer_by": clock.now() + timedelta(days=1), **changes})


def as_(person: Any) -> Any:
    """The person whose transactions follow."""
    session.commit()
    acting_as(person)
    return person


def terms(**changes: Any) -> services.Terms:
    usual = {"children": [1], "starts_on": clock.today(), "key_service_line": LINE, "funding": BUDGET}
    return services.Terms(**{**usual, **changes})


def offered(search: Search, member: Member, **columns: Any) -> Enquiry:
    household = columns.pop("vacancy", None) or member.household()
    return matching.enquiry(
        E.OFFERED, search=search, organisation=member.organisation, vacancy=household, **columns
    )


def events(of: Any) -> list[str]:
    session.commit()
    with as_worker():
        found = session.scalars(
            sa.select(audit.AuditEvent.verb).where(audit.AuditEvent.subject_id == of.id)
        ).all()
    return list(found)


# Saving a search


def test_saving_keeps_the_needs_for_the_council(officer: Any) -> None:
    as_(officer)
    needs = Needs(
        (Child(8, Gender.FEMALE),),
        "standard",
        "enhanced",
        wishes={"near": ("ME10", 10), "languages": ("urdu",), "smoke_free": True},
        musts=frozenset({"languages"}),
    )
    made = services.save_search(needs, reference=" LAC-204 ", note="Prefers the coast.", by=officer)
    assert (made.council, made.reference, made.child_needs) == (Council.KENT, "LAC-204", needs)
    assert events(made) == ["search.saved"]


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("Sarah Jones", "a name"),
        ("03/04/2015", "a date of birth"),
        ("14 High Street", "an address"),
        (" ", "own reference"),
    ],
)
def test_rule_10_a_childs_reference_is_never_a_name_a_birthday_or_an_address(
    officer: Any, reference: str, says: str
) -> None:
    as_(officer)
    with pytest.raises(Invalid, match=says):
        services.save_search(GIRL_OF_8, reference=reference, by=officer)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("Her name is Poppy.", "a name"),
        ("Jayden needs a calm home.", "a name"),
        ("Mrs Holloway is the social worker.", "a name"),
        ("She and Tilly Farrow are close.", "a name"),
        ("Lives at 4 Mill Lane now.", "an address"),
        ("Near ME10 2AB.", "an address"),
        ("Born 3/4/2015.", "a date of birth"),
        ("Turns 9 on 14 March 2027", "a date of birth"),
    ],
)
def test_rule_10_free_text_warns_and_whoever_checked_it_may_say_so(
    officer: Any, words: str, says: str
) -> None:
    as_(officer)
    with pytest.raises(Invalid, match=f"This looks like {says}") as raised:
        services.save_search(GIRL_OF_8, reference="LAC-1", note=words, by=officer)
    assert raised.value.field == "note"
    kept = services.save_search(GIRL_OF_8, reference="LAC-1", note=words, by=officer, checked=True)
    assert kept.note == words


@pytest.mark.parametrize(
    "words",
    [
        "",
        "She has a calm temper and likes football.",
        "Attends a school in Medway. Contact twice a week in Canterbury.",
        "Needs to live near Tunbridge Wells, with carers who know Kent County Council’s procedures.",
        "The social worker will bring the child. Ofsted is informed.",
    ],
)
def test_plain_words_about_a_child_are_taken_as_they_are(officer: Any, words: str) -> None:
    as_(officer)
    assert services.save_search(GIRL_OF_8, reference="LAC-1", note=words, by=officer).note == words


# The call-off order


def test_framework_providers_are_asked_once_in_house_carers_were(member: Member, officer: Any) -> None:
    member.household()
    search = matching.search(by=officer, in_house=False)
    as_(officer)
    with pytest.raises(Refused, match="own fostering service first"):
        services.send_enquiries(search, [member.organisation.id], asking(), by=officer)
    services.record_in_house(search, InHouse.NOBODY, note="Asked the duty manager.", by=officer)
    (sent,) = services.send_enquiries(search, [member.organisation.id], asking(), by=officer)
    assert (sent.state, sent.council, sent.tier) == (E.SENT, Council.KENT, Tier.FRAMEWORK)
    assert sent.needs == search.needs
    assert events(sent) == ["enquiry.sent"]


def test_narrowing_needs_a_reason_that_stays_on_record(
    framework: Any, search: Search, member: Member, officer: Any
) -> None:
    member.household()
    other = Member(framework)
    other.household()
    as_(officer)
    with pytest.raises(Invalid, match=f"not asked: {other.organisation.name}") as raised:
        services.send_enquiries(search, [member.organisation.id], asking(), by=officer)
    assert raised.value.field == "narrowed_reason"
    services.send_enquiries(
        search, [member.organisation.id], asking(), narrowed_reason="Too far from contact.", by=officer
    )
    (call_off,) = queries.list_call_offs(search)
    assert (call_off.suitable, call_off.asked, call_off.narrowed_reason) == (2, 1, "Too far from contact.")


def test_a_provider_with_nothing_that_fits_may_be_asked_and_need_not_be(
    framework: Any, search: Search, member: Member, officer: Any
) -> None:
    member.household()
    other = Member(framework)
    as_(officer)
    sent = services.send_enquiries(
        search, [member.organisation.id, other.organisation.id], asking(), by=officer
    )
    assert len(sent) == 2


def test_a_provider_suspended_between_search_and_enquiry_is_not_asked(
    search: Search, member: Member, officer: Any
) -> None:
    member.household()
    as_(officer)
    assert [one.organisation.id for one in queries.list_active(GIRL_OF_8)] == [member.organisation.id]
    manager = as_(accounts.person(Role.CONTRACT_MANAGER))
    agreeing.suspend_agreement(member.agreement, reason="Safeguarding review.", by=manager)
    as_(officer)
    with pytest.raises(Invalid, match="not in force today"):
        services.send_enquiries(search, [member.organisation.id], asking(), by=officer)


def test_nobody_is_asked_twice_while_an_answer_is_awaited(
    search: Search, member: Member, officer: Any
) -> None:
    member.household()
    as_(officer)
    services.send_enquiries(search, [member.organisation.id], asking(), by=officer)
    with pytest.raises(Invalid, match="Asked already"):
        services.send_enquiries(search, [member.organisation.id], asking(), by=officer)


@pytest.mark.parametrize(
    ("wait", "says"), [(timedelta(minutes=5), "15 minutes"), (timedelta(days=90), "60 days")]
)
def test_an_answer_is_asked_for_in_a_sensible_time(
    search: Search, member: Member, officer: Any, wait: timedelta, says: str
) -> None:
    member.household()
    as_(officer)
    with pytest.raises(Invalid, match=says) as raised:
        services.send_enquiries(
            search, [member.organisation.id], asking(answer_by=clock.now() + wait), by=officer
        )
    assert raised.value.field == "answer_by"


def test_spot_providers_come_last_with_a_reason(search: Search, member: Member, officer: Any) -> None:
    member.household()
    spot = providers.organisation(standing=Standing.SPOT_PROVIDER)
    suspended = providers.organisation(standing=Standing.SPOT_PROVIDER)
    agreements.agreement("suspended", organisation=suspended, framework=member.framework)
    as_(officer)
    assert [one.organisation.id for one in queries.list_spot()] == [spot.id]
    with pytest.raises(Refused, match="framework’s providers first"):
        services.send_to_spot_providers(search, [spot.id], asking(), spot_reason="None can.", by=officer)
    services.send_enquiries(search, [member.organisation.id], asking(), by=officer)
    with pytest.raises(Invalid, match="why spot providers"):
        services.send_to_spot_providers(search, [spot.id], asking(), spot_reason=" ", by=officer)
    with pytest.raises(Invalid, match="cannot be asked"):
        services.send_to_spot_providers(search, [suspended.id], asking(), spot_reason="None can.", by=officer)
    (sent,) = services.send_to_spot_providers(
        search, [spot.id], asking(), spot_reason="None can.", by=officer
    )
    assert sent.tier == Tier.SPOT


def test_leads_are_told_and_urgent_ones_also_by_text_out_of_hours(
    framework: Any, search: Search, officer: Any
) -> None:
    member = Member(framework, details={"out_of_hours_mobile": "07700900123"})
    member.household()
    as_(officer)
    (sent,) = services.send_enquiries(
        search, [member.organisation.id], asking(is_urgent=True), narrowed_reason="A bed tonight.", by=officer
    )
    session.commit()
    with as_worker():
        told = session.execute(
            sa.select(Message.recipient, Message.channel, Message.subject, Message.body)
        ).all()
    by_channel = {str(row.channel): row for row in told}
    assert by_channel["email"].recipient == member.lead.email
    assert by_channel["text"].recipient == "07700900123"
    assert f"/enquiries/{sent.id}" in by_channel["text"].body
    assert "URGENT: Kent County Council asks" in by_channel["text"].body
    for row in told:
        assert search.reference not in row.body + row.subject


def test_a_child_placed_in_house_closes_the_search_and_thanks_everybody(
    search: Search, member: Member, officer: Any
) -> None:
    waiting = matching.enquiry(search=search)
    offer = offered(search, member)
    as_(officer)
    services.record_in_house(search, InHouse.PLACED, by=officer)
    assert (search.closed_as, waiting.state, offer.state) == (SearchOutcome.IN_HOUSE, E.LAPSED, E.NOT_CHOSEN)
    assert offer.decline_reason == DeclineReason.NOT_NEEDED
    with pytest.raises(Refused, match="closed"):
        services.send_enquiries(search, [member.organisation.id], asking(), by=officer)


def test_not_found_needs_words_and_no_offer_left_open(search: Search, member: Member, officer: Any) -> None:
    offer = offered(search, member)
    as_(officer)
    with pytest.raises(Invalid, match="could not be found"):
        services.close_search(search, SearchOutcome.NOT_FOUND, by=officer)
    with pytest.raises(Refused, match="Decline the offers first"):
        services.close_search(search, SearchOutcome.NOT_FOUND, words="No solo placement.", by=officer)
    services.decline_offer(offer, DeclineReason.OTHER_CHILDREN, by=officer)
    services.close_search(search, SearchOutcome.NOT_FOUND, words="No solo placement.", by=officer)
    assert search.closed_words == "No solo placement."


# Answers


def test_an_offer_names_a_household_and_a_day_and_tells_who_asked(
    search: Search, member: Member, officer: Any
) -> None:
    household = member.household()
    enquiry = matching.enquiry(search=search, organisation=member.organisation)
    lead = as_(member.lead)
    services.offer_place(
        enquiry, household, available_from=clock.today(), conditions="Two introductions.", by=lead
    )
    assert (enquiry.state, enquiry.vacancy_id, enquiry.conditions) == (
        E.OFFERED,
        household.id,
        "Two introductions.",
    )
    assert enquiry.answered_by_id == lead.id
    session.commit()
    with as_worker():
        (message,) = session.scalars(sa.select(Message)).all()
    assert message.recipient == officer.email
    assert "offers a place" in message.subject


def test_an_answer_may_change_until_the_council_has_decided(
    search: Search, member: Member, officer: Any
) -> None:
    household = member.household()
    enquiry = matching.enquiry(search=search, organisation=member.organisation)
    lead = as_(member.lead)
    services.turn_down(enquiry, reason=CannotReason.NO_PLACE, by=lead)
    first = enquiry.first_answered_at
    travel(timedelta(days=2))  # long past the time asked for: only a first answer is bound to it
    as_(lead)
    services.offer_place(enquiry, household, available_from=clock.today(), by=lead)
    assert (enquiry.state, enquiry.cannot_reason, enquiry.first_answered_at) == (E.OFFERED, None, first)
    as_(officer)
    services.choose_offer(enquiry, terms(), by=officer)
    as_(lead)
    with pytest.raises(Refused):
        services.turn_down(enquiry, reason=CannotReason.NO_PLACE, by=lead)


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"state": "filled"}, "no free place"),
        ({"state": "withdrawn"}, "no free place"),
        ({"other": True}, "your own households"),
    ],
)
def test_only_an_own_household_with_a_free_place_is_offered(
    search: Search, member: Member, columns: dict[str, Any], says: str
) -> None:
    household = vacancies.vacancy() if columns.pop("other", False) else member.household(**columns)
    enquiry = matching.enquiry(search=search, organisation=member.organisation)
    lead = as_(member.lead)
    with pytest.raises(Invalid, match=says):
        services.offer_place(enquiry, household, available_from=clock.today(), by=lead)


def test_another_reason_is_said_in_words(search: Search, member: Member) -> None:
    enquiry = matching.enquiry(search=search, organisation=member.organisation)
    lead = as_(member.lead)
    with pytest.raises(Invalid, match="what the reason is"):
        services.turn_down(enquiry, reason=CannotReason.OTHER, by=lead)


def test_a_suspended_provider_offers_nothing(search: Search, member: Member) -> None:
    household = member.household()
    enquiry = matching.enquiry(search=search, organisation=member.organisation)
    manager = as_(accounts.person(Role.CONTRACT_MANAGER))
    agreeing.suspend_agreement(member.agreement, reason="Safeguarding review.", by=manager)
    lead = as_(member.lead)
    with pytest.raises(Refused, match="agreement is not in force"):
        services.offer_place(enquiry, household, available_from=clock.today(), by=lead)
    services.turn_down(enquiry, reason=CannotReason.OTHER, words="We are suspended.", by=lead)


def test_an_enquiry_lapses_just_after_the_instant_by_the_databases_clock(
    search: Search, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    household = member.household()
    enquiry = matching.enquiry(search=search, organisation=member.organisation)
    lead = as_(member.lead)
    monkeypatch.setattr(clock, "locked_now", lambda: enquiry.answer_by + timedelta(microseconds=1))
    with pytest.raises(Refused, match="has lapsed"):
        services.offer_place(enquiry, household, available_from=clock.today(), by=lead)
    assert enquiry.has_lapsed(enquiry.answer_by + timedelta(microseconds=1))
    assert not enquiry.has_lapsed(enquiry.answer_by)
    monkeypatch.setattr(clock, "locked_now", lambda: enquiry.answer_by)
    with pytest.raises(Refused, match="still be answered"):
        services.lapse_enquiry(enquiry)
    services.offer_place(enquiry, household, available_from=clock.today(), by=lead)
    assert enquiry.state == E.OFFERED


def test_the_job_puts_lapses_on_record_once(search: Search) -> None:
    late_id = matching.enquiry(search=search).id
    timely_id = matching.enquiry(search=search, answer_by=clock.now() + timedelta(days=3)).id
    travel(timedelta(days=1, minutes=1))
    with as_worker():
        jobs.lapse_enquiries()
        jobs.lapse_enquiries()
        assert session.get_one(Enquiry, late_id).state == E.LAPSED
        assert session.get_one(Enquiry, timely_id).state == E.SENT
        assert events(session.get_one(Enquiry, late_id)) == ["enquiry.lapsed"]


# Choosing


def test_choosing_makes_the_placement_at_the_agreed_price_and_takes_the_place(
    framework: Any, search: Search, member: Member, officer: Any
) -> None:
    household = member.household()
    offer = offered(search, member, vacancy=household)
    other = offered(search, Member(framework))
    waiting = matching.enquiry(search=search)
    as_(officer)
    (made,) = services.choose_offer(
        offer, terms(), declines={other.id: (DeclineReason.NEARER, "")}, by=officer
    )
    assert (made.weekly_fee, made.price_version_id) == (Decimal(800), member.version.id)
    assert made.fee_lines == [["Weekly fee", "800.00"]]
    assert (made.council, made.tier, made.child_age) == (Council.KENT, Tier.FRAMEWORK, 8)
    assert (household.state, household.free_places, household.placed_now) == (VacancyState.FILLED, 0, 2)
    assert (offer.state, other.state, other.decline_reason) == (E.CHOSEN, E.NOT_CHOSEN, DeclineReason.NEARER)
    assert (waiting.state, waiting.closed_early_at is not None) == (E.LAPSED, True)
    assert search.closed_as == SearchOutcome.PLACED
    assert events(made) == ["placement.agreed"]
    assert events(offer) == ["enquiry.chosen"]


def test_siblings_together_are_placed_together_each_at_its_own_price(
    framework: Any, member: Member, officer: Any
) -> None:
    fostering = providers.organisation()
    agreements.agreement(framework=framework, organisation=fostering)
    pricing.price_version(
        framework,
        fostering,
        {member.cell.id: Decimal(900)},
        modifiers=Modifiers(sibling_from=2, sibling_percent=Decimal(10)),
    )
    household = vacancies.vacancy(
        organisation=fostering, approved_places=3, placed_now=0, free_places=3, siblings_together=3
    )
    search = matching.search(SIBLINGS, by=officer)
    offer = matching.enquiry(E.OFFERED, search=search, organisation=fostering, vacancy=household)
    as_(officer)
    with pytest.raises(Invalid, match="placed together"):
        services.choose_offer(offer, terms(children=[1]), by=officer)
    session.rollback()
    made = services.choose_offer(offer, terms(children=[1, 2]), by=officer)
    assert [placement.weekly_fee for placement in made] == [Decimal(900), Decimal(810)]
    assert [len(placement.fee_lines) for placement in made] == [1, 2]
    assert (household.state, household.free_places) == (VacancyState.AVAILABLE, 1)


def test_siblings_apart_are_placed_one_by_one_and_the_search_goes_on(
    framework: Any, member: Member, officer: Any
) -> None:
    search = matching.search(Needs(SIBLINGS.children, "standard", "standard", apart=True), by=officer)
    one, two = offered(search, member), offered(search, Member(framework))
    as_(officer)
    services.choose_offer(one, terms(children=[2]), by=officer)
    session.commit()
    assert search.closed_at is None
    with pytest.raises(Refused, match="placed already"):
        services.choose_offer(two, terms(children=[2]), by=officer)
    session.rollback()
    services.choose_offer(two, terms(children=[1]), by=officer)
    assert search.closed_as == SearchOutcome.PLACED


def test_no_placement_without_an_agreed_price(framework: Any, search: Search, officer: Any) -> None:
    offer = offered(search, Member(framework, None))
    as_(officer)
    with pytest.raises(Refused, match="not offered by this provider"):
        services.choose_offer(offer, terms(), by=officer)


@pytest.mark.parametrize("fee", [None, Decimal(0), Decimal("850.505"), Decimal(-5), Decimal(1_000_000)])
def test_a_spot_placement_has_a_fee_of_its_own_and_no_price_version(
    member: Member, search: Search, officer: Any, fee: Decimal | None
) -> None:
    spot = providers.organisation(standing=Standing.SPOT_PROVIDER)
    offer = matching.enquiry(E.OFFERED, search=search, organisation=spot, tier=Tier.SPOT)
    as_(officer)
    with pytest.raises(Invalid, match="weekly fee agreed"):
        services.choose_offer(offer, terms(spot_fee=fee), by=officer)
    session.rollback()
    (made,) = services.choose_offer(offer, terms(spot_fee=Decimal("850.50")), by=officer)
    assert (made.weekly_fee, made.price_version_id, made.tier) == (Decimal("850.50"), None, Tier.SPOT)


def test_terms_that_do_not_fit_are_refused(search: Search, member: Member, officer: Any) -> None:
    later = clock.today() + timedelta(days=7)
    offer = offered(search, member, available_from=later)
    as_(officer)
    with pytest.raises(Invalid, match="offered from") as raised:
        services.choose_offer(offer, terms(), by=officer)
    assert raised.value.field == "starts_on"
    session.rollback()
    with pytest.raises(Invalid, match="asylum placements alone"):
        services.choose_offer(offer, terms(starts_on=later, funding=Funding.UASC_GRANT), by=officer)


def test_a_household_filled_since_the_offer_is_not_chosen(
    search: Search, member: Member, officer: Any
) -> None:
    household = member.household()
    offer = offered(search, member, vacancy=household)
    household.placed_now, household.free_places = 2, 0
    with as_worker():
        session.execute(sa.update(Vacancy).where(Vacancy.id == household.id).values(state="filled"))
    session.commit()
    as_(officer)
    with pytest.raises(Refused, match="no longer has the places"):
        services.choose_offer(offer, terms(), by=officer)


@pytest.mark.parametrize("days", [-1, 3], ids=["hold expired", "held"])
def test_a_held_household_that_was_offered_is_taken(
    search: Search, member: Member, officer: Any, days: int
) -> None:
    household = member.household(state="held", held_until=clock.today() + timedelta(days=days))
    offer = offered(search, member, vacancy=household)
    as_(officer)
    services.choose_offer(offer, terms(), by=officer)
    assert (household.state, household.held_until) == (VacancyState.FILLED, None)


def test_choosing_twice_places_once(search: Search, member: Member, officer: Any) -> None:
    offer = offered(search, member)
    seen = offer.version
    as_(officer)
    services.choose_offer(offer, terms(), by=officer, seen_version=seen)
    session.commit()
    with pytest.raises(Refused, match="closed"):
        services.choose_offer(offer, terms(), by=officer, seen_version=seen)
    session.rollback()
    assert session.execute(sa.select(sa.func.count()).select_from(Placement)).scalar_one() == 1


def test_the_database_refuses_to_place_one_child_twice(search: Search, member: Member) -> None:
    first = matching.enquiry(E.CHOSEN, search=search, organisation=member.organisation)
    second = matching.enquiry(E.CHOSEN, search=search)
    matching.placement("agreed", enquiry=first, version_of_price=member.version)
    ended = matching.placement("ended", enquiry=second, version_of_price=member.version)
    again = {"state": "agreed", "ended_on": None, "ending": None, "end_reason": None}
    with (
        as_worker(),
        pytest.raises(sa.exc.IntegrityError, match="uq_placement_child"),
        session.begin_nested(),
    ):
        session.execute(sa.update(Placement).where(Placement.id == ended.id).values(again))


def test_a_stale_choice_is_refused(search: Search, member: Member, officer: Any) -> None:
    offer = offered(search, member)
    as_(officer)
    with pytest.raises(Stale):
        services.choose_offer(offer, terms(), by=officer, seen_version=offer.version - 1)


def test_a_suspended_provider_is_not_chosen(search: Search, member: Member, officer: Any) -> None:
    offer = offered(search, member)
    manager = as_(accounts.person(Role.CONTRACT_MANAGER))
    agreeing.suspend_agreement(member.agreement, reason="Safeguarding review.", by=manager)
    as_(officer)
    with pytest.raises(Refused, match="not in force"):
        services.choose_offer(offer, terms(), by=officer)


def test_only_offers_for_the_same_child_are_declined_with_it(
    search: Search, member: Member, officer: Any
) -> None:
    offer, elsewhere = offered(search, member), matching.enquiry(E.OFFERED)
    as_(officer)
    with pytest.raises(Invalid, match="same child"):
        services.choose_offer(offer, terms(), declines={elsewhere.id: (DeclineReason.NEARER, "")}, by=officer)


# Every transition, by whom and from which state

KENT, MEDWAY = "Kent’s officer", "Medway’s officer"
LEAD, OTHER_LEAD, ADMINISTRATOR = "the lead", "another provider’s lead", "the administrator"
WHO = [
    KENT,
    MEDWAY,
    LEAD,
    OTHER_LEAD,
    ADMINISTRATOR,
    *sorted(set(Role) - {Role.PLACEMENT_OFFICER, Role.PLACEMENTS_LEAD}),
]
MAY = {
    "offer": ({LEAD}, {E.SENT, E.OFFERED, E.CANNOT}),
    "say_cannot": ({LEAD}, {E.SENT, E.OFFERED, E.CANNOT}),
    "close": ({KENT}, {E.SENT}),
    "choose": ({KENT}, {E.OFFERED}),
    "decline": ({KENT}, {E.OFFERED}),
    "lapse": (set(), set()),
}


def someone(who: str, organisation: Any) -> Any:
    if who in (KENT, MEDWAY):
        return matching.officer(Council.KENT if who == KENT else Council.MEDWAY)
    if who in (LEAD, OTHER_LEAD):
        return accounts.person(
            Role.PLACEMENTS_LEAD, organisation=organisation if who == LEAD else providers.organisation()
        )
    if who == ADMINISTRATOR:
        return accounts.person(Role.PROVIDER_ADMINISTRATOR, organisation=organisation)
    return accounts.person(Role(who), organisation=organisation)


@pytest.mark.parametrize("who", WHO)
def test_each_transition_by_each_role_from_each_state(who: str) -> None:
    organisation = providers.organisation()
    person = someone(who, organisation)
    search = matching.search()
    facts = {"now": clock.now(), "is_open": True, "may_place": True}
    for state in EnquiryState:
        enquiry = matching.enquiry(state, search=search, organisation=organisation)
        with as_worker():
            for name, (people, states) in MAY.items():
                savepoint = session.begin_nested()
                if who in people and state in states:
                    transitions.apply(ENQUIRY, name, enquiry, by=person, facts=facts)
                else:
                    expected = Refused if state not in ENQUIRY[name].source else NotAllowed
                    with pytest.raises(expected):
                        transitions.apply(ENQUIRY, name, enquiry, by=person, facts=facts)
                savepoint.rollback()
                session.expire(enquiry)
        with as_worker():
            # The next enquiry to the same provider must find none standing.
            session.execute(
                sa.update(Enquiry)
                .where(Enquiry.id == enquiry.id, Enquiry.state.in_(("sent", "offered")))
                .values(state="lapsed")
            )
        session.commit()


# What the other council, and other providers, learn


def test_rule_09_the_other_council_and_other_providers_see_nothing_through_the_webs_role(
    member: Member, officer: Any
) -> None:
    search = matching.search(by=officer)
    enquiry = offered(search, member)
    elsewhere = matching.enquiry(search=search)
    placement = matching.placement(
        "agreed",
        enquiry=matching.enquiry(E.CHOSEN, search=search, organisation=member.organisation),
        version_of_price=member.version,
    )

    def seen(person: Any) -> dict[str, set[Any]]:
        as_(person)
        tables = ("search", "in_house_answer", "call_off", "enquiry", "placement")
        return {table: set(session.execute(sa.text(f"SELECT id FROM {table}")).scalars()) for table in tables}

    everything = seen(officer)
    assert {enquiry.id, elsewhere.id} <= everything["enquiry"]
    assert everything["placement"] == {placement.id}
    assert not any(seen(matching.officer(Council.MEDWAY)).values())
    assert not any(seen(accounts.person(Role.EVALUATOR)).values())
    assert not any(seen(None).values())
    assert not any(
        seen(accounts.person(Role.PLACEMENTS_LEAD, organisation=providers.organisation())).values()
    )
    own = seen(member.lead)
    assert (own["search"], own["call_off"], own["in_house_answer"]) == (set(), set(), set())
    assert enquiry.id in own["enquiry"]
    assert elsewhere.id not in own["enquiry"]
    assert own["placement"] == {placement.id}
    manager = seen(accounts.person(Role.CONTRACT_MANAGER))
    assert (manager["placement"], manager["enquiry"]) == ({placement.id}, set())
    assert seen(accounts.person(Role.AUDITOR, council=Council.MEDWAY))["search"] == {search.id}


def test_rule_09_a_reason_for_declining_names_no_other_provider(
    search: Search, member: Member, officer: Any
) -> None:
    offer = offered(search, member)
    rival = providers.organisation(legal_name="Quarry Bank Fostering Ltd", trading_name="Quarry Bank")
    matching.enquiry(search=search, organisation=rival)
    as_(officer)
    for words in ("quarry  bank offered a nearer place.", "QUARRY BANK FOSTERING’s place suits better."):
        with pytest.raises(Invalid, match="other provider"), session.begin_nested():
            services.decline_offer(offer, DeclineReason.OTHER, words=words, by=officer, checked=True)
    own = f"{member.organisation.legal_name} is too far away."
    services.decline_offer(offer, DeclineReason.OTHER, words=own, by=officer, checked=True)


def test_rule_09_a_placement_officer_who_audits_reads_their_own_council_alone(
    search: Search, member: Member
) -> None:
    offered(search, member)
    both = accounts.person(Role.PLACEMENT_OFFICER, Role.AUDITOR, council=Council.MEDWAY)
    as_(both)
    for table in ("search", "enquiry", "placement"):
        assert session.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one() == 0
    assert queries.councils_of(both, Role.PLACEMENT_OFFICER) == {Council.MEDWAY}


def test_rule_13_a_provider_cannot_choose_itself_or_write_a_placement_by_sql(
    search: Search, member: Member, officer: Any
) -> None:
    offer = offered(search, member)
    placement = matching.placement(
        "agreed",
        enquiry=matching.enquiry(E.CHOSEN, organisation=member.organisation),
        version_of_price=member.version,
    )
    forged = (
        "UPDATE enquiry SET state = 'chosen', decided_at = portal_now(), decided_by_id = :by WHERE id = :offer",
        "UPDATE enquiry SET closed_early_at = portal_now() WHERE id = :offer",
        "UPDATE placement SET state = 'live', started_on = starts_on WHERE id = :placement",
    )
    values = {"offer": offer.id, "placement": placement.id}
    as_(member.lead)
    for statement in forged:
        with pytest.raises(ProgrammingError, match="row-level security"), session.begin_nested():
            session.execute(sa.text(statement), {**values, "by": member.lead.id})
    manager = accounts.person(Role.CONTRACT_MANAGER)
    as_(manager)
    with pytest.raises(ProgrammingError, match="row-level security"), session.begin_nested():
        session.execute(sa.text(forged[2]), values)
    as_(officer)
    session.execute(sa.text(forged[2]), values)


def test_the_other_councils_officer_is_refused_by_the_services(search: Search, member: Member) -> None:
    offer = offered(search, member)
    other = matching.officer(Council.MEDWAY)
    with as_worker():  # as though row-level security were not there
        for act in (
            lambda: services.send_enquiries(search, [member.organisation.id], asking(), by=other),
            lambda: services.choose_offer(offer, terms(), by=other),
            lambda: services.decline_offer(offer, DeclineReason.NEARER, by=other),
            lambda: services.close_search(search, SearchOutcome.NOT_NEEDED, by=other),
            lambda: services.record_in_house(search, InHouse.NOBODY, by=other),
        ):
            with pytest.raises(NotAllowed):
                act()


@pytest.mark.parametrize("column", ["needs", "message", "answer_by", "council", "reference"])
def test_what_was_sent_never_changes(column: str) -> None:
    enquiry = matching.enquiry()
    values = {
        "needs": {"children": []},
        "message": "Other words.",
        "answer_by": clock.now(),
        "council": "medway",
        "reference": "E-OTHER",
    }
    with as_worker(), pytest.raises(sa.exc.IntegrityError, match="never change"), session.begin_nested():
        session.execute(sa.update(Enquiry).where(Enquiry.id == enquiry.id).values({column: values[column]}))


def test_a_sending_is_on_record_for_good() -> None:
    call_off = matching.call_off(matching.search())
    with as_worker(), pytest.raises(sa.exc.IntegrityError, match="never change"), session.begin_nested():
        session.execute(sa.update(CallOff).where(CallOff.id == call_off.id).values(narrowed_reason="Other."))


# How quickly providers answer


def test_answer_times_count_working_days_and_leave_out_what_was_not_due(member: Member) -> None:
    now = clock.now()

    def sent(hours_ago: float, answered_after: float | None = None, **columns: Any) -> None:
        sent_at = now - timedelta(hours=hours_ago)
        search = matching.search()
        if answered_after is not None:
            columns |= {
                "answered_at": sent_at + timedelta(hours=answered_after),
                "first_answered_at": sent_at + timedelta(hours=answered_after),
                "cannot_reason": CannotReason.NO_PLACE,
            }
        matching.enquiry(
            E.CANNOT if answered_after is not None else columns.pop("state", E.SENT),
            search=search,
            organisation=member.organisation,
            call_off=matching.call_off(search, sent_at=sent_at),
            **columns,
        )

    sent(300, 2)
    sent(290, 1)
    sent(280, 24 * 8)  # more than one working day, whatever the weekend
    sent(270, state=E.LAPSED, answer_by=now - timedelta(hours=10))
    sent(260, state=E.LAPSED, closed_early_at=now - timedelta(hours=259))
    sent(1)
    as_(accounts.person(Role.CONTRACT_MANAGER, council=Council.MEDWAY))
    today = clock.today()
    times = queries.measure_answers(today - timedelta(days=30), today)[member.organisation.id]
    assert (times.due, times.answered, times.in_time, times.median_hours) == (4, 3, 2, 2.0)
    assert times.percent_in_time == 50
    as_(accounts.person(Role.PLACEMENTS_LEAD, organisation=providers.organisation()))
    assert queries.measure_answers(today - timedelta(days=30), today) == {}
