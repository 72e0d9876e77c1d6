"""A form that makes something new carries a token; the token counts once, however often the form arrives."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, session
from portal.core.errors import AlreadyDone, Invalid


class OnceToken(Base):
    """Tokens already used."""

    __tablename__ = "once_token"

    token: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    used_on: Mapped[str] = mapped_column(server_default=sa.text("(portal_now())::date::text"))


def claim(token: str | None) -> None:
    """Use `token` up in this transaction. Raises `AlreadyDone` if it was used before, waiting for a rival."""
    try:
        value = uuid.UUID(token or "")
    except ValueError as error:
        raise Invalid("This form was not complete. Reload the page and try again.") from error
    statement = insert(OnceToken).values(token=value).on_conflict_do_nothing().returning(OnceToken.token)
    if session.execute(statement).scalar_one_or_none() is None:
        raise AlreadyDone
