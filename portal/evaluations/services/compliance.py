"""The compliance check: findings, a second officer's review of each fail, and an officer's conclusion (rule 7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from portal.accounts.models import Person
from portal.applications.models import Application
from portal.applications.workflow import APPLICATION
from portal.core import audit, clock, transitions
from portal.core.access import require
from portal.core.db import check_version, lock, session
from portal.core.errors import Invalid, Refused
from portal.evaluations import policy, queries
from portal.evaluations.models import ComplianceConclusion, ComplianceFinding, FindingReview
from portal.evaluations.queries import CheckLine
from portal.evaluations.services.telling import tell_of_fail_turned_back
from portal.evaluations.states import CheckState, Finding
from portal.frameworks.models import Question


def record_finding(
    application: Application,
    question: Question,
    finding: Finding,
    reason: str,
    *,
    by: Person,
    evidence_considered: str = "",
    seen_version: int | None = None,
) -> ComplianceFinding:
    """Record what an officer found on one pass/fail question; it may be changed until the check is concluded.

    Commissioners with no conflict. A fail and a request for clarification need a reason. Where the applicant says
    that a ground for exclusion applies, the finding is the decision on self-cleaning: it needs reasons and the
    evidence considered (rule 7). A change undoes a second officer's review. Raises `Invalid`, `Stale`.
    """
    lock(application)
    require(policy.can_check(by, application))
    line = _line(application, question)
    reason, evidence = reason.strip(), evidence_considered.strip() if line.is_decision else ""
    _need_reasons(line, finding, reason, evidence)
    found = line.finding
    if found is None:
        found = ComplianceFinding(application_id=application.id, question_id=question.id)
        session.add(found)
    elif (found.finding, found.reason, found.evidence_considered) == (finding, reason, evidence) and (
        line.state != CheckState.TO_FIND_AGAIN
    ):
        return found
    else:
        check_version(found, seen_version)
    found.finding, found.reason, found.evidence_considered = finding, reason, evidence
    found.found_by_id = by.id
    session.flush()
    audit.record(
        "application.finding_recorded",
        application,
        by=by,
        details={"question_id": question.id, "finding": finding},
    )
    return found


def review_finding(
    application: Application,
    finding: ComplianceFinding,
    *,
    is_confirmed: bool,
    reason: str = "",
    by: Person,
    seen_version: int | None = None,
) -> FindingReview:
    """Confirm a fail as the second officer, or turn it back with a reason: it stands only when confirmed.

    Another commissioner with no conflict than whoever proposed it. Raises `Refused`, `Stale`, `Invalid` for turning
    back without a reason.
    """
    lock(application)
    require(policy.can_check(by, application))
    session.refresh(finding)
    check_version(finding, seen_version)
    _reviewable(finding, by)
    if not is_confirmed and not reason.strip():
        raise Invalid("Say why you turn this fail back.", field="reason")
    review = FindingReview(
        finding_id=finding.id,
        finding_version=finding.version,
        is_confirmed=is_confirmed,
        reason=reason.strip(),
        reviewed_by_id=by.id,
    )
    session.add(review)
    session.flush()
    audit.record(
        "application.fail_confirmed" if is_confirmed else "application.fail_turned_back",
        application,
        by=by,
        details={"question_id": finding.question_id},
    )
    if not is_confirmed:
        tell_of_fail_turned_back(review, application)
    return review


def conclude_compliance(application: Application, *, is_compliant: bool, reasons: str, by: Person) -> None:
    """Conclude the check: the officer decides, the findings must bear it out (rules 7 and 13).

    Commissioners with no conflict, when every pass/fail question that was asked has a finding, none waits for
    clarification, and every fail is confirmed by a second officer. Compliant needs no fail; not compliant needs at
    least one. Raises `Refused`, `Invalid`.
    """
    lock(application)
    require(policy.can_check(by, application))
    if not reasons.strip():
        raise Invalid("Give your reasons. The applicant will read them.", field="reasons")
    _findings_bear_out(is_compliant, queries.check_lines(application))
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


def _line(application: Application, question: Question) -> CheckLine:
    found = next((one for one in queries.check_lines(application) if one.question.id == question.id), None)
    if found is None:
        raise Refused("This question is not part of the compliance check.")
    if not found.is_asked:
        raise Refused("This applicant was not asked this question.")
    return found


def _need_reasons(line: CheckLine, finding: Finding, reason: str, evidence: str) -> None:
    if line.is_decision and finding != Finding.NEEDS_CLARIFICATION:
        if not evidence:
            raise Invalid(
                "The applicant says that this ground applies. Say what evidence of self-cleaning you considered.",
                field="evidence",
            )
        if not reason:
            raise Invalid(
                "Give your reasons: why the self-cleaning is enough, or why it is not.", field="reason"
            )
    elif not reason and finding != Finding.PASS:
        raise Invalid("Give a reason for this finding.", field="reason")


def _reviewable(finding: ComplianceFinding, by: Person) -> None:
    if finding.finding != Finding.FAIL:
        raise Refused("Only a fail is confirmed by a second officer.")
    if finding.found_by_id == by.id:
        raise Refused("You proposed this fail, so another officer confirms it or turns it back.")
    if queries.find_review(finding) is not None:
        raise Refused("This fail has already been reviewed.")


LEFT = {
    CheckState.TO_FIND: "no finding yet",
    CheckState.TO_FIND_AGAIN: "found or confirmed by an officer who has declared a conflict since",
    CheckState.NEEDS_CLARIFICATION: "waiting for clarification",
    CheckState.TO_CONFIRM: "failed, and waiting for a second officer",
    CheckState.TURNED_BACK: "failed, which a second officer turned back",
}


def _findings_bear_out(is_compliant: bool, lines: Sequence[CheckLine]) -> None:
    asked = [line for line in lines if line.is_asked]
    if is_compliant and any(line.finding and line.finding.finding == Finding.FAIL for line in asked):
        raise Refused(
            "A question was failed, so the application cannot be found compliant. Change the finding first."
        )
    states = Counter(line.state for line in asked)
    for state, words in LEFT.items():
        if states[state]:
            raise Refused(f"{states[state]} of {len(asked)} pass/fail questions: {words}.")
    if not is_compliant and not states[CheckState.FAIL]:
        raise Refused("No question was failed, so the application cannot be found not compliant.")
