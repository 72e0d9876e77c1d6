"""Tests that try to break rules 6, 9 and 13, and what regulation 86 asks of a notice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from portal.accounts.states import Role
from portal.applications.states import ApplicationState
from portal.core import clock, jobs
from portal.core.clock import LONDON
from portal.core.db import session
from portal.core.errors import Invalid, NotAllowed, Refused
from portal.decisions import queries, services
from portal.decisions.models import Decision, DecisionNotice, Recommendation
from portal.decisions.services import Line
from portal.decisions.standstill import in_words, standstill_end
from portal.decisions.states import DecisionKind, Outcome
from portal.frameworks.states import RoundState
from portal.notifications.models import Message
from tests.factories import accounts
from tests.factories import decisions as made
from tests.factories import evaluations as rows
from tests.support.acting import acting_as, as_worker, save, travel

S = ApplicationState


def approver_too(person: Any) -> None:
    """Give somebody who took part the approver's role as well."""
    from portal.accounts.models import RoleGrant

    save(RoleGrant(person_id=person.id, role=Role.APPROVER, council=person.council))
    with as_worker():
        session.refresh(person)


# Rule 6: whoever evaluated, moderated or recommended cannot decide.


@pytest.mark.parametrize("who", ["evaluator", "commissioner"])
def test_rule_06_whoever_took_part_cannot_decide(client: Any, who: str) -> None:
    here, recommendation = made.recommended()
    person = here.evaluators[0] if who == "evaluator" else here.commissioner
    approver_too(person)
    acting_as(person)
    for kind in DecisionKind:
        with pytest.raises(NotAllowed, match="somebody else must decide"):
            services.decide(recommendation, kind=kind, reasons="Mine.", by=person)
    session.rollback()
    client.sign_in(person)
    url = f"/decisions/rounds/{here.round.id}"
    # Whoever scored does not even see the page, for it shows prices (rule 4).
    words = "does not see its prices" if who == "evaluator" else "somebody else must decide"
    assert words in client.get(url).get_data(as_text=True)
    assert client.post(f"{url}/decide", data={"kind": "approve", "reasons": "Mine."}).status_code == 403
    assert here.round.title not in client.get("/decisions").get_data(as_text=True)


@pytest.mark.parametrize("who", ["evaluator", "commissioner"])
def test_rule_06_the_database_refuses_it_too(who: str) -> None:
    here, recommendation = made.recommended()
    person = here.evaluators[0] if who == "evaluator" else here.commissioner
    acting_as(person)
    session.add(
        Decision(
            recommendation_id=recommendation.id,
            kind=DecisionKind.APPROVE,
            reasons="Mine.",
            decided_by_id=person.id,
            decided_at=clock.now(),
        )
    )
    with pytest.raises(Invalid, match="somebody else must decide"):
        session.flush()


def test_rule_06_an_approver_with_a_conflict_or_undeclared_cannot_decide(client: Any) -> None:
    here, recommendation = made.recommended()
    other = accounts.person(Role.APPROVER)
    client.sign_in(other)
    assert client.get(f"/decisions/rounds/{here.round.id}").status_code == 403
    acting_as(other)
    with pytest.raises(NotAllowed, match="Declare on every applicant"):
        services.decide(recommendation, kind=DecisionKind.APPROVE, reasons="Yes.", by=other)
    for application in here.applications:
        rows.declaration(application, other, "My cousin owns it.")
    acting_as(other)
    with pytest.raises(NotAllowed, match="conflict"):
        services.decide(recommendation, kind=DecisionKind.APPROVE, reasons="Yes.", by=other)


