"""What an applicant is called where evaluators score: by its name, or by its number where the round says so."""

from __future__ import annotations

import uuid

from portal.applications.models import Application, Submission


def is_anonymous(application: Application) -> bool:
    """Whether evaluators are shown a number instead of a name."""
    return application.round.applicants_anonymised


def shown_name(application: Application) -> str:
    """The applicant as evaluators of this round are shown it."""
    if not is_anonymous(application):
        return application.organisation.legal_name
    return numbered(application.applicant_number)


def numbered(number: int | None) -> str:
    """ "Applicant 7"; whoever has no number yet is "An applicant"."""
    return f"Applicant {number}" if number is not None else "An applicant"


def number_files(submission: Submission | None) -> dict[str, int]:
    """Each file's place among those of the submission, by its id as text: its name could tell the applicant's."""
    if submission is None:
        return {}
    files = [
        file["id"]
        for section in submission.content["sections"]
        for question in section["questions"]
        for file in question["files"]
    ]
    return {file_id: place for place, file_id in enumerate(dict.fromkeys(files), start=1)}


def shown_file_name(submission: Submission, document_id: uuid.UUID, extension: str) -> str:
    """What an anonymous applicant's file is called when it is opened or kept: `document-2.pdf`."""
    return f"document-{number_files(submission).get(str(document_id), 0)}.{extension}"
