"""What can be said of a household: the councils' lists and the portal's codes, with their words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portal.core.catalogue import kept
from portal.core.db import session
from portal.frameworks.queries import list_age_bands, list_need_categories, list_placement_types
from portal.vacancies.models import District, Vacancy
from portal.vacancies.states import CODE_LISTS, CODES


@dataclass(frozen=True)
class Lists:
    """The codes that may be chosen of each list the councils keep, in their order."""

    placement_types: tuple[str, ...]
    need_categories: tuple[str, ...]
    age_bands: tuple[str, ...]
    districts: frozenset[str]


def get_lists() -> Lists:
    """What a household is checked against; the code lists of `states` come with the portal."""
    return Lists(
        tuple(kind.code for kind in list_placement_types()),
        tuple(kind.code for kind in list_need_categories()),
        tuple(band.code for band in list_age_bands()),
        frozenset(district.gss_code for district in list_districts()),
    )


def labels_of(field: str) -> dict[str, str]:
    """The codes that may stand in a column, and their words, in order."""
    if field == "placement_types":
        return {kind.code: kind.label for kind in list_placement_types()}
    if field == "need_categories":
        return {kind.code: kind.label for kind in list_need_categories()}
    if field == "other_children":
        return {band.code: band.label for band in list_age_bands()}
    if field == "district_code":
        return {district.gss_code: district.name for district in list_districts()}
    return {code.value: code.label for code in (CODE_LISTS | CODES)[field]}


def shareable_columns() -> list[sa.ColumnElement[Any]]:
    """The columns of a household that an export for others or a public page may draw on, and no more.

    Special category data, and what may tell of it, is for the provider itself and for placement officers.
    """
    columns = sa.inspect(Vacancy).columns
    return [column for column in columns if not column.info.get("special_category")]


@kept
def list_districts() -> Sequence[District]:
    """Kent's districts and Medway, by name."""
    return session.scalars(sa.select(District).order_by(District.name)).all()
