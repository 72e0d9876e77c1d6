"""What a provider's people do in a browser, from registering to the receipt; with JavaScript or without."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.factories import files
from tests.journeys.scene import AGENCY, PASSWORD, TITLE
from tests.support.visitor import Visitor

ORGANISATION = {
    "Who should we contact": "Marcus Webb, bid manager",
    "telephone number": "01632 960123",
    "registered manager": "Imogen Hartley",
    "responsible individual": "Samuel Oduya",
    "branches": "Whitstable and Rochester, each with a supervising team.",
    "carer households have you approved": "42",
    "households live in Kent or Medway": "31",
    "directors": "Samuel Oduya\nMarguerite Vance",
}
# Words that stand nowhere but in this application.
DISTINCTIVE = "a marmalade-coloured welcome book for every child"
QUALITY = {
    "match children to carers": f"Our matching panel meets each Tuesday and prepares {DISTINCTIVE}.",
    "keep children safe": "A safeguarding lead is on duty at all hours, and every concern is reviewed within a day.",
    "recruit, train and keep": "Carers train for twelve days in their first year and meet a mentor each month.",
    "education and health": "Each child has a personal education plan and a named nurse.",
    "hardest to place": "Nine households are approved for brothers and sisters, and six for teenagers.",
    "out of hours": "A supervising social worker answers within ten minutes, at night too.",
    "work with Kent and Medway": "We send vacancies weekly and attend the quarterly provider meeting.",
    "social value": "We train care leavers as paid youth workers, eight each year.",
}
CONDITIONS = {
    "registration with Ofsted active": "Yes",
    "overall judgement": "Good",
    "employers’ liability": "Yes, we have it",
    "public liability": "Yes, we have it",
    "professional indemnity": "No, but we will have it on award",
    "claims of abuse": "Yes, it does",
    "modern slavery statement": "Our turnover is below £36 million",
    "safeguarding policy": "Yes",
    "safer recruitment policy": "Yes",
}
FIRST_FEE = Decimal("812.37")


def registers_herself(visitor: Visitor, name: str, email: str) -> None:
    """From the home page to a confirmed account, signed in."""
    visitor.go("/")
    visitor.follow("Start an application")
    visitor.fill("Full name", name)
    visitor.fill("Email address", email)
    visitor.fill("Password", PASSWORD)
    visitor.press("Register")
    visitor.is_at("Check your email")
    visitor.opens_letter(email, "/confirm-email/")
    visitor.fill("Password", PASSWORD)
    visitor.press("Confirm and sign in")


def registers_the_agency(visitor: Visitor, search: str) -> None:
    """Finds the agency in Ofsted's register by its name or its number, and registers it."""
    visitor.go("/registration")
    visitor.fill("Ofsted URN, or name and town", search)
    visitor.press("Search")
    visitor.sees(f"URN {AGENCY.urn}")
    visitor.follow(AGENCY.name)
    expect(visitor.page.get_by_label("Legal name", exact=True)).to_have_value(AGENCY.legal_name)
    visitor.fill("Company number (optional)", "09912345")
    visitor.fill(re.compile("^Telephone"), "01632 960001")
    visitor.choose("No, we would be a new entrant")
    visitor.press("Register")


def invites(visitor: Visitor, email: str, *roles: str) -> None:
    """An administrator invites a colleague."""
    visitor.go("/organisations/yours")
    visitor.follow(AGENCY.name)
    visitor.follow("Invite a colleague")
    visitor.fill("Colleague's email address", email)
    for role in roles:
        visitor.choose(re.compile(f"^{role}:"))
    visitor.press("Send the invitation")
    visitor.sees(email)


def accepts_an_invitation(visitor: Visitor, name: str, email: str) -> None:
    """From the mailed link to an account of their own, signed in."""
    visitor.opens_letter(email, "/invitations/")
    visitor.sees(AGENCY.name)
    visitor.fill("Full name", name)
    visitor.fill("Password", PASSWORD)
    visitor.press("Accept and sign in")


def starts_the_application(visitor: Visitor) -> str:
    """Starts it in the open round, and returns its reference."""
    visitor.go("/applications")
    visitor.follow(re.compile("^Apply for"))
    visitor.press("Start the application")
    return reference_on(visitor)


