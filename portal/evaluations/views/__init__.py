"""Pages of the evaluation: workbench, declarations, checks, scoring, consensus and results."""

from portal.evaluations.views import checking, conflicts, consensus, results, rounds, scoring
from portal.evaluations.views.frame import blueprint

__all__ = ["blueprint", "checking", "conflicts", "consensus", "results", "rounds", "scoring"]
