"""Comments among an applicant's colleagues: about an answer, for themselves, and never part of what is submitted."""

from __future__ import annotations

from portal.accounts.models import Person
from portal.applications import policy, queries
from portal.applications.models import AnswerComment, Application
from portal.applications.services.answers import clean_text
from portal.applications.services.drafting import record
from portal.core import clock
from portal.core.access import require
from portal.core.db import lock, session
from portal.core.errors import Invalid
from portal.core.links import link
from portal.frameworks.models import Question
from portal.notifications.services import tell

LONGEST_COMMENT = 2_000


def add_comment(application: Application, question: Question, text: str, *, by: Person) -> AnswerComment:
    """Say something about an answer to the colleagues. Who: everybody who acts for the applicant.

    Whoever writes the application, or has commented on it, is told, at once or with the day's as they chose.
    Raises `Invalid` beside `text`.
    """
    require(policy.can_read(by, application))
    said = clean_text(text)
    if not said:
        raise Invalid("Write your comment.", field="text")
    if len(said) > LONGEST_COMMENT:
        raise Invalid(
            f"Shorten this: it has {len(said):,} characters, and a comment takes {LONGEST_COMMENT:,}.",
            field="text",
        )
    comment = AnswerComment(
        application_id=application.id, question_id=question.id, author_id=by.id, text=said
    )
    session.add(comment)
    session.flush()
    record("application.comment_added", application, by, comment=comment.id, question=question.id)
    _tell_colleagues(application, question, comment, by)
    return comment


def _tell_colleagues(
    application: Application, question: Question, comment: AnswerComment, by: Person
) -> None:
    address = link("applications.comments", application_id=application.id, question_id=question.id)
    for person in queries.list_colleagues_at_work(application):
        if person.id != by.id:
            tell(
                person,
                template="applications/comment_added",
                context={
                    "author": by.full_name,
                    "reference": application.reference,
                    "round": application.round.title,
                    "question": f"{question.number} {question.text}",
                    "text": comment.text,
                    "link": address,
                },
                link=address,
                sealed_round_id=application.round_id,
                cause_id=comment.id,
            )


def resolve_comment(application: Application, comment: AnswerComment, *, by: Person) -> None:
    """Mark a comment as settled; one settled already stays as it was. Who: as for `add_comment`."""
    require(policy.can_read(by, application))
    lock(comment)
    if comment.resolved_at is None:
        comment.resolved_at, comment.resolved_by_id = clock.now(), by.id
        session.flush()
        record("application.comment_resolved", application, by, comment=comment.id)


def reopen_comment(application: Application, comment: AnswerComment, *, by: Person) -> None:
    """Take up a settled comment again. Who: as for `add_comment`."""
    require(policy.can_read(by, application))
    lock(comment)
    if comment.resolved_at is not None:
        comment.resolved_at = comment.resolved_by_id = None
        session.flush()
        record("application.comment_reopened", application, by, comment=comment.id)
