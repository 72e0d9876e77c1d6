"""Spreadsheets of carer households: reading any that a provider may send, and writing those it downloads.

Pure: bytes in, rows out, and the other way round. Whoever calls brings the lists and what is on record.
"""

from portal.vacancies.services.sheets.headings import Heading, find_heading, heading_key
from portal.vacancies.services.sheets.interpreting import ReadRow, interpret
from portal.vacancies.services.sheets.opening import MOST_BYTES, MOST_ROWS, Sheet, open_file
from portal.vacancies.services.sheets.writing import as_csv, as_workbook, column_letter, marked_up

__all__ = [
    "MOST_BYTES",
    "MOST_ROWS",
    "Heading",
    "ReadRow",
    "Sheet",
    "as_csv",
    "as_workbook",
    "column_letter",
    "find_heading",
    "heading_key",
    "interpret",
    "marked_up",
    "open_file",
]
