"""What a provider's administrators are told about its agreement."""

from __future__ import annotations

from typing import Any

from portal.agreements.models import Agreement
from portal.core.links import link
from portal.notifications.services import tell
from portal.providers.queries import list_administrators


def mail_administrators(agreement: Agreement, template: str, **more: Any) -> None:
    """Write to each administrator of the provider; the address in the message leads to the agreement."""
    address = link("agreements.show", agreement_id=agreement.id)
    context = {
        "agreement": agreement,
        "organisation": agreement.organisation,
        "framework": agreement.framework,
        "address": address,
        **more,
    }
    for administrator in list_administrators(agreement.organisation_id):
        tell(administrator, template=template, context=context, link=address, mandatory=True)
