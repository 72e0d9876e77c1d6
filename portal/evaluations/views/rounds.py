"""The commissioner's workbench of a round, the list of its applications, and the assignment of evaluators."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.core.access import access, current_person
from portal.core.web import done, page
from portal.evaluations import policy, queries, services
from portal.evaluations.forms import ActionForm, read_pairs
from portal.evaluations.views.frame import blueprint, page_number
from portal.frameworks.models import Round
from portal.frameworks.queries import get_round


@blueprint.route("/evaluations/rounds/<uuid:round_id>", methods=["GET"])
@access(policy.can_see_round, of=get_round)
def show(round_: Round) -> ResponseReturnValue:
    person = current_person()
    return page(
        "evaluations/show.html",
        round=round_,
        progress=queries.count_progress(round_),
        undeclared=queries.count_undeclared(person, [round_.id]),
        readers=queries.list_declared(round_),
        to_reassign=queries.list_to_reassign(round_),
        short=queries.count_short_of_evaluators(round_),
        may_run=bool(policy.can_run_round(person, round_)),
        form=ActionForm(),
    )


@blueprint.route("/evaluations/rounds/<uuid:round_id>/compliance", methods=["GET"])
@access(policy.can_see_round, of=get_round)
def compliance(round_: Round) -> ResponseReturnValue:
    return page(
        "evaluations/compliance.html",
        round=round_,
        listed=queries.list_applications(current_person(), round_, page_number()),
        questions=len(queries.list_pass_fail_questions(round_)),
    )


@blueprint.route("/evaluations/rounds/<uuid:round_id>/assignments", methods=["GET", "POST"])
@access(policy.can_run_round, of=get_round)
def assignments(round_: Round) -> ResponseReturnValue:
    person, form = current_person(), ActionForm()
    listed = queries.list_applications(person, round_, page_number())
    considered = [line.application for line in listed.items if line.application.state in policy.CONSIDERED]
    if form.validate_on_submit():
        wanted = read_pairs(request.form.getlist("pair"))
        added, removed = services.assign_evaluators(round_, considered, wanted, by=person)
        return done(f"Saved: {added} assigned, {removed} taken off.", request.full_path.rstrip("?"))
    sheets = queries.list_sheets(considered)
    return page(
        "evaluations/assignments.html",
        round=round_,
        listed=listed,
        applications=considered,
        evaluators=queries.list_evaluators(),
        sheets={(sheet.application_id, sheet.evaluator_id): sheet for sheet in sheets},
        conflicts=queries.has_conflict([application.id for application in considered]),
        may_assign=round_.state in policy.ASSIGNING,
        form=form,
    )


@blueprint.route("/evaluations/rounds/<uuid:round_id>/start", methods=["POST"])
@access(policy.can_run_round, of=get_round)
def start(round_: Round) -> ResponseReturnValue:
    services.start_evaluating(round_, by=current_person())
    return done("Evaluation has started. Every evaluator has been told by email.", _workbench(round_))


@blueprint.route("/evaluations/rounds/<uuid:round_id>/open-consensus", methods=["POST"])
@access(policy.can_run_round, of=get_round)
def open_consensus(round_: Round) -> ResponseReturnValue:
    services.open_consensus(round_, by=current_person())
    return done("Consensus is open.", url_for("evaluations.consensus", round_id=round_.id))


@blueprint.route("/evaluations/rounds/<uuid:round_id>/lock", methods=["POST"])
@access(policy.can_lock, of=get_round)
def lock(round_: Round) -> ResponseReturnValue:
    services.lock_quality(round_, by=current_person())
    return done("Quality is locked, and prices are open.", url_for("evaluations.results", round_id=round_.id))


def _workbench(round_: Round) -> str:
    return url_for("evaluations.show", round_id=round_.id)
