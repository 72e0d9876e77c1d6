"""Households for machines: the same services as the grid, by the provider's own references."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from flask import Blueprint, url_for
from werkzeug.routing import PathConverter

from portal.core.rest import (
    ROOT,
    Answer,
    Problem,
    admitted,
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
from portal.providers.models import Organisation
from portal.vacancies import policy, services
from portal.vacancies.models import Vacancy
from portal.vacancies.queries.machines import (
    find_by_reference,
    get_by_reference,
    list_by_reference,
    versions_of,
)
from portal.vacancies.services import Outcome, RowOutcome

if TYPE_CHECKING:
    from portal.vacancies import schemas

blueprint = Blueprint("vacancies_api", __name__, url_prefix=ROOT)

TAG = "Vacancies"
ONE = "/vacancies/<reference:reference>"
ACTS = ("confirm", "hold", "release", "fill", "reopen", "withdraw")


class Reference(PathConverter):
    """A carer reference, which may hold slashes; one that ends like an act on a household is that act."""

    regex = "[^/].*?" + "".join(f"(?<!/{act})" for act in ACTS)


blueprint.record_once(lambda state: state.app.url_map.converters.update(reference=Reference))

# Of a batch, as upserting says what is wrong with a row as a whole.
CHANGED_SINCE = "version"


def _schema(name: str) -> Callable[[], Any]:
    def find() -> Any:
        from portal.vacancies import schemas

        return getattr(schemas, name)

    return find


def _shown(vacancy: Vacancy, status: int = 200) -> Answer:
    body = _schema("Vacancy")().of(vacancy)
    headers = {}
    if status == 201:
        headers["Location"] = url_for("vacancies_api.show", reference=vacancy.carer_reference)
    return Answer(body, status, _etag(vacancy), headers)


def _etag(vacancy: Vacancy) -> str:
    return etag_of(vacancy.version, int(vacancy.confirmed_at.timestamp() * 1_000_000))


ONE_ANSWER: Mapping[int, Any] = {200: _schema("Vacancy")}
WRITES: dict[str, Any] = {"scope": Scope.VACANCIES_WRITE, "tag": TAG}


@blueprint.get("/vacancies")
@operation(
    "List your households",
    scope=Scope.VACANCIES_READ,
    tag=TAG,
    policy=policy.can_list,
    of=get_keyed_organisation,
    query=_schema("VacancyQuery"),
    answers={200: _schema("VacancyPage")},
)
def index(organisation: Organisation, asked: schemas.VacancyQuery) -> Answer:
    found = list_by_reference(
        organisation.id,
        after=read_cursor(asked.cursor),
        limit=asked.limit + 1,
        state=asked.state,
        freshness=asked.freshness,
    )
    shown = cut(found, asked.limit, lambda vacancy: vacancy.carer_reference)
    one, whole = _schema("Vacancy")(), _schema("VacancyPage")()
    return Answer(whole(items=[one.of(row) for row in shown.rows], next_cursor=shown.next_cursor))


@blueprint.get(ONE)
@operation(
    "Read a household",
    scope=Scope.VACANCIES_READ,
    tag=TAG,
    policy=policy.can_read,
    of=get_by_reference,
    answers=ONE_ANSWER,
)
def show(vacancy: Vacancy) -> Answer:
    return _shown(vacancy)


@blueprint.put(ONE)
@operation(
    "Add a household, or change it",
    description="The household is then as you say here, whole, and confirmed as of now.",
    policy=policy.can_keep,
    of=get_keyed_organisation,
    body=_schema("Household"),
    answers={200: _schema("Vacancy"), 201: _schema("Vacancy")},
    matches=True,
    creates=True,
    **WRITES,
)
def save(organisation: Organisation, body: schemas.Household, reference: str) -> Answer:
    current = find_by_reference(organisation.id, reference)
    check_match(_etag(current) if current is not None else None)
    household = body.as_said(reference)
    # Whoever says what they saw, be it nothing, is held to it under the lock.
    seen = seen_version(current)
    [outcome] = services.upsert_households(
        organisation,
        [household],
        by=caller(),
        batch_id=uuid.uuid4(),
        seen_versions={} if seen is None else {" ".join(reference.split()): seen},
    )
    if outcome.outcome == Outcome.REFUSED:
        raise _refused(outcome)
    if seen and outcome.outcome == Outcome.ADDED:
        raise Problem("changed-since", "This household was withdrawn since you read it.")
    saved = get_by_reference(admitted(), outcome.carer_reference)
    return _shown(saved, 201 if outcome.outcome == Outcome.ADDED else 200)


def _refused(outcome: RowOutcome) -> Problem:
    if CHANGED_SINCE in outcome.errors:
        return Problem("changed-since", outcome.errors[CHANGED_SINCE])
    return Problem("invalid", fields=outcome.errors)


@blueprint.post("/vacancies/batch")
@operation(
    "Add and change many households",
    description="Each row has its own result. Send an Idempotency-Key, so that you can safely send it again.",
    policy=policy.can_keep,
    of=get_keyed_organisation,
    body=_schema("Batch"),
    answers={200: _schema("BatchResult")},
    **WRITES,
)
def batch(organisation: Organisation, body: schemas.Batch) -> Answer:
    from portal.vacancies.schemas import HouseholdRow, batch_result

    batch_id, rows = uuid.uuid4(), body.rows
    read = [row for row in rows if isinstance(row, HouseholdRow)]
    unread = len(rows) - len(read)
    judge = services.compare_households if body.all_or_nothing and unread else services.upsert_households
    more: dict[str, Any] = {}
    if judge is services.upsert_households:
        more = {"batch_id": batch_id, "all_or_nothing": body.all_or_nothing}
    judged = iter(
        judge(
            organisation,
            [row.as_said(row.carer_reference) for row in read],
            by=caller(),
            seen_versions={
                " ".join(row.carer_reference.split()): row.version for row in read if row.version is not None
            },
            **more,
        )
    )
    outcomes = [
        next(judged)
        if isinstance(row, HouseholdRow)
        else RowOutcome(Outcome.REFUSED, row.carer_reference, errors=row.errors)
        for row in rows
    ]
    if body.all_or_nothing:
        _require_all(outcomes)
    return Answer(batch_result(batch_id, outcomes, versions_of(organisation.id)))


def _require_all(outcomes: list[RowOutcome]) -> None:
    wrong = {
        f"households.{number}.{name}": message
        for number, row in enumerate(outcomes)
        for name, message in row.errors.items()
    }
    if wrong:
        raise Problem("invalid", "Nothing was saved, since some of the rows are wrong.", fields=wrong)


@blueprint.post("/vacancies/confirm")
@operation(
    "Confirm all your open households",
    description="“Nothing has changed”: every household that is available or held is as recorded.",
    policy=policy.can_keep,
    of=get_keyed_organisation,
    answers={200: _schema("Confirmed")},
    **WRITES,
)
def confirm_all(organisation: Organisation) -> Answer:
    confirmed = services.confirm_all_vacancies(organisation, by=caller())
    return Answer(_schema("Confirmed")()(confirmed=confirmed))


def _one(summary: str, **more: Any) -> Callable[..., Any]:
    """An act on one household, which may be held to the version that was read."""
    declared: dict[str, Any] = {"policy": policy.can_change, "of": get_by_reference, "answers": ONE_ANSWER}
    return operation(summary, matches=True, **declared, **WRITES, **more)


def _matched(vacancy: Vacancy) -> dict[str, Any]:
    check_match(_etag(vacancy))
    return {"by": caller(), "seen_version": seen_version(vacancy)}


@blueprint.post(f"{ONE}/confirm")
@_one("Confirm a household", description="“Nothing has changed”: it is as recorded.")
def confirm(vacancy: Vacancy) -> Answer:
    services.confirm_vacancy(vacancy, **_matched(vacancy))
    return _shown(vacancy)


@blueprint.post(f"{ONE}/hold")
@_one("Hold a household's places for somebody", body=_schema("Hold"))
def hold(vacancy: Vacancy, body: schemas.Hold) -> Answer:
    services.hold_vacancy(vacancy, until=body.until, **_matched(vacancy))
    return _shown(vacancy)


@blueprint.post(f"{ONE}/release")
@_one("End a hold")
def release(vacancy: Vacancy) -> Answer:
    services.release_vacancy(vacancy, **_matched(vacancy))
    return _shown(vacancy)


@blueprint.post(f"{ONE}/fill")
@_one("Mark a household as filled", description="Its free places then count as taken.")
def fill(vacancy: Vacancy) -> Answer:
    services.fill_vacancy(vacancy, **_matched(vacancy))
    return _shown(vacancy)


@blueprint.post(f"{ONE}/reopen")
@_one("Offer places of a filled household again", body=_schema("Reopen"))
def reopen(vacancy: Vacancy, body: schemas.Reopen) -> Answer:
    services.reopen_vacancy(
        vacancy,
        free_places=body.free_places,
        available_from=body.available_from,
        **_matched(vacancy),
    )
    return _shown(vacancy)


@blueprint.post(f"{ONE}/withdraw")
@_one("Withdraw a household", description="Its record stays, and its reference may be used again.")
def withdraw(vacancy: Vacancy) -> Answer:
    services.withdraw_vacancy(vacancy, **_matched(vacancy))
    return _shown(vacancy)
