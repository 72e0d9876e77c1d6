"""Forms about carer households: shape and plain help. What must fit together is checked by the services."""

from portal.vacancies.forms.cells import CELLS, GROUPS, Cell, CellForm, cell_form
from portal.vacancies.forms.households import HoldForm, HouseholdForm, ReopenForm, filled_in
from portal.vacancies.forms.imports import ColumnsForm

__all__ = [
    "CELLS",
    "GROUPS",
    "Cell",
    "CellForm",
    "ColumnsForm",
    "HoldForm",
    "HouseholdForm",
    "ReopenForm",
    "cell_form",
    "filled_in",
]
