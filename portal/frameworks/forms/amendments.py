"""The form of an amendment: the wording of the questions chosen, and what is published about it."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from portal.core.clock import LONDON
from portal.core.errors import Invalid
from portal.frameworks.forms.fields import DATE_FORMATS, tidy, uk_moment
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
        typed = {"summary": "", "extension_date": "", "extension_time": ""}
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

    def propose_deadline(self, needed: datetime) -> None:
        """Fill in the deadline that the amendment needs with it, where nothing is typed yet."""
        local = needed.astimezone(LONDON)
        self.typed["extension_date"] = self.typed["extension_date"] or local.date().isoformat()
        self.typed["extension_time"] = self.typed["extension_time"] or f"{local:%H:%M}"

    def extended_to(self) -> datetime | None:
        """The new deadline as typed, None where there is none. Raises `Invalid` beside it."""
        if not self.typed["extension_date"]:
            return None
        try:
            day = _parse(self.typed["extension_date"], DATE_FORMATS).date()
            at = _parse(self.typed["extension_time"], ["%H:%M", "%H:%M:%S"]).time()
        except ValueError:
            raise Invalid(
                "Enter a real date, like 31/03/2026, and a time like 17:00.", field="extension_date"
            ) from None
        try:
            return uk_moment(day, at)
        except ValueError as error:
            raise Invalid(str(error), field="extension_date") from error

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


def _parse(text: str, formats: Sequence[str]) -> datetime:
    for one in formats:
        with contextlib.suppress(ValueError):
            return datetime.strptime(text, one)
    raise ValueError(text)
