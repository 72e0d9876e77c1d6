"""What happens by itself about rounds: noting whether the portal answers, telling of questions and answers."""

from __future__ import annotations

from uuid import UUID

from portal.adapters import pulse
from portal.core import heartbeat
from portal.core.db import session, transaction
from portal.core.jobs import job
from portal.frameworks import services
from portal.frameworks.models import Clarification


@job("frameworks.note_heartbeat", cron="* * * * *")
def note_heartbeat() -> None:
    """Ask first and write after, so that no transaction waits for an answer that may not come."""
    answered = pulse.current().is_felt()
    with transaction():
        heartbeat.note(answered)


@job("frameworks.tell_commissioners")
def tell_commissioners(clarification_id: str) -> None:
    """A provider asked a question. Twice is harmless: nobody is told of the same question again."""
    with transaction():
        services.tell_commissioners(session.get_one(Clarification, UUID(clarification_id)))


@job("frameworks.tell_asker")
def tell_asker(clarification_id: str) -> None:
    """A question was answered. Twice is harmless here too."""
    with transaction():
        services.tell_asker(session.get_one(Clarification, UUID(clarification_id)))
