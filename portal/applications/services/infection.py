"""When the scanner finds malware in a file of an application: who is told, and when (rules 1 and 11)."""

from __future__ import annotations

from uuid import UUID

from portal.applications import queries
from portal.applications.models import Application
from portal.applications.services.telling import tell_writers
from portal.core.db import session
from portal.core.links import link
from portal.documents.models import Document
from portal.documents.states import DocumentState
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Round
from portal.notifications.services import tell


def tell_of_infected_file(document_id: UUID) -> None:
    """Tell the applicant at once, and the commissioners if its round is opened and the file was submitted.

    Who: the job that follows the scan, as the worker, who sees every application. Safe to repeat.
    """
    document = session.get(Document, document_id)
    if document is None or document.state != DocumentState.INFECTED:
        return
    for application, question_id in queries.list_uses(document):
        _tell_applicant(application, question_id, document)
        if application.round.opened_at is not None:
            _tell_commissioners(application, document)


def tell_of_infected_files(round_id: UUID) -> None:
    """Once a round is opened, tell its commissioners of the files that were found infected before."""
    for application, document in queries.list_infected(session.get_one(Round, round_id)):
        _tell_commissioners(application, document)


def _tell_applicant(application: Application, question_id: UUID, document: Document) -> None:
    address = link("applications.files", application_id=application.id, question_id=question_id)
    tell_writers(
        application,
        template="applications/file_infected",
        context={"file": document.original_name, "finding": document.finding, "link": address},
        cause_id=document.id,
        path=address,
    )


def _tell_commissioners(application: Application, document: Document) -> None:
    submission = queries.latest_submission(application)
    if submission is None or str(document.id) not in queries.list_file_states(submission):
        return
    address = link("evaluations.compliance", round_id=application.round_id)
    context = {
        "file": document.original_name,
        "finding": document.finding,
        "organisation": application.organisation.name,
        "reference": application.reference,
        "round": application.round.title,
        "link": address,
    }
    for person in frameworks.list_commissioners():
        tell(
            person,
            template="evaluations/file_infected",
            context=context,
            link=address,
            sealed_round_id=application.round_id,
            cause_id=document.id,
        )
