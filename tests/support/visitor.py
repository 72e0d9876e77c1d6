"""A person at a real browser, whose every new page is checked for accessibility at two widths."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect

from portal.config import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}

RUN_AXE = """async (rules) => {
    const found = await axe.run(document, {runOnly: rules, resultTypes: ["violations"]});
    return found.violations.map(v => `${v.id}: ${v.help} — ${v.nodes.map(n => n.target.join(" ")).join("; ")}`);
}"""


class Visitor:
    """Goes, fills in, presses; counts page loads; remembers which pages were checked."""

    def __init__(self, browser: Browser, address: str, *, name: str, pictures: Path | None = None, **options: Any):
        self.address = address
        self.name = name
        self.pictures = pictures
        self.context = browser.new_context(viewport=DESKTOP, base_url=address, **options)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.loads = 0
        self.checked: set[str] = set()
        self.errors: list[str] = []
        self.page.on("domcontentloaded", self._count)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._note)

    def go(self, path: str) -> Page:
        """Open an address."""
        self.page.goto(path)
        self.check()
        return self.page

    def fill(self, label: str, value: str, **options: Any) -> None:
        self.page.get_by_label(label, exact=options.pop("exact", True), **options).first.fill(value)

    def choose(self, label: str, *, exact: bool = True) -> None:
        """Tick a radio button or checkbox by its label."""
        self.page.get_by_label(label, exact=exact).first.check()

    def select(self, label: str, option: str) -> None:
        self.page.get_by_label(label, exact=True).first.select_option(label=option)

    def press(self, name: str, *, exact: bool = True) -> None:
        """Press a button and wait for the page that follows."""
        self._follow(lambda: self.page.get_by_role("button", name=name, exact=exact).first.click())

    def follow(self, name: str, *, exact: bool = True) -> None:
        """Follow a link and wait for its page."""
        self._follow(lambda: self.page.get_by_role("link", name=name, exact=exact).first.click())

    def sees(self, text: str) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible()

    def sees_not(self, text: str) -> None:
        expect(self.page.get_by_text(text)).to_have_count(0)

    def sign_in(self, email: str, password: str) -> None:
        """Sign in by the form."""
        self.go("/sign-in")
        self.fill("Email address", email)
        self.page.get_by_label("Password", exact=True).first.fill(password)
        self.press("Sign in")

    def check(self) -> None:
        """No violation of WCAG 2.2 AA, and nothing wider than the window, on a page not yet checked."""
        kind = self._kind_of_page()
        if kind in self.checked:
            return
        self.checked.add(kind)
        for size in (PHONE, DESKTOP):
            self.page.set_viewport_size(size)
            self.page.evaluate(AXE.read_text(encoding="utf-8") + "; undefined")
            violations = self.page.evaluate(RUN_AXE, RULES)
            assert not violations, f"{self.page.url} at {size['width']}: {json.dumps(violations, indent=1)}"
            wide = self.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= size["width"], f"{self.page.url} is {wide} pixels wide at {size['width']}"
            self._take_picture(kind, size["width"])

    def close(self) -> None:
        self.context.close()
        assert not self.errors, f"{self.name}: {self.errors}"

    def _follow(self, act: Callable[[], None]) -> None:
        # htmx may answer in place; a plain page loads. Either way the page is at rest afterwards.
        act()
        self.page.wait_for_load_state("load")
        self.page.wait_for_load_state("networkidle")
        self.check()

    def _kind_of_page(self) -> str:
        parts = urlsplit(self.page.url).path.split("/")
        kind = "/".join("id" if len(part) == 36 and part.count("-") == 4 else part for part in parts)
        return f"{kind} {self.page.locator('h1').first.inner_text()}"

    def _take_picture(self, kind: str, width: int) -> None:
        if self.pictures is not None:
            name = kind.strip("/ ").replace("/", "-").replace(" ", "-")[:80]
            self.page.screenshot(path=self.pictures / f"{self.name}-{name}-{width}.png", full_page=True)

    def _count(self, _: Page) -> None:
        self.loads += 1

    def _note(self, message: Any) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.errors.append(message.text)
