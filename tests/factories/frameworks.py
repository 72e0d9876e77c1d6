"""Frameworks and rounds in any state, with dates that fit the state and the portal's clock."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.accounts.states import Council, Role
from portal.core import clock
from portal.core.db import session
from portal.frameworks import services
from portal.frameworks.models import BasketVolume, DeadlineExtension, Framework, PriceCell, Round
from portal.frameworks.states import RoundState
from tests.factories import accounts
from tests.support.acting import as_worker, save

_numbers = count(1)

S = RoundState
ORDER = [
    S.DRAFT,
    S.PUBLISHED,
    S.OPENED,
    S.EVALUATING,
    S.CONSENSUS,
    S.RECOMMENDED,
    S.DECIDED,
    S.STANDSTILL,
    S.CONCLUDED,
]


def framework(**columns: Any) -> Framework:
    """A framework; each call makes another."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "reference": f"KMF-{number:04d}",
        "title": "Kent and Medway Independent Fostering Services Framework Agreement",
        "summary": "Foster placements bought from independent fostering providers.",
        "starts_on": date(2022, 4, 1),
        "ends_on": date(2030, 3, 31),
        "decision_number": "23-00112",
        "notice_reference": "ocds-h6vhtk-02e225",
    }
    return save(Framework(**{**defaults, **columns}))


def round_(state: RoundState | str = S.PUBLISHED, *, questions: bool = True, **columns: Any) -> Round:
    """A round in `state` whose other columns and dates fit it, with the default questions, cells and volumes.

    To give a closed round its applications, make it `published`, add them, then `move_to(round_, "opened")`.
    """
    of = columns.pop("framework", None) or framework()
    now = clock.now()
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "framework_id": of.id,
        "number": number,
        "title": f"Re-opening round {number}",
        "summary": "For new providers and existing spot providers.",
        "clarification_deadline": now + timedelta(days=10),
        "submission_deadline": now + timedelta(days=20),
        "agreements_start_on": (now + timedelta(days=120)).date(),
        "authority_decision": "23-00112",
        "authority_clause": "Clause 4.2 of the invitation to tender",
        "criteria_match_original": True,
    }
    if "submission_deadline" in columns:
        defaults["clarification_deadline"] = columns["submission_deadline"] - timedelta(days=10)
    made = save(Round(**{**defaults, **columns}))
    if questions:
        with as_worker():
            services.load_reference_lists()
            services.create_default_questions(made)
            _add_volumes(made)
        session.commit()
    if state != S.DRAFT:
        move_to(made, state, **columns)
    _keep(made, columns)
    return made


def move_to(round_: Round, state: RoundState | str, **columns: Any) -> Round:
    """Put `round_` into `state`: its dates move as far into the past as it needs, no guard is asked."""
    target = RoundState(state)
    for name, value in {**_columns(round_, target), **columns}.items():
        setattr(round_, name, value)
    round_.state = target
    return save(round_)


def closed_round(**columns: Any) -> Round:
    """A published round whose deadline has passed, not opened yet."""
    made = round_(S.PUBLISHED, **columns)
    now = clock.now()
    made.clarification_deadline, made.submission_deadline = now - timedelta(days=11), now - timedelta(hours=1)
    return save(made)


def extension(round_: Round, by: Person, days: int = 7) -> DeadlineExtension:
    """A recorded extension of the deadline, with the round's deadline moved."""
    before = round_.submission_deadline
    round_.submission_deadline = before + timedelta(days=days)
    save(round_)
    return save(
        DeadlineExtension(
            round_id=round_.id,
            extended_from=before,
            extended_to=round_.submission_deadline,
            reason="Several providers asked for more time over the holiday.",
            extended_by_id=by.id,
        )
    )


def _keep(made: Round, columns: dict[str, Any]) -> None:
    for name, value in columns.items():
        setattr(made, name, value)
    save(made)


def _columns(round_: Round, state: RoundState) -> dict[str, Any]:
    now = clock.now()
    published = now - timedelta(days=60 if state != S.PUBLISHED else 10)
    columns: dict[str, Any] = {"published_at": round_.published_at or published}  # which never changes
    if state == S.CANCELLED:
        return columns | {"cancelled_reason": "The councils will publish a new round with corrected volumes."}
    reached = ORDER.index(state)
    if reached >= ORDER.index(S.OPENED) and round_.opened_at is None:
        columns |= _opened()
    if reached >= ORDER.index(S.RECOMMENDED) and round_.quality_locked_at is None:
        locked_by = columns.get("opened_by_id") or round_.opened_by_id
        columns |= {"quality_locked_by_id": locked_by, "quality_locked_at": now - timedelta(days=15)}
    if state == S.STANDSTILL:
        columns |= {"notices_sent_at": now - timedelta(days=2), "standstill_ends_at": now + timedelta(days=8)}
    if state == S.CONCLUDED:
        columns |= {
            "notices_sent_at": now - timedelta(days=13),
            "standstill_ends_at": now - timedelta(days=3),
        }
    return columns


def _opened() -> dict[str, Any]:
    now = clock.now()
    first, second = (accounts.person(Role.COMMISSIONER, council=Council.KENT) for _ in range(2))
    return {
        "clarification_deadline": now - timedelta(days=40),
        "submission_deadline": now - timedelta(days=30),
        "open_requested_by_id": first.id,
        "open_requested_at": now - timedelta(days=29),
        "opened_by_id": second.id,
        "opened_at": now - timedelta(days=29),
    }


def _add_volumes(made: Round) -> None:
    cells = session.scalars(
        sa.select(PriceCell).where(PriceCell.placement_type.in_(["standard", "parent_and_child"]))
    )
    for cell in cells:
        ceiling = Decimal(1500) if cell.need_category == "standard" else None
        session.add(BasketVolume(round_id=made.id, cell_id=cell.id, weeks=100, ceiling=ceiling))
    session.flush()
