"""An automated typist fills in a whole application: in the portal, there once more, and in plain pages.

It counts what a person's hands do, and reckons how long that takes. The model, the same for all three:
- 3.3 characters a second (40 words a minute), and one more key to get into each field that is typed into;
- 2 seconds a click, and two clicks for each file: open the chooser, take the file;
- 4 seconds on each page that loads, to find one's way on it;
- the real time of loading pages and sending files, as the browser measures it on this machine.
Typing and clicks are counted in the page from the browser's own events, not by the program that causes them.
Corrections, reading and thinking are charged nowhere: they are the same words and the same questions. Whoever
starts from an earlier application will read its answers again; that is not in the figures.

"portal" is a first application, from the list of applications to the receipt; registering comes before and is not
counted. "again" is a second one in a later round, which starts from the answers of the first. "plain" gives exactly
what the first one submitted, to the same questions, in `tests.bench.plain`; that is what a second application would
cost there too, unless its author has kept the long texts and pastes them: "pasted" reckons with that.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from portal.accounts.queries import find_person_by_email
from portal.core import embedded
from portal.core.db import session
from portal.frameworks.models import Round
from tests.bench import plain
from tests.journeys import applying
from tests.journeys.scene import AGENCY, COMMISSIONER, DAYS_TO_DEADLINE, open_round, set_scene
from tests.support import browser as chromium
from tests.support.acting import as_worker
from tests.support.database import TEMPLATE, Databases
from tests.support.live import Live
from tests.support.visitor import Checks, Visitor

CHARACTERS_A_SECOND = 3.3
SECONDS_A_CLICK = 2
SECONDS_A_PAGE = 4
# Into the author's own document, mark the text, back to the page, paste.
CLICKS_TO_PASTE = 4
WORDS_OF_AN_ANSWER = 250
SECONDS_TO_SCAN = 60
CARRIED_OVER = (
    "Your organisation",
    "Selection questionnaire",
    "Conditions of participation",
    "Documents",
    "Quality",
)
ALL_HOLD = "All answers to check on this page still hold"

COUNTER = """(() => {
    if (!location.protocol.startsWith("http")) return;
    const read = () => JSON.parse(sessionStorage.getItem("typist") || "{}");
    const add = (what, amount) => {
        const counted = read();
        counted[what] = (counted[what] || 0) + amount;
        sessionStorage.setItem("typist", JSON.stringify(counted));
    };
    const known = new WeakMap();
    const typed = (before, after) => {
        let start = 0, end = 0;
        const most = Math.min(before.length, after.length);
        while (start < most && before[start] === after[start]) start += 1;
        while (end < most - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
        return after.length - start - end;
    };
    addEventListener("input", ({target, isTrusted}) => {
        if (!target.matches("textarea, input:not([type=radio], [type=checkbox], [type=file])")) return;
        const amount = typed(known.get(target) ?? target.defaultValue, target.value);
        if (isTrusted && amount) add("characters", amount + (known.has(target) ? 0 : 1));
        known.set(target, target.value);
    }, true);
    addEventListener("pointerdown", ({isTrusted}) => isTrusted && add("clicks", 1), true);
    addEventListener("change", ({target}) => {
        if (target.type === "file") add("clicks", 1 + target.files.length);
    }, true);
    addEventListener("load", () => { add("loads", 1); add("waiting", performance.now() / 1000); });
    new PerformanceObserver((list) => list.getEntries()
        .filter(({initiatorType}) => initiatorType === "xmlhttprequest")
        .forEach(({duration}) => add("waiting", duration / 1000))).observe({type: "resource"});
})()"""

# Of the length that is asked for; what is said does not matter here, and is the same everywhere.
SENTENCES = (
    "Every referral is read on the day it comes by a supervising social worker who knows our carers well.",
    "In the last two years we supported seventy-four placements, and nine of ten ended as they were planned to.",
    "We ask children what they think at each review, and a young people’s panel meets the managers every quarter.",
    "Carers have a named worker, a mentor who fosters too, and a training plan that is looked at every six months.",
    "When strain shows we meet within two working days, agree on extra support and write down who does what by when.",
    "Our manager reads every record of concern each week and reports on them to the board of directors each month.",
    "We work with schools, health services and the council’s own team so that plans hold and appointments are kept.",
)


@dataclass(frozen=True)
class Cost:
    """What an application took. `waiting`: seconds in which pages loaded and files were sent."""

    loads: int
    characters: int
    clicks: int
    waiting: float

    @property
    def minutes(self) -> float:
        typing = self.characters / CHARACTERS_A_SECOND
        return (typing + self.clicks * SECONDS_A_CLICK + self.loads * SECONDS_A_PAGE + self.waiting) / 60

    def as_figures(self) -> dict[str, float]:
        return asdict(self) | {"waiting": round(self.waiting, 1), "minutes": round(self.minutes, 1)}


class Typist(Visitor):
    """A visitor whose keys and clicks are counted in the page, whose pages are not checked."""

    def __init__(self, browser: Browser, address: str) -> None:
        super().__init__(browser, address, name="typist", checks=Checks())
        self.page.add_init_script(COUNTER)

    def check(self) -> None:
        """Nothing: a page that is being measured is left alone."""

    @contextmanager
    def counting(self, costs: dict[str, Cost], name: str) -> Iterator[None]:
        """Count what is done inside, as the cost of this name."""
        if self.page.url.startswith("http"):
            self.page.evaluate("sessionStorage.removeItem('typist')")
        yield
        costs[name] = Cost(**self.page.evaluate("JSON.parse(sessionStorage.getItem('typist'))"))


@dataclass(frozen=True)
class Said:
    """All that the first application said, as the portal keeps it: by question or cell."""

    answers: dict[str, str]
    files: dict[str, list[Path]]


def run(server: embedded.EmbeddedServer, folder: Path) -> dict[str, dict[str, float]]:
    """Set the scene, type it three times, print and return the figures."""
    papers = folder / "papers"
    papers.mkdir(parents=True, exist_ok=True)
    databases = Databases(server)
    databases.drop(TEMPLATE)
    databases.make_template()
    live = Live.on(databases, "bench_typist", folder)
    try:
        set_scene(live)
        live.start_web()
        live.start_worker()
        with sync_playwright() as playwright:
            path = chromium.find()
            browser = playwright.chromium.launch(executable_path=path, args=list(chromium.FLAGS))
            costs = _measure(browser, live, papers)
    finally:
        live.stop()
    return _report(costs)


def _measure(browser: Browser, live: Live, papers: Path) -> dict[str, Cost]:
    costs: dict[str, Cost] = {}
    quality = _quality_answers()
    typist = Typist(browser, live.address)
    applying.registers_herself(typist, "Nadia Okafor", "nadia@hazelbrook.example")
    applying.registers_the_agency(typist, AGENCY.urn)
    with typist.counting(costs, "portal"):
        _applies(typist, papers, quality)
    _types_in_plain_pages(browser, live, papers, costs)
    costs["pasted"] = _pasting(costs["plain"], quality)
    _open_a_later_round(live)
    with typist.counting(costs, "again"):
        _applies_again(typist)
    typist.close()
    return costs


def _applies(typist: Typist, papers: Path, quality: Mapping[str, str]) -> None:
    reference = applying.starts_the_application(typist)
    applying.fills_in_the_organisation(typist)
    applying.answers_the_selection_questionnaire(typist)
    applying.meets_the_conditions(typist)
    applying.uploads_the_documents(typist, papers)
    typist.follow("Continue")
    applying.answers_the_quality_questions(typist, quality)
    _prices_and_submits(typist, reference)


def _prices_and_submits(typist: Typist, reference: str) -> None:
    applying.fills_in_the_prices(typist)
    applying.checks_signs_and_submits(typist, reference, at_once=True)


def _applies_again(typist: Typist) -> None:
    """Each section of what was carried over is looked at and confirmed; prices are a round's own."""
    reference = applying.starts_the_application(typist)
    typist.is_at("Start from an earlier application")
    typist.press("Continue")
    typist.follow("Your organisation")
    for title in CARRIED_OVER:
        typist.is_at(title)
        typist.press(ALL_HOLD)
    _prices_and_submits(typist, reference)


def _types_in_plain_pages(browser: Browser, live: Live, papers: Path, costs: dict[str, Cost]) -> None:
    said = _read_back(live, papers)
    with live.in_process(), as_worker():
        steps = plain.list_steps(session.query(Round).one())
    with plain.serving(steps) as address:
        typist = Typist(browser, address)
        with typist.counting(costs, "plain"):
            plain.apply(typist, steps, said.answers, said.files)
        typist.close()


def _read_back(live: Live, papers: Path) -> Said:
    content: Any = live.scalar("SELECT content FROM submission")
    fees: Any = live.scalar("SELECT jsonb_object_agg(cell_id, weekly_fee::text) FROM bid_price")
    questions = [question for section in content["sections"] for question in section["questions"]]
    answers = {
        one["id"]: _as_typed(one["answer"]) for one in questions if one["answer"] not in (None, "", [])
    }
    for cell_id, fee in fees.items():
        answers |= {f"none-{cell_id}": "yes"} if fee is None else {f"fee-{cell_id}": fee}
    signed = content["declaration"]
    answers |= {"name": signed["name"], "position": signed["position"], "agrees": "yes"}
    files = {one["id"]: [papers / file["name"] for file in one["files"]] for one in questions}
    return Said(answers, files)


def _as_typed(answer: Any) -> str:
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    return str(answer["applies"] if isinstance(answer, dict) else answer)


def _open_a_later_round(live: Live) -> None:
    _wait_for_scans(live)
    live.travel(timedelta(days=DAYS_TO_DEADLINE, minutes=1))
    with live.in_process():
        commissioner = find_person_by_email(COMMISSIONER.email)
        assert commissioner is not None
        open_round(commissioner, "Spring re-opening")


def _wait_for_scans(live: Live) -> None:
    """Only clean files are carried over, as it would be months later."""
    until = time.monotonic() + SECONDS_TO_SCAN
    while live.scalar("SELECT count(*) FROM document WHERE state <> 'clean'"):
        if time.monotonic() > until:
            raise RuntimeError("The files of the first application were not scanned.")
        time.sleep(0.5)


def _pasting(cost: Cost, texts: Mapping[str, str]) -> Cost:
    clicks = cost.clicks + CLICKS_TO_PASTE * len(texts)
    return replace(cost, characters=cost.characters - _length(texts.values()), clicks=clicks)


def _quality_answers() -> dict[str, str]:
    """About 250 words to each question."""
    return {question: _essay(opening) for question, opening in applying.QUALITY.items()}


def _essay(opening: str) -> str:
    words = " ".join(islice(cycle(SENTENCES), 2 * len(SENTENCES))).split()
    return " ".join([*opening.split(), *words][:WORDS_OF_AN_ANSWER]).rstrip(".,") + "."


def _length(texts: Iterable[str]) -> int:
    return sum(len(text) for text in texts)


def _report(costs: Mapping[str, Cost]) -> dict[str, dict[str, float]]:
    figures = {name: costs[name].as_figures() for name in ("portal", "again", "plain", "pasted")}
    print(f"{'':<8}{'loads':>8}{'characters':>12}{'clicks':>8}{'waiting s':>11}{'minutes':>9}")
    for name, one in figures.items():
        print(
            f"{name:<8}{one['loads']:>8}{one['characters']:>12}{one['clicks']:>8}"
            f"{one['waiting']:>11}{one['minutes']:>9}"
        )
    prose = _length(_quality_answers().values()) / CHARACTERS_A_SECOND / 60
    print(f"Typing the quality answers takes {prose:.1f} of the minutes in portal and in plain.")
    return figures
