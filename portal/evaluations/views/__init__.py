"""Pages of the evaluation: workbench, declarations, checks, assignment, scoring, files, consensus and results."""

from portal.evaluations.views import (
    analysis,
    assigning,
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
)
from portal.evaluations.views.frame import blueprint

__all__ = [
    "analysis",
    "assigning",
    "blueprint",
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
]
