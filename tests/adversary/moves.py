"""What anybody may try: every service of a round from drafting to signing, and plain SQL as the web's role.

A move gets the world, whoever tries it, and `Draws` to choose with. Its `doers` are those who might rightly do
it at some moment: half of all steps pick one of them, so that rounds get somewhere; the other half pick anybody.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.agreements import services as agreements
from portal.agreements.models import Agreement
from portal.applications import services as applications
from portal.applications.models import Application
from portal.core import clock
from portal.core.db import session
from portal.decisions import queries as decision_queries
from portal.decisions import services as decisions
from portal.decisions.models import Recommendation
from portal.decisions.services import Line
from portal.decisions.states import DecisionKind, EventKind, Outcome
from portal.evaluations import queries as evaluation_queries
from portal.evaluations import services as evaluations
from portal.evaluations.models import ChairQuestion, ComplianceFinding, EvaluationSheet, PriceQuery, Score
from portal.evaluations.states import Audience, Finding, PriceOutcome
from portal.frameworks import services as frameworks
from portal.frameworks.states import QuestionKind
from portal.providers.models import Organisation
from tests.adversary.world import World
from tests.factories.accounts import PASSWORD
from tests.factories.decisions import procedure
from tests.support.acting import as_worker, travel

T = TypeVar("T")


class Nothing(Exception):
    """There is nothing in this world yet that the move could be tried on."""


class Draws(Protocol):
    """Where choices come from."""

    def pick(self, among: Sequence[T]) -> T: ...


@dataclass(frozen=True)
class Move:
    """Something to try. `doers` of a world are the ids of those who might rightly do it."""

    name: str
    run: Callable[[World, Person, Draws], Any]
    doers: Callable[[World], list[uuid.UUID]]


MOVES: list[Move] = []

Doers = Callable[[World], list[uuid.UUID]]


def council(*roles: Role) -> Doers:
    return lambda world: world.holders(*roles)


def applicants(world: World) -> list[uuid.UUID]:
    return world.holders(Role.BID_WRITER, Role.PROVIDER_ADMINISTRATOR)


def everybody(world: World) -> list[uuid.UUID]:
    return world.people


def move(doers: Doers) -> Callable[[Callable[[World, Person, Draws], Any]], Callable[..., Any]]:
    """Put a function on the list of moves."""

    def keep(run: Callable[[World, Person, Draws], Any]) -> Callable[..., Any]:
        MOVES.append(Move(run.__name__, run, doers))
        return run

    return keep


def one_of(draws: Draws, among: Sequence[T]) -> T:
    if not among:
        raise Nothing
    return draws.pick(among)


def an_application(world: World, person: Person, draws: Draws) -> Application:
    """One's own more often than another's, since most of what is tried on another's is refused alike."""
    found = world.applications()
    own = [one for one in found if one.organisation_id in person.organisation_ids]
    return one_of(draws, own if own and draws.pick((True, True, False)) else found)


def any_row(kind: type[T], **columns: Any) -> list[T]:
    """Rows whoever is acting, so that a service is handed what its caller could not have found."""
    with as_worker():
        found = list(session.scalars(sa.select(kind).filter_by(**columns).order_by("created_at", "id")))
        for one in found:
            _read_along(one, "sheet", "application", "round", "organisation")
        return found


def _read_along(thing: Any, *names: str) -> None:
    """What hangs on it is read too, while row-level security lets it be."""
    for name in names:
        if (below := getattr(thing, name, None)) is not None:
            _read_along(below, *names)


# The applicant


@move(applicants)
def start(world: World, person: Person, draws: Draws) -> None:
    own = [one for one in world.organisations if one in person.organisation_ids]
    organisation_id = draws.pick(own or world.organisations)
    applications.start_application(world.round, session.get_one(Organisation, organisation_id), by=person)


