"""Reads the story's written content: `portal/demo/data/`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[1] / "data"


@cache
def read(name: str) -> dict[str, Any]:
    """One of the data files, such as `people` or `applications/teasel`."""
    return tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def providers() -> dict[str, dict[str, Any]]:
    """The twelve agencies, by key."""
    return {provider["key"]: provider for provider in read("providers")["providers"]}


@cache
def people() -> dict[str, dict[str, Any]]:
    """Everybody, by key."""
    return {person["key"]: person for person in read("people")["people"]}


def application(provider: str) -> dict[str, Any]:
    """What a provider answers, and how it was scored."""
    return read(f"applications/{provider}")
