"""Who scores what, as the assignment grids show it: by application, and by question."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from portal.accounts.models import Person
from portal.applications.models import Application
from portal.evaluations.models import EvaluationSheet
from portal.evaluations.queries.assignment import (
    FEWEST_EVALUATORS,
    Assignment,
    has_conflict,
    list_assignments,
    list_evaluators,
    list_sheets,
)
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Question, Round

Pair = tuple[uuid.UUID, uuid.UUID]


@dataclass(frozen=True)
class Cell:
    """One box of a grid: how many of how many are assigned, and how many of these are begun.

    In the grid of applications it counts questions; in the grid of questions, applications.
    """

    assigned: int
    possible: int
    begun: int = 0
    has_conflict: bool = False
    sheet: EvaluationSheet | None = None

    @property
    def is_ticked(self) -> bool:
        """Something is assigned; in the grid of questions, everything (`is_whole`)."""
        return self.assigned > 0

    @property
    def is_whole(self) -> bool:
        return 0 < self.possible == self.assigned

    @property
    def is_partial(self) -> bool:
        return 0 < self.assigned < self.possible

    @property
    def is_finished(self) -> bool:
        return self.sheet is not None and self.sheet.finished_at is not None


@dataclass(frozen=True)
class Grid:
    """Applications, evaluators and questions of a round, and what ties them."""

    applications: Sequence[Application]
    evaluators: Sequence[Person]
    questions: Sequence[Question]
    assignments: Sequence[Assignment]
    conflicts: set[Pair]
    sheets: dict[Pair, EvaluationSheet]

    @cached_property
    def by_pair(self) -> defaultdict[Pair, dict[uuid.UUID, Assignment]]:
        """Assignments by application and evaluator, then by question."""
        found: defaultdict[Pair, dict[uuid.UUID, Assignment]] = defaultdict(dict)
        for one in self.assignments:
            found[one.pair][one.question_id] = one
        return found

    @cached_property
    def _scorers(self) -> Counter[Pair]:
        return Counter((one.application_id, one.question_id) for one in self.assignments)

    @property
    def closed(self) -> set[Pair]:
        """Pairs to which nothing can be added: a conflict, or a sheet that is finished."""
        finished = {pair for pair, sheet in self.sheets.items() if sheet.finished_at is not None}
        return self.conflicts | finished

    def of_application(self, application: Application, person: Person) -> Cell:
        """How many questions of this application the evaluator scores."""
        pair = (application.id, person.id)
        mine = self.by_pair.get(pair, {})
        return Cell(
            assigned=len(mine),
            possible=len(self.questions),
            begun=sum(one.is_begun for one in mine.values()),
            has_conflict=pair in self.conflicts,
            sheet=self.sheets.get(pair),
        )

    def of_question(self, question: Question, person: Person) -> Cell:
        """In how many of the applications the evaluator scores this question."""
        pairs = [(one.id, person.id) for one in self.applications]
        mine = [
            self.by_pair[pair][question.id] for pair in pairs if question.id in self.by_pair.get(pair, {})
        ]
        open_pairs = [pair for pair in pairs if pair not in self.conflicts]
        return Cell(
            assigned=len(mine),
            possible=len(open_pairs),
            begun=sum(one.is_begun for one in mine),
            has_conflict=bool(pairs) and not open_pairs,
        )

    def count_short(self, application: Application) -> int:
        """How many questions of this application have fewer than two evaluators."""
        return sum(self._scorers[application.id, one.id] < FEWEST_EVALUATORS for one in self.questions)

    def count_short_of_question(self, question: Question) -> int:
        """In how many of the applications this question has fewer than two evaluators."""
        return sum(self._scorers[one.id, question.id] < FEWEST_EVALUATORS for one in self.applications)

    def count_questions(self, person: Person) -> int:
        """How many questions this evaluator scores in these applications."""
        return sum(one.evaluator_id == person.id for one in self.assignments)


def get_grid(round_: Round, applications: Sequence[Application]) -> Grid:
    """The grid of these applications: five statements for any number."""
    sheets = list_sheets(applications)
    return Grid(
        applications,
        list_evaluators(),
        frameworks.list_scored_questions(round_),
        list_assignments(round_, applications),
        has_conflict([one.id for one in applications]),
        {(one.application_id, one.evaluator_id): one for one in sheets},
    )


def only(applications: Iterable[Application], application_id: uuid.UUID | None) -> list[Application]:
    """All of them, or the one that is asked for."""
    return [one for one in applications if application_id is None or one.id == application_id]
