"""Agreeing prices and modifiers with a provider, lowering them, and what a price review decides."""

from portal.pricing.services.adopting import adopt_submitted_prices, set_initial_prices
from portal.pricing.services.lowering import Lowering, lower_prices, plan_lowering
from portal.pricing.services.modifying import lower_modifiers, plan_modifiers
from portal.pricing.services.reviewed import approve_reviewed_prices, reject_reviewed_prices
from portal.pricing.services.versions import check_fee, check_modifiers, lock_schedule

__all__ = [
    "Lowering",
    "adopt_submitted_prices",
    "approve_reviewed_prices",
    "check_fee",
    "check_modifiers",
    "lock_schedule",
    "lower_modifiers",
    "lower_prices",
    "plan_lowering",
    "plan_modifiers",
    "reject_reviewed_prices",
    "set_initial_prices",
]
