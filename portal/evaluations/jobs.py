"""What concerns an evaluation and happens by itself: reminding evaluators as the date nears."""

from __future__ import annotations

from portal.core.db import session, transaction
from portal.core.jobs import job
from portal.evaluations import queries, services
from portal.frameworks.models import Round


@job("evaluations.remind", cron="*/30 * * * *")
def remind() -> None:
    """Remind whoever has scores left, one round in each transaction."""
    with transaction():
        rounds = queries.list_rounds_with_due_date()
    for round_id in rounds:
        with transaction():
            services.remind_by_date(session.get_one(Round, round_id))