@move(applicants)
def answer_everything(world: World, person: Person, draws: Draws) -> None:
    application = an_application(world, person, draws)
    for question in world.questions(*ANSWERS):
        applications.save_answer(application, question, ANSWERS[question.kind], by=person)
    fees: dict[int, Decimal | None] = {
        cell: draws.pick((Decimal("700.00"), Decimal("812.50"))) for cell in world.cells
    }
    applications.save_prices(application, fees, by=person)


ANSWERS = {
    QuestionKind.EXCLUSION: {"applies": "no", "explanation": ""},
    QuestionKind.YES_NO: True,
    QuestionKind.LONG_TEXT: "We match each child with care.",
}


@move(applicants)
def change_an_answer(world: World, person: Person, draws: Draws) -> None:
    application = an_application(world, person, draws)
    question = draws.pick(world.questions(QuestionKind.LONG_TEXT))
    text = draws.pick(("", "Another text.", "5", "We match each child with care.\u202e"))
    applications.save_answer(application, question, text, by=person)


@move(applicants)
def change_a_price(world: World, person: Person, draws: Draws) -> None:
    application = an_application(world, person, draws)
    fee = draws.pick((None, Decimal(0), Decimal("-1"), Decimal("650.00"), Decimal("650.001")))
    applications.save_prices(application, {draws.pick(world.cells): fee}, by=person)


@move(applicants)
def sign_and_submit(world: World, person: Person, draws: Draws) -> None:
    application = an_application(world, person, draws)
    applications.sign_and_submit(application, name="Robin Fairweather", position="Director", by=person)


@move(applicants)
def sign(world: World, person: Person, draws: Draws) -> None:
    application = an_application(world, person, draws)
    applications.declare(application, name="Robin Fairweather", position="Director", by=person)


@move(applicants)
def submit(world: World, person: Person, draws: Draws) -> None:
    applications.submit_application(an_application(world, person, draws), by=person)


@move(applicants)
def instruct(world: World, person: Person, draws: Draws) -> None:
    applications.instruct(an_application(world, person, draws), by=person)


@move(applicants)
def withdraw(world: World, person: Person, draws: Draws) -> None:
    if draws.pick((False, False, True)):  # seldom: a round of withdrawn applications goes nowhere
        applications.withdraw_application(an_application(world, person, draws), by=person)


# The round


@move(council(Role.COMMISSIONER))
def extend_the_deadline(world: World, person: Person, draws: Draws) -> None:
    deadline = world.round.submission_deadline + timedelta(days=draws.pick((-1, 1)))
    frameworks.extend_deadline(world.round, deadline, reason="Several asked for time.", by=person)


@move(council(Role.COMMISSIONER))
def request_opening(world: World, person: Person, _: Draws) -> None:
    applications.request_opening(world.round, by=person)


@move(council(Role.COMMISSIONER))
def confirm_opening(world: World, person: Person, _: Draws) -> None:
    applications.confirm_opening(world.round, by=person)


@move(everybody)
def wait(_: World, __: Person, draws: Draws) -> None:
    travel(draws.pick((timedelta(minutes=5), timedelta(hours=7), timedelta(days=3), timedelta(days=15))))


@move(council(Role.COMMISSIONER, Role.EVALUATOR, Role.APPROVER))
def declare_no_conflict_with_any(world: World, person: Person, _: Draws) -> None:
    for application in world.applications():
        evaluations.declare_conflict(application, has_conflict=False, by=person)


@move(council(Role.COMMISSIONER, Role.EVALUATOR, Role.APPROVER))
def declare(world: World, person: Person, draws: Draws) -> None:
    application = one_of(draws, world.applications())
    has_conflict = draws.pick((False, False, False, True))
    evaluations.declare_conflict(application, has_conflict=has_conflict, nature="A friend.", by=person)


# Compliance


@move(council(Role.COMMISSIONER))
def find_all_in_order(world: World, person: Person, draws: Draws) -> None:
    application = one_of(draws, world.applications())
    for question in world.questions(QuestionKind.EXCLUSION, QuestionKind.YES_NO):
        evaluations.record_finding(application, question, Finding.PASS, "", by=person)
    evaluations.conclude_compliance(application, is_compliant=True, reasons="In order.", by=person)


