"""Who scores what: two grids, a plan that spreads the work evenly, workloads, reminders, replacements."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.core.access import access, current_person
from portal.core.db import session
from portal.core.errors import Invalid, Refused, Stale
from portal.core.web import beside, done, page, page_number
from portal.evaluations import policy, queries, services
from portal.evaluations.forms import (
    ActionForm,
    DueDateForm,
    ReplaceForm,
    SpreadForm,
    read_id,
    read_pairs,
    read_was,
)
from portal.evaluations.models import EvaluationSheet
from portal.evaluations.queries import Grid
from portal.evaluations.services import Pair, Plan, Setting, Spread
from portal.evaluations.views.frame import blueprint
from portal.frameworks.models import Round
from portal.frameworks.queries import get_round

ROUND = "/evaluations/rounds/<uuid:round_id>"
Ticks = Collection[Pair]
Wanted = dict[Pair, set[uuid.UUID]]


@blueprint.route(f"{ROUND}/assignments", methods=["GET", "POST"])
@access(policy.can_run_round, of=get_round)
def assignments(round_: Round) -> ResponseReturnValue:
    """The grid of applications and evaluators: a tick is every scored question."""
    listed = queries.page_assignable(round_, page_number())
    grid = queries.get_grid(round_, listed.items)
    return _grid_page(round_, grid, _ticked_applications(grid), _wanted_applications, listed=listed)


@blueprint.route(f"{ROUND}/assignments/questions", methods=["GET", "POST"])
@access(policy.can_run_round, of=get_round)
def assignments_by_question(round_: Round) -> ResponseReturnValue:
    """The grid of questions and evaluators, of every application or of one."""
    everything = queries.list_assignable(round_)
    chosen = read_id(request.args.get("application"))
    grid = queries.get_grid(round_, queries.only(everything, chosen))
    wanted = _wanted_section if request.form.get("then") == "section" else _wanted_questions
    return _grid_page(round_, grid, _ticked_questions(grid), wanted, applications=everything, chosen=chosen)


@blueprint.route(f"{ROUND}/assignments/spread", methods=["GET", "POST"])
@access(policy.can_run_round, of=get_round)
def spread(round_: Round) -> ResponseReturnValue:
    """Proposes; what was shown is saved when a person says so (rule 13)."""
    grid = queries.get_grid(round_, queries.list_assignable(round_))
    form = SpreadForm(request.values)
    form.people.choices = [(str(person.id), person.full_name) for person in grid.evaluators]
    plan = _propose(grid, form) if request.values.get("keep_to") and form.validate() else None
    error = ""
    if plan is not None and ActionForm().validate_on_submit():
        if request.form.get("digest") == plan.digest:
            return _save_plan(round_, grid, plan)
        error = "Something changed since this plan was made. This is the plan as it would be now."
    return page(
        "evaluations/spread.html",
        409 if error else 200,
        round=round_,
        grid=grid,
        form=form,
        plan=plan,
        error=error,
        action=ActionForm(),
    )


@blueprint.route(f"{ROUND}/workload", methods=["GET", "POST"])
@access(policy.can_run_round, of=get_round)
def workload(round_: Round) -> ResponseReturnValue:
    form = DueDateForm(data={"scores_due_on": queries.find_due_date(round_)})
    if form.validate_on_submit():
        try:
            services.set_due_date(round_, form.scores_due_on.data, by=current_person())
            return done("Saved when scores are due.", url_for("evaluations.workload", round_id=round_.id))
        except Invalid as refused:
            beside(form, refused)
    return page(
        "evaluations/workload.html",
        422 if form.errors else 200,
        round=round_,
        workloads=queries.list_workloads(round_),
        void=queries.list_void_sheets(round_),
        is_scoring=policy.is_scoring(round_),
        form=form,
    )


@blueprint.route(f"{ROUND}/remind", methods=["POST"])
@access(policy.can_run_round, of=get_round)
def remind(round_: Round) -> ResponseReturnValue:
    one = read_id(request.form.get("evaluator"))
    count = services.remind_evaluators(round_, None if one is None else [one], by=current_person())
    said = f"{count} {'evaluator has' if count == 1 else 'evaluators have'} been reminded."
    nobody = "Nobody was reminded: whoever has scores left was reminded today already."
    return done(said if count else nobody, url_for("evaluations.workload", round_id=round_.id))


@blueprint.route("/evaluations/sheets/<uuid:sheet_id>/replace", methods=["GET", "POST"])
@access(policy.can_replace, of=queries.get_sheet_to_replace)
def replace(sheet: EvaluationSheet) -> ResponseReturnValue:
    form = ReplaceForm()
    if form.validate_on_submit():
        services.replace_evaluator(sheet, reason=form.reason.data or "", by=current_person())
        to = url_for("evaluations.assignments", round_id=sheet.application.round_id)
        return done(f"{sheet.evaluator.full_name} was taken off. Assign somebody else.", to)
    return page("evaluations/replace.html", 422 if form.errors else 200, sheet=sheet, form=form)


def _grid_page(
    round_: Round, grid: Grid, shown: Ticks, wanted: Callable[[Grid, Ticks], Wanted], **context: object
) -> ResponseReturnValue:
    """Save the ticks, or show them again with why not: nothing that was ticked is lost."""
    ticks, changed, error, status = set(shown), set[Pair](), "", 200
    if ActionForm().validate_on_submit():
        was, ticked = read_was(request.form), read_pairs(request.form.getlist("pair"))
        try:
            added, removed = services.save_assignments(
                round_, wanted(grid, ticked), by=current_person(), seen=request.form.get("seen")
            )
            return done(_said(added, removed), request.full_path.rstrip("?"))
        except Stale as stale:
            session.rollback()
            status = stale.status
            changed = set(shown) ^ was
            ticks = (set(shown) | (ticked - was)) - (was - ticked)
            error = "Someone else changed the evaluators while you were choosing."
        except (Invalid, Refused) as refused:
            session.rollback()
            ticks, error, status = ticked, refused.message, refused.status
    return page(
        f"evaluations/{(request.endpoint or '').rpartition('.')[2]}.html",
        status,
        round=round_,
        grid=grid,
        ticks=ticks,
        was=shown,
        changed=changed,
        error=error,
        seen=services.fingerprint(grid.assignments),
        may_assign=policy.is_assigning(round_),
        form=ActionForm(),
        **context,
    )


def _ticked_applications(grid: Grid) -> Ticks:
    return {
        (one.id, person.id)
        for one in grid.applications
        for person in grid.evaluators
        if grid.of_application(one, person).is_ticked
    }


def _ticked_questions(grid: Grid) -> Ticks:
    return {
        (one.id, person.id)
        for one in grid.questions
        for person in grid.evaluators
        if grid.of_question(one, person).is_whole
    }


def _current(grid: Grid) -> Wanted:
    return {
        (one.id, person.id): set(grid.by_pair.get((one.id, person.id), ()))
        for one in grid.applications
        for person in grid.evaluators
    }


def _wanted_applications(grid: Grid, ticked: Ticks) -> Wanted:
    """A box newly ticked is every question; one that stays ticked keeps its questions; a cleared one is none."""
    wanted, everything = _current(grid), {one.id for one in grid.questions}
    for pair, questions in wanted.items():
        if pair in grid.conflicts:
            continue
        if pair in ticked and not questions:
            wanted[pair] = everything
        elif pair not in ticked:
            wanted[pair] = set()
    return wanted


def _wanted_questions(grid: Grid, ticked: Ticks) -> Wanted:
    """Only boxes that were ticked or cleared change anything; what is assigned in part stays as it is."""
    wanted, was = _current(grid), read_was(request.form)
    for (application_id, person_id), questions in wanted.items():
        if (application_id, person_id) in grid.closed:
            continue
        questions |= {question for question, person in set(ticked) - was if person == person_id}
        questions -= {question for question, person in was - set(ticked) if person == person_id}
    return wanted


def _wanted_section(grid: Grid, _: Ticks) -> Wanted:
    """A whole section for one evaluator, added to what there is."""
    wanted, person_id = _current(grid), read_id(request.form.get("evaluator"))
    section_id = read_id(request.form.get("section"))
    questions = {one.id for one in grid.questions if one.section_id == section_id}
    if person_id is None or not questions:
        raise Invalid("Choose a section and an evaluator.")
    return {
        pair: already | questions if pair[1] == person_id and pair not in grid.closed else already
        for pair, already in wanted.items()
    }


def _propose(grid: Grid, form: SpreadForm) -> Plan:
    people = [one for one in grid.evaluators if not form.people.data or str(one.id) in form.people.data]
    person = current_person()
    applications = [one for one in grid.applications if (one.id, person.id) not in grid.conflicts]
    setting = Setting(applications, grid.questions, people, grid.assignments, grid.closed)
    return services.propose(setting, keep_to=Spread(form.keep_to.data), scorers=int(form.scorers.data))


def _save_plan(round_: Round, grid: Grid, plan: Plan) -> ResponseReturnValue:
    current = _current(grid)
    wanted = {pair: current[pair] | questions for pair, questions in plan.added.items()}
    added, _ = services.save_assignments(round_, wanted, by=current_person())
    return done(_said(added, 0), url_for("evaluations.assignments", round_id=round_.id))


def _said(added: int, removed: int) -> str:
    if not added and not removed:
        return "Nothing was changed."
    return f"Saved: {added} {'question' if added == 1 else 'questions'} assigned, {removed} taken off."
