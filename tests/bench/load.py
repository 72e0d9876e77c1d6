"""A bounded load of one page from a few keep-alive connections, and what it measured."""

from __future__ import annotations

import http.client
import statistics
import threading
import time
from dataclasses import dataclass

CLIENTS = 8


@dataclass(frozen=True)
class Measured:
    """Requests a second with `CLIENTS` at once, and the milliseconds of one request alone and under load."""

    rps: float
    p50_ms: float
    p99_ms: float
    alone_p50_ms: float
    bytes: int


def measure(port: int, path: str, cookie: str, *, seconds: float) -> Measured:
    """Warm up, time single requests, then load for `seconds`. Raises if any answer is not 200."""
    _times(port, path, cookie, until=time.perf_counter() + 0.5)
    alone, size = _times(port, path, cookie, until=time.perf_counter() + 1)
    gathered: list[list[float]] = []
    until = time.perf_counter() + seconds
    threads = [
        threading.Thread(target=lambda: gathered.append(_times(port, path, cookie, until=until)[0]))
        for _ in range(CLIENTS)
    ]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times = sorted(taken for each in gathered for taken in each)
    return Measured(
        rps=len(times) / (time.perf_counter() - started),
        p50_ms=statistics.median(times) * 1000,
        p99_ms=times[min(len(times) - 1, int(len(times) * 0.99))] * 1000,
        alone_p50_ms=statistics.median(alone) * 1000,
        bytes=size,
    )


def _times(port: int, path: str, cookie: str, *, until: float) -> tuple[list[float], int]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    times: list[float] = []
    size = 0
    while time.perf_counter() < until:
        started = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": cookie})
        response = connection.getresponse()
        body = response.read()
        times.append(time.perf_counter() - started)
        if response.status != 200:
            raise RuntimeError(f"{path} answered {response.status}")
        size = len(body)
    connection.close()
    return times, size
