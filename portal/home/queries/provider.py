"""What waits for someone who acts for fostering agencies.

The number of statements does not depend on how many agencies, rounds or applications there are.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.agreements.models import Agreement
from portal.agreements.queries import list_awaiting_signature
from portal.applications import policy as applying
from portal.applications.models import Answer, Application, BidPrice, Evidence
from portal.applications.states import ApplicationState
from portal.core import clock
from portal.core.db import session
from portal.decisions.models import DecisionNotice
from portal.frameworks.models import BasketVolume, PriceCell, Question, Round, Section
from portal.frameworks.queries import is_accepting, list_open_rounds
from portal.frameworks.states import QuestionKind, RoundState, SectionKind
from portal.home.queries.todo import Note, Part, Todo
from portal.providers.models import JoinRequest, Organisation
from portal.providers.states import OrganisationState
from portal.vacancies.models import Vacancy
from portal.vacancies.queries import fresh_since
from portal.vacancies.states import OPEN

APPLYING = (Role.PROVIDER_ADMINISTRATOR, Role.BID_WRITER, Role.FINANCE_LEAD)
NOTHING = "Nothing needs doing now. We send an email when something does."


@dataclass(frozen=True)
class Applied:
    """An application of one of the person's agencies, its round, and whether its decision notice was sent."""

    application: Application
    round: Round
    notice_sent_at: datetime | None


@dataclass(frozen=True)
class Known:
    """Everything the start page knows of a person's agencies, by agency."""

    open_rounds: Sequence[Round]
    applied: dict[uuid.UUID, list[Applied]]
    missing: dict[uuid.UUID, int]
    to_sign: Sequence[Agreement]
    unconfirmed: dict[uuid.UUID, int]
    asking: dict[uuid.UUID, int]


def list_provider_parts(person: Person) -> list[Part]:
    """One part for each agency the person acts for, in the order in which they were let in."""
    organisations = _list_organisations(person.organisation_ids)
    if not organisations:
        return [_without_agency()] if not person.is_council else []
    known = _gather(person, list(organisations))
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
        todos += _on_colleagues(organisation, known.asking.get(organisation.id, 0))
    if person.acts_for(organisation.id, Role.PLACEMENTS_LEAD):
        todos += _on_vacancies(organisation, known.unconfirmed.get(organisation.id, 0))
    urn = f"URN {organisation.urn}, " if organisation.urn else ""
    return Part(f"{organisation.name} ({urn}{organisation.town})", NOTHING, todos, _standing(organisation))


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
    now = clock.now()
    for one in applied:
        todos += _on_application(one, known.missing.get(one.application.id, 0), now)
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


def _on_application(one: Applied, missing: int, now: datetime) -> list[Todo]:
    ids = {"application_id": one.application.id}
    if one.notice_sent_at is not None:
        text = f"The councils’ decision on {one.round.title}, with your scores and the reasons."
        return [Todo("Read your decision notice", "decisions.notice", ids, text=text)]
    if one.application.state == ApplicationState.WITHDRAWN:
        return []
    if not is_accepting(one.round, now):
        return [_after_deadline(one, ids)]
    if one.application.state == ApplicationState.DRAFT:
        return [_continue(one, ids, missing)]
    if one.application.state == ApplicationState.SUBMITTED:
        return [_receipt(one, ids)]
    return []


def _continue(one: Applied, ids: dict[str, uuid.UUID], missing: int) -> Todo:
    complete = "Every question is answered. Check, declare and submit it."
    return Todo(
        f"Continue your application: {one.round.title}",
        "applications.show",
        ids,
        count=missing or None,
        text="Questions not answered yet." if missing else complete,
        due=one.round.submission_deadline,
        due_words="Closes",
        tone="warning" if missing else None,
    )


def _receipt(one: Applied, ids: dict[str, uuid.UUID]) -> Todo:
    return Todo(
        f"Submitted: {one.round.title}",
        "applications.receipt",
        ids,
        text=f"Reference {one.application.reference}. You can change and submit it again until the deadline.",
        due=one.round.submission_deadline,
        due_words="Closes",
        tone="good",
    )


