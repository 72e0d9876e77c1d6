"""Who may read and change a framework's rounds. Guards, in `workflow`, say whether the moment is right."""

from __future__ import annotations

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.core.access import ALLOWED, Verdict, denied
from portal.frameworks.models import Round
from portal.frameworks.states import RoundState


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
