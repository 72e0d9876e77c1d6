"""The compliance check: findings on pass/fail questions, and an officer's conclusion (rule 7)."""

from __future__ import annotations

from portal.accounts.models import Person
from portal.applications import queries as applications
from portal.applications.models import Application
from portal.applications.workflow import APPLICATION
from portal.core import audit, clock, transitions
from portal.core.access import require
from portal.core.db import check_version, lock, session
from portal.core.errors import Invalid, Refused
from portal.evaluations import policy, queries
from portal.evaluations.models import ComplianceConclusion, ComplianceFinding
from portal.evaluations.states import Finding
from portal.frameworks.models import Question


def record_finding(
    application: Application,
    question: Question,
    finding: Finding,
    reason: str,
    *,
    by: Person,
    seen_version: int | None = None,
) -> ComplianceFinding:
    """Record what an officer found on one pass/fail question; it may be changed until the check is concluded.

    Commissioners with no conflict. A fail, a request for clarification, and a pass on a ground for exclusion
    that applies (rule 7) need a reason: `Invalid`. Raises `Stale` when someone changed the finding meanwhile.
    """
    lock(application)
    require(policy.can_check(by, application))
    if not question.pass_fail or question.section.round_id != application.round_id:
        raise Refused("This question is not part of the compliance check.")
    reason = reason.strip()
    _need_reason(application, question, finding, reason)
    found = queries.list_findings(application).get(question.id)
    if found is None:
        found = ComplianceFinding(application_id=application.id, question_id=question.id)
        session.add(found)
    else:
        check_version(found, seen_version)
    found.finding, found.reason, found.found_by_id = finding, reason, by.id
    session.flush()
    audit.record(
        "application.finding_recorded",
        application,
        by=by,
        details={"question_id": question.id, "finding": finding},
    )
    return found


def conclude_compliance(application: Application, *, is_compliant: bool, reasons: str, by: Person) -> None:
    """Conclude the check: the officer decides, the findings must bear it out (rules 7 and 13).

    Commissioners with no conflict, when every pass/fail question has a finding and none waits for
    clarification. Compliant needs no fail; not compliant needs at least one. Raises `Refused`, `Invalid`.
    """
    lock(application)
    require(policy.can_check(by, application))
    if not reasons.strip():
        raise Invalid("Give your reasons. The applicant will read them.", field="reasons")
    findings = queries.list_findings(application)
    questions = queries.list_pass_fail_questions(application.round)
    _findings_bear_out(is_compliant, [findings.get(question.id) for question in questions])
    session.add(
        ComplianceConclusion(
            application_id=application.id,
            is_compliant=is_compliant,
            reasons=reasons.strip(),
            concluded_by_id=by.id,
            concluded_at=clock.now(),
        )
    )
    transitions.apply(
        APPLICATION, "find_compliant" if is_compliant else "find_non_compliant", application, by=by
    )
    session.flush()


def _need_reason(application: Application, question: Question, finding: Finding, reason: str) -> None:
    if reason:
        return
    if finding != Finding.PASS:
        raise Invalid("Give a reason for this finding.", field="reason")
    answer = queries.answer_to(applications.latest_submission(application), question)
    if answer.is_exclusion_yes:
        raise Invalid(
            "The applicant says that this ground applies. Say why it passes, considering its self-cleaning.",
            field="reason",
        )


def _findings_bear_out(is_compliant: bool, findings: list[ComplianceFinding | None]) -> None:
    missing = sum(found is None for found in findings)
    if missing:
        raise Refused(f"{missing} of {len(findings)} pass/fail questions have no finding yet.")
    kinds = [found.finding for found in findings if found is not None]
    if Finding.NEEDS_CLARIFICATION in kinds:
        raise Refused("A finding still waits for clarification.")
    if is_compliant and Finding.FAIL in kinds:
        raise Refused(
            "A question was failed, so the application cannot be found compliant. Change the finding first."
        )
    if not is_compliant and Finding.FAIL not in kinds:
        raise Refused("No question was failed, so the application cannot be found not compliant.")
