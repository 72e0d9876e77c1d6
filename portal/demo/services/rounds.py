"""The rounds: when each step of each happened, in days from today, how far each has come, and one in draft."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from functools import partial

from portal.accounts.models import Person
from portal.applications.services import confirm_opening, request_opening
from portal.demo.services.prices import volumes
from portal.demo.services.story import Story
from portal.frameworks.queries import list_sections
from portal.frameworks.services import QuestionTerms, add_question, create_round, publish_round
from portal.frameworks.services.rounds import RoundTerms, set_volumes
from portal.frameworks.states import AdmissionRule, QuestionKind, SectionKind


@dataclass(frozen=True)
class Plan:
    """One round. Steps that depend on each other are at least three days apart, for weekends are skipped.

    `applicants` hand in by the deadline, `drafting` do not (yet). A step that is None has not happened.
    """

    key: str
    summary: str
    applicants: tuple[str, ...]
    published: int
    questions_until: int
    deadline: int
    agreements_start: int
    drafting: tuple[str, ...] = ()
    evaluators: tuple[str, ...] = ()
    opened: int | None = None
    evaluating: int | None = None
    scored: int | None = None
    consensus: int | None = None
    recommended: int | None = None
    decided: int | None = None
    notified: int | None = None
    concluded: int | None = None


CONCLUDED = Plan(
    key="concluded",
    summary="The first re-opening run on this portal. Two providers were admitted.",
    applicants=("tidewell", "cobnut", "marlbrook", "gorsefield"),
    evaluators=("kent_evaluator", "medway_evaluator"),
    published=-221,
    questions_until=-200,
    deadline=-186,
    opened=-182,
    evaluating=-168,
    scored=-150,
    consensus=-140,
    recommended=-122,
    decided=-80,
    notified=-40,
    concluded=-25,
    agreements_start=-14,
)
AWAITING_DECISION = Plan(
    key="awaiting decision",
    summary="For providers who can offer homes for brothers and sisters, teenagers and disabled children.",
    applicants=("lanternfield", "quillhaven", "wrenfield"),
    evaluators=("kent_evaluator", "third_evaluator"),
    published=-127,
    questions_until=-100,
    deadline=-86,
    opened=-82,
    evaluating=-70,
    scored=-45,
    consensus=-34,
    recommended=-8,
    agreements_start=45,
)
AGREEING = Plan(
    key="agreeing",
    summary="For providers who can offer homes for unaccompanied young people, and for teenagers.",
    applicants=("saltmarsh", "wrenfield"),
    evaluators=("kent_evaluator", "medway_evaluator"),
    published=-94,
    questions_until=-80,
    deadline=-66,
    opened=-62,
    evaluating=-54,
    scored=-33,
    consensus=-13,
    agreements_start=75,
)
EVALUATING = Plan(
    key="evaluating",
    summary="For providers with homes in Medway and the north of Kent.",
    applicants=("marlbrook", "gorsefield"),
    evaluators=("kent_evaluator", "medway_evaluator"),
    published=-60,
    questions_until=-34,
    deadline=-20,
    opened=-16,
    evaluating=-10,
    scored=-3,
    agreements_start=100,
)
OPEN = Plan(
    key="open",
    summary="Open to new providers, and to those the councils use on the spot market now.",
    applicants=("saltmarsh",),
    drafting=("teasel", "stourfield"),
    published=-12,
    questions_until=14,
    deadline=28,
    agreements_start=150,
)
ROUNDS = (CONCLUDED, AWAITING_DECISION, AGREEING, EVALUATING, OPEN)


def tell(story: Story) -> None:
    """Rounds are drafted, published and, after the deadline, opened by two officers of the two councils."""
    for plan in ROUNDS:
        story.add(plan.published - 5, "11:00", "commissioner", partial(_draft, story, plan))
        story.add(plan.published, "09:00", "commissioner", partial(_publish, story, plan.key))
        if plan.opened is not None:
            story.add(plan.opened, "09:30", "commissioner", partial(_request_opening, story, plan.key))
            story.add(plan.opened, "10:05", "second_commissioner", partial(_confirm_opening, story, plan.key))
    story.add(-4, "15:10", "commissioner", partial(_begin_next, story))


def _begin_next(story: Story, by: Person) -> None:
    """The next round, copied from the open one: its clause is not on record yet, and its points do not add up."""
    opens, closes = story.day(40), story.day(75)
    terms = replace(
        _terms(story, OPEN),
        title=f"{opens:%B %Y} re-opening",
        summary="For providers with carers for teenagers, and for brothers and sisters together.",
        clarification_deadline=story.moment(60, "17:00"),
        submission_deadline=story.moment(75, "12:00"),
        agreements_start_on=closes + timedelta(days=120),
        authority_clause="",
    )
    round_ = create_round(story.framework(), terms, start=story.round(OPEN.key), by=by)
    quality = next(one for one in list_sections(round_) if one.kind == SectionKind.QUALITY)
    gate = add_question(
        quality, QuestionTerms(QuestionKind.YES_NO, "Do you have homes for brothers and sisters?"), by=by
    )
    add_question(
        quality,
        QuestionTerms(
            QuestionKind.LONG_TEXT,
            "How do you keep brothers and sisters together?",
            guidance="Say how many households can take two or more, and how you support them.",
            word_limit=500,
            weight=Decimal(4),
            evaluator_note="Look for numbers of households, and for what happens when one placement ends.",
            shown_when_question_id=gate.id,
            shown_when_value="yes",
        ),
        by=by,
    )


def _draft(story: Story, plan: Plan, by: Person) -> None:
    round_ = create_round(story.framework(), _terms(story, plan), by=by)
    set_volumes(round_, volumes(), by=by, seen_version=None)
    story.ids[plan.key] = round_.id


def _terms(story: Story, plan: Plan) -> RoundTerms:
    published = story.day(plan.published)
    return RoundTerms(
        title=f"{published:%B %Y} re-opening",
        summary=plan.summary,
        clarification_deadline=story.moment(plan.questions_until, "17:00"),
        submission_deadline=story.moment(plan.deadline, "12:00"),
        agreements_start_on=story.day(plan.agreements_start),
        authority_decision="23-00112",
        authority_clause="Invitation to tender, section 4: re-opening of the framework (illustrative)",
        criteria_match_original=True,
        departure_advice="",
        notice_reference="ocds-h6vhtk-02e225",
        quality_weight=Decimal(60),
        quality_minimum=Decimal(30),
        admission_rule=AdmissionRule.ALL_WHO_MEET,
        admit_at_most=None,
        standstill_days=10,
    )


def _publish(story: Story, key: str, by: Person) -> None:
    publish_round(story.round(key), by=by)


def _request_opening(story: Story, key: str, by: Person) -> None:
    request_opening(story.round(key), by=by)


def _confirm_opening(story: Story, key: str, by: Person) -> None:
    confirm_opening(story.round(key), by=by)
