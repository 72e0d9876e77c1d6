"""Answers kept for a day, so that a request sent twice with one Idempotency-Key is done once.

The key is claimed and the answer kept in the transaction that does the work. So a rival with the same key waits,
then gets the answer; and an attempt that failed leaves nothing, so that it can be tried again.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Response, request
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import clock
from portal.core.db import Base, session
from portal.core.rest.problems import Problem

KEPT_FOR = timedelta(hours=24)
LONGEST = 200
KEPT_HEADERS = ("Content-Type", "ETag", "Location")


class ApiReply(Base):
    """One answer. Row-level security shows it to the person alone in whose name the key acted."""

    __tablename__ = "api_reply"
    __table_args__ = (sa.Index(None, "created_at"),)

    api_key_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[uuid.UUID]
    request_hash: Mapped[bytes]
    status: Mapped[int | None]
    headers: Mapped[dict[str, str]] = mapped_column(JSONB(), default=dict)
    body: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(server_default=sa.text("portal_now()"))


def claim(name: str) -> Response | None:
    """Take the name for this request, or give the answer that was kept under it; waits for a rival.

    Raises `Problem` for a name that was used for another request.
    """
    from portal.core.rest.admission import admitted

    _check(name)
    given = admitted()
    asked = _request_hash()
    claimed = insert(ApiReply).values(
        api_key_id=given.key_id, name=name, person_id=given.person_id, request_hash=asked
    )
    fresh = claimed.on_conflict_do_update(
        index_elements=["api_key_id", "name"],
        set_={"request_hash": asked, "status": None, "created_at": sa.func.portal_now()},
        where=ApiReply.created_at < clock.now() - KEPT_FOR,
    ).returning(ApiReply.name)
    if session.execute(fresh).scalar_one_or_none() is not None:
        return None
    return _kept(given.key_id, name, asked)


def _kept(key_id: uuid.UUID, name: str, asked: bytes) -> Response:
    columns = (ApiReply.request_hash, ApiReply.status, ApiReply.headers, ApiReply.body)
    row = session.execute(
        sa.select(*columns).where(ApiReply.api_key_id == key_id, ApiReply.name == name)
    ).one()
    if row.request_hash != asked:
        raise Problem("key-reused")
    response = Response(row.body, row.status)
    for header, text in row.headers.items():
        response.headers[header] = text
    response.headers["Idempotency-Replayed"] = "true"
    return response


def keep(name: str, response: Response) -> None:
    """Keep the answer with what was done."""
    from portal.core.rest.admission import admitted

    session.execute(
        sa.update(ApiReply)
        .where(ApiReply.api_key_id == admitted().key_id, ApiReply.name == name)
        .values(
            status=response.status_code,
            headers={each: response.headers[each] for each in KEPT_HEADERS if each in response.headers},
            body=response.get_data(as_text=True),
        )
        .execution_options(synchronize_session=False)
    )


def forget_old_replies() -> None:
    """Answers older than a day. Called by a job."""
    session.execute(sa.delete(ApiReply).where(ApiReply.created_at < clock.now() - KEPT_FOR))


def _check(name: str) -> None:
    if not 1 <= len(name) <= LONGEST or not name.isprintable() or not name.isascii():
        raise Problem("malformed", f"An Idempotency-Key has 1 to {LONGEST} printable ASCII characters.")


def _request_hash() -> bytes:
    """Of everything that makes it this request and not another."""
    told = [request.method, request.full_path, request.headers.get("If-Match")]
    whole = json.dumps([*told, request.headers.get("If-None-Match")]).encode() + request.get_data()
    return hashlib.sha256(whole).digest()
