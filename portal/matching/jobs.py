"""What happens by the clock: enquiries lapse, and each week's free places are counted."""

from __future__ import annotations

from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.jobs import job
from portal.matching import queries, services
from portal.matching.models import Enquiry


@job("matching.lapse_enquiries", cron="* * * * *")
def lapse_enquiries() -> None:
    """Put on record which enquiries nobody answered in time, each in a transaction of its own."""
    with transaction():
        overdue = queries.list_overdue()
    for enquiry_id in overdue:
        with transaction() as session:
            try:
                services.lapse_enquiry(session.get_one(Enquiry, enquiry_id))
            except Refused:  # answered or closed a moment ago
                session.rollback()


@job("matching.keep_week", cron="20 * * * *")
def keep_week() -> None:
    """Count the week's free places, early on Monday; every hour, should nobody have been there to do it then."""
    with transaction():
        services.keep_week()
