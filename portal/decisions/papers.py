"""The parts of the two papers of a decision, in the order of Kent's Record of Decision 23-00112."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """A part of a paper that is edited as text."""

    key: str
    title: str
    hint: str = ""

    @property
    def field(self) -> str:
        """Its name in a form, where `process` or `data` alone would mean something else."""
        return f"text_{self.key}"


@dataclass(frozen=True)
class Paper:
    """The recommendation report or the Record of Decision: `column` holds its texts by section."""

    key: str
    title: str
    column: str
    sections: tuple[Section, ...]

    def missing(self, texts: Mapping[str, str]) -> list[Section]:
        """The sections without a word in them."""
        return [section for section in self.sections if not texts.get(section.key, "").strip()]


REPORT = Paper(
    "report",
    "Recommendation report",
    "report",
    (
        Section("purpose", "Purpose of this report"),
        Section("background", "Background and authority"),
        Section("process", "How applications were invited and evaluated"),
        Section("outcome", "Outcome of the evaluation"),
        Section("recommendation", "Recommendation"),
        Section("options", "Options considered"),
        Section("finance", "Financial implications"),
        Section("equalities", "Equalities implications"),
        Section("legal", "Legal implications and standstill"),
        Section("conflicts", "Conflicts of interest and how they were handled"),
    ),
)
RECORD = Paper(
    "record",
    "Record of Decision",
    "record",
    (
        Section("subject", "Subject matter and title of decision"),
        Section("key_test", "Why this is, or is not, a key decision"),
        Section("decision", "Decision", "What the decision-maker agrees to, in so many words."),
        Section("reasons", "Reasons for decision"),
        Section("preferred_option", "Preferred option"),
        Section("strategy", "Framing Kent’s Future: our council strategy"),
        Section("consultation", "Consultation"),
        Section("equalities", "Equalities assessment"),
        Section("finance", "Financial implications"),
        Section("alternatives", "Alternatives considered and rejected"),
        Section("interests", "Interests declared, and dispensations granted"),
    ),
)
PAPERS = {paper.key: paper for paper in (REPORT, RECORD)}
