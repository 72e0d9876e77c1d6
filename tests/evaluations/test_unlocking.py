"""A finished sheet is unlocked by a commissioner, with a reason, before consensus opens; by nothing else (rule 5)."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.core.db import session
from portal.core.errors import NotAllowed, Refused
from portal.evaluations import services
from portal.evaluations.models import SheetUnlocking
from portal.evaluations.queries import rounds_taken_part_in
from tests.evaluations.test_rules import sheet_of
from tests.factories import accounts
from tests.factories import evaluations as made
from tests.factories.evaluations import case
from tests.support.acting import acting_as

REASON = "Question 5.2 was scored against the wrong attachment."


def test_a_commissioner_unlocks_with_a_reason_and_the_evaluator_goes_on(client: Any) -> None:
    here = case("evaluating", finished=True)
    sheet, evaluator = sheet_of(here), here.evaluators[0]
    score = made.scores(sheet)[1]
    client.sign_in(here.commissioner)
    listed = client.get(f"/evaluations/rounds/{here.round.id}/finished-sheets").get_data(as_text=True)
    assert f"/evaluations/sheets/{sheet.id}/unlock" in listed
    assert "finds it convincing" not in listed
    page = f"/evaluations/sheets/{sheet.id}/unlock"
    assert client.post(page, data={"reason": " "}).status_code == 422
    assert client.post(page, data={"reason": REASON}).status_code == 303
    client.sign_in(evaluator)
    shown = client.get(f"/evaluations/sheets/{sheet.id}").get_data(as_text=True)
    assert REASON in shown
    assert "unlocked" in client.get("/notifications").get_data(as_text=True)
    data = {"value": "2", "reason": "On the right attachment.", "version": "1", "then": "next"}
    assert client.post(f"/evaluations/scores/{score.id}", data=data).status_code == 303
    assert client.post(f"/evaluations/sheets/{sheet.id}/finish").status_code == 303
    assert client.post(f"/evaluations/scores/{score.id}", data={**data, "version": "2"}).status_code == 403
    acting_as(here.commissioner)
    assert here.round.id in session.scalars(rounds_taken_part_in(here.commissioner)).all()


def test_who_may_not_unlock_and_when() -> None:
    here = case("evaluating", finished=True)
    sheet = sheet_of(here)
    own = accounts.person(Role.COMMISSIONER, Role.EVALUATOR)
    made.declaration(here.application, own)
    mine = made.sheet(here.application, own, by=here.commissioner, value=3)
    conflicted = accounts.person(Role.COMMISSIONER)
    made.declaration(here.application, conflicted, "An old colleague.")
    for thing, person in ((sheet, here.evaluators[1]), (mine, own), (sheet, conflicted)):
        acting_as(person)
        with pytest.raises(NotAllowed):
            services.unlock_sheet(thing, reason=REASON, by=person)
    later = case("consensus")
    acting_as(later.commissioner)
    with pytest.raises(NotAllowed, match="before consensus opens"):
        services.unlock_sheet(sheet_of(later), reason=REASON, by=later.commissioner)
    open_one = case("evaluating")
    acting_as(open_one.commissioner)
    with pytest.raises(Refused, match="not finished"):
        services.unlock_sheet(sheet_of(open_one), reason=REASON, by=open_one.commissioner)


def test_rule_05_no_finished_sheet_is_unlocked_without_its_record() -> None:
    here = case("evaluating", finished=True)
    sheet = sheet_of(here)
    acting_as(here.commissioner)
    unlock = sa.text("UPDATE evaluation_sheet SET finished_at = NULL WHERE id = :id")
    with pytest.raises(sa.exc.IntegrityError, match="never change"), session.begin_nested():
        session.execute(unlock, {"id": sheet.id})
    record = sa.text(
        "INSERT INTO sheet_unlocking (sheet_id, finished_at, reason, unlocked_by_id)"
        " SELECT id, finished_at, 'Mine.', :by FROM evaluation_sheet WHERE id = :id"
    )
    evaluator = here.evaluators[0]
    acting_as(evaluator)
    with pytest.raises(sa.exc.IntegrityError, match="before consensus opens"), session.begin_nested():
        session.execute(record, {"id": sheet.id, "by": evaluator.id})
    later = case("consensus")
    acting_as(later.commissioner)
    with pytest.raises(sa.exc.IntegrityError, match="before consensus opens"), session.begin_nested():
        session.execute(record, {"id": sheet_of(later).id, "by": later.commissioner.id})
    assert session.scalars(sa.select(SheetUnlocking)).all() == []
