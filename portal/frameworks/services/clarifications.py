"""Clarifications: providers ask until a date; commissioners answer to everybody, or privately with a reason.

Who asked is written apart and sealed. Before a text goes out it is held against what every provider is known
by (`anonymity`); the same for all, so that trying names tells nobody who asked (rule 1).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from typing import Any

from portal.accounts.models import Person
from portal.core import audit, clock, jobs
from portal.core.access import require
from portal.core.db import lock, session
from portal.core.errors import Invalid, Refused, on_constraint
from portal.core.links import link
from portal.core.transitions import apply
from portal.core.ui import uk_datetime
from portal.frameworks import anonymity, policy, queries
from portal.frameworks.anonymity import Exposure
from portal.frameworks.models import Clarification, ClarificationAsker, ClarificationNote, Round
from portal.frameworks.states import NoteKind, RoundState
from portal.frameworks.workflow import CLARIFICATION
from portal.notifications.services import tell
from portal.providers.models import Organisation

QUESTIONS_CLOSED = "The time for questions has passed. Contact us if something stops you from applying."
GIVEN = frozenset({NoteKind.CORRECTION, NoteKind.WITHDRAWAL})

on_constraint("questions_closed", QUESTIONS_CLOSED)
on_constraint("uq_clarification_note_corrects_id", "Somebody corrected this answer a moment ago.")


class MayExpose(Invalid):
    """Words that may give a provider away, and may be harmless. `hints` says which; whoever publishes decides."""

    def __init__(self, hints: list[Exposure]) -> None:
        super().__init__("Check these words, then confirm that they identify nobody.", field="confirms")
        self.hints = hints


def ask_clarification(
    round_: Round, organisation: Organisation, text: str, *, by: Person, accepted: Collection[str] = ()
) -> Clarification:
    """Ask the councils about a round, for the organisation, which they do not learn before opening.

    Who: a bid writer or administrator, until the last day for questions, by the clock read under the round's
    lock. `accepted` are hints (`MayExpose`) that the asker has seen and keeps. Raises `Invalid` beside
    `question`, `Refused` when it is too late.
    """
    session.refresh(round_, with_for_update={"read": True, "of": Round})
    _check_time_to_ask(round_)
    require(policy.can_ask_for(by, organisation))
    question = _required(text, "Write your question.", "question")
    _check_own_words(question, queries.get_identity(organisation), accepted)
    # With id and time made here nothing is read back: until its asker is written, the row is visible to nobody.
    asked = Clarification(id=uuid.uuid4(), round=round_, question=question, created_at=clock.now(), version=1)
    session.add(asked)
    session.flush()
    session.add(
        ClarificationAsker(
            clarification_id=asked.id, round_id=round_.id, organisation_id=organisation.id, asked_by_id=by.id
        )
    )
    session.flush()
    audit.record("clarification.asked", asked, by=by, sealed_round_id=round_.id)
    jobs.defer("frameworks.tell_commissioners", clarification_id=asked.id)
    return asked


def _check_time_to_ask(round_: Round) -> None:
    if round_.state != RoundState.PUBLISHED:
        raise Refused("This round takes no questions now.")
    if clock.locked_now() > round_.clarification_deadline:
        raise Refused(
            f"{QUESTIONS_CLOSED} Questions could be asked until {uk_datetime(round_.clarification_deadline)}."
        )


def _check_own_words(text: str, own: anonymity.Identity, accepted: Collection[str]) -> None:
    exposed = anonymity.find_exposures(text, [own])
    if exposed:
        raise Invalid(
            f"Take out {_in_words(exposed)}: the councils must not know who asks, and may publish your words.",
            field="question",
        )
    _hold_hints(anonymity.find_own_words(text, own), accepted)


def publish_answer(
    clarification: Clarification,
    *,
    question: str,
    answer: str,
    by: Person,
    seen_version: int | None = None,
    accepted: Collection[str] = (),
) -> ClarificationNote:
    """Answer to everybody: a numbered, dated note with the question as worded here. Who: a commissioner.

    The question as it was asked is kept. The round is locked for the number; of two officers who answer at
    once the second is told (`Stale`). Raises `Invalid` beside `question` or `answer` when a provider's name or
    number is in it, `MayExpose` for words to confirm. Every applicant and the asker are told.
    """
    lock(clarification.round)
    wording = _required(question, "Write the question as it will be published.", "question")
    words = _required(answer, "Write the answer.", "answer")
    _check_published({"question": wording, "answer": words}, accepted)
    apply(CLARIFICATION, "publish", clarification, by=by, seen_version=seen_version)
    clarification.answered_at, clarification.answered_by_id = clock.now(), by.id
    session.flush()
    note = _publish(
        clarification.round, NoteKind.ANSWER, wording, words, by=by, clarification_id=clarification.id
    )
    jobs.defer("frameworks.tell_asker", clarification_id=clarification.id)
    return note


def answer_privately(
    clarification: Clarification, *, answer: str, reason: str, by: Person, seen_version: int | None = None
) -> None:
    """Answer to the asker alone, with the reason why not to everybody. Who: a commissioner.

    The officer does not learn who that is. Raises `Invalid` beside `answer` or `reason`, `Stale`.
    """
    words = _required(answer, "Write the answer.", "answer")
    why = _required(reason, "Say why this answer is not for everybody.", "reason")
    apply(CLARIFICATION, "answer_privately", clarification, by=by, seen_version=seen_version)
    clarification.answered_at, clarification.answered_by_id = clock.now(), by.id
    clarification.private_answer, clarification.private_reason = words, why
    session.flush()
    jobs.defer("frameworks.tell_asker", clarification_id=clarification.id)


def correct_note(
    note: ClarificationNote,
    *,
    kind: NoteKind,
    answer: str,
    by: Person,
    accepted: Collection[str] = (),
) -> ClarificationNote:
    """Correct a published answer, or withdraw it, by a new note: what was said stays to be read.

    Who: a commissioner, until the round is opened. Raises `Invalid` beside `answer`, `MayExpose`, `NotAllowed`
    when somebody corrected it already.
    """
    assert kind in GIVEN
    lock(note.round)
    session.refresh(note)
    require(policy.can_correct(by, note))
    missing = "Write the corrected answer." if kind is NoteKind.CORRECTION else "Say why it is withdrawn."
    words = _required(answer, missing, "answer")
    _check_published({"answer": words}, accepted)
    made = _publish(note.round, kind, note.question, words, by=by, corrects_id=note.id)
    audit.record("clarification.corrected", made, by=by, details={"corrects": note.number, "kind": kind})
    return made


def _publish(
    round_: Round, kind: NoteKind, question: str, answer: str, *, by: Person, **about: Any
) -> ClarificationNote:
    note = ClarificationNote(
        round_id=round_.id,
        number=queries.last_note_number(round_) + 1,
        kind=kind,
        question=question,
        answer=answer,
        published_at=clock.now(),
        published_by_id=by.id,
        **about,
    )
    session.add(note)
    session.flush()
    context = note_context(note, round_)
    jobs.defer(
        "applications.tell_applicants",
        round_id=round_.id,
        template="frameworks/clarification_published",
        context=context,
        cause_id=note.id,
        path=context["link"],
    )
    return note


def tell_commissioners(clarification: Clarification) -> None:
    """Tell every commissioner that a question waits. It says nothing of who asked."""
    address = link("frameworks.clarification", clarification_id=clarification.id)
    for person in queries.list_commissioners():
        tell(
            person,
            template="frameworks/question_asked",
            context={"round": clarification.round.title, "question": clarification.question, "link": address},
            link=address,
            cause_id=clarification.id,
        )


def tell_asker(clarification: Clarification) -> None:
    """Tell the asker's people of the answer; sealed. Called by a job: the councils' role does not see the asker."""
    round_, note = clarification.round, queries.find_note_for(clarification)
    if note is not None:
        # The same cause and template as for the applicants, so that who is both is told once.
        template, context, cause_id = (
            "frameworks/clarification_published",
            note_context(note, round_),
            note.id,
        )
    else:
        template, cause_id = "frameworks/clarification_answered", clarification.id
        context = {
            "round": round_.title,
            "question": clarification.question,
            "answer": clarification.private_answer,
            "link": link("frameworks.own_questions", round_id=round_.id),
        }
    for person in queries.list_askers(clarification):
        tell(
            person,
            template=template,
            context=context,
            link=context["link"],
            mandatory=True,
            sealed_round_id=round_.id,
            cause_id=cause_id,
        )


def note_context(note: ClarificationNote, round_: Round) -> dict[str, Any]:
    """What the email about a published note says: plain JSON, for it goes through the queue."""
    return {
        "round": round_.title,
        "number": note.number,
        "kind": note.kind.label,
        "question": note.question,
        "answer": note.answer,
        "link": link(
            "frameworks.published_clarifications",
            round_id=round_.id,
            about=note.number,
            _anchor=f"clarification-{note.number}",
        ),
    }


def _check_published(texts: dict[str, str], accepted: Collection[str]) -> None:
    providers = queries.list_identities()
    for field, text in texts.items():
        if exposed := anonymity.find_exposures(text, providers):
            raise Invalid(
                f"Take out {_in_words(exposed)}: a published clarification names no provider.", field=field
            )
    everything = "\n".join(texts.values())
    in_register = queries.list_agency_names(without=providers)
    hints = anonymity.find_names(everything, in_register) + anonymity.find_hints(everything, providers)
    _hold_hints(hints, accepted)


def _hold_hints(hints: Iterable[Exposure], accepted: Collection[str]) -> None:
    found = list(hints)
    if not {hint.words for hint in found} <= set(accepted):
        raise MayExpose(found)


def _required(text: str, missing: str, field: str) -> str:
    if not text.strip():
        raise Invalid(missing, field=field)
    return text.strip()


def _in_words(exposed: list[Exposure]) -> str:
    return "; ".join(f"“{one.words}”, which {one.what}" for one in exposed)
