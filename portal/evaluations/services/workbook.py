"""The results of a round as a workbook that computes them again: scores, weights and prices in, formulas for the rest.

No total is pasted. What people wrote is text, whatever it begins with, so that no answer runs as a formula.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook

from portal.applications.models import Application
from portal.core import clock
from portal.core.ui import uk_datetime
from portal.evaluations import scoring
from portal.evaluations.queries.results import ResultRow, basket, bids, results
from portal.evaluations.queries.workbook import PlainScore, list_rejected_prices, list_round_scores
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Question, Round
from portal.frameworks.states import AdmissionRule, NotOfferedRule, TieRule

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

LONGEST_CELL = 32_767  # what a cell of a spreadsheet can hold
POUNDS = '"£"#,##0.00'
WIDE, NARROW = 48, 14

RESULT_COLUMNS = (
    "Reference",
    "Applicant",
    "Quality",
    "Questions below minimum",
    "Price rejected",
    "Meets minimums",
    "Basket total",
    "Lowest total",
    "Price",
    "Total",
    "Decides equal totals",
    "Rank",
    "By the rule",
)
SCORE_COLUMNS = (
    "Reference",
    "Applicant",
    "Question",
    "Kind",
    "By",
    "Score",
    "Reason",
    "Weight",
    "Minimum",
    "Points",
)

# Where the rules stand on the sheet "Weights".
QUALITY_WEIGHT, PRICE_WEIGHT, QUALITY_MINIMUM, PLACES, ADMIT_AT_MOST = (
    f"Weights!$B${row}" for row in (4, 5, 6, 7, 8)
)
FIRST_QUESTION = 15

NOT_OFFERED = {
    NotOfferedRule.CEILING_OR_HIGHEST: "IF(ISNUMBER($C{row}),$C{row},IF(ISNUMBER($D{row}),$D{row},0))",
    NotOfferedRule.HIGHEST: "IF(ISNUMBER($D{row}),$D{row},0)",
    NotOfferedRule.HIGHEST_PLUS_TENTH: "IF(ISNUMBER($D{row}),ROUND($D{row}*1.1,2),0)",
}
PRECEDENCE = {TieRule.QUALITY: "=C{row}", TieRule.PRICE: "=-G{row}", TieRule.SHARED: "=0"}


@dataclass(frozen=True)
class _Held:
    """What goes into the workbook, read once."""

    round: Round
    rows: list[ResultRow]
    questions: Sequence[Question]
    individual: Sequence[PlainScore]

    @property
    def agreed(self) -> list[tuple[ResultRow, Any]]:
        return [(row, line) for row in self.rows for line in row.questions]


def render_workbook(round_: Round) -> tuple[bytes, list[Application]]:
    """The workbook of a round whose quality is locked, and the applications whose figures it holds.

    For whoever may see the results (`policy.can_see_results`). Formulas only: a spreadsheet computes them when it
    opens the file.
    """
    held = _Held(round_, results(round_), frameworks.list_scored_questions(round_), list_round_scores(round_))
    book = Workbook()
    first = book.active
    assert first is not None, "a new workbook has a sheet"
    _write_result(first, held)
    _write_scores(book.create_sheet("Scores"), held)
    _write_weights(book.create_sheet("Weights"), held)
    _write_prices(book.create_sheet("Prices"), held)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue(), [row.application for row in held.rows]


def _write_result(sheet: Worksheet, held: _Held) -> None:
    sheet.title = "Result"
    _head(sheet, 1, RESULT_COLUMNS)
    rejected = list_rejected_prices(held.round)
    first, last = 2, max(2, len(held.rows) + 1)
    for number, row in enumerate(held.rows, first):
        application = row.application
        _text(sheet, f"A{number}", application.reference)
        _text(sheet, f"B{number}", application.organisation.legal_name)
        _text(sheet, f"E{number}", "Yes" if application.id in rejected else "No")
        for column, formula in _formulas(held, number, first, last).items():
            sheet[f"{column}{number}"] = formula
        for column in "GH":
            sheet[f"{column}{number}"].number_format = POUNDS
        for column in "CIJ":
            sheet[f"{column}{number}"].number_format = _points_format(held.round)
    _widths(sheet, {"A": NARROW, "B": WIDE})


def _formulas(held: _Held, row: int, first: int, last: int) -> dict[str, str]:
    """The formulas of one applicant, by column. Points are snapped to eight places before they are rounded."""
    agreed = len(held.agreed) + 1
    own = f"(Scores!$A$2:$A${agreed}=$A{row})"
    total_row = _total_row(held)
    basket_total = f"Prices!{get_column_letter(_cost_column(held, row - first))}{total_row}"
    total = f"(J${first}:J${last}"
    met = f'(F${first}:F${last}="Yes")'
    is_best = f'IF(L{row}<={ADMIT_AT_MOST},"Admit","Decline")'
    admit = '"Admit"' if held.round.admission_rule == AdmissionRule.ALL_WHO_MEET else is_best
    return {
        "C": f"=ROUND(ROUND(SUMPRODUCT({own}*Scores!$J$2:$J${agreed}),8),{PLACES})",
        "D": f"=SUMPRODUCT({own}*(Scores!$F$2:$F${agreed}<Scores!$I$2:$I${agreed}))",
        "F": f'=IF(AND(D{row}=0,C{row}>={QUALITY_MINIMUM},E{row}="No"),"Yes","No")',
        "G": f'=IF(F{row}="Yes",{basket_total},"")',
        "H": f'=IF(F{row}="Yes",MIN(G${first}:G${last}),"")',
        "I": f'=IF(F{row}="Yes",IF(G{row}>0,ROUND(ROUND(H{row}/G{row}*{PRICE_WEIGHT},8),{PLACES}),0),"")',
        "J": f'=IF(F{row}="Yes",ROUND(C{row}+I{row},{PLACES}),"")',
        "K": f'=IF(F{row}="Yes",{PRECEDENCE[held.round.tie_rule].format(row=row)[1:]},"")',
        "L": f'=IF(F{row}="Yes",1+SUMPRODUCT({met}*({total}>J{row})+({total}=J{row})'
        f'*(K${first}:K${last}>K{row})))),"")',
        "M": f'=IF(F{row}="Yes",{admit},"Decline")',
    }


def _write_scores(sheet: Worksheet, held: _Held) -> None:
    """Agreed scores first, on which the result rests; then every evaluator's own."""
    _head(sheet, 1, SCORE_COLUMNS)
    last = FIRST_QUESTION + max(1, len(held.questions)) - 1
    table = f"Weights!$A${FIRST_QUESTION}:$D${last}"
    number = 1
    for row, line in held.agreed:
        number += 1
        _score(sheet, number, row.application, line.question, ("Agreed", "", line.score, line.reason))
        minimum = f"VLOOKUP($C{number},{table},4,FALSE)"
        sheet[f"H{number}"] = f"=VLOOKUP($C{number},{table},3,FALSE)"
        sheet[f"I{number}"] = f"=IF(ISNUMBER({minimum}),{minimum},0)"
        sheet[f"J{number}"] = f"=F{number}/{scoring.HIGHEST_SCORE}*H{number}"
    questions = {question.id: question for question in held.questions}
    applications = {row.application.id: row.application for row in held.rows}
    for one in held.individual:
        if one.application_id in applications:
            number += 1
            _score(
                sheet,
                number,
                applications[one.application_id],
                questions[one.question_id],
                ("Evaluator", one.evaluator, one.value, one.reason),
            )
    _widths(sheet, {"A": NARROW, "B": WIDE, "D": NARROW, "E": 24, "G": 80})
    for (cell,) in sheet[f"G2:G{max(2, number)}"]:
        cell.alignment = Alignment(wrap_text=True, vertical="top")


