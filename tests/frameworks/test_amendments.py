"""Correcting a published round, and every way around it that the database refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from portal.accounts.states import Role
from portal.applications.models import Answer
from portal.core import clock
from portal.core.audit import AuditEvent
from portal.core.db import session
from portal.core.errors import Invalid, NotAllowed, Refused, Stale
from portal.frameworks import queries, services
from portal.frameworks.models import Amendment, AmendmentChange, Question, Round
from portal.frameworks.services import QuestionTerms, Wording
from portal.frameworks.states import QuestionKind, RoundState, SectionKind
from tests.factories.accounts import person
from tests.factories.applications import application
from tests.factories.frameworks import move_to, round_
from tests.support.acting import acting_as, as_worker, travel
from tests.support.client import PortalClient

S = RoundState
SUMMARY = "The guidance named the wrong year."


@pytest.fixture
def officer() -> Any:
    return person(Role.COMMISSIONER)


@pytest.fixture
def published() -> Round:
    return round_(S.PUBLISHED)


def long_question(of: Round) -> Question:
    return next(one for one in queries.list_questions(of) if one.word_limit and one.weight)


def as_it_stands(question: Question) -> Wording:
    return Wording(question.text, question.guidance, question.word_limit, list(question.choices))


def amend(of: Round, question: Question, by: Any, **changes: Any) -> Amendment:
    wording = replace(as_it_stands(question), **changes)
    return services.publish_amendment(of, {question.id: wording}, summary=SUMMARY, by=by)


def jobs_named(name: str) -> list[Any]:
    statement = sa.text("SELECT args FROM procrastinate_jobs WHERE task_name = :name ORDER BY id")
    session.flush()
    session.execute(sa.text("RESET ROLE"))
    found = list(session.scalars(statement, {"name": name}))
    session.execute(sa.text("SET ROLE portal_app"))
    return found


def test_a_correction_is_numbered_published_and_told(published: Round, officer: Any) -> None:
    question = long_question(published)
    before = question.guidance
    made = amend(
        published, question, officer, guidance="Cover 2026 as well.", word_limit=question.word_limit + 50
    )  # type: ignore[operator]
    assert (made.number, made.summary) == (1, SUMMARY)
    change = queries.changes_by_question(published)[question.id]
    assert (change.number, change.before["guidance"], change.after["guidance"]) == (
        1,
        before,
        "Cover 2026 as well.",
    )
    assert "guidance was changed" in change.what
    assert "raised to" in change.what
    told = jobs_named("applications.tell_applicants")[-1]
    assert told["template"] == "frameworks/amendment"
    assert told["cause_id"] == str(made.id)
    assert told["context"]["summary"] == SUMMARY
    assert amend(published, question, officer, text="Another text?").number == 2
    assert [one.number for one in queries.list_amendments(published)] == [2, 1]
    session.commit()
    verbs = session.scalars(sa.select(AuditEvent.verb).where(AuditEvent.subject_id == published.id)).all()
    assert verbs == ["round.amended", "round.amended"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, None),
        ({"text": " "}, "text"),
        ({"text": "x" * 1001}, "text"),
        ({"word_limit": 10}, "word_limit"),
        ({"choices": ["One", "Two"]}, "choices"),
    ],
)
def test_what_no_amendment_may_do(
    published: Round, officer: Any, changes: dict[str, Any], field: str | None
) -> None:
    question = long_question(published)
    with pytest.raises(Invalid) as refused:
        amend(published, question, officer, **changes)
    assert refused.value.field == (f"{field}-{question.id}" if field else None)
    with pytest.raises(Invalid) as refused:
        services.publish_amendment(published, {}, summary=" ", by=officer)
    assert refused.value.field == "summary"


def test_only_a_published_round_is_amended_by_commissioners_before_its_deadline(officer: Any) -> None:
    for state in (S.DRAFT, S.OPENED, S.CANCELLED):
        other = round_(state)
        with pytest.raises(NotAllowed):
            amend(other, long_question(other), officer, text="Late?")
    published = round_(S.PUBLISHED)
    with pytest.raises(NotAllowed):
        amend(published, long_question(published), person(Role.EVALUATOR), text="Mine?")
    travel(timedelta(days=21))
    with pytest.raises(Refused, match="deadline has passed"):
        amend(published, long_question(published), officer, text="Late?")


def test_a_second_press_is_stale(published: Round, officer: Any) -> None:
    question, seen = long_question(published), published.version
    wording = {question.id: replace(as_it_stands(question), text="Once?")}
    services.publish_amendment(published, wording, summary=SUMMARY, by=officer, seen_version=seen)
    with pytest.raises(Stale):
        services.publish_amendment(published, wording, summary=SUMMARY, by=officer, seen_version=seen)
    assert len(queries.list_amendments(published)) == 1


@pytest.fixture
def choosing(officer: Any) -> tuple[Round, Question, Question, Question]:
    """A published round ending its quality questions with a choice, several choices, and one waiting for the first."""
    draft = round_(S.DRAFT)
    quality = next(one for one in queries.list_sections(draft) if one.kind == SectionKind.QUALITY)
    one = services.add_question(
        quality, QuestionTerms(QuestionKind.CHOICE, "Which?", choices=("Red", "Gren")), by=officer
    )
    several = services.add_question(
        quality,
        QuestionTerms(QuestionKind.SEVERAL_CHOICES, "Which?", choices=("Red", "Gren", "Blue")),
        by=officer,
    )
    waiting = services.add_question(
        quality,
        QuestionTerms(
            QuestionKind.LONG_TEXT,
            "Why?",
            shown_when_question_id=one.id,
            shown_when_value="Gren",
            is_required=False,
        ),
        by=officer,
    )
    session.commit()
    return move_to(draft, S.PUBLISHED), one, several, waiting


def test_answers_follow_their_choice_to_its_new_words(
    choosing: tuple[Round, Question, Question, Question], officer: Any
) -> None:
    published, one, several, waiting = choosing
    made = application(
        "draft",
        round_=published,
        answered=True,
        answers={one.number: "Gren", several.number: ["Gren", "Blue"]},
    )
    acting_as(officer)
    services.publish_amendment(
        published,
        {
            one.id: replace(as_it_stands(one), choices=["Red", "Green", "Other"]),
            several.id: replace(as_it_stands(several), choices=["Red", "Green", "Blue"]),
        },
        summary=SUMMARY,
        by=officer,
    )
    session.commit()
    assert waiting.shown_when_value == "Green"
    assert waiting.id in queries.changes_by_question(published)
    with as_worker():
        values = dict(
            session.execute(
                sa.select(Answer.question_id, Answer.value).where(Answer.application_id == made.id)
            ).all()
        )
    assert values[one.id] == "Green"
    assert values[several.id] == ["Green", "Blue"]


@pytest.mark.parametrize("choices", [["Red"], ["Gren", "Red"], ["Red", "red"], ["Red", "x" * 201]])
def test_choices_are_not_taken_away_or_moved(
    choosing: tuple[Round, Question, Question, Question], officer: Any, choices: list[str]
) -> None:
    published, one, _, _ = choosing
    with pytest.raises(Invalid) as refused:
        amend(published, one, officer, choices=choices)
    assert refused.value.field == f"choices-{one.id}"


def forged(of: Round, question: Question, by: Any, **after: Any) -> Amendment:
    """An amendment written by hand, with whatever it says of the question."""
    made = Amendment(
        round_id=of.id, number=99, summary="x", published_at=sa.func.portal_now(), published_by_id=by.id
    )
    session.add(made)
    session.flush()
    before = queries.wording_of(question)
    session.add(
        AmendmentChange(amendment_id=made.id, question_id=question.id, before=before, after=before | after)
    )
    session.flush()
    return made


ATTACKS = [
    "UPDATE question SET text = 'Changed' WHERE id = :question",
    "UPDATE question SET weight = 1 WHERE id = :question",
    "UPDATE question SET text = 'Changed', amendment_id = :amendment WHERE id = :question",
    "UPDATE question SET text = 'As published', weight = 1, amendment_id = :amendment WHERE id = :question",
    "UPDATE question SET text = 'As published' WHERE id = :question",
    "UPDATE question SET text = 'As published', amendment_id = :amendment WHERE id = :other",
    "UPDATE question SET section_id = :draft_section, position = 90 WHERE id = :question",
    "UPDATE question SET section_id = :section, position = 90 WHERE id = :draft_question",
    "DELETE FROM question WHERE id = :question",
    "INSERT INTO question SELECT (jsonb_populate_record(q, jsonb_build_object('id', uuidv7(), 'position', 91))).*"
    " FROM question q WHERE id = :question",
    "UPDATE section SET title = 'Changed' WHERE id = :section",
    "UPDATE section SET round_id = :draft, position = 90 WHERE id = :section",
    "UPDATE section SET round_id = :round, position = 90 WHERE id = :draft_section",
    "DELETE FROM section WHERE id = :section",
    "UPDATE basket_volume SET weeks = 1 WHERE round_id = :round",
    "UPDATE basket_volume SET ceiling = NULL WHERE round_id = :round",
    "DELETE FROM basket_volume WHERE round_id = :round",
    "UPDATE round SET state = 'draft' WHERE id = :round",
    "UPDATE round SET published_at = NULL WHERE id = :round",
    "UPDATE round SET quality_weight = 50, price_weight = 50 WHERE id = :round",
    "UPDATE round SET quality_minimum = 1 WHERE id = :round",
    "UPDATE round SET admission_rule = 'best_n', admit_at_most = 3 WHERE id = :round",
    "UPDATE round SET not_offered_rule = 'highest' WHERE id = :round",
    "UPDATE round SET rounding = 'whole' WHERE id = :round",
    "UPDATE round SET tie_rule = 'shared' WHERE id = :round",
    "DELETE FROM round WHERE id = :round",
    "UPDATE amendment SET summary = 'Changed' WHERE id = :amendment",
    "DELETE FROM amendment_change WHERE amendment_id = :amendment",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_database_keeps_what_was_published(published: Round, officer: Any, attack: str) -> None:
    draft = round_(S.DRAFT)
    question = long_question(published)
    made = forged(published, question, officer, text="As published")
    of_draft = long_question(draft)
    ids = {
        "round": published.id,
        "draft": draft.id,
        "question": question.id,
        "other": queries.list_questions(published)[0].id,
        "section": question.section_id,
        "draft_question": of_draft.id,
        "draft_section": of_draft.section_id,
        "amendment": made.id,
    }
    with pytest.raises(IntegrityError, match=r"never change|only by an amendment"):
        session.execute(sa.text(attack), ids)
    session.rollback()


def test_an_amendment_of_another_round_opens_nothing(published: Round, officer: Any) -> None:
    question, other = long_question(published), round_(S.PUBLISHED)
    made = forged(other, question, officer, text="As published")
    attack = sa.text("UPDATE question SET text = 'As published', amendment_id = :a WHERE id = :q")
    with pytest.raises(IntegrityError, match="only by an amendment"):
        session.execute(attack, {"a": made.id, "q": question.id})
    session.rollback()


def test_an_amendment_made_by_hand_after_the_deadline_changes_nothing(published: Round, officer: Any) -> None:
    question = long_question(published)
    travel(timedelta(days=21))
    made = forged(published, question, officer, text="As published")
    attack = sa.text("UPDATE question SET text = 'As published', amendment_id = :a WHERE id = :q")
    with pytest.raises(IntegrityError, match="only by an amendment"):
        session.execute(attack, {"a": made.id, "q": question.id})
    session.rollback()


def test_a_commissioner_corrects_a_question(client: PortalClient, published: Round, officer: Any) -> None:
    client.sign_in(officer)
    path, question = f"/rounds/{published.id}/amend", long_question(published)
    assert "Which questions do you correct?" in client.get(path).text
    assert "Choose at least one question." in client.get(f"{path}?chosen=1").text
    form = client.get(f"{path}?question={question.id}").text
    assert question.text in form
    typed = {
        "question": str(question.id),
        "version": str(published.version),
        f"text-{question.id}": "A better question?",
        f"guidance-{question.id}": question.guidance,
        f"word_limit-{question.id}": str(question.word_limit),
        "summary": SUMMARY,
    }
    missing = client.post(path, data={**typed, "summary": ""})
    assert missing.status_code == 422
    assert "A better question?" in missing.text
    lower = client.post(path, data={**typed, f"word_limit-{question.id}": "3"})
    assert lower.status_code == 422
    assert "only be raised or lifted" in lower.text
    nonsense = client.post(path, data={**typed, f"word_limit-{question.id}": "many"})
    assert "enter a whole number of words" in nonsense.text
    check = client.post(path, data={**typed, "then": "check"})
    assert check.status_code == 200
    assert "Before" in check.text
    assert "A better question?" in client.post(path, data={**typed, "then": "edit"}).text
    assert queries.list_amendments(published) == []
    done = client.post(path, data={**typed, "then": "publish"}, follow_redirects=True)
    assert "Amendment 1 is published." in done.text
    again = client.post(path, data={**typed, "then": "publish"})
    assert again.status_code == 409
    public = client.get(f"/framework/rounds/{published.id}").text
    assert "Amendment 1" in public
    assert SUMMARY in public
    assert "By amendment 1" in client.get(f"/framework/rounds/{published.id}/questions").text


def close_to_deadline(of: Round) -> None:
    """Two days before it."""
    travel(of.submission_deadline - clock.now() - timedelta(days=2))


def test_close_to_the_deadline_an_amendment_needs_an_extension(published: Round, officer: Any) -> None:
    question, before = long_question(published), published.submission_deadline
    close_to_deadline(published)
    needed = queries.deadline_needed(published, clock.now())
    assert needed is not None
    wording = {question.id: replace(as_it_stands(question), guidance="New.")}
    for too_early in (None, before + timedelta(hours=1), needed - timedelta(days=1)):
        with pytest.raises(Invalid, match="need 5 working days") as refused:
            services.publish_amendment(published, wording, summary=SUMMARY, by=officer, extended_to=too_early)
        assert refused.value.field == "extension_date"
    services.publish_amendment(published, wording, summary=SUMMARY, by=officer, extended_to=needed)
    assert published.submission_deadline == needed
    extension = queries.list_extensions(published)[0]
    assert (extension.extended_from, extension.reason) == (before, f"Amendment 1: {SUMMARY}")


def test_no_amendment_runs_into_the_start_of_agreements(published: Round, officer: Any) -> None:
    question = long_question(published)
    close_to_deadline(published)
    wording = {question.id: replace(as_it_stands(question), guidance="New.")}
    late = published.submission_deadline + timedelta(days=365)
    with pytest.raises(Invalid, match="before agreements start"):
        services.publish_amendment(published, wording, summary=SUMMARY, by=officer, extended_to=late)


@pytest.mark.parametrize(
    ("now", "needed"),
    [
        (datetime(2026, 12, 18, 10, tzinfo=UTC), datetime(2026, 12, 29, 12, tzinfo=UTC)),
        (datetime(2026, 3, 26, 10, tzinfo=UTC), datetime(2026, 4, 2, 11, tzinfo=UTC)),
    ],
    ids=["over Christmas and its substitute day", "over the change of the clocks"],
)
def test_five_working_days_are_counted_by_english_bank_holidays(now: datetime, needed: datetime) -> None:
    closing = now.replace(hour=12) + timedelta(days=1)
    assert queries.deadline_needed(Round(submission_deadline=closing), now) == needed
    assert queries.deadline_needed(Round(submission_deadline=needed), now) is None


def test_the_check_page_proposes_the_extension_and_publishes_both(
    client: PortalClient, published: Round, officer: Any
) -> None:
    question = long_question(published)
    close_to_deadline(published)
    client.sign_in(officer)
    path = f"/rounds/{published.id}/amend"
    typed = {
        "question": str(question.id),
        "version": str(published.version),
        f"text-{question.id}": "A better question?",
        "summary": SUMMARY,
    }
    needed = queries.deadline_needed(published, clock.now())
    assert needed is not None
    check = client.post(path, data={**typed, "then": "check"}).text
    assert "This amendment needs a later deadline" in check
    assert f'name="extension_date" type="date" value="{needed.date().isoformat()}"' in check
    early = {"extension_date": clock.today().isoformat(), "extension_time": "17:00", "then": "publish"}
    refused = client.post(path, data={**typed, **early})
    assert refused.status_code == 422
    assert 'href="#extension_date"' in refused.text
    assert "A better question?" in refused.text
    local = needed.astimezone(clock.LONDON)
    meant = {
        "extension_date": local.date().isoformat(),
        "extension_time": f"{local:%H:%M}",
        "then": "publish",
    }
    done = client.post(path, data={**typed, **meant}, follow_redirects=True)
    assert "Amendment 1 is published." in done.text
    assert SUMMARY in client.get(f"/framework/rounds/{published.id}").text


def test_the_page_says_when_it_is_too_late(client: PortalClient, published: Round, officer: Any) -> None:
    travel(timedelta(days=21))
    client.sign_in(officer)
    assert "nothing can be corrected any more" in client.get(f"/rounds/{published.id}/amend").text
    client.sign_in(person(Role.EVALUATOR))
    assert client.get(f"/rounds/{published.id}/amend").status_code == 403
