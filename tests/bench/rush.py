"""The final minute: 200 providers upload 5 MB each, sign, submit and fetch their receipt.

What the web answered is compared with what the database holds: none may be lost, none that was in time refused.
"""

from __future__ import annotations

import hashlib
import http.client
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import sqlalchemy as sa
from itsdangerous import URLSafeTimedSerializer

from portal.accounts.states import Role
from portal.adapters import storage
from portal.core import embedded
from portal.core.db import session
from portal.core.session import wall_clock
from portal.factory import create_app
from portal.frameworks import queries as frameworks
from portal.frameworks.states import QuestionKind
from tests.bench.filling import copy_rows
from tests.bench.pages import cookie_of
from tests.factories import accounts, applications, files, providers
from tests.factories import frameworks as rounds
from tests.support.acting import as_worker
from tests.support.database import TEMPLATE, Databases, settings_for
from tests.support.live import Live

PROVIDERS = 200
FILE_BYTES = 5 * 1024 * 1024
MINUTE = timedelta(seconds=60)
# The last of them comes so shortly before the deadline that some are refused, and rightly.
ARRIVING_WITHIN_SECONDS = 58.0
# Sent this long before the deadline, a submission is in time: longer than any answer may take.
SURELY_IN_TIME = timedelta(seconds=2)
RAW_TOKEN = "0" * 40


@dataclass
class Provider:
    """One applicant: how it is signed in, what it asked for, and what it was answered."""

    person_id: UUID
    application_id: UUID
    question_id: UUID
    cookie: str
    token: str
    times: dict[str, float] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    submitted_from: float = 0.0
    receipt: str = ""
    error: str = ""


def run(server: embedded.EmbeddedServer, folder: Path) -> dict[str, float]:
    """Make the scene, let everybody rush, compare with the database; print and return the figures."""
    databases = Databases(server)
    databases.drop(TEMPLATE)
    databases.make_template()
    live = Live.on(databases, "bench_rush", folder)
    try:
        scene = _make_scene(live)
        live.start_web()
        live.start_worker()
        providers_ = _sign_in(live, scene)
        begun, deadline = _set_deadline(live)
        _rush(live, providers_, begun)
        return _report(live, providers_, begun, deadline)
    finally:
        live.stop()


def _make_scene(live: Live) -> dict[str, UUID]:
    """A round and one application that lacks a single file; then that application, 200 times."""
    storage.use(storage.MemoryStorage())
    with live.in_process():
        round_ = rounds.round_()
        organisation = providers.organisation()
        writer = accounts.person(Role.BID_WRITER, organisation=organisation)
        made = applications.application(round_=round_, organisation=organisation, by=writer, answered=True)
        with as_worker():
            question_id = next(
                question.id
                for section in frameworks.list_sections(round_)
                for question in section.questions
                if question.kind == QuestionKind.FILE and question.is_required
            )
            session.execute(
                sa.text(
                    "DELETE FROM evidence WHERE answer_id IN (SELECT id FROM answer WHERE question_id = :q)"
                ),
                {"q": question_id},
            )
        ids = {"organisation": organisation.id, "writer": writer.id, "application": made.id}
    _multiply(live, ids)
    return {**ids, "question": question_id, "round": round_.id}


def _multiply(live: Live, ids: dict[str, UUID]) -> None:
    engine = sa.create_engine(live.databases.url("postgres", live.database), poolclass=sa.pool.NullPool)
    organisation, writer, application = (
        f"md5('{kind}' || n)::uuid" for kind in ("organisation", "writer", "application")
    )
    of_document = "md5('document' || n || {})::uuid"
    of_answer = "md5('answer' || n || {})::uuid"
    with engine.begin() as connection:
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        make: dict[str, Any] = {"connection": connection, "count": PROVIDERS}
        copy_rows("organisation", ids["organisation"], **make, id=organisation, urn="NULL")
        copy_rows("person", ids["writer"], **make, id=writer, email="'rush' || n || '@example.org'")
        copy_rows(
            "role_grant",
            {"person_id": ids["writer"]},
            **make,
            id="uuidv7()",
            person_id=writer,
            organisation_id=organisation,
        )
        copy_rows(
            "document",
            {"organisation_id": ids["organisation"]},
            **make,
            id=of_document.format("s.id"),
            organisation_id=organisation,
            uploaded_by_id=writer,
            stored_name="s.stored_name || n",
        )
        copy_rows(
            "application",
            ids["application"],
            **make,
            id=application,
            organisation_id=organisation,
            started_by_id=writer,
            reference="'RUSH-' || n",
        )
        for table, key in (("answer", of_answer.format("s.id")), ("bid_price", "uuidv7()")):
            by = {"answered_by_id": writer} if table == "answer" else {}
            copy_rows(
                table,
                {"application_id": ids["application"]},
                **make,
                id=key,
                application_id=application,
                **by,
            )
        for answer_id in connection.scalars(sa.text("SELECT DISTINCT answer_id FROM evidence")).all():
            copy_rows(
                "evidence",
                {"answer_id": answer_id},
                **make,
                id="uuidv7()",
                answer_id=of_answer.format("s.answer_id"),
                document_id=of_document.format("s.document_id"),
            )
        connection.execute(sa.text("ANALYZE"))
    engine.dispose()


def _sign_in(live: Live, scene: dict[str, UUID]) -> list[Provider]:
    app = create_app(settings_for(live.folder, live.databases.url("portal_app", live.database)))
    token = str(URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(RAW_TOKEN))
    return [
        Provider(person_id, application_id, scene["question"], _cookie(app, person_id), token)
        for person_id, application_id in (
            (_md5("writer", n), _md5("application", n)) for n in range(1, PROVIDERS + 1)
        )
    ]