def _score(
    sheet: Worksheet,
    row: int,
    application: Application,
    question: Question,
    score: tuple[str, str, int, str],
) -> None:
    kind, by, value, reason = score
    _text(sheet, f"A{row}", application.reference)
    _text(sheet, f"B{row}", application.organisation.legal_name)
    _text(sheet, f"C{row}", question.number)
    _text(sheet, f"D{row}", kind)
    _text(sheet, f"E{row}", by)
    sheet[f"F{row}"] = value
    _text(sheet, f"G{row}", reason)


def _write_weights(sheet: Worksheet, held: _Held) -> None:
    round_ = held.round
    sheet["A1"].font = Font(bold=True)
    _text(sheet, "A1", f"{round_.title}: what was published, and the points of each question")
    _text(sheet, "A2", f"Made {uk_datetime(clock.now())}. Disclosable.")
    rules: list[tuple[str, Any]] = [
        ("Quality weight", round_.quality_weight),
        ("Price weight", round_.price_weight),
        ("Quality minimum", round_.quality_minimum),
        ("Decimal places of points", round_.rounding.places),
        ("Admit at most", round_.admit_at_most if round_.admit_at_most else "No limit"),
        ("Rule of admission", round_.admission_rule.label),
        ("Equal totals", round_.tie_rule.words),
        ("Cells not offered", round_.not_offered_rule.words),
        ("Rounding", round_.rounding.words),
    ]
    for row, (label, value) in enumerate(rules, 4):
        _text(sheet, f"A{row}", label)
        if isinstance(value, str):
            _text(sheet, f"B{row}", value)
        else:
            sheet[f"B{row}"] = value
    _head(sheet, FIRST_QUESTION - 1, ["Question", "Asked", "Weight", "Minimum"])
    for row, question in enumerate(held.questions, FIRST_QUESTION):
        _text(sheet, f"A{row}", question.number)
        _text(sheet, f"B{row}", question.text)
        sheet[f"C{row}"] = question.weight
        if question.minimum_score is None:
            _text(sheet, f"D{row}", "None")
        else:
            sheet[f"D{row}"] = question.minimum_score
    _widths(sheet, {"A": 26, "B": 80})


