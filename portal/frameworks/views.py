"""The councils' pages about rounds."""

from __future__ import annotations

import uuid
from datetime import time
from decimal import Decimal
from itertools import groupby
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.models import Person
from portal.core import clock, once
from portal.core.access import access, current_person, rule_of
from portal.core.db import session
from portal.core.errors import Invalid
from portal.core.web import done, page
from portal.frameworks import policy, queries, services, workflow
from portal.frameworks.forms import (
    BasketForm,
    CancelForm,
    ConfirmForm,
    ExtensionForm,
    RoundForm,
    round_values,
)
from portal.frameworks.models import Round
from portal.frameworks.states import AdmissionRule

PAGE_SIZE = 25

# The pages of higher features about one round, in the order the work is done. They stand above this one,
# so they are known here by name only, and each says by its own rule whether the person may go there.
STAGES = (
    ("Opening", "applications.opening"),
    ("Applications", "applications.received"),
    ("Evaluation", "evaluations.show"),
    ("Decision", "decisions.show"),
)

blueprint = Blueprint("frameworks", __name__)


@blueprint.get("/rounds")
@access(policy.can_list_rounds)
def index() -> ResponseReturnValue:
    number = max(request.args.get("page", 1, int), 1)
    total = queries.count_rounds()
    found = queries.list_rounds(limit=PAGE_SIZE, offset=(number - 1) * PAGE_SIZE)
    now = clock.now()
    return page(
        "frameworks/index.html",
        rounds=[(round_, queries.status_of(round_, now)) for round_ in found],
        frameworks=queries.list_frameworks(),
        may_manage=bool(policy.can_manage_rounds(current_person())),
        total=total,
        number=number,
        size=PAGE_SIZE,
    )


@blueprint.route("/rounds/new", methods=["GET", "POST"])
@access(policy.can_manage_rounds)
def new_round() -> ResponseReturnValue:
    framework = queries.get_framework(request.args.get("framework", type=uuid.UUID))
    form = RoundForm(data=_first_values() | {"authority_decision": framework.decision_number})
    if form.validate_on_submit():
        try:
            once.claim(form.once.data or "")
            made = services.create_round(framework, form.terms(), by=current_person())
            return done("Draft saved.", url_for("frameworks.show", round_id=made.id))
        except Invalid as error:
            _beside(form, error)
    return page("frameworks/new_round.html", _status(form), form=form, framework=framework)


def _first_values() -> dict[str, Any]:
    return {
        "once": str(uuid.uuid4()),
        "clarification_time": time(17),
        "submission_time": time(12),
        "quality_weight": Decimal(60),
        "quality_minimum": Decimal(0),
        "admission_rule": AdmissionRule.ALL_WHO_MEET.value,
        "standstill_days": 10,
    }


@blueprint.get("/rounds/<uuid:round_id>")
@access(policy.can_read_round, of=queries.get_round)
def show(round_: Round) -> ResponseReturnValue:
    person, now = current_person(), clock.now()
    return page(
        "frameworks/show.html",
        round=round_,
        standing=queries.status_of(round_, now),
        steps=queries.list_steps(round_, now),
        submitted=queries.count_submitted(round_),
        totals=queries.total_questions(round_),
        basket_weeks=queries.count_basket_weeks(round_),
        extensions=queries.list_extensions(round_),
        may_edit=bool(policy.can_edit(person, round_)),
        may_extend=bool(policy.can_extend(person, round_)) and queries.is_accepting(round_, now),
        stages=_stages(person, round_),
        transitions={transition.name for transition in workflow.ROUND.available(person, round_)},
    )


def _stages(person: Person, round_: Round) -> list[tuple[str, str]]:
    if round_.published_at is None:
        return []
    rules = [(label, endpoint, rule_of(endpoint)) for label, endpoint in STAGES]
    return [
        (label, url_for(endpoint, round_id=round_.id))
        for label, endpoint, rule in rules
        if rule is not None and rule.policy is not None and rule.policy(person, round_)
    ]


