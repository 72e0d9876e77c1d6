"""The two signatures that bring an agreement into force."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from portal.accounts.models import Person
from portal.accounts.services import confirm_identity
from portal.agreements import queries
from portal.agreements.models import Agreement
from portal.agreements.services.mailing import mail_administrators
from portal.agreements.workflow import AGREEMENT
from portal.applications.models import Application
from portal.applications.queries import latest_submission
from portal.core import clock, transitions
from portal.core.db import lock, session
from portal.core.errors import Invalid, NotAllowed, Refused, Stale
from portal.pricing.services import adopt_submitted_prices
from portal.providers.states import Standing

LONGEST = 200


def sign_agreement(
    agreement: Agreement,
    *,
    name: str,
    position: str,
    password: str,
    by: Person,
    source: str = "",
    seen_version: int | None = None,
    seen_sha256: str | None = None,
) -> None:
    """Sign for the provider, with the signatory's name and position, once standstill is over.

    The provider's administrator, who confirms by password who is signing, while the offer stands and no claim
    form is known of. What is signed is the text that was read: `seen_sha256` is its fingerprint. Raises `Invalid`
    on `name`, `position` or `password` (for which the caller keeps the counted try), `Throttled`, `Refused`, `Stale`.
    """
    signatory, held = name.strip(), position.strip()
    if not signatory or len(signatory) > LONGEST:
        raise Invalid("Enter the full name of the person who signs", field="name")
    if not held or len(held) > LONGEST:
        raise Invalid("Enter the position of the person who signs", field="position")
    confirm_identity(password, source, by=by)
    lock(agreement)
    if seen_sha256 is not None and seen_sha256 != agreement.text_sha256:
        raise Stale("The text of this agreement is not the one you read. Read it again before you sign.")
    moment = clock.locked_now()
    facts = {
        "round_concluded": queries.is_round_concluded(agreement),
        "claimed": queries.is_claimed(agreement),
        "today": moment.astimezone(clock.LONDON).date(),
    }
    details = {"sha256": agreement.text_sha256}
    transitions.apply(
        AGREEMENT, "sign", agreement, by=by, seen_version=seen_version, facts=facts, details=details
    )
    agreement.signed_by_id = by.id
    agreement.signatory_name = signatory
    agreement.signatory_position = held
    agreement.signed_at = moment
    agreement.signed_sha256 = agreement.text_sha256
    session.flush()


def countersign_agreement(agreement: Agreement, *, by: Person, seen_version: int | None = None) -> None:
    """Sign for the councils: the agreement is in force from its start date, or today if that has passed.

    A commissioner who did not sign for the provider. The prices submitted with the application become the
    provider's agreed prices from the same day, and it becomes a framework member. Raises `Refused`, `Stale`.
    """
    lock(agreement)
    moment = clock.locked_now()
    facts = {"claimed": queries.is_claimed(agreement)}
    transitions.apply(AGREEMENT, "countersign", agreement, by=by, seen_version=seen_version, facts=facts)
    agreement.countersigned_by_id = by.id
    agreement.countersigned_at = moment
    agreement.starts_on = max(agreement.starts_on, moment.astimezone(clock.LONDON).date())
    agreement.organisation.standing = Standing.INCUMBENT
    session.flush()
    _adopt_prices(agreement, by)
    mail_administrators(agreement, "agreements/in_force")


def countersign_agreements(seen: Mapping[UUID, int], *, by: Person) -> tuple[list[Agreement], list[str]]:
    """Sign many for the councils at once: each as it was seen, by its version, or not at all.

    Those that changed meanwhile, or may not be signed now, are left as they are, and the reasons returned with
    the provider's name. They are taken in the order of their ids, so that two officers never wait for each other.
    """
    signed: list[Agreement] = []
    refused: list[str] = []
    for agreement_id in sorted(seen):
        agreement = queries.get_agreement(by, agreement_id)
        try:
            with session.begin_nested():
                countersign_agreement(agreement, by=by, seen_version=seen[agreement_id])
            signed.append(agreement)
        except (Invalid, NotAllowed, Refused, Stale) as error:
            refused.append(f"{agreement.organisation.legal_name}: {error.message}")
    return signed, refused


def _adopt_prices(agreement: Agreement, by: Person) -> None:
    application = session.get_one(Application, agreement.application_id)
    submission = latest_submission(application)
    if submission is None or not submission.prices:
        raise Invalid("The prices submitted with this application cannot be found, so they cannot be agreed.")
    adopt_submitted_prices(
        agreement.framework, agreement.organisation, submission, effective_from=agreement.starts_on, by=by
    )
