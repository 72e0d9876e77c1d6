"""What a commissioner says of a question and of a section, and when that hangs together."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from portal.core.errors import Invalid, Stale
from portal.frameworks.models import Question, Section
from portal.frameworks.queries import list_conditions, list_depending
from portal.frameworks.states import (
    PREFILLS,
    EvaluatedBy,
    EvidenceKind,
    EvidenceRule,
    QuestionKind,
    SectionKind,
)

K = QuestionKind
LONGEST_TEXT = 1000
LONGEST_CHOICE = 200
MOST_WORDS = 10_000
PENNY = Decimal("0.01")

# What cannot be marked out of five: an officer judges the first two, and prices are arithmetic.
NEVER_SCORED = frozenset({K.EXCLUSION, K.DECLARATION, K.PRICE_SCHEDULE})

ONLY_ONE_OF = frozenset({SectionKind.PRICE, SectionKind.DECLARATION})


@dataclass(frozen=True)
class SectionTerms:
    """What a section is called and says."""

    kind: SectionKind
    title: str
    guidance: str


@dataclass(frozen=True)
class QuestionTerms:
    """Everything a commissioner decides about a question. Weight in points, `shown_when_*` as in the model."""

    kind: QuestionKind
    text: str
    guidance: str = ""
    word_limit: int | None = None
    is_required: bool = True
    choices: Sequence[str] = ()
    pass_fail: bool = False
    weight: Decimal | None = None
    minimum_score: int | None = None
    evaluated_by: EvaluatedBy = EvaluatedBy.EITHER
    evaluator_note: str = ""
    evidence: EvidenceRule = EvidenceRule.NONE
    evidence_kind: EvidenceKind | None = None
    may_be_obtained_on_award: bool = False
    prefilled_from: str | None = None
    shown_when_question_id: uuid.UUID | None = None
    shown_when_value: str | None = None


def columns_of(terms: QuestionTerms) -> dict[str, Any]:
    """The terms as the model's columns."""
    return asdict(terms) | {"choices": list(terms.choices)}


def mark_of(thing: Question | Section) -> str:
    """A short fingerprint of what the form of this question or section shows."""
    shown = SectionTerms if isinstance(thing, Section) else QuestionTerms
    content = repr([getattr(thing, name) for name in shown.__dataclass_fields__])
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def check_seen(thing: Question | Section, seen: str | None) -> None:
    """Raise `Stale` when the form was filled in against other content than there is now. None: it carries none."""
    if seen is not None and seen != mark_of(thing):
        raise Stale


def kinds_for(section: Section) -> list[QuestionKind]:
    """The kinds of question that belong in a section of this kind."""
    if section.kind == SectionKind.DECLARATION:
        return []
    if section.kind == SectionKind.PRICE:
        return [K.PRICE_SCHEDULE]
    return [kind for kind in K if kind != K.PRICE_SCHEDULE]


def may_be_scored(section: Section, kind: QuestionKind) -> bool:
    """Points are given in quality sections alone, for answers that evaluators can mark."""
    return section.kind == SectionKind.QUALITY and kind not in NEVER_SCORED


def check_section(terms: SectionTerms, others: Collection[Section]) -> None:
    """Raise `Invalid` beside the field for a section that cannot be."""
    if not terms.title.strip():
        raise Invalid("Enter a title.", field="title")
    if terms.kind in ONLY_ONE_OF and terms.kind in {other.kind for other in others}:
        raise Invalid(f"There is a section of the kind “{terms.kind.label}” already.", field="kind")


def check_question(
    terms: QuestionTerms, section: Section, before: Sequence[Question], *, own: Question | None = None
) -> None:
    """Raise `Invalid` beside the field for a question that cannot be.

    `before` are the questions asked before it; `own` is the question itself when there is one already.
    """
    if terms.kind not in kinds_for(section):
        raise Invalid("This kind of question does not belong in this section.", field="kind")
    if terms.kind == K.PRICE_SCHEDULE and any(one != own for one in section.questions):
        raise Invalid("A round asks for one price schedule.", field="kind")
    _check_text(terms)
    _check_choices(terms)
    _check_judging(terms, section)
    _check_evidence(terms)
    _check_condition(terms, before)


