"""Suspending an agreement from new placements, lifting that, and ending it: decisions that people record."""

from __future__ import annotations

from portal.accounts.models import Person
from portal.agreements.models import Agreement, AgreementChange
from portal.agreements.services.mailing import mail_administrators
from portal.agreements.workflow import AGREEMENT
from portal.core import clock, transitions
from portal.core.db import session
from portal.core.errors import Invalid


def suspend_agreement(
    agreement: Agreement, *, reason: str, by: Person, seen_version: int | None = None
) -> None:
    """No new placements: the provider's vacancies are no longer found. Its administrators are told why.

    A contract manager or commissioner, with a reason. Raises `Invalid`, `Refused`, `Stale`.
    """
    _change(agreement, "suspend", reason, by, seen_version)


def reinstate_agreement(
    agreement: Agreement, *, reason: str, by: Person, seen_version: int | None = None
) -> None:
    """Lift a suspension: the provider's vacancies are found again. As `suspend_agreement`."""
    _change(agreement, "reinstate", reason, by, seen_version)


def end_agreement(agreement: Agreement, *, reason: str, by: Person, seen_version: int | None = None) -> None:
    """End the agreement before the framework ends. It cannot be undone. As `suspend_agreement`."""
    _change(agreement, "end", reason, by, seen_version)


def _change(agreement: Agreement, name: str, reason: str, by: Person, seen_version: int | None) -> None:
    if not reason.strip():
        raise Invalid("Enter the reason", field="reason")
    transitions.apply(AGREEMENT, name, agreement, by=by, seen_version=seen_version)
    session.add(
        AgreementChange(
            agreement_id=agreement.id,
            became=agreement.state,
            reason=reason.strip(),
            changed_by_id=by.id,
            changed_at=clock.locked_now(),
        )
    )
    session.flush()
    mail_administrators(agreement, "agreements/standing_changed", reason=reason.strip())
