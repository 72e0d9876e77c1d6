"""How far apart outward postcodes lie, from the file that the portal ships."""

from __future__ import annotations

import csv
import math
from functools import cache
from pathlib import Path

OUTWARD_POSTCODES = Path(__file__).parents[1] / "data" / "outward_postcodes.csv"
METRES_IN_A_MILE = 1609.344


@cache
def _centres() -> dict[str, tuple[int, int]]:
    with OUTWARD_POSTCODES.open(encoding="utf-8", newline="") as rows:
        return {row["outward"]: (int(row["easting"]), int(row["northing"])) for row in csv.DictReader(rows)}


def is_known_outward(outward: str) -> bool:
    """Is this the first part of a real postcode?"""
    return outward in _centres()


def miles_between(outward: str, other: str) -> int | None:
    """About how many miles lie between the centres of two outward postcodes; None when one is unknown."""
    one, two = _centres().get(outward), _centres().get(other)
    return None if one is None or two is None else round(math.dist(one, two) / METRES_IN_A_MILE)


def list_outwards_within(outward: str, miles: int) -> dict[str, float]:
    """The outward postcodes whose centres lie within so many miles of this one's, each with its distance."""
    here = _centres().get(outward)
    if here is None:
        return {}
    reach = miles * METRES_IN_A_MILE
    distances = ((other, math.dist(here, there)) for other, there in _centres().items())
    return {other: metres / METRES_IN_A_MILE for other, metres in distances if metres <= reach}
