"""The commissioner's workbench of a round, the list of its applications, and the steps from one to the next."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.core.access import access, current_person
from portal.core.web import done, form_status, page, page_number, seen_version
from portal.evaluations import policy, queries, services
from portal.evaluations.forms import ActionForm, AnonymityForm
from portal.evaluations.views.frame import blueprint
from portal.frameworks.models import Round
from portal.frameworks.queries import get_round


@blueprint.route("/evaluations/rounds/<uuid:round_id>", methods=["GET"])
@access(policy.can_see_round, of=get_round)
def show(round_: Round) -> ResponseReturnValue:
    person = current_person()
    conflicts = queries.list_conflicts(round_)
    locked_at = round_.quality_locked_at
    return page(
        "evaluations/show.html",
        round=round_,
        progress=queries.count_progress(round_),
        undeclared=queries.count_undeclared(person, [round_.id]),
        readers=queries.list_declared(round_),
        to_reassign=queries.list_to_reassign(round_) if policy.is_assigning(round_) else (),
        conflicts=conflicts,
        late=[one for one in conflicts if locked_at is not None and one.declared_at > locked_at],
        short=queries.count_short_of_evaluators(round_),
        waiting=queries.count_waiting(person, round_),
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


@blueprint.route("/evaluations/rounds/<uuid:round_id>/anonymity", methods=["GET", "POST"])
@access(policy.can_run_round, of=get_round)
def anonymity(round_: Round) -> ResponseReturnValue:
    shown = "numbers" if round_.applicants_anonymised else "names"
    form = AnonymityForm(shown=shown, version=round_.version)
    if form.validate_on_submit():
        services.choose_anonymity(
            round_,
            is_anonymous=form.shown.data == "numbers",
            by=current_person(),
            seen_version=seen_version(),
        )
        said = "a number instead of each name" if round_.applicants_anonymised else "each applicant’s name"
        return done(f"Saved: evaluators see {said}.", _workbench(round_))
    return page("evaluations/anonymity.html", form_status(form), round=round_, form=form)


def _workbench(round_: Round) -> str:
    return url_for("evaluations.show", round_id=round_.id)
