"""A worker that carries out one instruction and never comes to commit it.

`python -m tests.faults.slow_instruction DATABASE_URL APPLICATION_ID FOLDER`; it touches `FOLDER/done` when all
is written and only the commit is left.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from uuid import UUID

from portal.applications import services
from portal.core import db
from portal.factory import create_app
from tests.support.database import settings_for

DATABASE_URL, APPLICATION_ID, FOLDER = sys.argv[1], UUID(sys.argv[2]), Path(sys.argv[3])

app = create_app(settings_for(FOLDER, DATABASE_URL))
with app.app_context(), db.transaction():
    services.carry_out(APPLICATION_ID)
    db.session.flush()
    (FOLDER / "done").touch()
    time.sleep(600)
