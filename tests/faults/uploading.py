"""Uploads as bytes on a connection, so that a test can break off, slow down and watch."""

from __future__ import annotations

import socket
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from itsdangerous import URLSafeTimedSerializer

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.applications import queries as drafts
from portal.core.session import wall_clock
from portal.frameworks.states import QuestionKind
from tests.factories import accounts, applications, providers
from tests.support.client import RAW_TOKEN
from tests.support.live import Live

BOUNDARY = "half-a-file"


def make_draft(live: Live, app: Any) -> tuple[Person, str]:
    """A draft's writer and the path that takes a file for its first file question."""
    with app.app_context(), live.in_process():
        organisation = providers.organisation()
        writer = accounts.person(Role.BID_WRITER, organisation=organisation)
        application = applications.application("draft", organisation=organisation, by=writer)
        sections = drafts.asked_sections(application.round)
        asked = [question for section in sections for question in section.questions]
        question = next(one for one in asked if one.kind == QuestionKind.FILE)
        return writer, f"/applications/{application.id}/questions/{question.id}/files"


def upload_of(app: Any, person: Person, path: str, content: bytes) -> bytes:
    """The bytes of a whole upload request."""
    token = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(RAW_TOKEN)
    field = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="policy.pdf"\r\n\r\n'
    body = field.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Cookie: portal_session={session_cookie(app, person)}\r\n"
        f"X-CSRFToken: {token}\r\nHX-Request: true\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
    )
    return head.encode() + body


def answer_to(live: Live, request: bytes) -> str:
    """Send a whole request and return the whole answer."""
    with socket.create_connection(("127.0.0.1", live.port), timeout=60) as connection:
        connection.sendall(request)
        return connection.makefile("rb").read().decode()


def stored(live: Live) -> list[Path]:
    """The files that the store holds, whole or half."""
    return [file for file in (live.folder / "files").rglob("*") if file.is_file()]


def session_cookie(app: Any, person: Person, *, clock_is_off_by: timedelta = timedelta()) -> str:
    """What the browser of somebody who has signed in holds, signed in by a machine whose clock is off."""
    its_time = wall_clock() + clock_is_off_by.total_seconds()
    content = {
        "_user_id": str(person.id),
        "_fresh": True,
        "auth_version": person.auth_version,
        "seen": int(its_time),
        "csrf_token": RAW_TOKEN,
    }
    with patch("itsdangerous.timed.time.time", return_value=its_time):
        return str(app.session_interface.get_signing_serializer(app).dumps(content))
