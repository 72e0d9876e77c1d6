"""Ofsted's file: what is read from it, and what is said of a bad one."""

from __future__ import annotations

from datetime import date

import pytest

from portal.providers.services.ofsted_file import BadRegisterFile, parse
from portal.providers.services.register import SHIPPED

HEADING = (
    "Web link,URN,Provision type,Registration date,Registration status,Name,Address 1,Address 2,Town,County,"
    'Postcode,Ofsted Region,Local authority,Sector,Organisation which owns the provider,"\n'
    'Latest full inspection date","\nOverall experiences and progress of children and young people",'
    '"\nHow well children and young people are helped and protected",'
    "The effectiveness of leaders and managers,,"
)
TITLES = (
    "Children's social care data in England – Provider level as at 31 March 2025,,\n"
    "One table,,\nSome are empty,,\n"
)
GOOD = (
    "Link,9800001,Independent Fostering Agency,05/04/2019,Active,Medlar Tree Foster Care,4 Station Road,"
    "Mill  Yard ,WHITSTABLE,Kent,ct5 1ab,South East,Kent,Private,Medlar Tree Holdings,01/06/2023,"
    "Good,Good,Outstanding,,"
)
UNINSPECTED = (
    "Link,SC980002,Independent Fostering Agency,05/04/2024,Active,Quince Fostering,REDACTED,REDACTED,,,"
    "CT5 1AB,South East,Medway,Voluntary,,,,,,,"
)
HOME = (
    "Link,9800003,Children's home,05/04/2024,Active,REDACTED,REDACTED,REDACTED,REDACTED,REDACTED,REDACTED,"
    "South East,Kent,Private,A Firm,not a date,,,,,"
)


def file(*rows: str, titles: str = TITLES, heading: str = HEADING) -> str:
    return titles + "\n".join([heading, *rows]) + "\n"


def test_the_shipped_file_holds_all_339_agencies() -> None:
    found = parse(SHIPPED.read_bytes())
    assert found.as_at == date(2025, 3, 31)
    assert len(found.agencies) == 339
    assert all(agency.town and agency.postcode for agency in found.agencies)
    assert sum(agency.overall_grade is None for agency in found.agencies) == 14


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "cp1252"])
def test_both_encodings_are_read(encoding: str) -> None:
    assert parse(file(GOOD, UNINSPECTED, HOME).encode(encoding)).as_at == date(2025, 3, 31)


def test_an_agency_is_read_whole() -> None:
    agency, uninspected = parse(file(GOOD, UNINSPECTED, HOME).encode()).agencies
    assert (agency.urn, agency.name, agency.town) == ("9800001", "Medlar Tree Foster Care", "Whitstable")
    assert agency.address == "4 Station Road\nMill Yard"
    assert agency.postcode == "CT5 1AB"
    assert (agency.registered_on, agency.inspected_on) == (date(2019, 4, 5), date(2023, 6, 1))
    assert (agency.overall_grade, agency.leadership_grade) == ("Good", "Outstanding")
    assert uninspected.overall_grade is None
    assert (uninspected.address, uninspected.town) == ("", "Medway")


def test_other_years_name_columns_differently() -> None:
    heading = HEADING.replace("Provision type", "Provider type").replace(
        '"\nOverall experiences and progress of children and young people"', '"Overall effectiveness"'
    )
    assert len(parse(file(GOOD, heading=heading).encode()).agencies) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        (b"PK\x03\x04rest", "This is a spreadsheet."),
        (file(GOOD).encode("utf-16"), "not text in UTF-8"),
        (b"\xef\xbb\xbf" + file(GOOD).encode("cp1252"), "not text in UTF-8"),
        (b"Name,Town\nA,B\n", "The heading was not found."),
        (
            file(GOOD, heading=HEADING.replace("Registration status", "Standing")).encode(),
            "no column “Registration status”",
        ),
        (file(GOOD, titles="Some providers\n").encode(), "does not say “as at”"),
        (
            file(GOOD, titles=TITLES.replace("31 March", "31 June")).encode(),
            "“31 June 2025”, which is not a date",
        ),
        (
            file(GOOD, GOOD[:60]).encode(),
            "Row 6 has 6 columns where the heading has 21: the file seems to be cut off.",
        ),
        (file(GOOD)[:-3].encode() + b',"cut', "breaks off inside a row"),
        (file(HOME).encode(), "no independent fostering agency"),
        (file(GOOD, GOOD).encode(), "Row 6, column URN: 9800001 is in the file twice."),
        (file(GOOD.replace("9800001", "980001")).encode(), "Row 5, column URN: “980001” is not a URN"),
        (
            file(GOOD.replace("05/04/2019", "2019-04-05")).encode(),
            "Row 5, column Registration date: “2019-04-05” is not a date like 31/03/2025.",
        ),
        (
            file(GOOD.replace("Medlar Tree Foster Care", "")).encode(),
            "Row 5, column Name: there is nothing in it.",
        ),
    ],
)
def test_a_bad_file_says_what_is_wrong(content: bytes, said: str) -> None:
    with pytest.raises(BadRegisterFile) as refused:
        parse(content)
    assert said in refused.value.message


def test_many_problems_are_told_together_but_not_all() -> None:
    rows = [GOOD.replace("9800001", f"X{number}") for number in range(15)]
    with pytest.raises(BadRegisterFile) as refused:
        parse(file(*rows).encode())
    assert len(refused.value.problems) == 11
    assert refused.value.problems[-1] == "And 5 more."
