"""What concerns vacancies and happens by itself: the reminder each Monday."""

from __future__ import annotations

from portal.core.db import transaction
from portal.core.jobs import job
from portal.vacancies import queries, services


@job("vacancies.remind", cron="10 8-17 * * 1")
def remind() -> None:
    """Remind placements leads, each in a transaction of its own; every hour, should one have failed."""
    with transaction():
        due = queries.list_leads_to_remind()
    for person_id in due:
        with transaction():
            services.remind_to_confirm(person_id)
