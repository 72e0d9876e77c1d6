"""What a visitor to the demonstration needs to know. In any other mode there is no such page."""

from __future__ import annotations

from flask import Blueprint, current_app
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from portal.core.access import public
from portal.core.errors import NotFound
from portal.core.web import page
from portal.demo import services

blueprint = Blueprint("demo", __name__)


@blueprint.record_once
def _offer_accounts(state: BlueprintSetupState) -> None:
    """Give every template the accounts, for the sign-in page; only in demonstration mode."""
    if state.app.config["DEMONSTRATION"]:
        state.app.jinja_env.globals.update(
            demonstration_accounts=services.tour(), demonstration_password=services.PASSWORD
        )


@blueprint.route("/demonstration", methods=["GET"])
@public
def show() -> ResponseReturnValue:
    if not current_app.config["DEMONSTRATION"]:
        raise NotFound
    return page("demo/show.html")