def reference_on(visitor: Visitor) -> str:
    """The application's reference, as the page shows it."""
    found = re.search(r"KMF-\d{4}-\w{5}", visitor.page.inner_text("main"))
    assert found is not None
    return found.group()


def opens_the_application(visitor: Visitor) -> None:
    """From anywhere to the task list."""
    visitor.go("/applications")
    visitor.follow(TITLE)


def fills_in_the_organisation(visitor: Visitor) -> None:
    visitor.follow("Your organisation")
    for question, words in ORGANISATION.items():
        visitor.fill(re.compile(question), words)
    visitor.choose("No, we would be a new entrant")
    visitor.press("Save and continue")


def answers_the_selection_questionnaire(visitor: Visitor) -> None:
    visitor.is_at("Selection questionnaire")
    visitor.choose_everywhere("No")
    visitor.press("Save and continue")


def meets_the_conditions(visitor: Visitor) -> None:
    visitor.is_at("Conditions of participation")
    for question, choice in CONDITIONS.items():
        visitor.choose(choice, within=visitor.group(re.compile(question)))
    visitor.fill(re.compile("Information Commissioner"), "ZA123456")
    visitor.press("Save and continue")


def uploads_the_documents(visitor: Visitor, folder: Path) -> None:
    """One file for each document that is required and not there yet."""
    visitor.is_at("Documents")
    documents_page = visitor.page.url
    folder.mkdir(exist_ok=True)
    for place, title in enumerate(_missing_documents(visitor)):
        file = folder / f"Hazelbrook paper {place + 1}.pdf"
        file.write_bytes(files.pdf())
        upload(visitor, document_panel(visitor, title), file)
        if visitor.page.url != documents_page:
            visitor.go(documents_page)


def document_panel(visitor: Visitor, title: str) -> Locator:
    """The part of the page about one document."""
    heading = visitor.page.get_by_role("heading", name=title)
    return visitor.page.locator("section").filter(has=heading)


def upload(visitor: Visitor, panel: Locator, file: Path) -> None:
    """Chooses a file; with JavaScript it is uploaded at once and the list changes in place."""
    panel.get_by_label("Upload a file").set_input_files(file)
    if visitor.has_script:
        expect(panel.locator(".app-files").get_by_text(file.name).first).to_be_visible()
    else:
        visitor.press("Upload", within=panel)
        visitor.sees(file.name)


def answers_the_quality_questions(visitor: Visitor, answers: Mapping[str, str] = QUALITY) -> None:
    visitor.is_at("Quality")
    for question, words in answers.items():
        visitor.fill(re.compile(question), words)
    visitor.press("Save and continue")


def fills_in_the_prices(visitor: Visitor) -> None:
    """A fee for each standard placement, and no parent and child placements; on to checking the answers."""
    visitor.is_at("Standard")
    for place, fee in enumerate(visitor.page.get_by_label("weekly fee in pounds").all()):
        fee.fill(str(FIRST_FEE + place * 25))
    visitor.press("Save and continue")
    visitor.is_at("Parent and child")
    visitor.press("We offer none of these")


def checks_signs_and_submits(visitor: Visitor, reference: str, *, at_once: bool = False) -> None:
    """From the check of the answers to the receipt."""
    visitor.is_at("Check your answers")
    visitor.sees("Every question is ready")
    visitor.follow("Continue to the declaration")
    visitor.fill("Your full name", "Imogen Hartley")
    visitor.fill("Your position in the organisation", "Registered manager")
    visitor.choose(re.compile("^I have read this declaration"))
    if at_once:
        visitor.press("Sign and submit now")
    else:
        visitor.press("Sign the declaration")
        visitor.press("Submit the application")
    visitor.is_at("Application submitted")
    visitor.sees(reference)
    visitor.sees("(UK time)")
    visitor.sees(re.compile(r"^[0-9a-f]{64}$"))


def _missing_documents(visitor: Visitor) -> list[str]:
    panels = visitor.page.locator("section.app-panel").filter(has_text="No file uploaded yet")
    titles = panels.get_by_role("heading").all_inner_texts()
    return [title for title in titles if "(optional)" not in title]
