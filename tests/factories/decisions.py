"""Recommendations and decisions on rounds whose quality is locked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from portal.accounts.models import Person
from portal.applications.states import ApplicationState
from portal.core import clock
from portal.core.db import session
from portal.decisions import queries, services
from portal.decisions.models import DecisionRecord, PublishedRecord, Recommendation
from portal.decisions.services import Line, Procedure
from portal.decisions.states import DecisionKind
from portal.evaluations.services import lock_quality
from portal.frameworks.models import Round
from tests.factories import evaluations as rows
from tests.factories import frameworks
from tests.factories.evaluations import Case
from tests.support.acting import acting_as, save


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


def procedure(**changes: Any) -> Procedure:
    """Everything that an approval rests on, for a decision that is not itself a key decision."""
    today = clock.today()
    return Procedure(
        **{
            "number": "26/00001",
            "delegation": "Decision 23-00112, part ii",
            "consultee": "Casey Cabinet",
            "consulted_on": today - timedelta(days=5),
            "consultee_view": "Content.",
            "consultee_interests": "None.",
            "consultee_declared_on": today - timedelta(days=6),
            "member_number": "23-00112",
            "member_name": "Casey Cabinet",
            "member_decided_on": today - timedelta(days=400),
            "member_call_in_ended_on": today - timedelta(days=390),
            "medway_signatory": "Mel Medway",
            "medway_position": "Head of commissioning",
            "medway_agreed_on": today - timedelta(days=3),
            "screening": "Screening of the framework",
            "screening_review_on": today + timedelta(days=200),
            **changes,
        }
    )


def ready(here: Case, **changes: Any) -> DecisionRecord:
    """The papers of the round with everything recorded that an approval rests on."""
    acting_as(here.commissioner)
    record = queries.find_record(here.round)
    assert record is not None
    services.save_procedure(record, procedure(**changes), {}, by=here.commissioner)
    session.commit()
    return record


def decided(**options: Any) -> tuple[Case, Recommendation]:
    """As `recommended`, approved."""
    here, made = recommended(**options)
    ready(here)
    approve(here, made)
    return here, made


def approve(here: Case, recommendation: Recommendation) -> None:
    """The approver agrees, and signs the record."""
    acting_as(here.approver)
    services.decide(
        recommendation,
        kind=DecisionKind.APPROVE,
        reasons="I agree.",
        position="Corporate Director",
        by=here.approver,
    )
    session.commit()


def published() -> PublishedRecord:
    """A record that anybody may read, of a round of its own."""
    round_ = frameworks.round_(questions=False)
    signed = services.sign_draft(
        DecisionRecord(round=round_, record={}, exempt="", exempt_reason="", spend={})
    )
    return save(
        PublishedRecord(
            round_id=round_.id,
            number="26/00001",
            content=signed | {"has_exempt_part": False},
            sha256="0" * 64,
            published_on=clock.today(),
        )
    )


def previewed(here: Case) -> None:
    """Every letter has been looked at."""
    acting_as(here.commissioner)
    services.note_previewed(here.round, queries.list_standing(here.round), by=here.commissioner)
    session.commit()


def in_standstill(**options: Any) -> Case:
    """As `decided`, with the notices sent."""
    here, _ = decided(**options)
    previewed(here)
    acting_as(here.commissioner)
    services.send_notices(here.round, by=here.commissioner)
    session.commit()
    return here
