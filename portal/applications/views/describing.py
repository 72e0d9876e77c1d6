"""Kind and dates of all files of a section on one page, saved together or not at all."""

from __future__ import annotations

import uuid

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.applications import policy, queries, services
from portal.applications.forms import FilesForm, files_form
from portal.applications.models import Application, Evidence
from portal.applications.views import blueprint
from portal.applications.views.drafting import may_edit_now
from portal.core.access import access, current_person
from portal.core.db import session
from portal.core.errors import Invalid, Refused, Stale
from portal.core.web import done, page
from portal.frameworks.models import Section

CHANGED = "Someone changed this since you opened the page. Check it and save again."


@blueprint.route(
    "/applications/<uuid:application_id>/sections/<uuid:section_id>/file-details", methods=["GET", "POST"]
)
@access(policy.can_edit, of=queries.get_application)
def describe_files(application: Application, section_id: uuid.UUID) -> ResponseReturnValue:
    section = queries.get_section(application, section_id)
    files = queries.list_files_of(application, section)
    form = files_form(files)
    if request.method == "POST" and form.validate() and (saved := _save(application, form)) is not None:
        return done(
            "Nothing had changed." if not saved else "Kinds and dates saved.",
            url_for("applications.section", application_id=application.id, section_id=section.id),
        )
    return _form_page(application, section, form)


def _save(application: Application, form: FilesForm) -> int | None:
    """Save every file that changed; None, and nothing saved, where one cannot be."""
    changed = [one for one in form.files if form.is_changed(one)]
    attempt = session.begin_nested()
    for one in changed:
        _describe(form, one)
    if form.errors:
        attempt.rollback()
        return None
    attempt.commit()
    return len(changed)


def _describe(form: FilesForm, evidence: Evidence) -> None:
    kind = form.kind(evidence)
    if kind is None:
        form.refuse(evidence, "evidence_kind", "Choose what the document is.")
        return
    try:
        services.describe_document(
            evidence,
            kind=kind,
            issued_on=form.day(evidence, "issued_on"),
            expires_on=form.day(evidence, "expires_on"),
            by=current_person(),
            seen_version=form.version(evidence),
        )
    except Stale:
        form.refuse(evidence, "evidence_kind", CHANGED)
        form.fact(evidence, "version").data = evidence.document.version
    except services.DeadlinePassed:
        raise
    except Refused as error:
        form.refuse(evidence, "evidence_kind", error.message)
    except Invalid as error:
        form.refuse(evidence, error.field or "evidence_kind", error.message)


def _form_page(application: Application, section: Section, form: FilesForm) -> ResponseReturnValue:
    return page(
        "applications/describe_files.html",
        422 if form.errors else 200,
        application=application,
        section=section,
        form=form,
        numbers={one.id: one.number for one in section.questions},
        may_edit=may_edit_now(application),
    )
