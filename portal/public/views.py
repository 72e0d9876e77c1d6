"""Pages without sign-in: the framework, its rounds, its members, how to apply, and the portal's duties."""

from __future__ import annotations

import uuid

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.core.access import current_person, public
from portal.core.web import page, page_number
from portal.evaluations import scoring
from portal.evaluations.states import SCORE_DESCRIPTORS
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Round
from portal.frameworks.states import SectionKind
from portal.public import queries

PAGE_SIZE = 50

blueprint = Blueprint("public", __name__)


@blueprint.get("/")
@public
def index() -> ResponseReturnValue:
    now = clock.now()
    found = frameworks.list_open_rounds()
    rounds = [(round_, queries.time_left(round_, now), _way_in(round_)) for round_ in found]
    return page("public/index.html", rounds=rounds)


def _way_in(round_: Round) -> str | None:
    """Where whoever reads this starts an application; None for people at the councils, who do not apply."""
    person = current_person()
    if person is None:
        return url_for("accounts.register")
    if person.is_council:
        return None
    if not person.organisation_ids:
        return url_for("providers.find")
    return url_for("applications.start", round_id=round_.id)


@blueprint.get("/framework/rounds")
@public
def rounds() -> ResponseReturnValue:
    now = clock.now()
    found = frameworks.list_published_rounds(limit=PAGE_SIZE)
    return page(
        "public/rounds.html", rounds=[(round_, frameworks.public_status_of(round_, now)) for round_ in found]
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
        standing=frameworks.public_status_of(round_, now),
        is_accepting=frameworks.is_accepting(round_, now),
        left=queries.time_left(round_, now),
        way_in=_way_in(round_),
        sections=sections,
        quality=[s for s in sections if s.kind == SectionKind.QUALITY],
        documents=[s for s in sections if s.kind == SectionKind.DOCUMENTS],
        basket=[(cell, volumes[cell.id]) for cell in frameworks.list_cells() if cell.id in volumes],
        extensions=frameworks.list_extensions(round_),
        clarifications=frameworks.count_notes(round_),
        takes_questions=frameworks.takes_questions(round_, now),
        amendments=frameworks.list_amendments(round_),
        rules=scoring,
        scale=SCORE_DESCRIPTORS,
    )


@blueprint.get("/framework/rounds/<uuid:round_id>/questions")
@public
def round_questions(round_id: uuid.UUID) -> ResponseReturnValue:
    round_ = frameworks.get_public_round(round_id)
    return page(
        "public/round_questions.html",
        round=round_,
        sections=frameworks.list_sections(round_),
        changes=frameworks.changes_by_question(round_),
        find_condition=frameworks.find_condition,
    )


@blueprint.get("/how-to-apply")
@public
def how_to_apply() -> ResponseReturnValue:
    return page("public/how_to_apply.html", rounds=frameworks.list_open_rounds())


@blueprint.get("/members")
@public
def members() -> ResponseReturnValue:
    text, number = request.args.get("q", "").strip(), page_number()
    return page(
        "public/members.html",
        members=queries.list_members(text=text, limit=PAGE_SIZE, offset=(number - 1) * PAGE_SIZE),
        total=queries.count_members(text=text),
        text=text,
        number=number,
        size=PAGE_SIZE,
    )


@blueprint.get("/framework/sufficiency")
@public
def sufficiency() -> ResponseReturnValue:
    return page("public/sufficiency.html", figures=queries.get_public_figures())


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
