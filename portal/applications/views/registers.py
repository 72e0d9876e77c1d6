"""What the opening of a round leaves on record: how it was opened, and who has read which application since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Response
from flask.typing import ResponseReturnValue

from portal.applications import policy, queries
from portal.applications.models import Application
from portal.applications.views import blueprint
from portal.core.access import access
from portal.core.downloads import table_as_csv
from portal.core.ui import uk_datetime
from portal.core.web import page, page_number
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Round

PAGE_SIZE = 50
HEADINGS = ("When (UK time)", "Who", "Application", "Applicant", "What was read")


@blueprint.route("/rounds/<uuid:round_id>/opening/record", methods=["GET"])
@access(policy.can_list_received, of=frameworks.get_round)
def opening_record(round_: Round) -> ResponseReturnValue:
    return page("applications/opening_record.html", round=round_, record=queries.get_opening_record(round_))


@blueprint.route("/rounds/<uuid:round_id>/access-register", methods=["GET"])
@access(policy.can_list_received, of=frameworks.get_round)
def access_register(round_: Round) -> ResponseReturnValue:
    return _register(round_, None)


@blueprint.route("/rounds/<uuid:round_id>/access-register/download", methods=["GET"])
@access(policy.can_list_received, of=frameworks.get_round)
def access_register_csv(round_: Round) -> ResponseReturnValue:
    return _download(queries.list_accesses(round_, limit=None), f"access register round {round_.number}.csv")


@blueprint.route("/received-applications/<uuid:application_id>/access-register", methods=["GET"])
@access(policy.can_see_accesses, of=queries.get_application)
def application_register(application: Application) -> ResponseReturnValue:
    return _register(application.round, application)


@blueprint.route("/received-applications/<uuid:application_id>/access-register/download", methods=["GET"])
@access(policy.can_see_accesses, of=queries.get_application)
def application_register_csv(application: Application) -> ResponseReturnValue:
    return _download(
        queries.list_accesses(application.round, application, limit=None),
        f"access register {application.reference}.csv",
    )


def _register(round_: Round, application: Application | None) -> ResponseReturnValue:
    number = page_number()
    return page(
        "applications/access_register.html",
        round=round_,
        application=application,
        reads=queries.list_accesses(round_, application, limit=PAGE_SIZE, offset=(number - 1) * PAGE_SIZE),
        total=queries.count_accesses(round_, application),
        number=number,
        size=PAGE_SIZE,
    )


def _download(reads: queries.Accesses, name: str) -> Response:
    return table_as_csv(HEADINGS, _rows(reads), name=name)


def _rows(reads: queries.Accesses) -> Iterator[Sequence[Any]]:
    for entry, reader, reference, applicant in reads:
        yield uk_datetime(entry.created_at), reader, reference, applicant, entry.what
