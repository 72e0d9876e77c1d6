"""Reminders before the deadline, to those who have not submitted what they have written."""

from __future__ import annotations

import uuid

from portal.applications import queries
from portal.applications.models import Application, Reminder
from portal.applications.services.deadline import hold_round
from portal.applications.services.submitting import has_working_copy
from portal.applications.services.telling import tell_writers
from portal.applications.states import ApplicationState
from portal.core import clock
from portal.core.db import lock, session
from portal.core.links import link

URGENT_WITHIN_HOURS = 4


def remind(application_id: uuid.UUID, hours_before: int) -> None:
    """Tell the writers what is missing, or that only submitting is; once for each moment and deadline.

    Nobody is reminded who has submitted everything, or whose complete application will submit itself.
    """
    application = session.get_one(Application, application_id)
    hold_round(application.round)
    lock(application)
    if not _is_unfinished(application) or queries.was_reminded(application, hours_before):
        return
    progress = queries.get_progress(application)
    instruction = queries.find_instruction(application)
    if instruction is not None and progress.is_complete:
        return
    reminder = Reminder(
        id=uuid.uuid4(),
        application_id=application.id,
        deadline=application.round.submission_deadline,
        hours_before=hours_before,
    )
    session.add(reminder)
    session.flush()
    tell_writers(
        application,
        template="applications/reminder",
        context={
            "left": f"{hours_before // 24} days" if hours_before > 24 else f"{hours_before} hours",
            "gaps": queries.describe_gaps(progress),
            "signed": application.declared_at is not None,
            "submitted_at": application.submitted_at,
            "instructed": instruction is not None,
            "link": link("applications.check", application_id=application.id),
        },
        path=f"/applications/{application.id}/check",
        cause_id=reminder.id,
        urgent=hours_before <= URGENT_WITHIN_HOURS,
    )


def _is_unfinished(application: Application) -> bool:
    if application.state not in (ApplicationState.DRAFT, ApplicationState.SUBMITTED):
        return False
    in_time = clock.locked_now() <= application.round.submission_deadline
    return in_time and has_working_copy(application)
