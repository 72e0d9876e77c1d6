"""Who may read and change a framework's rounds. Guards, in `workflow`, say whether the moment is right."""

from __future__ import annotations

from portal.accounts.models import Person
from portal.accounts.states import PROVIDER_ROLES, Role
from portal.core.access import ALLOWED, Verdict, denied
from portal.frameworks.models import Clarification, ClarificationNote, Question, Round, Section
from portal.frameworks.states import RoundState
from portal.providers.models import Organisation
from portal.providers.states import OrganisationState

ASKERS = (Role.BID_WRITER, Role.PROVIDER_ADMINISTRATOR)


def can_list_rounds(person: Person) -> Verdict:
    """The councils' list of all rounds, drafts too."""
    return ALLOWED if person.is_council else denied("Only people at the two councils see this list.")


def can_read_round(person: Person, _: Round) -> Verdict:
    """The councils' page about one round: its settings, and no more than a count of applications."""
    return can_list_rounds(person)


def can_manage_rounds(person: Person) -> Verdict:
    """Making rounds and moving them on is a commissioner's work."""
    if person.holds(Role.COMMISSIONER):
        return ALLOWED
    return denied("Only a commissioner can manage rounds.")


def can_edit(person: Person, round_: Round) -> Verdict:
    """What applicants are told is frozen once the round is published."""
    if not (verdict := can_manage_rounds(person)):
        return verdict
    if round_.state != RoundState.DRAFT:
        return denied("This round has been published, so its terms can no longer be changed.")
    return ALLOWED


def can_edit_section(person: Person, section: Section) -> Verdict:
    """A section is edited with its round."""
    return can_edit(person, section.round)


def can_edit_question(person: Person, question: Question) -> Verdict:
    """A question is edited with its round."""
    return can_edit(person, question.section.round)


def can_amend(person: Person, round_: Round) -> Verdict:
    """Correcting is for published rounds; that the deadline has not passed is checked under the lock."""
    if not (verdict := can_manage_rounds(person)):
        return verdict
    if round_.state == RoundState.DRAFT:
        return denied("This round is a draft: edit its questions directly.")
    if round_.state != RoundState.PUBLISHED:
        return denied("Questions can be corrected only while the round is published and not yet opened.")
    return ALLOWED


def can_publish(person: Person, _: Round) -> Verdict:
    return can_manage_rounds(person)


def can_extend(person: Person, round_: Round) -> Verdict:
    """Extending is for published rounds; that the deadline has not passed is checked under the lock."""
    if not (verdict := can_manage_rounds(person)):
        return verdict
    if round_.state != RoundState.PUBLISHED:
        return denied("The deadline can be extended only while the round is published and not yet opened.")
    return ALLOWED


def can_cancel(person: Person, _: Round) -> Verdict:
    return can_manage_rounds(person)


def can_request_opening(person: Person, round_: Round) -> Verdict:
    """The first of the two officers who open a round."""
    if not (verdict := can_manage_rounds(person)):
        return verdict
    if round_.state != RoundState.PUBLISHED:
        return denied("Only a published round can be opened.")
    return ALLOWED


def can_confirm_opening(person: Person, round_: Round) -> Verdict:
    """The second officer: anybody but the first."""
    if not (verdict := can_manage_rounds(person)):
        return verdict
    if round_.open_requested_by_id == person.id:
        return denied("You asked for this round to be opened, so a different commissioner must confirm it.")
    return ALLOWED


def can_evaluate_round(person: Person, _: Round) -> Verdict:
    """Starting the evaluation, opening consensus, recommending, notices and conclusion."""
    return can_manage_rounds(person)


def can_decide(person: Person, _: Round) -> Verdict:
    """Approving, referring back or rejecting. Rule 6 is checked under the lock, and by the database."""
    if person.holds(Role.APPROVER):
        return ALLOWED
    return denied("Only an approver can decide on a recommendation.")


def can_see_own_questions(person: Person, _: Round) -> Verdict:
    """What a provider has asked about a round, and the answers, for everybody who acts for it."""
    if person.holds(*PROVIDER_ROLES):
        return ALLOWED
    return denied("This page is for people who act for a provider.")


def can_ask(person: Person, _: Round) -> Verdict:
    """Asking is for those who write applications; that the round takes questions is checked under the lock."""
    if person.holds(*ASKERS):
        return ALLOWED
    return denied("Only a bid writer or an administrator of a provider can ask a question.")


def can_ask_for(person: Person, organisation: Organisation) -> Verdict:
    """In the name of an organisation that was not refused; members of the framework may ask too."""
    if not person.acts_for(organisation.id, *ASKERS):
        return denied("Only a bid writer or an administrator of the organisation can ask in its name.")
    if organisation.state == OrganisationState.REFUSED:
        return denied(f"{organisation.name} was not verified, so it cannot ask questions.")
    return ALLOWED


def can_list_clarifications(person: Person, _: Round) -> Verdict:
    """The councils' page of a round's questions. Who asked, not even they learn before opening."""
    if person.holds(Role.COMMISSIONER, Role.AUDITOR):
        return ALLOWED
    return denied("Only commissioners and auditors see the questions that providers ask.")


def can_read_clarification(person: Person, clarification: Clarification) -> Verdict:
    return can_list_clarifications(person, clarification.round)


def can_answer(person: Person, _: Clarification) -> Verdict:
    """Answering, to everybody or privately, is a commissioner's work."""
    if person.holds(Role.COMMISSIONER):
        return ALLOWED
    return denied("Only a commissioner can answer a question.")


def can_correct(person: Person, note: ClarificationNote) -> Verdict:
    """Correcting or withdrawing a published answer, which is done by publishing another."""
    if not person.holds(Role.COMMISSIONER):
        return denied("Only a commissioner can correct a published answer.")
    if note.corrected_by is not None:
        return denied(f"This was replaced already by clarification {note.corrected_by.number}.")
    if note.round.state != RoundState.PUBLISHED:
        return denied("Clarifications end when the round is opened or cancelled.")
    return ALLOWED
