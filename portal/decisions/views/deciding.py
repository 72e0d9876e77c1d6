"""Pages of the decision: what waits, one round's recommendation and decision, recommending, deciding."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.models import Person
from portal.core import clock
from portal.core.access import access, current_person
from portal.core.db import session
from portal.core.errors import Invalid
from portal.core.web import beside, done, page
from portal.decisions import policy, queries, services
from portal.decisions.forms import DecideForm, RecommendForm, read_lines, read_points
from portal.decisions.models import Recommendation
from portal.decisions.standstill import in_words
from portal.decisions.states import DecisionKind
from portal.decisions.views.frame import blueprint
from portal.evaluations import policy as evaluations
from portal.evaluations import scoring
from portal.frameworks.models import Round
from portal.frameworks.queries import get_round


@blueprint.route("/decisions", methods=["GET"])
@access(policy.can_list_awaiting)
def index() -> ResponseReturnValue:
    return page("decisions/index.html", waiting=queries.list_awaiting_decision(current_person()))


@blueprint.route("/decisions/rounds/<uuid:round_id>", methods=["GET"])
@access(policy.can_see_decision, of=get_round)
def show(round_: Round) -> ResponseReturnValue:
    return _decision_page(round_, DecideForm(formdata=None))


@blueprint.route("/decisions/rounds/<uuid:round_id>/decide", methods=["POST"])
@access(policy.can_decide, of=queries.get_latest)
def decide(recommendation: Recommendation) -> ResponseReturnValue:
    form = DecideForm()
    error: Invalid | None = None
    if form.validate_on_submit():
        try:
            kind = DecisionKind(form.kind.data)
            services.decide(
                recommendation,
                kind=kind,
                reasons=form.reasons.data or "",
                position=form.position.data or "",
                points=read_points(request.form, recommendation.lines),
                by=current_person(),
                seen_number=request.form.get("number", type=int),
            )
            to = url_for("decisions.show", round_id=recommendation.round_id)
            return done(f"Your decision is recorded: {kind.label.lower()}.", to)
        except Invalid as refused:
            error = refused
            _show_error(form, refused)
    return _decision_page(recommendation.round, form, error)


@blueprint.route("/decisions/rounds/<uuid:round_id>/recommend", methods=["GET", "POST"])
@access(policy.can_recommend, of=get_round)
def recommend(round_: Round) -> ResponseReturnValue:
    form, proposals = RecommendForm(), queries.list_proposals(round_)
    error: Invalid | None = None
    if form.validate_on_submit():
        lines = read_lines(request.form, [proposal.application.id for proposal in proposals])
        try:
            services.recommend(round_, reasons=form.reasons.data or "", lines=lines, by=current_person())
            to = url_for("decisions.show", round_id=round_.id)
            return done("Recommended. The approvers have been told by email.", to)
        except Invalid as refused:
            session.rollback()
            error = refused
            if refused.field == "reasons":
                beside(form, refused)
    return page(
        "decisions/recommend.html",
        422 if error else 200,
        round=round_,
        proposals=proposals,
        earlier=queries.list_decided(round_),
        points=queries.list_open_points(round_),
        typed=request.form,
        error=error,
        form=form,
    )


def _show_error(form: DecideForm, error: Invalid) -> None:
    """Beside its field; a point on one applicant stands in the table, beside that applicant."""
    if (error.field or "").startswith("point-"):
        session.rollback()
    else:
        beside(form, error)


def _decision_page(round_: Round, form: DecideForm, error: Invalid | None = None) -> ResponseReturnValue:
    person: Person = current_person()
    recommendation, record = queries.find_latest(round_), queries.find_record(round_)
    if recommendation is not None and not form.is_submitted():
        form.number.data = str(recommendation.number)
    return page(
        "decisions/show.html",
        422 if form.errors or error else 200,
        error=error,
        typed=request.form,
        round=round_,
        record=record,
        gaps=queries.approval_gaps(record, recommendation, clock.today()) if recommendation else [],
        points=queries.list_points(round_),
        claim=queries.find_open_claim(round_),
        recommendation=recommendation,
        decided=queries.list_decided(round_),
        steps=queries.list_steps(round_),
        proposer=session.get(Person, recommendation.recommended_by_id) if recommendation else None,
        may_decide=policy.can_decide(person, recommendation) if recommendation else None,
        may_recommend=bool(policy.can_recommend(person, round_)),
        may_notify=bool(policy.can_notify(person, round_)),
        may_see_round=bool(evaluations.can_see_round(person, round_)),
        ends=in_words(round_.standstill_ends_at) if round_.standstill_ends_at else None,
        is_over=round_.standstill_ends_at is not None and clock.now() > round_.standstill_ends_at,
        rules=scoring,
        form=form,
    )
