"""What stands before a journey begins: the register with one fictional agency, the framework, people, an open round."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from portal.accounts.models import Person
from portal.accounts.states import Council, Role
from portal.core import clock
from portal.frameworks.models import Round
from portal.frameworks.queries import list_cells
from portal.frameworks.services import create_round, load_framework, load_reference_lists, publish_round
from portal.frameworks.services.rounds import RoundTerms, Volume, set_volumes
from portal.frameworks.states import AdmissionRule
from portal.providers.services import load_shipped_register
from portal.vacancies.services import load_districts
from tests.factories import accounts, providers
from tests.support.acting import acting_as, as_worker
from tests.support.live import Live

PASSWORD = accounts.PASSWORD
TITLE = "Autumn re-opening"
BASKET = ("Standard", "Parent and child")
DAYS_TO_DEADLINE = 20
DAYS_TO_AGREEMENTS = 33


@dataclass(frozen=True)
class Agency:
    """A fictional agency of the register."""

    name: str = "Hazelbrook Foster Families"
    legal_name: str = "Hazelbrook Children’s Homes Limited"
    urn: str = "9912345"
    town: str = "Whitstable"


@dataclass(frozen=True)
class Officer:
    """Somebody at a council who can sign in."""

    who: str
    name: str
    email: str
    council: Council
    role: Role


AGENCY = Agency()
COMMISSIONER = Officer(
    "commissioner", "Carys Pemberton", "carys@kent.example", Council.KENT, Role.COMMISSIONER
)
SECOND_COMMISSIONER = Officer(
    "second commissioner", "Dev Anand", "dev@kent.example", Council.KENT, Role.COMMISSIONER
)
KENT_EVALUATOR = Officer("Kent evaluator", "Kit Marlow", "kit@kent.example", Council.KENT, Role.EVALUATOR)
MEDWAY_EVALUATOR = Officer(
    "Medway evaluator", "Mo Chatterley", "mo@medway.example", Council.MEDWAY, Role.EVALUATOR
)
APPROVER = Officer("approver", "April Thorne", "april@kent.example", Council.KENT, Role.APPROVER)
PLACEMENT_OFFICER = Officer(
    "placement officer", "Pip Gill", "pip@medway.example", Council.MEDWAY, Role.PLACEMENT_OFFICER
)
AUDITOR = Officer("auditor", "Audrey Quill", "audrey@kent.example", Council.KENT, Role.AUDITOR)
OFFICERS = (
    *(COMMISSIONER, SECOND_COMMISSIONER, KENT_EVALUATOR, MEDWAY_EVALUATOR),
    *(APPROVER, PLACEMENT_OFFICER, AUDITOR),
)


def set_scene(live: Live) -> str:
    """Everything above on the portal `live`, and a published round. Returns the round's id."""
    with live.in_process():
        with as_worker():
            load_shipped_register()
            load_reference_lists()
            load_districts()
            load_framework()
        providers.agency(
            name=AGENCY.name, owner=AGENCY.legal_name, urn=AGENCY.urn, town=AGENCY.town, postcode="CT5 1AB"
        )
        people = {officer: _hire(officer) for officer in OFFICERS}
        return str(open_round(people[COMMISSIONER]).id)


def _hire(officer: Officer) -> Person:
    return accounts.person(
        officer.role,
        council=officer.council,
        full_name=officer.name,
        email=officer.email,
        password=PASSWORD,
    )


def open_round(by: Person, title: str = TITLE) -> Round:
    """A published round with the default questions and a small basket, open for applications from now."""
    acting_as(by)
    basket = {row.id: Volume(weeks=100, ceiling=None) for row in list_cells() if row.placement_type in BASKET}
    made = create_round(load_framework(), _terms(title), by=by)
    set_volumes(made, basket, by=by, seen_version=None)
    publish_round(made, by=by)
    return made


def _terms(title: str) -> RoundTerms:
    now = clock.now()
    return RoundTerms(
        title=title,
        summary="For independent fostering providers that are not members of the framework yet.",
        clarification_deadline=now + timedelta(days=10),
        submission_deadline=now + timedelta(days=DAYS_TO_DEADLINE),
        agreements_start_on=(now + timedelta(days=DAYS_TO_AGREEMENTS)).date(),
        authority_decision="23-00112",
        authority_clause="Clause 4.2 of the invitation to tender",
        criteria_match_original=True,
        departure_advice="",
        notice_reference="ocds-h6vhtk-02e225",
        quality_weight=Decimal(60),
        quality_minimum=Decimal(30),
        admission_rule=AdmissionRule.ALL_WHO_MEET,
        admit_at_most=None,
        standstill_days=10,
    )
