"""Enquiries for machines: a provider's own, and its answers to them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import Blueprint

from portal.core import clock
from portal.core.errors import Invalid
from portal.core.rest import (
    ROOT,
    Answer,
    Problem,
    caller,
    check_match,
    cut,
    etag_of,
    operation,
    read_cursor,
    seen_version,
)
from portal.keys.queries import get_keyed_organisation
from portal.keys.states import Scope
from portal.matching import policy, services
from portal.matching.models import Enquiry
from portal.matching.queries.machines import get_keyed_enquiry, list_sent_to
from portal.providers.models import Organisation
from portal.vacancies.queries.machines import find_by_reference

if TYPE_CHECKING:
    from portal.matching import schemas

blueprint = Blueprint("matching_api", __name__, url_prefix=ROOT)

TAG = "Enquiries and offers"
ONE = "/enquiries/<uuid:enquiry_id>"


def _schema(name: str) -> Callable[[], Any]:
    def find() -> Any:
        from portal.matching import schemas

        return getattr(schemas, name)

    return find


def _shown(enquiry: Enquiry) -> Answer:
    return Answer(_schema("Enquiry")().of(enquiry, clock.now()), etag=_etag(enquiry))


def _etag(enquiry: Enquiry) -> str:
    return etag_of(enquiry.version, "lapsed" if enquiry.has_lapsed(clock.now()) else enquiry.state)


@blueprint.get("/enquiries")
@operation(
    "List the enquiries sent to you",
    scope=Scope.OFFERS_READ,
    tag=TAG,
    policy=policy.can_list_own_enquiries,
    of=get_keyed_organisation,
    query=_schema("EnquiryQuery"),
    answers={200: _schema("EnquiryPage")},
)
def index(organisation: Organisation, asked: schemas.EnquiryQuery) -> Answer:
    found = list_sent_to(
        organisation.id, after=_after(asked.cursor), limit=asked.limit + 1, state=asked.state
    )
    shown = cut(found, asked.limit, lambda enquiry: [enquiry.sent_at.isoformat(), str(enquiry.id)])
    one, whole, now = _schema("Enquiry")(), _schema("EnquiryPage")(), clock.now()
    return Answer(whole(items=[one.of(row, now) for row in shown.rows], next_cursor=shown.next_cursor))


def _after(cursor: str | None) -> tuple[datetime, uuid.UUID] | None:
    where = read_cursor(cursor)
    return None if where is None else (datetime.fromisoformat(where[0]), uuid.UUID(where[1]))


@blueprint.get(ONE)
@operation(
    "Read an enquiry",
    scope=Scope.OFFERS_READ,
    tag=TAG,
    policy=policy.can_read_enquiry,
    of=get_keyed_enquiry,
    answers={200: _schema("Enquiry")},
)
def show(enquiry: Enquiry) -> Answer:
    return _shown(enquiry)


def _answering(summary: str, **more: Any) -> Callable[..., Any]:
    return operation(
        summary,
        scope=Scope.OFFERS_WRITE,
        tag=TAG,
        policy=policy.can_answer,
        of=get_keyed_enquiry,
        answers={200: _schema("Enquiry")},
        matches=True,
        **more,
    )


@blueprint.post(f"{ONE}/offer")
@_answering(
    "Offer a place",
    description="By answer_by; again, to change the offer, until the council has decided.",
    body=_schema("Offer"),
)
def offer(enquiry: Enquiry, body: schemas.Offer) -> Answer:
    check_match(_etag(enquiry))
    vacancy = find_by_reference(enquiry.organisation_id, body.carer_reference)
    if vacancy is None:
        raise Problem("invalid", fields={"carer_reference": "Choose one of your own households"})
    try:
        services.offer_place(
            enquiry,
            vacancy,
            available_from=body.available_from,
            conditions=body.conditions,
            checked=body.checked,
            by=caller(),
            seen_version=seen_version(enquiry),
        )
    except Invalid as error:
        # The screens choose a household from a list; here it is named by its reference.
        field = "carer_reference" if error.field == "vacancy" else error.field
        raise Invalid(error.message, field=field) from error
    return _shown(enquiry)


@blueprint.post(f"{ONE}/cannot")
@_answering("Say that you cannot offer a place", body=_schema("Cannot"))
def cannot(enquiry: Enquiry, body: schemas.Cannot) -> Answer:
    check_match(_etag(enquiry))
    services.turn_down(
        enquiry,
        reason=body.reason,
        words=body.words,
        checked=body.checked,
        by=caller(),
        seen_version=seen_version(enquiry),
    )
    return _shown(enquiry)
