"""Agreements and price reviews in any state, with dates that fit the state and the portal's clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from portal.accounts.states import Role
from portal.agreements.models import (
    Agreement,
    AgreementChange,
    PriceReview,
    PriceReviewLine,
    PriceReviewStep,
)
from portal.agreements.states import AgreementState, FundingSource, PriceReviewState
from portal.agreements.states import ReviewStepKind as K
from portal.core import clock
from portal.core.db import session
from portal.pricing.queries import Schedule
from tests.factories import accounts, frameworks, pricing, providers
from tests.support.acting import save

S, R = AgreementState, PriceReviewState
DOES = {
    K.ANALYSED: Role.CONTRACT_MANAGER,
    K.FUNDED: Role.FINANCE_OFFICER,
    K.RECOMMENDED: Role.CONTRACT_MANAGER,
    K.APPROVED: Role.APPROVER,
    K.REJECTED: Role.APPROVER,
}
LED_TO = {
    R.ANALYSED: (K.ANALYSED,),
    R.FUNDED: (K.ANALYSED, K.FUNDED),
    R.RECOMMENDED: (K.ANALYSED, K.FUNDED, K.RECOMMENDED),
    R.APPROVED: (K.ANALYSED, K.FUNDED, K.RECOMMENDED, K.APPROVED),
    R.REJECTED: (K.ANALYSED, K.FUNDED, K.RECOMMENDED, K.REJECTED),
}
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


def price_review(state: PriceReviewState | str = R.REQUESTED, **columns: Any) -> PriceReview:
    """A price review in `state` that asks for £850 where £800 was agreed, with the steps that led there.

    `schedule` is made, with an agreement in force, unless it is given; `people` says who does which step.
    """
    state = PriceReviewState(state)
    people = columns.pop("people", {})
    schedule = columns.pop("schedule", None) or member()
    defaults: dict[str, Any] = {
        "framework_id": schedule.framework.id,
        "organisation_id": schedule.organisation.id,
        "state": state,
        "reason": "Our carers’ fees have risen with the cost of living.",
        "takes_effect_on": clock.today() + timedelta(days=120),
        "requested_at": clock.now() - timedelta(days=10),
    }
    if "requested_by_id" not in columns:
        lead = accounts.person(Role.FINANCE_LEAD, organisation=schedule.organisation)
        defaults["requested_by_id"] = lead.id
    made = save(PriceReview(**{**defaults, **columns}))
    cell_id = pricing.cell().id
    save(
        PriceReviewLine(
            price_review_id=made.id, cell_id=cell_id, old_fee=Decimal(800), asked_fee=Decimal(850)
        )
    )
    for kind in LED_TO.get(state, ()):
        by = people.get(kind) or accounts.person(DOES[kind])
        save(
            PriceReviewStep(
                price_review_id=made.id,
                kind=kind,
                text="As I wrote.",
                data=_data(kind, made),
                done_by_id=by.id,
            )
        )
    session.expire(made, ["lines", "steps"])
    return made


def member(fees: Mapping[int, Decimal | None] | None = None, **columns: Any) -> Schedule:
    """A provider with an agreement and prices in force: £800 for a standard placement unless `fees` are given."""
    framework = columns.pop("framework", None) or frameworks.framework()
    organisation = columns.pop("organisation", None) or providers.organisation()
    agreement(framework=framework, organisation=organisation)
    fees = {pricing.cell().id: Decimal(800)} if fees is None else fees
    pricing.price_version(framework, organisation, fees, **columns)
    return Schedule(organisation, framework)


def _data(kind: K, review: PriceReview) -> dict[str, Any]:
    if kind == K.FUNDED:
        return {"funding": FundingSource.PAY_AND_PRICE, "yearly_cost": "12500.00"}
    if kind == K.ANALYSED:
        return {"uplift": None, "words": None, "lines": {}}
    fees = {} if kind == K.REJECTED else {str(pricing.cell().id): "830.00"}
    return {
        "fees": fees,
        "modifiers": None,
        "effective_from": review.takes_effect_on.isoformat(),
        "placed": "keep",
        "version": 2,
    }
