"""Pages for whoever checks what was done: the audit log and the register of reads."""

from __future__ import annotations

import uuid

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from portal.core.access import access, current_person
from portal.core.web import page
from portal.reports import policy, queries

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
