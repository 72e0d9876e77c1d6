"""Extensions of a framework: the list, a proposal, and its steps to the providers being told."""

from __future__ import annotations

import uuid
from typing import Any, cast

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.agreements import policy, queries, services
from portal.agreements.forms import ConfirmForm, ConsultationForm, DecideExtensionForm, ProposeForm
from portal.agreements.models import FrameworkExtension
from portal.agreements.services import Consultation
from portal.agreements.views.frame import blueprint
from portal.agreements.workflow import EXTENSION
from portal.core import once
from portal.core.access import access, current_person
from portal.core.errors import Invalid, Refused
from portal.core.ui import plural
from portal.core.web import beside, done, form_status, page, seen_version
from portal.frameworks.models import Framework


@blueprint.get("/frameworks/<uuid:framework_id>/extensions")
@access(policy.can_see_extensions, of=queries.get_framework)
def extensions(framework: Framework) -> ResponseReturnValue:
    return page(
        "agreements/extensions.html",
        framework=framework,
        extensions=queries.list_extensions(framework),
        may_propose=bool(policy.can_propose_extension(current_person(), framework)),
    )


@blueprint.route("/frameworks/<uuid:framework_id>/extensions/propose", methods=["GET", "POST"])
@access(policy.can_propose_extension, of=queries.get_framework)
def propose_extension(framework: Framework) -> ResponseReturnValue:
    form = ProposeForm(data={"once": str(uuid.uuid4())})
    if form.validate_on_submit():
        try:
            once.claim(form.once.data or "")
            made = services.propose_extension(
                framework,
                extends_to=cast("Any", form.extends_to.data),
                clause=form.clause.data or "",
                reasons=form.reasons.data or "",
                by=current_person(),
            )
            return done("Extension proposed.", _show(made))
        except Invalid as error:
            beside(form, error)
    return page("agreements/propose_extension.html", form_status(form), framework=framework, form=form)


@blueprint.get("/framework-extensions/<uuid:extension_id>")
@access(policy.can_see_extension, of=queries.get_extension)
def show_extension(extension: FrameworkExtension) -> ResponseReturnValue:
    return page(
        "agreements/show_extension.html",
        extension=extension,
        framework=extension.framework,
        agreements=len(queries.list_standing_agreements(extension.framework_id)),
        actions={one.name for one in EXTENSION.available(current_person(), extension)},
        form=ConfirmForm(version=extension.version),
    )


@blueprint.route("/framework-extensions/<uuid:extension_id>/consultation", methods=["GET", "POST"])
@access(policy.can_prepare_extension, of=queries.get_extension)
def consult_on_extension(extension: FrameworkExtension) -> ResponseReturnValue:
    _only_while(extension, "consult")
    form = ConsultationForm(data={"version": extension.version})
    if form.validate_on_submit():
        try:
            services.record_consultation(
                extension,
                Consultation(**{name: form[name].data for name in Consultation.__dataclass_fields__}),
                by=current_person(),
                seen_version=seen_version(),
            )
            return done("Consultation recorded. An approver can decide now.", _show(extension))
        except Invalid as error:
            beside(form, error)
    return page("agreements/consult_on_extension.html", form_status(form), extension=extension, form=form)


@blueprint.route("/framework-extensions/<uuid:extension_id>/decision", methods=["GET", "POST"])
@access(policy.can_decide_extension, of=queries.get_extension)
def decide_extension(extension: FrameworkExtension) -> ResponseReturnValue:
    _only_while(extension, "decide")
    form = DecideExtensionForm(data={"version": extension.version})
    if form.validate_on_submit():
        try:
            services.decide_extension(
                extension,
                number=form.number.data or "",
                position=form.position.data or "",
                reasons=form.reasons.data or "",
                by=current_person(),
                seen_version=seen_version(),
            )
            return done("Decided. Every agreement now ends on the later date.", _show(extension))
        except Invalid as error:
            beside(form, error)
    return page(
        "agreements/decide_extension.html",
        form_status(form),
        extension=extension,
        agreements=len(queries.list_standing_agreements(extension.framework_id)),
        form=form,
    )


@blueprint.post("/framework-extensions/<uuid:extension_id>/notify")
@access(policy.can_prepare_extension, of=queries.get_extension)
def notify_of_extension(extension: FrameworkExtension) -> ResponseReturnValue:
    told = services.notify_providers(extension, by=current_person(), seen_version=seen_version())
    return done(f"Told the administrators of {plural(told, 'provider')}.", _show(extension))


def _only_while(extension: FrameworkExtension, name: str) -> None:
    """A form is shown only in a state in which it can be sent."""
    if extension.state not in EXTENSION[name].source:
        raise Refused(f"This extension is {extension.state.label.lower()}, so that cannot be done now.")


def _show(extension: FrameworkExtension) -> str:
    return url_for("agreements.show_extension", extension_id=extension.id)
