"""Pages of clarifications: asking, a provider's own questions, the councils' desk, and what everybody reads."""

from __future__ import annotations

import uuid
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.core import clock, once
from portal.core.access import access, current_person, public
from portal.core.errors import Invalid
from portal.core.links import link
from portal.core.web import beside, done, form_status, page, page_number, seen_version
from portal.frameworks import policy, queries, services
from portal.frameworks.forms.clarifications import AnswerForm, AskForm, Confirming, CorrectionForm
from portal.frameworks.models import Clarification, ClarificationNote, Round
from portal.frameworks.states import ClarificationState, NoteKind, RoundState
from portal.frameworks.views.frame import blueprint
from portal.providers.queries import list_own_organisations

PAGE_SIZE = 25
FEED_LENGTH = 50


def _beside(form: Confirming, error: Invalid) -> None:
    if isinstance(error, services.MayExpose):
        form.show_hints(error.hints)
    beside(form, error)


# What everybody reads


@blueprint.get("/framework/rounds/<uuid:round_id>/clarifications")
@public
def published_clarifications(round_id: uuid.UUID) -> ResponseReturnValue:
    round_, now = queries.get_public_round(round_id), clock.now()
    text = request.args.get("q", "").strip()
    total = queries.count_notes(round_, text=text)
    number = _page_of_notes(total)
    person = current_person()
    return page(
        "frameworks/published_clarifications.html",
        round=round_,
        notes=queries.list_notes(round_, text=text, limit=PAGE_SIZE, offset=(number - 1) * PAGE_SIZE),
        total=total,
        text=text,
        number=number,
        size=PAGE_SIZE,
        takes_questions=queries.takes_questions(round_, now),
        may_ask=person is None or bool(policy.can_ask(person, round_)),
        may_see_own=person is not None and bool(policy.can_see_own_questions(person, round_)),
    )


def _page_of_notes(total: int) -> int:
    """The page asked for, or the one that holds the clarification an address is about; newest come first."""
    about = request.args.get("about", type=int)
    if about is None or not 0 < about <= total:
        return page_number()
    return (total - about) // PAGE_SIZE + 1


@blueprint.get("/framework/rounds/<uuid:round_id>/clarifications/feed")
@public
def clarification_feed(round_id: uuid.UUID) -> ResponseReturnValue:
    round_ = queries.get_public_round(round_id)
    notes = queries.list_notes(round_, limit=FEED_LENGTH)
    answer = page(
        "frameworks/clarification_feed.xml",
        round=round_,
        notes=notes,
        updated=notes[0].published_at if notes else round_.published_at,
        here=link("frameworks.clarification_feed", round_id=round_.id),
        page_address=link("frameworks.published_clarifications", round_id=round_.id),
    )
    answer.mimetype = "application/atom+xml"
    return answer


# A provider's own questions


@blueprint.get("/framework/rounds/<uuid:round_id>/your-questions")
@access(policy.can_see_own_questions, of=queries.get_round)
def own_questions(round_: Round) -> ResponseReturnValue:
    number = page_number()
    found = queries.list_own_questions(
        current_person(), round_, limit=PAGE_SIZE + 1, offset=(number - 1) * PAGE_SIZE
    )
    return page(
        "frameworks/own_questions.html",
        round=round_,
        questions=found[:PAGE_SIZE],
        number=number,
        has_next=len(found) > PAGE_SIZE,
        may_ask=bool(policy.can_ask(current_person(), round_)),
        takes_questions=queries.takes_questions(round_, clock.now()),
    )


