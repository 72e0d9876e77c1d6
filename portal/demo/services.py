"""Loads the demonstration's story into an empty database."""

from __future__ import annotations

PASSWORD = "a kent and medway demonstration"


def load_if_empty() -> None:
    """Load the story, unless there is anybody in the database already."""


def accounts() -> list[tuple[str, str]]:
    """Who can sign in to the demonstration: address and what they do."""
    return []
