"""A small round with everybody who could want to bend it: three applicants, both councils, people of many roles."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.accounts.states import Council, Role
from portal.applications.models import Application
from portal.core.db import session
from portal.frameworks.models import BasketVolume, Question, Round, Section
from portal.frameworks.queries import list_cells
from portal.frameworks.services import load_reference_lists
from portal.frameworks.states import QuestionKind, SectionKind
from portal.providers.models import Organisation
from tests.factories import accounts, frameworks, providers
from tests.support.acting import as_worker

APPLICANTS = 3

# (roles at the council, council). The last three hold what nobody should be able to use together (rule 6).
OFFICERS: tuple[tuple[tuple[Role, ...], Council], ...] = (
    ((Role.COMMISSIONER,), Council.KENT),
    ((Role.COMMISSIONER,), Council.MEDWAY),
    ((Role.EVALUATOR,), Council.KENT),
    ((Role.EVALUATOR,), Council.MEDWAY),
    ((Role.EVALUATOR,), Council.KENT),
    ((Role.APPROVER,), Council.KENT),
    ((Role.AUDITOR,), Council.KENT),
    ((Role.PLACEMENT_OFFICER,), Council.MEDWAY),
    ((Role.SYSTEM_ADMINISTRATOR,), Council.KENT),
    ((Role.COMMISSIONER, Role.APPROVER), Council.KENT),
    ((Role.EVALUATOR, Role.APPROVER), Council.MEDWAY),
    ((Role.COMMISSIONER, Role.EVALUATOR), Council.MEDWAY),
)


@dataclass
class World:
    """Ids of what was there at the beginning, in a fixed order, so that a run can be told again by its choices."""

    round_id: uuid.UUID
    people: list[uuid.UUID]
    organisations: list[uuid.UUID]
    cells: list[int]
    roles: dict[uuid.UUID, frozenset[Role]]
    employers: dict[uuid.UUID, frozenset[uuid.UUID]]

    @property
    def round(self) -> Round:
        return session.get_one(Round, self.round_id)

    def person(self, person_id: uuid.UUID) -> Person:
        return session.get_one(Person, person_id)

    def holders(self, *roles: Role) -> list[uuid.UUID]:
        """Who holds one of these roles, in order."""
        return [one for one in self.people if not self.roles[one].isdisjoint(roles)]

    def applications(self) -> list[Application]:
        """Every application of the round, whoever is acting, in order."""
        with as_worker():
            return list(
                session.scalars(
                    sa.select(Application)
                    .where(Application.round_id == self.round_id)
                    .order_by(Application.created_at, Application.id)
                )
            )

    def questions(self, *kinds: QuestionKind) -> list[Question]:
        """The round's questions of these kinds, in order."""
        return list(
            session.scalars(
                sa.select(Question)
                .join(Section)
                .where(Section.round_id == self.round_id, Question.kind.in_(kinds))
                .order_by(Section.position, Question.position)
            )
        )


def make_world() -> World:
    """A published round of six questions and two price cells, nothing begun."""
    made = frameworks.round_("draft", questions=False)
    with as_worker():
        load_reference_lists()
        session.add_all(_sections(made))
        cells = [cell.id for cell in list_cells()[:2]]
        session.add_all(
            BasketVolume(round_id=made.id, cell_id=cell_id, weeks=weeks, ceiling=None)
            for cell_id, weeks in zip(cells, (100, 40), strict=True)
        )
    session.commit()
    frameworks.move_to(made, "published")
    organisations = [providers.organisation() for _ in range(APPLICANTS)]
    people = [accounts.person(*roles, council=council) for roles, council in OFFICERS]
    for organisation in organisations:
        people += _staff(organisation)
    return World(
        made.id,
        [one.id for one in people],
        [one.id for one in organisations],
        cells,
        roles={one.id: frozenset(grant.role for grant in one.grants) for one in people},
        employers={one.id: frozenset(one.organisation_ids) for one in people},
    )


def _staff(organisation: Organisation) -> Iterable[Person]:
    yield accounts.person(Role.BID_WRITER, organisation=organisation)
    yield accounts.person(Role.PROVIDER_ADMINISTRATOR, organisation=organisation, password=accounts.PASSWORD)


def _sections(of: Round) -> list[Section]:
    asked: list[tuple[SectionKind, list[dict[str, Any]]]] = [
        (
            SectionKind.CONDITIONS,
            [
                {
                    "kind": QuestionKind.EXCLUSION,
                    "pass_fail": True,
                    "text": "Does a ground for exclusion apply?",
                },
                {"kind": QuestionKind.YES_NO, "pass_fail": True, "text": "Do you hold the insurance?"},
            ],
        ),
        (
            SectionKind.QUALITY,
            [
                {
                    "kind": QuestionKind.LONG_TEXT,
                    "weight": Decimal(40),
                    "minimum_score": 2,
                    "text": "How do you match children?",
                },
                {"kind": QuestionKind.LONG_TEXT, "weight": Decimal(20), "text": "How do you keep carers?"},
            ],
        ),
        (SectionKind.PRICE, [{"kind": QuestionKind.PRICE_SCHEDULE, "text": "Your weekly fees"}]),
    ]
    return [
        Section(
            round_id=of.id,
            position=place,
            kind=kind,
            title=kind.label,
            questions=[
                Question(number=f"{place}.{number}", position=number, **columns)
                for number, columns in enumerate(questions, 1)
            ],
        )
        for place, (kind, questions) in enumerate(asked, 1)
    ]
