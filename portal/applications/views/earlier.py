"""Starting from the answers of an earlier application."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from portal.applications import policy, queries, services
from portal.applications.forms import CarryOverForm
from portal.applications.models import Application
from portal.applications.views import blueprint
from portal.applications.views.drafting import may_edit_now
from portal.core.access import access, current_person
from portal.core.ui import plural, uk_date
from portal.core.web import done, page

NONE = "none"


@blueprint.route("/applications/<uuid:application_id>/carry-over", methods=["GET", "POST"])
@access(policy.can_write, of=queries.get_application)
def carry_over(application: Application) -> ResponseReturnValue:
    earlier = {str(one.id): one for one in queries.list_earlier(current_person(), application)}
    form = CarryOverForm(data={"earlier": next(iter(earlier), None)})
    form.earlier.choices = [SelectChoice(key, _label(one)) for key, one in earlier.items()]
    form.earlier.choices.append(SelectChoice(NONE, "None: start with empty answers"))
    if form.validate_on_submit():
        if form.earlier.data == NONE:
            return done("Nothing was carried over.", _task_list(application))
        if (chosen := earlier.get(form.earlier.data or "")) is None:
            form.earlier.errors = ["Choose an application, or none."]
        else:
            return _carry(application, chosen)
    return page(
        "applications/carry_over.html",
        422 if form.errors else 200,
        application=application,
        form=form,
        earlier=list(earlier.values()),
        may_edit=may_edit_now(application),
    )


def _carry(application: Application, chosen: Application) -> ResponseReturnValue:
    count = services.carry_over(application, chosen, by=current_person())
    if not count:
        return done(f"There was nothing more to carry over from {chosen.reference}.", _task_list(application))
    return done(
        f"{plural(count, 'answer')} carried over from {chosen.reference}. Check each of them before you submit.",
        _task_list(application),
    )


def _label(earlier: Application) -> str:
    what = (
        f"submitted {uk_date(earlier.submitted_at)}" if earlier.submitted_at is not None else "not submitted"
    )
    return f"{earlier.round.title} ({earlier.reference}, {what})"


def _task_list(application: Application) -> str:
    return url_for("applications.show", application_id=application.id)