@move(council(Role.COMMISSIONER))
def find(world: World, person: Person, draws: Draws) -> None:
    question = draws.pick(world.questions(QuestionKind.EXCLUSION, QuestionKind.YES_NO))
    evaluations.record_finding(
        one_of(draws, world.applications()),
        question,
        draws.pick(tuple(Finding)),
        draws.pick(("", "The insurance is too low.")),
        evidence_considered="The certificate.",
        by=person,
    )


@move(council(Role.COMMISSIONER))
def review(world: World, person: Person, draws: Draws) -> None:
    finding = one_of(draws, any_row(ComplianceFinding))
    application = next(one for one in world.applications() if one.id == finding.application_id)
    confirms = draws.pick((True, False))
    evaluations.review_finding(
        application, finding, is_confirmed=confirms, reason="" if confirms else "It is enough.", by=person
    )


@move(council(Role.COMMISSIONER))
def conclude_check(world: World, person: Person, draws: Draws) -> None:
    application = one_of(draws, world.applications())
    outcome = draws.pick((True, False))
    evaluations.conclude_compliance(application, is_compliant=outcome, reasons="As found.", by=person)


# Scoring


@move(council(Role.COMMISSIONER))
def assign(world: World, person: Person, draws: Draws) -> None:
    evaluator = world.person(draws.pick(world.people))
    evaluations.assign_evaluator(one_of(draws, world.applications()), evaluator, by=person)


@move(council(Role.COMMISSIONER))
def assign_everybody(world: World, person: Person, _: Draws) -> None:
    for application in world.applications():
        for evaluator in world.holders(Role.EVALUATOR)[:3]:
            evaluations.assign_evaluator(application, world.person(evaluator), by=person)


@move(council(Role.COMMISSIONER))
def start_evaluating(world: World, person: Person, _: Draws) -> None:
    evaluations.start_evaluating(world.round, by=person)


@move(council(Role.EVALUATOR))
def score(world: World, person: Person, draws: Draws) -> None:
    found = one_of(draws, any_row(Score))
    reason = draws.pick(("It shows how.", "It shows how.", ""))
    evaluations.save_score(found, value=draws.pick((0, 3, 4, 5, 6, None)), reason=reason, by=person)


@move(council(Role.EVALUATOR))
def score_and_finish(world: World, person: Person, draws: Draws) -> None:
    sheets = any_row(EvaluationSheet)
    own = [one for one in sheets if one.evaluator_id == person.id]
    sheet = one_of(draws, own or sheets)
    for found in any_row(Score, sheet_id=sheet.id):
        evaluations.save_score(found, value=draws.pick((4, 1, 3, 5)), reason="It shows how.", by=person)
    evaluations.finish_sheet(sheet, by=person)


@move(council(Role.COMMISSIONER))
def replace_an_evaluator(_: World, person: Person, draws: Draws) -> None:
    sheet = one_of(draws, any_row(EvaluationSheet))
    evaluations.replace_evaluator(sheet, reason=draws.pick(("", "On leave.")), by=person)


@move(council(Role.COMMISSIONER))
def unlock_a_sheet(_: World, person: Person, draws: Draws) -> None:
    sheet = one_of(draws, any_row(EvaluationSheet))
    reason = draws.pick(("The wrong file was read.", "", "I gave it a 2."))
    evaluations.unlock_sheet(sheet, reason=reason, by=person)


@move(council(Role.EVALUATOR))
def ask_the_chair(_: World, person: Person, draws: Draws) -> None:
    found = any_row(Score)
    own = [one for one in found if one.sheet.evaluator_id == person.id]
    text = draws.pick(("Does the annex count?", "I gave it a 2. Is that right?", ""))
    evaluations.ask_chair(one_of(draws, own or found), text, by=person)


