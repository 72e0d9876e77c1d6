"""Providers' agreed prices, version by version."""
