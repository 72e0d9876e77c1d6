"""Reads of clarifications: what was asked, what was published, and what providers are known by.

Who asked is joined from a table that row-level security keeps from the councils until the round is opened.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload, lazyload

from portal.accounts.models import Person, RoleGrant
from portal.accounts.states import Role
from portal.core.db import session
from portal.core.errors import NotFound
from portal.frameworks.anonymity import Identity
from portal.frameworks.models import Clarification, ClarificationAsker, ClarificationNote, Round
from portal.frameworks.states import ClarificationState, RoundState
from portal.providers.models import OfstedAgency, Organisation

T = TypeVar("T")

# The same text as the index `ix_clarification_note_search`, so that PostgreSQL uses it.
SEARCHED = sa.func.to_tsvector(
    sa.text("'english'::regconfig"),
    ClarificationNote.question + sa.literal_column("' '::text") + ClarificationNote.answer,
)


@dataclass(frozen=True)
class Asked:
    """A question, the number of the note that answers it, who asked as far as whoever reads may know, and the
    number of the note that corrects the answer.
    """

    clarification: Clarification
    number: int | None
    asker: str | None
    corrected_by: int | None = None


@dataclass(frozen=True)
class Waiting:
    """How many questions of a round wait for an answer, and since when the oldest does."""

    round: Round
    count: int
    oldest: datetime


def get_clarification(person: Person, clarification_id: uuid.UUID) -> Clarification:
    """A question, for the councils and for the organisation that asked it. Raises `NotFound`."""
    found = session.scalars(
        sa.select(Clarification)
        .outerjoin(ClarificationAsker, ClarificationAsker.clarification_id == Clarification.id)
        .where(
            Clarification.id == clarification_id,
            sa.true()
            if person.is_council
            else ClarificationAsker.organisation_id.in_(person.organisation_ids),
        )
        .options(joinedload(Clarification.round))
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def find_asker_name(clarification: Clarification) -> str | None:
    """The organisation that asked, once the round is opened; before that nobody at the councils gets it."""
    return session.scalars(
        sa.select(Organisation.legal_name)
        .join(ClarificationAsker, ClarificationAsker.organisation_id == Organisation.id)
        .where(ClarificationAsker.clarification_id == clarification.id)
    ).one_or_none()


def list_clarifications(
    round_: Round, *, state: ClarificationState | None = None, limit: int = 25, offset: int = 0
) -> list[Asked]:
    """A round's questions for the councils: those that wait first, oldest first; then the latest answers."""
    waits = Clarification.state == ClarificationState.WAITING
    statement = (
        _asked()
        .where(Clarification.round_id == round_.id)
        .order_by(
            waits.desc(),
            sa.case((waits, Clarification.created_at)),
            Clarification.answered_at.desc(),
            Clarification.id,
        )
        .limit(limit)
        .offset(offset)
    )
    if state is not None:
        statement = statement.where(Clarification.state == state)
    return [Asked(*row) for row in session.execute(statement)]


def count_clarifications(round_: Round) -> dict[ClarificationState, int]:
    """How many of a round's questions are in each state."""
    rows = session.execute(
        sa.select(Clarification.state, sa.func.count())
        .where(Clarification.round_id == round_.id)
        .group_by(Clarification.state)
    )
    return dict.fromkeys(ClarificationState, 0) | {state: count for state, count in rows}  # noqa: C416


def list_own_questions(person: Person, round_: Round, *, limit: int = 25, offset: int = 0) -> list[Asked]:
    """What this person's organisations asked about the round, newest first."""
    statement = (
        _asked()
        .where(
            Clarification.round_id == round_.id,
            ClarificationAsker.organisation_id.in_(person.organisation_ids),
        )
        .order_by(Clarification.created_at.desc(), Clarification.id)
        .limit(limit)
        .offset(offset)
    )
    return [Asked(*row) for row in session.execute(statement)]


def _asked() -> sa.Select[Clarification, int | None, str | None, int | None]:
    correction = aliased(ClarificationNote)
    return (
        sa.select(Clarification, ClarificationNote.number, Organisation.legal_name, correction.number)
        .outerjoin(ClarificationNote, ClarificationNote.clarification_id == Clarification.id)
        .outerjoin(correction, correction.corrects_id == ClarificationNote.id)
        .outerjoin(ClarificationAsker, ClarificationAsker.clarification_id == Clarification.id)
        .outerjoin(Organisation, Organisation.id == ClarificationAsker.organisation_id)
    )


def list_waiting() -> list[Waiting]:
    """Rounds with questions that wait for an answer, the longest wait first."""
    return [Waiting(*row) for row in session.execute(_waiting())]


@cache
def _waiting() -> sa.Select[Round, int, datetime]:
    oldest = sa.func.min(Clarification.created_at)
    return (
        sa.select(Round, sa.func.count(), oldest)
        .join(Clarification, Clarification.round_id == Round.id)
        .where(Clarification.state == ClarificationState.WAITING, Round.state == RoundState.PUBLISHED)
        .group_by(Round.id)
        .order_by(oldest)
        .options(lazyload(Round.framework))  # its columns are not in the group
    )


