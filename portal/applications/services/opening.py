"""Opening a round by two officers, and the register of who read an application afterwards (rule 1)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.applications import queries
from portal.applications.models import AccessRegister, Application
from portal.applications.services.opening_record import write_opening_record
from portal.applications.services.standing_instruction import carry_out_before_opening
from portal.core import audit, clock, jobs
from portal.core.access import require
from portal.core.db import check_version, lock, session
from portal.core.errors import Refused
from portal.core.transitions import apply
from portal.core.ui import uk_datetime
from portal.frameworks import policy as round_policy
from portal.frameworks.models import Round
from portal.frameworks.workflow import ROUND


def request_opening(round_: Round, *, by: Person, seen_version: int | None = None) -> None:
    """Ask for the applications to be opened. Who: a commissioner, after the deadline by the database's clock.

    Nothing is visible yet: a different commissioner must confirm. Asking again changes nothing.
    """
    lock(round_)
    check_version(round_, seen_version)
    require(round_policy.can_request_opening(by, round_))
    _after_deadline(round_, clock.locked_now())
    if round_.open_requested_by_id is not None:
        return
    round_.open_requested_by_id, round_.open_requested_at = by.id, clock.now()
    session.flush()
    audit.record("round.opening_requested", round_, by=by)


def confirm_opening(round_: Round, *, by: Person, seen_version: int | None = None) -> None:
    """Open the round's applications. Who: a commissioner other than the one who asked (the database agrees).

    The record of opening and the event list every standing submission with its SHA-256. Raises `Refused` before
    the deadline or before somebody asked, `NotAllowed` for the one who asked.
    """
    lock(round_)
    check_version(round_, seen_version)
    require(round_policy.can_confirm_opening(by, round_))
    if round_.open_requested_by_id is None:
        raise Refused("One commissioner must ask for the round to be opened before another can confirm it.")
    moment = clock.locked_now()
    _after_deadline(round_, moment)
    # From here on row-level security lets this transaction see what it records; a refusal below undoes it.
    round_.opened_by_id, round_.opened_at = by.id, moment
    session.flush()
    # Rule 2: instructions to submit at the deadline take effect at the latest now, and stand in the record.
    waiting = carry_out_before_opening(round_)
    if waiting:
        audit.record("round.opened_with_submissions_waiting", round_, by=by, details={"waiting": waiting})
    record = write_opening_record(round_)
    submissions = queries.list_standing_submissions(round_)
    apply(
        ROUND,
        "open",
        round_,
        by=by,
        facts={"now": moment},
        details={
            "submissions": submissions,
            "asked_by": round_.open_requested_by_id,
            "record_sha256": record.sha256,
        },
    )
    session.flush()
    jobs.defer("applications.tell_of_infected_files", round_id=round_.id)


def record_access(application: Application, person: Person, what: str) -> None:
    """Put on record that `person` reads `what` of an application, and commit that at once.

    The one service that commits, so that nothing is shown before its reading is on record, whatever becomes
    of the response. Call it from a page that shows, before it shows; never in the middle of other writes.
    """
    session.execute(
        sa.insert(AccessRegister).values(application_id=application.id, person_id=person.id, what=what)
    )
    session.commit()


def record_accesses(applications: Iterable[Application], person: Person, what: str) -> None:
    """As `record_access`, for a page or file that shows `what` of several applications."""
    rows = [{"application_id": one.id, "person_id": person.id, "what": what} for one in applications]
    if rows:
        session.execute(sa.insert(AccessRegister), rows)
    session.commit()


def _after_deadline(round_: Round, moment: datetime) -> None:
    deadline = round_.submission_deadline
    if moment <= deadline:
        raise Refused(f"Applications stay sealed until the deadline has passed: {uk_datetime(deadline)}.")
