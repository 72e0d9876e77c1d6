"""The illustrative lists and questions that the project ships, copied into the database."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from portal.core import audit
from portal.core.db import session
from portal.frameworks import queries
from portal.frameworks.models import (
    AgeBand,
    Framework,
    NeedCategory,
    PlacementType,
    PriceCell,
    Question,
    Round,
    Section,
)
from portal.frameworks.services.weights import spread_quality_weight
from portal.frameworks.states import EvidenceKind, EvidenceRule, QuestionKind, SectionKind

DATA = Path(__file__).resolve().parents[1] / "data"


@cache
def _shipped(name: str) -> dict[str, Any]:
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))


def load_reference_lists() -> None:
    """Add the default placement types, need categories, age bands and price cells that are missing.

    For commands; what a council has changed stays as it is.
    """
    lists = _shipped("lists.toml")
    _add(PlacementType, lists["placement_types"], "code", "label")
    _add(NeedCategory, lists["need_categories"], "code", "label")
    _add(AgeBand, lists["age_bands"], "code", "label", "youngest", "oldest")
    cells = insert(PriceCell).values(list(_cells(lists)))
    session.execute(
        cells.on_conflict_do_nothing(index_elements=["placement_type", "need_category", "age_band"])
    )


def load_framework() -> Framework:
    """Add the Kent and Medway framework of decision 23-00112 unless it is there already. For commands."""
    shipped = _shipped("framework.toml")
    found = queries.find_framework(shipped["reference"])
    if found is None:
        found = Framework(**shipped)
        session.add(found)
        session.flush()
        audit.record("framework.created", found, by=None)
    return found


def _add(model: type[Any], rows: list[dict[str, Any]], *names: str) -> None:
    values = [{"position": place, **{name: row[name] for name in names}} for place, row in enumerate(rows, 1)]
    session.execute(insert(model).values(values).on_conflict_do_nothing(index_elements=["code"]))


def _cells(lists: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    usual = [band["code"] for band in lists["age_bands"] if not band.get("only_where_named")]
    for kind in lists["placement_types"]:
        for category in lists["need_categories"]:
            for band in kind.get("age_bands", usual):
                yield {"placement_type": kind["code"], "need_category": category["code"], "age_band": band}


def create_default_questions(round_: Round) -> None:
    """Copy the default questions into a round that has none, their weights scaled to its quality weight."""
    if session.scalar(sa.select(sa.exists().where(Section.round_id == round_.id))):
        return
    for place, section in enumerate(_shipped("questions.toml")["sections"], 1):
        session.add(_section(round_, place, section))
    session.flush()
    session.expire(round_, ["sections"])
    spread_quality_weight(round_)


def _section(round_: Round, position: int, shipped: Mapping[str, Any]) -> Section:
    return Section(
        round_id=round_.id,
        position=position,
        kind=SectionKind(shipped["kind"]),
        title=shipped["title"],
        guidance=shipped.get("guidance", "").strip(),
        questions=[
            _question(f"{position}.{place}", place, question)
            for place, question in enumerate(shipped.get("questions", []), 1)
        ],
    )


def _question(number: str, position: int, shipped: Mapping[str, Any]) -> Question:
    weight = shipped.get("weight")
    return Question(
        number=number,
        position=position,
        kind=QuestionKind(shipped["kind"]),
        text=shipped["text"],
        guidance=shipped.get("guidance", ""),
        word_limit=shipped.get("word_limit"),
        is_required=shipped.get("required", True),
        choices=shipped.get("choices", []),
        pass_fail=shipped.get("pass_fail", False),
        weight=Decimal(weight) if weight is not None else None,
        minimum_score=shipped.get("minimum_score"),
        prefilled_from=shipped.get("prefilled_from"),
        evaluator_note=shipped.get("evaluator_note", ""),
        evidence=EvidenceRule(shipped.get("evidence", "none")),
        evidence_kind=EvidenceKind(shipped["evidence_kind"]) if "evidence_kind" in shipped else None,
        may_be_obtained_on_award=shipped.get("may_be_obtained_on_award", False),
    )
