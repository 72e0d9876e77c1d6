"""The pages of a draft's sections: added, edited, moved and removed."""

from __future__ import annotations

import uuid

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.core import once
from portal.core.access import access, current_person
from portal.core.errors import Invalid
from portal.core.web import beside, done, form_status, page
from portal.frameworks import policy, queries, services
from portal.frameworks.forms import ConfirmForm, SectionForm, section_form
from portal.frameworks.models import Round, Section
from portal.frameworks.views.frame import blueprint
from portal.frameworks.views.questions import address_of_section, set_moved, step_wanted


@blueprint.route("/rounds/<uuid:round_id>/sections/new", methods=["GET", "POST"])
@access(policy.can_edit, of=queries.get_round)
def new_section(round_: Round) -> ResponseReturnValue:
    form = SectionForm(data={"once": str(uuid.uuid4())})
    if form.validate_on_submit():
        try:
            once.claim(form.once.data)
            made = services.add_section(round_, form.terms(), by=current_person())
            return done("Section added. Now add its questions.", address_of_section(made))
        except Invalid as error:
            beside(form, error)
    return page("frameworks/new_section.html", form_status(form), form=form, round=round_)


@blueprint.route("/sections/<uuid:section_id>/edit", methods=["GET", "POST"])
@access(policy.can_edit_section, of=queries.get_section)
def edit_section(section: Section) -> ResponseReturnValue:
    form = section_form(section, services.mark_of(section))
    if form.validate_on_submit():
        try:
            services.edit_section(section, form.terms(), by=current_person(), seen=form.seen.data)
            return done("Section saved.", address_of_section(section))
        except Invalid as error:
            beside(form, error)
    return page(
        "frameworks/edit_section.html", form_status(form), form=form, section=section, round=section.round
    )


@blueprint.post("/sections/<uuid:section_id>/move")
@access(policy.can_edit_section, of=queries.get_section)
def move_section(section: Section) -> ResponseReturnValue:
    round_, before = section.round, section.position
    step, position = step_wanted()
    services.move_section(section, step, by=current_person(), seen_position=position)
    said = f"Section {before} is now {section.position}." if section.position != before else "Nothing moved."
    return set_moved(round_, f"section-{section.id}", said)


@blueprint.route("/sections/<uuid:section_id>/remove", methods=["GET", "POST"])
@access(policy.can_edit_section, of=queries.get_section)
def remove_section(section: Section) -> ResponseReturnValue:
    form, round_ = ConfirmForm(), section.round
    if form.validate_on_submit():
        title = section.title
        services.remove_section(section, by=current_person())
        return done(f"“{title}” removed.", url_for("frameworks.questions", round_id=round_.id))
    return page("frameworks/remove_section.html", form=form, section=section, round=round_)
