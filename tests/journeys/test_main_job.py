"""The portal's main job, from a visitor on the home page to a placement officer who finds a household and its price."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.factories import files
from tests.journeys import applying, judging
from tests.journeys.scene import (
    AGENCY,
    APPROVER,
    AUDITOR,
    COMMISSIONER,
    DAYS_TO_DEADLINE,
    KENT_EVALUATOR,
    MEDWAY_EVALUATOR,
    OFFICERS,
    PASSWORD,
    PLACEMENT_OFFICER,
    SECOND_COMMISSIONER,
    TITLE,
    Officer,
    set_scene,
)
from tests.support.live import Live
from tests.support.visitor import Checks, Visitor

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]

ADMINISTRATOR = ("Nadia Okafor", "nadia@hazelbrook.example")
BID_WRITER = ("Marcus Webb", "marcus@hazelbrook.example")
STANDSTILL = timedelta(days=15)  # past a last day that a weekend or bank holiday moves
SIGNED = timedelta(days=2)
# The journey ends so many days on.
LAST_DAY = date.today() + timedelta(days=DAYS_TO_DEADLINE + 1) + STANDSTILL + SIGNED
NEXT_MONTH = (LAST_DAY.replace(day=1) + timedelta(days=32)).replace(day=1)
KEEPER = ("Priya Lal", "priya@hazelbrook.example")
NAMING_AGENCIES = ("/organisations", "/audit-log")
KENT_REASON = "The panel’s weekly rhythm is convincing and evidenced."
MEDWAY_REASON = "It meets the need, though evidence from Medway is thin."
AGREED_REASON = "Good evidence throughout; Medway’s share of it is growing."
ADVANTAGES = "Strong matching, with a welcome book for every child, and support at all hours."
HOUSEHOLD = "HB-0142"
FEES = ("812.37", "837.37")
FEE_AGED_5_TO_10 = "£887.37"
LOWER_FEE = "870.00"
END_OF_FRAMEWORK = "31 March 2030"


def test_the_main_job(live: Live, visitor: Callable[..., Visitor], checks: Checks, tmp_path: Path) -> None:
    round_id = set_scene(live)
    administrator, writer, keeper = (visitor(who) for who in ("administrator", "writer", "keeper"))

    reads_what_the_framework_is(administrator)

    applying.registers_herself(administrator, *ADMINISTRATOR)
    applying.registers_the_agency(administrator, AGENCY.name[:9])
    applying.invites(administrator, BID_WRITER[1], "Bid writer")
    applying.accepts_an_invitation(writer, *BID_WRITER)
    council = {officer: signed_in(visitor, officer) for officer in OFFICERS}
    commissioner, second_commissioner = council[COMMISSIONER], council[SECOND_COMMISSIONER]
    evaluators = council[KENT_EVALUATOR], council[MEDWAY_EVALUATOR]
    verifies_the_agency(commissioner)
    looks_at_the_round(commissioner, round_id)

    reference = writes_and_submits(writer, tmp_path)

    secrets = Secrets(reference)
    for officer in council.values():
        finds_nobody_who_applied(officer, round_id, secrets)
    live.travel(timedelta(days=DAYS_TO_DEADLINE, minutes=1))
    for officer in council.values():
        finds_nobody_who_applied(officer, round_id, secrets)
    judging.asks_for_opening(commissioner, round_id)
    judging.confirms_opening(second_commissioner, round_id)

    for officer in (commissioner, *evaluators):
        judging.declares_no_conflict(officer, round_id)
    judging.checks_compliance(commissioner, round_id)
    judging.assigns_evaluators(commissioner, round_id)
    judging.scores_everything(evaluators[0], 5, KENT_REASON)
    finds_nothing(evaluators[1], KENT_REASON)
    judging.scores_everything(evaluators[1], 3, MEDWAY_REASON)
    for officer in council.values():
        finds_nothing(officer, *FEES)
    judging.agrees_every_score(commissioner, round_id, 4, AGREED_REASON)
    for officer in council.values():
        finds_nothing(officer, *FEES)
    judging.locks_quality(commissioner, round_id)
    commissioner.follow(AGENCY.legal_name)
    commissioner.sees(FEES[0])

    judging.recommends(commissioner, round_id, ADVANTAGES)
    judging.completes_the_papers(commissioner, round_id)
    cannot_decide(commissioner, round_id)
    judging.approves(council[APPROVER], round_id)
    judging.sends_the_notices(commissioner, round_id)
    reads_the_outcome(writer)
    live.travel(STANDSTILL)
    judging.concludes_the_round(commissioner, round_id)
    live.wait_for_job("agreements.offer_for_round")

    signs_the_agreement(administrator)
    countersigns(commissioner)
    live.travel(SIGNED)

    applying.invites(administrator, KEEPER[1], "Placements lead", "Finance lead")
    applying.accepts_an_invitation(keeper, *KEEPER)
    adds_a_household(keeper)
    lowers_a_price(keeper)
    finds_the_household(council[PLACEMENT_OFFICER])
    for page in ("/audit-log", "/access-register", "/members"):
        council[AUDITOR].go(page)
    commissioner.go(f"/evaluations/rounds/{round_id}")
    commissioner.check_again("concluded")

    assert "whole" in live.command("audit", "verify")
    loads = sum(one.loads for one in (administrator, writer, keeper))
    print(f"\nThe provider's people loaded {loads} pages.")
    print(f"axe checked {len(checks.pages)} pages at two widths: {len(checks.violations)} violations.")


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


def looks_at_the_round(commissioner: Visitor, round_id: str) -> None:
    commissioner.go("/rounds")
    commissioner.follow(TITLE)
    for page in ("questions", "extend", "cancel", "opening"):
        commissioner.go(f"/rounds/{round_id}/{page}")
    for page in ("/rounds/new", "/agreements", "/prices", "/audit-log"):
        commissioner.go(page)


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
    mistypes_a_price(writer)
    applying.fills_in_the_prices(writer)
    applying.checks_signs_and_submits(writer, reference)
    return reference


def mistypes_a_price(writer: Visitor) -> None:
    """The error stands beside its field, with what was typed."""
    writer.is_at("Standard")
    first = writer.page.get_by_label("weekly fee in pounds").first
    first.fill("eight hundred")
    writer.press("Save and continue")
    writer.sees("There is a problem")
    expect(first).to_have_value("eight hundred")
    writer.check_again("errors")
    writer.follow("Price schedule")
    writer.follow("Standard")


def sees_an_upload_progress(writer: Visitor, file: Path) -> None:
    """On a slow line the progress shows a true figure between nothing and all."""
    file.write_bytes(files.pdf(bytes_of_metadata=600_000))
    network = writer.context.new_cdp_session(writer.page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 300_000}
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", slow)
    panel = applying.document_panel(writer, "Statement of purpose")
    panel.get_by_label("Upload a file").set_input_files(file)
    expect(panel.get_by_role("progressbar")).to_be_visible()
    expect(panel.get_by_text(re.compile(r"^[1-9]\d?% \(\d+ KB of \d+ KB\)"))).to_be_visible()
    expect(panel.locator(".app-files").get_by_text(file.name).first).to_be_visible()
    network.send("Network.emulateNetworkConditions", slow | {"uploadThroughput": -1})
    network.detach()


@dataclass(frozen=True)
class Secrets:
    """What would tell who applied, or what the application says."""

    reference: str

    @property
    def everywhere(self) -> tuple[str, ...]:
        return (self.reference, applying.DISTINCTIVE)

    @property
    def elsewhere(self) -> tuple[str, ...]:
        return (*self.everywhere, AGENCY.name, AGENCY.legal_name, AGENCY.urn, *BID_WRITER)


def finds_nobody_who_applied(officer: Visitor, round_id: str, secrets: Secrets) -> None:
    """Whatever page this officer can reach, there is the number of applications and no more.

    Which agencies have registered is no secret: their own pages, and the log of their registering, name them.
    """
    pages = officer.reads_everything(leaving_out=("/sent-mail",))
    for path, text in pages.items():
        sought = secrets.everywhere if path.startswith(NAMING_AGENCIES) else secrets.elsewhere
        told = [secret for secret in sought if secret in text]
        assert not told, f"{officer.name} reads {told} on {path}"
    letter_box = officer.context.request.get(f"/sent-mail?to={BID_WRITER[1]}").text()
    assert "submitted" not in letter_box


def finds_nothing(officer: Visitor, *secrets: str) -> None:
    """No page that this officer can reach holds these words."""
    for path, text in officer.reads_everything(leaving_out=("/sent-mail",)).items():
        told = [secret for secret in secrets if secret in text]
        assert not told, f"{officer.name} reads {told} on {path}"


def cannot_decide(commissioner: Visitor, round_id: str) -> None:
    commissioner.go(f"/decisions/rounds/{round_id}")
    expect(commissioner.page.get_by_role("button", name="Record my decision")).to_have_count(0)


def reads_the_outcome(writer: Visitor) -> None:
    """The provider reads its outcome, its scores and the reasons."""
    writer.go("/start")
    writer.follow(re.compile("^Read your decision notice"))
    for text in ("Admitted", "Score 4 out of 5", AGREED_REASON, "Standstill ends"):
        writer.sees(text)


def signs_the_agreement(administrator: Visitor) -> None:
    """The worker has offered it; it ends when the framework ends."""
    administrator.go("/agreements")
    expect(administrator.page.get_by_role("link", name=AGENCY.name)).to_be_visible()
    administrator.follow(AGENCY.name)
    administrator.sees(re.compile(f"^{END_OF_FRAMEWORK}, with the framework"))
    administrator.follow("Sign the agreement")
    administrator.fill("Full name", ADMINISTRATOR[0])
    administrator.fill("Position", "Director")
    administrator.fill("Your password", applying.PASSWORD)
    administrator.choose(re.compile("^I have authority to sign"))
    administrator.press("Sign the agreement")


def countersigns(commissioner: Visitor) -> None:
    commissioner.go("/agreements")
    commissioner.follow(AGENCY.name)
    commissioner.follow("Countersign")
    commissioner.choose(re.compile("^I have authority to sign"))
    commissioner.press("Countersign")


def adds_a_household(keeper: Visitor) -> None:
    """A household with one free place, confirmed at once."""
    keeper.go("/vacancies")
    keeper.follow("Add a household")
    keeper.fill("Your reference for this household", HOUSEHOLD)
    keeper.select("District", "Swale")
    keeper.fill("First part of the postcode", "ME10")
    keeper.fill("Places approved for", "2")
    keeper.fill("Children placed now", "1")
    keeper.fill("Places free", "1")
    keeper.fill("Available from", date.today().isoformat())
    keeper.fill("Youngest age", "5")
    keeper.fill("Oldest age", "12")
    keeper.choose("Any child")
    keeper.fill("Brothers and sisters together, up to", "1")
    keeper.choose("Standard", within=keeper.group("Placement types"))
    keeper.choose("Standard", within=keeper.group("Levels of need the carers can meet"))
    keeper.press("Add household")
    keeper.go("/vacancies")
    keeper.press_in_place(re.compile("^Nothing has changed for"))
    keeper.sees("Fresh")
    changes_it_in_place(keeper)
    keeper.check_again("one household")
    keeper.follow(HOUSEHOLD)


def changes_it_in_place(keeper: Visitor) -> None:
    """A figure is typed and saves itself, is taken back, and a cell opens in its row."""
    figure = keeper.page.get_by_label(f"Placed now, {HOUSEHOLD}", exact=True)
    figure.fill("0")
    figure.press("Tab")
    keeper.sees("Placed now from 1 to 0")
    keeper.press_in_place(re.compile("^Undo for"))
    keeper.sees("Undone")
    expect(figure).to_have_value("1")
    keeper.page.locator("[data-cell=ages] a").click()
    keeper.fill("Oldest age", "3")
    keeper.press_in_place(re.compile("^Save ages"))
    keeper.sees(re.compile("The oldest age must be from the youngest age"))


def lowers_a_price(keeper: Visitor) -> None:
    """One price falls from next month, as a new version; until then the old one is in force."""
    keeper.go("/prices")
    keeper.follow("Lower a price")
    keeper.fill("From which date", NEXT_MONTH.isoformat())
    keeper.fill(re.compile("^Standard, Standard, .*5 to 10"), LOWER_FEE)
    keeper.fill("Why you are lowering these prices", "Two more households share the cost of support.")
    keeper.press("Check the changes")
    keeper.press("Lower this price")
    keeper.sees(f"£{LOWER_FEE}")
    keeper.go("/prices")
    keeper.follow("All versions")


def finds_the_household(placement_officer: Visitor) -> None:
    """By age, district, type and category; with its price today and its grade."""
    placement_officer.go("/start")
    placement_officer.follow("Find a placement")
    placement_officer.fill("Age", "8")
    placement_officer.choose("Girl")
    placement_officer.select("Type of placement", "Standard")
    placement_officer.select("Level of need", "Standard")
    placement_officer.choose("Swale")
    placement_officer.press_in_place("Search")
    for text in (HOUSEHOLD, AGENCY.name, FEE_AGED_5_TO_10, "Good", "1 household fits"):
        placement_officer.sees(text)
    placement_officer.check_again("results")
    placement_officer.follow(HOUSEHOLD)
    placement_officer.sees(FEE_AGED_5_TO_10)