def _write_prices(sheet: Worksheet, held: _Held) -> None:
    """The weekly fees as offered, and beside them what each cell costs; the last row adds them up."""
    offers, cells = bids(held.round), basket(held.round)
    labels = {cell.id: cell for cell in frameworks.list_cells()}
    names = [row.application.reference for row in held.rows]
    _head(
        sheet,
        1,
        [
            "Placement, need and age",
            "Weeks",
            "Ceiling",
            "Highest offer",
            *(f"{name}: weekly fee" for name in names),
            "",
            *(f"{name}: cost" for name in names),
        ],
    )
    for number, cell in enumerate(cells, 2):
        label = labels[cell.cell_id]
        _text(sheet, f"A{number}", f"{label.placement_type}, {label.need_category}, {label.age_band}")
        sheet[f"B{number}"] = cell.weeks
        if cell.ceiling is not None:
            sheet[f"C{number}"] = cell.ceiling
        _price_row(sheet, number, held, [offers.get(row.application.id, {}) for row in held.rows], cell)
    total = _total_row(held)
    _text(sheet, f"A{total}", "Basket total")
    for place in range(len(names)):
        letter = get_column_letter(_cost_column(held, place))
        sheet[f"{letter}{total}"] = f"=SUM({letter}2:{letter}{total - 1})"
    for row in sheet.iter_rows(min_row=2, min_col=3):
        for one in row:
            one.number_format = POUNDS
    _widths(sheet, {"A": WIDE})


def _price_row(
    sheet: Worksheet, row: int, held: _Held, offers: Sequence[scoring.Prices], cell: scoring.BasketCell
) -> None:
    first, last = get_column_letter(5), get_column_letter(4 + max(1, len(offers)))
    fees = f"${first}{row}:${last}{row}"
    sheet[f"D{row}"] = f'=IF(COUNT({fees})=0,"",MAX({fees}))'
    for place, prices in enumerate(offers):
        letter = get_column_letter(5 + place)
        fee = prices.get(cell.cell_id)
        if fee is None:
            _text(sheet, f"{letter}{row}", "Not offered")
        else:
            sheet[f"{letter}{row}"] = fee
        otherwise = NOT_OFFERED[held.round.not_offered_rule].format(row=row)
        cost = get_column_letter(_cost_column(held, place))
        sheet[f"{cost}{row}"] = f"=$B{row}*IF(ISNUMBER({letter}{row}),{letter}{row},{otherwise})"


def _cost_column(held: _Held, place: int) -> int:
    return 6 + len(held.rows) + place


def _total_row(held: _Held) -> int:
    return len(basket(held.round)) + 2


def _points_format(round_: Round) -> str:
    return "0." + "0" * round_.rounding.places if round_.rounding.places else "0"


def _head(sheet: Worksheet, row: int, names: Sequence[str]) -> None:
    for column, name in enumerate(names, 1):
        cell = sheet.cell(row, column)
        _text(sheet, cell.coordinate, name)
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = f"C{row + 1}" if row == 1 else None


def _text(sheet: Worksheet, where: str, text: str) -> None:
    """Text as text: also what begins with =, +, - or @, which a spreadsheet would otherwise compute."""
    cell = sheet[where]
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)[:LONGEST_CELL]
    if isinstance(cell.value, str):
        cell.data_type = "s"
        cell.quotePrefix = text.startswith(("=", "+", "-", "@", "\t", "\r"))


def _widths(sheet: Worksheet, widths: dict[str, int]) -> None:
    for column, width in widths.items():
        sheet.column_dimensions[column].width = width
