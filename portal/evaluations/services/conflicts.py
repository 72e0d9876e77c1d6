"""Declaring conflicts of interest, before anything of an application may be read (rule 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from portal.accounts.models import Person
from portal.applications.models import Application
from portal.core import audit, clock
from portal.core.access import require
from portal.core.db import lock, session
from portal.core.errors import Invalid, Refused
from portal.evaluations import policy, queries
from portal.evaluations.models import ConflictDeclaration
from portal.evaluations.services.voiding import void_for_conflict
from portal.frameworks.models import Round


@dataclass(frozen=True)
class Choice:
    """What a person says about one applicant."""

    has_conflict: bool
    nature: str = ""


def declare_conflict(
    application: Application, *, has_conflict: bool, nature: str = "", by: Person
) -> ConflictDeclaration:
    """Declare whether `by` has a conflict with the applicant (rule 3).

    Commissioners, evaluators and approvers, from opening until the decision. "No conflict" may become a
    conflict later, when one comes to light: what the person scored or agreed on the application becomes void and
    stays on record. A declared conflict stands, because it has shut the person out.
    Raises `NotAllowed`, `Refused` for taking a conflict back, `Invalid` for a conflict without its nature.
    """
    _hold(application.round, may_void=has_conflict)
    require(policy.can_declare_on(by, application))
    nature = nature.strip() if has_conflict else ""
    if has_conflict and not nature:
        raise Invalid("Say what the conflict is.", field="nature")
    declaration = queries.find_declaration(application.id, by.id)
    if declaration is not None and declaration.has_conflict and not has_conflict:
        raise Refused("You declared a conflict with this applicant. A declared conflict stands.")
    if declaration is not None and declaration.has_conflict == has_conflict and declaration.nature == nature:
        return declaration
    return _record(application, declaration, has_conflict, nature, by)


def declare_conflicts(round_: Round, choices: Mapping[UUID, Choice], *, by: Person) -> int:
    """Declare on several applicants of one round at once; returns how many. All or none.

    Who may, and what it raises, as `declare_conflict`; `Invalid.field` is `nature-<application id>`.
    """
    require(policy.can_declare(by, round_))
    _hold(round_, may_void=any(choice.has_conflict for choice in choices.values()))
    for application_id, choice in choices.items():
        application = queries.get_application(by, application_id)
        if application.round_id != round_.id:
            raise Invalid("One of these applicants is not in this round.")
        try:
            declare_conflict(application, has_conflict=choice.has_conflict, nature=choice.nature, by=by)
        except Invalid as error:
            raise Invalid(error.message, field=f"nature-{application_id}") from error
    return len(choices)


def _hold(round_: Round, *, may_void: bool) -> None:
    """Nobody is assigned and nothing is agreed or locked while a conflict makes scores void."""
    if may_void:
        lock(round_)
    else:
        session.refresh(round_, with_for_update={"read": True, "of": Round})


def _record(
    application: Application,
    declaration: ConflictDeclaration | None,
    has_conflict: bool,
    nature: str,
    by: Person,
) -> ConflictDeclaration:
    comes_to_light = has_conflict and not (declaration is not None and declaration.has_conflict)
    if declaration is None:
        declaration = ConflictDeclaration(application_id=application.id, person_id=by.id)
    if comes_to_light:
        # Before the declaration is written: after it the database hides all this from whoever declares.
        void_for_conflict(application, nature, by=by)
    declaration.has_conflict, declaration.nature = has_conflict, nature
    declaration.declared_at = clock.now()
    session.add(declaration)
    session.flush()
    audit.record("application.conflict_declared", application, by=by, details={"has_conflict": has_conflict})
    return declaration
