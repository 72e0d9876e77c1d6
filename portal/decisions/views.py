"""Pages of the decision: recommend, decide, send notices, conclude, and each applicant's notice."""

from __future__ import annotations

from datetime import datetime

from flask import request, url_for
from flask.blueprints import Blueprint
from flask.typing import ResponseReturnValue

from portal.accounts.models import Person
from portal.core import clock
from portal.core.access import access, current_person
from portal.core.db import session
from portal.core.errors import Invalid
from portal.core.web import done, page
from portal.decisions import policy, queries, services
from portal.decisions.forms import ActionForm, DecideForm, RecommendForm, read_lines
from portal.decisions.models import DecisionNotice, Recommendation
from portal.decisions.standstill import in_words, standstill_end
from portal.decisions.states import DecisionKind
from portal.evaluations import policy as evaluations
from portal.evaluations import scoring
from portal.frameworks.models import Round
from portal.frameworks.queries import get_round

blueprint = Blueprint("decisions", __name__)


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
    if form.validate_on_submit():
        try:
            kind = DecisionKind(form.kind.data)
            services.decide(
                recommendation,
                kind=kind,
                reasons=form.reasons.data or "",
                by=current_person(),
                seen_number=request.form.get("number", type=int),
            )
            to = url_for("decisions.show", round_id=recommendation.round_id)
            return done(f"Your decision is recorded: {kind.label.lower()}.", to)
        except Invalid as error:
            _beside(form, error)
    return _decision_page(recommendation.round, form)


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
                _beside(form, refused)
    return page(
        "decisions/recommend.html",
        422 if error else 200,
        round=round_,
        proposals=proposals,
        earlier=queries.list_decided(round_),
        typed=request.form,
        error=error,
        form=form,
    )


@blueprint.route("/decisions/rounds/<uuid:round_id>/notices", methods=["GET", "POST"])
@access(policy.can_notify, of=get_round)
def notices(round_: Round) -> ResponseReturnValue:
    form = ActionForm()
    if form.validate_on_submit():
        sent = services.send_notices(round_, by=current_person())
        return done(
            f"{len(sent)} notices sent. Standstill has begun.", url_for("decisions.show", round_id=round_.id)
        )
    applications = queries.list_standing(round_)
    return page(
        "decisions/notices.html",
        round=round_,
        applications=applications,
        recipients=queries.list_recipients(applications),
        sent=queries.list_notices(round_),
        ends=in_words(round_.standstill_ends_at or standstill_end(clock.now(), round_.standstill_days)),
        form=form,
    )


@blueprint.route("/decisions/rounds/<uuid:round_id>/conclude", methods=["POST"])
@access(policy.can_notify, of=get_round)
def conclude(round_: Round) -> ResponseReturnValue:
    services.conclude_round(round_, by=current_person())
    message = "The round is concluded. Agreements will be offered to those admitted."
    return done(message, url_for("decisions.show", round_id=round_.id))


@blueprint.route("/decisions/notices/<uuid:application_id>", methods=["GET"])
@access(policy.can_read_notice, of=queries.get_notice)
def notice(notice: DecisionNotice) -> ResponseReturnValue:
    return page(
        "decisions/notice.html",
        notice=notice,
        content=notice.content,
        round=notice.application.round,
        ends=in_words(datetime.fromisoformat(notice.content["standstill_ends_at"])),
        is_own=current_person().acts_for(notice.application.organisation_id),
    )


def _decision_page(round_: Round, form: DecideForm) -> ResponseReturnValue:
    person: Person = current_person()
    recommendation = queries.find_latest(round_)
    if recommendation is not None and not form.is_submitted():
        form.number.data = str(recommendation.number)
    return page(
        "decisions/show.html",
        422 if form.errors else 200,
        round=round_,
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


def _beside(form: DecideForm | RecommendForm, error: Invalid) -> None:
    if error.field not in form:
        raise error
    form[error.field].errors = [error.message]