def _cookie(app: Any, person_id: UUID) -> str:
    content = {"_user_id": str(person_id), "_fresh": True, "auth_version": 1, "seen": int(wall_clock())}
    return cookie_of(app, content | {"csrf_token": RAW_TOKEN})


def _md5(kind: str, number: int) -> UUID:
    return UUID(hashlib.md5(f"{kind}{number}".encode(), usedforsecurity=False).hexdigest())


def _set_deadline(live: Live) -> tuple[float, datetime]:
    """A minute from now by the database's clock. Says when that was by this process's."""
    live.execute(
        "UPDATE round SET clarification_deadline = portal_now() - interval '1 day',"
        " submission_deadline = portal_now() + :minute",
        minute=MINUTE,
    )
    begun = time.monotonic()
    deadline = live.scalar("SELECT submission_deadline FROM round LIMIT 1")
    assert isinstance(deadline, datetime)
    return begun, deadline


def _rush(live: Live, providers_: list[Provider], begun: float) -> None:
    chance = random.Random(20261123)
    body = _pdf()
    threads = []
    for provider in providers_:
        at = begun + chance.uniform(0, ARRIVING_WITHIN_SECONDS)
        threads.append(threading.Thread(target=_apply, args=(live.port, provider, body, at)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)


def _pdf() -> bytes:
    small = files.pdf()
    return files.pdf(bytes_of_metadata=FILE_BYTES - len(small))


def _apply(port: int, provider: Provider, body: bytes, at: float) -> None:
    """One provider's last minute, from a browser without JavaScript."""
    time.sleep(max(0.0, at - time.monotonic()))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=100)
    base = f"/applications/{provider.application_id}"
    try:
        content, kind = _multipart(provider, body)
        _send(connection, provider, "upload", f"{base}/questions/{provider.question_id}/files", content, kind)
        signed = {"name": "Robin Fairweather", "position": "Director", "agrees": "y"}
        _send(connection, provider, "sign", f"{base}/declaration", *_form(provider, signed))
        provider.submitted_from = time.monotonic()
        _send(connection, provider, "submit", f"{base}/submit", *_form(provider, {}))
        if provider.statuses["submit"] == 303:
            provider.receipt = _send(connection, provider, "receipt", f"{base}/receipt")
    except (OSError, http.client.HTTPException) as error:
        provider.error = repr(error)
    finally:
        connection.close()


def _send(
    connection: http.client.HTTPConnection, provider: Provider, step: str, path: str, *content: Any
) -> str:
    """`content`: body and media type of a POST; a GET without."""
    body, kind = content or (None, "")
    headers = {"Cookie": provider.cookie} | ({"Content-Type": kind} if kind else {})
    started = time.perf_counter()
    connection.request("GET" if body is None else "POST", path, body=body, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    provider.times[step] = time.perf_counter() - started
    provider.statuses[step] = answer.status
    return text


def _form(provider: Provider, fields: dict[str, str]) -> tuple[bytes, str]:
    return (
        urlencode({"csrf_token": provider.token, **fields}).encode(),
        "application/x-www-form-urlencoded",
    )


def _multipart(provider: Provider, body: bytes) -> tuple[bytes, str]:
    edge = "----rush"
    head = (
        f'--{edge}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{provider.token}\r\n'
        f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="policy.pdf"\r\n'
        "Content-Type: application/pdf\r\n\r\n"
    )
    return head.encode() + body + f"\r\n--{edge}--\r\n".encode(), f"multipart/form-data; boundary={edge}"


def _report(live: Live, providers_: list[Provider], begun: float, deadline: datetime) -> dict[str, float]:
    held = _held(live)
    last_sure = begun + (MINUTE - SURELY_IN_TIME).total_seconds()
    receipts = [one for one in providers_ if one.statuses.get("receipt") == 200]
    lost = [one for one in receipts if held.get(one.application_id, ("", deadline))[0] not in one.receipt]
    lost += [
        one for one in providers_ if one.statuses.get("submit") == 303 and one.application_id not in held
    ]
    refused = [one for one in providers_ if one.statuses.get("submit") == 409]
    failed = [one for one in providers_ if one.error or any(code >= 500 for code in one.statuses.values())]
    figures = {
        "providers": PROVIDERS,
        "submitted": len(held),
        "lost": len({one.application_id for one in lost}),
        "wrongly_late": sum(one.submitted_from < last_sure for one in refused),
        "wrongly_in_time": sum(at > deadline for _, at in held.values()),
        "rightly_late": sum(one.submitted_from >= last_sure for one in refused),
        "failed": len(failed),
        **_percentiles(providers_),
    }
    for step in ("upload", "sign", "submit", "receipt"):
        codes = Counter(one.statuses.get(step) for one in providers_)
        print(f"{step:<8} {dict(codes)} {_percentiles(providers_, step)}")
    print("  ".join(f"{name} {value:g}" for name, value in figures.items()))
    return figures


def _held(live: Live) -> dict[UUID, tuple[str, datetime]]:
    """What the database holds: hash and instant by application."""
    engine = sa.create_engine(live.databases.url("portal_owner", live.database), poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        rows = connection.execute(
            sa.text("SELECT application_id, sha256, submitted_at FROM submission")
        ).all()
    return {row.application_id: (row.sha256, row.submitted_at) for row in rows}


def _percentiles(providers_: list[Provider], step: str | None = None) -> dict[str, float]:
    times = sorted(
        taken for one in providers_ for name, taken in one.times.items() if step is None or name == step
    )
    if not times:
        return {}
    at = {"p50_ms": 0.5, "p99_ms": 0.99}
    return {
        name: round(times[min(len(times) - 1, int(len(times) * part))] * 1000) for name, part in at.items()
    }
