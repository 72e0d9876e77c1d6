"""Pages of frameworks for the councils: rounds, their question sets and baskets, corrections, clarifications."""

from portal.frameworks.views import (
    amendments,
    basket,
    clarifications,
    questions,
    rounds,
    sections,
    weights,
)
from portal.frameworks.views.frame import blueprint

__all__ = [
    "amendments",
    "basket",
    "blueprint",
    "clarifications",
    "questions",
    "rounds",
    "sections",
    "weights",
]