def _check_text(terms: QuestionTerms) -> None:
    if not terms.text.strip():
        raise Invalid("Enter the question.", field="text")
    if len(terms.text) > LONGEST_TEXT:
        raise Invalid(f"Use {LONGEST_TEXT:,} characters or fewer; the rest can be guidance.", field="text")
    if terms.word_limit is not None and not (
        terms.kind == K.LONG_TEXT and 0 < terms.word_limit <= MOST_WORDS
    ):
        raise Invalid(f"Enter a number of words from 1 to {MOST_WORDS:,}.", field="word_limit")
    if terms.prefilled_from is not None and terms.prefilled_from not in PREFILLS:
        raise Invalid("Choose what the answer starts from.", field="prefilled_from")


def _check_choices(terms: QuestionTerms) -> None:
    if not terms.kind.has_choices:
        if terms.choices:
            raise Invalid("Only a question with choices has choices.", field="choices")
        return
    if len(terms.choices) < 2:
        raise Invalid("Give at least two choices, each on a line of its own.", field="choices")
    if len({choice.casefold() for choice in terms.choices}) < len(terms.choices):
        raise Invalid("Each choice must be different.", field="choices")
    if max(map(len, terms.choices)) > LONGEST_CHOICE:
        raise Invalid(f"Use {LONGEST_CHOICE} characters or fewer for each choice.", field="choices")


def _check_judging(terms: QuestionTerms, section: Section) -> None:
    if terms.kind == K.EXCLUSION and not terms.pass_fail:
        raise Invalid("An officer decides on every ground for exclusion.", field="judged")
    if terms.weight is None:
        if terms.minimum_score is not None:
            raise Invalid("Only a scored question has a lowest score.", field="minimum_score")
        return
    if not may_be_scored(section, terms.kind):
        raise Invalid("Only answers in a quality section are scored.", field="judged")
    if terms.pass_fail:
        raise Invalid("A question is either scored or pass or fail.", field="judged")
    if not 0 < terms.weight < 100 or terms.weight != terms.weight.quantize(PENNY):
        raise Invalid("Enter points above 0 and below 100, with two decimals at most.", field="weight")
    if terms.minimum_score is not None and not 1 <= terms.minimum_score <= 5:
        raise Invalid("Choose a lowest score from 1 to 5.", field="minimum_score")


def _check_evidence(terms: QuestionTerms) -> None:
    takes_files = terms.kind == K.FILE or terms.evidence != EvidenceRule.NONE
    if terms.kind in (K.FILE, K.PRICE_SCHEDULE) and terms.evidence != EvidenceRule.NONE:
        raise Invalid("This kind of question takes no further document.", field="evidence")
    if terms.may_be_obtained_on_award and not takes_files:
        raise Invalid("Ask for a document first.", field="may_be_obtained_on_award")
    if terms.evidence_kind is not None and not takes_files:
        raise Invalid("Ask for a document first.", field="evidence_kind")


def _check_condition(terms: QuestionTerms, before: Sequence[Question]) -> None:
    if terms.shown_when_question_id is None:
        return
    awaited = next((one for one in before if one.id == terms.shown_when_question_id), None)
    if awaited is None:
        raise Invalid("A question can only wait for one that is asked before it.", field="shown_when")
    if terms.shown_when_value not in {one.value for one in list_conditions(awaited)}:
        raise Invalid(f"Question {awaited.number} has no such answer.", field="shown_when")


def check_awaited(own: Question, terms: QuestionTerms, among: Collection[Question]) -> None:
    """Raise `Invalid` when other questions wait for an answer that `terms` would no longer allow."""
    changed = Question(kind=terms.kind, choices=list(terms.choices))
    possible = {condition.value for condition in list_conditions(changed)}
    lost = [one.number for one in list_depending(own, among) if one.shown_when_value not in possible]
    if lost:
        raise Invalid(
            f"Question {', '.join(lost)} waits for an answer that this would take away. Change that first.",
            field="choices" if terms.kind.has_choices else "kind",
        )
