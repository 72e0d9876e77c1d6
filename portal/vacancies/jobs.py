"""What concerns vacancies and happens by itself or takes long: the Monday reminder, and large spreadsheets."""

from __future__ import annotations

import uuid
from typing import Any

from portal.accounts.models import Person
from portal.core.db import session, transaction
from portal.core.errors import DomainError
from portal.core.jobs import job
from portal.vacancies import queries, services
from portal.vacancies.models import VacancyImport


@job("vacancies.remind", cron="10 8-17 * * 1")
def remind() -> None:
    """Remind placements leads, each in a transaction of its own; every hour, should one have failed."""
    with transaction():
        due = queries.list_leads_to_remind()
    for person_id in due:
        with transaction():
            services.remind_to_confirm(person_id)


@job("vacancies.compare_import")
def compare_import(import_id: str, person_id: str) -> None:
    """Compare a long spreadsheet with what is on record, for whoever sent it."""
    with transaction():
        sent, person = _found(import_id, person_id)
        if sent is not None and services.is_being_read(sent):
            services.compare_import(sent, by=person)


@job("vacancies.save_import")
def save_import(import_id: str) -> None:
    """Save a long spreadsheet as somebody asked; where that cannot be, compare it anew and say why."""
    try:
        with transaction():
            sent, person = _asked(import_id)
            if sent is not None:
                withdraw = [uuid.UUID(one) for one in sent.choice["withdraw"]]
                services.save_import(sent, only_good=sent.choice["only_good"], withdraw=withdraw, by=person)
    except DomainError as error:
        with transaction():
            sent, person = _asked(import_id)
            if sent is not None:
                services.tell(sent, error.message)
                if services.may_compare(sent, person):
                    services.compare_import(sent, by=person)


@job("vacancies.clean_up_imports", cron="40 3 * * *")
def clean_up_imports() -> None:
    """Forget spreadsheets that nobody decided on, and what stood in those that are over."""
    with transaction():
        services.clean_up()


def _found(import_id: str, person_id: str) -> tuple[Any, Any]:
    return session.get(VacancyImport, uuid.UUID(import_id)), session.get(Person, uuid.UUID(person_id))


def _asked(import_id: str) -> tuple[Any, Any]:
    """An import that waits to be saved, and who asked; nothing where it was done before."""
    sent = session.get(VacancyImport, uuid.UUID(import_id))
    if sent is None or sent.choice is None:
        return None, None
    return _found(import_id, sent.choice["by"])
