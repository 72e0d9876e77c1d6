"""An officer's finding on whether an organisation is the agency it says it is."""

from __future__ import annotations

from portal.accounts.models import Person
from portal.core import clock, transitions
from portal.core.db import session
from portal.core.errors import Invalid
from portal.core.links import link
from portal.notifications import services as notifications
from portal.providers import queries
from portal.providers.models import Organisation
from portal.providers.workflow import ORGANISATION


def verify_organisation(
    organisation: Organisation, *, by: Person, seen_version: int | None = None, reason: str = ""
) -> None:
    """Record that a commissioner has checked who this is. Its administrators are mailed."""
    transitions.apply(ORGANISATION, "verify", organisation, by=by, seen_version=seen_version)
    _decide(organisation, by, reason)


def refuse_organisation(
    organisation: Organisation, *, by: Person, seen_version: int | None = None, reason: str
) -> None:
    """Record that a commissioner could not verify who this is, and why. Its administrators are mailed."""
    if not reason.strip():
        raise Invalid("Say why, so that the provider can put it right.", field="reason")
    facts = {"reason": reason}
    transitions.apply(ORGANISATION, "refuse", organisation, by=by, seen_version=seen_version, facts=facts)
    _decide(organisation, by, reason)


def _decide(organisation: Organisation, by: Person, reason: str) -> None:
    organisation.decided_by_id = by.id
    organisation.decided_at = clock.now()
    organisation.decision_reason = reason.strip() or None
    session.flush()
    href = link("providers.show", organisation_id=organisation.id)
    for administrator in queries.list_administrators(organisation.id):
        notifications.tell(
            administrator,
            template=f"providers/{organisation.state}",
            context={"organisation": organisation, "href": href},
            link=href,
            mandatory=True,
        )
