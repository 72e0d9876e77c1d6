"""A score that saves itself: said beside it, never over another tab's, nothing once it is finished (rule 5)."""

from __future__ import annotations

from typing import Any

from portal.core.db import session
from portal.evaluations import services
from portal.evaluations.models import Score
from tests.evaluations.test_rules import sheet_of
from tests.factories import evaluations as made
from tests.factories.evaluations import case
from tests.support.acting import acting_as, as_worker


def stored(score_id: Any) -> tuple[int | None, str, str, int]:
    session.expire_all()
    with as_worker():
        score = session.get_one(Score, score_id)
        return score.value, score.reason, score.working_notes, score.version


def test_what_is_typed_is_saved_and_said(client: Any) -> None:
    here = case("evaluating")
    score_id = made.scores(sheet_of(here))[0].id
    page = f"/evaluations/scores/{score_id}/autosave"
    client.sign_in(here.evaluators[0])
    draft = client.post(page, data={"reason": "Half a thought.", "version": "1"})
    assert draft.status_code == 200
    assert 'data-save-state="saved" data-seen="2"' in draft.get_data(as_text=True)
    assert "Draft without a score saved at" in draft.get_data(as_text=True)
    whole = {"value": "0", "reason": "A whole one.", "working_notes": "See page 3.", "version": "2"}
    assert "Score, reason and notes saved at" in client.post(page, data=whole).get_data(as_text=True)
    assert stored(score_id) == (0, "A whole one.", "See page 3.", 3)


def test_rule_05_a_score_without_its_reason_waits(client: Any) -> None:
    here = case("evaluating")
    score_id = made.scores(sheet_of(here))[0].id
    client.sign_in(here.evaluators[0])
    data = {"value": "4", "reason": " ", "working_notes": "A note.", "version": "1"}
    answer = client.post(f"/evaluations/scores/{score_id}/autosave", data=data)
    assert 'data-save-state="invalid"' in answer.get_data(as_text=True)
    assert "once it has a reason" in answer.get_data(as_text=True)
    assert stored(score_id) == (None, "", "", 1)


def test_two_tabs_choose_and_nothing_is_overwritten_unseen(client: Any) -> None:
    here = case("evaluating")
    score_id = made.scores(sheet_of(here))[0].id
    page = f"/evaluations/scores/{score_id}"
    client.sign_in(here.evaluators[0])
    first = {"value": "2", "reason": "From the first tab.", "version": "1"}
    assert client.post(f"{page}/autosave", data=first).status_code == 200
    second = {"value": "5", "reason": "From the second tab.", "version": "1"}
    late = client.post(f"{page}/autosave", data=second)
    assert late.status_code == 409
    shown = late.get_data(as_text=True)
    assert 'data-save-state="conflict"' in shown
    assert "From the first tab." in shown
    assert 'name="against" value="2"' in shown
    assert stored(score_id)[:2] == (2, "From the first tab.")
    theirs = client.post(page, data={**second, "keep-score": "theirs", "against": "2"})
    assert theirs.status_code == 303
    assert stored(score_id)[:2] == (2, "From the first tab.")
    mine = client.post(page, data={**second, "keep-score": "mine", "against": "2"})
    assert mine.status_code == 303
    assert stored(score_id)[:2] == (5, "From the second tab.")


def test_rule_05_nothing_saves_itself_once_the_sheet_is_finished(client: Any) -> None:
    here = case("evaluating", finished=True)
    sheet = sheet_of(here)
    score_id = made.scores(sheet)[0].id
    before = stored(score_id)
    client.sign_in(here.evaluators[0])
    data = {"value": "1", "reason": "Too late.", "version": "1"}
    assert client.post(f"/evaluations/scores/{score_id}/autosave", data=data).status_code == 403
    assert client.post(f"/evaluations/scores/{score_id}", data=data).status_code == 403
    assert stored(score_id) == before


def test_rule_04_nobody_saves_or_reads_through_anothers_score(client: Any) -> None:
    here = case("evaluating")
    score = made.scores(sheet_of(here))[0]
    score_id = score.id
    acting_as(here.evaluators[0])
    services.save_score(score, value=3, reason="Mine alone.", by=here.evaluators[0])
    session.commit()
    for person in (here.evaluators[1], here.commissioner, here.approver):
        client.sign_in(person)
        answer = client.post(
            f"/evaluations/scores/{score_id}/autosave", data={"reason": "Not mine.", "version": "1"}
        )
        assert answer.status_code in {403, 404}
        assert "Mine alone." not in answer.get_data(as_text=True)
