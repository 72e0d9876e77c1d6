"""Reads of files. Whose file it is decides who may know of it; sealing stands under that in the database."""

from __future__ import annotations

import uuid

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.core.db import session
from portal.core.errors import NotFound
from portal.documents.models import Document


def visible_to(person: Person) -> sa.ColumnElement[bool]:
    """Files of the organisations this person acts for; for the councils' people, the councils' own."""
    if person.is_council:
        return Document.organisation_id.is_(None)
    return Document.organisation_id.in_(person.organisation_ids)


def get_document(person: Person, document_id: uuid.UUID) -> Document:
    """One file that is this person's side's own. Raises `NotFound` for any other."""
    found = session.scalars(
        sa.select(Document).where(Document.id == document_id, visible_to(person))
    ).one_or_none()
    if found is None:
        raise NotFound
    return found