@pytest.mark.parametrize("part", ["locked quality", "found", "made void", "concluded"])
def test_rule_06_locking_quality_voiding_and_checking_compliance_are_taking_part(part: str) -> None:
    here = made.scored()
    other = accounts.person(Role.COMMISSIONER, Role.APPROVER)
    for application in here.applications:
        rows.declaration(application, other)
    if part == "locked quality":
        here.round.quality_locked_by_id = other.id
        save(here.round)
    elif part == "found":
        rows.findings(here.applications[0], other)
    elif part == "made void":
        void = rows.sheet(here.applications[0], accounts.person(Role.EVALUATOR), by=here.commissioner)
        void.voided_at, void.voided_by_id, void.void_reason = clock.now(), other.id, "Was ill."
        save(void)
    else:
        rows.conclusion(here.applications[0], other, is_compliant=True, reasons="In order.")
    recommendation = made.recommend(here)
    acting_as(other)
    with pytest.raises(NotAllowed, match="somebody else must decide"):
        services.decide(recommendation, kind=DecisionKind.APPROVE, reasons="Mine.", by=other)
    session.add(
        Decision(
            recommendation_id=recommendation.id,
            kind=DecisionKind.APPROVE,
            reasons="Mine.",
            decided_by_id=other.id,
            decided_at=clock.now(),
        )
    )
    with pytest.raises(Invalid, match="somebody else must decide"):
        session.flush()


def test_rule_06_nobody_is_struck_from_those_who_wrote_the_papers() -> None:
    here, recommendation = made.recommended()
    acting_as(here.commissioner)
    assert queries.find_record(recommendation.round).editor_ids  # type: ignore[union-attr]
    with pytest.raises(IntegrityError, match="never change"):
        session.execute(sa.text("UPDATE decision_record SET editor_ids = '{}'"))


def test_rule_06_whoever_decided_cannot_recommend_next() -> None:
    here, recommendation = made.recommended()
    other = accounts.person(Role.COMMISSIONER, Role.APPROVER)
    for application in here.applications:
        rows.declaration(application, other)
    acting_as(other)
    services.decide(recommendation, kind=DecisionKind.REFER_BACK, reasons="Think again.", by=other)
    session.commit()
    with pytest.raises(NotAllowed, match="somebody else must make the next one"):
        made.recommend(here, other)
    session.add(
        Recommendation(
            round_id=here.round.id,
            number=2,
            recommended_by_id=other.id,
            recommended_at=clock.now(),
            reasons="x",
        )
    )
    with pytest.raises(Invalid, match="somebody else must make the next one"):
        session.flush()


# Rule 13: people decide; the portal suggests and records.


def test_rule_13_an_approver_decides_on_the_recommendation_that_was_read(client: Any) -> None:
    here, first = made.recommended()
    client.sign_in(here.approver)
    page = client.get(f"/decisions/rounds/{here.round.id}").get_data(as_text=True)
    assert 'name="number" type="hidden" value="1"' in page
    acting_as(here.approver)
    services.decide(first, kind=DecisionKind.REFER_BACK, reasons="Think again.", by=here.approver)
    session.commit()
    made.recommend(here)
    data = {"kind": "approve", "reasons": "I agree.", "number": "1"}
    answer = client.post(f"/decisions/rounds/{here.round.id}/decide", data=data)
    assert answer.status_code == 409
    assert "There is a new recommendation" in answer.get_data(as_text=True)
    assert here.round.state == RoundState.RECOMMENDED


def test_rule_03_a_conflict_closes_the_notices_too(client: Any) -> None:
    here = made.in_standstill()
    shut_out = accounts.person(Role.COMMISSIONER)
    rows.declaration(here.applications[0], shut_out, "My sister is its director.")
    client.sign_in(shut_out)
    answer = client.get(f"/decisions/notices/{here.applications[0].id}")
    assert answer.status_code == 403
    assert "You declared a conflict" in answer.get_data(as_text=True)


def test_rule_09_no_notice_gives_away_anothers_basket_total() -> None:
    here = made.in_standstill(admitted=2)
    acting_as(here.commissioner)
    assert all("lowest_total" not in one.content for one in queries.list_notices(here.round))


def test_rule_13_the_rule_only_suggests() -> None:
    here = made.scored(admitted=2, below=0, non_compliant=0)
    first, second = here.applications
    acting_as(here.commissioner)
    lines = made.lines_of(here.round) | {
        second.id: Line(Outcome.DECLINE, "Its registration was withdrawn last week.")
    }
    services.recommend(here.round, reasons="News since scoring.", lines=lines, by=here.commissioner)
    assert (first.state, second.state) == (S.RECOMMENDED_ADMIT, S.RECOMMENDED_DECLINE)


def test_rule_13_nothing_moves_on_by_itself() -> None:
    here = made.in_standstill()
    travel(timedelta(days=60))
    with as_worker():
        session.refresh(here.round)
    assert here.round.state == RoundState.STANDSTILL
    assert {name for name in jobs.registered if name.startswith(("evaluations.", "decisions."))} <= {
        "decisions.typeset_letters",  # makes PDFs of what was sent
        "evaluations.remind",
    }


