"""The Monday reminder: which households nobody has confirmed for a week, by reference, to who keeps them."""

from __future__ import annotations

import uuid

from portal.accounts.models import Person
from portal.core import clock, links
from portal.core.db import session
from portal.notifications.services import tell
from portal.vacancies import queries

# Beyond it a letter is no list to work from, and the page is.
MOST_NAMED = 40


def remind_to_confirm(person_id: uuid.UUID) -> bool:
    """Tell a placements lead what waits to be confirmed, once in a week however often this is called.

    The clock's doing, on Mondays alone. Returns whether somebody was told; nobody is, when nothing waits.
    """
    today = clock.today()
    person = session.get(Person, person_id)
    if person is None or today.weekday() != 0:
        return False
    waiting = queries.list_to_confirm(person)
    if not waiting:
        return False
    count = sum(len(references) for _, references in waiting)
    told = tell(
        person,
        template="vacancies/confirm_reminder",
        context={
            "count": count,
            "providers": [
                (name, references[:MOST_NAMED], len(references[MOST_NAMED:])) for name, references in waiting
            ],
            "href": links.link("vacancies.index"),
        },
        link=links.link("vacancies.index"),
        cause_id=uuid.uuid5(person.id, today.isoformat()),
    )
    return told is not None
