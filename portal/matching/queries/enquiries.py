"""Enquiries as the provider they were sent to knows them, and how quickly providers answer.

Nothing here counts or names another provider (rule 9).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.core import clock
from portal.core.clock import LONDON
from portal.core.db import session
from portal.core.errors import NotFound
from portal.core.workdays import working_days_from
from portal.matching.models import Enquiry
from portal.matching.queries.scope import PROVIDER_READERS, councils_of
from portal.matching.states import EnquiryState
from portal.vacancies.models import Vacancy
from portal.vacancies.states import OPEN

DECIDED = (EnquiryState.CHOSEN, EnquiryState.NOT_CHOSEN)
CLOSED = (EnquiryState.CANNOT, EnquiryState.LAPSED, *DECIDED)


@dataclass(frozen=True)
class AnswerTimes:
    """How one provider answered the enquiries of a period. `median_hours` is None before the first answer.

    `due` leaves out those closed before an answer was needed and those still waiting within their first day.
    `in_time` counts answers within one working day: by the same time of the next working day.
    """

    due: int
    answered: int
    in_time: int
    median_hours: float | None

    @property
    def percent_in_time(self) -> int | None:
        return round(100 * self.in_time / self.due) if self.due else None


def provider_visible_to(person: Person) -> sa.ColumnElement[bool]:
    """The enquiries sent to the organisations for which this person reads them."""
    return Enquiry.organisation_id.in_(_read_for(person))


def _read_for(person: Person) -> list[uuid.UUID]:
    return [one for one in person.organisation_ids if person.acts_for(one, *PROVIDER_READERS)]


def get_enquiry(person: Person, enquiry_id: uuid.UUID) -> Enquiry:
    """An enquiry sent to an organisation this person acts for; any other is not found."""
    return _get(Enquiry.id == enquiry_id, provider_visible_to(person))


def get_own_enquiry(person: Person, enquiry_id: uuid.UUID) -> Enquiry:
    """An enquiry of this placement officer's own council; the other council's is not found."""
    return _get(Enquiry.id == enquiry_id, Enquiry.council.in_(councils_of(person, Role.PLACEMENT_OFFICER)))


def _get(*where: sa.ColumnElement[bool]) -> Enquiry:
    found = session.scalars(
        sa.select(Enquiry).options(joinedload(Enquiry.vacancy)).where(*where)
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def list_enquiries(
    person: Person, *, is_open: bool = True, limit: int = 25, offset: int = 0
) -> Sequence[Enquiry]:
    """Enquiries to answer and offers that stand, soonest to lapse first; or those that are over, newest first."""
    statement = sa.select(Enquiry).options(joinedload(Enquiry.vacancy)).where(provider_visible_to(person))
    if is_open:
        ordered = statement.where(_is_open()).order_by(
            (Enquiry.state == EnquiryState.OFFERED), Enquiry.answer_by, Enquiry.id
        )
    else:
        ordered = statement.where(sa.not_(_is_open())).order_by(Enquiry.sent_at.desc(), Enquiry.id)
    return session.scalars(ordered.limit(limit).offset(offset)).all()


def _is_open() -> sa.ColumnElement[bool]:
    """Waiting for an answer that can still be given, or an offer that nobody has decided on."""
    return sa.or_(
        Enquiry.state == EnquiryState.OFFERED,
        sa.and_(Enquiry.state == EnquiryState.SENT, Enquiry.answer_by >= clock.now()),
    )


def list_to_answer(person: Person) -> dict[uuid.UUID, tuple[int, datetime]]:
    """How many enquiries wait for each organisation, and by when the first; for its placements leads."""
    leads = [one for one in person.organisation_ids if person.acts_for(one, Role.PLACEMENTS_LEAD)]
    if not leads:
        return {}
    rows = session.execute(
        sa.select(Enquiry.organisation_id, sa.func.count(), sa.func.min(Enquiry.answer_by))
        .where(
            Enquiry.organisation_id.in_(leads),
            Enquiry.state == EnquiryState.SENT,
            Enquiry.answer_by >= clock.now(),
        )
        .group_by(Enquiry.organisation_id)
    )
    return {organisation_id: (count, first) for organisation_id, count, first in rows}


def count_answers(person: Person) -> tuple[int, int, datetime | None]:
    """Offers to decide on, answers still awaited and the next time one is due, for this officer's council."""
    now = clock.now()
    awaited = sa.and_(Enquiry.state == EnquiryState.SENT, Enquiry.answer_by >= now)
    row = session.execute(
        sa.select(
            sa.func.count().filter(Enquiry.state == EnquiryState.OFFERED),
            sa.func.count().filter(awaited),
            sa.func.min(Enquiry.answer_by).filter(awaited),
        ).where(
            Enquiry.council.in_(councils_of(person, Role.PLACEMENT_OFFICER)),
            Enquiry.state.in_((EnquiryState.SENT, EnquiryState.OFFERED)),
        )
    ).one()
    return row[0], row[1], row[2]


def list_offerable(organisation_id: uuid.UUID, places: int) -> Sequence[Vacancy]:
    """The organisation's households that have so many free places on record, by their references."""
    return session.scalars(
        sa.select(Vacancy)
        .where(
            Vacancy.organisation_id == organisation_id,
            Vacancy.state.in_(sorted(OPEN)),
            Vacancy.free_places >= places,
        )
        .order_by(Vacancy.carer_reference)
    ).all()


def get_offerable(enquiry: Enquiry, vacancy_id: uuid.UUID) -> Vacancy | None:
    """A household of the organisation that was asked, or None."""
    found = session.get(Vacancy, vacancy_id)
    return found if found is not None and found.organisation_id == enquiry.organisation_id else None


def measure_answers(since: date, until: date) -> dict[uuid.UUID, AnswerTimes]:
    """How each provider answered the enquiries of both councils sent in these days, ends included.

    For the councils' people; a provider's own people get their own alone. The database function gives times only.
    """
    rows = session.execute(
        sa.text(
            "SELECT organisation_id, sent_at, answered_at, closed_at FROM enquiry_answer_times(:since, :until)"
        ),
        {"since": _midnight(since), "until": _midnight(until + timedelta(days=1))},
    )
    gathered: dict[uuid.UUID, list[tuple[datetime, datetime | None, datetime | None]]] = {}
    for organisation_id, sent_at, answered_at, closed_at in rows:
        gathered.setdefault(organisation_id, []).append((sent_at, answered_at, closed_at))
    now = clock.now()
    return {one: _measure(times, now) for one, times in gathered.items()}


def _measure(times: list[tuple[datetime, datetime | None, datetime | None]], now: datetime) -> AnswerTimes:
    due = answered = in_time = 0
    hours = []
    for sent_at, answered_at, closed_at in times:
        wanted_by = next_working_day(sent_at)
        if answered_at is None and (closed_at or now) <= wanted_by:
            continue
        due += 1
        if answered_at is not None:
            answered += 1
            in_time += answered_at <= wanted_by
            hours.append((answered_at - sent_at).total_seconds() / 3600)
    return AnswerTimes(due, answered, in_time, round(median(hours), 1) if hours else None)


def next_working_day(sent_at: datetime) -> datetime:
    """The same time of day on the next working day after `sent_at`, in Kent's time."""
    local = sent_at.astimezone(LONDON)
    day = next(working_days_from(local.date() + timedelta(days=1)))
    return datetime.combine(day, local.time(), tzinfo=LONDON)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=LONDON)
