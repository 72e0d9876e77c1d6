"""docs/scoring.md, worked by hand, agrees to the penny with the code that scores a real round."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from portal.evaluations import outliers, scoring
from portal.evaluations.outliers import Side, among_bids, middle_of
from portal.evaluations.scoring import BasketCell
from portal.frameworks.states import TieRule

TEXT = (Path(__file__).parents[2] / "docs" / "scoring.md").read_text(encoding="utf-8")
PRICE_WEIGHT = Decimal(40)


def table(heading: str) -> list[list[str]]:
    """The rows of the first table under a heading, without its head."""
    part = re.split(r"^#+ " + re.escape(heading) + r"$", TEXT, flags=re.MULTILINE)[1]
    block = re.search(r"((?:^\|.*\n)+)", part, flags=re.MULTILINE)
    assert block is not None
    return [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in block.group(1).splitlines()[2:]
    ]


def figure(cell: str) -> Decimal:
    """The number that a cell comes to."""
    return Decimal(cell.rsplit("=", 1)[-1].strip())


def price(cell: str) -> Decimal | None:
    return None if cell == "not offered" else Decimal(cell)


def test_quality_of_the_example() -> None:
    rows, worked = table("Agreed scores"), table("Points")
    for place, applicant in enumerate("ABC"):
        scores = [(int(row[3 + place]), Decimal(row[1])) for row in rows]
        for (score, weight), line in zip(scores, worked, strict=False):
            assert line[1 + place].startswith(f"{score} ÷ 5 × {weight} =")
            assert figure(line[1 + place]) == scoring.rounded(scoring.weighted(score, weight)), applicant
        assert figure(worked[-1][1 + place]) == scoring.quality_points(scores), applicant


def test_prices_and_ranks_of_the_example() -> None:
    rows, worked = table("Basket and weekly fees"), table("Basket totals")
    cells = [
        BasketCell(number, int(row[1]), Decimal(row[2]) if row[2] else None)
        for number, row in enumerate(rows)
    ]
    bids = [
        {number: fee for number, row in enumerate(rows) if (fee := price(row[3 + place])) is not None}
        for place in range(3)
    ]
    highest = scoring.highest_offers(bids)
    totals = [scoring.basket_total(cells, bid, highest) for bid in bids[:2]]
    for place in (0, 1):
        costs = scoring.basket_costs(cells, bids[place], highest)
        assert [figure(line[1 + place]) for line in worked[:-1]] == [line.cost for line in costs]
        assert [line[1 + place].split(" =")[0] for line in worked[:-1]] == [
            f"{line.cell.weeks} × {line.fee}" for line in costs
        ]
        assert figure(worked[-1][1 + place]) == totals[place]
    prices = [scoring.price_points(min(totals), total, PRICE_WEIGHT) for total in totals]
    assert [figure(cell) for cell in table("Price scores")[0][1:]] == prices
    quality = [figure(cell) for cell in table("Points")[-1][1:]]
    sums = [points + price for points, price in zip(quality, prices, strict=False)]
    standing = [
        (total, scoring.precedence(TieRule.QUALITY, points, basket))
        for total, points, basket in zip(sums, quality, totals, strict=False)
    ]
    result = {row[0]: row[1:] for row in table("Result")}
    assert [Decimal(cell) for cell in result["Total"] if cell] == sums
    assert [int(cell) for cell in result["Rank"] if cell] == scoring.ranks(standing)


def test_what_stands_out_in_the_example() -> None:
    bids = [Decimal(fee) for fee in (700, 720, 750, 760, 980)]
    middle = middle_of(bids)
    assert middle is not None
    assert (middle.median, middle.deviation) == (750, 30)
    assert [among_bids(fee, middle) for fee in bids] == [None, None, None, None, Side.HIGH]
    assert among_bids(Decimal(980), middle_of(bids[2:])) is None, "three bids are too few to compare"


def test_what_stands_out_at_the_edges() -> None:
    alike = middle_of([Decimal(800)] * 4)
    assert among_bids(Decimal(720), alike) is None, "10% is not more than 10%"
    assert among_bids(Decimal("719.99"), alike) == Side.LOW
    members = middle_of([Decimal(800)] * 3)
    assert outliers.among_members(Decimal(960), members) is None
    assert outliers.among_members(Decimal("960.01"), members) == Side.HIGH
    assert outliers.among_members(Decimal(1), middle_of([Decimal(800)] * 2)) is None
    assert outliers.is_low_total(Decimal("799.99"), middle_of([Decimal(1000)] * 4))
    assert not outliers.is_low_total(Decimal(800), middle_of([Decimal(1000)] * 4))
    assert middle_of([]) is None
