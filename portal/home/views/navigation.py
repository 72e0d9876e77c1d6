"""The menu: one table of pages, and for whom each is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app, request, url_for

from portal.accounts.states import COUNCIL_ROLES, PROVIDER_ROLES, Role

R = Role
EVERYBODY = frozenset(Role)


@dataclass(frozen=True)
class Entry:
    """A page of the menu. It is marked as current on every page whose endpoint starts with one of `covers`."""

    label: str
    endpoint: str
    roles: frozenset[Role]
    covers: tuple[str, ...]


@dataclass(frozen=True)
class Item:
    """An entry as one person sees it on one page."""

    label: str
    href: str
    current: bool


MENU = (
    Entry("Start", "home.start", EVERYBODY, ("home.",)),
    Entry(
        "Rounds",
        "frameworks.index",
        frozenset({R.COMMISSIONER, R.CONTRACT_MANAGER, R.AUDITOR}),
        ("frameworks.",),
    ),
    Entry("Providers", "providers.index", COUNCIL_ROLES - {R.EVALUATOR, R.APPROVER}, ("providers.",)),
    Entry("Applications", "applications.index", PROVIDER_ROLES - {R.PLACEMENTS_LEAD}, ("applications.",)),
    Entry("Evaluation", "evaluations.index", frozenset({R.EVALUATOR}), ("evaluations.",)),
    Entry("Decisions", "decisions.index", frozenset({R.APPROVER}), ("decisions.",)),
    Entry(
        "Vacancies",
        "vacancies.index",
        frozenset({R.PROVIDER_ADMINISTRATOR, R.PLACEMENTS_LEAD}),
        ("vacancies.",),
    ),
    Entry("Find a placement", "matching.search", frozenset({R.PLACEMENT_OFFICER}), ("matching.",)),
    Entry(
        "Agreements", "agreements.index", frozenset({R.COMMISSIONER, R.CONTRACT_MANAGER}), ("agreements.",)
    ),
    Entry(
        "Prices",
        "pricing.index",
        frozenset({R.FINANCE_LEAD, R.FINANCE_OFFICER, R.CONTRACT_MANAGER}),
        ("pricing.",),
    ),
    Entry("Audit log", "reports.audit_log", frozenset({R.AUDITOR, R.COMMISSIONER}), ("reports.audit",)),
    Entry(
        "Accounts", "accounts.council_accounts", frozenset({R.SYSTEM_ADMINISTRATOR}), ("accounts.council",)
    ),
)


def navigation_for(person: Any) -> list[Item]:
    """The menu of this person, on this page."""
    here = request.endpoint or ""
    held = frozenset(grant.role for grant in person.grants)
    return [
        Item(entry.label, url_for(entry.endpoint), here.startswith(entry.covers))
        for entry in MENU
        if entry.endpoint in current_app.view_functions and (held & entry.roles or entry.roles is EVERYBODY)
    ]
