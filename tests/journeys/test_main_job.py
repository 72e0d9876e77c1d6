"""The portal's main job, from a visitor on the home page to a placement officer who finds a household with its price."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.factories import files
from tests.journeys import applying
from tests.journeys.scene import AGENCY, AUDITOR, COMMISSIONER, OFFICERS, PASSWORD, TITLE, Officer, set_scene
from tests.support.live import Live
from tests.support.visitor import Checks, Visitor

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]

ADMINISTRATOR = ("Nadia Okafor", "nadia@hazelbrook.example")
BID_WRITER = ("Marcus Webb", "marcus@hazelbrook.example")


def test_the_main_job(live: Live, visitor: Callable[..., Visitor], checks: Checks, tmp_path: Path) -> None:
    round_id = set_scene(live)
    administrator, writer = visitor("administrator"), visitor("writer")

    reads_what_the_framework_is(administrator)

    applying.registers_herself(administrator, *ADMINISTRATOR)
    applying.registers_the_agency(administrator, AGENCY.name[:9])
    applying.invites(administrator, BID_WRITER[1], "Bid writer")
    applying.accepts_an_invitation(writer, *BID_WRITER)
    commissioner = signed_in(visitor, COMMISSIONER)
    verifies_the_agency(commissioner)

    reference = writes_and_submits(writer, tmp_path)
    secrets = (reference, applying.DISTINCTIVE, *BID_WRITER, AGENCY.name, AGENCY.legal_name, AGENCY.urn)
    council = {officer: signed_in(visitor, officer) for officer in OFFICERS}
    for officer in council.values():
        finds_nobody_who_applied(officer, secrets)


def signed_in(visitor: Callable[..., Visitor], officer: Officer) -> Visitor:
    """A browser in which this officer is signed in."""
    made = visitor(officer.who)
    made.sign_in(officer.email, PASSWORD)
    return made


def reads_what_the_framework_is(visitor: Visitor) -> None:
    visitor.go("/")
    visitor.is_at("Provide foster homes for children in Kent and Medway")
    for text in ("What the framework is", "What it takes to apply", TITLE, "Deadline", "Agreements start"):
        visitor.sees(text)
    visitor.follow(re.compile("^See this round"))
    visitor.sees("How applications are scored")
    visitor.follow("Read all the questions")
    for page in ("/how-to-apply", "/framework/rounds", "/members", "/contact", "/accessibility", "/privacy"):
        visitor.go(page)


def verifies_the_agency(commissioner: Visitor) -> None:
    commissioner.go("/organisations")
    commissioner.follow(AGENCY.legal_name)
    commissioner.follow("Verify or refuse")
    commissioner.page.get_by_role("radio").first.check()
    commissioner.fill("Reason", "Name, number and town agree with Ofsted’s register.")
    commissioner.press("Save the finding")
    commissioner.sees("Verified")


def writes_and_submits(writer: Visitor, folder: Path) -> str:
    """The bid writer's whole work, with a night in the middle. Returns the application's reference."""
    reference = applying.starts_the_application(writer)
    applying.fills_in_the_organisation(writer)
    applying.answers_the_selection_questionnaire(writer)
    writer.sign_out()

    writer.sign_in(BID_WRITER[1], PASSWORD)
    applying.opens_the_application(writer)
    writer.sees(reference)
    writer.follow("Your organisation")
    expect(writer.page.get_by_label(re.compile("registered manager"))).to_have_value("Imogen Hartley")
    writer.press("Save and continue")
    writer.press("Save and continue")
    applying.meets_the_conditions(writer)
    sees_an_upload_progress(writer, folder / "Hazelbrook statement of purpose.pdf")
    applying.uploads_the_documents(writer, folder / "papers")
    writer.follow("Continue")
    applying.answers_the_quality_questions(writer)
    applying.fills_in_the_prices(writer)
    applying.opens_the_application(writer)
    applying.checks_signs_and_submits(writer, reference)
    return reference


def sees_an_upload_progress(writer: Visitor, file: Path) -> None:
    """On a slow line the progress shows a true figure between nothing and all."""
    file.write_bytes(files.pdf(bytes_of_metadata=600_000))
    network = writer.context.new_cdp_session(writer.page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 300_000}
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", slow)
    panel = applying.document_panel(writer, "Statement of purpose")
    panel.get_by_label("Upload a file").set_input_files(file)
    panel.get_by_role("button", name="Upload", exact=True).click()
    expect(panel.get_by_role("progressbar")).to_be_visible()
    expect(panel.get_by_text(re.compile(r"^[1-9]\d?% \(\d+ KB of \d+ KB\)"))).to_be_visible()
    expect(panel.get_by_text(file.name).first).to_be_visible()
    network.send("Network.emulateNetworkConditions", slow | {"uploadThroughput": -1})
    network.detach()


def finds_nobody_who_applied(officer: Visitor, secrets: tuple[str, ...]) -> None:
    """Whatever page this officer can reach, there is the number of applications and no more.

    Which agencies have registered is no secret, so their own pages may name them.
    """
    for path, text in officer.reads_everything(leaving_out=("/sent-mail",)).items():
        sought = secrets[:2] if path.startswith("/organisations") else secrets
        told = [secret for secret in sought if secret in text]
        assert not told, f"{officer.name} reads {told} on {path}"
