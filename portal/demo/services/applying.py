"""Providers apply: they answer, upload, price, declare and submit; some drafts are not finished."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

from portal.accounts.models import Person
from portal.applications.models import Application
from portal.applications.queries import find_answer
from portal.applications.services import (
    add_comment,
    attach_document,
    carry_over,
    declare,
    instruct,
    record_late_attempt,
    save_answer,
    save_prices,
    start_application,
    submit_application,
)
from portal.applications.states import Exclusion
from portal.demo.services import texts
from portal.demo.services.papers import paper
from portal.demo.services.people import writer_of
from portal.demo.services.prices import fees_of
from portal.demo.services.rounds import EVALUATING, OPEN, ROUNDS, Plan
from portal.demo.services.story import Story
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Question
from portal.frameworks.states import QuestionKind, SectionKind

# The scored questions in the order of the default question set, by the names that the data files use.
QUALITY = (
    "matching",
    "safety",
    "carers",
    "education",
    "hardest",
    "out_of_hours",
    "partnership",
    "social_value",
)
ALL = frozenset(SectionKind)
COMMENT = (
    "Can we say how many carers had moved on by the end of last year? I have the figure in the annual report."
)
ADDED = "Since the summer two more households have been approved, both for teenagers."
JUST_BEGUN = frozenset({SectionKind.ORGANISATION, SectionKind.QUALITY})
DEAR_CELLS_LEFT_OPEN = 4
REAPPLYING = {("agreeing", "wrenfield"), ("evaluating", "marlbrook"), ("evaluating", "gorsefield")}
# In the first round Gorsefield had no professional indemnity insurance, and was found not compliant for it.
UNINSURED = ("concluded", "gorsefield")
INDEMNITY = "professional indemnity insurance"
NOT_YET_UPLOADED = ("Business continuity plan", "Data protection policy")


def tell(story: Story) -> None:
    """Applicants draft in the first week, and submit in the days before the deadline, one after another."""
    for plan in ROUNDS:
        for place, provider in enumerate(plan.applicants):
            who = writer_of(provider)
            handed_in = plan.deadline - 4 if plan.opened is not None else -4
            story.add(plan.published + 4, f"10:{place}0", who, partial(_draft, story, plan, provider, ALL))
            story.add(handed_in, f"14:{place}5", who, partial(_submit, story, plan, provider))
    story.add(-6, "16:20", "teasel_writer", partial(_draft, story, OPEN, "teasel", ALL))
    story.add(-1, "11:45", writer_of("stourfield"), partial(_draft, story, OPEN, "stourfield", JUST_BEGUN))
    story.add(-5, "09:20", "teasel_administrator", partial(_comment, story, "teasel"))
    story.add(-3, "13:30", writer_of("gorsefield"), partial(_begin_from_the_last, story, "gorsefield"))
    story.add(-2, "15:50", writer_of("saltmarsh"), partial(_leave_an_instruction, story, "saltmarsh"))
    late = writer_of("wrenfield")
    story.add(
        EVALUATING.deadline - 7, "16:40", late, partial(_draft, story, EVALUATING, "wrenfield", JUST_BEGUN)
    )
    story.add(EVALUATING.deadline, "12:09", late, partial(_come_too_late, story, "wrenfield"))


def is_again(round_key: str, provider: str) -> bool:
    """Is this the provider's second application?"""
    return (round_key, provider) in REAPPLYING


def _draft(story: Story, plan: Plan, provider: str, sections: Collection[SectionKind], by: Person) -> None:
    round_ = story.round(plan.key)
    application = start_application(round_, story.organisation(provider), by=by)
    story.ids[f"{plan.key}/{provider}"] = application.id
    for section in frameworks.list_sections(round_):
        if section.kind not in sections:
            continue
        if section.kind == SectionKind.DOCUMENTS:
            _upload(application, section.questions, provider, by)
        elif section.kind == SectionKind.PRICE:
            save_prices(application, _asked(plan, provider), by=by)
        else:
            for question, value in _answers(section.kind, section.questions, plan, provider):
                save_answer(application, question, value, by=by)


def _submit(story: Story, plan: Plan, provider: str, by: Person) -> None:
    application = story.application(plan.key, provider)
    declare(application, name=by.full_name, position="Responsible individual", by=by)
    submit_application(application, by=by)