def test_rule_13_every_outcome_needs_a_reason_and_a_person(client: Any) -> None:
    here = made.scored()
    acting_as(here.commissioner)
    lines = made.lines_of(here.round)
    some = here.applications[0].id
    with pytest.raises(Invalid, match="reasons"):
        services.recommend(here.round, reasons=" ", lines=lines, by=here.commissioner)
    with pytest.raises(Invalid, match="Give the reason"):
        services.recommend(
            here.round, reasons="R.", lines=lines | {some: Line(Outcome.ADMIT, "")}, by=here.commissioner
        )
    with pytest.raises(Refused, match="no recommended outcome"):
        services.recommend(here.round, reasons="R.", lines={}, by=here.commissioner)
    session.rollback()
    recommendation = made.recommend(here)
    acting_as(here.approver)
    with pytest.raises(Invalid, match="reasons"):
        services.decide(recommendation, kind=DecisionKind.APPROVE, reasons="", by=here.approver)


def test_those_below_a_minimum_or_not_compliant_cannot_be_admitted() -> None:
    here = made.scored()
    acting_as(here.commissioner)
    for application in here.applications[1:]:
        lines = made.lines_of(here.round) | {application.id: Line(Outcome.ADMIT, "Please.")}
        with pytest.raises(Invalid, match="cannot be admitted"):
            services.recommend(here.round, reasons="R.", lines=lines, by=here.commissioner)


@pytest.mark.parametrize("kind", [DecisionKind.REFER_BACK, DecisionKind.REJECT])
def test_referring_back_asks_for_a_new_recommendation(kind: DecisionKind) -> None:
    here, first = made.recommended()
    acting_as(here.approver)
    services.decide(first, kind=kind, reasons="Look again at the reasons.", by=here.approver)
    session.commit()
    assert here.round.state == RoundState.CONSENSUS
    assert [one.state for one in here.applications] == [S.SCORED, S.SCORED, S.NON_COMPLIANT]
    with pytest.raises(NotAllowed):
        services.decide(first, kind=DecisionKind.APPROVE, reasons="After all.", by=here.approver)
    session.rollback()
    second = made.recommend(here)
    assert second.number == 2
    made.ready(here)
    made.approve(here, second)
    assert [one.state for one in here.applications] == [S.ADMITTED, S.DECLINED, S.DECLINED]


def test_records_of_the_decision_never_change() -> None:
    here = made.in_standstill()
    acting_as(here.commissioner)
    for kind in (Recommendation, Decision, DecisionNotice):
        with pytest.raises(sa.exc.IntegrityError, match="never change"), session.begin_nested():
            session.execute(sa.delete(kind))


def test_a_withdrawn_application_is_left_out_of_the_decision() -> None:
    here, recommendation = made.recommended(admitted=2)
    gone = here.applications[0]
    gone.state, gone.withdrawn_at = S.WITHDRAWN, clock.now()
    save(gone)
    acting_as(here.approver)
    made.ready(here)
    made.approve(here, recommendation)
    made.previewed(here)
    acting_as(here.commissioner)
    sent = services.send_notices(here.round, by=here.commissioner)
    assert gone.state == S.WITHDRAWN
    assert gone.id not in {notice.application_id for notice in sent}
    assert gone.organisation.legal_name not in {one["name"] for one in sent[0].content["admitted"]}


# Notices and standstill.


def test_notices_hold_what_regulation_86_asks_and_no_more() -> None:
    """Rule 9: an applicant learns of those admitted, and of nobody else."""
    here = made.in_standstill(admitted=1, below=1, non_compliant=1)
    admitted, below, failed = here.applications
    notices = {notice.application_id: notice for notice in queries.list_notices(here.round)}
    assert len(notices) == 3
    for notice in notices.values():
        assert [one["name"] for one in notice.content["admitted"]] == [admitted.organisation.legal_name]
        assert notice.content["admitted"][0]["total"] == "88.00"
        assert "matches children well" in notice.content["admitted"][0]["advantages"]
        assert notice.content["criteria"]["price_weight"] == "40.00"
        assert datetime.fromisoformat(notice.content["standstill_ends_at"]) == here.round.standstill_ends_at
    text = str(notices[failed.id].content)
    assert below.organisation.legal_name not in text
    assert "Agreed on" not in text  # others' reasons
    assert notices[failed.id].content["reason"] == "The insurance is too low."
    assert notices[below.id].content["scores"][0]["reason"].startswith("Agreed on")


