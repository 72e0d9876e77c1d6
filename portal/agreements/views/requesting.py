"""A provider's side of a price review: asking, adding evidence, withdrawing; and the list and page of reviews."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any, BinaryIO, cast

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.agreements import policy, queries, services
from portal.agreements.forms import EvidenceForm, ReasonForm, RequestReviewForm
from portal.agreements.models import PriceReview
from portal.agreements.queries import Evidence
from portal.agreements.states import UNDER_REVIEW, PriceReviewState, ReviewStepKind
from portal.agreements.views.frame import blueprint
from portal.agreements.workflow import PRICE_REVIEW
from portal.core import clock, once
from portal.core.access import access, current_person
from portal.core.db import session
from portal.core.downloads import attachment
from portal.core.errors import Invalid, Refused
from portal.core.web import beside, done, form_status, page, page_number, seen_version
from portal.documents import services as documents
from portal.frameworks.queries import list_cells
from portal.pricing import queries as pricing
from portal.pricing.modifiers import describe, from_text, is_unusual
from portal.pricing.policy import can_read as can_read_prices
from portal.pricing.queries import Schedule
from portal.pricing.typed import MODIFIER_FIELDS, PREFIX, TypedFees, TypedModifiers
from portal.pricing.uplift import percent_change, raised

PAGE_SIZE = 25
REVIEW = "/price-reviews/<uuid:price_review_id>"


@blueprint.get("/price-reviews")
@access(policy.can_list_reviews)
def reviews() -> ResponseReturnValue:
    person, number = current_person(), page_number()
    asked = request.args.get("state", "")
    state = PriceReviewState(asked) if asked in set(PriceReviewState) else None
    offset = (number - 1) * PAGE_SIZE
    counts = queries.count_reviews(person)
    return page(
        "agreements/reviews.html",
        reviews=queries.list_reviews(person, states=[state] if state else [], limit=PAGE_SIZE, offset=offset),
        counts=counts,
        state=state,
        states=list(PriceReviewState),
        number=number,
        offset=offset,
        page_size=PAGE_SIZE,
        total=counts[state] if state else sum(counts.values()),
        frameworks=queries.list_frameworks() if person.is_council else [],
        may_compare=bool(policy.can_compare_providers(person)),
        may_read_terms=bool(policy.can_list_terms(person)),
    )


@blueprint.get(REVIEW)
@access(policy.can_read_review, of=queries.get_review)
def review(review: PriceReview) -> ResponseReturnValue:
    person = current_person()
    cells = {cell.id: cell for cell in list_cells()}
    decision = queries.find_step(review, ReviewStepKind.APPROVED, ReviewStepKind.REJECTED)
    terms = queries.get_terms(review.framework_id, review.requested_at.astimezone(clock.LONDON).date())
    schedule = Schedule(review.organisation, review.framework)
    return page(
        "agreements/review.html",
        review=review,
        cells=cells,
        lines=sorted(review.lines, key=lambda line: list(cells).index(line.cell_id)),
        percent_change=percent_change,
        decision=decision,
        decided={int(key): Decimal(fee) for key, fee in decision.data["fees"].items()} if decision else {},
        steps=review.steps,
        asked_modifiers=describe(from_text(review.asked_modifiers)) if review.asked_modifiers else [],
        analysis=_analysis(review, terms),
        terms=terms,
        actions={each.name for each in PRICE_REVIEW.available(person, review)},
        may_add=_may_add(review),
        version=queries.find_review_version(review),
        sees_schedule=bool(can_read_prices(person, schedule)),
        others=_others(review),
    )


@blueprint.route(
    "/organisations/<uuid:organisation_id>/prices/<uuid:framework_id>/price-review", methods=["GET", "POST"]
)
@access(policy.can_request_review, of=pricing.get_schedule)
def request_review(schedule: Schedule) -> ResponseReturnValue:
    form, fees = RequestReviewForm(), TypedFees(request.form.items())
    entered = TypedModifiers(request.form.items())
    takes_effect_on = services.check_may_ask(schedule, only_modifiers=True)
    only_modifiers = not queries.get_terms(schedule.framework.id).window.is_open(clock.today())
    prices = pricing.list_prices(schedule, takes_effect_on)
    if request.method == "GET":
        form.once.data = str(uuid.uuid4())
        entered = TypedModifiers.of(pricing.find_modifiers(schedule, takes_effect_on))
    elif form.validate_on_submit() and not fees.errors and not entered.errors:
        try:
            if request.form.get("step") != "change":
                return _check_or_ask(schedule, form, _with_percentage(form, fees, prices), entered)
        except Invalid as error:
            _show(form, fees, entered, error)
    wrong = bool(form.errors or fees.errors or entered.errors)
    return page(
        "agreements/request_review.html",
        422 if wrong else 200,
        schedule=schedule,
        form=form,
        fees=fees,
        entered=entered,
        modifier_fields=MODIFIER_FIELDS,
        has_errors=wrong,
        prices=prices,
        grid=pricing.get_grid(),
        takes_effect_on=takes_effect_on,
        only_modifiers=only_modifiers,
    )


@blueprint.route(f"{REVIEW}/evidence", methods=["GET", "POST"])
@access(policy.can_withdraw_review, of=queries.get_review)
def add_evidence(review: PriceReview) -> ResponseReturnValue:
    form = EvidenceForm()
    sent = request.files.get("file")
    if request.method == "GET":
        if not _may_add(review):
            raise Refused(f"This price review is {review.state.label.lower()}, so no evidence can be added.")
    elif sent is None or not sent.filename:
        form.validate_on_submit()
        form.file.errors = ["Choose a file first"]
    elif form.validate_on_submit():
        try:
            services.attach_evidence(
                review,
                original_name=sent.filename,
                chunks=documents.pieces(cast(BinaryIO, sent.stream)),
                by=current_person(),
            )
            return done("File added. It can be opened once it has been scanned.", _address(review))
        except Invalid as error:
            beside(form, error)
    return page("agreements/add_evidence.html", form_status(form), form=form, review=review)


@blueprint.get(f"{REVIEW}/evidence/<uuid:document_id>")
@access(lambda person, evidence: policy.can_read_review(person, evidence.review), of=queries.get_evidence)
def evidence(evidence: Evidence) -> ResponseReturnValue:
    document = evidence.document
    return attachment(
        documents.open_content(document),
        name=document.original_name,
        media_type=document.kind.media_type,
        size=document.size,
    )


@blueprint.get(f"{REVIEW}/letter")
@access(policy.can_read_review, of=queries.get_review)
def review_letter(review: PriceReview) -> ResponseReturnValue:
    content = services.render_review_letter(review)
    name = f"Price review {review.organisation.legal_name}.pdf"
    return attachment([content], name=name, media_type="application/pdf", size=len(content))


@blueprint.route(f"{REVIEW}/withdraw", methods=["GET", "POST"])
@access(policy.can_withdraw_review, of=queries.get_review)
def withdraw_review(review: PriceReview) -> ResponseReturnValue:
    form = ReasonForm(version=review.version)
    if request.method == "GET" and review.state not in UNDER_REVIEW:
        raise Refused(f"This price review is {review.state.label.lower()}, so it cannot be withdrawn.")
    if form.validate_on_submit():
        services.withdraw_review(
            review, reason=form.reason.data or "", by=current_person(), seen_version=seen_version()
        )
        return done("Your request is withdrawn.", _address(review))
    return page("agreements/withdraw_review.html", form_status(form), form=form, review=review)


def _check_or_ask(
    schedule: Schedule, form: RequestReviewForm, fees: dict[int, Decimal], entered: TypedModifiers
) -> ResponseReturnValue:
    lines, wanted, starts = services.plan_request(schedule, fees, entered.modifiers)
    unusual = {line.cell_id: line.new for line in lines if is_unusual(line.new)}
    is_sent = request.form.get("step") == "send"
    if not is_sent or (unusual and not form.unusual.data):
        if is_sent:
            form.unusual.errors = ["Say that these prices are right, or change them"]
        return page(
            "agreements/request_review_check.html",
            form_status(form),
            schedule=schedule,
            form=form,
            lines=lines,
            described=describe(wanted) if wanted is not None else [],
            takes_effect_on=starts,
            unusual=unusual,
            cells={cell.id: cell for cell in list_cells()},
            percent_change=percent_change,
            prefix=PREFIX,
            entered=entered,
        )
    once.claim(form.once.data)
    made = services.request_review(
        schedule, fees, modifiers=wanted, reason=form.reason.data or "", by=current_person()
    )
    return done("Your request is sent. Add your evidence now.", _address(made))


def _with_percentage(form: RequestReviewForm, fees: TypedFees, prices: dict[int, Any]) -> dict[int, Decimal]:
    """A fee that was typed counts; the percentage is for every other price that is offered."""
    if not form.percent.data:
        return fees.fees
    by = Decimal(form.percent.data)
    spread = {
        cell_id: raised(price.weekly_fee, by)
        for cell_id, price in prices.items()
        if price.weekly_fee is not None and by
    }
    return {**spread, **fees.fees}


def _show(form: RequestReviewForm, fees: TypedFees, entered: TypedModifiers, error: Invalid) -> None:
    name = error.field or ""
    if name.startswith(PREFIX):
        session.rollback()
        fees.errors[int(name[len(PREFIX) :])] = error.message
    elif name in {field.name for field in MODIFIER_FIELDS}:
        session.rollback()
        entered.errors[name] = error.message
    else:
        beside(form, error)


def _may_add(review: PriceReview) -> bool:
    is_own = bool(policy.can_withdraw_review(current_person(), review))
    return is_own and review.state in UNDER_REVIEW - {PriceReviewState.RECOMMENDED}


def _analysis(review: PriceReview, terms: queries.Terms) -> dict[int, services.LineAnalysis]:
    """Beside each price asked for; how the councils look at it is for them alone."""
    if not current_person().is_council:
        return {}
    return {one.line.cell_id: one for one in services.analyse_lines(review, terms)}


def _others(review: PriceReview) -> list[PriceReview]:
    """What else is asked for at the same time, for the councils."""
    if not current_person().is_council:
        return []
    found = queries.list_reviews(current_person(), states=UNDER_REVIEW, limit=PAGE_SIZE)
    return [one for one in found if one.id != review.id]


def _address(review: PriceReview) -> str:
    return url_for("agreements.review", price_review_id=review.id)
