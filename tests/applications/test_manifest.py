"""The manifest: every part hashed behind a salt of its own, and provable by anybody who holds the receipt."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from decimal import Decimal

import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from portal.accounts.states import Council, Role
from portal.applications import queries, services
from portal.applications.models import Submission
from portal.applications.services import manifest
from portal.core.db import session
from tests.factories import accounts, applications
from tests.factories import frameworks as rounds
from tests.factories.evaluations import declaration
from tests.support.acting import acting_as

HEAD = manifest.head_of(number=1, received_at=datetime(2026, 5, 3, 10, 59, 7, tzinfo=UTC))


def content(answer="a", file_sha="0" * 64):
    file = {"id": "f", "name": "policy.pdf", "sha256": file_sha}
    question = {"id": "q", "number": "5.1", "answer": answer, "version": 1, "files": [file]}
    return {
        "sections": [{"id": "s", "title": "Quality", "questions": [question]}],
        "price_cells": [{"id": 1, "label": "Standard"}, {"id": 2, "label": "Complex"}],
    }


def texts(fees=None, **more):
    return manifest.list_texts(content(**more), HEAD, fees or {1: Decimal("700.00"), 2: None})


def test_the_same_content_is_always_the_same_text_and_any_change_another():
    base = texts()
    assert base == texts({2: None, 1: Decimal(700)})
    for other in (
        texts({1: Decimal("700.01"), 2: None}),
        texts({1: Decimal("700.00"), 2: Decimal("1.00")}),
        texts(answer="b"),
        texts(file_sha="1" * 64),
        manifest.list_texts(content(), HEAD | {"submission": 2}, {1: Decimal("700.00"), 2: None}),
    ):
        assert other != base
    assert [kind for kind, _, _ in base] == ["head", "answer", "file", "price", "price"]


def test_two_manifests_of_the_same_content_have_no_hash_in_common():
    """Otherwise equal prices of two applicants, or of two cells, would show."""
    fees = {1: Decimal("700.00"), 2: Decimal("700.00")}
    hashes = [part.sha256 for _ in range(2) for part in manifest.make_parts(content(), HEAD, fees)]
    assert len(set(hashes)) == len(hashes)


def test_a_price_cannot_be_guessed_from_what_is_kept_beside_the_answers():
    fees = {1: Decimal("700.00"), 2: None}
    parts = manifest.make_parts(content(), HEAD, fees)
    kept = manifest.manifest_of(parts)
    prices = [part for part in kept["parts"] if part["kind"] == "price"]
    assert [part["salt"] for part in prices] == [None, None]
    text = manifest.canonical({"cell": 1, "weekly_fee": "700.00"})
    guesses = {hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest() for salt in ("", "0" * 64)}
    assert prices[0]["sha256"] not in guesses
    assert set(manifest.price_salts(parts, fees)) == {1, 2}


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_can_be_hashed_and_found_again(answer):
    part = manifest.make_parts(content(answer=answer), HEAD, {})[1]
    assert json.loads(part.text)["answer"] == answer
    assert part.sha256 == hashlib.sha256(part.salt.encode() + b"\n" + part.text.encode()).hexdigest()


def test_the_downloaded_manifest_proves_every_part_alone(complete):
    """As docs/receipts.md says to do it, with nothing of the portal's."""
    complete.declare()
    submission = complete.submit()
    session.commit()
    acting_as(complete.writer)
    told = json.loads(services.write_manifest(complete.application, submission))
    for part in told["parts"]:
        assert hashlib.sha256(f"{part['salt']}\n{part['text']}".encode()).hexdigest() == part["sha256"]
    lines = "".join(f"{part['sha256']}\n" for part in told["parts"])
    assert hashlib.sha256(lines.encode()).hexdigest() == told["sha256"] == submission.sha256
    answers = [json.loads(part["text"]) for part in told["parts"] if part["kind"] == "answer"]
    assert {one["answer"] for one in answers if isinstance(one["answer"], str)} >= {"Larkspur House"}
    fees = {json.loads(part["text"])["weekly_fee"] for part in told["parts"] if part["kind"] == "price"}
    assert fees == {"750.00"}


def test_the_worked_example_of_the_documentation_is_right():
    from portal.config import ROOT

    text = (ROOT / "docs" / "receipts.md").read_text(encoding="utf-8")
    salt = re.search(r"salt='([0-9a-f]{64})'", text).group(1)
    part = re.search(r"text='(.*)'", text).group(1)
    shown = re.findall(r"^([0-9a-f]{64})  -$", text, re.MULTILINE)
    own = hashlib.sha256(f"{salt}\n{part}".encode()).hexdigest()
    assert shown[0] == own
    others = re.findall(r"^([0-9a-f]{64})$", text, re.MULTILINE)
    assert own in others
    assert shown[1] == manifest.hash_lines(others)


def test_rule_04_councils_read_no_price_salt_before_quality_is_locked():
    round_ = rounds.round_("evaluating")
    made = applications.application("submitted", round_=round_)
    officer = accounts.person(Role.COMMISSIONER, council=Council.KENT)
    declaration(made, officer)
    acting_as(officer)
    session.expire_all()
    application = queries.get_application(officer, made.id)
    submission = session.scalars(
        sa.select(Submission).where(Submission.application_id == application.id)
    ).one()
    salts = [part["salt"] for part in submission.manifest["parts"] if part["kind"] == "price"]
    assert salts
    assert set(salts) == {None}
    assert queries.list_submitted_prices(submission) == {}
