"""Agreements: the list, one agreement, its two signatures and its standing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue

from portal.agreements import policy, queries, services
from portal.agreements.forms import CountersignForm, ReasonForm, SignForm, read_chosen
from portal.agreements.models import Agreement
from portal.agreements.states import AgreementState
from portal.agreements.views.frame import blueprint
from portal.agreements.workflow import AGREEMENT
from portal.core import clock
from portal.core.access import access, current_person
from portal.core.downloads import attachment
from portal.core.errors import Invalid, NotFound, Refused
from portal.core.ui import plural
from portal.core.web import done, keep_writes, page, page_number, seen_version
from portal.frameworks.queries import list_frameworks

PAGE_SIZE = 25


@blueprint.get("/agreements")
@access(policy.can_list)
def index() -> ResponseReturnValue:
    person = current_person()
    state = _asked_state()
    number = page_number()
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
        frameworks=list_frameworks() if person.holds(*policy.COUNCIL_READERS) else (),
        today=clock.today(),
    )


@blueprint.get("/agreements/<uuid:agreement_id>")
@access(policy.can_read, of=queries.get_agreement)
def show(agreement: Agreement) -> ResponseReturnValue:
    person = current_person()
    return page(
        "agreements/show.html",
        agreement=agreement,
        actions=_actions(agreement),
        happened=queries.list_happened(agreement),
        sees_prices=bool(policy.can_read_text(person, agreement)),
        is_own=person.acts_for(agreement.organisation_id),
        today=clock.today(),
    )


@blueprint.route("/agreements/<uuid:agreement_id>/sign", methods=["GET", "POST"])
@access(policy.can_sign, of=queries.get_agreement)
def sign(agreement: Agreement) -> ResponseReturnValue:
    form = SignForm(version=agreement.version, sha256=agreement.text_sha256)
    if request.method == "GET":
        _only_while(agreement, "sign")
    if form.validate_on_submit():
        try:
            services.sign_agreement(
                agreement,
                name=form.name.data or "",
                position=form.position.data or "",
                password=form.password.data or "",
                by=current_person(),
                source=request.remote_addr or "unknown",
                seen_version=seen_version(),
                seen_sha256=form.sha256.data,
            )
            return done("Signed. The council will now countersign it.", _show(agreement))
        except Invalid as error:
            _beside(form, error)
    return page(
        "agreements/sign.html",
        422 if form.errors else 200,
        form=form,
        agreement=agreement,
        today=clock.today(),
    )


@blueprint.get("/agreements/<uuid:agreement_id>/pdf")
@access(policy.can_read_text, of=queries.get_agreement)
def agreement_pdf(agreement: Agreement) -> ResponseReturnValue:
    if not agreement.text:
        raise NotFound
    content = services.render_agreement(agreement)
    name = f"{agreement.framework.reference} agreement {agreement.organisation.legal_name}.pdf"
    return attachment([content], name=name, media_type="application/pdf", size=len(content))


@blueprint.route("/agreements/countersign", methods=["GET", "POST"])
@access(policy.can_countersign_many)
def countersign_many() -> ResponseReturnValue:
    waiting = queries.list_awaiting_countersignature(current_person())
    form = CountersignForm()
    chosen = read_chosen(request.form)
    nothing = request.method == "POST" and not chosen
    if form.validate_on_submit() and chosen:
        signed, refused = services.countersign_agreements(chosen, by=current_person())
        for reason in refused:
            flash(reason, "warning")
        return done(
            f"{plural(len(signed), 'agreement')} countersigned.", url_for("agreements.countersign_many")
        )
    return page(
        "agreements/countersign_many.html",
        422 if form.errors or nothing else 200,
        form=form,
        waiting=waiting,
        chosen=chosen,
        nothing=nothing,
    )


@blueprint.route("/agreements/<uuid:agreement_id>/countersign", methods=["GET", "POST"])
@access(policy.can_countersign, of=queries.get_agreement)
def countersign(agreement: Agreement) -> ResponseReturnValue:
    form = CountersignForm(version=agreement.version)
    if request.method == "GET":
        _only_while(agreement, "countersign")
    if form.validate_on_submit():
        services.countersign_agreement(agreement, by=current_person(), seen_version=seen_version())
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
        service(agreement, reason=form.reason.data or "", by=current_person(), seen_version=seen_version())
        return done(message, _show(agreement))
    return page(f"agreements/{name}.html", 422 if form.errors else 200, form=form, agreement=agreement)


def _beside(form: SignForm, error: Invalid) -> None:
    if error.field not in form:
        raise error
    form[error.field].errors = [error.message]
    if error.field == "password":
        keep_writes()  # the counted guess, before which nothing else was written


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


def _show(agreement: Agreement) -> Any:
    return url_for("agreements.show", agreement_id=agreement.id)
