"""How agreements come about: offered to admitted providers, or recorded for earlier members."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.agreements import policy, queries
from portal.agreements.models import Agreement
from portal.agreements.services.mailing import mail_administrators
from portal.agreements.services.wording import agreement_text, fingerprint
from portal.agreements.states import AgreementState
from portal.agreements.workflow import AGREEMENT
from portal.applications.models import Application
from portal.applications.states import ApplicationState
from portal.core import audit, clock, transitions
from portal.core.access import require
from portal.core.db import lock, session
from portal.core.errors import Invalid, Refused, on_constraint
from portal.frameworks.models import Framework, Round
from portal.frameworks.states import RoundState
from portal.providers.models import Organisation
from portal.providers.states import Standing

# Illustrative: how long an offer can be signed.
DAYS_TO_SIGN = 28

on_constraint("uq_agreement_standing", "This provider already has an agreement under this framework.")
on_constraint("uq_agreement_application_id", "An agreement was already offered for this application.")


def offer_for_round(round_id: uuid.UUID) -> list[Agreement]:
    """Offer an agreement to every admitted provider of a concluded round. Safe to repeat: done by a job."""
    return [offer_agreement(application, by=None) for application in queries.list_admitted(round_id)]


def offer_agreement(application: Application, *, by: Person | None) -> Agreement:
    """Offer the provider an agreement and tell its administrators; the second call returns the first's.

    By the job that follows the conclusion of a round (`by` None) or a commissioner. It starts on the
    round's date, or today if that is later. Raises `Refused` unless the round is concluded and the
    application admitted.
    """
    if by is not None:
        require(policy.can_admit(by))
    _lock(Application, application.id)
    _lock(Organisation, application.organisation_id)
    session.refresh(application, ["state"])
    round_ = application.round
    if round_.state != RoundState.CONCLUDED or application.state != ApplicationState.ADMITTED:
        raise Refused("An agreement is offered to an admitted provider once the round is concluded.")
    standing = queries.find_by_application(application.id) or queries.find_standing(
        round_.framework_id, application.organisation_id
    )
    return standing or _offer(application, round_, by)


def _lock(table: type[Application] | type[Organisation], row_id: uuid.UUID) -> None:
    session.execute(sa.select(table.id).where(table.id == row_id).with_for_update())


def _offer(application: Application, round_: Round, by: Person | None) -> Agreement:
    today = clock.today()
    starts_on = max(round_.agreements_start_on, today)
    text = agreement_text(application, starts_on)
    agreement = Agreement(
        framework=round_.framework,
        organisation=application.organisation,
        application_id=application.id,
        starts_on=starts_on,
        text=text,
        text_sha256=fingerprint(text),
        offered_at=clock.now(),
        lapses_on=today + timedelta(days=DAYS_TO_SIGN),
    )
    session.add(agreement)
    session.flush()
    details = {"application_id": application.id, "sha256": agreement.text_sha256}
    audit.record("agreement.offered", agreement, by=by, details=details)
    mail_administrators(agreement, "agreements/offered")
    return agreement


def lapse_offer(agreement: Agreement) -> None:
    """An offer that nobody signed in time lapses; its administrators are told. By a job, from its dates.

    Does nothing when it has been signed, or has lapsed, in the meantime.
    """
    lock(agreement)
    if agreement.state != AgreementState.OFFERED:
        return
    transitions.apply(AGREEMENT, "lapse", agreement, by=None, facts={"today": clock.today()})
    session.flush()
    mail_administrators(agreement, "agreements/lapsed")


def admit_incumbent(
    framework: Framework, organisation: Organisation, *, starts_on: date, by: Person
) -> Agreement:
    """Record the agreement of a member from before the portal, in force and signed on its first day.

    A commissioner. It has no application; the organisation becomes a framework member. Raises `Invalid` when
    the provider already has an agreement or the date is outside the framework's.
    """
    require(policy.can_admit(by))
    if not framework.starts_on <= starts_on <= min(framework.ends_on, clock.today()):
        raise Invalid(
            "The start must be within the framework’s dates, and not in the future", field="starts_on"
        )
    _lock(Organisation, organisation.id)
    if queries.find_standing(framework.id, organisation.id) is not None:
        raise Invalid("This provider already has an agreement under this framework.")
    began = datetime.combine(starts_on, time(), clock.LONDON)
    agreement = Agreement(
        framework=framework,
        organisation=organisation,
        state=AgreementState.ACTIVE,
        starts_on=starts_on,
        offered_at=began,
        lapses_on=starts_on,
        signed_at=began,
        countersigned_at=began,
    )
    session.add(agreement)
    organisation.standing = Standing.INCUMBENT
    session.flush()
    audit.record("agreement.incumbent_admitted", agreement, by=by, details={"starts_on": starts_on})
    return agreement
