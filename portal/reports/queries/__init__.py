"""Reads of the audit log and the register of reads, and of the sufficiency figures."""

from portal.reports.queries.log import (
    COMMISSIONING,
    PAGE,
    EventLine,
    list_events,
    list_reads,
    list_verbs,
    reads_everything,
)
from portal.reports.queries.sufficiency import Figures, Line, Period, Table, Tile, Week, get_figures

__all__ = [
    "COMMISSIONING",
    "PAGE",
    "EventLine",
    "Figures",
    "Line",
    "Period",
    "Table",
    "Tile",
    "Week",
    "get_figures",
    "list_events",
    "list_reads",
    "list_verbs",
    "reads_everything",
]
