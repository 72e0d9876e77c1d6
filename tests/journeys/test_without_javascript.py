"""Everything works without JavaScript: a provider from registering to the receipt, an evaluator's scoring."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.journeys import applying, judging
from tests.journeys.scene import (
    AGENCY,
    COMMISSIONER,
    DAYS_TO_DEADLINE,
    KENT_EVALUATOR,
    MEDWAY_EVALUATOR,
    PASSWORD,
    SECOND_COMMISSIONER,
    set_scene,
)
from tests.support.live import Live
from tests.support.visitor import Visitor

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]


def test_applying_and_scoring_without_javascript(
    live: Live, visitor: Callable[..., Visitor], tmp_path: Path
) -> None:
    round_id = set_scene(live)
    provider = visitor("provider", java_script_enabled=False)
    applying.registers_herself(provider, "Nadia Okafor", "nadia@hazelbrook.example")
    applying.registers_the_agency(provider, AGENCY.urn)
    reference = applying.starts_the_application(provider)
    applying.fills_in_the_organisation(provider)
    applying.answers_the_selection_questionnaire(provider)
    applying.meets_the_conditions(provider)
    applying.uploads_the_documents(provider, tmp_path / "papers")
    provider.follow("Continue")
    applying.answers_the_quality_questions(provider)
    applying.fills_in_the_prices(provider)
    applying.checks_signs_and_submits(provider, reference, at_once=True)

    officers = (COMMISSIONER, SECOND_COMMISSIONER, KENT_EVALUATOR, MEDWAY_EVALUATOR)
    commissioner, second_commissioner, *evaluators = (
        visitor(officer.who, java_script_enabled=False) for officer in officers
    )
    for browser, officer in zip((commissioner, second_commissioner, *evaluators), officers, strict=True):
        browser.sign_in(officer.email, PASSWORD)
    live.travel(timedelta(days=DAYS_TO_DEADLINE, minutes=1))
    judging.asks_for_opening(commissioner, round_id)
    judging.confirms_opening(second_commissioner, round_id)
    for officer in (commissioner, *evaluators):
        judging.declares_no_conflict(officer, round_id)
    judging.checks_compliance(commissioner, round_id)
    judging.assigns_evaluators(commissioner, round_id)
    judging.scores_everything(evaluators[0], 4, "Good evidence in every part of the answer.")
