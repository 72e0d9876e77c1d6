"""From the offer to both signatures, and what happens to an agreement afterwards."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Council, Role
from portal.agreements import jobs, queries, services
from portal.agreements.models import Agreement, AgreementChange
from portal.agreements.services.offering import DAYS_TO_SIGN
from portal.agreements.states import AgreementState
from portal.agreements.workflow import AGREEMENT
from portal.core import audit, clock
from portal.core.db import session
from portal.core.errors import Invalid, NotAllowed, Refused, Stale
from portal.core.transitions import apply
from portal.frameworks.states import RoundState
from portal.notifications.models import Message
from portal.pricing.queries import Schedule, list_prices, list_versions
from portal.providers.states import Standing
from tests.factories import accounts, agreements, frameworks, providers
from tests.factories.applications import application
from tests.support.acting import acting_as, as_worker, save

S = AgreementState
PASSWORD = "a long walk along the estuary"


def countersign(agreement: Agreement, by: Any) -> None:
    session.commit()
    acting_as(by)
    services.countersign_agreement(agreement, by=by)


@pytest.fixture
def concluded() -> Any:
    return frameworks.round_("concluded")


@pytest.fixture
def admitted(concluded: Any) -> Any:
    return application("admitted", round_=concluded)


@pytest.fixture
def administrator(admitted: Any) -> Any:
    return accounts.person(
        Role.PROVIDER_ADMINISTRATOR, organisation=admitted.organisation_id, password=PASSWORD
    )


@pytest.fixture
def commissioner() -> Any:
    return accounts.person(Role.COMMISSIONER)


@pytest.fixture
def offered(admitted: Any, administrator: Any) -> Agreement:
    with as_worker():
        made = services.offer_agreement(admitted, by=None)
    session.commit()
    return made


def mails(template: str) -> list[Any]:
    with as_worker():
        return list(
            session.scalars(
                sa.select(Message).where(Message.template == template).order_by(Message.created_at)
            )
        )


def sign(agreement: Agreement, by: Any, **more: Any) -> None:
    session.commit()
    acting_as(by)
    services.sign_agreement(
        agreement, name="Ada Holloway", position="Managing director", password=PASSWORD, by=by, **more
    )


def test_offer_starts_on_the_rounds_date_and_tells_the_administrators(
    offered: Agreement, concluded: Any, administrator: Any
) -> None:
    assert offered.state == S.OFFERED
    assert offered.starts_on == concluded.agreements_start_on
    assert offered.lapses_on == clock.today() + timedelta(days=DAYS_TO_SIGN)
    (message,) = mails("agreements/offered")
    assert message.recipient == administrator.email
    assert f"/agreements/{offered.id}" in message.body


def test_offer_starts_today_when_the_rounds_date_has_passed(admitted: Any, concluded: Any) -> None:
    concluded.agreements_start_on = clock.today() - timedelta(days=3)
    save(concluded)
    with as_worker():
        assert services.offer_agreement(admitted, by=None).starts_on == clock.today()


def test_offering_twice_offers_once(offered: Agreement, admitted: Any) -> None:
    with as_worker():
        assert services.offer_agreement(admitted, by=None).id == offered.id
    assert len(mails("agreements/offered")) == 1


def test_the_round_s_job_offers_to_those_admitted_alone(concluded: Any, admitted: Any) -> None:
    other = application("admitted", round_=concluded)
    application("declined", round_=concluded)
    for _ in range(2):
        with as_worker():
            made = services.offer_for_round(concluded.id)
        assert {agreement.organisation_id for agreement in made} == {
            admitted.organisation_id,
            other.organisation_id,
        }
    assert session.execute(sa.select(sa.func.count()).select_from(Agreement)).scalar_one() == 2


@pytest.mark.parametrize("state", [RoundState.DECIDED, RoundState.STANDSTILL])
def test_nothing_is_offered_before_standstill_is_over(state: RoundState) -> None:
    early = application("admitted", round_=frameworks.round_(state))
    with as_worker(), pytest.raises(Refused):
        services.offer_agreement(early, by=None)


def test_nothing_is_offered_to_a_provider_that_was_declined(concluded: Any) -> None:
    declined = application("declined", round_=concluded)
    with as_worker(), pytest.raises(Refused):
        services.offer_agreement(declined, by=None)


def test_a_member_is_not_offered_a_second_agreement(concluded: Any, admitted: Any) -> None:
    standing = agreements.agreement(framework=concluded.framework, organisation=admitted.organisation)
    with as_worker():
        assert services.offer_agreement(admitted, by=None).id == standing.id


def test_a_provider_whose_offer_lapsed_may_be_offered_one_again(concluded: Any, admitted: Any) -> None:
    lapsed = agreements.agreement("lapsed", framework=concluded.framework, organisation=admitted.organisation)
    with as_worker():
        assert services.offer_agreement(admitted, by=None).id != lapsed.id


def test_both_signatures_bring_it_into_force_with_the_submitted_prices(
    offered: Agreement, administrator: Any, commissioner: Any
) -> None:
    sign(offered, administrator)
    assert (offered.state, offered.signatory_name, offered.signed_by_id) == (
        S.SIGNED,
        "Ada Holloway",
        administrator.id,
    )
    countersign(offered, commissioner)
    assert (offered.state, offered.countersigned_by_id) == (S.ACTIVE, commissioner.id)
    assert offered.organisation.standing == Standing.INCUMBENT
    schedule = Schedule(offered.organisation, offered.framework)
    (version,) = list_versions(schedule)
    assert (version.number, version.effective_from) == (1, offered.starts_on)
    prices = list_prices(schedule, offered.starts_on)
    assert prices
    assert {price.weekly_fee for price in prices.values()} == {Decimal("750.00")}
    assert list_prices(schedule, offered.starts_on - timedelta(days=1)) == {}
    (message,) = mails("agreements/in_force")
    assert message.recipient == administrator.email


def test_countersigned_late_it_starts_that_day(
    admitted: Any, concluded: Any, administrator: Any, commissioner: Any
) -> None:
    late = agreements.agreement(
        "signed",
        framework=concluded.framework,
        organisation=admitted.organisation,
        application_id=admitted.id,
        starts_on=clock.today() - timedelta(days=9),
    )
    countersign(late, commissioner)
    assert late.starts_on == clock.today()


def test_signing_writes_one_event_each(offered: Agreement, administrator: Any, commissioner: Any) -> None:
    sign(offered, administrator)
    countersign(offered, commissioner)
    session.commit()
    events = session.scalars(
        sa.select(audit.AuditEvent.verb)
        .where(audit.AuditEvent.subject_id == offered.id)
        .order_by(audit.AuditEvent.sequence)
    ).all()
    assert events == ["agreement.offered", "agreement.signed", "agreement.countersigned"]


def test_signing_twice_signs_once(offered: Agreement, administrator: Any) -> None:
    sign(offered, administrator)
    with pytest.raises(Refused):
        sign(offered, administrator)


def test_a_stale_form_does_not_sign(offered: Agreement, administrator: Any) -> None:
    with pytest.raises(Stale):
        sign(offered, administrator, seen_version=offered.version + 1)


@pytest.mark.parametrize(("name", "position", "field"), [(" ", "Director", "name"), ("Ada", "", "position")])
def test_signing_needs_a_name_and_a_position(
    offered: Agreement, administrator: Any, name: str, position: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        services.sign_agreement(offered, name=name, position=position, password=PASSWORD, by=administrator)
    assert refused.value.field == field


def test_nothing_is_signed_before_the_round_is_concluded(administrator: Any, admitted: Any) -> None:
    early = application(
        "admitted", round_=frameworks.round_("standstill"), organisation=admitted.organisation
    )
    agreement = agreements.agreement(
        "offered",
        organisation=admitted.organisation,
        application_id=early.id,
        framework=early.round.framework,
    )
    with pytest.raises(Refused, match="standstill"):
        sign(agreement, administrator)


def test_an_offer_past_its_last_day_cannot_be_signed(offered: Agreement, administrator: Any) -> None:
    offered.lapses_on = clock.today() - timedelta(days=1)
    save(offered)
    with pytest.raises(Refused, match="lapsed"):
        sign(offered, administrator)


def test_who_signed_for_the_provider_never_countersigns(offered: Agreement, administrator: Any) -> None:
    sign(offered, administrator)
    administrator.grants.extend(accounts.person(Role.COMMISSIONER, council=Council.KENT).grants)
    session.commit()
    with pytest.raises(NotAllowed, match="somebody else"):
        countersign(offered, administrator)


def test_the_database_refuses_one_person_for_both_signatures(offered: Agreement, administrator: Any) -> None:
    sign(offered, administrator)
    offered.countersigned_by_id = administrator.id
    with pytest.raises(sa.exc.IntegrityError):
        session.flush()


def test_suspending_and_lifting_keep_their_reasons(commissioner: Any) -> None:
    agreement = agreements.agreement("active")
    administrator = accounts.person(Role.PROVIDER_ADMINISTRATOR, organisation=agreement.organisation_id)
    manager = accounts.person(Role.CONTRACT_MANAGER)
    services.suspend_agreement(agreement, reason="Insurance has expired.", by=manager)
    services.reinstate_agreement(agreement, reason="New certificate received.", by=manager)
    services.end_agreement(agreement, reason="Closed by agreement.", by=commissioner)
    changes = session.scalars(sa.select(AgreementChange).order_by(AgreementChange.changed_at)).unique().all()
    assert [(change.became, change.reason) for change in changes] == [
        (S.SUSPENDED, "Insurance has expired."),
        (S.ACTIVE, "New certificate received."),
        (S.ENDED, "Closed by agreement."),
    ]
    sent = mails("agreements/standing_changed")
    assert [message.recipient for message in sent] == [administrator.email] * 3
    assert "suspended" in sent[0].subject
    titles = [line.title for line in queries.list_happened(agreement)]
    assert {"Suspended from new placements", "Suspension lifted", "Ended"} <= set(titles)


def test_a_change_of_standing_needs_a_reason() -> None:
    with pytest.raises(Invalid):
        services.suspend_agreement(
            agreements.agreement(), reason=" ", by=accounts.person(Role.CONTRACT_MANAGER)
        )


def test_a_recorded_change_of_standing_never_changes() -> None:
    change = agreements.change(agreements.agreement(), became=S.SUSPENDED)
    change.reason = "Something kinder."
    with pytest.raises(sa.exc.IntegrityError):
        session.flush()


def test_incumbents_are_recorded_in_force(commissioner: Any) -> None:
    framework, organisation = frameworks.framework(), providers.organisation()
    starts = date(2022, 4, 1)
    made = services.admit_incumbent(framework, organisation, starts_on=starts, by=commissioner)
    assert (made.state, made.starts_on, made.application_id) == (S.ACTIVE, starts, None)
    assert organisation.standing == Standing.INCUMBENT
    assert queries.list_active_members(framework) == [organisation]
    with pytest.raises(Invalid):
        services.admit_incumbent(framework, organisation, starts_on=starts, by=commissioner)


@pytest.mark.parametrize("starts", [date(2022, 3, 31), date(2099, 1, 1)])
def test_incumbents_began_within_the_framework(commissioner: Any, starts: date) -> None:
    with pytest.raises(Invalid):
        services.admit_incumbent(
            frameworks.framework(), providers.organisation(), starts_on=starts, by=commissioner
        )


def test_only_a_commissioner_records_incumbents() -> None:
    with pytest.raises(NotAllowed):
        services.admit_incumbent(
            frameworks.framework(),
            providers.organisation(),
            starts_on=date(2022, 4, 1),
            by=accounts.person(Role.CONTRACT_MANAGER),
        )


def test_offers_lapse_after_their_last_day(outbox: Any) -> None:
    past = agreements.agreement("offered", lapses_on=clock.today() - timedelta(days=1))
    last_day = agreements.agreement("offered", lapses_on=clock.today())
    accounts.person(Role.PROVIDER_ADMINISTRATOR, organisation=past.organisation_id)
    assert list(queries.list_offers_past(clock.today())) == [past.id]
    with as_worker():
        for _ in range(2):
            services.lapse_offer(past)
    assert (past.state, last_day.state) == (S.LAPSED, S.OFFERED)
    assert len(mails("agreements/lapsed")) == 1
    with as_worker(), pytest.raises(Refused):
        services.lapse_offer(last_day)


def test_lists_for_the_start_pages(offered: Agreement, administrator: Any, commissioner: Any) -> None:
    assert list(queries.list_awaiting_signature(administrator)) == [offered]
    assert list(queries.list_awaiting_countersignature(commissioner)) == []
    sign(offered, administrator)
    assert list(queries.list_awaiting_signature(administrator)) == []
    assert list(queries.list_awaiting_countersignature(commissioner)) == [offered]
    assert list(queries.list_awaiting_countersignature(administrator)) == []


def test_members_in_force_alone_are_in_the_directory() -> None:
    framework = frameworks.framework()
    made = {state: agreements.agreement(state, framework=framework) for state in S}
    agreements.agreement(framework=framework, starts_on=clock.today() + timedelta(days=1))
    assert queries.list_active_members(framework) == [made[S.ACTIVE].organisation]


ALLOWED_BY = {
    "sign": {Role.PROVIDER_ADMINISTRATOR},
    "countersign": {Role.COMMISSIONER},
    "suspend": {Role.COMMISSIONER, Role.CONTRACT_MANAGER},
    "reinstate": {Role.COMMISSIONER, Role.CONTRACT_MANAGER},
    "end": {Role.COMMISSIONER, Role.CONTRACT_MANAGER},
    "lapse": set(),
}
FROM = {
    "sign": {S.OFFERED},
    "countersign": {S.SIGNED},
    "suspend": {S.ACTIVE},
    "reinstate": {S.SUSPENDED},
    "end": {S.ACTIVE, S.SUSPENDED},
    "lapse": {S.OFFERED},
}


@pytest.mark.parametrize("name", sorted(FROM))
@pytest.mark.parametrize("state", list(S))
def test_every_transition_from_every_state_by_every_role(name: str, state: S) -> None:
    agreement = agreements.agreement(state)
    facts = {"round_concluded": True, "claimed": False, "today": agreement.lapses_on}
    for role in Role:
        organisation = agreement.organisation if role.is_provider_role else None
        person = accounts.person(role, organisation=organisation)
        point = session.begin_nested()
        if state not in FROM[name]:
            with pytest.raises(Refused):
                apply(AGREEMENT, name, agreement, by=person, facts=facts)
        elif role not in ALLOWED_BY[name]:
            with pytest.raises(NotAllowed):
                apply(AGREEMENT, name, agreement, by=person, facts=facts)
        else:
            apply(AGREEMENT, name, agreement, by=person, facts=facts)
            assert agreement.state == AGREEMENT[name].target
        session.expire(agreement)
        point.rollback()


def test_jobs_are_registered_under_the_names_others_defer() -> None:
    from portal.core.jobs import registered

    assert registered["agreements.offer_for_round"] is jobs.offer_for_round
    assert registered["agreements.lapse_offers"] is jobs.lapse_offers
