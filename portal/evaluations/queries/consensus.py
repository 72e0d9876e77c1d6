"""Evaluators' scores side by side and what was agreed: for when consensus is open, never before (rule 4)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from portal.accounts.models import Person
from portal.applications.models import Application, ClarificationRequest
from portal.core.db import session
from portal.evaluations import scoring
from portal.evaluations.models import (
    ChairAnswer,
    ChairQuestion,
    ComplianceConclusion,
    ComplianceFinding,
    ConsensusScore,
    EvaluationSheet,
    FindingReview,
    PriceQuery,
    Score,
    SheetUnlocking,
)
from portal.evaluations.queries.applications import COMPLIANT, PAGE, Page, active_sheet
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Question, Round, Section
from portal.providers.models import Organisation


@dataclass(frozen=True)
class Opinion:
    """One evaluator's own score with its reason, as finished."""

    evaluator: str
    council: str
    value: int
    reason: str


@dataclass(frozen=True)
class ConsensusLine:
    """One question of one application: every evaluator's score, and the agreed one once there is one."""

    question: Question
    opinions: list[Opinion] = field(default_factory=list)
    agreed: ConsensusScore | None = None

    @property
    def spread(self) -> int:
        return scoring.spread([opinion.value for opinion in self.opinions])

    @property
    def is_wide(self) -> bool:
        return self.spread >= scoring.WIDE_SPREAD


@dataclass(frozen=True)
class ConsensusProgress:
    """One application in the moderator's list."""

    application_id: uuid.UUID
    reference: str
    legal_name: str
    number: int | None
    agreed: int
    wide: int


def consensus_lines(application: Application) -> list[ConsensusLine]:
    """All scored questions of one application in order: three statements."""
    lines = {
        question.id: ConsensusLine(question, agreed=None)
        for question in frameworks.list_scored_questions(application.round)
    }
    for score, evaluator in _finished_scores(application):
        council = evaluator.council.label if evaluator.council else ""
        lines[score.question_id].opinions.append(
            Opinion(evaluator.full_name, council, score.value or 0, score.reason)
        )
    agreed = session.scalars(
        sa.select(ConsensusScore).where(
            ConsensusScore.application_id == application.id, ConsensusScore.voided_at.is_(None)
        )
    )
    by_question = {consensus.question_id: consensus for consensus in agreed}
    return [
        ConsensusLine(line.question, line.opinions, by_question.get(question_id))
        for question_id, line in lines.items()
    ]


def find_consensus(application: Application, question: Question) -> ConsensusScore | None:
    """The agreed score on one question, if there is one, as it is now whatever was read before."""
    return session.scalars(
        sa.select(ConsensusScore)
        .where(
            ConsensusScore.application_id == application.id,
            ConsensusScore.question_id == question.id,
            ConsensusScore.voided_at.is_(None),
        )
        .execution_options(populate_existing=True)
    ).one_or_none()


def list_void_consensus(application: Application) -> Sequence[ConsensusScore]:
    """Agreed scores made void, in the order of their questions: they are agreed again."""
    return session.scalars(
        sa.select(ConsensusScore)
        .join(ConsensusScore.question)
        .join(Question.section)
        .where(ConsensusScore.application_id == application.id, ConsensusScore.voided_at.is_not(None))
        .order_by(Section.position, Question.position, ConsensusScore.voided_at)
        .options(contains_eager(ConsensusScore.question))
    ).all()


