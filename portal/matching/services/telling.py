"""Who is told of enquiries and answers. Messages hold no needs and no provider's name but the reader's own."""

from __future__ import annotations

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.core.db import session
from portal.core.links import link
from portal.matching.models import Enquiry, Placement
from portal.notifications.services import send_text, tell
from portal.providers.models import Organisation
from portal.providers.queries import list_holders


def tell_of_enquiry(enquiry: Enquiry, organisation: Organisation) -> None:
    """The provider's placements leads; when urgent, also its out-of-hours number by text message."""
    address = link("matching.enquiry", enquiry_id=enquiry.id)
    context = {"enquiry": enquiry, "organisation": organisation, "address": address}
    for lead in list_holders(organisation.id, Role.PLACEMENTS_LEAD):
        tell(
            lead,
            template="matching/enquiry_sent",
            context=context,
            link=address,
            mandatory=True,
            urgent=enquiry.is_urgent,
            cause_id=enquiry.id,
        )
    if enquiry.is_urgent and organisation.out_of_hours_mobile:
        send_text(
            organisation.out_of_hours_mobile,
            template="matching/enquiry_sent",
            context={"name": "", **context},
            link=address,
        )


def tell_answer(enquiry: Enquiry) -> None:
    """Whoever sent the enquiry: a provider has answered, or answered anew."""
    address = link("matching.saved_search", search_id=enquiry.search_id)
    context = {"enquiry": enquiry, "organisation": enquiry.organisation, "address": address}
    tell(
        session.get_one(Person, enquiry.sent_by_id),
        template="matching/enquiry_answered",
        context=context,
        link=address,
        urgent=enquiry.is_urgent,
    )


def tell_outcome(enquiry: Enquiry) -> None:
    """The provider's placements leads: chosen, not chosen and why, or no answer needed any more."""
    address = link("matching.enquiry", enquiry_id=enquiry.id)
    context = {"enquiry": enquiry, "organisation": enquiry.organisation, "address": address}
    for lead in list_holders(enquiry.organisation_id, Role.PLACEMENTS_LEAD):
        tell(lead, template="matching/enquiry_decided", context=context, link=address)


def tell_ending(placement: Placement) -> None:
    """The provider's placements leads: a placement with one of its households has ended."""
    address = link("matching.placement", placement_id=placement.id)
    context = {"placement": placement, "organisation": placement.organisation, "address": address}
    for lead in list_holders(placement.organisation_id, Role.PLACEMENTS_LEAD):
        tell(lead, template="matching/placement_ended", context=context, link=address)
