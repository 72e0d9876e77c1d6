"""Pages of the decision, of its papers, of the notices, of standstill, and of what is published."""

from portal.decisions.views import deciding, notices, papers, publishing, standstill
from portal.decisions.views.frame import blueprint

__all__ = ["blueprint", "deciding", "notices", "papers", "publishing", "standstill"]
