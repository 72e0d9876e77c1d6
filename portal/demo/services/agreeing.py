"""What happens beside the scores: numbers for names, a question to the chair, an unlocked sheet, a queried price."""

from __future__ import annotations

from functools import partial
from typing import Any

from portal.accounts.models import Person
from portal.applications.services import answer_request
from portal.core.db import session
from portal.demo.services import texts
from portal.demo.services.evaluating import questions_of, sheet_of
from portal.demo.services.people import writer_of
from portal.demo.services.rounds import AGREEING, AWAITING_DECISION, EVALUATING, Plan
from portal.demo.services.story import Story
from portal.evaluations.models import ChairQuestion, PriceQuery
from portal.evaluations.services import (
    answer_chair,
    ask_chair,
    choose_anonymity,
    conclude_price_query,
    finish_sheet,
    query_price,
    save_score,
    unlock_sheet,
)
from portal.evaluations.states import Audience, PriceOutcome

# In the round whose scores are being agreed.
NUMBERED, ASKED, ANSWERED, UNLOCKED, FINISHED_AGAIN = -58, -36, -35, -29, -26
# In the round awaiting its decision, after quality was locked.
ASKED_TO_EXPLAIN, EXPLAINED, DUE, ACCEPTED = -27, -23, -20, -17
QUERIED = "quillhaven"


def tell(story: Story) -> None:
    """One round is scored by number, and its chair is asked; one low price of another is explained and accepted."""
    evaluator = "kent_evaluator"
    story.add(NUMBERED, "11:20", "commissioner", partial(_number, story))
    story.add(ASKED, "10:15", evaluator, partial(_ask, story, AGREEING, "saltmarsh"))
    story.add(ANSWERED, "16:05", "commissioner", partial(_answer, story))
    story.add(UNLOCKED, "09:40", "commissioner", partial(_unlock, story))
    story.add(FINISHED_AGAIN, "09:10", evaluator, partial(_put_right, story))
    story.add(-2, "10:50", evaluator, partial(_ask, story, EVALUATING, "gorsefield"))
    story.add(ASKED_TO_EXPLAIN, "10:30", "commissioner", partial(_query, story))
    story.add(EXPLAINED, "12:15", writer_of(QUERIED), partial(_explain, story))
    story.add(ACCEPTED, "15:30", "commissioner", partial(_accept, story))


def _number(story: Story, by: Person) -> None:
    choose_anonymity(story.round(AGREEING.key), is_anonymous=True, by=by)


def _ask(story: Story, plan: Plan, provider: str, by: Person) -> None:
    sheet = sheet_of(story, plan, provider, by)
    question = dict(questions_of(story, plan))["hardest"]
    score = next(one for one in sheet.scores if one.question_id == question.id)
    asked = ask_chair(score, _said()["asked"][plan.key], by=by)
    story.ids[f"asked/{plan.key}"] = asked.id


def _answer(story: Story, by: Person) -> None:
    asked = session.get_one(ChairQuestion, story.ids[f"asked/{AGREEING.key}"])
    told = _said()
    answer_chair(asked, told["answer"], audience=Audience.QUESTION, wording=told["wording"], by=by)


def _unlock(story: Story, by: Person) -> None:
    sheet = sheet_of(story, AGREEING, "wrenfield", story.person("kent_evaluator"))
    unlock_sheet(sheet, reason=_said()["unlocked"], by=by)


def _put_right(story: Story, by: Person) -> None:
    sheet = sheet_of(story, AGREEING, "wrenfield", by)
    question = dict(questions_of(story, AGREEING))["education"]
    score = next(one for one in sheet.scores if one.question_id == question.id)
    save_score(score, value=score.value, reason=_said()["corrected"], by=by)
    finish_sheet(sheet, by=by)


def _query(story: Story, by: Person) -> None:
    application = story.application(AWAITING_DECISION.key, QUERIED)
    said = texts.read("decisions")["price_query"]
    due_at = story.moment(DUE, "17:00")
    made = query_price(application, concern=said["concern"], question=said["question"], due_at=due_at, by=by)
    story.ids["price query"] = made.id


def _explain(story: Story, by: Person) -> None:
    query = session.get_one(PriceQuery, story.ids["price query"])
    answer_request(query.request, texts.read("decisions")["price_query"]["answer"], by=by)


def _accept(story: Story, by: Person) -> None:
    query = session.get_one(PriceQuery, story.ids["price query"])
    reason = texts.read("decisions")["price_query"]["outcome"]
    conclude_price_query(query, outcome=PriceOutcome.ACCEPTED, reason=reason, by=by)


def _said() -> dict[str, Any]:
    """What was asked and said while scores were given."""
    found: dict[str, Any] = texts.read("decisions")["scoring"]
    return found
