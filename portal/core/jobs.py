"""Work done later, by the worker: Procrastinate on the same PostgreSQL.

A job is deferred on the business transaction's own connection, so it exists exactly when its cause
committed. Features register functions in their `jobs.py` with `@job("feature.name")`; services defer
by that name, because `jobs.py` stands above them.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, TypeVar

import psycopg
from procrastinate import App, JobContext, PsycopgConnector, RetryStrategy, SyncPsycopgConnector
from sqlalchemy.exc import DBAPIError

from portal.core.db import session

MOST_ATTEMPTS = 10
STALLED_AFTER_SECONDS = 30
LAST = -1  # where 0 is usual
RETRY = RetryStrategy(max_attempts=MOST_ATTEMPTS, exponential_wait=2)

Function = TypeVar("Function", bound=Callable[..., None])

registered: dict[str, Callable[..., None]] = {}
_schedules: dict[str, str] = {}

# Only its query for inserting a job is used, always on a connection handed to it: it opens none of its own.
_deferring = App(connector=SyncPsycopgConnector())


def job(name: str, *, cron: str | None = None) -> Callable[[Function], Function]:
    """Register the function that does the jobs called `name`; with `cron`, it also runs on that schedule.

    It takes ids, opens its own transactions (`with transaction():`) and must be safe to run twice:
    a worker killed half-way leaves its job to be done again.
    """

    def register(function: Function) -> Function:
        registered[name] = function
        if cron is not None:
            _schedules[name] = cron
        return function

    return register


def defer(
    name: str,
    *,
    at: datetime | None = None,
    after: timedelta | None = None,
    when_idle: bool = False,
    **arguments: Any,
) -> None:
    """Have the worker run the job `name` once this transaction has committed, and not before `at`.

    `after` is a time to wait from now, by the queue's own clock; `when_idle` lets every other job go first.
    Arguments arrive as text, but for mappings of plain JSON, which arrive as they are.
    """
    session.flush()
    if after is not None:
        at = datetime.now(UTC) + after
    connection = session.connection().connection.driver_connection
    task = _deferring.configure_task(
        name, connection=connection, schedule_at=at, priority=LAST if when_idle else None
    )
    task.defer(
        **{key: dict(value) if isinstance(value, Mapping) else str(value) for key, value in arguments.items()}
    )


def run_worker(database_url: str, *, until_empty: bool = False, concurrency: int = 2) -> None:
    """Run jobs until told to stop, or until none is left. `database_url` is a libpq connection string."""
    app = App(connector=PsycopgConnector(conninfo=database_url, min_size=1, max_size=concurrency + 2))
    for name, function in registered.items():
        _add(app, name, function)
    _add_rescue(app)
    app.run_worker(
        concurrency=concurrency,
        wait=not until_empty,
        install_signal_handlers=not until_empty,
        delete_jobs="successful",
        update_heartbeat_interval=5,
        stalled_worker_timeout=STALLED_AFTER_SECONDS,
        fetch_job_polling_interval=1,
        shutdown_graceful_timeout=20,
    )


class JobFailed(Exception):
    """Stands for an error of the database, whose own words could name an applicant (rule 1)."""


def discreet(function: Callable[..., None]) -> Callable[..., None]:
    """The same job, whose errors show the log no content of a row: Procrastinate logs what a job raises.

    PostgreSQL puts the offending row into the detail of its message, also of an error that is but the cause.
    """

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            function(*args, **kwargs)
        except Exception as error:
            if not _speaks_of_rows(error):
                raise
            where = "".join(traceback.format_tb(error.__traceback__))
            raise JobFailed(f"{type(error).__name__} at\n{where}") from None

    return run


def _speaks_of_rows(error: BaseException | None) -> bool:
    if error is None:
        return False
    return isinstance(error, DBAPIError | psycopg.Error) or _speaks_of_rows(
        error.__cause__ or error.__context__
    )


def _add(app: App, name: str, function: Callable[..., None]) -> None:
    function = discreet(function)
    schedule = _schedules.get(name)
    if schedule is None:
        app.task(name=name, retry=RETRY)(function)
        return

    def on_schedule(timestamp: int) -> None:
        function()

    app.periodic(cron=schedule)(app.task(name=name, queueing_lock=name)(on_schedule))


def _add_rescue(app: App) -> None:
    """Jobs whose worker died are tried again; Procrastinate alone would leave them `doing` for ever."""

    async def rescue(context: JobContext, timestamp: int) -> None:
        manager = context.app.job_manager
        for stalled in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS):
            await manager.retry_job(stalled, retry_at=datetime.now(UTC) + timedelta(seconds=1))

    task = app.task(name="core.rescue_stalled_jobs", queueing_lock="rescue", pass_context=True)(rescue)
    app.periodic(cron="* * * * *")(task)
