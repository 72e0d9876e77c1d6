"""The menu: one table of pages, and for whom each is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app, request, url_for

from portal.accounts.states import COUNCIL_ROLES, PROVIDER_ROLES, Role

R = Role
EVERYBODY = frozenset(Role)
OVERSEEING = frozenset({R.COMMISSIONER, R.CONTRACT_MANAGER, R.AUDITOR})


@dataclass(frozen=True)
class Entry:
    """A page of the menu, marked as current in its feature, or where the endpoint starts with `covers`.

    `fallback` names features under it for whoever has no entry of their own for them.
    """

    label: str
    endpoint: str
    roles: frozenset[Role]
    covers: str | tuple[str, ...] = ""
    fallback: tuple[str, ...] = ()

    def is_current(self, here: str) -> bool:
        return here.startswith(self.covers or self.endpoint.partition(".")[0] + ".")


@dataclass(frozen=True)
class Item:
    """An entry as one person sees it on one page."""

    label: str
    href: str
    current: bool


REVIEW_PAGES = (
    *(
        "agreements.review",
        "agreements.request_review",
        "agreements.add_evidence",
        "agreements.withdraw_review",
    ),
    *("agreements.analyse_review", "agreements.check_funding", "agreements.recommend_review"),
    *("agreements.decide_review", "agreements.compare_"),
)

MENU = (
    Entry("Start", "home.start", EVERYBODY),
    Entry("Your organisations", "providers.own_organisations", PROVIDER_ROLES),
    Entry("Applications", "applications.index", PROVIDER_ROLES, fallback=("decisions.",)),
    Entry("Vacancies", "vacancies.index", frozenset({R.PROVIDER_ADMINISTRATOR, R.PLACEMENTS_LEAD})),
    Entry(
        "Enquiries",
        "matching.enquiries",
        frozenset({R.PROVIDER_ADMINISTRATOR, R.PLACEMENTS_LEAD}),
        ("matching.enquir", "matching.offer", "matching.turn_down"),
    ),
    Entry("Providers", "providers.index", OVERSEEING),
    Entry(
        "Rounds",
        "frameworks.index",
        COUNCIL_ROLES - {R.PLACEMENT_OFFICER, R.SYSTEM_ADMINISTRATOR},
        fallback=("applications.", "evaluations.", "decisions."),
    ),
    Entry("Evaluation", "evaluations.index", frozenset({R.EVALUATOR})),
    Entry("Decisions", "decisions.index", frozenset({R.APPROVER})),
    Entry(
        "Find a placement",
        "matching.search",
        frozenset({R.PLACEMENT_OFFICER}),
        ("matching.search", "matching.show", "matching.left_out", "matching.save_"),
    ),
    Entry(
        "Searches",
        "matching.saved_searches",
        frozenset({R.PLACEMENT_OFFICER, R.AUDITOR}),
        (
            "matching.saved_",
            "matching.ask",
            "matching.choose",
            "matching.decline",
            "matching.close",
        ),
    ),
    Entry(
        "Placements",
        "matching.placements",
        frozenset({R.PLACEMENT_OFFICER, R.CONTRACT_MANAGER, R.FINANCE_OFFICER, R.COMMISSIONER, R.AUDITOR})
        | {R.PROVIDER_ADMINISTRATOR, R.PLACEMENTS_LEAD, R.FINANCE_LEAD},
        ("matching.placement", "matching.start", "matching.end", "matching.abandon"),
    ),
    Entry(
        "Agreements",
        "agreements.index",
        PROVIDER_ROLES | OVERSEEING | {R.APPROVER, R.FINANCE_OFFICER},
        tuple(
            f"agreements.{page}"
            for page in ("index", "show", "sign", "countersign", "suspend", "reinstate", "end")
        ),
        fallback=("agreements.",),
    ),
    Entry("Prices", "pricing.index", PROVIDER_ROLES | OVERSEEING | {R.FINANCE_OFFICER}),
    Entry(
        "Price reviews",
        "agreements.reviews",
        frozenset({R.CONTRACT_MANAGER, R.FINANCE_OFFICER, R.APPROVER, R.FINANCE_LEAD}),
        REVIEW_PAGES,
    ),
    Entry(
        "Sufficiency",
        "reports.sufficiency",
        frozenset({R.COMMISSIONER, R.CONTRACT_MANAGER, R.PLACEMENT_OFFICER, R.AUDITOR}),
        "reports.sufficiency",
    ),
    Entry("Audit log", "reports.audit_log", frozenset({R.AUDITOR, R.COMMISSIONER}), "reports.audit"),
    Entry("Access register", "reports.access_register", frozenset({R.AUDITOR}), "reports.access"),
    Entry(
        "Undelivered mail",
        "notifications.undelivered",
        frozenset({R.COMMISSIONER, R.SYSTEM_ADMINISTRATOR}),
        "notifications.undelivered",
    ),
    Entry("Accounts", "accounts.council_accounts", frozenset({R.SYSTEM_ADMINISTRATOR}), "accounts.council"),
)


def navigation_for(person: Any) -> list[Item]:
    """The menu of this person, on this page."""
    here = request.endpoint or ""
    held = frozenset(grant.role for grant in person.grants)
    entries = [
        entry
        for entry in MENU
        if entry.endpoint in current_app.view_functions and (held & entry.roles or entry.roles is EVERYBODY)
    ]
    current = [entry for entry in entries if entry.is_current(here)] or [
        entry for entry in entries if here.startswith(entry.fallback)
    ]
    return [Item(entry.label, url_for(entry.endpoint), entry in current) for entry in entries]
