"""The clock of standstill by each regime, what may come in between, and the letters."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.core import clock
from portal.core.clock import LONDON
from portal.core.db import session
from portal.core.errors import Invalid, Refused
from portal.core.workdays import is_working_day, working_days_from
from portal.decisions import queries, services
from portal.decisions.models import DecisionLetter, StandstillEvent
from portal.decisions.standstill import (
    call_in_end,
    last_day,
    standstill_last_day,
)
from portal.decisions.states import EventKind
from portal.documents.services.scanning import sweep_unused
from portal.frameworks.states import Regime, RoundState
from portal.notifications.models import Message
from tests.factories import accounts
from tests.factories import decisions as made
from tests.support.acting import acting_as, as_worker, save, travel

PA = Regime.PA2023


@pytest.mark.parametrize(
    ("begun", "days", "regime", "by_post", "last"),
    [
        (date(2026, 6, 1), 10, Regime.PCR2015, False, date(2026, 6, 11)),
        (date(2026, 6, 1), 10, Regime.PCR2015, True, date(2026, 6, 16)),
        (date(2026, 6, 3), 10, Regime.PCR2015, False, date(2026, 6, 15)),  # day 10 is a Saturday
        (
            date(2026, 12, 15),
            10,
            Regime.PCR2015,
            False,
            date(2026, 12, 29),
        ),  # Christmas and its substitute day
        (date(2026, 6, 1), 8, PA, False, date(2026, 6, 10)),  # the day of the notice is the first
        (date(2026, 4, 1), 8, PA, False, date(2026, 4, 14)),  # Easter
        (date(2026, 6, 6), 8, PA, False, date(2026, 6, 17)),  # published on a Saturday
    ],
)
def test_the_last_day_by_each_regime(
    begun: date, days: int, regime: Regime, by_post: bool, last: date
) -> None:
    assert standstill_last_day(begun, days, regime, by_post=by_post) == last


def test_working_days_are_those_of_england() -> None:
    assert not is_working_day(date(2026, 8, 31))  # late summer, not Scotland's
    assert is_working_day(date(2026, 8, 3))  # a Scottish holiday
    assert next(working_days_from(date(2026, 12, 25))) == date(2026, 12, 29)
    assert call_in_end(date(2026, 5, 1)) == date(2026, 5, 11)  # with the May bank holiday between


def record(here: Any, kind: EventKind, **more: Any) -> StandstillEvent:
    acting_as(here.commissioner)
    return services.record_event(
        here.round,
        kind,
        happened_on=more.pop("happened_on", clock.today()),
        summary="As told by the applicant.",
        by=here.commissioner,
        **more,
    )


def test_a_complaint_pauses_nothing() -> None:
    here = made.in_standstill()
    before = here.round.standstill_ends_at
    record(here, EventKind.COMPLAINT)
    assert here.round.standstill_ends_at == before
    assert not queries.has_open_claim(here.round.id)


def test_an_extension_moves_the_end_to_a_later_working_day_and_tells_everybody() -> None:
    here = made.in_standstill()
    now = last_day(here.round.standstill_ends_at)
    for wrong in (now, now - timedelta(days=1), None):
        with pytest.raises(Invalid) as refused:
            record(here, EventKind.EXTENSION, extends_to=wrong)
        assert refused.value.field == "extends_to"
    later = next(working_days_from(now + timedelta(days=5)))
    record(here, EventKind.EXTENSION, extends_to=later)
    assert last_day(here.round.standstill_ends_at) == later
    with as_worker():
        told = session.scalars(
            sa.select(Message).where(Message.template == "decisions/standstill_extended")
        ).all()
    assert len(told) == 3


def test_a_claim_stops_conclusion_also_in_the_database_until_it_ends() -> None:
    here = made.in_standstill()
    claim = record(here, EventKind.CLAIM)
    session.commit()
    travel(timedelta(days=20))
    acting_as(here.commissioner)
    with pytest.raises(Refused, match="A claim form is known of"):
        services.conclude_round(here.round, by=here.commissioner)
    session.rollback()
    with pytest.raises(sa.exc.IntegrityError, match="claim form"), session.begin_nested():
        session.execute(sa.text("UPDATE round SET state = 'concluded' WHERE id = :id"), {"id": here.round.id})
    with pytest.raises(Invalid, match="before the claim form was known of"):
        record(here, EventKind.CLAIM_ENDED, happened_on=claim.happened_on - timedelta(days=1))
    record(here, EventKind.CLAIM_ENDED)
    services.conclude_round(here.round, by=here.commissioner)
    assert here.round.state == RoundState.CONCLUDED
    with pytest.raises(sa.exc.IntegrityError, match="never change"), session.begin_nested():
        session.execute(sa.delete(StandstillEvent))


def test_the_page_records_once_however_often_it_is_sent(client: Any) -> None:
    here = made.in_standstill()
    client.sign_in(here.commissioner)
    url = f"/decisions/rounds/{here.round.id}/standstill"
    assert "Running" in client.get(url).get_data(as_text=True)
    data = {
        "once": "3f0f1d5e-7c3b-4a6b-9a51-0d6f0d3f7a11",
        "kind": "complaint",
        "happened_on": clock.today().isoformat(),
        "summary": "About the marks.",
    }
    assert [client.post(url, data=data).status_code for _ in range(2)] == [303, 303]
    assert len(queries.list_events(here.round)) == 1
    wrong = client.post(
        url, data={**data, "kind": "claim_ended", "once": "3f0f1d5e-7c3b-4a6b-9a51-0d6f0d3f7a12"}
    )
    assert wrong.status_code == 422
    assert "No claim form is on record" in wrong.get_data(as_text=True)
    assert "About the marks." in wrong.get_data(as_text=True)


def test_nothing_is_sent_that_nobody_looked_at() -> None:
    here, _ = made.decided()
    acting_as(here.commissioner)
    with pytest.raises(Refused, match="0 of 3 letters previewed"):
        services.send_notices(here.round, by=here.commissioner)
    one = services.preview_letters(here.round, by=here.commissioner, application_id=here.application.id)
    assert one.startswith(b"%PDF")
    assert queries.list_previews(here.round) == {here.application.id}


def test_an_applicant_without_anybody_to_email_makes_it_fifteen_days() -> None:
    here, _ = made.decided()
    with as_worker():
        session.execute(
            sa.text("DELETE FROM role_grant WHERE organisation_id = :id"),
            {"id": here.application.organisation_id},
        )
    session.commit()
    made.previewed(here)
    acting_as(here.commissioner)
    services.send_notices(here.round, by=here.commissioner)
    assert last_day(here.round.standstill_ends_at) >= clock.today() + timedelta(days=15)


def test_letters_are_typeset_once_and_kept_with_their_fingerprint(client: Any, files: Any) -> None:
    here = made.in_standstill()
    own, other = here.applications[:2]
    writer = accounts.person(Role.BID_WRITER, organisation=own.organisation)
    client.sign_in(writer)
    before = client.get(f"/decisions/notices/{own.id}/letter").get_data()
    with as_worker():
        for notice in queries.list_notices(here.round):
            services.typeset_letter(notice)
            services.typeset_letter(notice)
        letters = {letter.notice_id: letter for letter in session.scalars(sa.select(DecisionLetter))}
    session.commit()
    assert len(letters) == 3
    stored = {letter.stored_name for letter in letters.values()}
    assert stored <= set(files.files)
    files.stored_at = dict.fromkeys(files.stored_at, datetime(2020, 1, 1, tzinfo=UTC))
    with as_worker():
        sweep_unused()
    assert stored <= set(files.files)
    client.sign_in(writer)
    kept = client.get(f"/decisions/notices/{own.id}/letter").get_data()
    assert kept == before
    assert hashlib.sha256(kept).hexdigest() in {letter.sha256 for letter in letters.values()}
    assert client.get(f"/decisions/notices/{other.id}/letter").status_code == 404
    client.sign_in(here.commissioner)
    assert "All 3 letters typeset" in client.get(f"/decisions/rounds/{here.round.id}/notices").get_data(
        as_text=True
    )


def test_under_the_act_of_2023_standstill_begins_with_the_award_notice(client: Any) -> None:
    here = made.scored()
    here.round.framework.regime, here.round.standstill_days = PA, 8
    save(here.round.framework)
    save(here.round)
    recommendation = made.recommend(here)
    made.ready(here)
    made.approve(here, recommendation)
    made.previewed(here)
    acting_as(here.commissioner)
    services.send_notices(here.round, by=here.commissioner)
    session.commit()
    assert here.round.standstill_ends_at is None
    client.sign_in(here.commissioner)
    url = f"/decisions/rounds/{here.round.id}"
    assert "publish the contract award notice" in client.get(f"{url}/standstill").get_data(as_text=True)
    answer = client.post(
        f"{url}/award-notice", data={"reference": "2026/N1", "published_on": clock.today().isoformat()}
    )
    assert answer.status_code == 303
    session.refresh(here.round)
    assert last_day(here.round.standstill_ends_at) == standstill_last_day(clock.today(), 8, PA)
    notice = queries.list_notices(here.round)[0]
    words = services.letter(notice.application, notice.content, notice.sent_at)
    assert words["kind"] == "Assessment summary"
    assert "8 working days" in words["standstill"]


def test_the_statutory_report_is_generated_from_what_is_held(client: Any) -> None:
    here = made.in_standstill()
    record(here, EventKind.COMPLAINT)
    session.commit()
    client.sign_in(here.approver)
    url = f"/decisions/rounds/{here.round.id}/procurement-report"
    shown = client.get(url).get_data(as_text=True)
    for application in here.applications:
        assert application.organisation.legal_name in shown
    for words in ("The insurance is too low.", "complaint. As told", "April Approver", "Standstill ends at"):
        assert words in shown
    assert client.get(f"{url}/pdf").get_data().startswith(b"%PDF")


def test_the_exact_end_is_midnight_in_kent() -> None:
    here = made.in_standstill()
    ends = here.round.standstill_ends_at.astimezone(LONDON)
    assert ends == datetime.combine(ends.date(), datetime.min.time(), tzinfo=LONDON)
