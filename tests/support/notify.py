"""A real HTTP server on a local port that speaks GOV.UK Notify's protocol, and can be told to misbehave."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from notifications_python_client.authentication import decode_jwt_token
from notifications_python_client.errors import TokenError

SERVICE = "26785a09-ab16-4eb0-8407-a37497a57506"
SECRET = "3d844edf-8d35-48ac-975b-e847b4f122b0"
API_KEY = f"test_key-{SERVICE}-{SECRET}"
EMAIL_TEMPLATE = "9d751e0e-f929-4891-82a1-a3e1c3c18ee3"
TEXT_TEMPLATE = "f33517ff-2a88-4f6e-b855-c550268ce08a"


@dataclass
class NotifyServer:
    """`taken` holds what was accepted, newest last.

    `refuse_with` answers a status and takes nothing; `fail_after_taking` takes the message and then answers 500,
    `hang_up_after_taking` does not answer at all.
    """

    port: int = 0
    taken: list[dict[str, Any]] = field(default_factory=list)
    refuse_with: int | None = None
    fail_after_taking: bool = False
    hang_up_after_taking: bool = False

    @property
    def url(self) -> str:
        return (
            f"notify+http://{API_KEY}@127.0.0.1:{self.port}/"
            f"?email_template={EMAIL_TEMPLATE}&text_template={TEXT_TEMPLATE}"
        )

    def becomes(self, status: str) -> None:
        """What became of everything that was taken."""
        for notification in self.taken:
            notification["status"] = status


ERRORS = {
    400: ("ValidationError", "email_address Not a valid email address"),
    403: ("AuthError", "Invalid token: API key not found"),
    429: ("RateLimitError", "Exceeded rate limit for key type LIVE of 3000 requests per 60 seconds"),
    500: ("Exception", "Internal server error"),
}


@contextmanager
def running_notify_server() -> Iterator[NotifyServer]:
    """Serve until the end of the block."""
    state = NotifyServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if not self._is_let_in():
                return
            wanted = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if state.refuse_with is not None:
                self._refuse(state.refuse_with)
                return
            made = self._take(self.path.rpartition("/")[2], wanted)
            if state.fail_after_taking:
                self._refuse(500)
            elif not state.hang_up_after_taking:
                self._answer(201, {key: made[key] for key in ("id", "reference", "content", "template")})

        def do_GET(self) -> None:
            if not self._is_let_in():
                return
            if state.refuse_with is not None:
                self._refuse(state.refuse_with)
                return
            [reference] = parse_qs(urlsplit(self.path).query)["reference"]
            found = [one for one in reversed(state.taken) if one["reference"] == reference]
            self._answer(200, {"notifications": found, "links": {"current": self.path}})

        def _is_let_in(self) -> bool:
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            try:
                claims = decode_jwt_token(token, SECRET)
            except TokenError:
                claims = False
            if not claims:
                self._refuse(403)
            return bool(claims)

        def _take(self, kind: str, wanted: dict[str, Any]) -> dict[str, Any]:
            template, recipient = {
                "email": (EMAIL_TEMPLATE, "email_address"),
                "sms": (TEXT_TEMPLATE, "phone_number"),
            }[kind]
            assert wanted["template_id"] == template
            made = {
                "id": str(uuid.uuid4()),
                "reference": wanted["reference"],
                "type": kind,
                "to": wanted[recipient],
                "content": wanted["personalisation"],
                "template": {"id": template, "version": 1},
                "status": "created",
            }
            state.taken.append(made)
            return made

        def _refuse(self, status: int) -> None:
            error, message = ERRORS[status]
            self._answer(status, {"status_code": status, "errors": [{"error": error, "message": message}]})

        def _answer(self, status: int, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield state
        server.shutdown()
        thread.join()
