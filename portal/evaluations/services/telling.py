"""Telling evaluators and commissioners what changed for them in an evaluation."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from portal.accounts.models import Person, RoleGrant
from portal.accounts.states import Role
from portal.applications.models import Application
from portal.core.db import session
from portal.core.links import link
from portal.evaluations import queries
from portal.evaluations.models import EvaluationSheet, FindingReview, SheetUnlocking
from portal.frameworks.models import Round
from portal.notifications.services import tell


def tell_of_conflict(application: Application, evaluator: Person) -> None:
    """Commissioners learn that somebody else has to score or moderate an application."""
    href = link("evaluations.show", round_id=application.round_id)
    declaration = queries.find_declaration(application.id, evaluator.id)
    for person in _list_holders(Role.COMMISSIONER):
        if person.id != evaluator.id:
            tell(
                person,
                template="evaluations/conflict_declared",
                context={
                    "evaluator": evaluator.full_name,
                    "applicant": application.organisation.legal_name,
                    "round_title": application.round.title,
                    "is_locked": application.round.quality_locked_at is not None,
                    "href": href,
                },
                link=href,
                cause_id=declaration.id if declaration is not None else None,
            )


def tell_evaluator_replaced(sheet: EvaluationSheet) -> None:
    """Whoever was taken off an application learns that they need not go on."""
    context = {
        "applicant": queries.shown_name(sheet.application),
        "round_title": sheet.application.round.title,
        "reason": sheet.void_reason,
    }
    tell(
        sheet.evaluator,
        template="evaluations/replaced",
        context=context,
        link=link("evaluations.index"),
        cause_id=sheet.id,
    )


def tell_sheet_unlocked(sheet: EvaluationSheet, unlocking: SheetUnlocking) -> None:
    """Whoever had finished learns that their scores wait for them again, and why."""
    href = link("evaluations.sheet", sheet_id=sheet.id)
    context = {
        "applicant": queries.shown_name(sheet.application),
        "round_title": sheet.application.round.title,
        "officer": unlocking.unlocked_by.full_name,
        "reason": unlocking.reason,
        "href": href,
    }
    tell(sheet.evaluator, template="evaluations/unlocked", context=context, link=href, cause_id=unlocking.id)


def tell_of_fail_turned_back(review: FindingReview, application: Application) -> None:
    """Whoever proposed a fail learns that a colleague turned it back, and why."""
    href = link("evaluations.check", application_id=application.id)
    tell(
        review.finding.found_by,
        template="evaluations/fail_turned_back",
        context={
            "applicant": application.organisation.legal_name,
            "question": review.finding.question.number,
            "reason": review.reason,
            "href": href,
        },
        link=href,
        cause_id=review.id,
    )


def tell_scoring_started(round_: Round, evaluators: Sequence[Person]) -> None:
    """Evaluators learn that they can begin."""
    href = link("evaluations.index")
    for person in evaluators:
        tell(
            person,
            template="evaluations/evaluation_started",
            context={"round_title": round_.title, "href": href},
            link=href,
            cause_id=round_.id,
        )


def _list_holders(role: Role) -> Sequence[Person]:
    return (
        session.scalars(
            sa.select(Person)
            .where(
                ~Person.is_disabled,
                sa.exists().where(RoleGrant.person_id == Person.id, RoleGrant.role == role),
            )
            .order_by(Person.id)
        )
        .unique()
        .all()
    )
