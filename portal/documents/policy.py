"""Who may hand in and fetch a file. The councils fetch an applicant's files where they read applications."""

from __future__ import annotations

import uuid

from portal.accounts.models import Person
from portal.core.access import ALLOWED, Verdict, denied
from portal.documents.models import Document


def can_upload(person: Person, organisation_id: uuid.UUID) -> Verdict:
    """Anybody who acts for the organisation; what the file is for is its own feature's rule."""
    if person.acts_for(organisation_id):
        return ALLOWED
    return denied("Only people who act for the organisation can upload its files.")


def can_download(person: Person, document: Document) -> Verdict:
    """People of the organisation whose file it is."""
    if person.acts_for(document.organisation_id):
        return ALLOWED
    return denied("Only people who act for the organisation can download its files here.")


def can_retry_scan(person: Person, document: Document) -> Verdict:
    return can_download(person, document)
