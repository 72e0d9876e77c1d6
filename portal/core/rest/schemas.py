"""What schemas of the API share. Importing this imports Pydantic: only from within a call, or a feature's schemas."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Strict(BaseModel):
    """What is taken and given by the letter: no member that the schema does not name."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, from_attributes=True)


class PageQuery(Strict):
    """Which page of a list."""

    limit: int = Field(50, ge=1, le=200)
    """How many to a page."""
    cursor: str | None = None
    """`next_cursor` of the page before."""


class FieldError(Strict):
    """What is wrong with one field."""

    field: str
    message: str
