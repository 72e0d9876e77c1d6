"""Spreadsheets: downloading today's rows, uploading a list, saying what its columns are, and deciding on it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from flask import flash, jsonify, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.core.access import access, current_person
from portal.core.db import session
from portal.core.downloads import attachment
from portal.core.errors import Invalid
from portal.core.web import done, page, page_number, seen_version
from portal.providers.models import Organisation
from portal.providers.queries import get_organisation
from portal.vacancies import policy, queries, services
from portal.vacancies.forms import ColumnsForm
from portal.vacancies.models import VacancyImport
from portal.vacancies.services import sheets
from portal.vacancies.states import WAITING, ImportState
from portal.vacancies.views.frame import blueprint, is_fragment

PAGE_SIZE = 25
MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
# The kinds of row of a preview, in the order in which they need looking at.
SHOWN = {
    "wrong": "Wrong",
    "changed": "Changed",
    "new": "New",
    "gone": "Not in the file",
    "same": "Unchanged",
}
ALREADY_HERE = "This same file is here already and waits for you to decide. Nothing was done twice."
CHOOSE = "Choose a file first"


@dataclass(frozen=True)
class Shown:
    """One page of the rows of one kind."""

    kind: str
    number: int
    rows: list[dict[str, Any]]
    total: int

    @property
    def first(self) -> int:
        return (self.number - 1) * services.PART_ROWS + 1

    @property
    def words(self) -> str:
        return f"{self.first:,} to {self.first + len(self.rows) - 1:,} of {self.total:,}"

    @property
    def has_next(self) -> bool:
        return self.first + len(self.rows) <= self.total


@blueprint.get("/organisations/<uuid:organisation_id>/vacancies/download")
@access(policy.can_list, of=get_organisation)
def download(organisation: Organisation) -> ResponseReturnValue:
    kind = "csv" if request.args.get("format") == "csv" else "xlsx"
    write = sheets.as_csv if kind == "csv" else sheets.as_workbook
    content = write(queries.list_rows(organisation.id), queries.all_labels())
    name = f"households-{clock.today().isoformat()}.{kind}"
    return attachment([content], name=name, media_type=MEDIA_TYPES[kind], size=len(content))


@blueprint.get("/organisations/<uuid:organisation_id>/vacancies/imports")
@access(policy.can_list, of=get_organisation)
def imports(organisation: Organisation) -> ResponseReturnValue:
    return _imports_page(organisation)


@blueprint.post("/organisations/<uuid:organisation_id>/vacancies/imports")
@access(policy.can_keep, of=get_organisation)
def upload(organisation: Organisation) -> ResponseReturnValue:
    sent_file = request.files.get("file")
    try:
        if sent_file is None or not sent_file.filename:
            raise Invalid(CHOOSE, field="file")
        content = sent_file.stream.read(sheets.MOST_BYTES + 1)
        sent, was_here = services.start_import(
            organisation, file_name=sent_file.filename, content=content, by=current_person()
        )
    except Invalid as error:
        session.rollback()
        if is_fragment():
            return jsonify(message=error.message), 422
        return _imports_page(organisation, error.message)
    if was_here:
        flash(ALREADY_HERE, "message")
    return _go_to(_next_page(sent))


def _next_page(sent: VacancyImport) -> str:
    name = "map_columns" if sent.state == ImportState.UPLOADED else "show_import"
    return url_for(f"vacancies.{name}", import_id=sent.id)


def _go_to(address: str) -> ResponseReturnValue:
    if not is_fragment():
        return redirect(address, 303)
    answer = make_response("", 200)
    answer.headers["HX-Redirect"] = address
    return answer


def _imports_page(organisation: Organisation, problem: str = "") -> ResponseReturnValue:
    number = page_number()
    found = queries.list_imports(organisation.id, limit=PAGE_SIZE + 1, offset=(number - 1) * PAGE_SIZE)
    return page(
        "vacancies/imports.html",
        422 if problem else 200,
        organisation=organisation,
        sent_before=found[:PAGE_SIZE],
        number=number,
        has_next=len(found) > PAGE_SIZE,
        page_size=PAGE_SIZE,
        problem=problem,
        most_bytes=sheets.MOST_BYTES,
        most_rows=sheets.MOST_ROWS,
        may_keep=policy.can_keep(current_person(), organisation),
    )


@blueprint.get("/vacancies/imports/<uuid:import_id>")
@access(policy.can_read_import, of=queries.get_import)
def show_import(sent: VacancyImport) -> ResponseReturnValue:
    may_decide = policy.can_import(current_person(), sent)
    if sent.state == ImportState.UPLOADED and may_decide:
        return redirect(_next_page(sent), 303)
    if is_fragment() and (services.is_being_read(sent) or sent.choice):
        return page("vacancies/_progress.html", sent=sent, steps=_steps(sent))
    before = queries.find_saved_before(sent) if sent.state in WAITING else None
    return page(
        "vacancies/show_import.html",
        sent=sent,
        steps=_steps(sent),
        is_working=services.is_being_read(sent) or sent.choice is not None,
        kinds=[(kind, words, sent.counts.get(kind, 0)) for kind, words in SHOWN.items()],
        shown=_shown(sent),
        gone=queries.list_part(sent, "gone", 1),
        good=sum(sent.counts.get(kind, 0) for kind in ("new", "changed", "same")),
        saved_before=before,
        may_decide=may_decide,
        is_marked_up=bool(sent.counts.get("wrong")) and services.is_content_kept(sent),
    )


def _shown(sent: VacancyImport) -> Shown:
    counts = sent.counts
    there = [kind for kind in SHOWN if counts.get(kind)]
    asked = request.args.get("show", "")
    kind = asked if asked in SHOWN else (there[0] if there else "changed")
    number = page_number()
    return Shown(kind, number, queries.list_part(sent, kind, number), counts.get(kind, 0))


def _steps(sent: VacancyImport) -> list[dict[str, Any]]:
    is_read = sent.state == ImportState.READ
    return [
        {"label": "Read", "state": "done", "when": f"{sent.row_count:,} rows"},
        {"label": "Compared with your households", "state": "current" if is_read else "done"},
        {"label": "Saved", "state": "ahead" if is_read else "current"},
    ]


@blueprint.route("/vacancies/imports/<uuid:import_id>/columns", methods=["GET", "POST"])
@access(policy.can_import, of=queries.get_import)
def map_columns(sent: VacancyImport) -> ResponseReturnValue:
    if sent.state not in WAITING or sent.choice is not None:
        return redirect(url_for("vacancies.show_import", import_id=sent.id), 303)
    sheet, heading = services.unpack(sent), services.heading_of(sent)
    form = ColumnsForm(sheet.rows, heading, version=sent.version)
    problem = ""
    if request.method == "POST":
        try:
            chosen = form.chosen()
            services.set_columns(sent, heading.row, chosen, by=current_person(), seen_version=seen_version())
            return redirect(url_for("vacancies.show_import", import_id=sent.id), 303)
        except Invalid as error:
            session.rollback()
            problem = error.message
    return page("vacancies/map_columns.html", 422 if problem else 200, sent=sent, form=form, problem=problem)


@blueprint.post("/vacancies/imports/<uuid:import_id>/save")
@access(policy.can_import, of=queries.get_import)
def save_import(sent: VacancyImport) -> ResponseReturnValue:
    address = url_for("vacancies.show_import", import_id=sent.id)
    import_id = sent.id
    try:
        is_saved = services.ask_to_save(
            sent,
            only_good=request.form.get("only") == "good",
            withdraw=_to_withdraw(sent),
            by=current_person(),
            seen_version=seen_version(),
        )
    except services.ChangedSince as error:
        session.rollback()
        again = queries.get_import(current_person(), import_id)
        services.compare_import(again, by=current_person())
        flash(error.message, "error")
        return redirect(address, 303)
    return done("Saved.", address) if is_saved else redirect(address, 303)


def _to_withdraw(sent: VacancyImport) -> list[uuid.UUID]:
    gone = (sent.seen or {}).get("gone", {})
    if request.form.get("withdraw_all"):
        return [uuid.UUID(one) for one in gone]
    return [uuid.UUID(one) for one in request.form.getlist("withdraw") if one in gone]


@blueprint.post("/vacancies/imports/<uuid:import_id>/discard")
@access(policy.can_import, of=queries.get_import)
def discard_import(sent: VacancyImport) -> ResponseReturnValue:
    services.discard_import(sent, by=current_person(), seen_version=seen_version())
    return done(
        f"{sent.file_name} was discarded. Nothing has changed.",
        url_for("vacancies.imports", organisation_id=sent.organisation_id),
    )


@blueprint.post("/vacancies/imports/<uuid:import_id>/undo")
@access(policy.can_import, of=queries.get_import)
def undo_import(sent: VacancyImport) -> ResponseReturnValue:
    count = services.undo_import(sent, by=current_person(), seen_version=seen_version())
    words = "1 household is" if count == 1 else f"{count:,} households are"
    return done(f"Undone: {words} as before.", url_for("vacancies.show_import", import_id=sent.id))


@blueprint.get("/vacancies/imports/<uuid:import_id>/corrections")
@access(policy.can_import, of=queries.get_import)
def corrections(sent: VacancyImport) -> ResponseReturnValue:
    content = services.mark_up(sent, by=current_person())
    name = f"{sent.file_name.rpartition('.')[0] or sent.file_name} - to correct.xlsx"
    return attachment([content], name=name, media_type=MEDIA_TYPES["xlsx"], size=len(content))