def list_consensus_progress(round_: Round, page: int = 1) -> Page:
    """The compliant applications with how many questions are agreed and how many spreads are wide."""
    here = sa.and_(Application.round_id == round_.id, Application.state.in_(COMPLIANT))
    agreed = (
        sa.select(sa.func.count())
        .where(ConsensusScore.application_id == Application.id, ConsensusScore.voided_at.is_(None))
        .scalar_subquery()
    )
    spreads = (
        sa.select(Score.question_id)
        .join(EvaluationSheet, EvaluationSheet.id == Score.sheet_id)
        .where(EvaluationSheet.application_id == Application.id, active_sheet())
        .group_by(Score.question_id)
        .having(sa.func.max(Score.value) - sa.func.min(Score.value) >= scoring.WIDE_SPREAD)
        .correlate(Application)
        .subquery()
    )
    wide = sa.select(sa.func.count()).select_from(spreads).correlate(Application).scalar_subquery()
    rows = session.execute(
        sa.select(
            Application.id,
            Application.reference,
            Organisation.legal_name,
            Application.applicant_number,
            agreed,
            wide,
        )
        .join(Organisation, Organisation.id == Application.organisation_id)
        .where(here)
        .order_by(Organisation.legal_name, Application.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    total = session.execute(sa.select(sa.func.count()).select_from(Application).where(here)).scalar_one()
    return Page([ConsensusProgress(*row) for row in rows], page, total)


def count_without_consensus(round_: Round) -> int:
    """How many scored questions of compliant applications have no agreed score yet."""
    return session.execute(
        sa.select(sa.func.count())
        .select_from(Application)
        .join(Section, Section.round_id == Application.round_id)
        .join(Question, Question.section_id == Section.id)
        .where(
            Application.round_id == round_.id,
            Application.state.in_(COMPLIANT),
            Question.weight.is_not(None),
            ~sa.exists().where(
                ConsensusScore.application_id == Application.id,
                ConsensusScore.question_id == Question.id,
                ConsensusScore.voided_at.is_(None),
            ),
        )
    ).scalar_one()


def rounds_taken_part_in(person: Person) -> sa.CompoundSelect[uuid.UUID]:
    """The ids of the rounds in which this person evaluated or moderated, and so cannot decide (rule 6).

    Checking compliance, also as the second officer, is evaluating; locking quality, making scores void, unlocking
    sheets, answering as the chair and calling a price into question are moderating. The database says the same.
    """
    done_by = (
        (ComplianceFinding.application_id, ComplianceFinding.found_by_id),
        (ComplianceConclusion.application_id, ComplianceConclusion.concluded_by_id),
        (EvaluationSheet.application_id, EvaluationSheet.evaluator_id),
        (EvaluationSheet.application_id, EvaluationSheet.voided_by_id),
        (ConsensusScore.application_id, ConsensusScore.agreed_by_id),
        (ConsensusScore.application_id, ConsensusScore.voided_by_id),
        (PriceQuery.application_id, PriceQuery.concluded_by_id),
    )
    reviewed = (
        sa.select(Application.round_id)
        .join(ComplianceFinding, ComplianceFinding.application_id == Application.id)
        .join(FindingReview, FindingReview.finding_id == ComplianceFinding.id)
    )
    asked = (
        sa.select(Application.round_id)
        .join(PriceQuery, PriceQuery.application_id == Application.id)
        .join(ClarificationRequest, ClarificationRequest.id == PriceQuery.request_id)
    )
    return sa.union(
        asked.where(ClarificationRequest.asked_by_id == person.id),
        sa.select(Round.id).where(Round.quality_locked_by_id == person.id),
        reviewed.where(FindingReview.reviewed_by_id == person.id),
        _moderated(person, SheetUnlocking.unlocked_by_id, EvaluationSheet, SheetUnlocking),
        _moderated(person, ChairAnswer.answered_by_id, ChairQuestion, ChairAnswer),
        *(
            sa.select(Application.round_id).where(Application.id == application, somebody == person.id)
            for application, somebody in done_by
        ),
    )


def _moderated(person: Person, by: Any, about: Any, kind: Any) -> sa.Select[uuid.UUID]:
    return (
        sa.select(Application.round_id)
        .join(about, about.application_id == Application.id)
        .join(kind)
        .where(by == person.id)
    )


def _finished_scores(application: Application) -> Sequence[sa.Row[Score, Person]]:
    return (
        session.execute(
            sa.select(Score, Person)
            .join(EvaluationSheet, EvaluationSheet.id == Score.sheet_id)
            .join(Person, Person.id == EvaluationSheet.evaluator_id)
            .where(
                EvaluationSheet.application_id == application.id,
                EvaluationSheet.finished_at.is_not(None),
                active_sheet(),
            )
            .order_by(Person.full_name, Person.id)
        )
        .unique()
        .all()
    )
