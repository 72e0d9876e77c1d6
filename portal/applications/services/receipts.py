"""What the provider keeps of a submission: the receipt as a PDF, and the manifest with its salts as JSON."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from portal.accounts.services import throttle
from portal.adapters import typeset
from portal.applications import queries
from portal.applications.models import Application, Submission
from portal.applications.services import manifest
from portal.core import clock
from portal.core.links import link
from portal.core.ui import uk_date


def write_manifest(application: Application, submission: Submission) -> str:
    """The whole manifest as JSON: each part with its text, salt and hash, so that its holder can prove it alone."""
    parts = manifest.parts_of(submission, queries.list_submitted_prices(submission))
    return json.dumps(
        {
            "format": manifest.FORMAT,
            "reference": application.reference,
            "round": submission.content["round"]["title"],
            "organisation": submission.content["organisation"]["legal_name"],
            "submission": submission.number,
            "received_at": manifest.instant(submission.submitted_at),
            "sha256": submission.sha256,
            "parts": [
                {
                    "kind": part.kind,
                    "label": part.label,
                    "salt": part.salt,
                    "text": part.text,
                    "sha256": part.sha256,
                }
                for part in parts
            ],
        },
        ensure_ascii=False,
        indent=1,
    )


def render_receipt(application: Application, submission: Submission) -> bytes:
    """The receipt as a tagged PDF: who declared, when it was received, and the hash of every answer and file."""
    return typeset.current().render(
        "letters/receipt.typ",
        {
            "title": f"Receipt for application {application.reference}, submission {submission.number}",
            "reference": application.reference,
            "organisation": submission.content["organisation"]["legal_name"],
            "urn": submission.content["organisation"]["urn"] or "",
            "round": submission.content["round"]["title"],
            "number": str(submission.number),
            "received": to_the_second(submission.submitted_at),
            "received_utc": manifest.instant(submission.submitted_at),
            "by_itself": submission.instructed_at is not None,
            "declared": f"{submission.declared_name}, {submission.declared_position}",
            "signed": to_the_second(datetime.fromisoformat(submission.content["declaration"]["signed_at"])),
            "sha256": submission.sha256,
            "verify": link("applications.verify_receipt"),
            "answers": _answers(submission),
            "files": _files(submission),
            "prices": _hashes(submission, "price"),
            "head": _hashes(submission, "head")[0],
        },
        made_at=submission.submitted_at,
    )


def verify_receipt(reference: str, fingerprint: str, *, source: str) -> queries.Verified | None:
    """Is there a submission with this reference and hash, and does it stand? Anybody who holds a receipt may ask.

    An unknown reference and a wrong hash look the same. Raises `Throttled` after too many misses from `source`.
    """
    attempt = throttle.Try(f"receipt {reference}", f"receipts {source}")
    throttle.check(attempt)
    found = queries.find_receipt(reference, fingerprint)
    throttle.note(attempt, succeeded=found is not None)
    return found


def to_the_second(moment: datetime) -> str:
    """`3 May 2026 at 11:59:07 BST`: for evidence, where minutes will not do."""
    local = moment.astimezone(clock.LONDON)
    return f"{uk_date(moment)} at {local:%H:%M:%S} {local:%Z}"


def _answers(submission: Submission) -> list[dict[str, Any]]:
    questions = [question for section in submission.content["sections"] for question in section["questions"]]
    return [
        {
            "number": question["number"],
            "text": question["text"],
            "version": str(question["version"]),
            "saved": _saved(question["answered_at"]),
            "sha256": part["sha256"],
        }
        for question, part in zip(questions, _hashes(submission, "answer"), strict=True)
    ]


def _files(submission: Submission) -> list[dict[str, Any]]:
    files = [
        (question["number"], file)
        for section in submission.content["sections"]
        for question in section["questions"]
        for file in question["files"]
    ]
    return [
        {
            "number": number,
            "name": file["name"],
            "size": f"{file['size']:,} bytes",
            "content_sha256": file["sha256"],
            "sha256": part["sha256"],
        }
        for (number, file), part in zip(files, _hashes(submission, "file"), strict=True)
    ]


def _saved(moment: str | None) -> str:
    return to_the_second(datetime.fromisoformat(moment)) if moment else ""


def _hashes(submission: Submission, kind: str) -> list[dict[str, Any]]:
    return [part for part in submission.manifest["parts"] if part["kind"] == kind]