@blueprint.route("/framework/rounds/<uuid:round_id>/ask", methods=["GET", "POST"])
@access(policy.can_ask, of=queries.get_round)
def ask(round_: Round) -> ResponseReturnValue:
    person = current_person()
    organisations = [one for one in list_own_organisations(person) if policy.can_ask_for(person, one)]
    form = AskForm(data={"once": str(uuid.uuid4())})
    form.offer(organisations)
    if form.validate_on_submit():
        chosen = next(one for one in organisations if str(one.id) == form.organisation_id.data)
        try:
            once.claim(form.once.data)
            services.ask_clarification(
                round_, chosen, form.question.data or "", by=person, accepted=form.accepted
            )
            return done(
                "Your question is with the councils. They do not know who asked. We email you the answer.",
                url_for("frameworks.own_questions", round_id=round_.id),
            )
        except Invalid as error:
            _beside(form, error)
    return page(
        "frameworks/ask.html",
        form_status(form),
        form=form,
        round=round_,
        organisations=organisations,
        takes_questions=queries.takes_questions(round_, clock.now()),
    )


# The councils' desk


@blueprint.get("/rounds/<uuid:round_id>/clarifications")
@access(policy.can_list_clarifications, of=queries.get_round)
def clarifications(round_: Round) -> ResponseReturnValue:
    chosen, number = _chosen_state(), page_number()
    counts = queries.count_clarifications(round_)
    return page(
        "frameworks/clarifications.html",
        round=round_,
        questions=queries.list_clarifications(
            round_, state=chosen, limit=PAGE_SIZE, offset=(number - 1) * PAGE_SIZE
        ),
        counts=counts,
        chosen=chosen,
        total=counts[chosen] if chosen else sum(counts.values()),
        number=number,
        size=PAGE_SIZE,
        now=clock.now(),
    )


def _chosen_state() -> ClarificationState | None:
    text = request.args.get("state", "")
    return ClarificationState(text) if text in set(ClarificationState) else None


@blueprint.route("/clarifications/<uuid:clarification_id>", methods=["GET", "POST"])
@access(policy.can_read_clarification, of=queries.get_clarification)
def clarification(asked: Clarification) -> ResponseReturnValue:
    form = AnswerForm(data={"version": asked.version, "question": asked.question, "audience": "everyone"})
    if form.validate_on_submit():
        try:
            return done(_answer(asked, form), url_for("frameworks.clarifications", round_id=asked.round_id))
        except Invalid as error:
            _beside(form, error)
    person = current_person()
    return page(
        "frameworks/clarification.html",
        form_status(form),
        form=form,
        asked=asked,
        note=queries.find_note_for(asked),
        asker=queries.find_asker_name(asked),
        may_answer=bool(policy.can_answer(person, asked)) and _waits(asked),
        may_correct=lambda note: bool(policy.can_correct(person, note)),
    )


def _waits(asked: Clarification) -> bool:
    return asked.state == ClarificationState.WAITING and asked.round.state == RoundState.PUBLISHED


def _answer(asked: Clarification, form: AnswerForm) -> str:
    """Do what the form says, and say what was done."""
    words: dict[str, Any] = {
        "answer": form.answer.data or "",
        "by": current_person(),
        "seen_version": seen_version(),
    }
    if form.audience.data == "asker":
        services.answer_privately(asked, reason=form.reason.data or "", **words)
        return "Answered privately. Whoever asked is told, and nobody else."
    note = services.publish_answer(asked, question=form.question.data or "", accepted=form.accepted, **words)
    return f"Published as clarification {note.number}. Every applicant is told."


@blueprint.route("/clarification-notes/<uuid:note_id>/correct", methods=["GET", "POST"])
@access(policy.can_correct, of=queries.get_note)
def correct(note: ClarificationNote) -> ResponseReturnValue:
    form = CorrectionForm()
    if form.validate_on_submit():
        try:
            made = services.correct_note(
                note,
                kind=NoteKind(form.kind.data),
                answer=form.answer.data or "",
                by=current_person(),
                accepted=form.accepted,
            )
            return done(
                f"Published as clarification {made.number}. Every applicant is told.",
                url_for("frameworks.clarifications", round_id=note.round_id),
            )
        except Invalid as error:
            _beside(form, error)
    return page("frameworks/correct.html", form_status(form), form=form, note=note)