def _after_deadline(one: Applied, ids: dict[str, uuid.UUID]) -> Todo:
    if one.application.state == ApplicationState.DRAFT:
        text = "The deadline has passed. You can still read what you wrote."
        return Todo(f"Not submitted: {one.round.title}", "applications.show", ids, text=text, tone="neutral")
    text = f"Reference {one.application.reference}. We email you when the decision is made."
    return Todo(
        f"With the councils: {one.round.title}", "applications.receipt", ids, text=text, tone="neutral"
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


def _list_organisations(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Organisation]:
    if not ids:
        return {}
    found = session.scalars(sa.select(Organisation).where(Organisation.id.in_(ids)))
    return {organisation.id: organisation for organisation in found}


def _gather(person: Person, ids: Sequence[uuid.UUID]) -> Known:
    applied = _applications(ids)
    drafts = [
        one.application.id
        for of in applied.values()
        for one in of
        if one.application.state == ApplicationState.DRAFT
    ]
    return Known(
        open_rounds=list_open_rounds(),
        applied=applied,
        missing=_count_missing(drafts) if drafts else {},
        to_sign=list_awaiting_signature(person),
        unconfirmed=_count_unconfirmed(ids),
        asking=_count_asking(ids),
    )


def _applications(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Applied]]:
    rows = session.execute(
        sa.select(Application, Round, DecisionNotice.sent_at)
        .join(Round, Round.id == Application.round_id)
        .outerjoin(DecisionNotice, DecisionNotice.application_id == Application.id)
        .where(Application.organisation_id.in_(ids), Round.state != RoundState.CANCELLED)
        .order_by(Round.submission_deadline)
    )
    found: dict[uuid.UUID, list[Applied]] = defaultdict(list)
    for application, round_, sent_at in rows:
        found[application.organisation_id].append(Applied(application, round_, sent_at))
    return found


def _count_missing(applications: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many questions of each draft have no answer yet; the price schedule counts as one."""
    rows = session.execute(
        sa.select(Application.id, sa.func.count())
        .join(Section, Section.round_id == Application.round_id)
        .join(Question, Question.section_id == Section.id)
        .where(
            Application.id.in_(applications),
            Section.kind != SectionKind.DECLARATION,
            sa.case(
                (Question.kind == QuestionKind.PRICE_SCHEDULE, ~_is_priced()),
                (Question.kind == QuestionKind.FILE, Question.is_required & ~_has_file()),
                else_=Question.is_required & ~_is_answered(),
            ),
        )
        .group_by(Application.id)
    )
    return {application_id: count for application_id, count in rows}  # noqa: C416 - for the type checker


def _is_priced() -> sa.ColumnElement[bool]:
    """Every cell of the round's basket, or of the whole schedule where it has none, is settled."""
    basket = _count(BasketVolume.round_id == Application.round_id)
    asked = sa.func.coalesce(sa.func.nullif(basket, 0), _count(PriceCell.id.is_not(None)))
    return _count(BidPrice.application_id == Application.id) >= asked


def _count(condition: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).where(condition).correlate(Application).scalar_subquery()


def _has_file() -> sa.ColumnElement[bool]:
    return sa.exists().where(
        Answer.application_id == Application.id,
        Answer.question_id == Question.id,
        Evidence.answer_id == Answer.id,
    )


def _is_answered() -> sa.ColumnElement[bool]:
    return sa.exists().where(
        Answer.application_id == Application.id,
        Answer.question_id == Question.id,
        Answer.value.is_not(None),
        sa.cast(Answer.value, sa.Text).not_in(['""', "[]"]),
    )


def _count_unconfirmed(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    rows = session.execute(
        sa.select(Vacancy.organisation_id, sa.func.count())
        .where(
            Vacancy.organisation_id.in_(ids),
            Vacancy.state.in_(sorted(OPEN)),
            Vacancy.confirmed_at < fresh_since(clock.now()),
        )
        .group_by(Vacancy.organisation_id)
    )
    return {organisation_id: count for organisation_id, count in rows}  # noqa: C416 - for the type checker


def _count_asking(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    rows = session.execute(
        sa.select(JoinRequest.organisation_id, sa.func.count())
        .where(JoinRequest.organisation_id.in_(ids), JoinRequest.answered_at.is_(None))
        .group_by(JoinRequest.organisation_id)
    )
    return {organisation_id: count for organisation_id, count in rows}  # noqa: C416 - for the type checker
