"""What a key may be made for, and whether it still works."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """One thing a key may do. A key never does more than its person may at the time."""

    VACANCIES_READ = "vacancies:read"
    VACANCIES_WRITE = "vacancies:write"
    PRICES_READ = "prices:read"
    OFFERS_READ = "offers:read"
    OFFERS_WRITE = "offers:write"

    @property
    def label(self) -> str:
        return {
            "vacancies:read": "Read your households and their vacancies",
            "vacancies:write": "Add, change, confirm, hold, fill and withdraw households",
            "prices:read": "Read your agreed prices",
            "offers:read": "Read enquiries sent to you and what became of your offers",
            "offers:write": "Answer enquiries: offer a place, or say that there is none",
        }[self.value]


class KeyStanding(StrEnum):
    """Derived: whether a key works now, and if not, why."""

    IN_FORCE = "in_force"
    EXPIRED = "expired"
    REVOKED = "revoked"
    WITHOUT_ROLE = "without_role"

    @property
    def label(self) -> str:
        return {
            "in_force": "Works",
            "expired": "Expired",
            "revoked": "Revoked",
            "without_role": "Refused: its maker lost the role",
        }[self.value]

    @property
    def tone(self) -> str:
        return {"in_force": "good", "without_role": "bad", "expired": "warning"}.get(self.value, "neutral")
