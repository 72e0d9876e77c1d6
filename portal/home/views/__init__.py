"""The start page, and what the frame of every page shows: who is signed in, the menu, where to find help."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from portal.core.access import access, current_person
from portal.core.web import page
from portal.home import policy, queries
from portal.home.views.frame import page_frame

blueprint = Blueprint("home", __name__)
blueprint.app_context_processor(page_frame)


@blueprint.route("/start", methods=["GET"])
@access(policy.can_start)
def start() -> ResponseReturnValue:
    return page("home/start.html", parts=queries.list_parts(current_person()))
