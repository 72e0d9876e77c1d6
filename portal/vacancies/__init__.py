"""Carer households, the places they have free, and how fresh that news is."""
