"""Agreements: offered, signed, countersigned, in force."""
