"""What Ofsted's register said of an applicant when it submitted, beside what it says now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.applications import queries as applications
from portal.applications.models import Application, Submission
from portal.core.ui import uk_date

NOT_RECORDED = "Not recorded"
NOT_IN_REGISTER = "Not in the register"

FACTS = {
    "registration_status": "Registration",
    "overall_grade": "Overall experiences and progress",
    "protection_grade": "How well children are helped and protected",
    "leadership_grade": "Effectiveness of leaders and managers",
    "inspected_on": "Last full inspection",
}
DAYS = frozenset({"inspected_on", "as_at"})


@dataclass(frozen=True)
class RegisterFact:
    """One fact in words, then and now."""

    label: str
    then: str
    now: str

    @property
    def has_changed(self) -> bool:
        return NOT_RECORDED != self.then != self.now


@dataclass(frozen=True)
class RegisterComparison:
    """The facts, and the dates of the files they come from, where they come from one."""

    facts: list[RegisterFact]
    then_as_at: str
    now_as_at: str

    @property
    def has_changed(self) -> bool:
        return any(fact.has_changed for fact in self.facts)


def compare_register(application: Application, submission: Submission | None) -> RegisterComparison:
    """The register's entry in the standing submission, if it was kept there, beside today's."""
    then: Mapping[str, Any] | None = submission.content.get("ofsted") if submission is not None else None
    now = applications.ofsted_facts(application)
    return RegisterComparison(
        [RegisterFact(label, _words(then, name), _words(now, name)) for name, label in FACTS.items()],
        _day(then, "as_at"),
        _day(now, "as_at"),
    )


def _words(entry: Mapping[str, Any] | None, name: str) -> str:
    if entry is None:
        return NOT_RECORDED
    if not entry.get("in_register"):
        return NOT_IN_REGISTER
    if name in DAYS:
        return _day(entry, name) or "Not inspected yet"
    return str(entry.get(name) or "Not inspected yet")


def _day(entry: Mapping[str, Any] | None, name: str) -> str:
    text = entry.get(name) if entry is not None else None
    return uk_date(date.fromisoformat(text)) if text else ""
