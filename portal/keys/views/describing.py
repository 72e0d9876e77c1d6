"""The page that explains the API and the OpenAPI document: one description, for people and for machines."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, json, request
from flask.typing import ResponseReturnValue

from portal.core.access import public
from portal.core.rest import PROBLEMS, ROOT
from portal.core.rest.describing import document
from portal.core.web import page
from portal.keys.models import CALLS_A_MINUTE
from portal.keys.states import Scope
from portal.keys.views.frame import blueprint
from portal.keys.views.reading import objects, sections

KEPT = "openapi"
ABOUT = (
    "For the case management systems of providers: their vacancies, prices and enquiries. "
    "The same rules as the screens of the portal. How it works is explained at /api."
)


def _document() -> dict[str, Any]:
    """Made once: endpoints do not change while the portal runs."""
    if KEPT not in current_app.extensions:
        current_app.extensions[KEPT] = document(
            current_app,
            title="Kent and Medway fostering portal",
            description=ABOUT,
            scopes={scope.value: scope.label for scope in Scope},
        )
    made: dict[str, Any] = current_app.extensions[KEPT]
    return made


@blueprint.get(f"{ROOT}/openapi.json")
@public
def openapi() -> ResponseReturnValue:
    response = Response(json.dumps(_document()), mimetype="application/json")
    response.headers["Cache-Control"] = "public, max-age=300"
    response.add_etag()
    return response.make_conditional(request)


@blueprint.get("/api")
@public
def documentation() -> ResponseReturnValue:
    described = _document()
    return page(
        "keys/documentation.html",
        sections=sections(described, current_app.config["BASE_URL"]),
        objects=objects(described),
        scopes=list(Scope),
        problems=PROBLEMS,
        calls=CALLS_A_MINUTE,
    )
