"""What waits for someone at the councils: a part for each of their roles, in the order of the handbook.

Before a round is opened nothing here rests on more than the count of its applications (rule 1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import sqlalchemy as sa

from portal.accounts.models import Person, RoleGrant
from portal.accounts.states import Role
from portal.agreements.queries import (
    count_by_state,
    count_reviews,
    list_awaiting_countersignature,
    list_extensions_to_decide,
    list_extensions_to_notify,
)
from portal.agreements.states import AgreementState, PriceReviewState
from portal.core import clock
from portal.core.db import session
from portal.core.ui import uk_date
from portal.decisions.queries import list_awaiting_decision
from portal.home.queries import clarifications, evaluation, rounds
from portal.home.queries.declarations import count_undeclared, declare
from portal.home.queries.todo import Figure, Part, Todo
from portal.matching.queries import count_answers
from portal.pricing.models import PriceVersion
from portal.pricing.states import PriceVersionState
from portal.providers.models import Organisation
from portal.providers.states import OrganisationState
from portal.vacancies.models import Vacancy
from portal.vacancies.queries import fresh_since, is_free_on, shown_since


def list_council_parts(person: Person) -> list[Part]:
    """One part for each council role the person holds."""
    return [gather(person) for role, gather in PARTS.items() if person.holds(role)]


def _commissioner(person: Person) -> Part:
    todos = [
        *_registrations(),
        *clarifications.list_questions_to_answer(),
        *rounds.list_todos(person),
        *_countersignatures(person),
        *_extensions_to_notify(),
    ]
    return Part("Commissioning", "Nothing waits for you. Rounds and registrations will appear here.", todos)


def _registrations() -> list[Todo]:
    waiting = session.execute(_registered()).scalar_one()
    if not waiting:
        return []
    text = "Registrations waiting to be checked against Ofsted’s register."
    return [
        Todo("Verify providers", "providers.index", {"state": "registered"}, waiting, text, tone="warning")
    ]


@cache
def _registered() -> sa.Select[int]:
    return sa.select(sa.func.count()).where(Organisation.state == OrganisationState.REGISTERED)


def _countersignatures(person: Person) -> list[Todo]:
    return [
        Todo(
            f"Countersign: {agreement.organisation.name}",
            "agreements.show",
            {"agreement_id": agreement.id},
            text="The provider has signed. The agreement takes effect when the council countersigns.",
            tone="warning",
        )
        for agreement in list_awaiting_countersignature(person)
    ]


def _extensions_to_notify() -> list[Todo]:
    text = "The extension is decided. Tell every provider that its agreement ends later."
    return [
        Todo(
            f"Notify providers: {extension.framework.reference}",
            "agreements.show_extension",
            {"extension_id": extension.id},
            text=text,
            tone="warning",
        )
        for extension in list_extensions_to_notify()
    ]


def _evaluator(person: Person) -> Part:
    rest = "You have nothing to score. Applications appear here when you are assigned them."
    return Part("Evaluation", rest, evaluation.list_todos(person))


def _approver(person: Person) -> Part:
    undeclared = count_undeclared(person)
    todos = []
    for waiting in list_awaiting_decision(person):
        if undeclared.get(waiting.round_id):
            todos.append(declare(waiting.round, undeclared[waiting.round_id]))
        text = "A commissioner has made a recommendation. Approve it, refer it back or reject it."
        ids = {"round_id": waiting.round_id}
        todos.append(Todo(f"Decide: {waiting.round.title}", "decisions.show", ids, text=text, tone="warning"))
    for extension in list_extensions_to_decide(person):
        text = f"A commissioner proposes that the framework ends on {uk_date(extension.extends_to)}."
        ids = {"extension_id": extension.id}
        title = f"Decide the extension of {extension.framework.reference}"
        todos.append(Todo(title, "agreements.show_extension", ids, text=text, tone="warning"))
    text = "Requests for higher prices that a contract manager has made a recommendation on."
    todos += _reviews(count_reviews(person), {PriceReviewState.RECOMMENDED: ("Decide price reviews", text)})
    return Part("Decisions", "No recommendation awaits your decision.", todos)


def _placement_officer(person: Person) -> Part:
    now = clock.now()
    confirmed, fresh, shown = Vacancy.confirmed_at, fresh_since(now), shown_since(now)
    counts = session.execute(
        sa.select(
            sa.func.count().filter(confirmed >= fresh),
            sa.func.count().filter(confirmed < fresh, confirmed >= shown),
            sa.func.count().filter(confirmed < shown),
        ).where(is_free_on(clock.today()), Vacancy.free_places > 0)
    ).one()
    figures = [
        Figure("Fresh", counts[0], "households confirmed in the last 7 days"),
        Figure("Ageing", counts[1], "households confirmed in the week before"),
        Figure("Stale", counts[2], "households left out of searches until confirmed"),
    ]
    find = Todo(
        "Find a placement", "matching.search", text="Describe the child’s needs to see who has a place."
    )
    return Part("Placements", "", [*_searches(person), find], figures=figures)


def _searches(person: Person) -> list[Todo]:
    """Offers to choose from, and answers that providers still owe."""
    offers, waiting, next_by = count_answers(person)
    todos = []
    if offers:
        text = "Providers have offered places. Choose one, and decline the others with a reason."
        todos.append(Todo("Choose from offers", "matching.saved_searches", {}, offers, text, tone="warning"))
    if waiting:
        text = "Enquiries that providers have not answered yet."
        todos.append(
            Todo(
                "Answers awaited",
                "matching.saved_searches",
                {},
                waiting,
                text,
                due=next_by,
                due_words="The next by",
                tone="neutral",
            )
        )
    return todos


def _contract_manager(person: Person) -> Part:
    counts = count_by_state(person)
    figures = [
        Figure("Agreements in force", counts[AgreementState.ACTIVE]),
        Figure("Offered", counts[AgreementState.OFFERED], "waiting for the provider to sign"),
        Figure("Signed", counts[AgreementState.SIGNED], "waiting for a council to countersign"),
        Figure("Suspended", counts[AgreementState.SUSPENDED], "no new placements"),
    ]
    todos = [
        Todo("Agreements", "agreements.index", text="Who is in the framework, and until when."),
        Todo("Prices", "pricing.index", text="What each provider charges, and since when."),
        *_reviews(
            count_reviews(person),
            {
                PriceReviewState.REQUESTED: (
                    "Analyse price reviews",
                    "Requests for higher prices that nobody has analysed yet.",
                ),
                PriceReviewState.FUNDED: (
                    "Recommend on price reviews",
                    "Finance has checked these requests. They wait for a recommendation.",
                ),
            },
        ),
    ]
    return Part("Contracts", "", todos, figures=figures)


def _reviews(
    counts: Mapping[PriceReviewState, int], waiting: Mapping[PriceReviewState, tuple[str, str]]
) -> list[Todo]:
    """A card for each state in which price reviews wait for this role, if any do."""
    return [
        Todo(title, "agreements.reviews", {"state": state.value}, counts[state], text, tone="warning")
        for state, (title, text) in waiting.items()
        if counts[state]
    ]


def _finance_officer(person: Person) -> Part:
    coming = session.execute(
        sa.select(sa.func.count()).where(
            PriceVersion.state == PriceVersionState.APPROVED, PriceVersion.effective_from > clock.today()
        )
    ).scalar_one()
    figures = [Figure("Price changes to come", coming, "approved, starting later")]
    text = "Confirm the arithmetic and what an increase would be paid from."
    todos = [
        Todo("Prices", "pricing.index", text="What each provider charges, and since when."),
        *_reviews(
            count_reviews(person), {PriceReviewState.ANALYSED: ("Check price reviews for Finance", text)}
        ),
    ]
    return Part("Finance", "", todos, figures=figures)


def _auditor(_: Person) -> Part:
    log = Todo("Audit log", "reports.audit_log", text="Who did what, and when. Nothing in it can be changed.")
    reads = Todo(
        "Access register", "reports.access_register", text="Who at the councils read which application."
    )
    return Part("Audit", "", [log, reads])


def _system_administrator(_: Person) -> Part:
    people = session.execute(
        sa.select(sa.func.count(sa.distinct(RoleGrant.person_id))).where(RoleGrant.council.is_not(None))
    ).scalar_one()
    text = "People at the councils, and what each may do."
    return Part(
        "Administration", "", [Todo("Council accounts", "accounts.council_accounts", {}, people, text)]
    )


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
