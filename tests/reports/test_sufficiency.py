"""The sufficiency pages: for the councils with every figure, for everybody with small counts left out."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta

import pytest
from openpyxl import load_workbook

from portal.accounts.states import Council, Role
from portal.core import clock
from portal.core.db import session
from portal.frameworks.models import PlacementType
from portal.matching.models import WeeklyCount
from portal.matching.queries.sufficiency import monday_of
from portal.matching.services import keep_week
from portal.matching.states import SearchOutcome
from portal.reports.queries import get_figures
from portal.reports.queries.sufficiency import Period
from tests.factories import accounts, frameworks, matching, vacancies
from tests.support.acting import acting_as, as_worker, save, save_all

R = Role


@pytest.fixture
def member():
    return matching.Member(frameworks.framework())


@pytest.fixture
def commissioner(client):
    found = accounts.person(R.COMMISSIONER)
    client.sign_in(found)
    return found


def counted(measure, code, cases, *, week, dimension="district", freshness="fresh"):
    return WeeklyCount(
        week=week,
        measure=measure,
        dimension=dimension,
        code=code,
        freshness=freshness,
        cases=cases,
        places=cases,
    )


def cells_of(text, heading):
    """What stands in the row with this heading, wherever it is."""
    row = re.search(rf'<th scope="row"[^>]*>{re.escape(heading)}<(.*?)</tr>', text, re.S).group(1)
    return [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<td.*?</td>", row, re.S)]


def test_a_commissioner_sees_free_places_against_searches(client, commissioner, member):
    member.household(free_places=2, approved_places=3)
    member.household(confirmed_days_ago=10)
    member.household(confirmed_days_ago=30)
    with as_worker():
        keep_week()
    session.commit()
    search = matching.search()
    matching.enquiry("cannot", search=search)
    matching.closed_search(SearchOutcome.NOT_FOUND, council=Council.MEDWAY)
    text = client.get("/sufficiency").text
    assert cells_of(text, "Swale") == ["2", "3", "1", "1", "1", "0", "0"]
    assert cells_of(text, "Thanet") == ["0", "0", "0", "0", "0", "0", "0"]
    assert cells_of(text, "No district named") == ["Not counted", "–", "–", "–", "–", "2", "2"]
    assert cells_of(text, "Standard") == ["2", "3", "1", "1", "1", "2", "2"]
    assert cells_of(text, "The place is no longer free") == ["1"]
    assert cells_of(text, "Placed with a provider") == ["0", "0"]
    monday = monday_of(clock.today())
    assert cells_of(text, f"{monday.day} {monday:%B %Y}") == ["2", "3", "1", "1", "1", "2", "2"]
    assert text.count('<li class="app-tile ') == 13
    assert "both councils’" in text


def test_a_placement_officer_sees_the_searches_of_the_officers_own_council(client, member):
    matching.search(council=Council.MEDWAY)
    client.sign_in(matching.officer(Council.KENT))
    text = client.get("/sufficiency").text
    assert "of your own council" in text
    assert cells_of(text, "Still looking") == ["0", "0"]
    client.sign_in(matching.officer(Council.MEDWAY))
    assert cells_of(client.get("/sufficiency").text, "Still looking") == ["1", "1"]


def test_rule_09_a_provider_and_a_stranger_see_the_public_figures_alone(client, member):
    assert client.get("/sufficiency").status_code == 303
    client.sign_in(member.lead)
    for path in ("/sufficiency", "/sufficiency/workbook"):
        answer = client.get(path)
        assert answer.status_code == 403
        assert "public figures are for everybody" in answer.text
    assert client.get("/framework/sufficiency").status_code == 200


def test_the_period_and_the_type_choose_what_is_counted(client, commissioner, member):
    member.household(placement_types=["standard", "uasc"])
    member.household()
    matching.search()
    today = clock.today()
    text = client.get(
        f"/sufficiency?first={today - timedelta(days=40)}&last={today - timedelta(days=1)}"
    ).text
    assert cells_of(text, "Still looking") == ["0", "0"]
    text = client.get("/sufficiency?placement_type=uasc").text
    assert "Unaccompanied asylum-seeking child alone:" in text
    assert cells_of(text, "Swale")[0] == "1"
    assert cells_of(text, "Still looking") == ["0", "0"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("first=2026-02-31&last=2026-03-01", "Enter a real day"),
        ("first=&last=2026-03-01", "Enter the first day"),
        ("first=2026-03-02&last=2026-03-01", "cannot come before"),
        ("first=2022-04-01&last=2026-03-01", "two years at most"),
        ("first=0001-01-01&last=0001-01-02", "began on 1 April 2022"),
        ("placement_type=castle", "Not a valid choice"),
    ],
)
def test_a_wrong_period_is_said_beside_its_field_and_kept(client, commissioner, asked, said):
    answer = client.get(f"/sufficiency?{asked}")
    assert answer.status_code == 422
    assert said in answer.text
    if "first=2026-02-31" in asked:
        assert 'value="2026-02-31"' in answer.text
    assert client.get(f"/sufficiency/workbook?{asked}").status_code == 302


def test_the_workbook_has_a_sheet_for_each_table_and_runs_no_label(client, commissioner, member):
    member.household(free_places=2, approved_places=3)
    matching.search()
    with as_worker():
        session.get_one(PlacementType, "uasc").label = '=HYPERLINK("http://example.org")'
    session.commit()
    answer = client.get("/sufficiency/workbook")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="Sufficiency ')
    book = load_workbook(io.BytesIO(answer.data))
    assert book.sheetnames == [
        *("About", "By district", "By type of placement", "By level of need", "By age"),
        *("Outcomes", "Answers", "Weeks"),
    ]
    rows = {row[0]: row[1:] for row in book["By district"].iter_rows(values_only=True)}
    assert rows["Swale"] == (1, 2, 1, 0, 0, 0, 0, 0)
    assert rows["Outside Kent and Medway"] == (0, 0, 0, 0, 0, None, None, None)
    kinds = [row[0] for row in book["By type of placement"].iter_rows()]
    strange = next(cell for cell in kinds if str(cell.value).startswith("="))
    assert (strange.data_type, strange.quotePrefix) == ("s", True)
    outcomes = {row[0]: row[1:] for row in book["Outcomes"].iter_rows(values_only=True)}
    assert outcomes["Still looking"] == (1, 1, "No")


def test_the_pages_cost_the_same_however_much_there_is_to_count(client, commissioner, member, count_queries):
    costs = {"/sufficiency": [], "/framework/sufficiency": []}
    for number in (1, 6):
        for _ in range(number):
            member.household()
            matching.enquiry("cannot")
        for path, found in costs.items():
            client.get(path)
            with count_queries() as counting:
                assert client.get(path).status_code == 200
            found.append(counting.number)
    assert costs["/sufficiency"][0] == costs["/sufficiency"][1] <= 12
    assert costs["/framework/sufficiency"][0] == costs["/framework/sufficiency"][1] <= 12


def test_weeks_that_were_not_counted_say_so(commissioner):
    vacancies.districts()
    monday = monday_of(clock.today())
    save(counted("free", "", 7, week=monday - timedelta(days=7), dimension="all"))
    acting_as(commissioner)
    weeks = get_figures(Period(monday - timedelta(days=14), clock.today())).weeks
    assert [(week.monday, week.households) for week in weeks] == [
        (monday - timedelta(days=14), None),
        (monday - timedelta(days=7), 7),
        (monday, None),
    ]
    of_type = get_figures(Period(monday - timedelta(days=7), clock.today(), "uasc")).weeks
    assert [week.households for week in of_type] == [0, None]


def test_the_public_reads_no_count_under_five(client):
    vacancies.districts()
    week = date(2026, 10, 5)
    assert "have not been counted yet" in client.get("/framework/sufficiency").text
    save_all(
        [
            counted("free", "", 20, week=week, dimension="all"),
            counted("free", "", 40, week=week, dimension="all", freshness="stale"),
            counted("free", vacancies.SWALE, 11, week=week),
            counted("free", vacancies.THANET, 6, week=week),
            counted("free", vacancies.MEDWAY, 3, week=week, freshness="ageing"),
            counted("free", "standard", 20, week=week, dimension="type"),
            counted("free", "uasc", 4, week=week, dimension="type"),
            counted("sought", "", 3, week=date(2026, 7, 13), dimension="all"),
            counted("sought", "", 4, week=week, dimension="all"),
            # Of the quarter before, since the week looked back on began in June; and of the one that is running.
            counted("sought", "", 100, week=date(2026, 7, 6), dimension="all"),
            counted("sought", "", 200, week=date(2026, 10, 12), dimension="all"),
            counted("sought", "uasc", 7, week=week, dimension="type"),
        ]
    )
    text = client.get("/framework/sufficiency").text
    assert "<strong>20 homes</strong>" in text
    assert cells_of(text, "Swale") == ["11"]
    assert cells_of(text, "Thanet") == ["6"]
    assert cells_of(text, "Medway") == ["Fewer than 5"]
    assert cells_of(text, "Outside Kent and Medway") == ["Fewer than 5"]
    assert "<strong>7 placements</strong>" in text
    assert "From 6 July 2026 to 4 October 2026" in text


def test_the_running_quarter_waits_until_its_last_week_is_counted(client):
    vacancies.districts()
    save_all(
        [
            counted("free", "", 3, week=date(2026, 9, 28), dimension="all"),
            counted("sought", "", 50, week=date(2026, 9, 28), dimension="all"),
            counted("sought", "", 60, week=date(2026, 6, 8), dimension="all"),
        ]
    )
    text = client.get("/framework/sufficiency").text
    assert "fewer than 5 homes" in text
    assert "From 6 April 2026 to 5 July 2026" in text
    assert "<strong>60 placements</strong>" in text