def get_note(_: Person, note_id: uuid.UUID) -> ClarificationNote:
    """A published note. Raises `NotFound`."""
    found = session.scalars(
        sa.select(ClarificationNote)
        .where(ClarificationNote.id == note_id)
        .options(joinedload(ClarificationNote.round), joinedload(ClarificationNote.corrected_by))
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def find_note_for(clarification: Clarification) -> ClarificationNote | None:
    """The note that answers a question, with the one that corrects it, or None."""
    return session.scalars(
        sa.select(ClarificationNote)
        .where(ClarificationNote.clarification_id == clarification.id)
        .options(joinedload(ClarificationNote.corrected_by))
    ).one_or_none()


def list_notes(
    round_: Round, *, text: str = "", limit: int = 25, offset: int = 0
) -> Sequence[ClarificationNote]:
    """Published notes, newest first; with `text` those that match, as a search engine would read it."""
    return session.scalars(
        _notes(sa.select(ClarificationNote), round_, text)
        .options(joinedload(ClarificationNote.corrects), joinedload(ClarificationNote.corrected_by))
        .order_by(ClarificationNote.number.desc())
        .limit(limit)
        .offset(offset)
    ).all()


def count_notes(round_: Round, *, text: str = "") -> int:
    """How many the same search finds."""
    counting = _notes(sa.select(sa.func.count()).select_from(ClarificationNote), round_, text)
    return session.execute(counting).scalar_one()


def last_note_number(round_: Round) -> int:
    """The number of the latest note; ask under the round's lock to give the next."""
    latest = sa.select(sa.func.coalesce(sa.func.max(ClarificationNote.number), 0))
    return int(session.execute(latest.where(ClarificationNote.round_id == round_.id)).scalar_one())


def list_notes_since(moment: datetime) -> Sequence[ClarificationNote]:
    """Notes of rounds that still take applications, published since `moment`, newest first."""
    return session.scalars(_notes_since(), {"moment": moment}).all()


@cache
def _notes_since() -> sa.Select[ClarificationNote]:
    return (
        sa.select(ClarificationNote)
        .join(Round, Round.id == ClarificationNote.round_id)
        .where(
            Round.state == RoundState.PUBLISHED,
            Round.submission_deadline >= sa.func.portal_now(),
            ClarificationNote.published_at >= sa.bindparam("moment"),
        )
        .order_by(ClarificationNote.published_at.desc())
    )


def _notes(statement: sa.Select[T], round_: Round, text: str) -> sa.Select[T]:
    found = statement.where(ClarificationNote.round_id == round_.id)
    if text.strip():
        asked = sa.func.websearch_to_tsquery(sa.text("'english'::regconfig"), text)
        found = found.where(SEARCHED.op("@@")(asked))
    return found


def get_identity(organisation: Organisation) -> Identity:
    """What one organisation is known by."""
    return _identity(organisation, _people([organisation.id])[organisation.id])


def list_identities() -> list[Identity]:
    """What every registered organisation is known by: two statements."""
    people = _people(None)
    return [_identity(one, people[one.id]) for one in session.scalars(sa.select(Organisation))]


def list_agency_names(*, without: Iterable[Identity]) -> list[str]:
    """The names in Ofsted's register, but for those of the given providers."""
    known = {name for identity in without for name in identity.names}
    return [name for name in session.scalars(sa.select(OfstedAgency.name).distinct()) if name not in known]


def _identity(organisation: Organisation, people: list[tuple[str, str]]) -> Identity:
    names = (organisation.legal_name, organisation.trading_name)
    numbers = (
        organisation.urn,
        organisation.company_number,
        organisation.charity_number,
        organisation.telephone,
    )
    return Identity(
        names=tuple(name for name in names if name),
        numbers=tuple(number for number in numbers if number),
        people=tuple(name for name, _ in people),
        emails=tuple(email for _, email in people),
    )


def _people(organisations: Iterable[uuid.UUID] | None) -> dict[uuid.UUID, list[tuple[str, str]]]:
    statement = (
        sa.select(RoleGrant.organisation_id, Person.full_name, Person.email)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.organisation_id.is_not(None))
        .distinct()
    )
    if organisations is not None:
        statement = statement.where(RoleGrant.organisation_id.in_(list(organisations)))
    found: dict[uuid.UUID, list[tuple[str, str]]] = defaultdict(list)
    for organisation_id, name, email in session.execute(statement):
        if organisation_id is not None:
            found[organisation_id].append((name, email))
    return found


def list_askers(clarification: Clarification) -> Sequence[Person]:
    """The asker's bid writers and administrators. For the worker, whose role sees who asked."""
    organisation = sa.select(ClarificationAsker.organisation_id).where(
        ClarificationAsker.clarification_id == clarification.id
    )
    return _list_people(
        RoleGrant.organisation_id == organisation.scalar_subquery(),
        RoleGrant.role.in_((Role.BID_WRITER, Role.PROVIDER_ADMINISTRATOR)),
    )


def list_commissioners() -> Sequence[Person]:
    """The commissioners of both councils."""
    return _list_people(RoleGrant.role == Role.COMMISSIONER)


def _list_people(*conditions: sa.ColumnElement[bool]) -> Sequence[Person]:
    held = sa.select(RoleGrant.person_id).where(*conditions)
    people = sa.select(Person).where(Person.id.in_(held), ~Person.is_disabled).order_by(Person.email)
    return session.scalars(people).unique().all()
