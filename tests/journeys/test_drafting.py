"""Writing an application in a browser: saved while typing, kept without a connection, never over a colleague's."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from playwright.sync_api import Locator, Page, expect

from portal.accounts.states import Role
from portal.core.db import session
from portal.providers.models import Organisation
from tests.factories import accounts
from tests.journeys import applying
from tests.journeys.scene import AGENCY, PASSWORD, set_scene
from tests.support.live import Live
from tests.support.visitor import Visitor

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]

CONTACT = re.compile("Who should we contact")
COLLEAGUE = "wilf@hazelbrook.example"
KEPT = "() => Object.keys(localStorage).filter(key => key.startsWith('portal.draft.')).length"


def answer_at(page: Page) -> Locator:
    """The part of the page about the question of whom to contact."""
    return page.locator("[data-autosave]").filter(has=page.get_by_label(CONTACT))


def begins(visitor: Visitor) -> None:
    applying.registers_herself(visitor, "Nadia Okafor", "nadia@hazelbrook.example")
    applying.registers_the_agency(visitor, AGENCY.urn)
    applying.starts_the_application(visitor)
    visitor.follow("Your organisation")


def hire_colleague(live: Live) -> None:
    with live.in_process():
        agency = session.scalars(sa.select(Organisation).where(Organisation.urn == AGENCY.urn)).one()
        accounts.person(
            Role.BID_WRITER, organisation=agency, full_name="Wilf Penhale", email=COLLEAGUE, password=PASSWORD
        )


def test_words_are_saved_while_typing_and_outlast_a_lost_connection(
    live: Live, visitor: Callable[..., Visitor]
) -> None:
    set_scene(live)
    provider = visitor("drafting provider")
    begins(provider)
    page, part = provider.page, answer_at(provider.page)
    page.get_by_label(CONTACT).press_sequentially("Marcus Webb")
    expect(part).to_contain_text("Saved at")
    expect(page.locator("[data-save-announcer]")).to_contain_text("saved")
    provider.check_again("saved")

    provider.context.set_offline(True)
    page.get_by_label(CONTACT).press_sequentially(", bid manager")
    expect(part).to_contain_text("Not saved: no connection")
    assert page.evaluate(KEPT) == 1
    provider.check_again("offline")
    provider.context.set_offline(False)
    expect(part).to_contain_text("Saved at")
    assert page.evaluate(KEPT) == 0

    provider.context.set_offline(True)
    page.get_by_label(CONTACT).press_sequentially(", whose words stay")
    expect(part).to_contain_text("Not saved: no connection")
    page.close()  # the browser is shut without a connection, and opened again with one
    provider.context.set_offline(False)
    provider.page = provider.context.new_page()
    applying.opens_the_application(provider)
    provider.follow("Your organisation")
    expect(answer_at(provider.page)).to_contain_text("Saved at")
    expect(provider.page.get_by_label(CONTACT)).to_have_value("Marcus Webb, bid manager, whose words stay")
    provider.page.reload()
    expect(provider.page.get_by_label(CONTACT)).to_have_value("Marcus Webb, bid manager, whose words stay")
    assert provider.page.evaluate(KEPT) == 0


def test_prices_are_saved_while_typing_and_outlast_a_lost_connection(
    live: Live, visitor: Callable[..., Visitor]
) -> None:
    set_scene(live)
    provider = visitor("pricing provider")
    begins(provider)
    page = provider.page
    provider.go(re.sub("/sections/.*", "/prices/standard", page.url))
    fees = page.get_by_label("weekly fee in pounds")
    cells = page.locator("[data-autosave]")
    fees.nth(0).press_sequentially("780.50")
    expect(cells.nth(0)).to_contain_text("Saved at")

    provider.context.set_offline(True)
    fees.nth(1).press_sequentially("79")
    expect(cells.nth(1)).to_contain_text("Not saved: no connection")
    assert page.evaluate(KEPT) == 1
    provider.context.set_offline(False)
    expect(cells.nth(1)).to_contain_text("Is £79.00 a week right?")
    assert page.evaluate(KEPT) == 0
    provider.check_again("prices saved")

    page.reload()
    expect(fees.nth(0)).to_have_value("780.50")
    expect(fees.nth(1)).to_have_value("79.00")
    provider.sees("by Nadia Okafor")


def test_two_colleagues_at_one_answer_see_both_texts_and_choose(
    live: Live, visitor: Callable[..., Visitor]
) -> None:
    set_scene(live)
    provider = visitor("first writer")
    begins(provider)
    hire_colleague(live)
    colleague = visitor("second writer")
    colleague.sign_in(COLLEAGUE, PASSWORD)
    applying.opens_the_application(colleague)
    colleague.follow("Your organisation")

    provider.page.get_by_label(CONTACT).fill("Marcus Webb")
    expect(answer_at(provider.page)).to_contain_text("Saved at")
    colleague.page.get_by_label(CONTACT).fill("Wilf Penhale")
    conflict = answer_at(colleague.page)
    expect(conflict).to_contain_text("Nadia Okafor saved another answer")
    expect(conflict).to_contain_text("Marcus Webb")
    expect(conflict).to_contain_text("Wilf Penhale")
    colleague.check_again("conflict")
    colleague.press("Keep both texts, to make one of them")
    expect(colleague.page.get_by_label(CONTACT)).to_have_value("Marcus Webb / Wilf Penhale")
    assert colleague.page.evaluate(KEPT) == 0

    provider.page.get_by_label(CONTACT).fill("Marcus Webb alone")
    expect(answer_at(provider.page)).to_contain_text("Wilf Penhale saved another answer")
    provider.press("Keep theirs")
    expect(provider.page.get_by_label(CONTACT)).to_have_value("Marcus Webb / Wilf Penhale")
    expect(answer_at(provider.page)).to_contain_text("by Wilf Penhale")


def test_text_kept_in_the_browser_is_gone_after_signing_out(
    live: Live, visitor: Callable[..., Visitor]
) -> None:
    set_scene(live)
    provider = visitor("leaving provider")
    begins(provider)
    provider.page.route("**/answer", lambda route: route.abort())
    provider.page.get_by_label(CONTACT).press_sequentially("Private words")
    expect(answer_at(provider.page)).to_contain_text("Not saved: no connection")
    assert provider.page.evaluate(KEPT) == 1
    provider.sign_out()
    assert provider.page.evaluate(KEPT) == 0


def test_pressing_save_while_an_answer_is_on_its_way_is_no_conflict(
    live: Live, visitor: Callable[..., Visitor]
) -> None:
    set_scene(live)
    provider = visitor("quick provider")
    begins(provider)
    provider.page.get_by_label(CONTACT).press_sequentially("Marcus Webb")
    provider.press("Save and come back later")
    provider.is_at("Autumn re-opening")
    provider.follow("Your organisation")
    expect(provider.page.get_by_label(CONTACT)).to_have_value("Marcus Webb")
    assert provider.page.evaluate(KEPT) == 0
