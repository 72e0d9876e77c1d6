"""A provider's writer with a draft, ready to be answered or complete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.applications import queries, services
from portal.applications.models import Application
from portal.core.db import session
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Question, Round
from tests.factories import accounts, applications, providers
from tests.factories import frameworks as rounds
from tests.support.acting import acting_as


@dataclass
class Desk:
    """One writer at work on one application, acting as that writer."""

    writer: Person
    round_: Round
    application: Application

    def question(self, kind: str, number: int = 0) -> Question:
        return [
            question
            for section in frameworks.list_sections(self.round_)
            for question in section.questions
            if question.kind == kind
        ][number]

    def save(self, question: Question, value: Any, **more: Any) -> bool:
        return services.save_answer(self.application, question, value, by=self.writer, **more)

    def declare(self) -> None:
        services.declare(self.application, name="Robin Fairweather", position="Director", by=self.writer)

    def submit(self) -> Any:
        return services.submit_application(self.application, by=self.writer)

    @property
    def address(self) -> str:
        return f"/applications/{self.application.id}"


def make_desk(*, answered: bool = False, round_: Round | None = None, **columns: Any) -> Desk:
    """A desk in an open round; everything it does until the next `acting_as` is the writer's."""
    round_ = round_ or rounds.round_(**columns)
    organisation = providers.organisation()
    writer = accounts.person(Role.BID_WRITER, organisation=organisation)
    made = applications.application(round_=round_, organisation=organisation, by=writer, answered=answered)
    acting_as(writer)
    session.expire_all()
    return Desk(writer, round_, queries.get_application(writer, made.id))


@pytest.fixture
def desk() -> Desk:
    return make_desk()


@pytest.fixture
def complete() -> Desk:
    """Every question answered and every cell priced, not declared."""
    return make_desk(answered=True)


@pytest.fixture
def files_kept(files: Any) -> Any:
    """The store, under a name that does not hide the file factories."""
    return files
