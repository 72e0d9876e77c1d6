"""What waits for a person, gathered from every feature for the start page: one part for each role held."""

from portal.home.queries.council import list_council_parts
from portal.home.queries.provider import list_provider_parts
from portal.home.queries.todo import Figure, Note, Part, Todo

__all__ = ["Figure", "Note", "Part", "Todo", "list_council_parts", "list_provider_parts"]