@move(council(Role.COMMISSIONER))
def answer_as_the_chair(_: World, person: Person, draws: Draws) -> None:
    asked = one_of(draws, any_row(ChairQuestion))
    text = draws.pick(("It does.", "It does.", "Score it 4."))
    evaluations.answer_chair(
        asked, text, audience=draws.pick(tuple(Audience)), wording="Does an annex count?", by=person
    )


# Consensus and prices


@move(council(Role.COMMISSIONER))
def open_consensus(world: World, person: Person, _: Draws) -> None:
    evaluations.open_consensus(world.round, by=person)


@move(council(Role.COMMISSIONER))
def agree(world: World, person: Person, draws: Draws) -> None:
    _agree(one_of(draws, world.applications()), world, person, draws, draws.pick(("Agreed.", "")))


@move(council(Role.COMMISSIONER))
def agree_on_everything(world: World, person: Person, draws: Draws) -> None:
    for application in world.applications():
        _agree(application, world, person, draws, "Agreed.")


def _agree(application: Application, world: World, person: Person, draws: Draws, reason: str) -> None:
    for question in world.questions(QuestionKind.LONG_TEXT):
        with as_worker():
            agreed = evaluation_queries.find_consensus(application, question)
        evaluations.save_consensus(
            application,
            question,
            value=draws.pick((4, 1, 3)),
            reason=reason,
            attended="Kit and Mo",
            by=person,
            seen_version=agreed.version if agreed is not None else None,
        )


@move(council(Role.COMMISSIONER))
def lock_quality(world: World, person: Person, _: Draws) -> None:
    evaluations.lock_quality(world.round, by=person)


@move(council(Role.COMMISSIONER))
def query_a_price(world: World, person: Person, draws: Draws) -> None:
    evaluations.query_price(
        one_of(draws, world.applications()),
        concern=draws.pick(("Far below the median.", "")),
        question="How do you cover your costs?",
        due_at=clock.now() + timedelta(days=draws.pick((1, -1))),
        by=person,
    )


@move(council(Role.COMMISSIONER))
def conclude_a_price_query(_: World, person: Person, draws: Draws) -> None:
    query = one_of(draws, any_row(PriceQuery))
    _read_along(query, "request")
    evaluations.conclude_price_query(
        query, outcome=draws.pick(tuple(PriceOutcome)), reason=draws.pick(("As explained.", "")), by=person
    )


# Deciding


@move(council(Role.COMMISSIONER))
def recommend(world: World, person: Person, draws: Draws) -> None:
    proposed = decision_queries.list_proposals(world.round)
    tempted = draws.pick((False, False, True))
    lines = {
        one.application.id: Line(Outcome.ADMIT if tempted else one.suggested, "For these reasons.")
        for one in proposed
    }
    decisions.recommend(world.round, reasons="By the rule.", lines=lines, by=person)


@move(council(Role.COMMISSIONER))
def complete_the_papers(world: World, person: Person, _: Draws) -> None:
    record = decision_queries.find_record(world.round)
    if record is None:
        raise Nothing
    decisions.save_procedure(record, procedure(), {}, by=person)


@move(council(Role.APPROVER))
def decide(world: World, person: Person, draws: Draws) -> None:
    recommendation = one_of(draws, any_row_of_round(Recommendation, world))
    decisions.decide(
        recommendation,
        kind=draws.pick((DecisionKind.APPROVE, DecisionKind.APPROVE, *DecisionKind)),
        reasons=draws.pick(("I have considered it.", "I have considered it.", "")),
        position="Corporate Director",
        by=person,
    )


def any_row_of_round(kind: type[Recommendation], world: World) -> list[Recommendation]:
    with as_worker():
        return list(
            session.scalars(
                sa.select(kind).where(kind.round_id == world.round_id).order_by(kind.number.desc())
            )
        )


