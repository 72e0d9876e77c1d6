"""`make adversary STEPS=10000 SEED=1`: longer runs than the suite's, on a database of their own, and what they did."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import event

from portal.adapters import mail, storage
from portal.core import db
from portal.factory import create_app
from tests.adversary.machine import PHASES, Told, machine
from tests.adversary.rules import KEPT, SHOWN
from tests.support.database import Databases, become_web, settings_for

STEPS_A_RUN = 50


def main() -> None:
    """Run, then print steps, what was done and refused, and how often which rule was asked."""
    wanted = argparse.ArgumentParser(prog="make adversary")
    wanted.add_argument("--steps", type=int, default=10_000)
    wanted.add_argument("--seed", type=int, default=1)
    asked = wanted.parse_args()
    told = Told()
    with tempfile.TemporaryDirectory(prefix="portal-adversary-") as folder:
        databases = Databases.start(Path(folder) / "postgres")
        try:
            databases.make_template()
            for phase in PHASES:
                _run(databases, Path(folder), phase, asked, told)
        finally:
            databases.stop()
    _print(told, asked.seed)


def _run(databases: Databases, folder: Path, phase: str, asked: argparse.Namespace, told: Told) -> None:
    engine = sa.create_engine(
        databases.url("postgres", databases.clone(f"adversary_{phase}")), poolclass=sa.pool.NullPool
    )
    event.listen(engine, "connect", become_web)
    mail.use(mail.MemoryMailer())
    storage.use(storage.MemoryStorage())
    app = create_app(settings_for(folder, engine.url.render_as_string(hide_password=False)))
    runs = max(1, asked.steps // len(PHASES) // STEPS_A_RUN)
    with app.app_context(), engine.connect() as connection:
        outer = connection.begin()
        db.session.remove()
        db.session.configure(bind=connection, join_transaction_mode="create_savepoint")
        begun = seed(asked.seed)(machine(phase, told))
        run_state_machine_as_test(begun, settings=longer(runs))
        db.session.remove()
        outer.rollback()
    print(f"{phase}: {told.steps:,} steps so far", flush=True)


def longer(runs: int) -> settings:
    """Settings for so many runs: nothing is kept between them, and a failure is told as it came."""
    return settings(
        max_examples=runs,
        stateful_step_count=STEPS_A_RUN,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def _print(told: Told, from_seed: int) -> None:
    print(
        f"\n{told.steps:,} steps from seed {from_seed}: {told.done.total():,} done, {told.refused.total():,} refused."
    )
    print(
        f"After each step {len(KEPT) + len(SHOWN)} questions were asked; every answer was as the rules want it:"
    )
    for check in (*KEPT, *SHOWN):
        print(f"  {check.__name__.replace('_', ' ')}")
    print("Done and refused, by what was tried:")
    for name, tried in sorted(told.tried.items()):
        print(f"  {name.replace('_', ' '):40} {told.done[name]:6,} {told.refused[name]:6,}   of {tried:,}")


if __name__ == "__main__":
    main()
