"""Reads Ofsted's own CSV file of children's social care providers, without touching the database.

Its traps: titles above the heading; an encoding and column names that differ from year to year;
line breaks in the heading; other kinds of provider; REDACTED; blank grades, which mean not inspected.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import date, datetime

from portal.core.errors import Invalid

WANTED = "independent fostering agency"
REDACTED = "REDACTED"
URN = re.compile(r"SC\d{6}|\d{7}", re.ASCII)
AS_AT = re.compile(r"as at (\d{1,2} [A-Z][a-z]+ \d{4})")
MOST_TITLE_ROWS = 15
MOST_PROBLEMS = 10

# What the columns have been called: spaces and capitals do not matter.
COLUMNS: dict[str, tuple[str, ...]] = {
    "urn": ("URN", "Unique reference number", "Provider URN"),
    "provision_type": ("Provision type", "Provider type"),
    "name": ("Name", "Provider name", "Setting name"),
    "registered_on": ("Registration date", "Date registered"),
    "registration_status": ("Registration status", "Provider status"),
    "address_1": ("Address 1", "Address line 1", "Setting address 1"),
    "address_2": ("Address 2", "Address line 2", "Setting address 2"),
    "town": ("Town", "Setting town"),
    "county": ("County", "Setting county"),
    "postcode": ("Postcode", "Setting postcode"),
    "region": ("Ofsted region", "Region"),
    "local_authority": ("Local authority", "Local authority name"),
    "sector": ("Sector",),
    "owner": ("Organisation which owns the provider", "Organisation name", "Owner name"),
    "inspected_on": ("Latest full inspection date", "Date of latest full inspection"),
    "overall_grade": (
        "Overall experiences and progress of children and young people",
        "Latest full inspection overall experiences and progress of children and young people",
        "Overall effectiveness",
    ),
    "protection_grade": (
        "How well children and young people are helped and protected",
        "Latest full inspection how well children and young people are helped and protected",
    ),
    "leadership_grade": (
        "The effectiveness of leaders and managers",
        "Effectiveness of leaders and managers",
        "Latest full inspection the effectiveness of leaders and managers",
    ),
}
OPTIONAL = frozenset({"address_2", "county", "region", "sector", "owner"})


class BadRegisterFile(Invalid):
    """The file cannot be used. `problems` are sentences that name row and column."""

    def __init__(self, *problems: str) -> None:
        super().__init__(" ".join(problems), field="file")
        self.problems = problems


@dataclass(frozen=True)
class AgencyRow:
    """One agency as the file has it. Grades None: not inspected yet."""

    urn: str
    name: str
    registered_on: date | None
    registration_status: str
    address: str
    town: str
    county: str
    postcode: str
    region: str
    local_authority: str
    sector: str
    owner: str
    inspected_on: date | None
    overall_grade: str | None
    protection_grade: str | None
    leadership_grade: str | None


@dataclass(frozen=True)
class RegisterFile:
    """A whole file: the date it speaks of and its independent fostering agencies."""

    as_at: date
    agencies: tuple[AgencyRow, ...]


def parse(content: bytes) -> RegisterFile:
    """The agencies in Ofsted's file. Raises `BadRegisterFile` if anything in it cannot be understood."""
    rows = _read_rows(_decode(content))
    heading, places = _find_heading(rows)
    as_at = _find_date(rows[:heading])
    agencies: dict[str, AgencyRow] = {}
    problems: list[str] = []
    for number, row in enumerate(rows[heading + 1 :], heading + 2):
        if not any(cell.strip() for cell in row):
            continue
        try:
            agency = _read_agency(number, row, len(rows[heading]), places)
            if agency is not None and agency.urn in agencies:
                raise BadRegisterFile(f"Row {number}, column URN: {agency.urn} is in the file twice.")
        except BadRegisterFile as bad:
            problems.extend(bad.problems)
            continue
        if agency is not None:
            agencies[agency.urn] = agency
    if problems:
        raise BadRegisterFile(*_shortened(problems))
    if not agencies:
        raise BadRegisterFile("The file has no independent fostering agency in it.")
    return RegisterFile(as_at, tuple(agencies.values()))


def _shortened(problems: list[str]) -> list[str]:
    more = len(problems) - MOST_PROBLEMS
    return problems[:MOST_PROBLEMS] + ([f"And {more} more."] if more > 0 else [])


