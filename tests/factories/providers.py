"""Provider organisations and agencies of the register, all fictional, with reserved URNs."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

import sqlalchemy as sa

from portal.core.db import session
from portal.providers.models import JoinRequest, OfstedAgency, Organisation, RegisterImport
from portal.providers.states import OrganisationState, Standing
from tests.support.acting import save

_numbers = count(1)


def organisation(**columns: Any) -> Organisation:
    """A verified new entrant; each call makes another, with its own URN and name."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "urn": f"99{number:05d}",
        "legal_name": f"Larkspur Fostering {number} Limited",
        "trading_name": None,
        "company_number": f"{90000000 + number}",
        "registered_office": "1 High Street",
        "town": "Faversham",
        "postcode": "ME13 7AB",
        "telephone": "01632 960001",
        "standing": Standing.NEW_ENTRANT,
        "state": OrganisationState.VERIFIED,
    }
    return save(Organisation(**{**defaults, **columns}))


def register_import(**columns: Any) -> RegisterImport:
    """The import all factory agencies belong to, unless one is given."""
    found = session.scalars(sa.select(RegisterImport)).first()
    if found is not None and not columns:
        return found
    defaults: dict[str, Any] = {
        "as_at": date(2025, 3, 31),
        "file_name": "fictional.csv",
        "sha256": "0" * 64,
        "agencies": 1,
    }
    return save(RegisterImport(**{**defaults, **columns}))


def agency(**columns: Any) -> OfstedAgency:
    """A fictional agency in the register, inspected and good."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "urn": f"99{number:05d}",
        "name": f"Medlar Tree Foster Care {number}",
        "registered_on": date(2019, 4, 1),
        "registration_status": "Active",
        "address": "4 Station Road",
        "town": "Whitstable",
        "county": "Kent",
        "postcode": "CT5 1AB",
        "region": "South East",
        "local_authority": "Kent",
        "sector": "Private",
        "owner": "Medlar Tree Holdings Limited",
        "inspected_on": date(2023, 6, 1),
        "overall_grade": "Good",
        "protection_grade": "Good",
        "leadership_grade": "Good",
        "is_fictional": True,
    }
    columns.setdefault("import_id", register_import().id)
    return save(OfstedAgency(**{**defaults, **columns}))


def join_request(organisation: Organisation, person: Any, **columns: Any) -> JoinRequest:
    """An unanswered request of `person` to act for `organisation`."""
    return save(JoinRequest(organisation_id=organisation.id, person_id=person.id, **columns))