@move(council(Role.COMMISSIONER))
def send_notices(world: World, person: Person, _: Draws) -> None:
    decisions.note_previewed(world.round, decision_queries.list_standing(world.round), by=person)
    decisions.send_notices(world.round, by=person)


@move(council(Role.COMMISSIONER))
def record_what_happens_in_standstill(world: World, person: Person, draws: Draws) -> None:
    decisions.record_event(
        world.round,
        draws.pick(tuple(EventKind)),
        happened_on=clock.today(),
        summary="Received by email.",
        by=person,
        extends_to=clock.today() + timedelta(days=20),
    )


@move(council(Role.COMMISSIONER))
def conclude_round(world: World, person: Person, _: Draws) -> None:
    decisions.conclude_round(world.round, by=person)


@move(council(Role.COMMISSIONER))
def cancel_round(world: World, person: Person, draws: Draws) -> None:
    if draws.pick((False,) * 9 + (True,)):  # seldom: nothing follows it
        frameworks.cancel_round(world.round, reason="The volumes were wrong.", by=person)


# Agreements


@move(council(Role.COMMISSIONER))
def offer(world: World, person: Person, draws: Draws) -> None:
    agreements.offer_agreement(one_of(draws, world.applications()), by=person)


@move(applicants)
def sign_agreement(_: World, person: Person, draws: Draws) -> None:
    agreement = one_of(draws, any_row(Agreement))
    agreements.sign_agreement(
        agreement, name="Robin Fairweather", position="Director", password=PASSWORD, by=person
    )


@move(council(Role.COMMISSIONER))
def countersign(_: World, person: Person, draws: Draws) -> None:
    agreements.countersign_agreement(one_of(draws, any_row(Agreement)), by=person)


# Plain SQL, as the web's role with nobody's policy asked


@move(everybody)
def plain_sql(_: World, __: Person, draws: Draws) -> None:
    session.execute(sa.text(draws.pick(STATEMENTS)))


STATEMENTS = (
    "UPDATE submission SET content = '{}'",
    "UPDATE submission SET sha256 = 'x'",
    "DELETE FROM submission",
    "UPDATE submitted_price SET weekly_fee = 1",
    "DELETE FROM submitted_price",
    "INSERT INTO submitted_price SELECT * FROM submitted_price",
    "UPDATE answer SET value = '\"changed\"'",
    "DELETE FROM answer",
    "UPDATE bid_price SET weekly_fee = 1",
    "UPDATE score SET value = 5, reason = 'changed' WHERE value IS NOT NULL",
    "DELETE FROM score WHERE value IS NOT NULL",
    "UPDATE evaluation_sheet SET finished_at = NULL",
    "UPDATE price_score SET score = 40",
    "INSERT INTO sheet_unlocking (sheet_id, finished_at, reason, unlocked_by_id)"
    " SELECT id, finished_at, 'Mine.', app_person_id() FROM evaluation_sheet WHERE finished_at IS NOT NULL",
    "UPDATE sheet_unlocking SET reason = 'Another.'",
    "UPDATE chair_question SET text = 'Another.'",
    "DELETE FROM chair_answer",
    "UPDATE price_query SET outcome = 'accepted', outcome_reason = 'x', concluded_at = portal_now()",
    "DELETE FROM price_score",
    "UPDATE recommendation_line SET outcome = 'admit'",
    "UPDATE decision SET kind = 'approve'",
    "DELETE FROM decision",
    "UPDATE decision_notice SET content = '{}'",
    "DELETE FROM decision_notice",
    "UPDATE opening_record SET sha256 = 'x'",
    "DELETE FROM access_register",
    "UPDATE access_register SET what = ''",
    "UPDATE audit_event SET verb = 'nothing.happened'",
    "DELETE FROM audit_event",
    "UPDATE audit_head SET sequence = 0",
    "UPDATE compliance_conclusion SET is_compliant = true",
    "UPDATE clock_offset SET amount = '-1000 days'",
    "TRUNCATE score",
)
