"""The idle sign-out: a warning two minutes before, one action that extends, and nothing typed is lost.

The browser's clock is moved; the portal's own session is then ended by the page that the browser goes to.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys import applying
from tests.journeys.scene import AGENCY, PASSWORD, set_scene
from tests.support.live import Live
from tests.support.visitor import Visitor

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]

EMAIL = "nadia@hazelbrook.example"


def test_idle_warning_extending_and_expiry(live: Live, visitor: Callable[..., Visitor]) -> None:
    set_scene(live)
    provider = visitor("idle provider")
    page = provider.page
    page.clock.install()
    applying.registers_herself(provider, "Nadia Okafor", EMAIL)
    applying.registers_the_agency(provider, AGENCY.urn)
    applying.starts_the_application(provider)
    provider.follow("Your organisation")
    warning = page.get_by_role("dialog", name="Are you still there?")

    page.clock.fast_forward("27:30")
    expect(warning).to_be_hidden()
    page.clock.fast_forward("00:40")
    expect(warning).to_be_visible()
    expect(warning).to_contain_text("You will be signed out in 2 minutes.")
    provider.check_again("warning")
    warning.get_by_role("button", name="Stay signed in").click()
    expect(warning).to_be_hidden()

    page.clock.fast_forward("20:00")
    expect(warning).to_be_hidden()
    contact = page.get_by_label(re.compile("Who should we contact"))
    page.clock.fast_forward("09:00")
    expect(warning).to_be_visible()
    page.keyboard.press("Escape")
    expect(warning).to_be_hidden()
    # Had it saved itself, somebody would have been there: without a connection it cannot.
    page.route("**/answer", lambda route: route.abort())
    contact.fill("Marcus Webb, whose words must not be lost")
    page.clock.fast_forward("29:00")
    page.clock.fast_forward("01:10")
    provider.is_at("You are signed out")
    provider.follow("Sign in and go on")
    provider.fill("Email address", EMAIL)
    provider.fill("Password", PASSWORD)
    provider.press("Sign in")
    provider.is_at("Your organisation")
    expect(contact).to_have_value("Marcus Webb, whose words must not be lost")
