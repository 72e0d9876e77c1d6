"""The key pages, as whom they are opened, and what each costs beside the yardstick."""

from __future__ import annotations

import compileall
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import psutil
import sqlalchemy as sa
from sqlalchemy import event

from portal.config import ROOT
from portal.core.session import wall_clock
from tests.bench.load import Measured, measure
from tests.bench.saving import measure_saves

SECONDS = 4.0


@dataclass(frozen=True)
class Served:
    """The server's process, and the seconds from its start to its first answer."""

    process: subprocess.Popen[bytes]
    seconds: float


@dataclass(frozen=True)
class KeyPage:
    """A page by name: who opens it (an SQL query for the person's id, or None), and where (SQL for the path)."""

    name: str
    person: str | None
    path: str


def _holder(role: str) -> str:
    return f"SELECT person_id FROM role_grant WHERE role = '{role}' ORDER BY created_at, id LIMIT 1"


OPEN_ROUND = "(SELECT id FROM round WHERE state = 'published' ORDER BY submission_deadline DESC LIMIT 1)"
DRAFT = (
    "(SELECT id FROM application WHERE round_id = " + OPEN_ROUND + " AND state = 'draft' ORDER BY id LIMIT 1)"
)
WRITER = (
    "SELECT person_id FROM role_grant WHERE role IN ('bid_writer', 'provider_administrator') AND organisation_id ="
    " (SELECT organisation_id FROM application WHERE id = " + DRAFT + ") ORDER BY role LIMIT 1"
)
BUSY_EVALUATOR = "SELECT evaluator_id FROM evaluation_sheet GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
MEMBER = "(SELECT organisation_id FROM agreement WHERE state = 'active' ORDER BY created_at, id LIMIT 1)"
MEMBERS = "SELECT person_id FROM role_grant WHERE organisation_id = " + MEMBER + " AND role = "

SCORING = KeyPage(
    "scoring",
    BUSY_EVALUATOR,
    "'/evaluations/scores/' || (SELECT id FROM score WHERE sheet_id = md5('sheet7')::uuid ORDER BY id LIMIT 1)",
)

PAGES = (
    KeyPage("landing", None, "'/'"),
    KeyPage("public round", None, f"'/framework/rounds/' || {OPEN_ROUND}"),
    KeyPage("sign in", None, "'/sign-in'"),
    KeyPage("provider start", WRITER, "'/start'"),
    KeyPage("application task list", WRITER, f"'/applications/' || {DRAFT}"),
    KeyPage(
        "application section",
        WRITER,
        f"'/applications/' || {DRAFT} || '/sections/' || (SELECT id FROM section WHERE kind = 'quality'"
        f" AND round_id = {OPEN_ROUND})",
    ),
    KeyPage(
        "provider vacancies",
        MEMBERS + "'placements_lead' LIMIT 1",
        f"'/organisations/' || {MEMBER} || '/vacancies'",
    ),
    KeyPage(
        "provider prices",
        MEMBERS + "'finance_lead' LIMIT 1",
        f"'/organisations/' || {MEMBER} || '/prices/' || (SELECT id FROM framework LIMIT 1)",
    ),
    KeyPage("commissioner start", _holder("commissioner"), "'/start'"),
    KeyPage("organisations", _holder("commissioner"), "'/organisations'"),
    KeyPage("round", _holder("commissioner"), f"'/rounds/' || {OPEN_ROUND}"),
    KeyPage("evaluator list", BUSY_EVALUATOR, "'/evaluations'"),
    SCORING,
    KeyPage("agreements", _holder("commissioner"), "'/agreements'"),
    KeyPage(
        "matching",
        _holder("placement_officer"),
        "'/find-a-placement?age=9&districts=' || (SELECT gss_code FROM district WHERE name = 'Swale')"
        " || '&placement_type=standard&need_category=standard&gender=any&children=1'",
    ),
)


