"""The two signatures that bring an agreement into force."""

from __future__ import annotations

from portal.accounts.models import Person
from portal.agreements import queries
from portal.agreements.models import Agreement
from portal.agreements.services.mailing import mail_administrators
from portal.agreements.workflow import AGREEMENT
from portal.applications.models import Application
from portal.applications.queries import latest_submission
from portal.core import clock, transitions
from portal.core.db import lock, session
from portal.core.errors import Invalid
from portal.pricing.services import adopt_submitted_prices
from portal.providers.states import Standing

LONGEST = 200


def sign_agreement(
    agreement: Agreement, *, name: str, position: str, by: Person, seen_version: int | None = None
) -> None:
    """Sign for the provider, with the signatory's name and position, once standstill is over.

    The provider's administrator, while the offer stands. Raises `Invalid` for a missing name or position,
    `Refused` with the reason, `Stale`.
    """
    signatory, held = name.strip(), position.strip()
    if not signatory or len(signatory) > LONGEST:
        raise Invalid("Enter the full name of the person who signs", field="name")
    if not held or len(held) > LONGEST:
        raise Invalid("Enter the position of the person who signs", field="position")
    lock(agreement)
    moment = clock.locked_now()
    facts = {
        "round_concluded": queries.is_round_concluded(agreement),
        "today": moment.astimezone(clock.LONDON).date(),
    }
    transitions.apply(AGREEMENT, "sign", agreement, by=by, seen_version=seen_version, facts=facts)
    agreement.signed_by_id = by.id
    agreement.signatory_name = signatory
    agreement.signatory_position = held
    agreement.signed_at = moment
    session.flush()


def countersign_agreement(agreement: Agreement, *, by: Person, seen_version: int | None = None) -> None:
    """Sign for the councils: the agreement is in force from its start date, or today if that has passed.

    A commissioner who did not sign for the provider. The prices submitted with the application become the
    provider's agreed prices from the same day, and it becomes a framework member. Raises `Refused`, `Stale`.
    """
    lock(agreement)
    moment = clock.locked_now()
    transitions.apply(AGREEMENT, "countersign", agreement, by=by, seen_version=seen_version)
    agreement.countersigned_by_id = by.id
    agreement.countersigned_at = moment
    agreement.starts_on = max(agreement.starts_on, moment.astimezone(clock.LONDON).date())
    agreement.organisation.standing = Standing.INCUMBENT
    session.flush()
    _adopt_prices(agreement, by)
    mail_administrators(agreement, "agreements/in_force")


def _adopt_prices(agreement: Agreement, by: Person) -> None:
    application = session.get_one(Application, agreement.application_id)
    submission = latest_submission(application)
    if submission is None or not submission.prices:
        raise Invalid("The prices submitted with this application cannot be found, so they cannot be agreed.")
    adopt_submitted_prices(
        agreement.framework, agreement.organisation, submission, effective_from=agreement.starts_on, by=by
    )
