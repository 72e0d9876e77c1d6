"""Why a spreadsheet cannot be read, and what to do instead: the words, in one place."""

from __future__ import annotations

from portal.core.errors import Invalid
from portal.documents.services import inspection

TOO_BIG = (
    "The file is bigger than 10 MB. Take out pictures and sheets that are not the list, and save it again."
)
EMPTY = "The file is empty. Open it on your computer to check it, then upload it again."
LIST_EMPTY = "There is nothing in this file. Put one household on each row, under a row of headings."
ONLY_HEADINGS = "The file has headings and no household under them. Put one household on each row."
DAMAGED = (
    "This spreadsheet is damaged and cannot be read. Open it, save it again as an Excel workbook (.xlsx) and"
    " upload the new copy."
)
WEB_PAGE = (
    "This is a web page with the name of a spreadsheet, as some systems export them. Open it in Excel, choose"
    " “Save as”, then Excel workbook (.xlsx), and upload that."
)
WRONG_KIND = (
    "We cannot read this kind of file. Save the list as an Excel workbook (.xlsx), an OpenDocument spreadsheet"
    " (.ods) or CSV, and upload that."
)
MACROS = (
    "The workbook contains macros, which we cannot take. Choose “Save as”, then Excel workbook (.xlsx), which"
    " leaves them out, and upload that."
)
OLD_EXCEL = (
    "This is an older Excel workbook (.xls). Open it, choose “Save as”, then Excel workbook (.xlsx), and upload"
    " that."
)
ENCRYPTED = (
    "The file is protected by a password, so we cannot read it. Save a copy without it and upload that."
)
BOMB = (
    "The file unpacks to far more than a list of households holds. Copy the list into a new workbook and upload"
    " that."
)
TOO_FAR = (
    "The sheet reaches beyond row 30,000 or column CV, and we take up to 20,000 households in one file. Split a"
    " longer list into several files; if yours is shorter, delete what stands far below or beside it."
)
QUOTES = (
    "A quotation mark in this CSV file is opened and never closed, so its rows cannot be told apart. Save the"
    " list as an Excel workbook (.xlsx) instead, and upload that."
)

# What is said of any file, in the words of whoever has a list to upload.
REFUSALS = {
    inspection.EMPTY: EMPTY,
    inspection.CUT_OFF: inspection.CUT_OFF,
    inspection.ENCRYPTED: ENCRYPTED,
    inspection.OLD_OFFICE: OLD_EXCEL,
    inspection.MACROS: MACROS,
    inspection.BOMB: BOMB,
}


def refusal(message: str) -> Invalid:
    """The refusal of the file as a whole."""
    return Invalid(message, field="file")
