"""Questions about the open round and their answers; and what the councils ask an applicant after opening."""

from __future__ import annotations

from functools import partial
from typing import Any

from portal.accounts.models import Person
from portal.applications.services import request_clarification
from portal.demo.services import texts
from portal.demo.services.people import writer_of
from portal.demo.services.rounds import OPEN
from portal.demo.services.story import Story
from portal.frameworks import queries
from portal.frameworks.models import Clarification
from portal.frameworks.services import (
    answer_privately,
    ask_clarification,
    correct_note,
    publish_answer,
)
from portal.frameworks.states import NoteKind


def tell(story: Story) -> None:
    """Two questions are answered to everybody, one of them corrected; one privately; one waits."""
    told = texts.read("clarifications")
    for place, asked in enumerate(told["questions"]):
        who = _asker(asked)
        story.add(asked["asked"], f"11:{place}5", who, partial(_ask, story, place, asked))
        if "answered" in asked:
            story.add(
                asked["answered"], f"15:{place}0", "commissioner", partial(_answer, story, place, asked)
            )
    correction, request = told["correction"], told["request"]
    story.add(correction["published"], "10:20", "second_commissioner", partial(_correct, story, correction))
    story.add(request["asked"], "14:40", "commissioner", partial(_request, story, request))


def _asker(asked: dict[str, Any]) -> str:
    who: str = asked["asker"]
    return who if who in texts.people() else writer_of(who)


def _ask(story: Story, place: int, asked: dict[str, Any], by: Person) -> None:
    organisation = story.organisation(texts.people()[_asker(asked)]["provider"])
    made = ask_clarification(story.round(OPEN.key), organisation, asked["question"], by=by)
    story.ids[f"question/{place}"] = made.id


def _answer(story: Story, place: int, asked: dict[str, Any], by: Person) -> None:
    question = _get(story, place, by)
    if reason := asked.get("private_reason"):
        answer_privately(question, answer=asked["answer"], reason=reason, by=by)
        return
    wording = asked.get("wording", asked["question"])
    publish_answer(question, question=wording, answer=asked["answer"], by=by)


def _get(story: Story, place: int, by: Person) -> Clarification:
    return queries.get_clarification(by, story.ids[f"question/{place}"])


def _correct(story: Story, correction: dict[str, Any], by: Person) -> None:
    note = next(
        note for note in queries.list_notes(story.round(OPEN.key)) if note.number == correction["corrects"]
    )
    correct_note(note, kind=NoteKind.CORRECTION, answer=correction["answer"], by=by)


def _request(story: Story, request: dict[str, Any], by: Person) -> None:
    application = story.application(request["round"], request["provider"])
    due_at = story.moment(request["due"], "17:00")
    request_clarification(application, question=request["question"], due_at=due_at, by=by)
