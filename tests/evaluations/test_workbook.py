"""The results workbook: every total is a formula, and computed again it agrees to the penny."""

from __future__ import annotations

import io
import logging
import warnings
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.applications.models import AccessRegister
from portal.core.db import session
from portal.evaluations.queries import results
from portal.evaluations.services import lock_quality
from portal.evaluations.services.workbook import render_workbook
from portal.frameworks import queries as frameworks
from tests.factories import accounts
from tests.factories import evaluations as made
from tests.factories.evaluations import Case, case
from tests.support.acting import acting_as


def locked(**columns: Any) -> Case:
    """Three who meet the minimums, two of them with equal totals but for the rule, and one who does not."""
    here = case("consensus", count=0, **columns)
    cells = sorted(frameworks.list_volumes(here.round))
    without = {cells[0]: None, cells[-1]: None}
    bids = [
        (Decimal("612.35"), {}, {}),
        (Decimal("745.50"), without, {"q5_1": 5}),
        (Decimal("745.50"), without, {"q5_1": 5}),
        (Decimal("300.00"), {}, {"q5_2": 2}),
    ]
    for fee, prices, values in bids:
        application = made.add_application(here, "compliant", fee=fee, prices=prices)
        made.sheet(application, here.evaluators[0], by=here.commissioner, value=4)
        made.agree(application, by=here.commissioner, **values)
    acting_as(here.commissioner)
    lock_quality(here.round, by=here.commissioner)
    session.commit()
    return here


def computed(content: bytes, folder: Path) -> dict[str, Any]:
    """Every cell of the workbook, computed by another program than the portal."""
    path = folder / "book.xlsx"
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("formulas").setLevel(logging.ERROR)
        import formulas

        found = formulas.ExcelModel().loads(str(path)).finish().calculate()
    return {
        key.split("]")[1].replace("'!", "!"): value.value[0, 0]
        for key, value in found.items()
        if "]" in key and ":" not in key
    }


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {
            "not_offered_rule": "highest_plus_tenth",
            "rounding": "one",
            "tie_rule": "price",
            "admission_rule": "best_n",
            "admit_at_most": 1,
        },
    ],
    ids=["usual", "other rules"],
)
def test_every_total_is_computed_again_to_the_penny(tmp_path: Path, columns: dict[str, Any]) -> None:
    here = locked(**columns)
    acting_as(here.commissioner)
    content, applications = render_workbook(here.round)
    assert len(applications) == 4
    cells = computed(content, tmp_path)
    for number, row in enumerate(results(here.round), 2):
        assert cells[f"RESULT!A{number}"] == row.application.reference
        shown = {column: cells[f"RESULT!{column}{number}"] for column in "CFGHIJLM"}
        expected = {
            "C": row.quality,
            "F": "Yes" if row.meets_minimums else "No",
            "G": row.basket_total,
            "H": row.lowest_total,
            "I": row.price,
            "J": row.total,
            "L": row.rank,
            "M": "Admit" if row.is_admitted_by_rule else "Decline",
        }
        for column, value in expected.items():
            got = shown[column]
            if isinstance(value, Decimal | int):
                assert Decimal(str(round(float(got), 6))) == Decimal(value), (number, column)
            else:
                assert got == (value or ""), (number, column)


def test_no_total_is_pasted() -> None:
    here = locked()
    acting_as(here.commissioner)
    book = openpyxl.load_workbook(io.BytesIO(render_workbook(here.round)[0]))
    assert book.sheetnames == ["Result", "Scores", "Weights", "Prices"]
    for row in book["Result"].iter_rows(min_row=2, min_col=3):
        for cell in row:
            if cell.column_letter != "E":
                assert cell.data_type == "f", cell.coordinate
    last = book["Prices"].max_row
    totals = [cell for cell in book["Prices"][last][1:] if cell.value is not None]
    assert len(totals) == 4
    assert all(cell.data_type == "f" for cell in totals)
    kinds = [cell.value for cell in book["Scores"]["D"][1:]]
    questions = len(frameworks.list_scored_questions(here.round))
    assert kinds == ["Agreed"] * 4 * questions + ["Evaluator"] * 4 * questions


@pytest.mark.parametrize("text", ["=1+1", "+44", "-2", "@SUM(A1)", "\t=1", "plain\x07"])
def test_what_people_wrote_is_text(text: str) -> None:
    from openpyxl.workbook import Workbook

    from portal.evaluations.services.workbook import _text

    book = Workbook()
    assert book.active is not None
    _text(book.active, "A1", text)
    held = io.BytesIO()
    book.save(held)
    cell = openpyxl.load_workbook(io.BytesIO(held.getvalue())).active["A1"]  # type: ignore[index]
    assert (cell.data_type, cell.value) == ("s", text.replace("\x07", ""))
    assert cell.quotePrefix == (text != "plain\x07")


def test_who_may_download_it_and_that_it_is_recorded(client: Any) -> None:
    here = locked()
    client.sign_in(here.evaluators[0])
    where = f"/evaluations/rounds/{here.round.id}/results/workbook"
    assert client.get(where).status_code == 403
    client.sign_in(accounts.person(Role.AUDITOR))
    answer = client.get(where)
    assert answer.status_code == 200
    assert answer.data.startswith(b"PK")
    read = sa.select(sa.func.count()).where(AccessRegister.what == "results workbook")
    assert session.execute(read).scalar_one() == 4
