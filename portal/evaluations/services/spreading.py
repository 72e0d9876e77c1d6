"""A plan that spreads the scoring evenly. It proposes; a commissioner looks at it and saves it (rule 13).

Pure: what is assigned stays, only gaps are filled, conflicts and the councils that questions ask for are kept to.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from portal.accounts.models import Person
from portal.applications.models import Application
from portal.evaluations.queries import Assignment
from portal.evaluations.services.assignment import Pair
from portal.frameworks.models import Question
from portal.frameworks.states import EvaluatedBy


class Spread(StrEnum):
    """What an evaluator keeps to: whole applications, or the same sections of many."""

    APPLICATION = "application"
    SECTION = "section"

    @property
    def label(self) -> str:
        return {
            "application": "Whole applications: an evaluator reads few applications, in full",
            "section": "Sections: an evaluator scores the same questions of many applications",
        }[self]


@dataclass(frozen=True)
class Setting:
    """What the plan starts from."""

    applications: Sequence[Application]
    questions: Sequence[Question]
    evaluators: Sequence[Person]
    assignments: Collection[Assignment]
    conflicts: Collection[Pair]


@dataclass
class Plan:
    """Who would be added to what, and where nobody is left to add."""

    added: defaultdict[Pair, set[uuid.UUID]] = field(default_factory=lambda: defaultdict(set))
    gaps: list[tuple[Application, Question]] = field(default_factory=list)
    before: Counter[uuid.UUID] = field(default_factory=Counter)
    after: Counter[uuid.UUID] = field(default_factory=Counter)

    @property
    def gaps_by_application(self) -> dict[str, list[Question]]:
        """The gaps, by the applicant's name."""
        found: defaultdict[str, list[Question]] = defaultdict(list)
        for application, question in self.gaps:
            found[application.organisation.legal_name].append(question)
        return dict(found)

    @property
    def digest(self) -> str:
        """Stands for the plan: the one that is saved is the one that was shown."""
        lines = sorted(f"{pair}{sorted(questions)}" for pair, questions in self.added.items())
        return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]


def propose(setting: Setting, *, keep_to: Spread, scorers: int) -> Plan:
    """Fill every question of every application up to `scorers` evaluators, the least busy first."""
    return _Spreading(setting, keep_to, scorers).carry_out()


class _Spreading:
    """The plan in the making: who scores what so far, and what each evaluator could simply go on with."""

    def __init__(self, setting: Setting, keep_to: Spread, scorers: int) -> None:
        self.setting, self.keep_to, self.scorers = setting, keep_to, scorers
        self.plan = Plan(before=Counter(one.evaluator_id for one in setting.assignments))
        self.plan.after = self.plan.before.copy()
        self.scoring: defaultdict[Pair, set[uuid.UUID]] = defaultdict(set)
        self.goes_on: set[Pair] = set()
        for one in setting.assignments:
            self._note(one.evaluator_id, one.application_id, one.question_id)

    def carry_out(self) -> Plan:
        for application, question in self._in_order():
            self._fill(application, question)
        return self.plan

    def _in_order(self) -> list[tuple[Application, Question]]:
        applications, questions = self.setting.applications, self.setting.questions
        if self.keep_to == Spread.SECTION:
            return [(application, question) for question in questions for application in applications]
        return [(application, question) for application in applications for question in questions]

    def _fill(self, application: Application, question: Question) -> None:
        on_it = self.scoring[application.id, question.id]
        while len(on_it) < self.scorers:
            person = self._choose(application, question, on_it)
            if person is None:
                self.plan.gaps.append((application, question))
                return
            self._note(person.id, application.id, question.id)
            self.plan.added[application.id, person.id].add(question.id)
            self.plan.after[person.id] += 1

    def _note(self, evaluator_id: uuid.UUID, application_id: uuid.UUID, question_id: uuid.UUID) -> None:
        self.scoring[application_id, question_id].add(evaluator_id)
        self.goes_on.add((evaluator_id, self._kept_to(application_id, question_id)))

    def _kept_to(self, application_id: uuid.UUID, question_id: uuid.UUID) -> uuid.UUID:
        if self.keep_to == Spread.APPLICATION:
            return application_id
        return next(one.section_id for one in self.setting.questions if one.id == question_id)

    def _choose(
        self, application: Application, question: Question, on_it: Collection[uuid.UUID]
    ) -> Person | None:
        free = self._list_free(application, question, on_it)
        loads = {person.id: self.plan.after[person.id] for person in free}
        most = min(loads.values(), default=0) + len(self.setting.applications)
        councils = {person.council for person in self.setting.evaluators if person.id in on_it}
        kept_to = self._kept_to(application.id, question.id)

        def order(person: Person) -> tuple[bool, int, bool, str, str]:
            load = loads[person.id]
            # Who scores a section goes on with it until somebody else has a question's worth less to do.
            is_fair = self.keep_to == Spread.APPLICATION or load < most
            goes_on = is_fair and (person.id, kept_to) in self.goes_on
            return (not goes_on, load, person.council in councils, person.full_name, str(person.id))

        return min(free, key=order, default=None)

    def _list_free(
        self, application: Application, question: Question, on_it: Collection[uuid.UUID]
    ) -> list[Person]:
        """Who may score it: has no conflict, works for the council it asks for, and does not score it already."""
        return [
            person
            for person in self.setting.evaluators
            if person.id not in on_it
            and (application.id, person.id) not in self.setting.conflicts
            and question.evaluated_by in (EvaluatedBy.EITHER, person.council)
        ]
