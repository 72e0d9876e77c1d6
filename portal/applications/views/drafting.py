"""The provider's list, the task list, the pages of questions, and files."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from flask import flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.models import Person
from portal.adapters import scanner
from portal.applications import policy, queries, services
from portal.applications.forms import ConfirmForm, SectionForm, Seen, mark, section_form
from portal.applications.models import Answer, Application
from portal.applications.views import blueprint
from portal.core import clock
from portal.core.access import access, current_person
from portal.core.db import session
from portal.core.errors import DomainError, Invalid
from portal.core.web import done, keep_writes, page
from portal.documents import services as documents
from portal.documents.states import DocumentState
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Question, Round, Section
from portal.frameworks.states import QuestionKind, SectionKind
from portal.providers.models import Organisation

PENDING = frozenset({DocumentState.UPLOADED, DocumentState.SCANNING})
ACCEPTED_NAMES = ".pdf,.docx,.xlsx,.odt,.ods,.png,.jpg,.jpeg"


@blueprint.route("/applications", methods=["GET"])
@access(policy.can_list_own)
def index() -> ResponseReturnValue:
    person = current_person()
    mine = queries.list_own_applications(person)
    begun = {(one.round_id, one.organisation_id) for one in mine}
    organisations = queries.list_own_organisations(person)
    return page(
        "applications/index.html",
        applications=mine,
        open_rounds=[
            (round_, organisation, policy.can_start(person, organisation))
            for round_ in frameworks.list_open_rounds()
            for organisation in organisations
            if (round_.id, organisation.id) not in begun
        ],
        now=clock.now(),
        has_working_copy=services.has_working_copy,
    )


@blueprint.route("/rounds/<uuid:round_id>/apply", methods=["GET", "POST"])
@access(policy.can_see_start, of=frameworks.get_round)
def start(round_: Round) -> ResponseReturnValue:
    person: Person = current_person()
    organisations = queries.list_own_organisations(person)
    form = ConfirmForm()
    if request.method == "POST":
        chosen = _chosen(organisations, request.form.get("organisation_id"))
        application = services.start_application(round_, chosen, by=person)
        return done(
            f"Your application has the reference {application.reference}.",
            url_for("applications.show", application_id=application.id),
        )
    return page(
        "applications/start.html",
        round=round_,
        form=form,
        choices=[
            (one, policy.can_start(person, one), queries.find_application(round_.id, one.id))
            for one in organisations
        ],
        wanted=request.args.get("organisation_id"),
        is_accepting=frameworks.is_accepting(round_, clock.now()),
    )


@blueprint.route("/applications/<uuid:application_id>", methods=["GET"])
@access(policy.can_read, of=queries.get_application)
def show(application: Application) -> ResponseReturnValue:
    return page(
        "applications/show.html",
        application=application,
        progress=queries.get_progress(application),
        standing=queries.latest_submission(application),
        has_working_copy=services.has_working_copy(application),
        is_open=is_open(application),
        may_edit=bool(policy.can_edit(current_person(), application)),
        may_write=bool(policy.can_write(current_person(), application)),
        now=clock.now(),
    )


@blueprint.route("/applications/<uuid:application_id>/sections/<uuid:section_id>", methods=["GET", "POST"])
@access(policy.can_read, of=queries.get_application)
def section(application: Application, section_id: uuid.UUID) -> ResponseReturnValue:
    shown = queries.get_section(application, section_id)
    if shown.kind == SectionKind.PRICE:
        return redirect(url_for("applications.prices", application_id=application.id), 303)
    form = section_form(shown.questions, queries.list_answers(application))
    saved = Saved()
    if request.method == "POST":
        saved = _save_section(application, form)
        keep_writes()
        if form.validate_on_submit() and not saved.has_problems:
            _warn_of_long_answers(form)
            return _onward(application, shown)
        saved.put_errors(form)
    return _section_page(application, shown, form, saved)


@dataclass
class Saved:
    """What became of a page of answers: which changed, could not be kept, or were changed by a colleague."""

    changed: int = 0
    problems: list[tuple[Question, str]] = field(default_factory=list)
    conflicts: dict[uuid.UUID, Answer | None] = field(default_factory=dict)

    @property
    def has_problems(self) -> bool:
        return bool(self.problems or self.conflicts)

    def put_errors(self, form: SectionForm) -> None:
        for question, message in self.problems:
            form.add_error(question, message)


def _save_section(application: Application, form: SectionForm) -> Saved:
    saved = Saved()
    for question in form.asked:
        seen = Seen.read(form.seen(question).data)
        try:
            value = services.clean_value(question, _typed(form, question))
            if mark(value) == seen.mark or form.keep_theirs(question):
                continue
            saved.changed += services.save_answer(
                application, question, value, by=current_person(), seen_version=seen.version
            )
        except Invalid as error:
            saved.problems.append((question, error.message))
        except services.AnswerConflict as conflict:
            saved.conflicts[question.id] = conflict.stored
    return saved


def _typed(form: SectionForm, question: Question) -> object:
    value = form.value(question)
    unread = form.field(question).raw_data
    if question.kind == QuestionKind.DATE and value is None and unread and any(unread):
        return "not a date"
    return value


def _warn_of_long_answers(form: SectionForm) -> None:
    for question in form.asked:
        over = queries.words_over(question, form.value(question))
        if over:
            flash(
                f"Answer {question.number} is saved, but it is {over} {'word' if over == 1 else 'words'}"
                f" over its limit of {question.word_limit}. Shorten it before you submit.",
                "warning",
            )


def _section_page(
    application: Application, shown: Section, form: SectionForm, saved: Saved
) -> ResponseReturnValue:
    answers = queries.list_answers(application)
    if request.method == "POST":
        for question in form.asked:
            form.remember(question, answers.get(question.id))
    return page(
        "applications/section.html",
        422 if request.method == "POST" else 200,
        application=application,
        section=shown,
        form=form,
        answers=answers,
        saved=saved,
        people=_names_of(saved.conflicts),
        kinds=QuestionKind,
        only_files=all(question.kind == QuestionKind.FILE for question in shown.questions),
        may_edit=may_edit_now(application),
        sections=queries.asked_sections(application.round),
        **_about_files(),
    )


def _names_of(conflicts: dict[uuid.UUID, Answer | None]) -> dict[uuid.UUID, str]:
    ids = {answer.answered_by_id for answer in conflicts.values() if answer is not None}
    people = {one: session.get(Person, one) for one in ids}
    return {one: person.full_name for one, person in people.items() if person is not None}


def _onward(application: Application, shown: Section) -> ResponseReturnValue:
    then = request.form.get("then", "")
    if then.startswith("files:"):
        return done(
            "Saved. Now add the files.",
            url_for(
                "applications.files", application_id=application.id, question_id=then.removeprefix("files:")
            ),
        )
    following = [one for one in queries.asked_sections(application.round) if one.position > shown.position]
    if then == "later" or not following:
        return done("Saved.", url_for("applications.show", application_id=application.id))
    return done(
        f"{shown.title} saved.",
        url_for("applications.section", application_id=application.id, section_id=following[0].id),
    )


@blueprint.route("/applications/<uuid:application_id>/questions/<uuid:question_id>/files", methods=["GET"])
@access(policy.can_read, of=queries.get_application)
def files(application: Application, question_id: uuid.UUID) -> ResponseReturnValue:
    return _files_page(application, queries.get_question(application, question_id))


@blueprint.route(
    "/applications/<uuid:application_id>/questions/<uuid:question_id>/file-list", methods=["GET"]
)
@access(policy.can_read, of=queries.get_application)
def file_list(application: Application, question_id: uuid.UUID) -> ResponseReturnValue:
    return _file_list(application, queries.get_question(application, question_id))


@blueprint.route("/applications/<uuid:application_id>/questions/<uuid:question_id>/files", methods=["POST"])
@access(policy.can_edit, of=queries.get_application)
def upload_file(application: Application, question_id: uuid.UUID) -> ResponseReturnValue:
    question = queries.get_question(application, question_id)
    upload = next(iter(request.files.values()), None)
    by_script = bool(request.headers.get("HX-Request"))
    try:
        if upload is None or not upload.filename:
            raise Invalid("Choose a file.", field="file")
        services.attach_document(
            application,
            question,
            original_name=upload.filename,
            chunks=documents.pieces(upload.stream),  # type: ignore[arg-type]
            by=current_person(),
        )
    except DomainError as error:
        session.rollback()
        if by_script:
            return jsonify(message=error.message), error.status
        if not isinstance(error, Invalid):
            raise
        return _files_page(application, question, error.message)
    if by_script:
        return _file_list(application, question)
    return done("File received.", _files_address(application, question))


@blueprint.route("/applications/<uuid:application_id>/evidence/<uuid:evidence_id>/remove", methods=["POST"])
@access(policy.can_edit, of=queries.get_application)
def remove_file(application: Application, evidence_id: uuid.UUID) -> ResponseReturnValue:
    evidence = queries.get_evidence(application, evidence_id)
    question = queries.get_question(application, evidence.answer.question_id)
    name = evidence.document.original_name
    services.remove_document(evidence, by=current_person())
    return done(f"{name} removed.", _files_address(application, question))


def _files_page(
    application: Application, question: Question, error: str | None = None
) -> ResponseReturnValue:
    return page(
        "applications/files.html",
        422 if error else 200,
        application=application,
        question=question,
        answer=queries.find_answer(application, question),
        error=error,
        may_edit=may_edit_now(application),
        **_about_files(),
    )


def _file_list(application: Application, question: Question) -> ResponseReturnValue:
    return page(
        "applications/_files.html",
        application=application,
        question=question,
        answer=queries.find_answer(application, question),
        may_edit=may_edit_now(application),
        pending=PENDING,
    )


def _files_address(application: Application, question: Question) -> str:
    """Back to the section's page where it holds nothing but files, else to the question's own page."""
    shown = queries.get_section(application, question.section_id)
    if all(one.kind == QuestionKind.FILE for one in shown.questions):
        address = url_for("applications.section", application_id=application.id, section_id=shown.id)
        return f"{address}#question-{question.id}"
    return url_for("applications.files", application_id=application.id, question_id=question.id)


def _about_files() -> dict[str, object]:
    return {
        "pending": PENDING,
        "accept": ACCEPTED_NAMES,
        "taken": documents.TAKEN,
        "max_bytes": documents.MOST_BYTES,
        "files_are_scanned": scanner.current().is_real,
    }


def _chosen(organisations: Sequence[Organisation], wanted: str | None) -> Organisation:
    found = next((one for one in organisations if str(one.id) == wanted), None)
    if found is None:
        raise Invalid("Choose the organisation that applies.")
    return found


def is_open(application: Application) -> bool:
    """Does the round still take changes, as far as this page can tell?"""
    return frameworks.is_accepting(application.round, clock.now())


def may_edit_now(application: Application) -> bool:
    """Show fields to fill in, or only what was filled in?"""
    return is_open(application) and bool(policy.can_edit(current_person(), application))
