"""Uploaded files in any state, with their content in the storage of the test."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.adapters import storage
from portal.documents.models import Document
from portal.documents.states import DocumentState, FileKind
from portal.frameworks.models import Round
from portal.providers.models import Organisation
from tests.factories import accounts
from tests.support.acting import save

CONTENT = b"%PDF-1.4 fictional content %%EOF"


def document(organisation: Organisation, **options: Any) -> Document:
    """A file of `organisation`, stored and on record; options as `new` takes them."""
    return save(new(organisation, **options))


def new(
    organisation: Organisation,
    *,
    round_: Round | None = None,
    by: Person | None = None,
    state: DocumentState = DocumentState.CLEAN,
    name: str = "safeguarding policy.pdf",
    content: bytes = CONTENT,
    **columns: Any,
) -> Document:
    """As `document`, not yet written; with `round_` it is sealed until that round is opened."""
    stored_name = uuid.uuid4().hex
    storage.current().write(stored_name, [content])
    uploader = by or accounts.person(Role.BID_WRITER, organisation=organisation)
    defaults: dict[str, Any] = {
        "organisation_id": organisation.id,
        "round_id": round_.id if round_ is not None else None,
        "uploaded_by_id": uploader.id,
        "original_name": name,
        "kind": FileKind.PDF,
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "stored_name": stored_name,
        "state": state,
    }
    return Document(**{**defaults, **columns})