@blueprint.route("/rounds/<uuid:round_id>/edit", methods=["GET", "POST"])
@access(policy.can_edit, of=queries.get_round)
def edit_round(round_: Round) -> ResponseReturnValue:
    form = RoundForm(data=round_values(round_))
    if form.validate_on_submit():
        try:
            services.edit_round(round_, form.terms(), by=current_person(), seen_version=_seen(form))
            return done("Round saved.", url_for("frameworks.show", round_id=round_.id))
        except Invalid as error:
            _beside(form, error)
    return page("frameworks/edit_round.html", _status(form), form=form, round=round_)


@blueprint.route("/rounds/<uuid:round_id>/basket", methods=["GET", "POST"])
@access(policy.can_edit, of=queries.get_round)
def basket(round_: Round) -> ResponseReturnValue:
    cells = queries.list_cells()
    form = BasketForm.of(cells, queries.list_volumes(round_))
    version = request.form.get("version", round_.version, int)
    if request.method == "POST" and form.read(request.form):
        services.set_volumes(round_, form.volumes, by=current_person(), seen_version=version)
        return done("Basket saved.", url_for("frameworks.show", round_id=round_.id))
    by_type = [(label, list(rows)) for label, rows in groupby(cells, key=lambda cell: cell.placement_type)]
    return page(
        "frameworks/basket.html",
        422 if form.errors else 200,
        basket=form,
        by_type=by_type,
        round=round_,
        version=version,
        has_errors=bool(form.errors),
    )


@blueprint.get("/rounds/<uuid:round_id>/questions")
@access(policy.can_read_round, of=queries.get_round)
def questions(round_: Round) -> ResponseReturnValue:
    return page("frameworks/questions.html", round=round_, sections=queries.list_sections(round_))


@blueprint.route("/rounds/<uuid:round_id>/publish", methods=["GET", "POST"])
@access(policy.can_edit, of=queries.get_round)
def publish_round(round_: Round) -> ResponseReturnValue:
    form = ConfirmForm(data={"version": round_.version})
    if form.validate_on_submit():
        services.publish_round(round_, by=current_person(), seen_version=_seen(form))
        return done(
            "The round is published. Providers can apply now.",
            url_for("frameworks.show", round_id=round_.id),
        )
    problems = workflow.problems("publish", round_, queries.publication_facts(round_, clock.now()))
    return page("frameworks/publish_round.html", form=form, round=round_, problems=problems)


@blueprint.route("/rounds/<uuid:round_id>/extend", methods=["GET", "POST"])
@access(policy.can_extend, of=queries.get_round)
def extend_deadline(round_: Round) -> ResponseReturnValue:
    now = round_values(round_)
    form = ExtensionForm(data={name: now[name] for name in ("submission_date", "submission_time", "version")})
    if form.validate_on_submit():
        try:
            services.extend_deadline(
                round_,
                form.deadline(),
                reason=form.reason.data or "",
                by=current_person(),
                seen_version=_seen(form),
            )
            return done(
                "The deadline is extended for everyone.",
                url_for("frameworks.show", round_id=round_.id),
            )
        except Invalid as error:
            _beside(form, error)
    return page("frameworks/extend_deadline.html", _status(form), form=form, round=round_)


@blueprint.route("/rounds/<uuid:round_id>/cancel", methods=["GET", "POST"])
@access(policy.can_cancel, of=queries.get_round)
def cancel_round(round_: Round) -> ResponseReturnValue:
    form = CancelForm(data={"version": round_.version})
    if form.validate_on_submit():
        services.cancel_round(
            round_, reason=form.reason.data or "", by=current_person(), seen_version=_seen(form)
        )
        return done("The round is cancelled.", url_for("frameworks.show", round_id=round_.id))
    return page("frameworks/cancel_round.html", _status(form), form=form, round=round_)


def _seen(form: Any) -> int | None:
    text = form.version.data or ""
    return int(text) if str(text).isdigit() else None


def _status(form: Any) -> int:
    return 422 if form.errors else 200


def _beside(form: Any, error: Invalid) -> None:
    """Show a rule's answer beside the field it speaks of; nothing of the attempt is kept."""
    session.rollback()
    name = (error.field or "").replace("_deadline", "_date")
    if name not in form:
        raise error
    form[name].errors = [*form[name].errors, error.message]
