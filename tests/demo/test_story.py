"""The demonstration's story, once loaded: each stage is there, and it is a portal like any other."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts import passwords
from portal.accounts.models import Person, RoleGrant
from portal.accounts.states import Council, Role
from portal.agreements.models import Agreement
from portal.agreements.states import AgreementState
from portal.applications.models import Application
from portal.applications.states import ApplicationState as A
from portal.core import audit, clock
from portal.core.audit import AuditEvent
from portal.core.db import session, transaction
from portal.decisions.models import DecisionLetter, DecisionNotice
from portal.demo import services
from portal.documents.models import Document
from portal.documents.states import DocumentState
from portal.evaluations.models import (
    ChairAnswer,
    ChairQuestion,
    ConflictDeclaration,
    ConsensusScore,
    EvaluationSheet,
    PriceQuery,
    Score,
    SheetUnlocking,
)
from portal.evaluations.states import PriceOutcome
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Framework, Round
from portal.frameworks.states import RoundState
from portal.frameworks.workflow import publishing_problems
from portal.matching.models import Enquiry, Placement, Search
from portal.matching.states import EnquiryState, PlacementState
from portal.notifications.models import Message
from portal.notifications.states import MessageState
from portal.pricing.models import PriceVersion
from portal.providers.models import Organisation
from portal.providers.states import OrganisationState, Standing
from portal.vacancies import queries as vacancies
from portal.vacancies.models import Vacancy
from portal.vacancies.states import Freshness, VacancyState
from tests.demo.conftest import Loaded

pytestmark = [pytest.mark.commits, pytest.mark.usefixtures("loaded")]


def count(what: Any, *conditions: Any) -> int:
    return int(session.execute(sa.select(sa.func.count()).select_from(what).where(*conditions)).scalar_one())


def the_round(state: RoundState) -> Round:
    return session.scalars(sa.select(Round).where(Round.state == state)).one()


def states_in(round_: Round) -> dict[str, A]:
    rows = session.scalars(sa.select(Application).where(Application.round_id == round_.id))
    return {row.organisation.name.split()[0]: row.state for row in rows}


def test_the_portal_is_back_in_the_present() -> None:
    assert clock.offset() == timedelta(0)
    latest = session.execute(sa.select(sa.func.max(AuditEvent.at))).scalar_one()
    assert clock.now() - timedelta(days=5) < latest < clock.now()


def test_the_audit_chain_is_whole_and_in_order_of_time() -> None:
    found = audit.verify()
    assert found.first_broken is None
    assert found.checked > 1000
    times = session.scalars(sa.select(AuditEvent.at).order_by(AuditEvent.sequence)).all()
    assert times == sorted(times)


def test_nothing_but_drawing_pages_is_left_for_the_worker() -> None:
    left = session.scalars(
        sa.text("SELECT DISTINCT task_name FROM procrastinate_jobs WHERE scheduled_at IS NULL")
    )
    assert set(left) == {"documents.picture"}
    assert {*session.scalars(sa.select(Message.state))} == {MessageState.SENT}
    assert {*session.scalars(sa.select(Document.state))} == {DocumentState.CLEAN}


def test_mail_was_sent_in_the_past_and_only_to_invented_addresses() -> None:
    messages = session.scalars(sa.select(Message)).all()
    assert len(messages) > 20
    assert all(message.recipient.endswith(".example") for message in messages)
    assert all(message.sent_at is not None and message.sent_at >= message.created_at for message in messages)
    assert min(message.created_at for message in messages) < clock.now() - timedelta(days=200)


def test_every_file_is_stored(loaded: Loaded) -> None:
    names = set(session.scalars(sa.select(Document.stored_name)))
    assert len(names) > 100
    letters = set(session.scalars(sa.select(DecisionLetter.stored_name)))
    assert names | letters == set(loaded.files.files)


def test_one_framework_with_members_from_before_and_since() -> None:
    framework = session.scalars(sa.select(Framework)).one()
    assert framework.ends_on > clock.today() + timedelta(days=365)
    assert framework.decision_number == "23-00112"
    members = session.scalars(
        sa.select(Organisation.trading_name).where(Organisation.standing == Standing.INCUMBENT)
    )
    assert {*members} == {"Ragstone Foster Care", "Samphire Fostering", "Tidewell Fostering"}
    assert count(Agreement, Agreement.state == AgreementState.ACTIVE) == 3
    assert (
        count(Agreement, Agreement.state == AgreementState.OFFERED, Agreement.lapses_on > clock.today()) == 1
    )


def test_twelve_providers_one_awaiting_verification() -> None:
    assert count(Organisation) == 12
    waiting = session.scalars(
        sa.select(Organisation).where(Organisation.state == OrganisationState.REGISTERED)
    ).one()
    assert waiting.name == "Stourfield Family Placements"


def test_a_concluded_round_with_every_kind_of_outcome() -> None:
    round_ = the_round(RoundState.CONCLUDED)
    assert states_in(round_) == {
        "Tidewell": A.ADMITTED,
        "Cobnut": A.ADMITTED,
        "Marlbrook": A.DECLINED,
        "Gorsefield": A.DECLINED,
    }
    assert count(DecisionNotice) == 4
    assert round_.standstill_ends_at is not None
    assert round_.standstill_ends_at < clock.now()


def test_a_round_awaiting_its_decision() -> None:
    round_ = the_round(RoundState.RECOMMENDED)
    assert states_in(round_) == {
        "Lanternfield": A.RECOMMENDED_ADMIT,
        "Quillhaven": A.RECOMMENDED_ADMIT,
        "Wrenfield": A.RECOMMENDED_DECLINE,
    }


def test_a_round_in_consensus_scored_by_number() -> None:
    round_ = the_round(RoundState.CONSENSUS)
    assert round_.applicants_anonymised
    assert states_in(round_) == {"Saltmarsh": A.COMPLIANT, "Wrenfield": A.COMPLIANT}
    agreed = sa.select(Application.id).where(Application.round_id == round_.id)
    assert count(ConsensusScore, ConsensusScore.application_id.in_(agreed)) == 3
    assert count(ChairAnswer) == 1
    assert count(ChairQuestion) == 2
    assert count(SheetUnlocking) == 1
    in_round = sa.select(EvaluationSheet.id).where(EvaluationSheet.application_id.in_(agreed))
    spread = sa.func.max(Score.value) - sa.func.min(Score.value)
    spreads = session.scalars(
        sa.select(spread)
        .join(EvaluationSheet)
        .where(Score.sheet_id.in_(in_round))
        .group_by(EvaluationSheet.application_id, Score.question_id)
    )
    assert Counter(spreads) == {0: 10, 1: 5, 2: 1}


def test_a_low_price_was_explained_and_accepted() -> None:
    query = session.scalars(sa.select(PriceQuery)).one()
    assert query.outcome == PriceOutcome.ACCEPTED
    assert query.request.answered_at is not None
    assert query.request.answered_at < query.request.due_at


def test_a_round_being_evaluated_half_way() -> None:
    round_ = the_round(RoundState.EVALUATING)
    # Wrenfield came after the deadline, and stays a draft.
    assert states_in(round_) == {
        "Marlbrook": A.COMPLIANT,
        "Gorsefield": A.COMPLIANT,
        "Wrenfield": A.DRAFT,
    }
    in_round = sa.select(EvaluationSheet.id).join(Application).where(Application.round_id == round_.id)
    scored = count(Score, Score.sheet_id.in_(in_round), Score.value.is_not(None))
    assert scored == 16
    assert (
        count(EvaluationSheet, EvaluationSheet.id.in_(in_round), EvaluationSheet.finished_at.is_not(None))
        == 1
    )
    assert count(ConflictDeclaration, ConflictDeclaration.has_conflict) == 1


def test_an_open_round_with_drafts_and_a_submission() -> None:
    round_ = the_round(RoundState.PUBLISHED)
    assert frameworks.is_accepting(round_, clock.now())
    assert frameworks.takes_questions(round_, clock.now())
    assert states_in(round_) == {
        "Saltmarsh": A.SUBMITTED,
        "Teasel": A.DRAFT,
        "Stourfield": A.DRAFT,
        "Gorsefield": A.DRAFT,
    }
    assert frameworks.count_submitted(round_) == 1


def test_a_round_being_drafted_with_something_missing() -> None:
    round_ = the_round(RoundState.DRAFT)
    facts = frameworks.publication_facts(round_, clock.now())
    reasons = " ".join(problem.reason for problem in publishing_problems(round_, facts))
    assert "Record the clause of the original tender documents" in reasons
    assert "must be equal" in reasons
    assert any(question.shown_when_question_id for question in frameworks.list_questions(round_))


def test_three_hundred_households_of_every_freshness_in_every_district() -> None:
    found = session.scalars(sa.select(Vacancy)).all()
    assert len(found) == 300
    freshness = Counter(vacancies.freshness(vacancy.confirmed_at, clock.now()) for vacancy in found)
    assert set(freshness) == set(Freshness)
    assert freshness[Freshness.FRESH] > freshness[Freshness.AGEING] > freshness[Freshness.STALE] > 10
    assert len({vacancy.district_code for vacancy in found}) == 14
    assert {vacancy.state for vacancy in found} >= {VacancyState.HELD, VacancyState.FILLED}
    held = [vacancy.held_until for vacancy in found if vacancy.held_until is not None]
    assert all(until >= clock.today() for until in held)
    assert all(vacancies.is_known_outward(vacancy.outward_postcode) for vacancy in found)


def test_three_versions_of_prices_past_present_and_to_come() -> None:
    versions = session.execute(
        sa.select(
            PriceVersion.organisation_id, sa.func.count(), sa.func.max(PriceVersion.effective_from)
        ).group_by(PriceVersion.organisation_id)
    ).all()
    # Samphire’s second came of its price review.
    assert sorted(number for _, number, _ in versions) == [2, 3, 3]
    assert all(latest > clock.today() for _, number, latest in versions if number == 3)


def test_everybody_on_the_tour_can_sign_in_with_the_one_password() -> None:
    emails = [email for email, _ in services.accounts()]
    people = session.scalars(sa.select(Person).where(Person.email.in_(emails))).unique().all()
    assert len(people) == len(emails) == len(set(emails))
    assert len({person.password_hash for person in people}) == 1
    assert passwords.verify_password(people[0].password_hash, services.PASSWORD)
    assert all(person.email_confirmed_at is not None and person.is_active for person in people)
    passwords.check_password(services.PASSWORD, email="somebody@kent.example", full_name="Some Body")


def test_the_tour_covers_every_role_and_both_councils() -> None:
    emails = [email for email, _ in services.accounts()]
    grants = session.execute(
        sa.select(RoleGrant.role, RoleGrant.council)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(Person.email.in_(emails))
    ).all()
    assert {role for role, _ in grants} == set(Role)
    evaluators = Counter(council for role, council in grants if role == Role.EVALUATOR)
    assert sorted(evaluators.values()) == [1, 2]
    assert count(RoleGrant, RoleGrant.role == Role.COMMISSIONER) == 2


def test_the_first_approver_may_decide(loaded: Loaded) -> None:
    from portal.decisions import policy, queries

    approver = (
        session.scalars(sa.select(Person).join(Person.grants).where(RoleGrant.role == Role.APPROVER))
        .unique()
        .one()
    )
    recommendation = queries.find_latest(the_round(RoundState.RECOMMENDED))
    assert policy.can_decide(approver, recommendation)


def test_loading_again_changes_nothing(loaded: Loaded) -> None:
    with transaction():
        before = count(AuditEvent)
    assert services.load_if_empty(loaded.owner_url) is False
    with transaction():
        assert count(AuditEvent) == before


def test_drafts_show_a_comment_a_carried_over_answer_an_instruction_and_a_late_attempt() -> None:
    shown = {
        "comments": "SELECT count(*) FROM answer_comment",
        "carried over": "SELECT count(DISTINCT application_id) FROM answer WHERE carried_from IS NOT NULL",
        "instructions": "SELECT count(*) FROM standing_instruction WHERE voided_at IS NULL",
        "late attempts": "SELECT count(*) FROM late_attempt",
    }
    with transaction():
        found = {name: session.execute(sa.text(query)).scalar_one() for name, query in shown.items()}
    assert found == dict.fromkeys(shown, 1)


def test_both_councils_look_for_and_place_children(loaded: Loaded) -> None:
    placements = session.scalars(sa.select(Placement)).all()
    assert Counter((one.council, one.state) for one in placements) == {
        (Council.KENT, PlacementState.LIVE): 1,
        (Council.MEDWAY, PlacementState.LIVE): 1,
        (Council.KENT, PlacementState.ENDED): 1,
    }
    assert all(one.price_version_id is not None for one in placements)
    searches = session.scalars(sa.select(Search)).all()
    assert Counter(one.council for one in searches if one.closed_at is None) == {
        Council.KENT: 1,
        Council.MEDWAY: 1,
    }
    states = set(session.scalars(sa.select(Enquiry.state)))
    assert states >= {EnquiryState.SENT, EnquiryState.OFFERED, EnquiryState.CANNOT, EnquiryState.CHOSEN}
