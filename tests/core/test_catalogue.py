"""What processes keep of the catalogue is never older than the catalogue."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from portal.core.db import reading, session
from portal.frameworks import queries
from portal.frameworks.models import PlacementType
from tests.support.acting import save


def test_second_reading_request_asks_nothing(count_queries: Any) -> None:
    with reading():
        first = queries.list_placement_types()
    session.remove()
    with reading(), count_queries() as counted:
        again = queries.list_placement_types()
    assert again is first
    assert counted.number == 1  # who acts, what time, and the stamp


def test_change_is_seen_by_the_next_transaction() -> None:
    with reading():
        before = [kind.code for kind in queries.list_placement_types()]
    save(PlacementType(code="kinship", label="Kinship", position=99))
    session.remove()
    with reading():
        after = [kind.code for kind in queries.list_placement_types()]
    assert after == [*before, "kinship"]


def test_who_may_write_reads_the_rows_themselves() -> None:
    with reading():
        kept = queries.list_placement_types()
    assert queries.list_placement_types() is not kept


def test_what_is_kept_belongs_to_no_session() -> None:
    with reading():
        kept = queries.list_placement_types()
    assert all(sa.inspect(kind).detached for kind in kept)


def test_each_table_of_the_catalogue_renews_the_stamp() -> None:
    triggers = session.execute(
        sa.text("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'stamp_catalogue'")
    ).scalars()
    assert set(triggers) == {
        *("placement_type", "need_category", "age_band", "price_cell", "district"),
        *("section", "question", "basket_volume", "amendment", "amendment_change"),
    }
