"""What waits for someone who acts for fostering agencies.

The number of statements does not depend on how many agencies, rounds or applications there are.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.agreements.models import Agreement, PriceReview
from portal.agreements.queries import (
    Window,
    get_terms,
    list_awaiting_signature,
    list_in_force,
    list_reviews,
)
from portal.agreements.states import UNDER_REVIEW, PriceReviewState
from portal.applications import policy as applying
from portal.applications.models import ClarificationRequest
from portal.applications.queries import survey_of
from portal.applications.states import ApplicationState
from portal.core import clock
from portal.core.db import session
from portal.core.ui import uk_date
from portal.frameworks.models import ClarificationNote, Round
from portal.frameworks.queries import is_accepting, list_open_rounds
from portal.home.queries import applications, clarifications
from portal.home.queries.todo import Note, Part, Todo
from portal.matching.queries import list_to_answer
from portal.providers.models import JoinRequest, Organisation
from portal.providers.states import OrganisationState
from portal.vacancies.models import Vacancy
from portal.vacancies.queries import fresh_since
from portal.vacancies.states import OPEN

APPLYING = (Role.PROVIDER_ADMINISTRATOR, Role.BID_WRITER, Role.FINANCE_LEAD)
WAITS = {
    PriceReviewState.REQUESTED: "waits to be analysed",
    PriceReviewState.ANALYSED: "waits for Finance’s check",
    PriceReviewState.FUNDED: "waits for a recommendation",
    PriceReviewState.RECOMMENDED: "waits for a decision",
}
NOTHING = "Nothing needs doing now. We send an email when something does."


@dataclass(frozen=True)
class Waiting:
    """How many of an agency's households want confirming, and how many people ask to be let in."""

    unconfirmed: int
    asking: int


@dataclass(frozen=True)
class Known:
    """Everything the start page knows of a person's agencies, by agency."""

    open_rounds: Sequence[Round]
    applied: dict[uuid.UUID, list[applications.Applied]]
    missing: dict[uuid.UUID, int]
    to_sign: Sequence[Agreement]
    news: dict[uuid.UUID, list[ClarificationNote]]
    requests: dict[uuid.UUID, list[ClarificationRequest]]
    waiting: dict[uuid.UUID, Waiting]
    enquiries: dict[uuid.UUID, tuple[int, datetime]]
    reviews: Sequence[PriceReview]
    members: Sequence[Agreement]
    windows: dict[uuid.UUID, Window]


def list_provider_parts(person: Person) -> list[Part]:
    """One part for each agency the person acts for, in the order in which they were let in."""
    waiting = _list_organisations(person.organisation_ids)
    organisations = {organisation.id: organisation for organisation in waiting}
    if not organisations:
        return [_without_agency()] if not person.is_council else []
    known = _gather(person, {organisation.id: counts for organisation, counts in waiting.items()})
    return [_part(person, organisations[of], known) for of in person.organisation_ids if of in organisations]


def _without_agency() -> Part:
    find = Todo(
        "Find your agency",
        "providers.find",
        text="Look it up in Ofsted’s register by its URN or name. If a colleague has registered it already,"
        " we ask them to let you in.",
    )
    return Part("Register your agency", NOTHING, [find])


def _part(person: Person, organisation: Organisation, known: Known) -> Part:
    todos: list[Todo] = []
    if person.acts_for(organisation.id, *APPLYING):
        todos += _on_applications(person, organisation, known)
    if person.acts_for(organisation.id, Role.PROVIDER_ADMINISTRATOR):
        todos += [
            _on_agreement(agreement)
            for agreement in known.to_sign
            if agreement.organisation_id == organisation.id
        ]
        todos += _on_colleagues(organisation, known.waiting[organisation.id].asking)
    if organisation.id in known.enquiries:
        todos.append(_on_enquiries(*known.enquiries[organisation.id]))
    if person.acts_for(organisation.id, Role.PLACEMENTS_LEAD):
        todos += _on_vacancies(organisation, known.waiting[organisation.id].unconfirmed)
    if person.acts_for(organisation.id, Role.FINANCE_LEAD):
        todos += _on_prices(organisation, known)
    urn = f"URN {organisation.urn}, " if organisation.urn else ""
    notes = [*_standing(organisation), *_deadlines(person, organisation, known)]
    return Part(f"{organisation.name} ({urn}{organisation.town})", NOTHING, todos, notes, agency=organisation)


def _deadlines(person: Person, organisation: Organisation, known: Known) -> list[Note]:
    if not person.acts_for(organisation.id, *APPLYING):
        return []
    now = clock.now()
    notes = (
        applications.on_deadline(one, known.missing.get(one.application.id, 0), now)
        for one in known.applied[organisation.id]
    )
    return [note for note in notes if note is not None]


def _standing(organisation: Organisation) -> list[Note]:
    if organisation.state == OrganisationState.REGISTERED:
        text = "A council officer is checking your registration. You can prepare an application meanwhile."
        return [Note(text, "Awaiting verification")]
    if organisation.state == OrganisationState.REFUSED:
        return [Note(organisation.decision_reason or "", "Your registration was not verified", "warning")]
    return []


