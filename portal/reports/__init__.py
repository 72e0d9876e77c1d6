"""Figures across features."""
