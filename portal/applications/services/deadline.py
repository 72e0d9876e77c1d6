"""Rule 2: nothing is written after the deadline. The round is locked first and the clock read after."""

from __future__ import annotations

from portal.accounts.models import Person
from portal.applications import policy
from portal.applications.models import Application
from portal.core import clock
from portal.core.access import require
from portal.core.db import lock, session
from portal.core.errors import DomainError, Refused, on_constraint
from portal.core.ui import uk_datetime
from portal.frameworks.models import Round
from portal.frameworks.states import RoundState

LATE = "The deadline has passed, so nothing in this application can change any more."

on_constraint("deadline_passed", LATE)


class DeadlinePassed(Refused):
    """The write came after the deadline, by the database's clock, read after its locks were held."""


def is_late(error: DomainError) -> bool:
    """Did this fail because of the deadline, whether the service or the database noticed first?"""
    return isinstance(error, DeadlinePassed) or error.message == LATE


def hold_round(round_: Round) -> None:
    """Read the round afresh and lock its dates and state against change until this transaction ends."""
    session.refresh(round_, with_for_update={"read": True, "of": Round})


def begin_writing(application: Application, by: Person) -> None:
    """Lock the round (shared) and the application, then check who, the state and the clock, in that order.

    Raises `NotAllowed`, `Refused` when the round takes no applications, or `DeadlinePassed`.
    """
    hold_round(application.round)
    lock(application)
    check_deadline(application.round)
    require(policy.can_edit(by, application))


def check_deadline(round_: Round) -> None:
    """Raise unless the round accepts applications at this very instant. Ask after the locks are held."""
    if round_.state in (RoundState.DRAFT, RoundState.CANCELLED):
        raise Refused("This round does not take applications.")
    if round_.state != RoundState.PUBLISHED or clock.locked_now() > round_.submission_deadline:
        raise DeadlinePassed(f"{LATE} The deadline was {uk_datetime(round_.submission_deadline)}.")