def _on_applications(person: Person, organisation: Organisation, known: Known) -> list[Todo]:
    applied = known.applied[organisation.id]
    rounds_applied_to = {one.round.id for one in applied}
    open_rounds = known.open_rounds if applying.can_start(person, organisation) else []
    todos = [_start(organisation, round_) for round_ in open_rounds if round_.id not in rounds_applied_to]
    for round_ in known.open_rounds:
        if round_ in open_rounds or round_.id in rounds_applied_to:
            todos += clarifications.on_news(round_, known.news.get(round_.id, []))
    now = clock.now()
    for one in applied:
        todos += [clarifications.on_request(asked) for asked in known.requests.get(one.application.id, [])]
        todos += applications.on_application(one, known.missing.get(one.application.id, 0), now)
    return todos


def _start(organisation: Organisation, round_: Round) -> Todo:
    return Todo(
        f"Start your application: {round_.title}",
        "applications.start",
        {"round_id": round_.id, "organisation_id": organisation.id},
        text="You can save it and come back until the deadline.",
        due=round_.submission_deadline,
        due_words="Closes",
    )


def _on_agreement(agreement: Agreement) -> Todo:
    return Todo(
        "Sign your framework agreement",
        "agreements.show",
        {"agreement_id": agreement.id},
        text=agreement.framework.title,
        due=agreement.lapses_on,
        due_words="The offer lapses on",
        tone="warning",
    )


def _on_colleagues(organisation: Organisation, asking: int) -> list[Todo]:
    if not asking:
        return []
    text = "People who say that they work for this agency are waiting for your answer."
    return [
        Todo("Answer requests to join", "providers.show", {"organisation_id": organisation.id}, asking, text)
    ]


def _on_enquiries(waiting: int, first_by: datetime) -> Todo:
    text = "A council asks for a placement: offer one, or say that you cannot."
    return Todo(
        "Answer enquiries",
        "matching.enquiries",
        {},
        waiting,
        text,
        due=first_by,
        due_words="The first by",
        tone="warning",
    )


def _on_vacancies(organisation: Organisation, unconfirmed: int) -> list[Todo]:
    if not unconfirmed:
        return []
    return [
        Todo(
            "Confirm your vacancies",
            "vacancies.households",
            {"organisation_id": organisation.id},
            unconfirmed,
            "Not confirmed for a week. After two weeks placement officers no longer see them.",
            tone="warning",
        )
    ]


def _on_prices(organisation: Organisation, known: Known) -> list[Todo]:
    """The price review under way, or the way to ask for one while requests are taken."""
    for review in known.reviews:
        if review.organisation_id == organisation.id:
            text = f"Your request of {uk_date(review.requested_at)} {WAITS[review.state]}."
            ids = {"price_review_id": review.id}
            return [Todo("Your price review", "agreements.review", ids, text=text, tone="neutral")]
    return [
        Todo(
            "Ask for a price review",
            "agreements.request_review",
            {"organisation_id": organisation.id, "framework_id": agreement.framework_id},
            text="Prices rise only through a review. Without a request they stay as they are.",
            due=known.windows[agreement.framework_id].closes_on,
            due_words="Requests until",
        )
        for agreement in known.members
        if agreement.organisation_id == organisation.id
        and known.windows[agreement.framework_id].is_open(clock.today())
    ]


def _list_organisations(ids: Sequence[uuid.UUID]) -> dict[Organisation, Waiting]:
    if not ids:
        return {}
    rows = session.execute(_organisations(), {"ids": ids, "fresh_since": fresh_since(clock.now())})
    return {organisation: Waiting(unconfirmed, asking) for organisation, unconfirmed, asking in rows}


@cache
def _organisations() -> sa.Select[Organisation, int, int]:
    of_these = Organisation.id.in_(sa.bindparam("ids", expanding=True))
    return sa.select(Organisation, _unconfirmed(), _asking()).where(of_these)


def _unconfirmed() -> sa.ScalarSelect[int]:
    return (
        sa.select(sa.func.count())
        .where(
            Vacancy.organisation_id == Organisation.id,
            Vacancy.state.in_(sorted(OPEN)),
            Vacancy.confirmed_at < sa.bindparam("fresh_since"),
        )
        .correlate(Organisation)
        .scalar_subquery()
    )


def _asking() -> sa.ScalarSelect[int]:
    return (
        sa.select(sa.func.count())
        .where(JoinRequest.organisation_id == Organisation.id, JoinRequest.answered_at.is_(None))
        .correlate(Organisation)
        .scalar_subquery()
    )


def _gather(person: Person, waiting: dict[uuid.UUID, Waiting]) -> Known:
    applied = applications.list_applied(list(waiting))
    open_rounds = list_open_rounds()
    may_be_asked = any(one.round.opened_at is not None for of in applied.values() for one in of)
    members = list_in_force(person) if person.holds(Role.FINANCE_LEAD) else []
    return Known(
        reviews=list_reviews(person, states=UNDER_REVIEW) if members else [],
        members=members,
        windows={of: get_terms(of).window for of in {member.framework_id for member in members}},
        open_rounds=open_rounds,
        news=clarifications.find_news() if open_rounds else {},
        requests=clarifications.find_requests(person) if may_be_asked else {},
        applied=applied,
        missing=_count_gaps(one for of in applied.values() for one in of),
        to_sign=list_awaiting_signature(person),
        waiting=waiting,
        enquiries=list_to_answer(person),
    )


def _count_gaps(applied: Iterable[applications.Applied]) -> dict[uuid.UUID, int]:
    """How many questions keep each open draft from being submitted."""
    now = clock.now()
    drafts = [
        one.application
        for one in applied
        if one.application.state == ApplicationState.DRAFT and is_accepting(one.round, now)
    ]
    if not drafts:
        return {}
    return {of: len(survey.gaps) for of, survey in survey_of(drafts).items()}
