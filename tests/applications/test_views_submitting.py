"""The pages of prices, checking, signing, submitting, the receipt and withdrawing; the whole way once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
import sqlalchemy as sa

from portal.accounts.states import Council, Role
from portal.applications import queries
from portal.applications.forms import not_offered_field
from portal.applications.models import Submission
from portal.applications.services import price_field, stored_mark
from portal.core.db import session
from portal.frameworks.states import QuestionKind
from tests.factories import accounts, applications
from tests.factories import frameworks as rounds
from tests.support.acting import acting_as, travel

SIGNED = {"name": "Robin Fairweather", "position": "Director", "agrees": "y"}


def schedule(desk, code="standard"):
    acting_as(desk.writer)
    return queries.get_schedule(desk.application).of_type(code)


def grid(desk, fee="750", code="standard", **more):
    """What the page of a placement type sends with this fee in each of its boxes."""
    shown = schedule(desk, code)
    return {
        **{price_field(cell.id): fee for cell in shown.cells},
        **{f"seen-{cell.id}": stored_mark(shown.prices.get(cell.id)) for cell in shown.cells},
        **more,
    }


def test_prices_are_saved_for_a_placement_type(client, desk):
    client.sign_in(desk.writer)
    answer = client.post(f"{desk.address}/prices/standard", data=grid(desk, "£1,012.50"))
    assert answer.status_code == 303
    assert not schedule(desk).missing
    assert "1012.50" in client.get(f"{desk.address}/prices/standard").get_data(as_text=True)


def test_an_unusual_fee_is_asked_about_and_can_be_meant(client, desk):
    client.sign_in(desk.writer)
    asked = client.post(f"{desk.address}/prices/standard", data=grid(desk, "75"))
    text = asked.get_data(as_text=True)
    assert asked.status_code == 200
    assert "Are you sure?" in text
    assert 'value="75"' in text
    assert schedule(desk).missing
    confirmed = text.partition('name="confirmed"')[2].partition('value="')[2].partition('"')[0]
    other = client.post(f"{desk.address}/prices/standard", data=grid(desk, "76", confirmed=confirmed))
    assert "Are you sure?" in other.get_data(as_text=True)
    meant = client.post(f"{desk.address}/prices/standard", data=grid(desk, "75", confirmed=confirmed))
    assert meant.status_code == 303
    assert not schedule(desk).missing


def test_mistakes_in_prices_stand_beside_their_fields_with_what_was_typed(client, desk):
    client.sign_in(desk.writer)
    cells = schedule(desk).cells
    high = next(cell for cell in cells if cell.ceiling is not None)
    both = next(cell for cell in cells if cell.id != high.id)
    sent = grid(desk, "")
    sent |= {
        price_field(high.id): "1500.01",
        price_field(both.id): "eight hundred",
        not_offered_field(both.id): "y",
    }
    answer = client.post(f"{desk.address}/prices/standard", data=sent)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "ceiling of this round is £1,500.00" in text
    assert "not both" in text
    assert 'value="eight hundred"' in text
    assert f'href="#{price_field(both.id)}">{both.label}: Give a fee' in text


def test_a_type_that_is_not_offered_takes_one_press(client, desk):
    client.sign_in(desk.writer)
    assert client.post(f"{desk.address}/prices/standard", data=grid(desk, "", then="none")).status_code == 303
    assert set(schedule(desk).fees.values()) == {None}


def test_prices_a_colleague_changed_are_shown_beside_mine_and_the_rest_is_saved(client, desk):
    client.sign_in(desk.writer)
    first, second = schedule(desk).cells[:2]
    opened = grid(desk, "") | {price_field(first.id): "800", price_field(second.id): "810"}
    client.post(f"{desk.address}/prices/standard", data=grid(desk, "") | {price_field(first.id): "700"})
    answer = client.post(f"{desk.address}/prices/standard", data=opened)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert 'value="800"' in text
    assert f"{first.label}: another price was saved meanwhile" in text
    assert "Keep £800.00" in text
    assert "Keep £700.00" in text
    assert "Your other prices on this page are saved" in text
    fees = schedule(desk).fees
    assert (fees[first.id], fees[second.id]) == (Decimal(700), Decimal(810))


@pytest.mark.parametrize(("choice", "kept"), [("mine", 800), ("theirs", 700)])
def test_the_choice_between_two_prices_works_without_a_script(client, desk, choice, kept):
    client.sign_in(desk.writer)
    first = schedule(desk).cells[0]
    opened = grid(desk, "") | {price_field(first.id): "800"}
    client.post(f"{desk.address}/prices/standard", data=grid(desk, "") | {price_field(first.id): "700"})
    chosen = opened | {f"keep-{first.id}": choice, f"against-{first.id}": "700.00"}
    answer = client.post(f"{desk.address}/prices/standard", data=chosen)
    assert answer.location.endswith("/prices/standard")
    assert schedule(desk).fees == {first.id: Decimal(kept)}
    stale = chosen | {
        f"keep-{first.id}": "mine",
        f"against-{first.id}": "650.00",
        price_field(first.id): "900",
    }
    assert client.post(f"{desk.address}/prices/standard", data=stale).status_code == 409
    assert schedule(desk).fees == {first.id: Decimal(kept)}


def test_offering_none_does_not_undo_a_colleagues_price_unseen(client, desk):
    client.sign_in(desk.writer)
    first = schedule(desk).cells[0]
    opened = grid(desk, "", then="none")
    client.post(f"{desk.address}/prices/standard", data=grid(desk, "") | {price_field(first.id): "700"})
    answer = client.post(f"{desk.address}/prices/standard", data=opened)
    assert answer.status_code == 409
    assert "Keep not offered" in answer.get_data(as_text=True)
    assert schedule(desk).fees[first.id] == Decimal(700)
    assert set(schedule(desk).fees.values()) == {None, Decimal(700)}


def test_an_unknown_placement_type_is_not_found(client, desk):
    client.sign_in(desk.writer)
    assert client.get(f"{desk.address}/prices/treehouse").status_code == 404


def test_the_price_section_leads_to_the_schedule(client, desk):
    client.sign_in(desk.writer)
    section = next(one for one in queries.asked_sections(desk.round_) if one.kind == "price")
    answer = client.get(f"{desk.address}/sections/{section.id}")
    assert answer.location.endswith("/prices")


def test_saving_leads_through_what_is_not_priced_yet_to_the_check(client, desk):
    client.sign_in(desk.writer)
    sections = queries.asked_sections(desk.round_)
    before = next(one for one, after in pairwise(sections) if after.kind == "price")
    types = list(queries.get_schedule(desk.application).types)
    for code in types:
        onward = client.post(f"{desk.address}/sections/{before.id}", data={})
        assert onward.location.endswith(f"/prices/{code}")
        saved = client.post(f"{desk.address}/prices/{code}", data=grid(desk, code=code))
        later = types[types.index(code) + 1 :]
        assert saved.location.endswith(f"/prices/{later[0]}" if later else "/check")
    assert client.post(f"{desk.address}/sections/{before.id}", data={}).location.endswith("/prices")
    overview = client.get(f"{desk.address}/prices").get_data(as_text=True)
    assert f'href="{desk.address}/check"' in overview
    again = client.post(f"{desk.address}/prices/{types[0]}", data=grid(desk, "760"))
    assert again.location.endswith("/check")


def test_saving_prices_to_come_back_later_leads_to_the_overview(client, desk):
    client.sign_in(desk.writer)
    saved = client.post(f"{desk.address}/prices/standard", data=grid(desk, then="later"))
    assert saved.location == f"{desk.address}/prices"


def test_every_gap_is_linked(client, desk):
    client.sign_in(desk.writer)
    text = client.get(f"{desk.address}/check").get_data(as_text=True)
    acting_as(desk.writer)
    gaps = queries.get_progress(desk.application).gaps
    assert len(gaps) > 10
    for gap in gaps:
        if gap.question.kind != QuestionKind.PRICE_SCHEDULE:
            assert f"#question-{gap.question.id}" in text
    assert "Continue to the declaration" not in text


def test_from_signing_to_the_receipt(client, complete):
    client.sign_in(complete.writer)
    base = complete.address
    assert "Continue to the declaration" in client.get(f"{base}/check").get_data(as_text=True)
    signing = client.get(f"{base}/declaration").get_data(as_text=True)
    assert "true" in signing or "correct" in signing
    empty = client.post(f"{base}/declaration", data={"version": version(complete)})
    assert empty.status_code == 422
    assert "Give your position." in empty.get_data(as_text=True)
    assert (
        client.post(f"{base}/declaration", data={**SIGNED, "version": version(complete)}).status_code == 303
    )
    before = version(complete)
    assert client.post(f"{base}/submit", data={"version": before}).location == f"{base}/receipt"
    assert client.post(f"{base}/submit", data={"version": before}).location == f"{base}/receipt"
    submission = session.scalars(sa.select(Submission)).one()
    receipt = client.get(f"{base}/receipt").get_data(as_text=True)
    for shown in (complete.application.reference, submission.sha256, "(UK time)", "evidence for", "£750.00"):
        assert shown in receipt
    assert "has been submitted" in client.get(base).get_data(as_text=True)
    assert "Nothing has changed" in client.get(f"{base}/submit").get_data(as_text=True)


def sign_and_submit(client, desk, **more):
    return client.post(f"{desk.address}/declaration", data={**SIGNED, "then": "submit", **more})


def submissions_of(desk):
    acting_as(desk.writer)
    return queries.list_submissions(desk.application)


def test_signing_and_submitting_is_one_press_and_pressed_twice_one_submission(client, complete):
    client.sign_in(complete.writer)
    assert "Sign and submit now" in client.get(f"{complete.address}/declaration").get_data(as_text=True)
    seen = version(complete)
    for _ in range(2):
        answer = sign_and_submit(client, complete, version=seen)
        assert answer.location == f"{complete.address}/receipt"
    (submission,) = submissions_of(complete)
    assert (submission.declared_name, submission.declared_position) == ("Robin Fairweather", "Director")
    receipt = client.get(f"{complete.address}/receipt").get_data(as_text=True)
    assert "nothing was done twice" in receipt


def test_signing_again_in_another_name_submits_again(client, complete):
    client.sign_in(complete.writer)
    sign_and_submit(client, complete, version=version(complete))
    other = sign_and_submit(client, complete, name="Alex Rowntree", version=version(complete))
    assert other.location == f"{complete.address}/receipt"
    assert {one.declared_name for one in submissions_of(complete)} == {"Robin Fairweather", "Alex Rowntree"}


def test_what_cannot_be_signed_is_not_submitted_either(client, complete):
    client.sign_in(complete.writer)
    seen = version(complete)
    unnamed = sign_and_submit(client, complete, position="", version=seen)
    assert unnamed.status_code == 422
    assert "Give your position." in unnamed.get_data(as_text=True)
    acting_as(complete.writer)
    complete.declare()  # a colleague was quicker
    session.commit()
    stale = sign_and_submit(client, complete, name="Alex Rowntree", version=seen)
    assert stale.status_code == 409
    assert submissions_of(complete) == []
    session.refresh(complete.application)
    assert complete.application.declared_name == "Robin Fairweather"


def test_with_a_question_that_is_not_ready_nothing_is_signed_or_submitted(client, desk):
    client.sign_in(desk.writer)
    answer = sign_and_submit(client, desk, version=version(desk))
    assert answer.status_code == 409
    assert submissions_of(desk) == []
    session.refresh(desk.application)
    assert desk.application.declared_at is None


def test_signing_and_submitting_too_late_is_refused_and_kept_on_record(client, complete):
    client.sign_in(complete.writer)
    seen = version(complete)
    travel(timedelta(days=40))
    client.sign_in(complete.writer)
    late = sign_and_submit(client, complete, version=seen)
    assert late.status_code == 409
    acting_as(complete.writer)
    assert queries.get_late_attempt(complete.application) is not None
    assert submissions_of(complete) == []


def version(desk):
    acting_as(desk.writer)
    session.refresh(desk.application)
    return str(desk.application.version)


def test_a_working_copy_says_that_the_last_submission_stands(client, complete):
    applications.submission(complete.application, by=complete.writer)
    acting_as(complete.writer)
    session.expire_all()
    complete.save(complete.question(QuestionKind.SHORT_TEXT), "Renamed")
    session.commit()
    client.sign_in(complete.writer)
    text = client.get(complete.address).get_data(as_text=True)
    assert "Your last submission of" in text
    assert "stands" in text
    assert "Renamed" not in client.get(f"{complete.address}/receipt").get_data(as_text=True)
    assert "Changed since submitted" in client.get("/applications").get_data(as_text=True)


def test_withdrawing_asks_first(client, complete):
    client.sign_in(complete.writer)
    assert "Are you sure" in client.get(f"{complete.address}/withdraw").get_data(as_text=True)
    unsure = client.post(
        f"{complete.address}/withdraw", data={"version": version(complete), "reason": "A merger"}
    )
    assert unsure.status_code == 422
    assert "A merger</textarea>" in unsure.get_data(as_text=True)
    meant = {"version": version(complete), "reason": "A merger", "agrees": "y"}
    assert client.post(f"{complete.address}/withdraw", data=meant).status_code == 303
    assert complete.application.withdrawn_reason == "A merger"
    assert "Withdrawn on" in client.get(complete.address).get_data(as_text=True)
    again = client.post(f"{complete.address}/withdraw", data=meant | {"version": version(complete)})
    assert again.status_code == 409


def test_there_is_no_receipt_before_a_submission(client, desk):
    client.sign_in(desk.writer)
    assert client.get(f"{desk.address}/receipt").status_code == 404


def test_opening_by_two_officers_on_the_page(client):
    round_ = rounds.closed_round(questions=False)
    first, second = (accounts.person(Role.COMMISSIONER, council=Council.KENT) for _ in range(2))
    base = f"/rounds/{round_.id}/opening"
    client.sign_in(first)
    assert "Ask for the round to be opened" in client.get(base).get_data(as_text=True)
    assert client.post(f"{base}/request", data={"version": str(round_.version)}).status_code == 303
    assert "different commissioner" in client.get(base).get_data(as_text=True)
    session.refresh(round_)
    assert client.post(f"{base}/confirm", data={"version": str(round_.version)}).status_code == 403
    client.sign_in(second)
    assert "Confirm and open the round" in client.get(base).get_data(as_text=True)
    answer = client.post(f"{base}/confirm", data={"version": str(round_.version)})
    assert answer.location == f"/rounds/{round_.id}/applications"
    assert "No application was submitted" in client.get(answer.location).get_data(as_text=True)


def test_before_the_deadline_the_opening_page_shows_a_count_alone(client):
    round_ = rounds.round_()
    made = applications.application("submitted", round_=round_)
    reference, name = made.reference, made.organisation.legal_name
    client.sign_in(accounts.person(Role.AUDITOR, council=Council.MEDWAY))
    text = client.get(f"/rounds/{round_.id}/opening").get_data(as_text=True)
    assert "submitted and sealed" in text
    assert reference not in text
    assert name not in text
