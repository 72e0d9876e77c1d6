"""Pages of the evaluation: workbench, declarations, checks, assignment, scoring, files, consensus and results."""

from portal.evaluations.views import (
    analysis,
    assigning,
    chair,
    checking,
    conflicts,
    consensus,
    files,
    meeting,
    prices,
    results,
    rounds,
    scoring,
    trying,
    unlocking,
)
from portal.evaluations.views.frame import blueprint

__all__ = [
    "analysis",
    "assigning",
    "blueprint",
    "chair",
    "checking",
    "conflicts",
    "consensus",
    "files",
    "meeting",
    "prices",
    "results",
    "rounds",
    "scoring",
    "trying",
    "unlocking",
]
