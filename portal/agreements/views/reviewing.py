"""The councils' side of a price review: analysis, Finance's check, recommendation, decision."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, cast

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue

from portal.agreements import policy, queries, services
from portal.agreements.forms import AnalyseForm, DecideForm, FundingForm, RecommendForm
from portal.agreements.models import PriceReview
from portal.agreements.states import FundingSource, PlacedChildren, ReviewStepKind
from portal.agreements.views.frame import blueprint
from portal.agreements.workflow import PRICE_REVIEW
from portal.core import clock
from portal.core.access import access, current_person
from portal.core.db import session
from portal.core.errors import Invalid, Refused
from portal.core.web import beside, done, form_status, page, seen_version
from portal.frameworks.queries import list_cells
from portal.pricing.modifiers import describe, from_text
from portal.pricing.typed import PREFIX, TypedFees
from portal.pricing.uplift import percent_change, raised

REVIEW = "/price-reviews/<uuid:price_review_id>"


@blueprint.route(f"{REVIEW}/analyse", methods=["GET", "POST"])
@access(policy.can_analyse, of=queries.get_review)
def analyse_review(review: PriceReview) -> ResponseReturnValue:
    form = AnalyseForm(version=review.version)
    _only_while(review, "analyse")
    if form.validate_on_submit():
        services.analyse_review(
            review, text=form.text.data or "", by=current_person(), seen_version=seen_version()
        )
        return done("Analysis saved. Finance is told.", _address(review))
    return _page("analyse_review", review, form)


@blueprint.route(f"{REVIEW}/check-funding", methods=["GET", "POST"])
@access(policy.can_check_funding, of=queries.get_review)
def check_funding(review: PriceReview) -> ResponseReturnValue:
    form = FundingForm(version=review.version)
    _only_while(review, "check_funding")
    if form.validate_on_submit():
        services.check_funding(
            review,
            arithmetic_confirmed=form.arithmetic.data,
            funding=FundingSource(form.funding.data),
            yearly_cost=_money(form.yearly_cost.data),
            text=form.text.data or "",
            by=current_person(),
            seen_version=seen_version(),
        )
        return done("Finance’s check is saved. Contract managers are told.", _address(review))
    return _page("check_funding", review, form)


@blueprint.route(f"{REVIEW}/recommend", methods=["GET", "POST"])
@access(policy.can_recommend_review, of=queries.get_review)
def recommend_review(review: PriceReview) -> ResponseReturnValue:
    form, fees = RecommendForm(version=review.version), TypedFees(request.form.items())
    _only_while(review, "recommend")
    if request.method == "GET":
        form.effective_from.data = review.takes_effect_on
        form.modifiers.data = review.asked_modifiers is not None
        fees = TypedFees((f"{PREFIX}{cell_id}", str(fee)) for cell_id, fee in _proposed(review).items())
    elif form.validate_on_submit() and not fees.errors:
        try:
            return _recommend(review, form, fees)
        except Invalid as error:
            _show(form, fees, error)
    wrong = bool(form.errors or fees.errors)
    return _page("recommend_review", review, form, 422 if wrong else 200, fees=fees, has_errors=wrong)


@blueprint.route(f"{REVIEW}/decide", methods=["GET", "POST"])
@access(policy.can_decide_review, of=queries.get_review)
def decide_review(review: PriceReview) -> ResponseReturnValue:
    form = DecideForm(version=review.version)
    _only_while(review, "reject")
    recommended = queries.find_step(review, ReviewStepKind.RECOMMENDED)
    if form.validate_on_submit():
        try:
            return done(_decide(review, form), _address(review))
        except Invalid as error:
            beside(form, error if error.field else Invalid(error.message, field="decision"))
    data = recommended.data if recommended else {"fees": {}, "modifiers": None}
    return _page(
        "decide_review",
        review,
        form,
        form_status(form),
        recommended=recommended,
        fees={int(key): Decimal(fee) for key, fee in data["fees"].items()},
        modifiers=describe(from_text(data["modifiers"])) if data["modifiers"] else [],
    )


def _recommend(review: PriceReview, form: RecommendForm, fees: TypedFees) -> ResponseReturnValue:
    is_approval = form.outcome.data == "approve"
    services.recommend_review(
        review,
        fees.fees if is_approval else {},
        with_modifiers=is_approval and form.modifiers.data,
        effective_from=cast(date, form.effective_from.data),
        text=form.text.data or "",
        by=current_person(),
        seen_version=seen_version(),
    )
    return done("Your recommendation is saved. Approvers are told.", _address(review))


def _decide(review: PriceReview, form: DecideForm) -> str:
    common = {"text": form.text.data or "", "by": current_person(), "seen_version": seen_version()}
    if form.decision.data == "approve":
        version = services.approve_review(review, placed=PlacedChildren(form.placed.data), **common)
        return f"Approved. The new prices are version {version.number} of the schedule."
    if form.decision.data == "reject":
        services.reject_review(review, **common)
        return "Rejected. The provider is told why."
    services.refer_review_back(review, **common)
    return "Referred back. Contract managers are told."


def _proposed(review: PriceReview) -> dict[int, Decimal]:
    """Where the recommendation starts from: what is asked, or less where the formula gives less. People decide."""
    uplift = _terms(review).uplift
    return {
        line.cell_id: min(line.asked_fee, raised(line.old_fee, uplift.percent))
        if uplift and line.old_fee
        else line.asked_fee
        for line in review.lines
    }


def _page(name: str, review: PriceReview, form: Any, status: int | None = None, **more: Any) -> Response:
    terms = _terms(review)
    cells = {cell.id: cell for cell in list_cells()}
    return page(
        f"agreements/{name}.html",
        status or form_status(form),
        review=review,
        form=form,
        terms=terms,
        cells=cells,
        lines=services.analyse_lines(review, terms),
        percent_change=percent_change,
        steps=review.steps,
        asked_modifiers=describe(from_text(review.asked_modifiers)) if review.asked_modifiers else [],
        **more,
    )


def _terms(review: PriceReview) -> queries.Terms:
    """Those of the window in which it was asked for."""
    return queries.get_terms(review.framework_id, review.requested_at.astimezone(clock.LONDON).date())


def _show(form: RecommendForm, fees: TypedFees, error: Invalid) -> None:
    if (error.field or "").startswith(PREFIX):
        session.rollback()
        fees.errors[int((error.field or "")[len(PREFIX) :])] = error.message
    else:
        beside(form, error)


def _only_while(review: PriceReview, name: str) -> None:
    """A form is shown only in a state in which it can be sent."""
    if request.method == "GET" and review.state not in PRICE_REVIEW[name].source:
        raise Refused(f"This price review is {review.state.label.lower()}, so that cannot be done now.")


def _money(text: str | None) -> Decimal | None:
    return Decimal(text.replace("£", "").replace(",", "").strip()) if text else None


def _address(review: PriceReview) -> str:
    return url_for("agreements.review", price_review_id=review.id)
