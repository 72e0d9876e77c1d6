"""Question sets as services: sections and questions added, changed, moved, removed; points; copying."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from portal.accounts.states import Role
from portal.core.db import session
from portal.core.errors import Invalid, NotAllowed, Refused, Stale
from portal.frameworks import queries, services
from portal.frameworks.models import Question, Round, Section
from portal.frameworks.services import QuestionTerms, Scoring, SectionTerms
from portal.frameworks.states import (
    EvaluatedBy,
    EvidenceKind,
    EvidenceRule,
    QuestionKind,
    RoundState,
    SectionKind,
    StartingSet,
)
from tests.factories.accounts import person
from tests.factories.frameworks import framework, round_
from tests.frameworks.test_rounds import terms as round_terms
from tests.frameworks.test_rounds import verbs_of

K, S = QuestionKind, RoundState


@pytest.fixture
def draft() -> Round:
    return round_(S.DRAFT)


@pytest.fixture
def officer() -> Any:
    return person(Role.COMMISSIONER)


def section(of: Round, kind: SectionKind = SectionKind.QUALITY) -> Section:
    return next(one for one in queries.list_sections(of) if one.kind == kind)


def yes_no(of: Round, officer: Any, kind: SectionKind = SectionKind.CONDITIONS) -> Question:
    return services.add_question(section(of, kind), QuestionTerms(K.YES_NO, "Are you ready?"), by=officer)


def numbers(of: Round) -> list[str]:
    return [question.number for question in queries.list_questions(of)]


def terms_of(question: Question) -> QuestionTerms:
    return QuestionTerms(**{name: getattr(question, name) for name in QuestionTerms.__dataclass_fields__})


@pytest.mark.parametrize("kind", [kind for kind in K if kind != K.PRICE_SCHEDULE])
def test_a_question_of_each_kind_is_added_at_the_end(draft: Round, officer: Any, kind: QuestionKind) -> None:
    of = section(draft, SectionKind.CONDITIONS)
    before = len(of.questions)
    made = services.add_question(
        of,
        QuestionTerms(
            kind,
            "What do you say?",
            choices=("One", "Two") if kind.has_choices else (),
            pass_fail=kind == K.EXCLUSION,
        ),
        by=officer,
    )
    assert made.number == f"{of.position}.{before + 1}"
    assert numbers(draft)[-3:] != []
    assert verbs_of(made) == ["question.added"]


WRONG: list[tuple[SectionKind, QuestionTerms, str]] = [
    (SectionKind.QUALITY, QuestionTerms(K.LONG_TEXT, " "), "text"),
    (SectionKind.QUALITY, QuestionTerms(K.LONG_TEXT, "x" * 1001), "text"),
    (SectionKind.QUALITY, QuestionTerms(K.LONG_TEXT, "Why?", word_limit=0), "word_limit"),
    (SectionKind.QUALITY, QuestionTerms(K.SHORT_TEXT, "Why?", word_limit=10), "word_limit"),
    (SectionKind.QUALITY, QuestionTerms(K.CHOICE, "Which?", choices=("One",)), "choices"),
    (SectionKind.QUALITY, QuestionTerms(K.CHOICE, "Which?", choices=("One", "ONE")), "choices"),
    (SectionKind.QUALITY, QuestionTerms(K.CHOICE, "Which?", choices=("One", "x" * 201)), "choices"),
    (SectionKind.QUALITY, QuestionTerms(K.DATE, "When?", choices=("One", "Two")), "choices"),
    (SectionKind.QUALITY, QuestionTerms(K.LONG_TEXT, "Why?", weight=Decimal(0)), "weight"),
    (SectionKind.QUALITY, QuestionTerms(K.LONG_TEXT, "Why?", weight=Decimal("1.234")), "weight"),
    (SectionKind.QUALITY, QuestionTerms(K.LONG_TEXT, "Why?", minimum_score=3), "minimum_score"),
    (
        SectionKind.QUALITY,
        QuestionTerms(K.LONG_TEXT, "Why?", weight=Decimal(5), minimum_score=6),
        "minimum_score",
    ),
    (SectionKind.QUALITY, QuestionTerms(K.LONG_TEXT, "Why?", weight=Decimal(5), pass_fail=True), "judged"),
    (SectionKind.CONDITIONS, QuestionTerms(K.LONG_TEXT, "Why?", weight=Decimal(5)), "judged"),
    (SectionKind.QUALITY, QuestionTerms(K.DECLARATION, "So?", weight=Decimal(5)), "judged"),
    (SectionKind.SELECTION, QuestionTerms(K.EXCLUSION, "Has anyone?"), "judged"),
    (SectionKind.QUALITY, QuestionTerms(K.PRICE_SCHEDULE, "Prices?"), "kind"),
    (SectionKind.PRICE, QuestionTerms(K.PRICE_SCHEDULE, "Prices again?"), "kind"),
    (SectionKind.DECLARATION, QuestionTerms(K.YES_NO, "Really?"), "kind"),
    (
        SectionKind.QUALITY,
        QuestionTerms(K.YES_NO, "So?", may_be_obtained_on_award=True),
        "may_be_obtained_on_award",
    ),
    (SectionKind.QUALITY, QuestionTerms(K.YES_NO, "So?", evidence_kind=EvidenceKind.OTHER), "evidence_kind"),
    (SectionKind.QUALITY, QuestionTerms(K.FILE, "So?", evidence=EvidenceRule.REQUIRED), "evidence"),
    (
        SectionKind.ORGANISATION,
        QuestionTerms(K.SHORT_TEXT, "So?", prefilled_from="password_hash"),
        "prefilled_from",
    ),
]


@pytest.mark.parametrize(("kind", "wrong", "field"), WRONG)
def test_what_cannot_be_is_refused_beside_its_field(
    draft: Round, officer: Any, kind: SectionKind, wrong: QuestionTerms, field: str
) -> None:
    before = numbers(draft)
    with pytest.raises(Invalid) as refused:
        services.add_question(section(draft, kind), wrong, by=officer)
    assert refused.value.field == field
    assert numbers(draft) == before


def test_a_question_is_edited_whole(draft: Round, officer: Any) -> None:
    made = yes_no(draft, officer)
    wanted = QuestionTerms(
        K.LONG_TEXT,
        "How are you insured?",
        guidance="Say with whom.",
        word_limit=300,
        is_required=False,
        pass_fail=True,
        evaluator_note="Look at the sums.",
        evidence=EvidenceRule.REQUIRED,
        evidence_kind=EvidenceKind.INSURANCE,
        may_be_obtained_on_award=True,
    )
    services.edit_question(made, wanted, by=officer, seen=services.mark_of(made))
    assert replace(terms_of(made), choices=()) == wanted


def test_two_who_edit_one_question_do_not_overwrite_each_other(draft: Round, officer: Any) -> None:
    made = yes_no(draft, officer)
    seen = services.mark_of(made)
    services.edit_question(made, QuestionTerms(K.YES_NO, "First."), by=officer, seen=seen)
    with pytest.raises(Stale):
        services.edit_question(made, QuestionTerms(K.YES_NO, "Second."), by=officer, seen=seen)
    of = section(draft)
    seen = services.mark_of(of)
    services.edit_section(of, SectionTerms(of.kind, "First", ""), by=officer, seen=seen)
    with pytest.raises(Stale):
        services.edit_section(of, SectionTerms(of.kind, "Second", ""), by=officer, seen=seen)


def test_moving_renumbers_and_a_second_press_changes_nothing(draft: Round, officer: Any) -> None:
    first, second = section(draft).questions[:2]
    services.move_question(second, -1, by=officer, seen_position=2)
    assert (second.number, first.number) == ("5.1", "5.2")
    services.move_question(second, -1, by=officer, seen_position=2)
    assert second.number == "5.1"
    services.move_question(second, -1, by=officer, seen_position=1)
    assert second.number == "5.1"
    assert numbers(draft) == sorted(
        numbers(draft), key=lambda number: [int(part) for part in number.split(".")]
    )


def test_moving_a_section_takes_its_questions_along(draft: Round, officer: Any) -> None:
    quality = section(draft)
    services.move_section(quality, -1, by=officer, seen_position=5)
    assert quality.position == 4
    assert {question.number.partition(".")[0] for question in quality.questions} == {"4"}
    assert len(set(numbers(draft))) == len(numbers(draft))


def test_sections_are_added_edited_and_removed(draft: Round, officer: Any) -> None:
    made = services.add_section(draft, SectionTerms(SectionKind.QUALITY, "More quality", ""), by=officer)
    assert made.position == 8
    services.edit_section(made, SectionTerms(made.kind, "Yet more", "Read this."), by=officer)
    services.remove_section(section(draft, SectionKind.ORGANISATION), by=officer)
    assert [one.position for one in queries.list_sections(draft)] == list(range(1, 8))
    assert numbers(draft)[0] == "1.1"
    with pytest.raises(Invalid) as refused:
        services.add_section(draft, SectionTerms(SectionKind.PRICE, "Prices", ""), by=officer)
    assert refused.value.field == "kind"
    with pytest.raises(Invalid):
        services.add_section(draft, SectionTerms(SectionKind.QUALITY, " ", ""), by=officer)


def test_a_question_can_wait_for_an_answer_given_before_it(draft: Round, officer: Any) -> None:
    awaited = yes_no(draft, officer)
    waiting = services.add_question(
        awaited.section,
        QuestionTerms(K.LONG_TEXT, "Explain.", shown_when_question_id=awaited.id, shown_when_value="yes"),
        by=officer,
    )
    assert not queries.is_asked(waiting, {})
    assert not queries.is_asked(waiting, {awaited.id: False})
    assert queries.is_asked(waiting, {awaited.id: True})
    with pytest.raises(Refused, match="must come after it"):
        services.move_question(waiting, -1, by=officer, seen_position=waiting.position)
    session.rollback()


def test_what_others_wait_for_is_not_taken_away(draft: Round, officer: Any) -> None:
    of = section(draft, SectionKind.CONDITIONS)
    awaited = services.add_question(of, QuestionTerms(K.CHOICE, "Which?", choices=("One", "Two")), by=officer)
    waiting = services.add_question(
        section(draft),
        QuestionTerms(K.LONG_TEXT, "Why two?", shown_when_question_id=awaited.id, shown_when_value="Two"),
        by=officer,
    )
    with pytest.raises(Refused, match=waiting.number):
        services.remove_question(awaited, by=officer)
    with pytest.raises(Refused, match=waiting.number):
        services.remove_section(of, by=officer)
    with pytest.raises(Invalid, match="waits for an answer"):
        services.edit_question(
            awaited, QuestionTerms(K.CHOICE, "Which?", choices=("One", "Three")), by=officer
        )
    with pytest.raises(Invalid, match="waits for an answer"):
        services.edit_question(awaited, QuestionTerms(K.SHORT_TEXT, "Which?"), by=officer)
    services.remove_question(waiting, by=officer)
    services.remove_question(awaited, by=officer)


@pytest.mark.parametrize("value", ["yes", "perhaps"])
def test_a_question_cannot_wait_for_what_comes_after_it_or_has_no_such_answer(
    draft: Round, officer: Any, value: str
) -> None:
    later = services.add_question(section(draft), QuestionTerms(K.YES_NO, "Later?"), by=officer)
    earlier = section(draft, SectionKind.CONDITIONS if value == "yes" else SectionKind.QUALITY)
    with pytest.raises(Invalid) as refused:
        services.add_question(
            earlier,
            QuestionTerms(K.SHORT_TEXT, "Why?", shown_when_question_id=later.id, shown_when_value=value),
            by=officer,
        )
    assert refused.value.field == "shown_when"


@pytest.mark.parametrize(
    ("kind", "wanted", "value", "asked"),
    [
        (K.YES_NO, "no", False, True),
        (K.YES_NO, "no", None, False),
        (K.YES_NO, "yes", True, True),
        (K.CHOICE, "Red", "Red", True),
        (K.CHOICE, "Red", "Green", False),
        (K.SEVERAL_CHOICES, "Red", ["Green", "Red"], True),
        (K.SEVERAL_CHOICES, "Red", None, False),
        (K.EXCLUSION, "yes", {"applies": "self_cleaned", "explanation": ""}, True),
        (K.EXCLUSION, "yes", {"applies": "no"}, False),
        (K.EXCLUSION, "no", {"applies": "no"}, True),
        (K.EXCLUSION, "no", None, False),
    ],
)
def test_each_kind_of_answer_that_may_be_waited_for(
    kind: QuestionKind, wanted: str, value: Any, asked: bool
) -> None:
    awaited = Question(
        id=session.connection().exec_driver_sql("select gen_random_uuid()").scalar(), kind=kind
    )
    waiting = Question(shown_when_question=awaited, shown_when_value=wanted)
    assert queries.is_asked(waiting, {awaited.id: value}) is asked


def test_what_waits_for_something_not_asked_is_not_asked() -> None:
    ids = [session.connection().exec_driver_sql("select gen_random_uuid()").scalar() for _ in range(2)]
    first = Question(id=ids[0], kind=K.YES_NO)
    second = Question(id=ids[1], kind=K.YES_NO, shown_when_question=first, shown_when_value="yes")
    third = Question(shown_when_question=second, shown_when_value="yes")
    assert queries.is_asked(third, {ids[0]: True, ids[1]: True})
    assert not queries.is_asked(third, {ids[0]: False, ids[1]: True})


def test_points_are_set_together_and_scaled(draft: Round, officer: Any) -> None:
    first, *others = queries.list_scored_questions(draft)
    services.set_weights(
        draft,
        {first.id: Scoring(Decimal("20.5"), 3, EvaluatedBy.MEDWAY)},
        by=officer,
        seen_version=draft.version,
    )
    assert (first.weight, first.minimum_score, first.evaluated_by) == (Decimal("20.5"), 3, EvaluatedBy.MEDWAY)
    assert queries.total_questions(draft).weight != draft.quality_weight
    services.scale_weights(draft, by=officer)
    assert queries.total_questions(draft).weight == draft.quality_weight
    assert others
    with pytest.raises(Invalid):
        services.set_weights(draft, {first.id: Scoring(Decimal(0), None, EvaluatedBy.EITHER)}, by=officer)


def test_editing_the_round_leaves_points_being_worked_on_alone(draft: Round, officer: Any) -> None:
    first = queries.list_scored_questions(draft)[0]
    services.set_weights(draft, {first.id: Scoring(Decimal(1), None, EvaluatedBy.EITHER)}, by=officer)
    before = queries.total_questions(draft).weight
    services.edit_round(draft, round_terms(title="Another title"), by=officer, seen_version=None)
    assert queries.total_questions(draft).weight == before


def test_a_round_is_copied_with_conditions_and_basket(officer: Any) -> None:
    source = round_(S.DRAFT)
    awaited = yes_no(source, officer)
    services.add_question(
        awaited.section,
        QuestionTerms(K.LONG_TEXT, "Explain.", shown_when_question_id=awaited.id, shown_when_value="yes"),
        by=officer,
    )
    terms = round_terms(quality_weight=Decimal(70))
    copy = services.create_round(framework(), terms, start=source, by=officer)
    assert numbers(copy) == numbers(source)
    assert queries.total_questions(copy).weight == 70
    waiting = next(one for one in queries.list_questions(copy) if one.text == "Explain.")
    assert waiting.shown_when_question is not None
    assert waiting.shown_when_question.section.round_id == copy.id
    assert queries.list_volumes(copy).keys() == queries.list_volumes(source).keys()


def test_a_round_can_start_empty(officer: Any) -> None:
    made = services.create_round(framework(), round_terms(), start=StartingSet.EMPTY, by=officer)
    assert queries.list_sections(made) == []
    problems = [problem.text for problem in queries.list_set_problems(made)]
    assert len(problems) == 2
    with pytest.raises(Refused):
        services.publish_round(made, by=officer)


def test_publishing_is_refused_with_every_reason(officer: Any) -> None:
    made = round_(S.DRAFT)
    services.add_section(made, SectionTerms(SectionKind.QUALITY, "Empty one", ""), by=officer)
    services.remove_section(section(made, SectionKind.PRICE), by=officer)
    said = [problem.text for problem in queries.list_set_problems(made)]
    assert any("price schedule" in text for text in said)
    assert any("“Empty one”, asks nothing" in text for text in said)
    with pytest.raises(Refused, match="price schedule"):
        services.publish_round(made, by=officer)


def test_only_commissioners_edit_and_only_drafts(draft: Round, officer: Any) -> None:
    for who in (person(Role.EVALUATOR), person(Role.APPROVER)):
        with pytest.raises(NotAllowed):
            services.add_question(section(draft), QuestionTerms(K.YES_NO, "So?"), by=who)
    published = round_(S.PUBLISHED)
    question = queries.list_questions(published)[0]
    attempts: list[Any] = [
        lambda: services.add_section(published, SectionTerms(SectionKind.QUALITY, "Late", ""), by=officer),
        lambda: services.edit_section(
            question.section, SectionTerms(SectionKind.QUALITY, "Late", ""), by=officer
        ),
        lambda: services.move_section(question.section, 1, by=officer, seen_position=1),
        lambda: services.remove_section(question.section, by=officer),
        lambda: services.add_question(question.section, QuestionTerms(K.YES_NO, "So?"), by=officer),
        lambda: services.edit_question(question, QuestionTerms(K.YES_NO, "So?"), by=officer),
        lambda: services.move_question(question, 1, by=officer, seen_position=1),
        lambda: services.remove_question(question, by=officer),
        lambda: services.set_weights(published, {}, by=officer),
        lambda: services.scale_weights(published, by=officer),
    ]
    for attempt in attempts:
        with pytest.raises(NotAllowed, match="has been published"):
            attempt()
