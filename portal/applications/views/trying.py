"""The councils' preview of a round as a provider will meet it: the same fields, with nothing to save."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from flask import request
from flask.typing import ResponseReturnValue

from portal.applications import queries
from portal.applications.forms import section_form
from portal.applications.services.snapshot import declaration_text
from portal.applications.views import blueprint
from portal.core.access import access
from portal.core.web import page
from portal.frameworks import policy
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Round, Section
from portal.frameworks.states import QuestionKind, SectionKind


@blueprint.get("/rounds/<uuid:round_id>/preview")
@access(policy.can_read_round, of=frameworks.get_round)
def preview_round(round_: Round) -> ResponseReturnValue:
    sections = frameworks.list_sections(round_)
    shown = _chosen(sections)
    cells = queries.list_asked_cells(round_) if shown and shown.kind == SectionKind.PRICE else []
    return page(
        "applications/preview_round.html",
        round=round_,
        sections=sections,
        section=shown,
        form=section_form(shown.questions, {}) if shown else None,
        kinds=QuestionKind,
        find_condition=frameworks.find_condition,
        cells_by_type=[
            (label, list(of_type)) for label, of_type in groupby(cells, lambda one: one.cell.placement_type)
        ],
        declaration=declaration_text(sections),
    )


def _chosen(sections: Sequence[Section]) -> Section | None:
    wanted = request.args.get("section", 1, int)
    return next((one for one in sections if one.position == wanted), next(iter(sections), None))
