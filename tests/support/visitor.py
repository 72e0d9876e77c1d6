"""A person at a real browser, whose every new page is checked for accessibility at two widths."""

from __future__ import annotations

import html
import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from re import Pattern
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Locator, Page, Response, expect

from portal.config import ROOT

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MOST_PAGES = 400
# A busy machine is no fault of a page's; one that answers at once is not waited for.
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)

HEADING_AND_WHETHER_SIGNED_IN = """() => [
    document.querySelector("h1").innerText, document.querySelector("[data-sign-out]") !== null]"""

# What is folded away is checked too, then folded again.
RUN_AXE = """async (rules) => {
    const folded = [...document.querySelectorAll("details:not([open])")];
    folded.forEach(one => one.open = true);
    const found = await axe.run(document, {runOnly: rules, resultTypes: ["violations"]});
    const wide = document.documentElement.scrollWidth;
    folded.forEach(one => one.open = false);
    const violations = found.violations.map(
        v => `${v.id}: ${v.help} — ${v.nodes.map(n => n.target.join(" ")).join("; ")}`);
    return {violations, wide};
}"""


@dataclass
class Checks:
    """What was checked in one journey, and how. Signed-out pages are the same for everybody."""

    pages: set[tuple[str, str]] = field(default_factory=set)
    violations: list[str] = field(default_factory=list)
    pictures: Path | None = None


