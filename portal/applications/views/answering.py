"""A section's page of questions, saved as a whole or answer by answer while somebody types."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.applications import policy, queries, services
from portal.applications.forms import SectionForm, section_form
from portal.applications.models import Answer, Application
from portal.applications.views import blueprint
from portal.applications.views.drafting import may_edit_now
from portal.applications.views.prices import prices_address
from portal.applications.views.showing_files import about_files
from portal.core import clock
from portal.core.access import access, current_person
from portal.core.errors import Invalid, NotFound
from portal.core.web import done, keep_writes, page
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Question, Section
from portal.frameworks.states import QuestionKind, SectionKind

TEXTS = frozenset({QuestionKind.SHORT_TEXT, QuestionKind.LONG_TEXT})


@dataclass(frozen=True)
class Place:
    """A section of an application, among its others."""

    application: Application
    section: Section
    sections: Sequence[Section]

    @property
    def questions(self) -> Sequence[Question]:
        return self.section.questions

    @property
    def following(self) -> Section | None:
        return next((one for one in self.sections if one.position > self.section.position), None)

    @property
    def onward(self) -> str | None:
        """The page after this section: the next one, or the first prices to fill in; None after the last."""
        if self.following is None:
            return None
        is_price = self.following.kind == SectionKind.PRICE
        return prices_address(self.application) if is_price else self.address(self.following)

    @property
    def decisive(self) -> Sequence[Question]:
        """The section's questions, and those elsewhere whose answers decide whether they are asked."""
        found = list(self.questions)
        for question in found:  # grows as it goes: one may wait for another that waits itself
            awaited = question.shown_when_question
            if awaited is not None and awaited not in found:
                found.append(awaited)
        return found

    @cached_property
    def changes(self) -> Mapping[uuid.UUID, frameworks.QuestionChange]:
        return frameworks.changes_by_question(self.application.round)

    def find(self, question_id: str | None) -> Question | None:
        return next((one for one in self.questions if str(one.id) == question_id), None)

    def address(self, section: Section | None = None, question: Question | None = None) -> str:
        """A section's page, this one's without `section`, at the place of a question."""
        return url_for(
            "applications.section",
            application_id=self.application.id,
            section_id=(section or self.section).id,
            _anchor=f"question-{question.id}" if question is not None else None,
        )


@dataclass(frozen=True)
class Conflict:
    """Two answers to one question: what this person typed, and what a colleague saved meanwhile."""

    mine: Any
    stored: Answer | None

    @property
    def theirs(self) -> Any:
        return self.stored.value if self.stored is not None else None

    @property
    def mark(self) -> str:
        return services.answer_seen(self.theirs)


@dataclass
class Saved:
    """What became of a page of answers: which changed, could not be kept, or were changed by a colleague."""

    changed: int = 0
    chosen: Question | None = None
    problems: dict[uuid.UUID, str] = field(default_factory=dict)
    conflicts: dict[uuid.UUID, Conflict] = field(default_factory=dict)

    @property
    def has_problems(self) -> bool:
        return bool(self.problems or self.conflicts)

    @property
    def unsaved(self) -> set[uuid.UUID]:
        return {*self.problems, *self.conflicts}

    @property
    def status(self) -> int:
        return 409 if self.conflicts else 422


@blueprint.route("/applications/<uuid:application_id>/sections/<uuid:section_id>", methods=["GET", "POST"])
@access(policy.can_read, of=queries.get_application)
def section(application: Application, section_id: uuid.UUID) -> ResponseReturnValue:
    sections = queries.asked_sections(application.round)
    shown = next((one for one in sections if one.id == section_id), None)
    if shown is None:
        raise NotFound
    if shown.kind == SectionKind.PRICE:
        return redirect(url_for("applications.prices", application_id=application.id), 303)
    place = Place(application, shown, sections)
    if request.method == "POST":
        return _save_section(place)
    answers = queries.list_answers(application, place.decisive)
    return _section_page(place, section_form(place.questions, answers), answers)


@blueprint.route("/applications/<uuid:application_id>/questions/<uuid:question_id>/answer", methods=["POST"])
@access(policy.can_edit, of=queries.get_application)
def autosave(application: Application, question_id: uuid.UUID) -> ResponseReturnValue:
    """One answer, sent by the page itself while somebody types; what became of it, for its place on the page."""
    question = queries.get_question(application, question_id)
    stored = queries.find_answer(application, question)
    form = section_form([question], {question.id: stored} if stored is not None else {})
    saved = Saved()
    if not form.asked:
        raise NotFound
    _save_one(application, form, question, saved)
    answer = queries.find_answer(application, question)
    return page(
        "applications/_saved.html",
        saved.status if saved.has_problems else 200,
        question=question,
        problem=saved.problems.get(question.id),
        conflict=saved.conflicts.get(question.id),
        seen=services.answer_seen(answer.value if answer is not None else None),
        over=queries.words_over(question, answer.value) if answer is not None else 0,
        people=_names_of([answer] if answer is not None else []),
        now=clock.now(),
        texts=TEXTS,
    )


def _save_section(place: Place) -> ResponseReturnValue:
    before = queries.list_answers(place.application)
    asked_before = _asked(place, before)
    form = section_form(place.questions, before)
    is_whole = form.validate_on_submit()
    saved = Saved()
    for question in form.asked:
        _save_one(place.application, form, question, saved)
    keep_writes()
    was_signed = place.application.declared_at is not None
    _confirm(place, saved)
    if was_signed and saved.changed == 0 and place.application.declared_at is None:
        flash(
            "The signature has ended, because it was given for a choice in other words. Sign again before you"
            " submit.",
            "warning",
        )
    answers = queries.list_answers(place.application)
    if is_whole and not saved.has_problems:
        _warn_of_long_answers(form.asked, answers)
        return _onward(place, saved, _newly_asked(place, asked_before, answers))
    return _section_page(place, _shown_again(form, place, answers, saved), answers, saved)


