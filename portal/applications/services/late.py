"""A submission that comes too late: refused, and kept with the hashes of what was to go in (rule 2)."""

from __future__ import annotations

from portal.accounts.models import Person
from portal.applications import queries
from portal.applications.models import Application, LateAttempt
from portal.applications.services import manifest
from portal.applications.services.snapshot import compose_content
from portal.core import audit, clock
from portal.core.db import session


def record_late_attempt(application: Application, *, by: Person) -> LateAttempt:
    """Keep what was tried, when and by whom, after the refusal was rolled back.

    The draft itself stays as it is: nothing in it changes after the deadline.
    """
    progress = queries.get_progress(application)
    standing = queries.latest_submission(application)
    head = manifest.head_of(number=(standing.number if standing else 0) + 1, received_at=clock.locked_now())
    parts = manifest.make_parts(compose_content(application, progress), head, progress.schedule.fees)
    attempt = LateAttempt(
        application_id=application.id,
        person_id=by.id,
        manifest=manifest.manifest_of(parts),
        sha256=manifest.hash_of(parts),
    )
    session.add(attempt)
    session.flush()
    audit.record(
        "application.submission_refused_late",
        application,
        by=by,
        details={"late_attempt": attempt.id, "sha256": attempt.sha256},
        sealed_round_id=application.round_id,
    )
    return attempt
