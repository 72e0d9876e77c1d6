"""Loads the districts that the portal ships."""

from __future__ import annotations

import csv
from pathlib import Path

from sqlalchemy.dialects.postgresql import insert

from portal.core.db import session
from portal.vacancies.models import District

DISTRICTS = Path(__file__).parents[1] / "data" / "kent_medway_districts.csv"


def load_districts() -> int:
    """Add the districts that are not there yet, and return how many the file holds. Safe to repeat."""
    with DISTRICTS.open(encoding="utf-8", newline="") as rows:
        districts = [
            {name: row[name] for name in ("gss_code", "register_code", "name", "official_name")}
            for row in csv.DictReader(rows)
        ]
    session.execute(insert(District).values(districts).on_conflict_do_nothing())
    return len(districts)
