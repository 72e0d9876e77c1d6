"""Agreements in any state, with dates that fit the state and the portal's clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from portal.accounts.states import Role
from portal.agreements.models import Agreement, AgreementChange
from portal.agreements.states import AgreementState
from portal.core import clock
from tests.factories import accounts, frameworks, providers
from tests.support.acting import save

S = AgreementState
STANDING_CHANGES = {S.SUSPENDED, S.ENDED}


def agreement(state: AgreementState | str = S.ACTIVE, **columns: Any) -> Agreement:
    """An agreement in `state`; `framework` and `organisation` are made unless they are given."""
    state = AgreementState(state)
    framework = columns.pop("framework", None) or frameworks.framework()
    organisation = columns.pop("organisation", None) or providers.organisation()
    now, today = clock.now(), clock.today()
    defaults: dict[str, Any] = {
        "framework_id": framework.id,
        "organisation_id": organisation.id,
        "state": state,
        "starts_on": today - timedelta(days=30),
        "offered_at": now - timedelta(days=40),
        "lapses_on": today - timedelta(days=1) if state == S.LAPSED else today + timedelta(days=14),
    }
    if state not in {S.OFFERED, S.LAPSED}:
        defaults |= {
            "signatory_name": "Ada Holloway",
            "signatory_position": "Managing director",
            "signed_at": now - timedelta(days=35),
        }
    if state not in {S.OFFERED, S.LAPSED, S.SIGNED}:
        defaults |= {"countersigned_at": now - timedelta(days=33)}
    made = save(Agreement(**{**defaults, **columns}))
    if state in STANDING_CHANGES:
        change(made, became=state)
    return made


def change(agreement: Agreement, *, became: AgreementState, **columns: Any) -> AgreementChange:
    """A recorded change of standing, two days ago."""
    defaults: dict[str, Any] = {
        "agreement_id": agreement.id,
        "became": became,
        "reason": "Recorded at the contract meeting.",
        "changed_at": clock.now() - timedelta(days=2),
    }
    if "changed_by_id" not in columns:
        defaults["changed_by_id"] = accounts.person(Role.CONTRACT_MANAGER).id
    return save(AgreementChange(**{**defaults, **columns}))
