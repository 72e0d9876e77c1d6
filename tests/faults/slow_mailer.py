"""A worker in a process of its own, whose carrier takes a message and, the first time, never says so.

`python -m tests.faults.slow_mailer DATABASE_URL FOLDER`; each message adds a line to `FOLDER/sent`, and the
answer waits until `FOLDER/go` is there.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import sqlalchemy as sa

import portal.factory  # the models know each other by name, so all of them are needed
import portal.notifications.jobs  # noqa: F401 - registers the jobs
from portal.adapters import mail
from portal.core import db, jobs

DATABASE_URL, FOLDER = sys.argv[1], Path(sys.argv[2])


class SlowMailer(mail.Mailer):
    """Takes a message at once, and answers late."""

    def send(self, *, to: str, subject: str, body: str, reference: str) -> None:
        with (FOLDER / "sent").open("a") as sent:
            sent.write(f"{reference}\n")
        while not (FOLDER / "go").exists():
            time.sleep(0.05)


mail.use(SlowMailer())
db.connect(DATABASE_URL)
jobs.run_worker(sa.make_url(DATABASE_URL).set(drivername="postgresql").render_as_string(hide_password=False))
