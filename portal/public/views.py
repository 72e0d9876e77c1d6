"""Pages without sign-in: the framework, its rounds, how to apply, its members, and the portal's own duties."""

from __future__ import annotations

import uuid

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.core.access import public
from portal.core.web import page
from portal.evaluations import scoring
from portal.evaluations.states import SCORE_DESCRIPTORS
from portal.frameworks import queries as frameworks
from portal.frameworks.states import SectionKind
from portal.public import queries

PAGE_SIZE = 50

blueprint = Blueprint("public", __name__)


@blueprint.get("/")
@public
def index() -> ResponseReturnValue:
    now = clock.now()
    rounds = [(round_, queries.time_left(round_, now)) for round_ in frameworks.list_open_rounds()]
    return page("public/index.html", rounds=rounds)


@blueprint.get("/framework/rounds")
@public
def rounds() -> ResponseReturnValue:
    now = clock.now()
    found = frameworks.list_published_rounds(limit=PAGE_SIZE)
    return page(
        "public/rounds.html", rounds=[(round_, frameworks.status_of(round_, now)) for round_ in found]
    )


@blueprint.get("/framework/rounds/<uuid:round_id>")
@public
def show_round(round_id: uuid.UUID) -> ResponseReturnValue:
    round_, now = frameworks.get_public_round(round_id), clock.now()
    sections = frameworks.list_sections(round_)
    volumes = frameworks.list_volumes(round_)
    return page(
        "public/show_round.html",
        round=round_,
        standing=frameworks.status_of(round_, now),
        is_accepting=frameworks.is_accepting(round_, now),
        left=queries.time_left(round_, now),
        sections=sections,
        quality=[s for s in sections if s.kind == SectionKind.QUALITY],
        documents=[s for s in sections if s.kind == SectionKind.DOCUMENTS],
        basket=[(cell, volumes[cell.id]) for cell in frameworks.list_cells() if cell.id in volumes],
        extensions=frameworks.list_extensions(round_),
        rules=scoring,
        scale=SCORE_DESCRIPTORS,
    )


@blueprint.get("/framework/rounds/<uuid:round_id>/questions")
@public
def round_questions(round_id: uuid.UUID) -> ResponseReturnValue:
    round_ = frameworks.get_public_round(round_id)
    return page("public/round_questions.html", round=round_, sections=frameworks.list_sections(round_))


@blueprint.get("/how-to-apply")
@public
def how_to_apply() -> ResponseReturnValue:
    return page("public/how_to_apply.html", rounds=frameworks.list_open_rounds())


@blueprint.get("/members")
@public
def members() -> ResponseReturnValue:
    text, number = request.args.get("q", "").strip(), max(request.args.get("page", 1, int), 1)
    return page(
        "public/members.html",
        members=queries.list_members(text=text, limit=PAGE_SIZE, offset=(number - 1) * PAGE_SIZE),
        total=queries.count_members(text=text),
        text=text,
        number=number,
        size=PAGE_SIZE,
    )


@blueprint.get("/accessibility")
@public
def accessibility() -> ResponseReturnValue:
    return page("public/accessibility.html")


@blueprint.get("/privacy")
@public
def privacy() -> ResponseReturnValue:
    return page("public/privacy.html")


@blueprint.get("/contact")
@public
def contact() -> ResponseReturnValue:
    return page("public/contact.html")


@blueprint.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    return {"status": "up"}


@blueprint.get("/readyz")
@public
def readyz() -> ResponseReturnValue:
    silent = queries.list_what_does_not_answer()
    return {"status": "not ready" if silent else "ready", "silent": silent}, 503 if silent else 200
