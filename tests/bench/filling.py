"""A database worth measuring: the demonstration, one evaluator with 2,000 applications, 40 more members of the
framework, and 500 carer households each."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portal.core.db import Base

APPLICATIONS = 2_000
MEMBERS = 40
VACANCIES_EACH = 500


def fill(url: str) -> None:
    """Multiply rows of the demonstration, as the superuser, unless it was done before."""
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        done = connection.execute(
            sa.text("SELECT count(*) FROM organisation WHERE urn LIKE '98_____'")
        ).scalar()
        if done:
            return
        # These applications are copied long after their round's deadline, which the triggers would refuse.
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        _give_applications(connection, _sheet_tocopy_rows(connection))
        _add_members(connection)
        connection.execute(sa.text("ANALYZE"))


def _sheet_tocopy_rows(connection: sa.Connection) -> Any:
    return connection.execute(
        sa.text("""
            SELECT s.id AS sheet, s.evaluator_id AS evaluator, a.id AS application, a.organisation_id AS organisation,
                   (SELECT id FROM submission WHERE application_id = a.id ORDER BY number DESC LIMIT 1) AS submission
            FROM evaluation_sheet s JOIN application a ON a.id = s.application_id JOIN round r ON r.id = a.round_id
            JOIN conflict_declaration c ON c.application_id = a.id AND c.person_id = s.evaluator_id
            WHERE r.state = 'evaluating' AND s.finished_at IS NULL AND NOT c.has_conflict
            ORDER BY (SELECT count(*) FROM score WHERE sheet_id = s.id AND value IS NULL) DESC LIMIT 1
        """)
    ).one()


def _give_applications(connection: sa.Connection, like: Any) -> None:
    make = {"count": APPLICATIONS, "connection": connection}
    copy_rows(
        "organisation", like.organisation, **make, id=_id("organisation"), urn="'98' || lpad(n::text, 5, '0')"
    )
    application = _id("application")
    copy_rows(
        "application",
        like.application,
        **make,
        id=application,
        organisation_id=_id("organisation"),
        reference="'BENCH-' || n",
        applicant_number=f"s.applicant_number + {APPLICATIONS} + n",  # no other applicant's of the round
    )
    copy_rows("submission", like.submission, **make, id=_id("submission"), application_id=application)
    copy_rows("evaluation_sheet", like.sheet, **make, id=_id("sheet"), application_id=application)
    copy_rows(
        "conflict_declaration",
        {"application_id": like.application, "person_id": like.evaluator},
        **make,
        id=_id("declaration"),
        application_id=application,
    )
    copy_rows(
        "score",
        {"sheet_id": like.sheet},
        **make,
        id="md5('score' || n || s.id)::uuid",
        sheet_id=_id("sheet"),
    )


def _add_members(connection: sa.Connection) -> None:
    """Copies of one member with its agreement, prices and households."""
    like = connection.execute(
        sa.text("""
            SELECT organisation_id FROM vacancy v WHERE EXISTS (
                SELECT FROM agreement a WHERE a.organisation_id = v.organisation_id AND a.state = 'active')
            GROUP BY 1 ORDER BY count(*) DESC LIMIT 1
        """)
    ).scalar_one()
    of_member = {"organisation_id": _id("member")}
    make = {"count": MEMBERS, "connection": connection}
    copy_rows("organisation", like, **make, id=_id("member"), urn="'97' || lpad(n::text, 5, '0')")
    copy_rows(
        "agreement", {"organisation_id": like}, **make, id="uuidv7()", application_id="NULL", **of_member
    )
    version = "md5('version' || n || {})::uuid"
    copy_rows("price_version", {"organisation_id": like}, **make, id=version.format("s.id"), **of_member)
    cell = "100000 + n * 1000 + {}"
    copy_rows("agreed_cell", {"organisation_id": like}, **make, id=cell.format("s.id"), **of_member)
    for known in connection.execute(
        sa.text("SELECT id FROM price_version WHERE organisation_id = :o"), {"o": like}
    ).scalars():
        copy_rows(
            "price",
            {"price_version_id": known},
            **make,
            id="uuidv7()",
            agreed_cell_id=cell.format("s.agreed_cell_id"),
            price_version_id=version.format("s.price_version_id"),
        )
    _add_vacancies(connection, like)


def _add_vacancies(connection: sa.Connection, like: UUID) -> None:
    each = connection.execute(
        sa.text("SELECT id FROM vacancy WHERE organisation_id = :o AND state = 'available'"), {"o": like}
    ).scalars()
    known = list(each)
    for vacancy in known:
        copy_rows(
            "vacancy",
            vacancy,
            connection=connection,
            count=MEMBERS * VACANCIES_EACH // len(known),
            id="uuidv7()",
            organisation_id=f"md5('member' || 1 + n % {MEMBERS})::uuid",
            carer_reference="s.carer_reference || '-' || n",
        )


def copy_rows(
    table: str, where: UUID | dict[str, UUID], *, connection: sa.Connection, count: int, **changed: str
) -> None:
    """Copy the rows found `count` times, with some columns as SQL of `s` (the row) and `n` (the copy)."""
    keys = where if isinstance(where, dict) else {"id": where}
    columns = [column.name for column in Base.metadata.tables[table].columns]
    values = ", ".join(changed.get(name, f"s.{name}") for name in columns)
    chosen = " AND ".join(f"s.{name} = :{name}" for name in keys)
    connection.execute(
        sa.text(
            f"INSERT INTO {table} ({', '.join(columns)})"
            f" SELECT {values} FROM {table} s, generate_series(1, {count}) n WHERE {chosen}"
        ),
        keys,
    )


def _id(kind: str) -> str:
    return f"md5('{kind}' || n)::uuid"
