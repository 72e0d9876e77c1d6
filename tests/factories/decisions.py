"""Recommendations and decisions on rounds whose quality is locked."""

from __future__ import annotations

from typing import Any

from portal.accounts.models import Person
from portal.applications.states import ApplicationState
from portal.core.db import session
from portal.decisions import queries, services
from portal.decisions.models import Recommendation
from portal.decisions.services import Line
from portal.decisions.states import DecisionKind
from portal.evaluations.services import lock_quality
from portal.frameworks.models import Round
from tests.factories import evaluations as rows
from tests.factories.evaluations import Case
from tests.support.acting import acting_as


def scored(*, admitted: int = 1, below: int = 1, non_compliant: int = 1, **columns: Any) -> Case:
    """A round with quality locked: so many meet the minimums, miss them, or are not compliant."""
    here = rows.case("consensus", count=0, **columns)
    for value, count in ((4, admitted), (1, below)):
        for _ in range(count):
            made = rows.add_application(here, ApplicationState.COMPLIANT)
            for evaluator in here.evaluators:
                rows.sheet(made, evaluator, by=here.commissioner, value=value)
            rows.agree(made, by=here.commissioner, value=value)
    for _ in range(non_compliant):
        made = rows.add_application(here, ApplicationState.NON_COMPLIANT)
        rows.conclusion(made, here.commissioner, is_compliant=False, reasons="The insurance is too low.")
    acting_as(here.commissioner)
    lock_quality(here.round, by=here.commissioner)
    session.commit()
    return here


def lines_of(round_: Round) -> dict[Any, Line]:
    """The lines that the published rule suggests, each with a reason."""
    return {
        one.application.id: Line(
            one.suggested,
            one.suggested_reason or f"{one.application.organisation.legal_name} matches children well.",
        )
        for one in queries.list_proposals(round_)
    }


def recommended(**options: Any) -> tuple[Case, Recommendation]:
    """As `scored`, with a recommendation by the rule."""
    here = scored(**options)
    return here, recommend(here)


def recommend(here: Case, by: Person | None = None) -> Recommendation:
    """A recommendation by the rule."""
    person = by or here.commissioner
    acting_as(person)
    made = services.recommend(here.round, reasons="By the rule.", lines=lines_of(here.round), by=person)
    session.commit()
    return made


def decided(**options: Any) -> tuple[Case, Recommendation]:
    """As `recommended`, approved."""
    here, made = recommended(**options)
    acting_as(here.approver)
    services.decide(made, kind=DecisionKind.APPROVE, reasons="I agree.", by=here.approver)
    session.commit()
    return here, made


def in_standstill(**options: Any) -> Case:
    """As `decided`, with the notices sent."""
    here, _ = decided(**options)
    acting_as(here.commissioner)
    services.send_notices(here.round, by=here.commissioner)
    session.commit()
    return here
