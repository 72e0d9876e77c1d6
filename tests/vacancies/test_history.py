"""What became of each household, and putting it back: one change at a time, or all that an import did."""

from __future__ import annotations

import dataclasses
import uuid
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from portal.accounts.models import RoleGrant
from portal.accounts.states import Role
from portal.core import audit, clock
from portal.core.db import session
from portal.core.errors import Invalid, NotAllowed, NotFound, Refused, Stale
from portal.vacancies import queries, services
from portal.vacancies.models import Vacancy, VacancyChange
from portal.vacancies.services import Outcome
from portal.vacancies.states import VacancyState
from tests.factories import accounts, pricing, providers, vacancies
from tests.support.acting import acting_as, as_worker, save
from tests.vacancies.test_services import HOUSEHOLD, changed

S = VacancyState


@pytest.fixture
def organisation() -> Any:
    pricing.load_lists()
    vacancies.districts()
    return providers.organisation()


@pytest.fixture
def lead(organisation: Any) -> Any:
    made = accounts.person(Role.PLACEMENTS_LEAD, organisation=organisation)
    acting_as(made)
    return made


@pytest.fixture
def vacancy(organisation: Any, lead: Any) -> Vacancy:
    return services.add_vacancy(organisation, HOUSEHOLD, by=lead)


def verbs(vacancy: Vacancy) -> list[str]:
    return [told.change.verb for told in queries.list_history(vacancy)]


def test_history_says_who_changed_what_from_and_to(vacancy: Vacancy, lead: Any) -> None:
    services.edit_vacancy(vacancy, changed(age_to=14, languages=["urdu", "dari"]), by=lead)
    services.confirm_vacancy(vacancy, by=lead)
    services.edit_vacancy(vacancy, changed(age_to=14, languages=["dari", "urdu"]), by=lead)
    newest, first = queries.list_history(vacancy)
    assert newest.by == lead.name
    assert newest.lines == [("Oldest age", "12", "14"), ("Languages", "nothing", "Dari, Urdu")]
    assert (first.change.verb, first.lines) == ("added", [])
    assert (newest.may_undo, first.may_undo) == (True, False)


def test_history_can_only_be_added_to(vacancy: Vacancy) -> None:
    session.commit()
    for statement in ("UPDATE vacancy_change SET verb = 'nothing'", "DELETE FROM vacancy_change"):
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            session.execute(sa.text(statement))
        session.rollback()


def test_undo_goes_back_step_by_step_to_before_it_was_added(vacancy: Vacancy, lead: Any) -> None:
    was = vacancy.confirmed_at
    edited = services.edit_vacancy(vacancy, changed(age_to=14), by=lead)
    held = services.hold_vacancy(vacancy, until=clock.today() + timedelta(days=3), by=lead)
    filled = services.fill_vacancy(vacancy, by=lead)
    with pytest.raises(Refused, match="changed since \\(State from Held to Filled"):
        services.undo_change(held, by=lead)
    services.undo_change(filled, by=lead)
    assert (vacancy.state, vacancy.held_until, vacancy.free_places, vacancy.placed_now) == (
        S.HELD,
        clock.today() + timedelta(days=3),
        2,
        1,
    )
    with pytest.raises(Refused, match="undone already"):
        services.undo_change(filled, by=lead)
    services.undo_change(held, by=lead)
    services.undo_change(edited, by=lead)
    assert (vacancy.state, vacancy.age_to, vacancy.confirmed_at) == (S.AVAILABLE, 12, was)
    added = session.scalars(sa.select(VacancyChange).where(VacancyChange.verb == "added")).one()
    back = services.undo_change(added, by=lead)
    assert vacancy.state == S.WITHDRAWN
    with pytest.raises(Refused, match="This was an undo"):
        services.undo_change(back, by=lead)
    assert verbs(vacancy) == ["undone"] * 4 + ["filled", "held", "changed", "added"]


def test_undoing_a_withdrawal_needs_its_reference_free(
    organisation: Any, vacancy: Vacancy, lead: Any
) -> None:
    gone = services.withdraw_vacancy(vacancy, by=lead)
    rival = services.add_vacancy(organisation, HOUSEHOLD, by=lead)
    with pytest.raises(Refused, match="Another household has the reference KF-0142"):
        services.undo_change(gone, by=lead)
    services.withdraw_vacancy(rival, by=lead)
    services.undo_change(gone, by=lead)
    assert vacancy.state == S.AVAILABLE


def test_rule_09_another_providers_history_is_not_found(vacancy: Vacancy) -> None:
    stranger = accounts.person(Role.PLACEMENTS_LEAD, organisation=providers.organisation())
    change = session.scalars(sa.select(VacancyChange)).one()
    with pytest.raises(NotFound):
        queries.get_change(stranger, change.id)
    with pytest.raises(NotAllowed):
        services.undo_change(change, by=stranger)
    with pytest.raises(NotAllowed):
        services.undo_batch(vacancy.organisation, uuid.uuid4(), by=stranger)
    for act in (services.compare_households, services.upsert_households):
        with pytest.raises(NotAllowed):
            act(vacancy.organisation, [HOUSEHOLD], by=stranger, **_batch(act))


