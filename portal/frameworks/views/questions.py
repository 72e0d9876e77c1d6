"""The pages of a draft's question set: seen whole, and its questions added, edited, moved and removed."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.core import once
from portal.core.access import access, current_person
from portal.core.errors import Invalid
from portal.core.web import beside, done, form_status, page
from portal.frameworks import policy, queries, services
from portal.frameworks.forms import ConfirmForm, QuestionForm, first_values, question_form, question_values
from portal.frameworks.models import Question, Round, Section
from portal.frameworks.queries import Condition
from portal.frameworks.states import QuestionKind
from portal.frameworks.views.frame import blueprint

STEPS = {"up": -1, "down": 1}


@blueprint.get("/rounds/<uuid:round_id>/questions")
@access(policy.can_read_round, of=queries.get_round)
def questions(round_: Round) -> ResponseReturnValue:
    return page("frameworks/questions.html", **about_set(round_))


def about_set(round_: Round, said: str | None = None) -> dict[str, Any]:
    """What the page of the whole set shows; `said` is announced after something moved."""
    return {
        "round": round_,
        "sections": queries.list_sections(round_),
        "totals": queries.total_questions(round_),
        "may_edit": bool(policy.can_edit(current_person(), round_)),
        "may_amend": bool(policy.can_amend(current_person(), round_)),
        "problems": queries.list_set_problems(round_) if round_.published_at is None else [],
        "changes": queries.changes_by_question(round_),
        "find_condition": queries.find_condition,
        "said": said,
    }


def set_moved(round_: Round, anchor: str, said: str) -> ResponseReturnValue:
    """The set as it is now: in place for htmx, else the page at the thing that moved."""
    if request.headers.get("HX-Request"):
        return page("frameworks/_question_set.html", **about_set(round_, said))
    return redirect(f"{url_for('frameworks.questions', round_id=round_.id)}#{anchor}", 303)


@blueprint.route("/sections/<uuid:section_id>/questions/new", methods=["GET", "POST"])
@access(policy.can_edit_section, of=queries.get_section)
def new_question(section: Section) -> ResponseReturnValue:
    kind = _kind_wanted(services.kinds_for(section))
    if kind is None:
        return page("frameworks/new_question_kind.html", section=section, kinds=services.kinds_for(section))
    form = question_form(section, kind, _conditions(section, None), **first_values(section, kind))
    if form.validate_on_submit():
        try:
            once.claim(form.once.data)
            made = services.add_question(section, form.terms(), by=current_person())
            return done(f"Question {made.number} added.", _address(made))
        except Invalid as error:
            beside(form, error)
    return page("frameworks/new_question.html", form_status(form), form=form, kind=kind, section=section)


@blueprint.route("/questions/<uuid:question_id>/edit", methods=["GET", "POST"])
@access(policy.can_edit_question, of=queries.get_question)
def edit_question(question: Question) -> ResponseReturnValue:
    section = question.section
    kinds = services.kinds_for(section)
    kind = _kind_wanted(kinds) or question.kind
    form = _form_of(question, kind)
    if form.validate_on_submit():
        try:
            services.edit_question(question, form.terms(), by=current_person(), seen=form.seen.data)
            return done(f"Question {question.number} saved.", _address(question))
        except Invalid as error:
            beside(form, error)
    return page(
        "frameworks/edit_question.html",
        form_status(form),
        form=form,
        kind=kind,
        kinds=kinds,
        section=section,
        question=question,
    )


def _form_of(question: Question, kind: QuestionKind) -> QuestionForm:
    section = question.section
    shown = question_values(question, services.mark_of(question))
    if kind != question.kind and not services.may_be_scored(section, kind):
        shown["judged"] = first_values(section, kind)["judged"]
    return question_form(section, kind, _conditions(section, question), **shown)


@blueprint.post("/questions/<uuid:question_id>/move")
@access(policy.can_edit_question, of=queries.get_question)
def move_question(question: Question) -> ResponseReturnValue:
    round_, before = question.section.round, question.number
    step, position = step_wanted()
    services.move_question(question, step, by=current_person(), seen_position=position)
    said = f"Question {before} is now {question.number}." if question.number != before else "Nothing moved."
    return set_moved(round_, f"question-{question.id}", said)


@blueprint.route("/questions/<uuid:question_id>/remove", methods=["GET", "POST"])
@access(policy.can_edit_question, of=queries.get_question)
def remove_question(question: Question) -> ResponseReturnValue:
    form, round_ = ConfirmForm(), question.section.round
    if form.validate_on_submit():
        number = question.number
        services.remove_question(question, by=current_person())
        return done(f"Question {number} removed.", url_for("frameworks.questions", round_id=round_.id))
    waiting = queries.list_depending(question, queries.list_questions(round_))
    return page(
        "frameworks/remove_question.html", form=form, question=question, round=round_, waiting=waiting
    )


def step_wanted() -> tuple[int, int]:
    """One place up or down, and from which, as the pressed button says."""
    for name, step in STEPS.items():
        if name in request.form:
            return step, request.form.get(name, 0, int)
    raise Invalid("Say whether to move it up or down.")


def _kind_wanted(kinds: list[QuestionKind]) -> QuestionKind | None:
    if len(kinds) == 1:
        return kinds[0]
    return next((kind for kind in kinds if kind == request.args.get("kind")), None)


def _conditions(section: Section, question: Question | None) -> list[Condition]:
    """What the question may wait for: chosen answers to those asked before it."""
    conditions: list[Condition] = []
    for one in queries.list_questions(section.round):
        if one == question or one.section.position > section.position:
            break
        conditions += queries.list_conditions(one)
    return conditions


def _address(question: Question) -> str:
    round_id = question.section.round_id
    return f"{url_for('frameworks.questions', round_id=round_id)}#question-{question.id}"


def address_of_section(section: Section) -> str:
    """Where a section stands on the page of its set."""
    return f"{url_for('frameworks.questions', round_id=section.round_id)}#section-{section.id}"
