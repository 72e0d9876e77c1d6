"""The least that a signed-in list page can cost: the yardstick that the portal's pages are measured against.

A signed session cookie, the user's row by key, a count and 25 of 100,000 rows by an indexed filter
through the ORM, a plain layout and table. Served by the same server with the same settings.
"""

from __future__ import annotations

import os
from typing import Any

import sqlalchemy as sa
from flask import Flask, render_template_string, session
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

ROWS = 100_000
KINDS = 40

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{{ count }} things</title></head>
<body><header><p>{{ user.name }}</p></header><main><h1>{{ count }} things</h1>
<table><thead><tr><th>Number</th><th>Name</th><th>Kind</th><th>Amount</th></tr></thead><tbody>
{% for thing in things %}
<tr><td>{{ thing.id }}</td><td>{{ thing.name }}</td><td>{{ thing.kind }}</td><td>{{ thing.amount }}</td></tr>
{% endfor %}
</tbody></table></main></body></html>"""


class Base(DeclarativeBase):
    """The yardstick's own tables, in a schema of their own."""

    metadata = sa.MetaData(schema="yardstick")


class User(Base):
    """Who is signed in."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Thing(Base):
    """A row of the list."""

    __tablename__ = "thing"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[int] = mapped_column(index=True)
    amount: Mapped[int]


def fill(url: str) -> None:
    """Make the tables and their rows, unless they are there."""
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        if connection.execute(sa.text("SELECT to_regclass('yardstick.thing')")).scalar():
            return
        connection.execute(sa.text("CREATE SCHEMA yardstick"))
        Base.metadata.create_all(connection)
        connection.execute(sa.text("INSERT INTO yardstick.user VALUES (1, 'Somebody')"))
        connection.execute(
            sa.text(
                "INSERT INTO yardstick.thing SELECT n, 'Thing ' || n, n % :kinds, n * 7"
                " FROM generate_series(1, :rows) n"
            ),
            {"rows": ROWS, "kinds": KINDS},
        )
        connection.execute(sa.text("GRANT USAGE ON SCHEMA yardstick TO portal_app"))
        connection.execute(sa.text("GRANT SELECT ON ALL TABLES IN SCHEMA yardstick TO portal_app"))


def create_app() -> Flask:
    """The yardstick, on the database that `YARDSTICK_URL` names."""
    app = Flask("yardstick")
    app.secret_key = os.environ["SECRET_KEY"]
    engine = sa.create_engine(os.environ["YARDSTICK_URL"])

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    @app.get("/")
    def things() -> Any:
        with Session(engine) as database:
            user = database.get(User, session["user"])
            count = database.scalar(sa.select(sa.func.count()).select_from(Thing).where(Thing.kind == 7))
            rows = database.scalars(
                sa.select(Thing).where(Thing.kind == 7).order_by(Thing.id).limit(25)
            ).all()
            return render_template_string(PAGE, user=user, count=count, things=rows)

    return app
