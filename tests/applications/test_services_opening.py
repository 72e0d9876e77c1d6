"""Opening by two officers, what is written down, and the register of reads."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.accounts.states import Council, Role
from portal.applications import queries, services
from portal.applications.models import AccessRegister
from portal.core.audit import AuditEvent
from portal.core.db import session
from portal.core.errors import NotAllowed, Refused
from portal.frameworks.models import Round
from portal.frameworks.states import RoundState
from tests.factories import accounts, applications
from tests.factories import frameworks as rounds
from tests.support.acting import acting_as, as_worker


@pytest.fixture
def officers():
    return [accounts.person(Role.COMMISSIONER, council=Council.KENT) for _ in range(2)]


def ask(round_, officer):
    acting_as(officer)
    services.request_opening(round_, by=officer)
    session.commit()


def confirm(round_, officer):
    acting_as(officer)
    services.confirm_opening(round_, by=officer)
    session.commit()


def test_two_officers_open_a_round_and_the_submissions_are_on_record(officers):
    round_ = rounds.round_()
    made = [applications.application("submitted", round_=round_) for _ in range(2)]
    applications.submission(made[0])
    applications.application("draft", round_=round_)
    applications.application("withdrawn", round_=round_)
    with as_worker():
        latest = {
            str(queries.latest_submission(one).id): queries.latest_submission(one).sha256 for one in made
        }
    close(round_)
    first, second = officers
    ask(round_, first)
    assert round_.opened_at is None
    confirm(round_, second)
    assert (round_.state, round_.opened_by_id) == (RoundState.OPENED, second.id)
    event = session.scalars(sa.select(AuditEvent).where(AuditEvent.verb == "round.opened")).one()
    listed = {entry["submission"]: entry["sha256"] for entry in event.details["submissions"]}
    assert listed == latest
    assert event.actor_id == second.id


def close(round_):
    with as_worker():
        moved = sa.func.portal_now() - timedelta(hours=1)
        session.execute(
            sa.update(Round)
            .where(Round.id == round_.id)
            .values(submission_deadline=moved, clarification_deadline=moved - timedelta(days=1))
        )
    session.commit()
    session.expire_all()


def test_the_same_officer_cannot_do_both(officers):
    round_ = rounds.closed_round(questions=False)
    ask(round_, officers[0])
    with pytest.raises(NotAllowed, match="different commissioner"):
        confirm(round_, officers[0])
    session.rollback()
    with pytest.raises(sa.exc.IntegrityError, match="two_openers"):
        session.execute(sa.update(Round).values(opened_by_id=officers[0].id, opened_at=sa.func.portal_now()))
    session.rollback()


def test_nobody_confirms_what_nobody_asked_for(officers):
    round_ = rounds.closed_round(questions=False)
    with pytest.raises(Refused, match="must ask"):
        confirm(round_, officers[0])


def test_rule_01_not_before_the_deadline(officers):
    round_ = rounds.round_(questions=False)
    with pytest.raises(Refused, match="sealed until the deadline"):
        ask(round_, officers[0])
    session.rollback()
    round_.open_requested_by_id = officers[0].id
    session.commit()
    with pytest.raises(Refused, match="sealed until the deadline"):
        confirm(round_, officers[1])


@pytest.mark.parametrize(
    "role", [role for role in Role if not role.is_provider_role and role != Role.COMMISSIONER]
)
def test_only_commissioners_open(officers, role):
    round_ = rounds.closed_round(questions=False)
    other = accounts.person(role, council=Council.KENT)
    with pytest.raises(NotAllowed):
        ask(round_, other)
    session.rollback()
    ask(round_, officers[0])
    with pytest.raises(NotAllowed):
        confirm(round_, other)


@pytest.mark.parametrize("state", ["draft", "cancelled", "opened", "concluded"])
def test_only_a_published_round_is_opened(officers, state):
    round_ = rounds.round_(state, questions=False)
    with pytest.raises((Refused, NotAllowed)):
        ask(round_, officers[0])


def test_asking_twice_keeps_the_first(officers):
    round_ = rounds.closed_round(questions=False)
    ask(round_, officers[0])
    ask(round_, officers[1])
    assert round_.open_requested_by_id == officers[0].id


def test_rule_01_a_read_is_on_record_before_anything_is_shown():
    made = applications.application("submitted", round_=rounds.round_("opened", questions=False))
    auditor = accounts.person(Role.AUDITOR, council=Council.MEDWAY)
    acting_as(auditor)
    services.record_access(made, auditor, "submission 1")
    session.rollback()
    kept = session.scalars(sa.select(AccessRegister)).one()
    assert (kept.application_id, kept.person_id, kept.what) == (made.id, auditor.id, "submission 1")


def test_rule_01_the_register_never_changes():
    made = applications.application("submitted", round_=rounds.round_("opened", questions=False))
    auditor = accounts.person(Role.AUDITOR, council=Council.MEDWAY)
    acting_as(auditor)
    services.record_access(made, auditor, "submission 1")
    for change in (sa.update(AccessRegister).values(what="nothing"), sa.delete(AccessRegister)):
        with pytest.raises(sa.exc.IntegrityError, match="never change"):
            session.execute(change)
        session.rollback()
