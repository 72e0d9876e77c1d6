"""Who may hold and give which role, and the last administrator."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts import policy
from portal.accounts.services import change_roles, grant_role, revoke_role
from portal.accounts.states import COUNCIL_ROLES, PROVIDER_ROLES, Council, Role
from portal.core.errors import Invalid, NotAllowed, Refused, Stale
from tests.factories.accounts import person
from tests.factories.providers import organisation

R = Role


@pytest.mark.parametrize("role", sorted(PROVIDER_ROLES))
def test_provider_roles_are_held_at_an_organisation(role: Role) -> None:
    with pytest.raises(Invalid, match="for providers"):
        grant_role(person(), role, council=Council.KENT)
    assert grant_role(person(), role, organisation_id=organisation().id).role is role


@pytest.mark.parametrize("role", sorted(COUNCIL_ROLES))
def test_council_roles_are_held_at_a_council(role: Role) -> None:
    with pytest.raises(Invalid, match="for councils"):
        grant_role(person(), role, organisation_id=organisation().id)
    assert grant_role(person(), role, council=Council.MEDWAY).role is role


def test_nobody_stands_on_both_sides() -> None:
    agency = organisation()
    with pytest.raises(Refused, match="Council staff"):
        grant_role(person(R.EVALUATOR), R.BID_WRITER, organisation_id=agency.id)
    with pytest.raises(Refused, match="acts for a provider"):
        grant_role(person(R.BID_WRITER, organisation=agency), R.EVALUATOR, council=Council.KENT)
    with pytest.raises(Refused, match="one council"):
        grant_role(person(R.EVALUATOR, council=Council.KENT), R.APPROVER, council=Council.MEDWAY)


def test_one_person_may_act_for_several_agencies() -> None:
    ada = person()
    agencies = [organisation(), organisation()]
    for agency in agencies:
        grant_role(ada, R.BID_WRITER, organisation_id=agency.id)
    assert ada.organisation_ids == [agency.id for agency in agencies]


def test_a_role_given_twice_is_held_once(session: Any) -> None:
    ada, agency = person(), organisation()
    first = grant_role(ada, R.BID_WRITER, organisation_id=agency.id)
    assert grant_role(ada, R.BID_WRITER, organisation_id=agency.id) is first
    session.refresh(ada)
    assert len(ada.grants) == 1


def test_only_an_administrator_of_the_organisation_gives_its_roles() -> None:
    agency, other = organisation(), organisation()
    admin = person(R.PROVIDER_ADMINISTRATOR, organisation=agency)
    grant_role(person(), R.BID_WRITER, organisation_id=agency.id, by=admin)
    for by in (person(R.BID_WRITER, organisation=agency), person(R.SYSTEM_ADMINISTRATOR), person()):
        with pytest.raises(NotAllowed, match="Only a provider administrator"):
            grant_role(person(), R.BID_WRITER, organisation_id=agency.id, by=by)
    person(R.PROVIDER_ADMINISTRATOR, organisation=other)
    with pytest.raises(NotAllowed):
        grant_role(person(), R.BID_WRITER, organisation_id=other.id, by=admin)


def test_whoever_registers_an_organisation_becomes_its_first_administrator() -> None:
    ada, agency = person(), organisation()
    grant_role(ada, R.PROVIDER_ADMINISTRATOR, organisation_id=agency.id, by=ada)
    bea = person()
    with pytest.raises(NotAllowed):
        grant_role(bea, R.PROVIDER_ADMINISTRATOR, organisation_id=agency.id, by=bea)
    with pytest.raises(NotAllowed):
        grant_role(person(), R.BID_WRITER, organisation_id=organisation().id, by=bea)


def test_only_a_system_administrator_gives_council_roles() -> None:
    grant_role(person(), R.EVALUATOR, council=Council.KENT, by=person(R.SYSTEM_ADMINISTRATOR))
    with pytest.raises(NotAllowed, match="Only a system administrator"):
        grant_role(person(), R.EVALUATOR, council=Council.KENT, by=person(R.COMMISSIONER))


def test_the_last_administrator_of_an_organisation_stays(session: Any) -> None:
    agency = organisation()
    ada = person(R.PROVIDER_ADMINISTRATOR, R.BID_WRITER, organisation=agency)
    person(R.PROVIDER_ADMINISTRATOR, organisation=agency, disabled=True)
    person(R.PROVIDER_ADMINISTRATOR, organisation=organisation())
    with pytest.raises(Refused, match="at least one administrator"):
        revoke_role(ada, R.PROVIDER_ADMINISTRATOR, organisation_id=agency.id, by=ada)
    bea = person(R.PROVIDER_ADMINISTRATOR, organisation=agency)
    revoke_role(ada, R.PROVIDER_ADMINISTRATOR, organisation_id=agency.id, by=bea)
    session.refresh(ada)
    assert [grant.role for grant in ada.grants] == [R.BID_WRITER]


def test_the_last_system_administrator_stays() -> None:
    ada = person(R.SYSTEM_ADMINISTRATOR)
    with pytest.raises(Refused, match="at least one system administrator"):
        revoke_role(ada, R.SYSTEM_ADMINISTRATOR, council=Council.KENT, by=ada)


def test_an_administrators_role_can_be_handed_over_in_one_step() -> None:
    agency = organisation()
    ada = person(R.PROVIDER_ADMINISTRATOR, organisation=agency)
    bea = person(R.PROVIDER_ADMINISTRATOR, organisation=agency)
    change_roles(ada, [R.BID_WRITER, R.FINANCE_LEAD], organisation_id=agency.id, by=bea)
    assert {grant.role for grant in ada.grants} == {R.BID_WRITER, R.FINANCE_LEAD}


def test_changing_roles_on_an_old_form_is_refused() -> None:
    agency = organisation()
    admin = person(R.PROVIDER_ADMINISTRATOR, organisation=agency)
    ada = person(R.BID_WRITER, organisation=agency)
    seen = ada.version
    change_roles(ada, [R.FINANCE_LEAD], organisation_id=agency.id, by=admin, seen_version=seen)
    with pytest.raises(Stale):
        change_roles(ada, [R.BID_WRITER], organisation_id=agency.id, by=admin, seen_version=seen)


def test_changing_roles_at_one_organisation_leaves_others_alone() -> None:
    here, there = organisation(), organisation()
    admin = person(R.PROVIDER_ADMINISTRATOR, organisation=here)
    ada = person(R.BID_WRITER, organisation=here)
    grant_role(ada, R.FINANCE_LEAD, organisation_id=there.id)
    change_roles(ada, [], organisation_id=here.id, by=admin)
    assert ada.organisation_ids == [there.id]


def test_giving_and_taking_are_in_the_audit_log_without_personal_data(session: Any) -> None:
    agency, ada = organisation(), person(full_name="Ada Holloway")
    person(R.PROVIDER_ADMINISTRATOR, organisation=agency)
    grant_role(ada, R.BID_WRITER, organisation_id=agency.id)
    revoke_role(ada, R.BID_WRITER, organisation_id=agency.id)
    session.commit()
    events = session.execute(sa.text("SELECT verb, details::text FROM audit_event ORDER BY sequence")).all()
    assert [event.verb for event in events] == ["role.granted", "role.revoked"]
    assert all("bid_writer" in event.details and "Ada" not in event.details for event in events)


def test_reasons_are_sentences() -> None:
    nobody = person()
    assert policy.needs_role(nobody, R.COMMISSIONER).reason == "Only a commissioner can do this."
    assert policy.needs_role(nobody, R.APPROVER, R.EVALUATOR).reason == (
        "Only an approver or an evaluator can do this."
    )
    assert policy.needs_role(nobody, R.APPROVER, R.EVALUATOR, R.AUDITOR).reason == (
        "Only an approver, an evaluator or an auditor can do this."
    )
    assert policy.is_commissioner(person(R.COMMISSIONER))
    assert not policy.is_council(nobody)
    assert not policy.is_provider(nobody)


def test_the_database_holds_the_two_sides_apart_too(session: Any) -> None:
    ada, agency = person(), organisation()
    for role, at in (("evaluator", agency.id), ("bid_writer", None)):
        with pytest.raises(sa.exc.IntegrityError), session.begin_nested():
            session.execute(
                sa.text(
                    "INSERT INTO role_grant (person_id, role, organisation_id, council)"
                    " VALUES (:person, :role, :at, :council)"
                ),
                {"person": ada.id, "role": role, "at": at, "council": None if at else "kent"},
            )
