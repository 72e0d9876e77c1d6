"""The consensus meeting: what the chair writes, what the room reads live, and what two chairs do to one another."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.core.db import session
from portal.core.errors import NotAllowed
from portal.evaluations import services
from portal.evaluations.models import ConsensusScore
from portal.frameworks import queries as frameworks
from tests.factories import accounts
from tests.factories import evaluations as made
from tests.factories.evaluations import Case, case
from tests.support.acting import acting_as, as_worker

FEEDBACK = "It shows how carers are matched."
EVERY_SCORE = "SELECT id, value, reason, working_notes, scored_at, version FROM score ORDER BY id"


def meeting(count: int = 1, **options: Any) -> Case:
    """A round in consensus in which Kit gives 4 and Mo 1 for every question of every application."""
    here = case("consensus", count=count, assigned=False, **options)
    for application in here.applications:
        made.sheet(application, here.evaluators[0], by=here.commissioner, value=4, notes="Ask about page 3.")
        made.sheet(application, here.evaluators[1], by=here.commissioner, value=1)
    return here


def question_ids(here: Case) -> list[uuid.UUID]:
    return [question.id for question in frameworks.list_scored_questions(here.round)]


def address(here: Case, question: int = 0, application: int = 0) -> str:
    """The page of one question of one application, each by its place."""
    return f"/evaluations/applications/{here.applications[application].id}/consensus/{question_ids(here)[question]}"


def agreed(
    value: int = 3, reason: str = FEEDBACK, attended: str = "Kit, Mo and Carys", **more: Any
) -> dict[str, Any]:
    return {"value": value, "reason": reason, "attended": attended, **more}


def agree_by_service(here: Case, **said: Any) -> ConsensusScore:
    question = frameworks.list_scored_questions(here.round)[0]
    acting_as(said.get("by", here.commissioner))
    saved = services.save_consensus(
        here.application, question, **{**agreed(), "by": here.commissioner, **said}
    )
    session.commit()
    return saved


def test_scores_and_reasons_stand_side_by_side_and_working_notes_do_not(client: Any) -> None:
    here = meeting()
    client.sign_in(here.commissioner)
    shown = client.get(address(here)).get_data(as_text=True)
    assert shown.index("Kit Kentish") < shown.index("Mo Medway")
    assert "Kit Kentish finds it convincing." in shown
    assert "Mo Medway finds it convincing." in shown
    assert "Differ by 3" in shown
    assert "Meets the requirement, with good evidence" in shown
    assert "Ask about page 3." not in shown


def test_the_chair_goes_on_in_either_order_with_the_same_people(client: Any) -> None:
    here = meeting(count=2)
    here.applications.sort(key=lambda one: (one.organisation.legal_name, str(one.id)))
    client.sign_in(here.commissioner)
    first = client.get(address(here)).get_data(as_text=True)
    assert "Question 1 of" in first
    assert "Applicant 1 of 2" in first
    assert address(here, question=1) in first
    assert address(here, application=1) in first
    assert "Kit, Mo and Carys" not in first
    answer = client.post(address(here), data=agreed(then="next_question"))
    assert (answer.status_code, answer.location) == (303, address(here, question=1))
    assert "Kit, Mo and Carys</textarea>" in client.get(answer.location).get_data(as_text=True)
    answer = client.post(address(here, question=1), data=agreed(then="next_applicant", attended="Kit and Mo"))
    assert answer.location == address(here, question=1, application=1)
    assert "Kit and Mo</textarea>" in client.get(answer.location).get_data(as_text=True)
    answer = client.post(answer.location, data=agreed(then="next_applicant"))
    assert answer.location == f"/evaluations/rounds/{here.round.id}/consensus"
    answer = client.post(address(here, question=2), data=agreed(then="stay"))
    assert answer.location == address(here, question=2)


def test_what_is_wrong_is_said_beside_the_field_and_nothing_typed_is_lost(client: Any) -> None:
    here = meeting()
    client.sign_in(here.commissioner)
    answer = client.post(address(here), data={"reason": FEEDBACK, "attended": "Kit"})
    shown = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Choose a score from 0 to 5." in shown
    assert f"{FEEDBACK}</textarea>" in shown


def test_the_room_sees_what_the_chair_saves_without_reloading(client: Any, count_queries: Any) -> None:
    here = meeting()
    live = address(here) + "/agreed"
    client.sign_in(here.evaluators[1])
    shown = client.get(address(here)).get_data(as_text=True)
    assert "It appears here as soon as the chair saves it." in shown
    assert 'hx-trigger="every 3s"' in shown
    assert "<form method" not in shown.split("<main")[1]
    with count_queries() as counted:
        unchanged = client.get(f"{live}?mark=none-0-live", headers={"X-Background": "1"})
    assert (unchanged.status_code, unchanged.get_data()) == (204, b"")
    assert len(counted.statements) <= 3  # who is acting, who that is, and one of its own
    agree_by_service(here)
    client.sign_in(here.evaluators[1])
    news = client.get(f"{live}?mark=none-0-live", headers={"X-Background": "1"})
    text = news.get_data(as_text=True)
    assert news.status_code == 200
    assert FEEDBACK in text
    assert "Kit, Mo and Carys" in text
    assert "Carys Commissioner" in text
    assert "hx-get" in text
    mark = text.split("mark=")[1].split("&")[0].split('"')[0]
    assert client.get(f"{live}?mark={mark}").status_code == 204
    with as_worker():
        session.execute(sa.text("UPDATE round SET quality_locked_at = portal_now()"))
    session.commit()
    final = client.get(f"{live}?mark={mark}").get_data(as_text=True)
    assert "Final." in final
    assert "hx-get" not in final  # nothing more to ask for


def test_two_chairs_are_told_and_lose_nothing(client: Any) -> None:
    here = meeting()
    other = accounts.person(Role.COMMISSIONER, full_name="Tam Tandem")
    made.declaration(here.application, other)
    client.sign_in(here.commissioner)
    opened = client.get(address(here)).get_data(as_text=True)
    mark = opened.split("opened=")[1].split('"')[0]
    agree_by_service(here, value=2, reason="Too little on siblings.", by=other)
    client.sign_in(here.commissioner)
    told = client.get(f"{address(here)}/agreed?mark={mark}&opened={mark}").get_data(as_text=True)
    assert "This changed after you opened the page." in told
    answer = client.post(address(here), data=agreed())
    shown = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Tam Tandem agreed 2 while you were writing" in shown
    assert "Too little on siblings." in shown
    assert f"{FEEDBACK}</textarea>" in shown
    assert session.scalars(sa.select(ConsensusScore.value)).one() == 2
    again = client.post(address(here), data=agreed(version="1"))
    assert again.status_code == 303
    standing = session.scalars(sa.select(ConsensusScore)).one()
    session.refresh(standing)
    assert (standing.value, standing.reason, standing.version) == (3, FEEDBACK, 2)


def test_the_same_form_sent_twice_counts_once(client: Any) -> None:
    here = meeting()
    client.sign_in(here.commissioner)
    for _ in range(2):
        assert client.post(address(here), data=agreed()).status_code == 303
    assert session.scalars(sa.select(ConsensusScore.version)).one() == 1


def test_rule_04_nobody_reads_scores_before_consensus(client: Any) -> None:
    here = case("evaluating", finished=True)
    for person in (*here.evaluators, here.commissioner):
        client.sign_in(person)
        for page in (address(here), address(here) + "/agreed"):
            answer = client.get(page)
            assert answer.status_code == 403
            assert "finds it convincing" not in answer.get_data(as_text=True)
        assert client.get(f"/evaluations/rounds/{here.round.id}/analysis").status_code == 403


def test_rule_04_only_those_who_scored_an_application_read_its_scores(client: Any) -> None:
    here = meeting()
    agree_by_service(here)
    stranger = accounts.person(Role.EVALUATOR)
    made.declaration(here.application, stranger)
    undeclared, conflicted = accounts.person(Role.COMMISSIONER), accounts.person(Role.COMMISSIONER)
    made.declaration(here.application, conflicted, "I sit on its board.")
    placing, approver = accounts.person(Role.PLACEMENT_OFFICER), here.approver
    bidder = accounts.person(Role.BID_WRITER, organisation=here.application.organisation)
    pages = (address(here), address(here) + "/agreed")
    for person, status in (
        (stranger, 403),
        (undeclared, 403),
        (conflicted, 403),
        (placing, 404),
        (approver, 403),
        (bidder, 404),
    ):
        client.sign_in(person)
        for page in pages:
            answer = client.get(page)
            assert answer.status_code == status, (person.full_name, page)
            assert FEEDBACK not in answer.get_data(as_text=True)
    acting_as(conflicted)
    assert not session.execute(sa.text("SELECT count(*) FROM consensus_score")).scalar_one()
    assert not session.execute(sa.text("SELECT count(*) FROM score WHERE value IS NOT NULL")).scalar_one()


def test_rule_04_a_conflict_declared_meanwhile_ends_the_watching(client: Any) -> None:
    here = meeting()
    live = address(here) + "/agreed"
    client.sign_in(here.evaluators[0])
    assert client.get(live).status_code == 200
    acting_as(here.evaluators[0])
    services.declare_conflict(
        here.application, has_conflict=True, nature="A friend works there.", by=here.evaluators[0]
    )
    session.commit()
    client.sign_in(here.evaluators[0])
    assert client.get(live).status_code == 403


def test_rule_04_evaluators_keep_to_their_own_questions_also_while_watching(client: Any) -> None:
    here = case("consensus", assigned=False)
    sheet = made.sheet(here.application, here.evaluators[0], by=here.commissioner)
    with as_worker():
        session.execute(
            sa.text("DELETE FROM score WHERE sheet_id = :sheet AND question_id <> :mine"),
            {"sheet": sheet.id, "mine": question_ids(here)[0]},
        )
        session.execute(sa.text("UPDATE score SET value = 4, reason = 'Sound.'"))
        session.execute(sa.text("UPDATE evaluation_sheet SET finished_at = portal_now()"))
    session.commit()
    client.sign_in(here.evaluators[0])
    assert client.get(address(here) + "/agreed").status_code == 200
    assert client.get(address(here, question=1) + "/agreed").status_code == 403
    assert client.get(address(here, question=1)).status_code == 404


def test_rule_04_only_the_chair_writes(client: Any) -> None:
    here = meeting()
    client.sign_in(here.evaluators[0])
    assert client.post(address(here), data=agreed()).status_code == 403
    acting_as(here.evaluators[0])
    with pytest.raises(NotAllowed, match="Only a commissioner"):
        agree_by_service(here, by=here.evaluators[0])
    assert not session.execute(sa.text("SELECT count(*) FROM consensus_score")).scalar_one()


INSERT = (
    "INSERT INTO consensus_score (application_id, question_id, value, reason, attended, agreed_by_id, agreed_at)"
    " VALUES (:application, :question, 5, 'Mine.', 'Me', :by, portal_now())"
)


@pytest.mark.parametrize(
    "who", ["an evaluator", "in another's name", "undeclared", "with a conflict", "too early"]
)
def test_rule_04_the_database_takes_agreed_scores_from_the_chair_alone(who: str) -> None:
    here = case("evaluating", finished=True) if who == "too early" else meeting()
    person, by = here.commissioner, here.commissioner
    if who == "an evaluator":
        person = by = here.evaluators[0]
    elif who == "in another's name":
        person = accounts.person(Role.COMMISSIONER)
        made.declaration(here.application, person)
    elif who != "too early":
        person = by = accounts.person(Role.COMMISSIONER)
        if who == "with a conflict":
            made.declaration(here.application, person, "A past employer.")
    acting_as(person)
    with pytest.raises(sa.exc.IntegrityError, match="only the chair agrees scores"):
        session.execute(
            sa.text(INSERT),
            {"application": here.application.id, "question": question_ids(here)[0], "by": by.id},
        )


def test_rule_05_the_database_keeps_what_was_agreed_and_what_each_gave() -> None:
    here = meeting()
    with as_worker():
        before = session.execute(sa.text(EVERY_SCORE)).all()
    agree_by_service(here)
    for person, change in (
        (here.evaluators[0], "UPDATE consensus_score SET value = 5"),
        (here.commissioner, "DELETE FROM consensus_score"),
        (here.commissioner, "UPDATE score SET value = 3"),
        (here.evaluators[0], "UPDATE score SET value = 3"),
        (here.evaluators[0], "UPDATE score SET working_notes = ''"),
    ):
        acting_as(person)
        with pytest.raises(sa.exc.IntegrityError), session.begin_nested():
            session.execute(sa.text(change))
    with as_worker():
        assert session.execute(sa.text(EVERY_SCORE)).all() == before


def test_where_applicants_are_numbers_the_shared_screen_names_nobody(client: Any) -> None:
    here = meeting(count=2, applicants_anonymised=True)
    with as_worker():
        for number, application in zip((2, 1), here.applications, strict=True):
            application.applicant_number = number
    session.commit()
    for person in (here.commissioner, here.evaluators[0]):
        client.sign_in(person)
        for page in (address(here), address(here).rsplit("/", 1)[0]):
            shown = client.get(page).get_data(as_text=True)
            assert "Applicant 2" in shown
            assert not any(one.organisation.legal_name in shown for one in here.applications)
            assert here.application.reference not in shown
        assert "Previous applicant: </span>Applicant 1" in client.get(address(here)).get_data(as_text=True)
    client.sign_in(here.commissioner)
    listed = client.get(f"/evaluations/rounds/{here.round.id}/consensus").get_data(as_text=True)
    assert here.application.organisation.legal_name in listed  # the chair's own list tells which is which
    assert "Applicant 2 in the meeting" in listed
