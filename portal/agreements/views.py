"""Agreements: the list, one agreement, its two signatures and its standing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from portal.agreements import policy, queries, services
from portal.agreements.forms import CountersignForm, ReasonForm, SignForm
from portal.agreements.models import Agreement
from portal.agreements.states import AgreementState
from portal.agreements.workflow import AGREEMENT
from portal.core import clock
from portal.core.access import access, current_person
from portal.core.errors import Refused
from portal.core.web import done, page
from portal.pricing.policy import can_read as can_read_prices
from portal.pricing.queries import Schedule

blueprint = Blueprint("agreements", __name__)

PAGE_SIZE = 25


@blueprint.get("/agreements")
@access(policy.can_list)
def index() -> ResponseReturnValue:
    person = current_person()
    state = _asked_state()
    number = max(request.args.get("page", 1, type=int), 1)
    offset = (number - 1) * PAGE_SIZE
    counts = queries.count_by_state(person)
    return page(
        "agreements/index.html",
        agreements=queries.list_agreements(person, state=state, limit=PAGE_SIZE, offset=offset),
        counts=counts,
        state=state,
        states=list(AgreementState),
        number=number,
        offset=offset,
        page_size=PAGE_SIZE,
        total=counts[state] if state else sum(counts.values()),
        today=clock.today(),
    )


@blueprint.get("/agreements/<uuid:agreement_id>")
@access(policy.can_read, of=queries.get_agreement)
def show(agreement: Agreement) -> ResponseReturnValue:
    person = current_person()
    schedule = Schedule(agreement.organisation, agreement.framework)
    return page(
        "agreements/show.html",
        agreement=agreement,
        actions=_actions(agreement),
        happened=queries.list_happened(agreement),
        sees_prices=bool(can_read_prices(person, schedule)),
        is_own=person.acts_for(agreement.organisation_id),
        today=clock.today(),
    )


@blueprint.route("/agreements/<uuid:agreement_id>/sign", methods=["GET", "POST"])
@access(policy.can_sign, of=queries.get_agreement)
def sign(agreement: Agreement) -> ResponseReturnValue:
    form = SignForm(version=agreement.version)
    if request.method == "GET":
        _only_while(agreement, "sign")
    if form.validate_on_submit():
        services.sign_agreement(
            agreement,
            name=form.name.data or "",
            position=form.position.data or "",
            by=current_person(),
            seen_version=_version(),
        )
        return done("Signed. The council will now countersign it.", _show(agreement))
    return page(
        "agreements/sign.html",
        422 if form.errors else 200,
        form=form,
        agreement=agreement,
        today=clock.today(),
    )


@blueprint.route("/agreements/<uuid:agreement_id>/countersign", methods=["GET", "POST"])
@access(policy.can_countersign, of=queries.get_agreement)
def countersign(agreement: Agreement) -> ResponseReturnValue:
    form = CountersignForm(version=agreement.version)
    if request.method == "GET":
        _only_while(agreement, "countersign")
    if form.validate_on_submit():
        services.countersign_agreement(agreement, by=current_person(), seen_version=_version())
        return done("Countersigned. The submitted prices are now the agreed prices.", _show(agreement))
    return page(
        "agreements/countersign.html",
        422 if form.errors else 200,
        form=form,
        agreement=agreement,
        today=clock.today(),
    )


@blueprint.route("/agreements/<uuid:agreement_id>/suspend", methods=["GET", "POST"])
@access(policy.can_steward, of=queries.get_agreement)
def suspend(agreement: Agreement) -> ResponseReturnValue:
    return _change(agreement, "suspend", services.suspend_agreement, "Suspended from new placements.")


@blueprint.route("/agreements/<uuid:agreement_id>/reinstate", methods=["GET", "POST"])
@access(policy.can_steward, of=queries.get_agreement)
def reinstate(agreement: Agreement) -> ResponseReturnValue:
    return _change(agreement, "reinstate", services.reinstate_agreement, "The suspension is lifted.")


@blueprint.route("/agreements/<uuid:agreement_id>/end", methods=["GET", "POST"])
@access(policy.can_steward, of=queries.get_agreement)
def end(agreement: Agreement) -> ResponseReturnValue:
    return _change(agreement, "end", services.end_agreement, "The agreement has ended.")


def _change(
    agreement: Agreement, name: str, service: Callable[..., None], message: str
) -> ResponseReturnValue:
    form = ReasonForm(version=agreement.version)
    if request.method == "GET":
        _only_while(agreement, name)
    if form.validate_on_submit():
        service(agreement, reason=form.reason.data or "", by=current_person(), seen_version=_version())
        return done(message, _show(agreement))
    return page(f"agreements/{name}.html", 422 if form.errors else 200, form=form, agreement=agreement)


def _only_while(agreement: Agreement, name: str) -> None:
    """A form is shown only in a state in which it can be sent."""
    if agreement.state not in AGREEMENT[name].source:
        raise Refused(f"This agreement is {agreement.state.label.lower()}, so that cannot be done now.")


def _actions(agreement: Agreement) -> set[str]:
    names = {transition.name for transition in AGREEMENT.available(current_person(), agreement)}
    if agreement.state == AgreementState.OFFERED and agreement.lapses_on < clock.today():
        names.discard("sign")
    return names


def _asked_state() -> AgreementState | None:
    asked = request.args.get("state", "")
    return AgreementState(asked) if asked in set(AgreementState) else None


def _version() -> int | None:
    return request.form.get("version", type=int)


def _show(agreement: Agreement) -> Any:
    return url_for("agreements.show", agreement_id=agreement.id)
