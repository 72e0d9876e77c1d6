"""A worker in a process of its own, with one job that claims a token and, the first time, never ends.

`python -m tests.faults.slow_worker DATABASE_URL FOLDER`; the job touches `FOLDER/started` and waits until
`FOLDER/go` is there.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import sqlalchemy as sa

from portal.core import db, jobs, once

DATABASE_URL, FOLDER = sys.argv[1], Path(sys.argv[2])


@jobs.job("test.slow")
def slow(token: str) -> None:
    """Claims the token in a transaction that ends only when it may."""
    with db.transaction():
        once.claim(token)
        (FOLDER / "started").touch()
        while not (FOLDER / "go").exists():
            time.sleep(0.05)


db.connect(DATABASE_URL)
jobs.run_worker(sa.make_url(DATABASE_URL).set(drivername="postgresql").render_as_string(hide_password=False))
