"""Loading Ofsted's register: a new file updates agencies and adds new ones, and takes none away."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import date
from pathlib import Path

from sqlalchemy.dialects.postgresql import insert

from portal.accounts.models import Person
from portal.core import audit
from portal.core.access import require
from portal.core.db import session
from portal.core.errors import Refused
from portal.providers import policy, queries
from portal.providers.models import OfstedAgency, RegisterImport
from portal.providers.services.ofsted_file import RegisterFile, parse

SHIPPED = Path(__file__).resolve().parents[1] / "data" / "ofsted-ifa-2025-03-31.csv"


def import_register(path: Path, *, by: Person | None = None) -> RegisterImport:
    """Load one of Ofsted's files. Commissioners and administrators, or a command (`by` None).

    Agencies in the file are added or brought up to date; those that are not in it stay, for absence does
    not mean deregistered. Raises `BadRegisterFile` with nothing changed, and `Refused` for a file that
    was loaded before or is older than the register.
    """
    if by is not None:
        require(policy.can_import_register(by))
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    _refuse_repeat(digest)
    found = parse(content)
    _refuse_older(found.as_at)
    made = RegisterImport(
        as_at=found.as_at,
        file_name=path.name,
        sha256=digest,
        agencies=len(found.agencies),
        imported_by_id=by.id if by is not None else None,
    )
    session.add(made)
    session.flush()
    _write_agencies(found, made)
    audit.record(
        "register.imported",
        made,
        by=by,
        details={"sha256": digest, "as_at": found.as_at.isoformat(), "agencies": made.agencies},
    )
    return made


def load_shipped_register() -> RegisterImport | None:
    """Load the register that comes with the portal, unless one is there already. For commands."""
    if queries.find_newest_import() is not None:
        return None
    return import_register(SHIPPED)


def _refuse_repeat(digest: str) -> None:
    earlier = queries.find_import(digest)
    if earlier is not None:
        raise Refused(
            f"This file was loaded before, as {earlier.file_name} with {earlier.agencies} agencies."
            " Nothing was changed."
        )


def _refuse_older(as_at: date) -> None:
    newest = queries.find_newest_import()
    if newest is not None and as_at < newest.as_at:
        raise Refused(
            f"This file is as at {as_at:%d/%m/%Y}, but the register is as at {newest.as_at:%d/%m/%Y} already."
            " Nothing was changed."
        )


def _write_agencies(found: RegisterFile, made: RegisterImport) -> None:
    statement = insert(OfstedAgency).values(
        [{**asdict(agency), "import_id": made.id} for agency in found.agencies]
    )
    kept = {"urn", "is_fictional"}
    newer = {column.name: column for column in statement.excluded if column.name not in kept}
    session.execute(statement.on_conflict_do_update(index_elements=["urn"], set_=newer))
    session.expire_all()  # agencies read earlier in this transaction are out of date now