class Visitor:
    """Goes, fills in, presses; counts page loads. Without JavaScript nothing can be checked by axe."""

    def __init__(self, browser: Browser, address: str, *, name: str, checks: Checks, **options: Any):
        self.name = name
        self.checks = checks
        self.has_script = options.get("java_script_enabled", True)
        self.context = browser.new_context(
            viewport=DESKTOP, base_url=address, locale="en-GB", timezone_id="Europe/London", **options
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.set_default_navigation_timeout(PATIENCE_MS)
        self.loads = 0
        self.errors: list[str] = []
        self.page.on("domcontentloaded", self._count)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._note)

    def go(self, path: str) -> None:
        """Open an address."""
        self.page.goto(path)
        self.check()

    def fill(self, label: str | Pattern[str], value: str, *, within: Locator | None = None) -> None:
        """Type into the field with this label; a plain text must be the whole label."""
        (within or self.page).get_by_label(label, exact=True).first.fill(value)

    def choose(self, label: str | Pattern[str], *, within: Locator | None = None) -> None:
        """Tick a radio button or checkbox by its label."""
        (within or self.page).get_by_label(label, exact=True).first.check()

    def choose_everywhere(self, label: str) -> None:
        """Tick the choice of this label in every question of the page."""
        for one in self.page.get_by_label(label, exact=True).all():
            one.check()

    def select(self, label: str, option: str) -> None:
        """Choose from a list by its label."""
        self.page.get_by_label(label, exact=True).first.select_option(label=option)

    def group(self, question: str | Pattern[str]) -> Locator:
        """The choices of one question."""
        return self.page.get_by_role("group", name=question).first

    def press(self, name: str | Pattern[str], *, within: Locator | None = None) -> None:
        """Press a button and wait for the page that follows."""
        self._follow((within or self.page).get_by_role("button", name=name, exact=True).first)

    def press_in_place(self, name: str | Pattern[str]) -> None:
        """Press a button that htmx answers within the page; pressed before htmx is there, by a page of its own."""
        with self.page.expect_response(_answers_a_press):
            self.page.get_by_role("button", name=name, exact=True).first.click()
        self.page.wait_for_load_state()

    def follow(self, name: str | Pattern[str], *, within: Locator | None = None) -> None:
        """Follow a link, also one that looks like a button, and wait for its page."""
        place = within or self.page
        link = place.get_by_role("link", name=name, exact=True)
        self._follow(link.or_(place.locator("a[role=button]").get_by_text(name, exact=True)).first)

    def sees(self, text: str | Pattern[str]) -> None:
        """The text is on the page and visible."""
        expect(self.page.get_by_text(text).filter(visible=True).first).to_be_visible()

    def sees_not(self, text: str | Pattern[str]) -> None:
        """The text is nowhere on the page."""
        expect(self.page.get_by_text(text)).to_have_count(0)

    def is_at(self, heading: str | Pattern[str]) -> None:
        """The page's heading is this."""
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(heading)

    def sign_in(self, email: str, password: str) -> None:
        """Sign in by the form, and be at the start page."""
        self.go("/sign-in")
        self.fill("Email address", email)
        self.fill("Password", password)
        self.press("Sign in")
        self.is_at("What needs doing now")

    def sign_out(self) -> None:
        self.press("Sign out")

    def opens_letter(self, email: str, link: str) -> None:
        """Go to the newest letter to `email` on the demonstration's letter box that holds such a link; follow it."""
        self.go(f"/sent-mail?to={email}")
        self._follow(self.page.locator(f"article a[href*='{link}']").first)

    def reads_everything(self, *, leaving_out: tuple[str, ...] = ()) -> dict[str, str]:
        """Every page that this person reaches by links, by its address, as HTML; nothing is pressed.

        A link may lead to a refusal that says why ("declare first"), never to a fault or to nothing.
        """
        waiting, found = ["/start"], dict[str, str]()
        while waiting:
            path = waiting.pop()
            if path in found or path.startswith(("/static", *leaving_out)):
                continue
            answer = self.context.request.get(path)
            assert answer.status in (200, 403), f"{self.name} follows a link to {path}: {answer.status}"
            if not answer.headers.get("content-type", "").startswith("text/html"):
                continue
            found[path] = html.unescape(answer.text())
            assert len(found) < MOST_PAGES, f"{self.name} does not come to an end: {sorted(found)[-20:]}"
            waiting += re.findall(r'<a [^>]*href="(/[^"#]*)', found[path])
        return found

    def check(self) -> None:
        """No violation of WCAG 2.2 AA, and nothing wider than the window, on a page not yet checked."""
        if self.has_script and (kind := self._kind_of_page()) not in self.checks.pages:
            self._check(kind)

    def check_again(self, state: str) -> None:
        """Check the page in another state than the one it was first seen in, such as "errors"."""
        who, kind = self._kind_of_page()
        self._check((who, f"{kind} {state}"))

    def _check(self, kind: tuple[str, str]) -> None:
        self.checks.pages.add(kind)
        self.page.evaluate(AXE + "; undefined")
        for size in (PHONE, DESKTOP):
            self.page.set_viewport_size(size)
            found = self.page.evaluate(RUN_AXE, RULES)
            at = f"{self.page.url} at {size['width']}"
            if found["violations"]:
                self.checks.violations.append(f"{at}: {json.dumps(found['violations'], indent=1)}")
            if found["wide"] > size["width"]:
                self.checks.violations.append(f"{at} is {found['wide']} pixels wide")
            self._take_picture(kind[1], size["width"])

    def close(self) -> None:
        self.context.close()
        assert not self.errors, f"{self.name}: {self.errors}"

    def _follow(self, target: Locator) -> None:
        with self.page.expect_navigation(wait_until="load"):
            target.click()
        self.check()

    def _kind_of_page(self) -> tuple[str, str]:
        path = UUID.sub("id", urlsplit(self.page.url).path)
        path = re.sub(r"(confirm-email|invitations|new-password)/[^/]+$", r"\1/secret", path)
        heading, is_signed_in = self.page.evaluate(HEADING_AND_WHETHER_SIGNED_IN)
        # All questions are alike: one is enough.
        heading = re.sub(r"^\d+\.\d+ .*", "one question", heading)
        return (self.name if is_signed_in else "", f"{path} {heading}")

    def _take_picture(self, kind: str, width: int) -> None:
        if self.checks.pictures is not None:
            name = re.sub(r"[^\w]+", "-", kind).strip("-")[:70]
            with suppress(FileExistsError):
                self.checks.pictures.mkdir(parents=True)
            path = self.checks.pictures / f"{self.name}-{name}-{width}.png"
            # Hiding the caret would leave style attributes behind, which the policy then refuses to htmx.
            self.page.screenshot(path=path, full_page=True, caret="initial")

    def _count(self, _: Page) -> None:
        self.loads += 1

    def _note(self, message: Any) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.errors.append(message.text)


def _answers_a_press(answer: Response) -> bool:
    return answer.request.method == "POST" or answer.request.resource_type in ("fetch", "xhr")
