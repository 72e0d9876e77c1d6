"""The form of an amendment: the wording of the questions chosen, and what is published about it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from portal.frameworks.forms.fields import tidy
from portal.frameworks.forms.questions import LONGEST_GUIDANCE, lines
from portal.frameworks.models import Question
from portal.frameworks.services import Wording

LONGEST_SUMMARY = 1000


@dataclass
class AmendmentForm:
    """Wordings by question, as typed; plain fields, because there are as many as questions were chosen."""

    questions: Sequence[Question]
    typed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, questions: Sequence[Question]) -> AmendmentForm:
        """The form as it is first shown: the wording that stands."""
        typed = {"summary": ""}
        for question in questions:
            typed[f"text-{question.id}"] = question.text
            typed[f"guidance-{question.id}"] = question.guidance
            typed[f"word_limit-{question.id}"] = str(question.word_limit or "")
            typed[f"choices-{question.id}"] = "\n".join(question.choices)
        return cls(questions, typed)

    def read(self, posted: Mapping[str, str]) -> bool:
        """Take what was posted; true when every field can be understood. A field left out stays as it stands."""
        shown = AmendmentForm.of(self.questions).typed
        self.typed = {name: tidy(posted.get(name, value)) for name, value in shown.items()}
        if not self.typed["summary"]:
            self.errors["summary"] = "Say in a sentence what is corrected and why: it is published."
        if len(self.typed["summary"]) > LONGEST_SUMMARY:
            self.errors["summary"] = f"Use {LONGEST_SUMMARY:,} characters or fewer."
        for question in self.questions:
            self._check(question)
        return not self.errors

    def wordings(self) -> dict[uuid.UUID, Wording]:
        """What was typed, once it is understood."""
        return {question.id: self._wording(question) for question in self.questions}

    def _check(self, question: Question) -> None:
        limit = self.typed[f"word_limit-{question.id}"]
        if limit and not (limit.isascii() and limit.isdigit() and int(limit[:9]) > 0):
            self.errors[f"word_limit-{question.id}"] = f"{question.number}: enter a whole number of words."
        if len(self.typed[f"guidance-{question.id}"]) > LONGEST_GUIDANCE:
            self.errors[f"guidance-{question.id}"] = (
                f"{question.number}: use {LONGEST_GUIDANCE:,} characters or fewer."
            )

    def _wording(self, question: Question) -> Wording:
        limit = self.typed[f"word_limit-{question.id}"]
        return Wording(
            text=self.typed[f"text-{question.id}"],
            guidance=self.typed[f"guidance-{question.id}"].replace("\r\n", "\n"),
            word_limit=int(limit[:9]) if limit else None,
            choices=lines(self.typed[f"choices-{question.id}"]),
        )
