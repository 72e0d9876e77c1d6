"""A real SMTP server on a local port, which can be told to misbehave."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class SmtpServer:
    """`received` holds whole messages as text. `hang_up_at` is the command at which the connection breaks."""

    port: int = 0
    received: list[str] = field(default_factory=list)
    refuse_recipients: bool = False
    refuse_for_now: bool = False
    says_goodbye: str = "221 bye"
    hang_up_at: str | None = None


@contextmanager
def running_smtp_server() -> Iterator[SmtpServer]:
    """Serve until the end of the block."""
    state = SmtpServer()

    class Conversation(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 ready")
            while line := self.rfile.readline().decode().strip():
                verb = line.split(" ")[0].upper()
                if verb == state.hang_up_at or not self._answer(verb):
                    return

        def _answer(self, verb: str) -> bool:
            if verb == "DATA":
                self._say("354 go on")
                return self._take()
            if verb == "RCPT" and state.refuse_recipients:
                self._say("450 try later" if state.refuse_for_now else "550 no such mailbox")
                return True
            self._say(state.says_goodbye if verb == "QUIT" else "250 ok")
            return verb != "QUIT"

        def _take(self) -> bool:
            lines = []
            while (line := self.rfile.readline().decode()) not in {".\r\n", ""}:
                lines.append(line)
            state.received.append("".join(lines))
            if state.hang_up_at == ".":
                return False
            self._say("250 taken")
            return True

        def _say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation) as server:
        state.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield state
        server.shutdown()
        thread.join()