def _decode(content: bytes) -> str:
    if not content.strip():
        raise BadRegisterFile("The file is empty.")
    if content.startswith(b"PK"):
        raise BadRegisterFile("This is a spreadsheet. Save it as “CSV UTF-8” and use that file.")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            if content.startswith(b"\xef\xbb\xbf"):
                break
            continue
        if "\0" in text:
            break
        return text
    raise BadRegisterFile(
        "The file is not text in UTF-8 or Windows-1252. Save it as “CSV UTF-8” and try again."
    )


def _read_rows(text: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise BadRegisterFile(
            "The file breaks off inside a row, or a quotation mark is not closed. Download it again."
        ) from error


def _find_heading(rows: list[list[str]]) -> tuple[int, dict[str, int]]:
    """The heading's place (from 0) and the place of each column that we need."""
    for number, row in enumerate(rows[:MOST_TITLE_ROWS]):
        places = _places(row)
        if {"urn", "provision_type"} <= places.keys():
            missing = [
                names[0] for key, names in COLUMNS.items() if key not in places and key not in OPTIONAL
            ]
            if missing:
                raise BadRegisterFile(
                    f"The heading in row {number + 1} has no column “{'” or “'.join(missing)}”."
                )
            return number, places
    raise BadRegisterFile(
        "The heading was not found. Ofsted's file has it in row 4, with columns such as “URN” and"
        " “Provision type”."
    )


def _places(row: list[str]) -> dict[str, int]:
    known = {_plain(name): key for key, names in COLUMNS.items() for name in names}
    found: dict[str, int] = {}
    for place, cell in enumerate(row):
        key = known.get(_plain(cell))
        if key is not None:
            found.setdefault(key, place)
    return found


def _plain(heading: str) -> str:
    return " ".join(heading.replace(":", " ").split()).casefold()


def _find_date(titles: list[list[str]]) -> date:
    found = AS_AT.search(" ".join(cell for row in titles for cell in row))
    if found is None:
        raise BadRegisterFile(
            "The title above the heading does not say “as at” which date the file speaks of."
        )
    try:
        return datetime.strptime(found[1], "%d %B %Y").date()
    except ValueError as error:
        raise BadRegisterFile(f"The title speaks of “{found[1]}”, which is not a date.") from error


def _read_agency(number: int, row: list[str], width: int, places: dict[str, int]) -> AgencyRow | None:
    """The agency in this row, or None if it is another kind of provider or its name is withheld."""
    if len(row) < width:
        raise BadRegisterFile(
            f"Row {number} has {len(row)} columns where the heading has {width}:"
            " the file seems to be cut off."
        )
    cells = {key: _clean(row[place]) for key, place in places.items()}
    if cells["provision_type"].casefold() != WANTED or row[places["name"]].strip() == REDACTED:
        return None
    return AgencyRow(
        urn=_urn(number, cells["urn"]),
        name=_needed(number, "Name", cells["name"]),
        registered_on=_date(number, "registered_on", cells),
        registration_status=cells["registration_status"],
        address="\n".join(filter(None, (cells["address_1"], cells.get("address_2", "")))),
        town=_town(cells),
        county=cells.get("county", ""),
        postcode=cells["postcode"].upper(),
        region=cells.get("region", ""),
        local_authority=cells["local_authority"],
        sector=cells.get("sector", ""),
        owner=cells.get("owner", ""),
        inspected_on=_date(number, "inspected_on", cells),
        overall_grade=cells["overall_grade"] or None,
        protection_grade=cells["protection_grade"] or None,
        leadership_grade=cells["leadership_grade"] or None,
    )


def _clean(cell: str) -> str:
    text = " ".join(cell.split())
    return "" if text == REDACTED else text


def _needed(number: int, column: str, text: str) -> str:
    if not text:
        raise BadRegisterFile(f"Row {number}, column {column}: there is nothing in it.")
    return text


def _urn(number: int, text: str) -> str:
    urn = text.upper()
    if not URN.fullmatch(urn):
        raise BadRegisterFile(
            f"Row {number}, column URN: “{text}” is not a URN, which is seven digits, or SC and six digits."
        )
    return urn


def _town(cells: dict[str, str]) -> str:
    # Some rows have no town; people tell agencies of one name apart by it, so the council's area stands in.
    town = cells["town"] or cells.get("county", "") or cells["local_authority"]
    return town.title() if town.isupper() else town


def _date(number: int, key: str, cells: dict[str, str]) -> date | None:
    text = cells[key]
    if not text:
        return None
    try:
        return datetime.strptime(text, "%d/%m/%Y").date()
    except ValueError as error:
        raise BadRegisterFile(
            f"Row {number}, column {COLUMNS[key][0]}: “{text}” is not a date like 31/03/2025."
        ) from error
