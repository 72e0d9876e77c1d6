"""Applications as the councils work on them after opening, and how far each step of a round has got."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from portal.accounts.models import Person
from portal.applications.models import Application
from portal.applications.states import ApplicationState
from portal.core.db import session
from portal.core.errors import NotFound
from portal.evaluations.models import (
    ComplianceFinding,
    ConflictDeclaration,
    ConsensusScore,
    EvaluationSheet,
    FindingReview,
)
from portal.evaluations.states import Finding
from portal.frameworks.models import Question, Round, Section
from portal.providers.models import Organisation

PAGE = 25

S = ApplicationState
STANDING = frozenset(S) - {S.DRAFT, S.WITHDRAWN}  # submitted and not withdrawn
COMPLIANT = frozenset({S.COMPLIANT, S.SCORED, S.RECOMMENDED_ADMIT, S.RECOMMENDED_DECLINE, S.ADMITTED})


@dataclass(frozen=True)
class Page:
    """One page of a list. `first` counts from 1; `total` is of all pages."""

    items: Sequence[Any]
    number: int
    total: int
    size: int = PAGE

    @property
    def first(self) -> int:
        return (self.number - 1) * self.size + 1

    @property
    def shown(self) -> str:
        return f"{self.first} to {self.first + len(self.items) - 1} of {self.total:,}"

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.number * self.size < self.total else None


@dataclass(frozen=True)
class ApplicationLine:
    """One application in a commissioner's list. `declared` None: this person has not declared on it yet."""

    application: Application
    declared: bool | None
    findings: int
    to_confirm: int
    sheets: int
    finished: int
    agreed: int


@dataclass(frozen=True)
class Progress:
    """How far a round has got. Sheets count only where their evaluator has no conflict."""

    applications: int
    checked: int
    compliant: int
    sheets: int
    finished_sheets: int
    agreed: int
    scored_questions: int

    @property
    def to_agree(self) -> int:
        return self.compliant * self.scored_questions


def visible_to(person: Person) -> sa.Select[Application]:
    """The applications this person may know of: the councils', of opened rounds. Conflicts are policy's."""
    return (
        sa.select(Application)
        .join(Round, Round.id == Application.round_id)
        .where(
            sa.literal(person.is_council), Round.opened_at.is_not(None), Application.submitted_at.is_not(None)
        )
        .options(
            joinedload(Application.round, innerjoin=True),
            joinedload(Application.organisation, innerjoin=True),
        )
    )


def get_application(person: Person, application_id: uuid.UUID) -> Application:
    """The application, or `NotFound` for whoever may not know that it exists."""
    found = session.scalars(visible_to(person).where(Application.id == application_id)).one_or_none()
    if found is None:
        raise NotFound
    return found


def active_sheet() -> sa.ColumnElement[bool]:
    """A sheet counts unless it was made void, or its evaluator declared a conflict, which shuts it out (rule 3)."""
    return EvaluationSheet.voided_at.is_(None) & ~sa.exists().where(
        ConflictDeclaration.application_id == EvaluationSheet.application_id,
        ConflictDeclaration.person_id == EvaluationSheet.evaluator_id,
        ConflictDeclaration.has_conflict,
    )


def awaits_review() -> sa.ColumnElement[bool]:
    """A fail that no second officer has confirmed or turned back as it now reads."""
    return sa.and_(
        ComplianceFinding.finding == Finding.FAIL,
        ~sa.exists().where(
            FindingReview.finding_id == ComplianceFinding.id,
            FindingReview.finding_version == ComplianceFinding.version,
        ),
    )


def list_applications(person: Person, round_: Round, page: int = 1) -> Page:
    """The round's applications by legal name, each with its figures: two statements for any number."""
    mine = sa.select(ConflictDeclaration.has_conflict).where(
        ConflictDeclaration.application_id == Application.id, ConflictDeclaration.person_id == person.id
    )
    rows = session.execute(
        visible_to(person)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .add_columns(
            mine.scalar_subquery(),
            _count(ComplianceFinding),
            _count(ComplianceFinding, awaits_review()),
            _count(EvaluationSheet, active_sheet()),
            _count(EvaluationSheet, active_sheet(), EvaluationSheet.finished_at.is_not(None)),
            _count(ConsensusScore, ConsensusScore.voided_at.is_(None)),
        )
        .where(Application.round_id == round_.id)
        .order_by(Organisation.legal_name, Application.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    total = sa.select(sa.func.count()).select_from(
        visible_to(person).where(Application.round_id == round_.id).subquery()
    )
    return Page([ApplicationLine(*row) for row in rows], page, session.execute(total).scalar_one())


def count_progress(round_: Round) -> Progress:
    """The round's progress, in one statement."""
    here = Application.round_id == round_.id
    of_round = sa.select(Application.id).where(here, Application.state.in_(COMPLIANT))
    sheets = (
        sa.select(sa.func.count())
        .select_from(EvaluationSheet)
        .where(EvaluationSheet.application_id.in_(of_round), active_sheet())
    )
    row = session.execute(
        sa.select(
            _scalar(sa.select(sa.func.count()).where(here, Application.state.in_(STANDING))),
            _scalar(sa.select(sa.func.count()).where(here, Application.state.in_(STANDING - {S.SUBMITTED}))),
            _scalar(sa.select(sa.func.count()).where(here, Application.state.in_(COMPLIANT))),
            _scalar(sheets),
            _scalar(sheets.where(EvaluationSheet.finished_at.is_not(None))),
            sa.func.count_agreed(round_.id),
            _scalar(
                sa.select(sa.func.count(Question.weight)).join(Section).where(Section.round_id == round_.id)
            ),
        )
    ).one()
    return Progress(*row)


def _count(kind: Any, *conditions: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    return (
        sa.select(sa.func.count()).where(kind.application_id == Application.id, *conditions).scalar_subquery()
    )


def _scalar(statement: sa.Select[int]) -> sa.ScalarSelect[int]:
    return statement.scalar_subquery()
