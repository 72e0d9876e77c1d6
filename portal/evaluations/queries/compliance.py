"""The compliance check of one application: what was answered, found and reviewed, question by question."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from portal.applications import queries as applications
from portal.applications.models import Application, Submission
from portal.core.db import session
from portal.core.errors import NotFound
from portal.evaluations.models import ComplianceConclusion, ComplianceFinding, FindingReview
from portal.evaluations.queries.answers import NOTHING, AnswerShown, list_answers
from portal.evaluations.queries.conflicts import list_conflicted
from portal.evaluations.states import CheckState, Finding
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Question, Round


@dataclass(frozen=True)
class CheckLine:
    """One pass/fail question of one application. `review` is of the finding as it now reads.

    `is_asked` is false where a condition of the question leaves this applicant out. `is_by_conflicted`: whoever
    made the finding, or confirmed it, has declared a conflict since.
    """

    question: Question
    answer: AnswerShown
    is_asked: bool
    finding: ComplianceFinding | None
    review: FindingReview | None
    is_by_conflicted: bool

    @property
    def is_decision(self) -> bool:
        """Does the finding decide on self-cleaning, because the applicant says that the ground applies?"""
        return self.answer.is_exclusion_yes

    @property
    def state(self) -> CheckState:
        if not self.is_asked:
            return CheckState.NOT_ASKED
        if self.finding is None:
            return CheckState.TO_FIND
        if self.is_by_conflicted:
            return CheckState.TO_FIND_AGAIN
        if self.finding.finding != Finding.FAIL:
            return CheckState(self.finding.finding.value)
        if self.review is None:
            return CheckState.TO_CONFIRM
        return CheckState.FAIL if self.review.is_confirmed else CheckState.TURNED_BACK


def check_lines(application: Application) -> list[CheckLine]:
    """Every pass/fail question in the order it is asked, with its answer, finding and review."""
    submission = applications.latest_submission(application)
    answers, values = list_answers(submission), _values(submission)
    findings, reviews = list_findings(application), _list_reviews(application)
    conflicted = list_conflicted(application)
    return [
        CheckLine(
            question,
            answers.get(str(question.id), NOTHING),
            frameworks.is_asked(question, values),
            findings.get(question.id),
            reviews.get(question.id),
            _touched(conflicted, findings.get(question.id), reviews.get(question.id)),
        )
        for question in list_pass_fail_questions(application.round)
    ]


def list_pass_fail_questions(round_: Round) -> Sequence[Question]:
    """What the compliance check looks at, in the order it is asked."""
    return [question for question in frameworks.list_questions(round_) if question.pass_fail]


def list_findings(application: Application) -> dict[uuid.UUID, ComplianceFinding]:
    """The findings so far, by question."""
    found = session.scalars(
        sa.select(ComplianceFinding)
        .where(ComplianceFinding.application_id == application.id)
        .options(joinedload(ComplianceFinding.found_by, innerjoin=True))
    ).unique()
    return {finding.question_id: finding for finding in found}


def get_finding(application: Application, question_id: uuid.UUID) -> ComplianceFinding:
    """The finding on one question. Raises `NotFound` while there is none."""
    found = list_findings(application).get(question_id)
    if found is None:
        raise NotFound
    return found


def find_review(finding: ComplianceFinding) -> FindingReview | None:
    """What a second officer said of the finding as it now reads."""
    return session.scalars(
        sa.select(FindingReview).where(
            FindingReview.finding_id == finding.id, FindingReview.finding_version == finding.version
        )
    ).one_or_none()


def find_conclusion(application: Application) -> ComplianceConclusion | None:
    """How the compliance check was concluded, if it was."""
    return (
        session.scalars(
            sa.select(ComplianceConclusion)
            .where(ComplianceConclusion.application_id == application.id)
            .options(joinedload(ComplianceConclusion.concluded_by))
        )
        .unique()
        .one_or_none()
    )


def _list_reviews(application: Application) -> dict[uuid.UUID, FindingReview]:
    rows = session.execute(
        sa.select(ComplianceFinding.question_id, FindingReview)
        .join(FindingReview, FindingReview.finding_id == ComplianceFinding.id)
        .where(
            ComplianceFinding.application_id == application.id,
            FindingReview.finding_version == ComplianceFinding.version,
        )
        .options(joinedload(FindingReview.reviewed_by, innerjoin=True))
    ).unique()
    return {question_id: review for question_id, review in rows}  # noqa: C416 - rows are no pairs to the type checker


def _values(submission: Submission | None) -> dict[uuid.UUID, object]:
    sections = submission.content["sections"] if submission is not None else []
    return {
        uuid.UUID(question["id"]): question["answer"]
        for section in sections
        for question in section["questions"]
    }


def _touched(conflicted: Iterable[uuid.UUID], *made: ComplianceFinding | FindingReview | None) -> bool:
    officers = {
        one.found_by_id if isinstance(one, ComplianceFinding) else one.reviewed_by_id for one in made if one
    }
    return not officers.isdisjoint(conflicted)
