"""What waits for someone at the councils: a part for each of their roles, in the order of the handbook.

Before a round is opened nothing here rests on more than the count of its applications (rule 1).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa

from portal.accounts.models import Person, RoleGrant
from portal.accounts.states import Role
from portal.agreements.models import Agreement
from portal.agreements.states import AgreementState
from portal.core import clock
from portal.core.db import session
from portal.frameworks.models import Round
from portal.frameworks.states import RoundState
from portal.home.queries import evaluation, rounds
from portal.home.queries.todo import Figure, Part, Todo
from portal.pricing.models import PriceVersion
from portal.pricing.states import PriceVersionState
from portal.providers.models import Organisation
from portal.providers.states import OrganisationState
from portal.vacancies.models import Vacancy
from portal.vacancies.states import VacancyState

FRESH = timedelta(days=7)
AGEING = timedelta(days=14)


def list_council_parts(person: Person) -> list[Part]:
    """One part for each council role the person holds."""
    return [gather(person) for role, gather in PARTS.items() if person.holds(role)]


def _commissioner(person: Person) -> Part:
    todos = [*_registrations(), *rounds.list_todos(person), *_countersignatures()]
    return Part(
        "Commissioning", "Nothing waits for a commissioner. Rounds and registrations will appear here.", todos
    )


def _evaluator(person: Person) -> Part:
    rest = "You have nothing to score. When a commissioner assigns you an application it appears here."
    return Part("Evaluation", rest, evaluation.list_todos(person))


def _approver(_: Person) -> Part:
    waiting = session.scalars(
        sa.select(Round).where(Round.state == RoundState.RECOMMENDED).order_by(Round.submission_deadline)
    )
    todos = [
        Todo(
            f"Decide: {round_.title}",
            "decisions.show",
            {"round_id": round_.id},
            text="A commissioner has made a recommendation. You can approve it, refer it back or reject it.",
            tone="warning",
        )
        for round_ in waiting
    ]
    return Part("Decisions", "No recommendation awaits your decision.", todos)


def _placement_officer(_: Person) -> Part:
    now = clock.now()
    confirmed, listed = Vacancy.confirmed_at, Vacancy.state == VacancyState.AVAILABLE
    counts = session.execute(
        sa.select(
            sa.func.count().filter(confirmed >= now - FRESH),
            sa.func.count().filter(confirmed < now - FRESH, confirmed >= now - AGEING),
            sa.func.count().filter(confirmed < now - AGEING),
        ).where(listed, Vacancy.free_places > 0)
    ).one()
    figures = [
        Figure("Fresh", counts[0], "households confirmed in the last 7 days", "good"),
        Figure("Ageing", counts[1], "confirmed 8 to 14 days ago", "warning"),
        Figure("Stale", counts[2], "not confirmed for 14 days, so left out of searches"),
    ]
    rest = "Describe the child’s needs to see which carer households have a place."
    return Part("Placements", rest, figures=figures, search="matching.search")


def _contract_manager(_: Person) -> Part:
    counts = _count_agreements()
    figures = [
        Figure("In force", counts[AgreementState.ACTIVE], "agreements"),
        Figure("Offered", counts[AgreementState.OFFERED], "waiting for the provider to sign"),
        Figure("Signed", counts[AgreementState.SIGNED], "waiting for the council to countersign"),
    ]
    todos = [Todo("All agreements", "agreements.index", text="Who is in the framework, and until when.")]
    return Part("Contracts", "", todos, figures=figures)


def _finance_officer(_: Person) -> Part:
    today = clock.today()
    coming = session.execute(
        sa.select(sa.func.count()).where(
            PriceVersion.state == PriceVersionState.APPROVED, PriceVersion.effective_from > today
        )
    ).scalar_one()
    figures = [Figure("Price changes to come", coming, "approved, with a later start date")]
    todos = [Todo("Price schedules", "pricing.index", text="What each provider charges, and since when.")]
    return Part("Finance", "", todos, figures=figures)


def _auditor(_: Person) -> Part:
    todos = [
        Todo("Audit log", "reports.audit_log", text="Who did what, when. Nothing in it can be changed."),
        Todo(
            "Access register", "reports.access_register", text="Who at the councils read which application."
        ),
    ]
    return Part("Audit", "", todos)


def _system_administrator(_: Person) -> Part:
    people = session.execute(
        sa.select(sa.func.count(sa.distinct(RoleGrant.person_id))).where(RoleGrant.council.is_not(None))
    ).scalar_one()
    todos = [
        Todo(
            "Council accounts",
            "accounts.council_accounts",
            count=people,
            text="People at Kent and Medway, and their roles.",
        )
    ]
    return Part("Administration", "", todos)


def _registrations() -> list[Todo]:
    waiting = session.execute(
        sa.select(sa.func.count()).where(Organisation.state == OrganisationState.REGISTERED)
    ).scalar_one()
    if not waiting:
        return []
    text = "Check that they are who they say they are, against Ofsted’s register."
    return [
        Todo("Verify providers", "providers.index", {"state": "registered"}, waiting, text, tone="warning")
    ]


def _countersignatures() -> list[Todo]:
    waiting = _count_agreements()[AgreementState.SIGNED]
    if not waiting:
        return []
    text = "The provider has signed. The agreement takes effect when the council countersigns."
    return [
        Todo("Countersign agreements", "agreements.index", {"state": "signed"}, waiting, text, tone="warning")
    ]


def _count_agreements() -> dict[AgreementState, int]:
    rows = session.execute(sa.select(Agreement.state, sa.func.count()).group_by(Agreement.state))
    return defaultdict(int, {state: count for state, count in rows})


PARTS: dict[Role, Callable[[Person], Part]] = {
    Role.COMMISSIONER: _commissioner,
    Role.EVALUATOR: _evaluator,
    Role.APPROVER: _approver,
    Role.PLACEMENT_OFFICER: _placement_officer,
    Role.CONTRACT_MANAGER: _contract_manager,
    Role.FINANCE_OFFICER: _finance_officer,
    Role.AUDITOR: _auditor,
    Role.SYSTEM_ADMINISTRATOR: _system_administrator,
}
