"""Rounds under evaluation: people at both councils, applications, declarations, sheets and agreed scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.accounts.models import Person
from portal.accounts.states import Council, Role
from portal.applications.models import Application
from portal.applications.states import ApplicationState
from portal.core import clock
from portal.core.db import session
from portal.evaluations.models import (
    ComplianceConclusion,
    ComplianceFinding,
    ConflictDeclaration,
    ConsensusScore,
    EvaluationSheet,
    FindingReview,
    Score,
)
from portal.evaluations.queries import list_pass_fail_questions
from portal.evaluations.states import Finding
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Round
from portal.frameworks.states import RoundState
from tests.factories import accounts, applications
from tests.factories import frameworks as framework_rows
from tests.support.acting import as_worker, save, save_all


@dataclass
class Case:
    """A round under way with the people who work on it, free of conflicts unless told otherwise."""

    round: Round
    commissioner: Person
    evaluators: list[Person]
    approver: Person
    applications: list[Application] = field(default_factory=list)

    @property
    def application(self) -> Application:
        return self.applications[0]

    @property
    def people(self) -> list[Person]:
        return [self.commissioner, *self.evaluators, self.approver]


def case(
    state: RoundState | str = RoundState.OPENED,
    *,
    count: int = 1,
    application_state: ApplicationState | str | None = None,
    declared: bool = True,
    assigned: bool | None = None,
    finished: bool | None = None,
    agreed: bool | None = None,
    value: int = 4,
    **columns: Any,
) -> Case:
    """A round in `state` with `count` applications, as far on as that state needs.

    Opened: submitted applications, nothing assigned. Evaluating: compliant, two blank sheets each.
    Consensus: sheets finished at `value`; `agreed` also agrees every question at `value`.
    """
    state = RoundState(state)
    made = Case(
        framework_rows.round_(state, **columns),
        accounts.person(Role.COMMISSIONER, full_name="Carys Commissioner"),
        [
            accounts.person(Role.EVALUATOR, full_name="Kit Kentish"),
            accounts.person(Role.EVALUATOR, full_name="Mo Medway", council=Council.MEDWAY),
        ],
        accounts.person(Role.APPROVER, full_name="April Approver"),
    )
    past_opening = state != RoundState.OPENED
    wanted = application_state or (ApplicationState.COMPLIANT if past_opening else ApplicationState.SUBMITTED)
    for _ in range(count):
        add_application(made, wanted, declared=declared)
    if assigned if assigned is not None else past_opening:
        done = finished if finished is not None else state != RoundState.EVALUATING
        for application in made.applications:
            for evaluator in made.evaluators:
                sheet(application, evaluator, by=made.commissioner, value=value if done else None)
    if agreed:
        for application in made.applications:
            agree(application, by=made.commissioner, value=value)
    return made


def add_application(
    to: Case, state: ApplicationState | str, *, declared: bool = True, **options: Any
) -> Application:
    """One more application in the case's round, on which everybody has declared no conflict."""
    made = applications.application(state, round_=to.round, **options)
    to.applications.append(made)
    if declared:
        save_all(_declaration(made, person) for person in to.people)
    return made


def declaration(application: Application, person: Person, nature: str = "") -> ConflictDeclaration:
    """A declaration: of a conflict when `nature` says what it is."""
    return save(_declaration(application, person, nature))


def _declaration(application: Application, person: Person, nature: str = "") -> ConflictDeclaration:
    return ConflictDeclaration(
        application_id=application.id,
        person_id=person.id,
        has_conflict=bool(nature),
        nature=nature,
        declared_at=clock.now(),
    )


def findings(application: Application, by: Person, **failed: str) -> None:
    """A pass on every pass/fail question, but a fail with its reason on those named by `q` and number."""
    with as_worker():
        for question in list_pass_fail_questions(application.round):
            reason = failed.get("q" + question.number.replace(".", "_"), "")
            session.add(
                ComplianceFinding(
                    application_id=application.id,
                    question_id=question.id,
                    finding=Finding.FAIL if reason else Finding.PASS,
                    reason=reason,
                    found_by_id=by.id,
                )
            )
    session.commit()


def confirmation(finding: ComplianceFinding) -> FindingReview:
    """A fail confirmed by another commissioner."""
    second = accounts.person(Role.COMMISSIONER)
    return save(
        FindingReview(
            finding_id=finding.id,
            finding_version=finding.version,
            is_confirmed=True,
            reviewed_by_id=second.id,
        )
    )


def conclusion(
    application: Application, by: Person, *, is_compliant: bool, reasons: str
) -> ComplianceConclusion:
    """A concluded check; where it is not compliant, on the first question, which a second officer confirmed."""
    if not is_compliant:
        finding = ComplianceFinding(
            application_id=application.id,
            question_id=list_pass_fail_questions(application.round)[0].id,
            finding=Finding.FAIL,
            reason=reasons,
            found_by_id=by.id,
        )
        confirmation(save(finding))
    return save(
        ComplianceConclusion(
            application_id=application.id,
            is_compliant=is_compliant,
            reasons=reasons,
            concluded_by_id=by.id,
            concluded_at=clock.now(),
        )
    )


def sheet(
    application: Application,
    evaluator: Person,
    *,
    by: Person,
    value: int | None = None,
    notes: str = "",
    **values: int,
) -> EvaluationSheet:
    """A sheet on all scored questions: blank, or scored at `value` and finished; `q5_2=2` sets one apart."""
    made = save(
        EvaluationSheet(application_id=application.id, evaluator_id=evaluator.id, assigned_by_id=by.id)
    )
    with as_worker():
        for question in frameworks.list_scored_questions(application.round):
            session.add(
                Score(
                    sheet_id=made.id,
                    question_id=question.id,
                    value=values.get("q" + question.number.replace(".", "_"), value),
                    reason="" if value is None else f"{evaluator.full_name} finds it convincing.",
                    working_notes=notes,
                    scored_at=None if value is None else clock.now(),
                )
            )
        session.flush()
        made.finished_at = None if value is None else clock.now()
    session.commit()
    return made


def scores(of: EvaluationSheet) -> Sequence[Score]:
    """The scores of a sheet, in the order of the questions, whoever is acting."""
    from portal.evaluations.queries import list_scores

    with as_worker():
        return list(list_scores(of))


def agree(application: Application, *, by: Person, value: int = 4, **values: int) -> None:
    """An agreed score on every scored question; `q5_2=2` sets one apart."""
    with as_worker():
        for question in frameworks.list_scored_questions(application.round):
            session.add(
                ConsensusScore(
                    application_id=application.id,
                    question_id=question.id,
                    value=values.get("q" + question.number.replace(".", "_"), value),
                    reason=f"Agreed on {question.number}: a sound answer.",
                    attended="Kit Kentish and Mo Medway",
                    agreed_by_id=by.id,
                    agreed_at=clock.now(),
                )
            )
    session.commit()
