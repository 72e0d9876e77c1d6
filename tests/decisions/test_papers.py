"""The papers of a decision: drafted from what is held, edited, guarding the approval, signed and published."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.core import clock
from portal.core.db import session
from portal.core.errors import Invalid, NotAllowed, Stale
from portal.decisions import queries, services
from portal.decisions.papers import RECORD, REPORT
from portal.decisions.services import Line, Point
from portal.decisions.services.papers import fingerprint
from portal.decisions.states import DecisionKind, KeyServiceLine, Outcome
from tests.factories import accounts
from tests.factories import decisions as made
from tests.factories import evaluations as rows
from tests.support.acting import acting_as, save


def approve(here: Any, recommendation: Any, position: str = "Corporate Director") -> Any:
    acting_as(here.approver)
    return services.decide(
        recommendation, kind=DecisionKind.APPROVE, reasons="I agree.", position=position, by=here.approver
    )


def test_both_papers_are_drafted_whole_with_the_first_recommendation() -> None:
    here, _ = made.recommended(admitted=2)
    record = queries.find_record(here.round)
    assert record is not None
    for paper in (REPORT, RECORD):
        assert not paper.missing(getattr(record, paper.column)), paper.title
    assert "the 2 applicants named" in record.record["decision"]
    assert record.member_number == "23-00112"
    names = [one.organisation.legal_name for one in here.applications]
    assert all(name in record.exempt for name in names)
    assert not any(name in str(record.record) for name in names)


def test_an_approval_waits_for_everything_it_rests_on(client: Any) -> None:
    here, recommendation = made.recommended()
    with pytest.raises(Invalid, match=r"Consultation .* is not recorded.*Medway") as refused:
        approve(here, recommendation)
    assert refused.value.field == "kind"
    session.rollback()
    client.sign_in(here.approver)
    shown = client.get(f"/decisions/rounds/{here.round.id}").get_data(as_text=True)
    assert "Not ready to be approved" in shown
    made.ready(here)
    with pytest.raises(Invalid, match="position"):
        approve(here, recommendation, position=" ")
    session.rollback()
    decision = approve(here, recommendation)
    assert decision.record["procedure"]["medway_signatory"] == "Mel Medway"
    assert decision.record_sha256 == fingerprint(decision.record)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"is_key": True}, "forthcoming-decision notice"),
        ({"is_key": True, "notice_on": -27, "committee": "CYPE", "committee_on": -1}, "28 days’ notice ends"),
        ({"is_key": True, "notice_on": -40, "committee": "CYPE", "committee_on": 2}, "considers this on"),
        ({"member_call_in_ended_on": 1}, "not recorded as over"),
        ({"consulted_on": 1}, "still to come"),
        ({"medway_agreed_on": None}, "Medway"),
        ({"screening_review_on": None}, "review date"),
        ({"consultee_interests": ""}, "interests the consulted Cabinet Member declared"),
        ({"consultee_declared_on": -2}, "declares interests before being consulted"),
    ],
)
def test_each_date_guards_the_approval(changes: dict[str, Any], said: str) -> None:
    here, recommendation = made.recommended()
    today = clock.today()
    days = {k: today + timedelta(days=v) if type(v) is int else v for k, v in changes.items()}
    record = made.ready(here, **days)
    gaps = queries.approval_gaps(record, recommendation, today)
    assert len(gaps) == len({gap.text for gap in gaps})
    assert any(said in gap.text for gap in gaps), gaps


def test_rule_09_the_public_part_names_no_applicant_before_the_notices() -> None:
    here, recommendation = made.recommended()
    record = made.ready(here)
    name = here.application.organisation.legal_name
    texts = {**record.record, "reasons": f"{name} is the best."}
    services.save_paper(record, RECORD, texts, by=here.commissioner)
    session.commit()
    with pytest.raises(Invalid, match=f"names {name}"):
        approve(here, recommendation)


def test_rule_06_who_wrote_the_papers_cannot_decide() -> None:
    here, recommendation = made.recommended()
    other = accounts.person(Role.COMMISSIONER, Role.APPROVER)
    for application in here.applications:
        rows.declaration(application, other)
    acting_as(other)
    record = queries.find_record(here.round)
    assert record is not None
    services.save_paper(record, REPORT, record.report, by=other)
    session.commit()
    with pytest.raises(NotAllowed, match="somebody else must decide"):
        services.decide(recommendation, kind=DecisionKind.REFER_BACK, reasons="No.", by=other)


def test_a_signed_record_never_changes_but_for_its_publication() -> None:
    here, _ = made.decided()
    acting_as(here.commissioner)
    record = queries.find_record(here.round)
    assert record is not None
    with pytest.raises(NotAllowed, match="signed"):
        services.save_paper(record, RECORD, {}, by=here.commissioner)
    session.rollback()
    with pytest.raises(sa.exc.IntegrityError, match="as it was signed"), session.begin_nested():
        session.execute(sa.text("UPDATE decision_record SET exempt = 'Nothing.'"))
    services.publish_record(record, published_on=clock.today(), call_in_ends_on=None, by=here.commissioner)
    assert record.published_on == clock.today()


def test_the_published_part_is_for_anybody_and_the_exempt_part_for_nobody(client: Any) -> None:
    here, _ = made.decided()
    assert client.get(f"/decision-records/{here.round.id}").status_code == 404
    client.sign_in(here.commissioner)
    today = {"published_on": clock.today().isoformat()}
    assert client.post(f"/decisions/rounds/{here.round.id}/publish", data=today).status_code == 303
    client.post("/sign-out")
    for page in ("/decision-records", f"/decision-records/{here.round.id}"):
        shown = client.get(page).get_data(as_text=True)
        assert "26/00001" in shown
        assert here.application.organisation.legal_name not in shown
    assert client.get(f"/decision-records/{here.round.id}/pdf").get_data().startswith(b"%PDF")


def test_a_key_decision_is_not_carried_out_before_call_in_ends() -> None:
    here, recommendation = made.recommended()
    today = clock.today()
    key = {
        "is_key": True,
        "notice_on": today - timedelta(days=30),
        "committee": "CYPE",
        "committee_on": today,
    }
    record = made.ready(here, **key)
    made.approve(here, recommendation)
    made.previewed(here)
    acting_as(here.commissioner)
    with pytest.raises(Invalid, match="last day of call-in"):
        services.publish_record(record, published_on=today, call_in_ends_on=None, by=here.commissioner)
    ends = services.propose_call_in_end(today)
    services.publish_record(record, published_on=today, call_in_ends_on=ends, by=here.commissioner)
    call_in = next(one for one in queries.checklist(here.round, record, ends) if one.title == "Call-in")
    assert call_in.ok is False
    after = ends + timedelta(days=1)
    assert all(one.ok is not False for one in queries.checklist(here.round, record, after))


def test_points_on_an_applicant_are_answered_in_the_next_recommendation(client: Any) -> None:
    here, first = made.recommended()
    line = next(one for one in first.lines if one.application_id == here.application.id)
    client.sign_in(here.approver)
    url = f"/decisions/rounds/{here.round.id}/decide"
    typed = {"reasons": "Not yet.", f"kind-{line.id}": "refer_back", "number": "1"}
    agreed = client.post(url, data={**typed, "kind": "approve", f"point-{line.id}": "Why?"})
    assert agreed.status_code == 422
    assert "You do not agree on" in agreed.get_data(as_text=True)
    missing = client.post(url, data={**typed, "kind": "refer_back"})
    assert "Say what is to be answered" in missing.get_data(as_text=True)
    assert (
        client.post(url, data={**typed, "kind": "refer_back", f"point-{line.id}": "Why?"}).status_code == 303
    )
    acting_as(here.commissioner)
    lines = made.lines_of(here.round)
    with pytest.raises(Invalid, match="Answer the approver’s point") as refused:
        services.recommend(here.round, reasons="Again.", lines=lines, by=here.commissioner)
    assert refused.value.field == f"answer-{here.application.id}"
    session.rollback()
    client.sign_in(here.commissioner)
    shown = client.get(f"/decisions/rounds/{here.round.id}/recommend").get_data(as_text=True)
    assert "Why?" in shown
    acting_as(here.commissioner)
    lines[here.application.id] = Line(Outcome.ADMIT, "Strong.", "Because.")
    services.recommend(here.round, reasons="Again.", lines=lines, by=here.commissioner)
    session.commit()
    client.sign_in(here.approver)
    shown = client.get(f"/decisions/rounds/{here.round.id}").get_data(as_text=True)
    assert "Why?" in shown
    assert "Because." in shown


def test_two_who_edit_the_same_paper_lose_nothing_unseen() -> None:
    here, _ = made.recommended()
    record = made.ready(here)
    seen = record.version
    texts = {**record.record, "interests": "One, and a dispensation."}
    services.save_paper(record, RECORD, texts, by=here.commissioner, seen_version=seen)
    with pytest.raises(Stale):
        services.save_paper(record, RECORD, {}, by=here.commissioner, seen_version=seen)


def test_money_and_dates_that_are_wrong_stand_beside_their_field(client: Any) -> None:
    here, _ = made.recommended()
    client.sign_in(here.commissioner)
    url = f"/decisions/rounds/{here.round.id}/procedure"
    answer = client.post(url, data={"asylum": "lots", "consulted_on": "31/31/2026", "consultee": "Kept"})
    shown = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Enter pounds" in shown
    assert "Enter a real date" in shown
    assert "Kept" in shown
    good = client.post(url, data={"asylum": "£1,250,000.50", "consultee": "Kept", "version": "1"})
    assert good.status_code == 303
    record = queries.find_record(here.round)
    assert record is not None
    session.refresh(record)
    assert record.spend == {KeyServiceLine.ASYLUM: "1250000.50"}
    assert "£1,250,000.50" in client.get(f"/decisions/rounds/{here.round.id}/papers").get_data(as_text=True)


def test_a_point_of_an_agreed_line_is_not_kept() -> None:
    here, first = made.recommended()
    acting_as(here.approver)
    points = {line.id: Point(DecisionKind.APPROVE, "Left over.") for line in first.lines}
    services.decide(first, kind=DecisionKind.REFER_BACK, reasons="Later.", points=points, by=here.approver)
    assert queries.list_points(here.round) == []


def test_a_round_of_another_authority_asks_for_what_is_not_known() -> None:
    here = made.scored()
    here.round.authority_decision = "25-00001"
    save(here.round)
    recommendation = made.recommend(here)
    record = made.ready(here)
    assert "£20,199,057" not in str(record.record)
    prompts = [
        gap for gap in queries.approval_gaps(record, recommendation, clock.today()) if "prompt" in gap.text
    ]
    assert {gap.field for gap in prompts} >= {"text_finance", "text_strategy", "text_equalities"}
