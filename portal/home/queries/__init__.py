"""What waits for a person, gathered from every feature for the start page: one part for each role held."""

from __future__ import annotations

from portal.accounts.models import Person
from portal.home.queries.council import list_council_parts
from portal.home.queries.provider import list_provider_parts
from portal.home.queries.todo import Figure, Note, Part, Todo

__all__ = ["Figure", "Note", "Part", "Todo", "list_parts"]


def list_parts(person: Person) -> list[Part]:
    """A part for each agency the person acts for, then one for each council role."""
    return [*list_provider_parts(person), *list_council_parts(person)]