def run(app: Any, engine: sa.Engine, urls: dict[str, str], port: int) -> dict[str, dict[str, float]]:
    """Serve portal and yardstick in turn with the same settings; measure every page; print and return it."""
    secret = app.config["SECRET_KEY"]
    compileall.compile_dir(ROOT / "portal", quiet=1)  # as it is after its first start anywhere
    base = os.environ | {"SECRET_KEY": secret, "YARDSTICK_URL": urls["portal_app"]}
    with _serving("tests.bench.yardstick:create_app()", port, base):
        yardstick = measure(port, "/", cookie_of(app, {"user": 1}), seconds=SECONDS)
    print(
        f"{'yardstick':<24} {yardstick.rps:7.0f}/s  p50 {yardstick.p50_ms:6.1f}  p99 {yardstick.p99_ms:6.1f} ms"
    )
    found: dict[str, dict[str, float]] = {"yardstick": asdict(yardstick)}
    portal = base | {"DATABASE_URL": urls["portal_app"], "WORKER_DATABASE_URL": urls["portal_worker"]}
    with _serving("wsgi:app", port, portal) as served:
        found["process"] = {"cold_start_s": served.seconds, "idle_worker_mib": _idle_memory(served.process)}
        print(
            "cold start {cold_start_s:.2f} s, idle worker {idle_worker_mib:.0f} MiB".format(
                **found["process"]
            )
        )
        for page in PAGES:
            path, cookie = _address(app, engine, page)
            queries = _count_queries(app, path, cookie)
            found[page.name] = _report(
                page.name, measure(port, path, cookie, seconds=SECONDS), queries, yardstick
            )
        saved = measure_saves(port, *_address(app, engine, SCORING))
        print(f"saved score              p50 {saved.p50_ms:.1f} ms  p99 {saved.p99_ms:.1f} ms")
        found["saved score"] = asdict(saved)
    return found


def _idle_memory(process: subprocess.Popen[bytes]) -> float:
    """What the largest web worker keeps, its share of what the processes hold together counted once (PSS)."""
    workers = psutil.Process(process.pid).children()
    return max(worker.memory_full_info().pss for worker in workers) / 2**20


def _report(name: str, cost: Measured, queries: int, yardstick: Measured) -> dict[str, float]:
    ratio = cost.rps / yardstick.rps
    print(
        f"{name:<24} {cost.rps:7.0f}/s  p50 {cost.p50_ms:6.1f}  p99 {cost.p99_ms:6.1f} ms"
        f"  alone {cost.alone_p50_ms:5.1f} ms  {queries:2d} queries  {cost.bytes:7d} bytes  ratio {ratio:.2f}"
    )
    return {**asdict(cost), "queries": queries, "ratio": round(ratio, 3)}


def _address(app: Any, engine: sa.Engine, page: KeyPage) -> tuple[str, str]:
    with engine.connect() as connection:
        path = connection.execute(sa.text(f"SELECT {page.path}")).scalar_one()
        if page.person is None:
            return path, ""
        person = connection.execute(
            sa.text(f"SELECT id, auth_version FROM person WHERE id = ({page.person})")
        ).one()
    seen = int(wall_clock())
    content = {"_user_id": str(person.id), "_fresh": True, "auth_version": person.auth_version, "seen": seen}
    return path, cookie_of(app, content)


def cookie_of(app: Any, content: dict[str, Any]) -> str:
    signer = app.session_interface.get_signing_serializer(app)
    # The yardstick keeps Flask's own cookie name.
    value = signer.dumps(content)
    return f"session={value}; {app.config['SESSION_COOKIE_NAME']}={value}"


def _count_queries(app: Any, path: str, cookie: str) -> int:
    from portal.core.db import session

    statements: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    engine = session.get_bind()
    client = app.test_client(use_cookies=False)
    client.get(path, headers={"Cookie": cookie})
    event.listen(engine, "before_cursor_execute", note)
    client.get(path, headers={"Cookie": cookie})
    event.remove(engine, "before_cursor_execute", note)
    return len(statements)


@contextmanager
def _serving(target: str, port: int, environment: dict[str, str]) -> Any:
    from tests.support.live import wait_until_it_answers

    command = [
        *(sys.executable, "-m", "gunicorn", target, "-c", "python:portal.server"),
        *("--bind", f"127.0.0.1:{port}", "--workers", "2", "--worker-class", "gthread", "--threads", "4"),
        *("--log-level", "warning"),
    ]
    started = time.perf_counter()
    process = subprocess.Popen(command, env=environment, cwd=ROOT)
    try:
        wait_until_it_answers(process, port)
        yield Served(process, time.perf_counter() - started)
    finally:
        process.terminate()
        process.wait(30)
