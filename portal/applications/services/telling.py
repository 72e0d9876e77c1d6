"""Telling the people who write an application: sealed, so that nobody at the councils learns who they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from portal.applications import queries
from portal.applications.models import Application
from portal.core.db import session
from portal.notifications.services import tell


def tell_applicant(
    application_id: UUID,
    *,
    template: str,
    context: Mapping[str, Any],
    cause_id: UUID,
    path: str | None = None,
) -> None:
    """Tell an application's writers what happened in its round. Called by a job, which sees every application."""
    application = session.get_one(Application, application_id)
    tell_writers(application, template=template, context=context, cause_id=cause_id, path=path)


def tell_writers(
    application: Application,
    *,
    template: str,
    context: Mapping[str, Any],
    cause_id: UUID,
    path: str | None = None,
    urgent: bool = False,
) -> None:
    """Tell the applicant's bid writers and administrators at once; `context` gains whom and what it is about.

    `path` is the page to go to, the application's own without it.
    """
    for person in queries.list_writers(application):
        tell(
            person,
            template=template,
            context={
                "name": person.full_name,
                "organisation": application.organisation.name,
                "reference": application.reference,
                "round": application.round.title,
                "deadline": application.round.submission_deadline,
                **context,
            },
            link=path or f"/applications/{application.id}",
            mandatory=True,
            urgent=urgent,
            sealed_round_id=application.round_id,
            cause_id=cause_id,
        )