def _batch(act: Any) -> dict[str, Any]:
    return {"batch_id": uuid.uuid4()} if act is services.upsert_households else {}


def test_no_place_free_is_filled_and_a_free_one_offers_it_again(vacancy: Vacancy, lead: Any) -> None:
    services.edit_fields(vacancy, {"free_places": 0}, by=lead, seen={"free_places": 2})
    assert (vacancy.state, vacancy.placed_now) == (S.FILLED, 1)
    services.edit_fields(vacancy, {"placed_now": 3}, by=lead)
    services.edit_fields(vacancy, {"free_places": 1}, by=lead)
    assert (vacancy.state, vacancy.placed_now, vacancy.free_places) == (S.AVAILABLE, 2, 1)
    session.commit()
    events = session.scalars(
        sa.select(audit.AuditEvent.verb)
        .where(audit.AuditEvent.subject_id == vacancy.id)
        .order_by(audit.AuditEvent.sequence)
    ).all()
    assert events == ["vacancy.added", "vacancy.filled", "vacancy.changed", "vacancy.reopened"]


def test_what_hangs_on_a_field_follows_it(vacancy: Vacancy, lead: Any) -> None:
    services.edit_fields(vacancy, {"placed_now": 2}, by=lead)
    assert (vacancy.placed_now, vacancy.free_places) == (2, 1)
    services.edit_fields(vacancy, {"school_run_miles": 5}, by=lead)
    services.edit_fields(vacancy, {"is_driver": False}, by=lead)
    assert vacancy.school_run_miles is None
    with pytest.raises(Invalid, match="at most 1 can be free"):
        services.edit_fields(vacancy, {"free_places": 2}, by=lead)


def test_two_people_change_two_things_but_not_the_same_one(vacancy: Vacancy, lead: Any) -> None:
    services.edit_fields(vacancy, {"age_to": 14}, by=lead, seen={"age_to": 12})
    services.edit_fields(vacancy, {"age_from": 6}, by=lead, seen={"age_from": 5})
    with pytest.raises(Stale):
        services.edit_fields(vacancy, {"age_to": 15}, by=lead, seen={"age_to": 12})
    assert (vacancy.age_from, vacancy.age_to) == (6, 14)


def rows(*changes: dict[str, Any]) -> list[services.Household]:
    return [dataclasses.replace(HOUSEHOLD, **one) for one in changes]


def test_many_rows_are_added_changed_left_or_refused(
    organisation: Any, vacancy: Vacancy, lead: Any, count_queries: Any
) -> None:
    other = services.add_vacancy(organisation, changed(carer_reference="KF-0143"), by=lead)
    session.commit()
    given = rows(
        {"age_to": 15, "pets": ["cat", "dog"]},
        {"carer_reference": " KF-0143 "},
        {"carer_reference": "KF-0200", "free_places": 0, "placed_now": 3},
        {"carer_reference": "KF-0201", "available_from": clock.today()},
        {"carer_reference": "Jane Smith", "age_to": 99},
        {"carer_reference": "KF-0201"},
    )
    foreseen = services.compare_households(organisation, given, by=lead)
    with count_queries() as counted:
        made = services.upsert_households(organisation, given, by=lead, batch_id=uuid.uuid4())
    assert [row.outcome for row in made] == [row.outcome for row in foreseen]
    assert [row.outcome for row in made] == [
        Outcome.CHANGED,
        Outcome.UNCHANGED,
        Outcome.ADDED,
        Outcome.ADDED,
        Outcome.REFUSED,
        Outcome.REFUSED,
    ]
    assert made[0].changes == {"age_to": (12, 15), "pets": ([], ["dog", "cat"])}
    assert set(made[4].errors) == {"carer_reference", "age_to"}
    assert "twice" in made[5].errors["carer_reference"]
    session.commit()
    kept = {one.carer_reference: one for one in session.scalars(sa.select(Vacancy))}
    assert (kept["KF-0142"].age_to, kept["KF-0142"].pets) == (15, ["dog", "cat"])
    assert (kept["KF-0200"].state, kept["KF-0201"].state) == (S.FILLED, S.AVAILABLE)
    assert kept["KF-0201"].available_from == clock.today()
    assert other.version == 1
    assert counted.number <= 14, counted.statements
    again = services.upsert_households(organisation, given[:4], by=lead, batch_id=uuid.uuid4())
    assert {row.outcome for row in again} == {Outcome.UNCHANGED}
    assert verbs(kept["KF-0200"]) == ["added"]