def _save_one(application: Application, form: SectionForm, question: Question, saved: Saved) -> None:
    """Save one answer of the form, and put on record in `saved` what became of it."""
    choice = form.choice(question)
    if choice:
        saved.chosen = question
    if choice == "theirs":
        return
    value: Any = None
    try:
        value = services.clean_value(question, form.value(question))
        saved.changed += _save_value(application, form, question, value)
    except Invalid as error:
        saved.problems[question.id] = error.message
    except services.AnswerConflict as conflict:
        saved.conflicts[question.id] = Conflict(value, conflict.stored)


def _save_value(application: Application, form: SectionForm, question: Question, value: Any) -> bool:
    choice, seen = form.choice(question), str(form.seen(question).data or "")
    if choice:
        seen = form.against(question) or seen
    if choice == "both" and question.kind in TEXTS:
        stored = queries.find_answer(application, question)
        value = services.both_texts(stored.value if stored is not None else None, value, question.kind)
    if not choice and services.answer_seen(value) == seen:
        return False
    return services.save_answer(application, question, value, by=current_person(), seen=seen)


def _confirm(place: Place, saved: Saved) -> None:
    """The answers that this person says still hold: one, or all that this page asks somebody to check."""
    wanted = _wanted("checked")
    if wanted is None:
        return
    answers, changes = queries.list_answers(place.application), place.changes
    for question in place.questions:
        is_due = queries.reason_to_check(answers.get(question.id), changes.get(question.id)) is not None
        if is_due and wanted in ("all", str(question.id)) and question.id not in saved.unsaved:
            services.confirm_answer(place.application, question, by=current_person())


def _wanted(then: str) -> str | None:
    """What the button pressed names, if it is a button of this kind: `files:<question>`, say."""
    verb, _, wanted = request.form.get("then", "").partition(":")
    return wanted if verb == then else None


def _shown_again(
    form: SectionForm, place: Place, answers: Mapping[uuid.UUID, Answer], saved: Saved
) -> SectionForm:
    """The page's answers as they now stand, and what could not be saved as it was typed."""
    again = section_form(place.questions, answers, fresh=True)
    for question in again.asked:
        if question.id in saved.unsaved or form.field(question).errors:
            again.show_as_typed(question, form)
        if (message := saved.problems.get(question.id)) is not None:
            again.field(question).errors = [message]
    return again


def _asked(place: Place, answers: Mapping[uuid.UUID, Answer]) -> set[uuid.UUID]:
    values = queries.values_of(answers)
    return {one.id for one in place.questions if frameworks.is_asked(one, values)}


def _newly_asked(place: Place, before: set[uuid.UUID], answers: Mapping[uuid.UUID, Answer]) -> list[Question]:
    """Questions that the answers just saved bring up, and that nobody could see before without a script."""
    new = _asked(place, answers) - before - answers.keys()
    return [question for question in place.questions if question.id in new]


def _warn_of_long_answers(questions: Sequence[Question], answers: Mapping[uuid.UUID, Answer]) -> None:
    for question in questions:
        answer = answers.get(question.id)
        over = queries.words_over(question, answer.value) if answer is not None else 0
        if over:
            flash(
                f"Answer {question.number} is saved, but it is {over} {'word' if over == 1 else 'words'}"
                f" over its limit of {question.word_limit}. Shorten it before you submit.",
                "warning",
            )


def _section_page(
    place: Place, form: SectionForm, answers: Mapping[uuid.UUID, Answer], saved: Saved | None = None
) -> ResponseReturnValue:
    saved = saved or Saved()
    application, shown = place.application, place.section
    only_files = all(question.kind == QuestionKind.FILE for question in shown.questions)
    return page(
        "applications/section.html",
        saved.status if request.method == "POST" else 200,
        application=application,
        section=shown,
        form=form,
        answers=answers,
        saved=saved,
        asked=_asked(place, answers),
        changes=place.changes,
        reason_to_check=queries.reason_to_check,
        comments=queries.list_comments(application, shown.questions),
        people=_names_of([answers[one.id] for one in shown.questions if one.id in answers]),
        ofsted=queries.ofsted_facts(application) if shown.kind == SectionKind.ORGANISATION else None,
        kinds=QuestionKind,
        texts=TEXTS,
        only_files=only_files,
        may_edit=may_edit_now(application),
        following=place.onward if only_files else None,
        **about_files(application, has_files=any(queries.takes_files(one) for one in shown.questions)),
    )


def _names_of(answers: Sequence[Answer]) -> dict[uuid.UUID, str]:
    return queries.list_names({answer.answered_by_id for answer in answers})


def _onward(place: Place, saved: Saved, newly_asked: Sequence[Question]) -> ResponseReturnValue:
    application_id = place.application.id
    for endpoint in ("files", "comments"):
        if (question := place.find(_wanted(endpoint))) is not None:
            address = url_for(
                f"applications.{endpoint}", application_id=application_id, question_id=question.id
            )
            return done("Saved.", address)
    if (settled := saved.chosen or place.find(_wanted("checked"))) is not None:
        return done(f"Answer {settled.number} settled.", place.address(question=settled))
    if _wanted("later") is not None:
        return done("Saved.", url_for("applications.show", application_id=application_id))
    if newly_asked:
        return done("Saved. Your answers bring up another question.", place.address(question=newly_asked[0]))
    if (onward := place.onward) is None:
        return done("Saved.", url_for("applications.show", application_id=application_id))
    return done(f"{place.section.title} saved.", onward)
