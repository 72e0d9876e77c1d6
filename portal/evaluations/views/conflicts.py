"""Declaring conflicts of interest: on all applicants of a round at once, before reading any (rule 3)."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.core.access import access, current_person
from portal.core.db import session
from portal.core.errors import Invalid
from portal.core.web import done, page, page_number
from portal.evaluations import policy, queries, services
from portal.evaluations.forms import ActionForm, read_choices
from portal.evaluations.views.frame import blueprint
from portal.frameworks.models import Round
from portal.frameworks.queries import get_round


@blueprint.route("/evaluations/rounds/<uuid:round_id>/conflicts", methods=["GET", "POST"])
@access(policy.can_declare, of=get_round)
def conflicts(round_: Round) -> ResponseReturnValue:
    person, form = current_person(), ActionForm()
    listed = queries.list_applicants(person, round_, page_number())
    error: Invalid | None = None
    if form.validate_on_submit():
        open_ids = [line.application_id for line in listed.items if not line.has_conflict]
        choices = read_choices(request.form, open_ids)
        try:
            count = services.declare_conflicts(round_, choices, by=person)
            return done(_said(count), url_for("evaluations.conflicts", round_id=round_.id))
        except Invalid as refused:
            session.rollback()
            error = refused
    return page(
        "evaluations/conflicts.html",
        422 if error else 200,
        round=round_,
        listed=listed,
        undeclared=queries.count_undeclared(person, [round_.id]),
        typed=request.form,
        error=error,
        may_see_round=bool(policy.can_see_round(person, round_)),
        form=form,
    )


def _said(count: int) -> str:
    if count == 0:
        return "Nothing was chosen, so nothing was declared."
    return f"Saved: your declarations on {count} {'applicant' if count == 1 else 'applicants'}."
