"""Clarifying after opening: the councils' questions about one application, and the applicant's answers."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time
from typing import Any, cast

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, SelectField, TextAreaField, TimeField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length

from portal.applications import policy, queries, services
from portal.applications.models import Application, ClarificationRequest
from portal.applications.views import blueprint
from portal.core import clock, once
from portal.core.access import access, current_person
from portal.core.errors import Invalid
from portal.core.web import beside, done, page, seen_version

LONGEST = 5000
TOO_LONG = Length(max=LONGEST, message=f"Shorten this to {LONGEST:,} characters or fewer.")


class _Day(DateField):
    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError("Enter a real date, like 31/03/2026.") from error


class _Clock(TimeField):
    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError("Enter a time like 17:00.") from error


class RequestForm(FlaskForm):  # type: ignore[misc]
    """What an officer asks an applicant, and by when the answer is due, in Kent's time."""

    once = HiddenField()
    about = SelectField(
        "Which answer is it about?",
        description="Whoever scores that answer reads your question and what the applicant says. What concerns"
        " the application as a whole is read by commissioners and auditors alone.",
        validate_choice=False,
    )
    question = TextAreaField("What do you ask?", [InputRequired("Write what you ask."), TOO_LONG])
    due_date = _Day(
        "Date",
        [InputRequired("Enter the date by which you need the answer.")],
        format=["%Y-%m-%d", "%d/%m/%Y"],
    )
    due_time = _Clock("Time", [InputRequired("Enter a time, like 17:00.")], format=["%H:%M", "%H:%M:%S"])

    def due_at(self) -> datetime:
        """The instant in UTC."""
        day, at = cast("date", self.due_date.data), cast("time", self.due_time.data)
        return datetime.combine(day, at, tzinfo=clock.LONDON).astimezone(UTC)


class AnswerRequestForm(FlaskForm):  # type: ignore[misc]
    """An applicant's answer."""

    version = HiddenField()
    answer = TextAreaField("Your answer", [InputRequired("Write your answer."), TOO_LONG])


@blueprint.route("/received-applications/<uuid:application_id>/clarifications", methods=["GET", "POST"])
@access(policy.can_read_requests, of=queries.get_application)
def clarification_requests(application: Application) -> ResponseReturnValue:
    person = current_person()
    if request.method == "GET":
        services.record_access(application, person, "clarifications")
    form = RequestForm(data={"once": str(uuid.uuid4()), "due_time": time(17)})
    asked_about = {str(one.id): one for one in queries.list_answered_questions(application.round)}
    form.about.choices = [
        SelectChoice("", "The application as a whole"),
        *(SelectChoice(key, f"{one.number} {one.text}"[:100]) for key, one in asked_about.items()),
    ]
    if form.validate_on_submit():
        try:
            once.claim(form.once.data)
            services.request_clarification(
                application,
                question=form.question.data or "",
                due_at=form.due_at(),
                by=person,
                about=asked_about.get(form.about.data or ""),
            )
            return done(
                "The applicant has been asked.",
                url_for("applications.clarification_requests", application_id=application.id),
            )
        except Invalid as error:
            beside(form, error)
    return page(
        "applications/clarification_requests.html",
        422 if form.errors else 200,
        application=application,
        requests=queries.list_requests(application),
        form=form,
        may_ask=policy.can_request_clarification(person, application),
        now=clock.now(),
    )


@blueprint.route("/clarification-requests/<uuid:request_id>", methods=["GET", "POST"])
@access(policy.can_see_own_requests, of=queries.get_request)
def answer_request(asked: ClarificationRequest) -> ResponseReturnValue:
    person = current_person()
    form = AnswerRequestForm(data={"version": asked.version})
    if form.validate_on_submit():
        try:
            services.answer_request(asked, form.answer.data or "", by=person, seen_version=seen_version())
            return done(
                "Your answer is with the councils. What you submitted stays as it is.",
                url_for("applications.answer_request", request_id=asked.id),
            )
        except Invalid as error:
            beside(form, error)
    return page(
        "applications/answer_request.html",
        422 if form.errors else 200,
        asked=asked,
        form=form,
        is_late=clock.now() > asked.due_at,
        may_answer=bool(policy.can_answer_request(person, asked)),
    )
