"""A saved score: the time of one POST until its commit is durable and the answer is here."""

from __future__ import annotations

import http.client
import re
import statistics
import time
from dataclasses import dataclass
from urllib.parse import urlencode

SAVES = 200
HIDDEN = re.compile(r'name="(csrf_token|version)"[^>]*value="([^"]*)"')


@dataclass(frozen=True)
class Saved:
    """Milliseconds of one save, one after another."""

    p50_ms: float
    p99_ms: float


def measure_saves(port: int, path: str, cookie: str) -> Saved:
    """Save one score as a draft `SAVES` times, each with the version the page showed. Raises unless each is kept."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    times = sorted(_save(connection, path, cookie, number) for number in range(SAVES))
    connection.close()
    return Saved(statistics.median(times), times[int(SAVES * 0.99)])


def _save(connection: http.client.HTTPConnection, path: str, cookie: str, number: int) -> float:
    connection.request("GET", path, headers={"Cookie": cookie})
    shown = connection.getresponse()
    # The form's token lives in the session that the page has just set.
    session = shown.getheader("Set-Cookie", "").split(";")[0] or cookie
    fields = dict(HIDDEN.findall(shown.read().decode()))
    typed = {
        "reason": f"The answer meets the requirement, {number}.",
        "value": str(number % 6),
        "then": "draft",
    }
    headers = {"Cookie": session, "Content-Type": "application/x-www-form-urlencoded"}
    started = time.perf_counter()
    connection.request("POST", path, urlencode(fields | typed), headers)
    answer = connection.getresponse()
    answer.read()
    taken = time.perf_counter() - started
    if answer.status != 303:
        raise RuntimeError(f"Saving a score answered {answer.status}")
    return taken * 1000
