"""What concerns applications and happens by itself: telling applicants, reminding them, submitting for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from portal.applications import queries, services
from portal.core import clock
from portal.core.db import transaction
from portal.core.jobs import job


@job("applications.tell_applicants")
def tell_applicants(
    round_id: str, template: str, context: Mapping[str, Any], cause_id: str, path: str | None = None
) -> None:
    """Tell everybody who writes an application in the round, one application in each transaction.

    `path` is the page to read about it, the application's own without it. Twice is harmless: nobody is told of
    the same cause by the same template again.
    """
    with transaction():
        applications = queries.list_ids_at_work(UUID(round_id))
    for application_id in applications:
        with transaction():
            services.tell_applicant(
                application_id, template=template, context=context, cause_id=UUID(cause_id), path=path
            )


@job("applications.carry_out_instructions", cron="* * * * *")
def carry_out_instructions() -> None:
    """Submit what asked to be submitted at its deadline, each in a transaction of its own.

    An error in one keeps no other from its turn; the job fails after them all, and the next minute tries again.
    """
    with transaction():
        due = queries.list_due_instructions()
    failures = []
    for application_id in due:
        try:
            with transaction():
                services.carry_out(application_id)
        except Exception as error:
            failures.append(error)
    if failures:
        raise ExceptionGroup("instructions could not be carried out", failures)


@job("applications.remind", cron="*/5 * * * *")
def remind() -> None:
    """Remind whoever has not submitted as the deadline nears, each in a transaction of its own."""
    with transaction():
        due = queries.list_reminders_due(clock.now())
    for application_id, hours_before in due:
        with transaction():
            services.remind(application_id, hours_before)


@job("applications.tell_of_infected_file")
def tell_of_infected_file(document_id: str) -> None:
    """Tell those whom an infected file concerns."""
    with transaction():
        services.tell_of_infected_file(UUID(document_id))


@job("applications.tell_of_infected_files")
def tell_of_infected_files(round_id: str) -> None:
    """Tell the commissioners of an opened round which submitted files are infected."""
    with transaction():
        services.tell_of_infected_files(UUID(round_id))
