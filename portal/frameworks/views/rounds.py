"""The councils' pages about rounds: the list, one round, its terms, publishing, extending, cancelling."""

from __future__ import annotations

import uuid
from datetime import time
from decimal import Decimal
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.models import Person
from portal.core import clock, once
from portal.core.access import access, current_person, rule_of
from portal.core.errors import Invalid
from portal.core.web import beside, done, form_status, page, page_number, seen_version
from portal.frameworks import policy, queries, services, workflow
from portal.frameworks.forms import (
    CancelForm,
    ConfirmForm,
    ExtensionForm,
    NewRoundForm,
    RoundForm,
    extension_values,
    round_values,
)
from portal.frameworks.models import Round
from portal.frameworks.states import AdmissionRule, NotOfferedRule, Rounding, StartingSet, TieRule
from portal.frameworks.views.frame import blueprint

PAGE_SIZE = 25

# Where the problems that stand in the way of publishing are put right, by `workflow.Problem.page`.
PUT_RIGHT = {
    "terms": "frameworks.edit_round",
    "questions": "frameworks.questions",
    "weights": "frameworks.weights",
    "basket": "frameworks.basket",
}

# The pages of higher features about one round, in the order the work is done. They stand above this one,
# so they are known here by name only, and each says by its own rule whether the person may go there.
STAGES = (
    ("Clarifications", "frameworks.clarifications"),
    ("Opening", "applications.opening"),
    ("Applications", "applications.received"),
    ("Evaluation", "evaluations.show"),
    ("Decision", "decisions.show"),
)


@blueprint.get("/rounds")
@access(policy.can_list_rounds)
def index() -> ResponseReturnValue:
    number = page_number()
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
    form = NewRoundForm(data=_first_values() | {"authority_decision": framework.decision_number})
    form.offer(queries.list_rounds())
    if form.validate_on_submit():
        try:
            once.claim(form.once.data or "")
            made = services.create_round(
                framework, form.terms(), start=form.starting_set(), by=current_person()
            )
            return done("Draft saved.", url_for("frameworks.show", round_id=made.id))
        except Invalid as error:
            beside(form, error)
    return page("frameworks/new_round.html", form_status(form), form=form, framework=framework)


def _first_values() -> dict[str, Any]:
    return {
        "once": str(uuid.uuid4()),
        "start": StartingSet.DEFAULT.value,
        "clarification_time": time(17),
        "submission_time": time(12),
        "quality_weight": Decimal(60),
        "quality_minimum": Decimal(0),
        "admission_rule": AdmissionRule.ALL_WHO_MEET.value,
        "not_offered_rule": NotOfferedRule.CEILING_OR_HIGHEST.value,
        "rounding": Rounding.TWO.value,
        "tie_rule": TieRule.QUALITY.value,
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
        amendments=queries.list_amendments(round_),
        proposed=queries.propose_extensions([round_], now).get(round_.id),
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
            services.edit_round(round_, form.terms(), by=current_person(), seen_version=seen_version())
            return done("Round saved.", url_for("frameworks.show", round_id=round_.id))
        except Invalid as error:
            beside(form, error)
    return page("frameworks/edit_round.html", form_status(form), form=form, round=round_)


@blueprint.route("/rounds/<uuid:round_id>/publish", methods=["GET", "POST"])
@access(policy.can_edit, of=queries.get_round)
def publish_round(round_: Round) -> ResponseReturnValue:
    form = ConfirmForm(data={"version": round_.version})
    if form.validate_on_submit():
        services.publish_round(round_, by=current_person(), seen_version=seen_version())
        return done(
            "The round is published. Providers can apply now.",
            url_for("frameworks.show", round_id=round_.id),
        )
    problems = workflow.publishing_problems(round_, queries.publication_facts(round_, clock.now()))
    return page(
        "frameworks/publish_round.html",
        form=form,
        round=round_,
        problems=[(problem.reason, _where(round_, problem)) for problem in problems],
        totals=queries.total_questions(round_),
        basket_weeks=queries.count_basket_weeks(round_),
    )


def _where(round_: Round, problem: workflow.Problem) -> str:
    """The page on which a problem is put right."""
    if problem.question is not None:
        return url_for("frameworks.edit_question", question_id=problem.question.id)
    if problem.section is not None:
        return url_for("frameworks.edit_section", section_id=problem.section.id)
    return url_for(PUT_RIGHT[problem.page], round_id=round_.id)


@blueprint.route("/rounds/<uuid:round_id>/extend", methods=["GET", "POST"])
@access(policy.can_extend, of=queries.get_round)
def extend_deadline(round_: Round) -> ResponseReturnValue:
    proposed = None
    if "proposed" in request.args:
        proposed = queries.propose_extensions([round_], clock.now()).get(round_.id)
    form = ExtensionForm(data=extension_values(round_, proposed))
    if form.validate_on_submit():
        try:
            services.extend_deadline(
                round_,
                form.deadline(),
                reason=form.reason.data or "",
                by=current_person(),
                seen_version=seen_version(),
            )
            return done(
                "The deadline is extended for everyone.",
                url_for("frameworks.show", round_id=round_.id),
            )
        except Invalid as error:
            beside(form, error)
    return page(
        "frameworks/extend_deadline.html", form_status(form), form=form, round=round_, proposed=proposed
    )


@blueprint.route("/rounds/<uuid:round_id>/cancel", methods=["GET", "POST"])
@access(policy.can_cancel, of=queries.get_round)
def cancel_round(round_: Round) -> ResponseReturnValue:
    form = CancelForm(data={"version": round_.version})
    if form.validate_on_submit():
        services.cancel_round(
            round_, reason=form.reason.data or "", by=current_person(), seen_version=seen_version()
        )
        return done("The round is cancelled.", url_for("frameworks.show", round_id=round_.id))
    return page("frameworks/cancel_round.html", form_status(form), form=form, round=round_)
