"""Scoring in a browser by keys: one digit, the reason, Ctrl+Enter; saved while typing, kept without a connection."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from portal.core.db import session
from portal.evaluations.models import EvaluationSheet
from tests.factories.accounts import PASSWORD, _hash
from tests.factories.evaluations import case, scores
from tests.support.acting import as_worker
from tests.support.live import Live
from tests.support.visitor import Visitor

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]

KEPT = "() => Object.keys(localStorage).filter(key => key.startsWith('portal.draft.')).length"


def set_desk(live: Live) -> tuple[str, list[str]]:
    """An evaluator with one blank sheet: their email, and the paths of its first scores."""
    with live.in_process():
        here = case("evaluating")
        evaluator = here.evaluators[0]
        with as_worker():
            evaluator.password_hash = _hash(PASSWORD)
            sheet = session.query(EvaluationSheet).filter_by(evaluator_id=evaluator.id).one()
        session.commit()
        return evaluator.email, [f"/evaluations/scores/{one.id}" for one in scores(sheet)]


def test_scoring_by_keys_saved_while_typing_and_without_a_connection(
    live: Live, visitor: Callable[..., Visitor]
) -> None:
    email, paths = set_desk(live)
    evaluator = visitor("evaluator")
    evaluator.sign_in(email, PASSWORD)
    evaluator.go(paths[0])
    page, reason = evaluator.page, evaluator.page.get_by_label("Reason for your score")
    saved = page.locator("[data-save-slot]")

    page.keyboard.press("3")
    expect(page.get_by_label(re.compile("^3 –"))).to_be_checked()
    expect(reason).to_be_focused()
    expect(saved).to_contain_text("once it has a reason")
    page.keyboard.type("It names 2 checks.")  # a digit that is typed stays text
    expect(reason).to_have_value("It names 2 checks.")
    expect(page.get_by_label(re.compile("^3 –"))).to_be_checked()
    expect(saved).to_contain_text("Score, reason and notes saved at")
    evaluator.check_again("saved")

    evaluator.context.set_offline(True)
    page.keyboard.type(" And whose.")
    expect(saved).to_contain_text("Not saved: no connection")
    assert page.evaluate(KEPT) == 1
    evaluator.context.set_offline(False)
    expect(saved).to_contain_text("saved at")
    assert page.evaluate(KEPT) == 0

    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**{paths[1]}")
    evaluator.check_again("next")
    page.get_by_role("button", name="Turn number keys off").click()
    page.locator("h1").click()
    page.keyboard.press("4")
    expect(page.get_by_label(re.compile("^4 –"))).not_to_be_checked()
    evaluator.go(paths[0])
    expect(page.get_by_label("Reason for your score")).to_have_value("It names 2 checks. And whose.")
    expect(page.get_by_role("button", name="Turn number keys on")).to_be_visible()
