"""A provider's own vacancies: the grid, one household, and what can be done with it."""

from portal.vacancies.views import grid, households, imports, places
from portal.vacancies.views.frame import blueprint

__all__ = ["blueprint", "grid", "households", "imports", "places"]
