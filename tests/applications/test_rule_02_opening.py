"""An instruction that no job has carried out is carried out by the opening, and never twice (rule 2)."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.accounts.models import Person
from portal.accounts.states import Council, Role
from portal.applications import jobs, queries, services
from portal.applications.models import Application, StandingInstruction, Submission
from portal.applications.states import ApplicationState
from portal.core import db
from portal.core.audit import AuditEvent
from portal.core.db import session
from portal.frameworks.models import Round
from tests.applications.conftest import make_desk
from tests.factories import accounts, evaluations
from tests.support.acting import acting_as, as_worker, travel


def instructed_desk():
    desk = make_desk(answered=True)
    desk.declare()
    services.instruct(desk.application, by=desk.writer)
    session.commit()
    return desk


def officers():
    return [accounts.person(Role.COMMISSIONER, council=Council.KENT) for _ in range(2)]


def open_round(round_id, first, second):
    acting_as(first)
    services.request_opening(session.get(Round, round_id), by=first)
    session.commit()
    acting_as(second)
    session.expire_all()
    services.confirm_opening(session.get(Round, round_id), by=second)
    session.commit()


def test_rule_02_opening_carries_out_what_still_waits():
    desk = instructed_desk()
    first, second = officers()
    travel(timedelta(days=30))
    open_round(desk.round_.id, first, second)
    assert db._acting.get() == second.id
    session.expire_all()
    received = queries.list_received(second, session.get(Round, desk.round_.id))
    assert [one.id for one in received] == [desk.application.id]
    evaluations.declaration(desk.application, second)
    acting_as(second)
    submission = session.scalars(sa.select(Submission)).one()
    assert submission.submitted_at == desk.round_.submission_deadline
    assert {one["sha256"] for one in queries.list_standing_submissions(desk.round_)} == {submission.sha256}
    with as_worker():
        assert session.scalars(sa.select(StandingInstruction.submission_id)).all() == [submission.id]


def test_rule_02_opening_shows_no_draft_whose_instruction_failed():
    desk = instructed_desk()
    with as_worker():
        session.execute(sa.text("UPDATE document SET state = 'infected'"))
    session.commit()
    first, second = officers()
    travel(timedelta(days=30))
    open_round(desk.round_.id, first, second)
    session.expire_all()
    assert queries.list_received(second, session.get(Round, desk.round_.id)) == []
    assert session.scalars(sa.select(Application)).all() == []
    with as_worker():
        assert session.scalars(sa.select(StandingInstruction.problem)).one() is not None


def test_rule_02_the_instruction_of_somebody_who_has_left_is_the_organisations(client):
    desk = instructed_desk()
    accounts.person(Role.PROVIDER_ADMINISTRATOR, organisation=desk.application.organisation)
    with as_worker():
        session.execute(sa.text("DELETE FROM role_grant WHERE person_id = :p"), {"p": desk.writer.id})
    session.commit()
    first, second = officers()
    travel(timedelta(days=30))
    open_round(desk.round_.id, first, second)
    session.expire_all()
    assert len(queries.list_received(second, session.get(Round, desk.round_.id))) == 1


@pytest.mark.commits
def test_rule_02_the_job_and_the_opening_at_once_submit_once(app, committing, databases):
    """Both lock the round: whoever comes second finds it done."""
    desk = instructed_desk()
    first, second = officers()
    travel(timedelta(days=30))
    acting_as(first)
    services.request_opening(session.get(Round, desk.round_.id), by=first)
    session.commit()
    ids = (desk.round_.id, second.id, desk.application.id)
    session.remove()
    problems: list[BaseException] = []

    def opening():
        with app.app_context():
            db.act_as(ids[1])
            services.confirm_opening(session.get(Round, ids[0]), by=session.get(Person, ids[1]))
            session.commit()

    def job():
        with app.app_context(), db.transaction():
            session.execute(sa.text("SET ROLE portal_worker"))
            services.carry_out(ids[2])

    def guarded(action):
        try:
            action()
        except BaseException as error:
            problems.append(error)
        finally:
            session.remove()

    threads = [threading.Thread(target=guarded, args=(action,)) for action in (opening, job, job)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert problems == []
    with app.app_context(), as_worker():
        assert session.execute(sa.select(sa.func.count()).select_from(Submission)).scalar_one() == 1
        assert session.scalars(sa.select(Application.state)).one() == ApplicationState.SUBMITTED
        assert session.scalars(sa.select(StandingInstruction.submission_id)).one() is not None


def break_submitting(application_id):
    """A database error for one applicant, such as a full disk or a broken index would give."""
    session.execute(sa.text("RESET ROLE"))
    session.execute(
        sa.text(f"""
        CREATE FUNCTION break_one() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM 1 / 0; RETURN NEW; END $$;
        CREATE TRIGGER broken BEFORE INSERT ON submission FOR EACH ROW
        WHEN (NEW.application_id = '{application_id}') EXECUTE FUNCTION break_one();
        """)
    )
    session.execute(sa.text("SET ROLE portal_app"))
    session.commit()


def mend_submitting():
    session.execute(sa.text("RESET ROLE"))
    session.execute(sa.text("DROP TRIGGER broken ON submission; DROP FUNCTION break_one()"))
    session.execute(sa.text("SET ROLE portal_app"))
    session.commit()


def test_rule_02_an_error_in_one_applicants_instruction_loses_nobodys_submission(client, monkeypatch):
    broken = instructed_desk()
    round_id, deadline = broken.round_.id, broken.round_.submission_deadline
    ids = [broken.application.id]
    sound = make_desk(answered=True, round_=broken.round_)
    sound.declare()
    services.instruct(sound.application, by=sound.writer)
    ids.append(sound.application.id)
    session.commit()
    first, second = officers()
    travel(timedelta(days=30))
    break_submitting(ids[0])
    open_round(round_id, first, second)
    acting_as(second)
    session.expire_all()
    of = session.get(Round, round_id)
    assert of.opened_at is not None
    assert [one.id for one in queries.list_received(second, of)] == [ids[1]]
    event = session.scalars(
        sa.select(AuditEvent).where(AuditEvent.verb == "round.opened_with_submissions_waiting")
    ).one()
    assert event.details == {"waiting": [str(ids[0])]}
    client.sign_in(second)
    page = f"/rounds/{round_id}/opening"
    assert "1 submission not taken in yet" in client.get(page).get_data(as_text=True)
    monkeypatch.setattr(jobs, "transaction", session.begin_nested)
    with as_worker(), pytest.raises(ExceptionGroup):
        jobs.carry_out_instructions()
    mend_submitting()
    with as_worker():
        jobs.carry_out_instructions()
        late = session.scalars(sa.select(Submission).where(Submission.application_id == ids[0])).one()
        assert (late.submitted_at, late.number) == (deadline, 1)
    acting_as(second)
    session.expire_all()
    assert {one.id for one in queries.list_received(second, session.get(Round, round_id))} == set(ids)
    assert "not taken in yet" not in client.get(page).get_data(as_text=True)
