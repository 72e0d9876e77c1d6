"""Agreeing prices with a provider, and lowering them."""

from portal.pricing.services.adopting import adopt_submitted_prices, set_initial_prices
from portal.pricing.services.lowering import Lowering, lower_prices, plan_lowering

__all__ = ["Lowering", "adopt_submitted_prices", "lower_prices", "plan_lowering", "set_initial_prices"]
