"""Reads of notices: who gets one, who looked at it first, its letter, and who may read it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from portal.accounts.models import Person, RoleGrant
from portal.accounts.states import Role
from portal.applications.models import Application
from portal.applications.states import ApplicationState
from portal.core.db import session
from portal.core.errors import NotFound
from portal.decisions.models import DecisionLetter, DecisionNotice, LetterPreview
from portal.frameworks.models import Round
from portal.providers.models import Organisation

WRITERS = (Role.PROVIDER_ADMINISTRATOR, Role.BID_WRITER)
STANDING = Application.state.in_([ApplicationState.ADMITTED, ApplicationState.DECLINED])


def list_standing(round_: Round) -> Sequence[Application]:
    """Applications admitted or declined in the round: everybody who gets a notice."""
    return session.scalars(
        sa.select(Application)
        .join(Application.organisation)
        .where(
            Application.round_id == round_.id,
            STANDING,
        )
        .order_by(Organisation.legal_name, Application.id)
        .options(contains_eager(Application.organisation))
    ).all()


def get_standing(person: Person, application_id: uuid.UUID) -> Application:
    """An application that gets a notice, for people at the councils. Raises `NotFound`."""
    found = session.scalars(
        sa.select(Application).where(Application.id == application_id, STANDING)
    ).one_or_none()
    if found is None or not person.is_council:
        raise NotFound
    return found


def list_recipients(applications: Sequence[Application]) -> dict[uuid.UUID, list[Person]]:
    """Whom each applicant's notice is mailed to, by organisation: its administrators and bid writers."""
    ids = [application.organisation_id for application in applications]
    rows = session.execute(
        sa.select(RoleGrant.organisation_id, Person)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.organisation_id.in_(ids), RoleGrant.role.in_(WRITERS), ~Person.is_disabled)
        .order_by(Person.full_name, Person.id)
    ).unique()
    found: dict[uuid.UUID, dict[uuid.UUID, Person]] = {}
    for organisation_id, person in rows:
        if organisation_id is None:
            continue
        found.setdefault(organisation_id, {})[person.id] = person
    return {organisation_id: list(people.values()) for organisation_id, people in found.items()}


def get_notice(person: Person, application_id: uuid.UUID) -> DecisionNotice:
    """An applicant's notice, for its own people and the councils; none before it was sent (rule 9)."""
    found = session.scalars(
        sa.select(DecisionNotice)
        .join(DecisionNotice.application)
        .where(
            DecisionNotice.application_id == application_id,
            sa.or_(sa.literal(person.is_council), Application.organisation_id.in_(person.organisation_ids)),
        )
        .options(
            contains_eager(DecisionNotice.application).joinedload(Application.round, innerjoin=True),
            contains_eager(DecisionNotice.application).joinedload(Application.organisation, innerjoin=True),
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def list_notices(round_: Round) -> Sequence[DecisionNotice]:
    """The notices sent in a round, with their applicants."""
    return session.scalars(
        sa.select(DecisionNotice)
        .join(DecisionNotice.application)
        .join(Application.organisation)
        .where(Application.round_id == round_.id)
        .order_by(Organisation.legal_name)
        .options(contains_eager(DecisionNotice.application).contains_eager(Application.organisation))
    ).all()


def list_previews(round_: Round) -> set[uuid.UUID]:
    """The applications whose letter somebody has looked at."""
    return set(
        session.scalars(
            sa.select(LetterPreview.application_id)
            .join(Application, Application.id == LetterPreview.application_id)
            .where(Application.round_id == round_.id)
        )
    )


def list_letters(round_: Round) -> dict[uuid.UUID, DecisionLetter]:
    """The letters typeset so far, by notice."""
    return {
        letter.notice_id: letter
        for letter in session.scalars(
            sa.select(DecisionLetter)
            .join(DecisionNotice, DecisionNotice.id == DecisionLetter.notice_id)
            .join(Application, Application.id == DecisionNotice.application_id)
            .where(Application.round_id == round_.id)
        )
    }


def find_letter(notice: DecisionNotice) -> DecisionLetter | None:
    """The letter of a notice, once it is typeset."""
    return session.get(DecisionLetter, notice.id)


def is_by_post(applications: Sequence[Application]) -> bool:
    """Has an applicant nobody left to be told electronically, so that its notice goes by post?"""
    told = list_recipients(applications)
    return any(one.organisation_id not in told for one in applications)
