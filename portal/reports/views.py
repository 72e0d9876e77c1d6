"""Pages for whoever checks what was done, and whether there are enough places."""

from __future__ import annotations

import uuid

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.core.access import access, current_person
from portal.core.downloads import attachment
from portal.core.web import form_status, page
from portal.reports import policy, queries
from portal.reports.forms import PeriodForm

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

blueprint = Blueprint("reports", __name__)


@blueprint.route("/audit-log", methods=["GET"])
@access(policy.can_read_audit_log)
def audit_log() -> ResponseReturnValue:
    person = current_person()
    verb = request.args.get("verb") or None
    typed_id = request.args.get("subject_id", "").strip()
    subject_id = _identifier(typed_id)
    before = request.args.get("before", type=int)
    is_nonsense = bool(typed_id) and subject_id is None
    lines = (
        [] if is_nonsense else queries.list_events(person, verb=verb, subject_id=subject_id, before=before)
    )
    shown = lines[: queries.PAGE]
    more = len(lines) > queries.PAGE
    return page(
        "reports/audit_log.html",
        lines=shown,
        verb_choices=[("", "Everything"), *((verb, _in_words(verb)) for verb in queries.list_verbs(person))],
        verb=verb,
        subject_id=typed_id,
        with_details=queries.reads_everything(person),
        newest=_log(verb, subject_id) if before else None,
        older=_log(verb, subject_id, before=shown[-1].event.sequence) if more else None,
    )


def _identifier(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _log(verb: str | None, subject_id: uuid.UUID | None, before: int | None = None) -> str:
    return url_for("reports.audit_log", verb=verb, subject_id=subject_id, before=before)


def _in_words(verb: str) -> str:
    return verb.replace(".", " ").replace("_", " ").capitalize()


@blueprint.route("/access-register", methods=["GET"])
@access(policy.can_read_access_register)
def access_register() -> ResponseReturnValue:
    before = request.args.get("before", type=uuid.UUID)
    reads = queries.list_reads(before=before)
    shown = reads[: queries.PAGE]
    more = len(reads) > queries.PAGE
    return page(
        "reports/access_register.html",
        reads=shown,
        newest=url_for("reports.access_register") if before else None,
        older=url_for("reports.access_register", before=shown[-1].id) if more else None,
    )


@blueprint.route("/sufficiency", methods=["GET"])
@access(policy.can_read_sufficiency)
def sufficiency() -> ResponseReturnValue:
    form = PeriodForm.asked(request.args)
    period = form.period()
    return page(
        "reports/sufficiency.html",
        form_status(form),
        form=form,
        period=period,
        figures=queries.get_figures(period),
        counts_own_council=policy.counts_own_council(current_person()),
        workbook_href=url_for(
            "reports.sufficiency_workbook",
            first=period.first,
            last=period.last,
            placement_type=period.placement_type or None,
        ),
    )


@blueprint.route("/sufficiency/workbook", methods=["GET"])
@access(policy.can_read_sufficiency)
def sufficiency_workbook() -> ResponseReturnValue:
    # Loaded only for whoever asks for a workbook: the library for spreadsheets is slow to import.
    from portal.reports.services.workbook import render_sufficiency

    form = PeriodForm.asked(request.args)
    if form.errors:
        return redirect(f"{url_for('reports.sufficiency')}?{request.query_string.decode()}")
    period = form.period()
    content = render_sufficiency(queries.get_figures(period))
    name = f"Sufficiency {period.first} to {period.last}.xlsx"
    return attachment([content], name=name, media_type=XLSX, size=len(content))