def _comment(story: Story, provider: str, by: Person) -> None:
    """An administrator asks a colleague about the first answer that carries points."""
    application = story.application(OPEN.key, provider)
    question = frameworks.list_scored_questions(application.round)[0]
    add_comment(application, question, COMMENT, by=by)


def _begin_from_the_last(story: Story, provider: str, by: Person) -> None:
    """Whoever waits for one round begins the next with the same answers, each still to be checked."""
    application = start_application(story.round(OPEN.key), story.organisation(provider), by=by)
    story.ids[f"{OPEN.key}/{provider}"] = application.id
    carry_over(application, story.application(EVALUATING.key, provider), by=by)


def _leave_an_instruction(story: Story, provider: str, by: Person) -> None:
    """Changed after it was submitted, signed again, and to be submitted by itself at the deadline."""
    application = story.application(OPEN.key, provider)
    question = frameworks.list_scored_questions(application.round)[0]
    answer = find_answer(application, question)
    said = answer.value if answer is not None else ""
    save_answer(application, question, f"{said}\n\n{ADDED}", by=by)
    declare(application, name=by.full_name, position="Responsible individual", by=by)
    instruct(application, by=by)


def _come_too_late(story: Story, provider: str, by: Person) -> None:
    """Nine minutes after the deadline: refused, and kept with what was to go in."""
    record_late_attempt(story.application(EVALUATING.key, provider), by=by)


def _asked(plan: Plan, provider: str) -> dict[int, Any]:
    fees = fees_of(provider)
    if provider in plan.drafting:
        return dict(list(fees.items())[:-DEAR_CELLS_LEFT_OPEN])
    return dict(fees)


def _upload(application: Application, questions: Collection[Question], provider: str, by: Person) -> None:
    drafting = provider == "teasel"
    for question in questions:
        if question.is_required and not (drafting and question.text in NOT_YET_UPLOADED):
            name = application.organisation.name
            content = paper(question.text, [name, f"URN {application.organisation.urn}", "", *PAPER])
            attach_document(
                application,
                question,
                original_name=f"{name} - {question.text}.pdf",
                chunks=[content],
                by=by,
            )


PAPER = (
    "This file belongs to a demonstration. The agency is invented, and so is",
    "everything that it says of itself here.",
)


def _answers(
    kind: SectionKind, questions: Collection[Question], plan: Plan, provider: str
) -> Iterator[tuple[Question, Any]]:
    if kind == SectionKind.QUALITY:
        found = texts.application(provider)
        written = found["answers"] | (found.get("again", {}) if is_again(plan.key, provider) else {})
        for name, question in zip(QUALITY, questions, strict=True):
            if name in written:
                yield question, written[name].strip()
        return
    for question in questions:
        value = _answer(question, plan, provider)
        if value is not None:
            yield question, value


def _answer(question: Question, plan: Plan, provider: str) -> Any:
    if question.kind == QuestionKind.EXCLUSION:
        return _exclusion(question, provider)
    if question.kind == QuestionKind.YES_NO:
        return True
    if question.kind == QuestionKind.CHOICE and question.prefilled_from is None:
        return _choice(question, plan, provider)
    return _of_organisation(question, provider)


def _exclusion(question: Question, provider: str) -> dict[str, str]:
    explained = texts.application(provider).get("selection", {})
    if "tax" in explained and "tax or social security" in question.text:
        return {"applies": Exclusion.SELF_CLEANED, "explanation": explained["tax"]}
    return {"applies": Exclusion.NO, "explanation": ""}


def _choice(question: Question, plan: Plan, provider: str) -> str:
    if INDEMNITY in question.text and (plan.key, provider) == UNINSURED:
        return question.choices[-1]
    if "overall judgement" in question.text:
        return str(texts.providers()[provider].get("grades", ["Not inspected yet"])[0])
    if "modern slavery" in question.text:
        return question.choices[1]
    return question.choices[0]


def _of_organisation(question: Question, provider: str) -> Any:
    """Found by a word of the question: what registration does not already say."""
    facts = texts.providers()[provider]
    known = {
        "contact about": f"{facts['responsible']}, responsible individual",
        "registered manager": facts["manager"],
        "responsible individual": facts["responsible"],
        "branches serve": facts.get("branches", ""),
        "households have you approved": str(facts["households"]),
        "live in Kent or Medway": str(facts["households_here"]),
        "directors": "\n".join(facts["directors"]),
        "Information Commissioner": f"Z9990{facts['urn'][-3:]}",
    }
    return next((value for words, value in known.items() if words in question.text), None)
