"""Who may hand in and fetch a file. The councils fetch an applicant's files where they read applications."""

from __future__ import annotations

import uuid

from portal.accounts.models import Person
from portal.core.access import ALLOWED, Verdict, denied
from portal.documents.models import Document


def can_upload(person: Person, organisation_id: uuid.UUID | None) -> Verdict:
    """Anybody who acts for the organisation, or for None a council; what the file is for is its feature's rule."""
    if _is_of(person, organisation_id):
        return ALLOWED
    return denied("Only people who act for the organisation can upload its files.")


def can_download(person: Person, document: Document) -> Verdict:
    """People of the organisation, or of the councils, whose file it is."""
    if _is_of(person, document.organisation_id):
        return ALLOWED
    return denied("Only people who act for the organisation can download its files here.")


def can_retry_scan(person: Person, document: Document) -> Verdict:
    return can_download(person, document)


def _is_of(person: Person, organisation_id: uuid.UUID | None) -> bool:
    return person.is_council if organisation_id is None else bool(person.acts_for(organisation_id))
