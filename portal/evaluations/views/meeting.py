"""The consensus meeting: one question on a shared screen, written by the chair and read live by everybody there."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from flask import request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm.exc import StaleDataError

from portal.applications import queries as applications
from portal.applications.models import Application
from portal.applications.services import record_access
from portal.core.access import access, current_person
from portal.core.db import session
from portal.core.errors import Invalid, NotFound, Stale
from portal.core.web import beside, done, page, seen_version
from portal.evaluations import policy, queries, services
from portal.evaluations.forms import ConsensusForm
from portal.evaluations.queries import Applicant, ConsensusLine, Meeting, Watched
from portal.evaluations.states import SCORE_DESCRIPTORS
from portal.evaluations.views.frame import blueprint


@blueprint.route(
    "/evaluations/applications/<uuid:application_id>/consensus/<uuid:question_id>", methods=["GET", "POST"]
)
@access(policy.can_meet, of=queries.get_meeting)
def agree(meeting: Meeting) -> ResponseReturnValue:
    application, question_id = meeting.application, meeting.watched.question_id
    lines = lines_shown(application)
    form = _form(application, _line(lines, question_id))
    status = 200
    if form.validate_on_submit():
        try:
            return _save(application, lines, question_id, form)
        except Invalid as refused:
            beside(form, refused)
            status = 422
        except (Stale, StaleDataError):
            lines, status = _see_again(application, question_id, form), 409
            meeting = queries.get_meeting(current_person(), application.id, question_id)
    return _meeting_page(meeting, lines, form, status)


@blueprint.route(
    "/evaluations/applications/<uuid:application_id>/consensus/<uuid:question_id>/agreed", methods=["GET"]
)
@access(policy.can_watch, of=queries.get_watched)
def agreed(watched: Watched) -> ResponseReturnValue:
    """What open pages ask for every few seconds. A page that has seen this already gets nothing (204)."""
    if request.args.get("mark") == watched.mark:
        return "", 204
    if watched.value is not None:
        application = queries.get_application(current_person(), watched.application_id)
        record_access(application, current_person(), "agreed score")
    return page(
        "evaluations/_agreed.html",
        watched=watched,
        opened=request.args.get("opened"),
        descriptors=SCORE_DESCRIPTORS,
    )


def lines_shown(application: Application) -> list[ConsensusLine]:
    """All questions for moderators and auditors; an evaluator keeps to those assigned (rule 3)."""
    lines, person = queries.consensus_lines(application), current_person()
    if policy.reads_whole(person):
        return lines
    assigned = set(queries.list_assigned_questions(person, application))
    return [line for line in lines if line.question.id in assigned]


@dataclass(frozen=True)
class Turns:
    """What comes before and after in one of the meeting's two orders. `place` counts from 1."""

    place: int
    total: int
    agreed: int
    previous: Applicant | ConsensusLine | None
    next: Applicant | ConsensusLine | None


def _line(lines: list[ConsensusLine], question_id: uuid.UUID) -> ConsensusLine:
    found = next((line for line in lines if line.question.id == question_id), None)
    if found is None:
        raise NotFound
    return found


def _form(application: Application, line: ConsensusLine) -> ConsensusForm:
    if line.agreed is not None:
        return ConsensusForm(obj=line.agreed)
    # Whoever took part in the question before is likely to be in the room still.
    return ConsensusForm(attended=queries.find_attended(application.round, current_person()))


def _see_again(application: Application, question_id: uuid.UUID, form: ConsensusForm) -> list[ConsensusLine]:
    """What somebody else agreed meanwhile, beside what was typed: saving once more replaces it knowingly."""
    session.rollback()
    lines = lines_shown(application)
    standing = _line(lines, question_id).agreed
    form.version.data = str(standing.version) if standing is not None else ""
    return lines


def _meeting_page(
    meeting: Meeting, lines: list[ConsensusLine], form: ConsensusForm, status: int
) -> ResponseReturnValue:
    person, application, watched = current_person(), meeting.application, meeting.watched
    line = _line(lines, watched.question_id)
    record_access(application, person, f"question {line.question.number}, all scores")
    submission = applications.latest_submission(application)
    answer = queries.answer_to(submission, line.question)
    may_chair = policy.may_chair(person, application)
    return page(
        "evaluations/agree.html",
        status,
        application=application,
        applicant=queries.shown_name(application),
        numbers=queries.number_files(submission) if queries.is_anonymous(application) else {},
        line=line,
        questions=_questions(lines, line),
        applicants=_applicants(application, line),
        answer=answer,
        states=applications.list_file_states(submission) if submission and answer.files else {},
        may_moderate=may_chair,
        watched=watched,
        opened=watched.mark if may_chair else None,
        descriptors=SCORE_DESCRIPTORS,
        is_overtaken=status == 409,
        is_moderator=policy.reads_whole(person),
        form=form,
    )


def _questions(lines: list[ConsensusLine], line: ConsensusLine) -> Turns:
    here = lines.index(line)
    return Turns(
        here + 1,
        len(lines),
        sum(one.agreed is not None for one in lines),
        lines[here - 1] if here else None,
        lines[here + 1] if here + 1 < len(lines) else None,
    )


def _applicants(application: Application, line: ConsensusLine) -> Turns | None:
    """None for an application that is no longer compared with others."""
    turns = queries.list_turns(current_person(), application, line.question)
    here = next((place for place, one in enumerate(turns) if one.application_id == application.id), None)
    if here is None:
        return None
    return Turns(
        here + 1,
        len(turns),
        sum(one.is_agreed for one in turns),
        turns[here - 1] if here else None,
        turns[here + 1] if here + 1 < len(turns) else None,
    )


def _save(
    application: Application, lines: list[ConsensusLine], question_id: uuid.UUID, form: ConsensusForm
) -> ResponseReturnValue:
    line = _line(lines, question_id)
    services.save_consensus(
        application,
        line.question,
        value=-1 if form.value.data is None else form.value.data,
        reason=form.reason.data or "",
        attended=form.attended.data or "",
        by=current_person(),
        seen_version=seen_version(),
    )
    then = request.form.get("then")
    if then == "stay":
        return done("Agreed score saved.", _address(application.id, question_id))
    return (
        _next_applicant(application, line)
        if then == "next_applicant"
        else _next_question(application, lines, line)
    )


def _next_question(
    application: Application, lines: list[ConsensusLine], line: ConsensusLine
) -> ResponseReturnValue:
    here = lines.index(line)
    following = next((other for other in lines[here + 1 :] + lines[:here] if other.agreed is None), None)
    if following is None:
        to = url_for("evaluations.application_consensus", application_id=application.id)
        return done("Saved. Every question of this application is agreed.", to)
    return done(
        f"Agreed score on question {line.question.number} saved.",
        _address(application.id, following.question.id),
    )


def _next_applicant(application: Application, line: ConsensusLine) -> ResponseReturnValue:
    turns = list(queries.list_turns(current_person(), application, line.question))
    here = next((place for place, one in enumerate(turns) if one.application_id == application.id), -1)
    following = next((other for other in turns[here + 1 :] + turns[:here] if not other.is_agreed), None)
    if following is None:
        to = url_for("evaluations.consensus", round_id=application.round_id)
        return done(f"Saved. Question {line.question.number} is agreed for every applicant.", to)
    return done(
        f"Agreed score on {queries.shown_name(application)} saved.",
        _address(following.application_id, line.question.id),
    )


def _address(application_id: uuid.UUID, question_id: uuid.UUID) -> str:
    return url_for("evaluations.agree", application_id=application_id, question_id=question_id)
