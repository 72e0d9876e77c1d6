"""Officers declare, check compliance, score and agree; in the round being evaluated they are half way."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from portal.accounts.models import Person
from portal.core.db import session
from portal.demo.services import texts
from portal.demo.services.applying import INDEMNITY, QUALITY, UNINSURED, is_again
from portal.demo.services.rounds import AGREEING, EVALUATING, ROUNDS, Plan
from portal.demo.services.story import Story
from portal.evaluations import queries
from portal.evaluations.models import EvaluationSheet
from portal.evaluations.services import (
    assign_evaluator,
    conclude_compliance,
    declare_conflict,
    finish_sheet,
    lock_quality,
    open_consensus,
    record_finding,
    review_finding,
    save_consensus,
    save_score,
    start_evaluating,
)
from portal.evaluations.states import Finding
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Question

COMMISSIONERS = ("commissioner", "second_commissioner")

# In the round being evaluated: who has scored how many of the eight questions of whom.
SO_FAR = (
    ("kent_evaluator", "marlbrook", 8),
    ("kent_evaluator", "gorsefield", 5),
    ("medway_evaluator", "marlbrook", 3),
)
# In the round whose scores are being agreed: the questions of its first applicant that are done.
AGREED = ("matching", "safety", "education")
UNDECLARED = ("medway_evaluator", "gorsefield")
CONFLICT = (
    "My sister has worked for this agency as a supervising social worker since the spring,"
    " and I speak with her about her work."
)


def tell(story: Story) -> None:
    """Every round from its opening to the locking of quality, as far as it has come."""
    for plan in ROUNDS:
        if plan.opened is not None and plan.evaluating is not None:
            _tell_check(story, plan, plan.opened, plan.evaluating)
        if plan is EVALUATING:
            _tell_scoring_so_far(story, plan)
        elif plan.scored is not None and plan.consensus is not None:
            _tell_scoring(story, plan, plan.scored)
            _tell_consensus(story, plan, plan.consensus)


def compliant(plan: Plan) -> list[str]:
    """The applicants of a round that met every condition."""
    return [provider for provider in plan.applicants if not _fails(plan, provider)]


def _tell_check(story: Story, plan: Plan, opened: int, evaluating: int) -> None:
    for who in COMMISSIONERS:
        story.add(opened, "10:30", who, partial(_declare, story, plan, plan.applicants))
    for place, provider in enumerate(plan.applicants):
        story.add(opened + 3, f"13:{place}0", "commissioner", partial(_find, story, plan, provider))
        if _fails(plan, provider):
            story.add(
                opened + 3, "14:30", "second_commissioner", partial(_confirm_fail, story, plan, provider)
            )
        story.add(opened + 3, f"15:{place}0", "commissioner", partial(_conclude, story, plan, provider))
    story.add(evaluating, "09:15", "commissioner", partial(_assign, story, plan))


def _tell_scoring(story: Story, plan: Plan, scored: int) -> None:
    for who in plan.evaluators:
        story.add(scored - 5, "09:00", who, partial(_declare, story, plan, compliant(plan)))
    for place, who in enumerate(plan.evaluators):
        for provider in compliant(plan):
            score = partial(_score, story, plan, provider, place=place, count=len(QUALITY))
            story.add(scored, f"1{place}:30", who, score)


def _tell_scoring_so_far(story: Story, plan: Plan) -> None:
    for who in plan.evaluators:
        declared = [provider for provider in plan.applicants if (who, provider) != UNDECLARED]
        story.add(-6, "09:00", who, partial(_declare, story, plan, declared))
    story.add(-6, "09:20", "third_evaluator", partial(_declare_conflict, story, plan))
    for who, provider, count in SO_FAR:
        place = plan.evaluators.index(who)
        story.add(-3, f"1{place}:30", who, partial(_score, story, plan, provider, place=place, count=count))


def _tell_consensus(story: Story, plan: Plan, consensus: int) -> None:
    story.add(consensus, "09:30", "commissioner", lambda by: open_consensus(story.round(plan.key), by=by))
    if plan is AGREEING:
        first = plan.applicants[0]
        story.add(consensus, "10:00", "commissioner", partial(_agree, story, plan, first, names=AGREED))
        return
    for place, provider in enumerate(compliant(plan)):
        story.add(consensus, f"1{place}:00", "commissioner", partial(_agree, story, plan, provider))
    story.add(consensus + 4, "16:00", "commissioner", lambda by: _lock(story, plan, by))


def _declare(story: Story, plan: Plan, providers: Sequence[str], by: Person) -> None:
    for provider in providers:
        declare_conflict(story.application(plan.key, provider), has_conflict=False, by=by)


def _declare_conflict(story: Story, plan: Plan, by: Person) -> None:
    declare_conflict(story.application(plan.key, "gorsefield"), has_conflict=True, nature=CONFLICT, by=by)


def _fails(plan: Plan, provider: str) -> bool:
    return (plan.key, provider) == UNINSURED


def _find(story: Story, plan: Plan, provider: str, by: Person) -> None:
    application, words = story.application(plan.key, provider), texts.read("decisions")["compliance"]
    for line in queries.check_lines(application):
        if not line.is_asked:
            continue
        if _fails(plan, provider) and INDEMNITY in line.question.text:
            record_finding(application, line.question, Finding.FAIL, words["uninsured_finding"], by=by)
            continue
        record_finding(
            application,
            line.question,
            Finding.PASS,
            words["self_cleaned"] if line.is_decision else "",
            evidence_considered=words["evidence_considered"] if line.is_decision else "",
            by=by,
        )


def _confirm_fail(story: Story, plan: Plan, provider: str, by: Person) -> None:
    application = story.application(plan.key, provider)
    for finding in queries.list_findings(application).values():
        if finding.finding == Finding.FAIL:
            review_finding(application, finding, is_confirmed=True, by=by)


def _conclude(story: Story, plan: Plan, provider: str, by: Person) -> None:
    words, fails = texts.read("decisions")["compliance"], _fails(plan, provider)
    conclude_compliance(
        story.application(plan.key, provider),
        is_compliant=not fails,
        reasons=words["uninsured" if fails else "compliant"],
        by=by,
    )


def _assign(story: Story, plan: Plan, by: Person) -> None:
    for provider in compliant(plan):
        for who in plan.evaluators:
            assign_evaluator(story.application(plan.key, provider), story.person(who), by=by)
    if plan is EVALUATING:
        # Who will then declare a conflict, and leave a place to fill.
        assign_evaluator(story.application(plan.key, "gorsefield"), story.person("third_evaluator"), by=by)
    start_evaluating(story.round(plan.key), by=by)


def _score(story: Story, plan: Plan, provider: str, by: Person, *, place: int, count: int) -> None:
    """Score the first `count` questions by the data's pair at `place`; finish the sheet when that is all."""
    sheet = sheet_of(story, plan, provider, by)
    scores = {score.question_id: score for score in sheet.scores}
    found, prefix = texts.application(provider), "again_" if is_again(plan.key, provider) else ""
    for name, question in list(questions_of(story, plan))[:count]:
        save_score(
            scores[question.id],
            value=found[f"{prefix}scores"][name][place],
            reason=found[f"{prefix}reasons"][name][place],
            by=by,
        )
    if count == len(QUALITY):
        finish_sheet(sheet, by=by)


def sheet_of(story: Story, plan: Plan, provider: str, by: Person) -> EvaluationSheet:
    sheets = queries.list_sheets([story.application(plan.key, provider)])
    found = next(sheet for sheet in sheets if sheet.evaluator_id == by.id)
    return session.get_one(EvaluationSheet, found.id)


def questions_of(story: Story, plan: Plan) -> list[tuple[str, Question]]:
    return list(zip(QUALITY, frameworks.list_scored_questions(story.round(plan.key)), strict=True))


def _agree(story: Story, plan: Plan, provider: str, by: Person, *, names: Sequence[str] = QUALITY) -> None:
    application = story.application(plan.key, provider)
    attended = texts.read("decisions")["attended"][plan.key]
    for name, question in questions_of(story, plan):
        if name not in names:
            continue
        value, reason = texts.application(provider)["consensus"][name]
        save_consensus(application, question, value=value, reason=reason, attended=attended, by=by)


def _lock(story: Story, plan: Plan, by: Person) -> None:
    lock_quality(story.round(plan.key), by=by)
