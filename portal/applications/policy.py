"""Who may write, read and open applications. Sealing and deadlines also stand in the database."""

from __future__ import annotations

from portal.accounts.models import Person
from portal.accounts.states import PROVIDER_ROLES, Role
from portal.applications import queries
from portal.applications.models import Application, ClarificationRequest
from portal.applications.states import ApplicationState
from portal.core.access import ALLOWED, Verdict, denied
from portal.frameworks.models import Round
from portal.frameworks.states import RoundState
from portal.providers.models import Organisation
from portal.providers.states import OrganisationState, Standing

WRITERS = (Role.BID_WRITER, Role.PROVIDER_ADMINISTRATOR)
EDITABLE = frozenset({ApplicationState.DRAFT, ApplicationState.SUBMITTED})
# Between opening and decision.
ASKING = frozenset({RoundState.OPENED, RoundState.EVALUATING, RoundState.CONSENSUS, RoundState.RECOMMENDED})

ONLY_WRITERS = "Only a bid writer or an administrator of the organisation can do this."


def can_list_own(person: Person) -> Verdict:
    """The list of a provider's own applications."""
    if person.holds(*PROVIDER_ROLES):
        return ALLOWED
    return denied("This page is for people who act for a provider.")


def can_see_start(person: Person, _: Round) -> Verdict:
    """The page an application is started from; which organisations may is said on it."""
    if person.is_council:
        return denied("Applications are made by providers.")
    return ALLOWED


def can_start(person: Person, organisation: Organisation) -> Verdict:
    """A bid writer or administrator, unless the organisation was refused or is a framework member already."""
    if not person.acts_for(organisation.id, *WRITERS):
        return denied(ONLY_WRITERS)
    if organisation.state == OrganisationState.REFUSED:
        return denied(
            f"{organisation.name} was not verified, so it cannot apply. Contact us if that is wrong."
        )
    if organisation.standing == Standing.INCUMBENT:
        return denied(
            f"{organisation.name} is a member of the framework already. Members do not need to apply again:"
            " this round changes nothing for them."
        )
    return ALLOWED


def can_read(person: Person, application: Application) -> Verdict:
    """Everybody who acts for the applicant."""
    if person.acts_for(application.organisation_id):
        return ALLOWED
    return denied("Only people who act for the applicant can see this page.")


def can_write(person: Person, application: Application) -> Verdict:
    """Bid writers and administrators of the applicant, whatever the moment; pages say when it has passed."""
    if person.acts_for(application.organisation_id, *WRITERS):
        return ALLOWED
    return denied(ONLY_WRITERS)


def can_edit(person: Person, application: Application) -> Verdict:
    """Writers, while the application is a draft or submitted. The deadline is decided under the lock."""
    if not (verdict := can_write(person, application)):
        return verdict
    if application.state not in EDITABLE:
        # Not why: the outcome is the decision notice's to tell.
        return denied("This application can no longer be changed.")
    return ALLOWED


def can_see_opening(person: Person, _: Round) -> Verdict:
    """The page from which a round is opened: it shows a count and nothing else before that."""
    if person.holds(Role.COMMISSIONER, Role.AUDITOR):
        return ALLOWED
    return denied("Only commissioners and auditors can see this page.")


def can_list_received(person: Person, round_: Round) -> Verdict:
    """Who applied, once the round is opened."""
    if not (verdict := can_see_opening(person, round_)):
        return verdict
    if round_.opened_at is None:
        return denied("Applications are sealed until two officers have opened this round.")
    return ALLOWED


def can_read_received(person: Person, application: Application) -> Verdict:
    """Auditors, after opening. Others read in the evaluation, which asks about conflicts."""
    if not person.holds(Role.AUDITOR) or person.holds(Role.COMMISSIONER, Role.EVALUATOR, Role.APPROVER):
        return denied("Only auditors read applications here. Evaluation has pages of its own.")
    if application.round.opened_at is None:
        return denied("Applications are sealed until two officers have opened this round.")
    return ALLOWED


def can_check_compliance(person: Person, _: Application) -> Verdict:
    """The compliance check, scoring and recommendation are moved on by a commissioner."""
    if person.holds(Role.COMMISSIONER):
        return ALLOWED
    return denied("Only a commissioner can do this.")


def can_decide(person: Person, _: Application) -> Verdict:
    """Admitting and declining follow an approver's decision (rule 6 is asked there, and in the database)."""
    if person.holds(Role.APPROVER):
        return ALLOWED
    return denied("Only an approver can do this.")


def can_read_requests(person: Person, application: Application) -> Verdict:
    """What the councils asked after opening: commissioners without a conflict, and auditors."""
    if application.round.opened_at is None:
        return denied("Applications are sealed until two officers have opened this round.")
    if person.holds(Role.COMMISSIONER):
        if queries.has_declared_no_conflict(application):
            return ALLOWED
        return denied("Only commissioners who declared that they have no conflict with this applicant.")
    return can_read_received(person, application)


def can_request_clarification(person: Person, application: Application) -> Verdict:
    """Asking an applicant to clarify: such a commissioner, between opening and decision."""
    if not person.holds(Role.COMMISSIONER):
        return denied("Only a commissioner can ask an applicant to clarify.")
    if not (verdict := can_read_requests(person, application)):
        return verdict
    if application.round.state not in ASKING or application.state == ApplicationState.WITHDRAWN:
        return denied("Applicants can be asked between opening and decision, unless they have withdrawn.")
    return ALLOWED


def can_see_own_requests(person: Person, asked: ClarificationRequest) -> Verdict:
    """The applicant's side: everybody who acts for it reads."""
    return can_read(person, asked.application)


def can_answer_request(person: Person, asked: ClarificationRequest) -> Verdict:
    """Its bid writers and administrators answer; whether in time is decided under the lock."""
    return can_write(person, asked.application)


def can_see_accesses(person: Person, application: Application) -> Verdict:
    """Who at the councils read an application: for commissioners and auditors, once it is open."""
    return can_list_received(person, application.round)
