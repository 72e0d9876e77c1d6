"""The agreement as tagged PDF, with its signature page."""

from __future__ import annotations

from portal.adapters import typeset
from portal.agreements import queries
from portal.agreements.models import Agreement
from portal.core.ui import uk_date, uk_datetime


def render_agreement(agreement: Agreement) -> bytes:
    """The text as it was offered, and a page with the signatures given so far."""
    title, _, body = agreement.text.partition("\n\n")
    content = {
        "title": title,
        "subtitle": agreement.organisation.legal_name,
        "body": body,
        "sha256": agreement.text_sha256,
        "signatures": _signatures(agreement),
        "footer": f"{agreement.framework.reference}: {agreement.organisation.legal_name}",
    }
    made_at = agreement.countersigned_at or agreement.signed_at or agreement.offered_at
    return typeset.current().render("letters/agreement.typ", content, made_at=made_at)


def _signatures(agreement: Agreement) -> list[list[str]]:
    for_provider = (
        [
            f"{agreement.signatory_name}, {agreement.signatory_position}",
            f"Signed on the portal, {uk_datetime(agreement.signed_at)}, after confirming who they are by password",
            f"Fingerprint of the text that was signed (SHA-256): {agreement.signed_sha256}",
        ]
        if agreement.signed_at
        else ["Not signed yet"]
    )
    countersigner = queries.find_countersigner(agreement)
    for_councils = (
        [
            countersigner.full_name if countersigner else "Recorded from before the portal",
            f"Countersigned on the portal, {uk_datetime(agreement.countersigned_at)}",
            f"In force from {uk_date(agreement.starts_on)}",
        ]
        if agreement.countersigned_at
        else ["Not countersigned yet"]
    )
    return [
        [f"For {agreement.organisation.legal_name}", "\n".join(for_provider)],
        ["For Kent County Council and Medway Council", "\n".join(for_councils)],
    ]
