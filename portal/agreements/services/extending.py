"""Extending the framework: proposed, consulted on, decided, notified. Deciding moves every agreement's end date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.accounts.models import Person
from portal.agreements import policy, queries
from portal.agreements.models import FrameworkExtension
from portal.agreements.services.mailing import mail_administrators
from portal.agreements.workflow import EXTENSION
from portal.core import clock, transitions
from portal.core.access import require
from portal.core.audit import record
from portal.core.db import lock, session
from portal.core.errors import Invalid, on_constraint
from portal.frameworks.models import Framework

on_constraint("extension_decided", "The end of a framework moves only by a decided extension.")
on_constraint(
    "ck_framework_extension_duties_apart", "You proposed this extension, so somebody else must decide it."
)


@dataclass(frozen=True)
class Consultation:
    """Who was consulted before the decision, when, and what they said."""

    consultee: str
    consulted_on: date
    consultee_view: str
    medway_signatory: str
    medway_agreed_on: date


def propose_extension(
    framework: Framework, *, extends_to: date, clause: str, reasons: str, by: Person
) -> FrameworkExtension:
    """Propose a later end for the framework, under the clause that allows it. A commissioner.

    Raises `Invalid` with field `extends_to`, `clause` or `reasons`.
    """
    require(policy.can_propose_extension(by, framework))
    lock(framework)
    if extends_to <= framework.ends_on:
        raise Invalid("The new end must be later than the present one", field="extends_to")
    if not clause.strip():
        raise Invalid("Enter the clause that allows the extension", field="clause")
    if not reasons.strip():
        raise Invalid("Give the reasons for extending", field="reasons")
    made = FrameworkExtension(
        framework=framework,
        extends_from=framework.ends_on,
        extends_to=extends_to,
        clause=clause.strip(),
        reasons=reasons.strip(),
        proposed_by=by,
        proposed_at=clock.now(),
    )
    session.add(made)
    session.flush()
    record("framework_extension.proposed", made, by=by, details={"extends_to": extends_to.isoformat()})
    return made


def record_consultation(
    extension: FrameworkExtension, said: Consultation, *, by: Person, seen_version: int | None = None
) -> None:
    """Record the consultation with the Cabinet Member and Medway's agreement. A commissioner.

    Raises `Invalid` beside the field, `Refused`, `Stale`.
    """
    for name, missing in (
        ("consultee", "Enter who was consulted"),
        ("consultee_view", "Say what the Cabinet Member said"),
        ("medway_signatory", "Enter who agreed for Medway"),
    ):
        if not getattr(said, name).strip():
            raise Invalid(missing, field=name)
    for name in ("consulted_on", "medway_agreed_on"):
        if getattr(said, name) > clock.today():
            raise Invalid("This cannot be in the future", field=name)
    transitions.apply(EXTENSION, "consult", extension, by=by, seen_version=seen_version)
    extension.consultee, extension.consulted_on = said.consultee.strip(), said.consulted_on
    extension.consultee_view = said.consultee_view.strip()
    extension.medway_signatory = said.medway_signatory.strip()
    extension.medway_agreed_on = said.medway_agreed_on
    extension.consultation_by = by
    session.flush()


def decide_extension(
    extension: FrameworkExtension,
    *,
    number: str,
    position: str,
    reasons: str,
    by: Person,
    seen_version: int | None = None,
) -> None:
    """Decide to extend: the framework, and so every agreement under it, ends on the later date.

    An approver who neither proposed it nor recorded the consultation, while the framework still ends on the date
    that it was proposed from. Raises `Invalid` beside the field, `NotAllowed`, `Refused`, `Stale`.
    """
    for name, value, missing in (
        ("number", number, "Enter the number of the decision"),
        ("position", position, "Enter the position in which you decide"),
        ("reasons", reasons, "Give the reasons for your decision"),
    ):
        if not value.strip():
            raise Invalid(missing, field=name)
    framework = extension.framework
    lock(framework)
    facts = {"ends_on": framework.ends_on, "today": clock.locked_now().astimezone(clock.LONDON).date()}
    details = {"extends_to": extension.extends_to.isoformat()}
    transitions.apply(
        EXTENSION, "decide", extension, by=by, seen_version=seen_version, facts=facts, details=details
    )
    extension.decision_number, extension.decision_position = number.strip(), position.strip()
    extension.decision_reasons = reasons.strip()
    extension.decided_by, extension.decided_at = by, clock.now()
    session.flush()
    framework.ends_on, framework.ends_on_is_illustrative = extension.extends_to, False
    session.flush()


def notify_providers(extension: FrameworkExtension, *, by: Person, seen_version: int | None = None) -> int:
    """Tell every provider with an agreement that its end has moved; returns how many agreements. A commissioner.

    Raises `Refused`, `Stale`.
    """
    transitions.apply(EXTENSION, "notify", extension, by=by, seen_version=seen_version)
    extension.notified_by, extension.notified_at = by, clock.now()
    session.flush()
    standing = queries.list_standing_agreements(extension.framework_id)
    for agreement in standing:
        mail_administrators(agreement, "agreements/extended", extension=extension)
    return len(standing)
