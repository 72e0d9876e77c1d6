"""Finished sheets of a round, and unlocking one before consensus opens: numbers and names, never a score."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.core.access import access, current_person
from portal.core.errors import Invalid
from portal.core.web import beside, done, form_status, page, page_number
from portal.evaluations import policy, queries, services
from portal.evaluations.forms import UnlockForm
from portal.evaluations.models import EvaluationSheet
from portal.evaluations.views.frame import blueprint
from portal.frameworks.models import Round
from portal.frameworks.queries import get_round
from portal.frameworks.states import RoundState


@blueprint.route("/evaluations/rounds/<uuid:round_id>/finished-sheets", methods=["GET"])
@access(policy.can_run_round, of=get_round)
def finished_sheets(round_: Round) -> ResponseReturnValue:
    return page(
        "evaluations/finished_sheets.html",
        round=round_,
        listed=queries.list_finished_sheets(round_, page_number()),
        may_unlock=round_.state == RoundState.EVALUATING,
    )


@blueprint.route("/evaluations/sheets/<uuid:sheet_id>/unlock", methods=["GET", "POST"])
@access(policy.can_unlock, of=queries.get_sheet_to_replace)
def unlock(sheet: EvaluationSheet) -> ResponseReturnValue:
    form, round_id = UnlockForm(), sheet.application.round_id
    if form.validate_on_submit():
        try:
            services.unlock_sheet(sheet, reason=form.reason.data or "", by=current_person())
            said = f"Unlocked: {sheet.evaluator.full_name} can change these scores, and has been told why."
            return done(said, url_for("evaluations.finished_sheets", round_id=round_id))
        except Invalid as refused:
            beside(form, refused)
    return page(
        "evaluations/unlock.html",
        form_status(form),
        sheet=sheet,
        unlocking=queries.find_unlocking(sheet),
        form=form,
    )