def test_all_or_nothing_and_rows_changed_since_they_were_looked_at(
    organisation: Any, vacancy: Vacancy, lead: Any
) -> None:
    given = rows({"age_to": 15}, {"carer_reference": "KF-0201"})
    seen = {"KF-0142": vacancy.version}
    services.edit_fields(vacancy, {"age_from": 6}, by=lead)
    made = services.upsert_households(
        organisation, given, by=lead, batch_id=uuid.uuid4(), seen_versions=seen, all_or_nothing=True
    )
    assert [row.outcome for row in made] == [Outcome.REFUSED, Outcome.ADDED]
    assert "Someone changed this household" in made[0].errors["version"]
    assert session.scalars(sa.select(Vacancy.carer_reference)).all() == ["KF-0142"]


def test_a_batch_is_undone_as_a_whole_or_says_what_stands_in_its_way(
    organisation: Any, vacancy: Vacancy, lead: Any
) -> None:
    services.hold_vacancy(vacancy, until=clock.today() + timedelta(days=3), by=lead)
    gone = services.add_vacancy(organisation, changed(carer_reference="KF-0150"), by=lead)
    session.commit()
    batch = uuid.uuid4()
    given = rows(
        {"free_places": 0, "placed_now": 3, "skills": ["babies"]},
        {"carer_reference": "KF-0200", "free_places": 0},
        {"carer_reference": "KF-0201"},
    )
    services.upsert_households(organisation, given, by=lead, batch_id=batch)
    assert services.withdraw_households(organisation, [gone.id], by=lead, batch_id=batch) == 1
    session.commit()
    touched = session.scalars(sa.select(Vacancy).where(Vacancy.carer_reference == "KF-0201")).one()
    later = services.edit_fields(touched, {"age_to": 9}, by=lead)
    with pytest.raises(Refused, match=r"1 household changed since.*: KF-0201"):
        services.undo_batch(organisation, batch, by=lead)
    services.undo_change(later, by=lead)
    assert services.undo_batch(organisation, batch, by=lead) == 4
    session.commit()
    states = {one.carer_reference: one.state for one in session.scalars(sa.select(Vacancy))}
    assert states == {
        "KF-0142": S.HELD,
        "KF-0150": S.AVAILABLE,
        "KF-0200": S.WITHDRAWN,
        "KF-0201": S.WITHDRAWN,
    }
    session.refresh(vacancy)
    assert (vacancy.free_places, vacancy.placed_now, vacancy.skills) == (2, 1, [])
    assert vacancy.held_until == clock.today() + timedelta(days=3)
    assert verbs(vacancy) == ["undone", "filled", "held", "added"]
    with pytest.raises(Refused, match="nothing left to undo"):
        services.undo_batch(organisation, batch, by=lead)
    with as_worker():
        assert audit.verify().first_broken is None


def test_five_hundred_rows_take_no_more_statements_than_five(
    organisation: Any, lead: Any, count_queries: Any
) -> None:
    given = rows(*({"carer_reference": f"KF-{number:05}"} for number in range(505)))
    with count_queries() as few:
        services.upsert_households(organisation, given[500:], by=lead, batch_id=uuid.uuid4())
    batch = uuid.uuid4()
    with count_queries() as many:
        services.upsert_households(organisation, given[:500], by=lead, batch_id=batch)
    assert many.number <= few.number, many.statements
    assert services.undo_batch(organisation, batch, by=lead) == 500


def test_rule_09_sql_in_a_strangers_name_reads_no_households_history(vacancy: Vacancy, lead: Any) -> None:
    services.edit_vacancy(vacancy, changed(religion="hindu"), by=lead)
    session.commit()
    others = (
        accounts.person(Role.PLACEMENTS_LEAD, organisation=providers.organisation()),
        *(accounts.person(role) for role in (Role.PLACEMENT_OFFICER, Role.COMMISSIONER, Role.EVALUATOR)),
    )
    for stranger in others:
        acting_as(stranger)
        assert session.scalars(sa.select(VacancyChange)).all() == []
    acting_as(others[0])
    with pytest.raises(ProgrammingError, match="row-level security"), session.begin_nested():
        session.execute(
            sa.text(
                "INSERT INTO vacancy_change (vacancy_id, verb, before, after) VALUES (:id, 'x', '{}', '{}')"
            ),
            {"id": vacancy.id},
        )
    acting_as(lead)
    assert len(session.scalars(sa.select(VacancyChange)).all()) == 2


def test_rule_09_a_batch_of_the_same_number_at_another_provider_stays(
    vacancy: Vacancy, organisation: Any, lead: Any
) -> None:
    """Somebody who acts for both agencies takes back what was done at one of them, and at that one alone."""
    other, batch = providers.organisation(), uuid.uuid4()
    save(RoleGrant(person_id=lead.id, role=Role.PLACEMENTS_LEAD, organisation_id=other.id))
    session.refresh(lead)
    both = lead
    acting_as(both)
    theirs = services.add_vacancy(other, HOUSEHOLD, by=both)
    for agency in (organisation, other):
        services.upsert_households(agency, [changed(age_to=9)], by=both, batch_id=batch)
    assert services.undo_batch(organisation, batch, by=both) == 1
    session.expire_all()
    assert (vacancy.age_to, theirs.age_to) == (12, 9)
    assert services.undo_batch(other, batch, by=both) == 1
