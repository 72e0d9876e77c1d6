"""What a child needs, as plain values: no name, no address, no date of birth is ever among them (rule 10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from portal.vacancies.states import Gender

MOST_CHILDREN = 6


@dataclass(frozen=True)
class Child:
    """One child to be placed. `gender` ANY asks for households that take any child."""

    age: int
    gender: Gender


@dataclass(frozen=True)
class Needs:
    """What one child, or brothers and sisters, need.

    `children` are in the order in which they were entered; with `apart` each may live in a household of its own.
    `wishes` are what else matters, by the names of `wishes.WISHES`; of these `musts` filter, the others rank.
    """

    children: tuple[Child, ...]
    placement_type: str
    need_category: str
    apart: bool = False
    wishes: Mapping[str, Any] = field(default_factory=dict)
    musts: frozenset[str] = frozenset()

    @property
    def needed_from(self) -> date | None:
        day = self.wishes.get("needed_from")
        return date.fromisoformat(day) if day else None

    @property
    def together(self) -> int:
        """How many children one household has to take."""
        return 1 if self.apart else len(self.children)

    def as_json(self) -> dict[str, Any]:
        """As it is kept on record and sent to providers."""
        return {
            "children": [{"age": child.age, "gender": child.gender.value} for child in self.children],
            "placement_type": self.placement_type,
            "need_category": self.need_category,
            "apart": self.apart,
            "wishes": {
                name: list(value) if isinstance(value, tuple) else value
                for name, value in self.wishes.items()
            },
            "musts": sorted(self.musts),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Needs:
        """From what `as_json` made."""
        return cls(
            children=tuple(Child(child["age"], Gender(child["gender"])) for child in kept["children"]),
            placement_type=kept["placement_type"],
            need_category=kept["need_category"],
            apart=kept["apart"],
            wishes={
                name: tuple(value) if isinstance(value, list) else value
                for name, value in kept["wishes"].items()
            },
            musts=frozenset(kept["musts"]),
        )
