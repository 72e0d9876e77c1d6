"""Price cells and price versions, as agreed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range

from portal.accounts.states import Role
from portal.core import clock
from portal.core.db import session
from portal.frameworks.models import Framework, PriceCell
from portal.frameworks.services import load_reference_lists
from portal.pricing.models import AgreedCell, Price, PriceVersion
from portal.pricing.modifiers import Modifiers
from portal.pricing.services.versions import record_modifiers
from portal.pricing.states import PriceVersionState
from portal.providers.models import Organisation
from tests.factories import accounts
from tests.support.acting import as_worker, save


def load_lists() -> None:
    """The default placement types, need categories, age bands and cells; safe to repeat."""
    with as_worker():
        load_reference_lists()
    session.commit()


def cell(
    placement_type: str = "standard", need_category: str = "standard", age_band: str = "5_10"
) -> PriceCell:
    """The cell of the default lists at this place."""
    find = sa.select(PriceCell).filter_by(
        placement_type=placement_type, need_category=need_category, age_band=age_band
    )
    found = session.scalars(find).one_or_none()
    if found is None:
        load_lists()
        found = session.scalars(find).one()
    return found


def price_version(
    framework: Framework,
    organisation: Organisation,
    fees: Mapping[int, Decimal | None],
    *,
    effective_from: date | None = None,
    modifiers: Modifiers | None = None,
    **columns: Any,
) -> PriceVersion:
    """An approved first version with these weekly fees by cell id; None is "not offered"."""
    starts = effective_from or clock.today() - timedelta(days=30)
    defaults: dict[str, Any] = {
        "framework_id": framework.id,
        "organisation_id": organisation.id,
        "number": 1,
        "state": PriceVersionState.APPROVED,
        "effective_from": starts,
        "reason": "Prices as agreed when the provider joined.",
    }
    if "proposed_by_id" not in columns:
        defaults["proposed_by_id"] = accounts.person(Role.COMMISSIONER).id
    made = save(PriceVersion(**{**defaults, **columns}))
    for cell_id, fee in fees.items():
        agreed = save(AgreedCell(framework_id=framework.id, organisation_id=organisation.id, cell_id=cell_id))
        save(
            Price(
                agreed_cell_id=agreed.id,
                price_version_id=made.id,
                weekly_fee=fee,
                not_offered=fee is None,
                period=Range(starts, None),
            )
        )
    if modifiers is not None:
        with as_worker():
            record_modifiers(made, modifiers)
        session.commit()
    return made