def test_rule_09_a_provider_sees_its_own_notice_only_once_it_is_sent(client: Any) -> None:
    here, _ = made.decided()
    own, other = here.applications[:2]
    writer = accounts.person(Role.BID_WRITER, organisation=own.organisation)
    client.sign_in(writer)
    assert client.get(f"/decisions/notices/{own.id}").status_code == 404
    made.previewed(here)
    acting_as(here.commissioner)
    services.send_notices(here.round, by=here.commissioner)
    session.commit()
    client.sign_in(writer)
    assert client.get(f"/decisions/notices/{own.id}").status_code == 200
    assert client.get(f"/decisions/notices/{other.id}").status_code == 404
    acting_as(writer)
    assert session.execute(sa.text("SELECT count(*) FROM decision_notice")).scalar_one() == 1
    for table in ("recommendation", "recommendation_line", "decision"):
        assert session.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one() == 0


def test_every_applicant_is_mailed_without_its_outcome() -> None:
    here = made.in_standstill()
    with as_worker():
        sent = session.scalars(sa.select(Message).where(Message.template == "decisions/notice")).all()
    assert len(sent) == 3  # each factory organisation has one bid writer
    assert all("Standstill ends at" in message.body for message in sent)
    assert here.round.state == RoundState.STANDSTILL


@pytest.mark.parametrize(
    ("sent", "end"),
    [
        ((2026, 6, 1, 9, 0), (2026, 6, 12)),
        ((2026, 6, 1, 23, 59), (2026, 6, 12)),
        ((2026, 10, 20, 12, 0), (2026, 10, 31)),  # the clocks go back on 25 October
        ((2026, 3, 24, 12, 0), (2026, 4, 8)),  # day 10 is Good Friday: the next working day is after Easter
        ((2026, 3, 22, 12, 0), (2026, 4, 2)),  # forward on 29 March
    ],
)
def test_standstill_ends_at_midnight_in_kent(sent: tuple[int, ...], end: tuple[int, ...]) -> None:
    ends = standstill_end(datetime(*sent, tzinfo=LONDON), 10)  # type: ignore[arg-type]
    assert ends == datetime(*end, tzinfo=LONDON)  # type: ignore[arg-type]


def test_the_end_is_said_so_that_nobody_mistakes_the_day() -> None:
    assert in_words(datetime(2026, 12, 4, tzinfo=LONDON)) == "midnight at the end of 3 December 2026"


def test_late_on_a_summer_evening_is_the_next_day_in_kent() -> None:
    assert standstill_end(datetime(2026, 6, 1, 23, 30, tzinfo=UTC), 10) == datetime(
        2026, 6, 13, tzinfo=LONDON
    )


def test_a_round_is_concluded_only_after_the_exact_end() -> None:
    here = made.in_standstill()
    ends = here.round.standstill_ends_at
    travel(ends - clock.locked_now() - timedelta(minutes=1))
    acting_as(here.commissioner)
    with pytest.raises(Refused, match="Standstill has not ended"):
        services.conclude_round(here.round, by=here.commissioner)
    session.rollback()
    travel(timedelta(minutes=2))
    acting_as(here.commissioner)
    services.conclude_round(here.round, by=here.commissioner)
    assert here.round.state == RoundState.CONCLUDED


def test_a_page_keeps_what_was_typed_when_a_reason_is_missing(client: Any) -> None:
    here = made.scored()
    client.sign_in(here.commissioner)
    first = here.applications[0]
    data = {f"outcome-{one.id}": "decline" for one in here.applications}
    data |= {f"reason-{one.id}": f"Kept words {one.reference}" for one in here.applications}
    answer = client.post(
        f"/decisions/rounds/{here.round.id}/recommend",
        data=data | {f"reason-{first.id}": "", "reasons": "Whole"},
    )
    shown = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Give the reason for" in shown
    assert f"Kept words {here.applications[1].reference}" in shown
    assert "Whole" in shown
