"""What a phone has to load of the console, when it has painted it, and how soon the slider's next picture is there.

In a real Chromium with an empty cache, its CPU slowed four times, over the 4G of WebPageTest: 9 Mbit/s, 170 ms for each
request. What sets a connection up (TCP, TLS) is not slowed. Milliseconds stand beside their aims and are never judged.
Bytes are, and whether a picture is there before the server could have answered a request for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from tests.benchmarks.report import Report
from tests.console.browsers import ARGUMENTS, chromium

CPU_SLOWED, ROUND_TRIP, DOWN = 4, 170, 9e6 / 8
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "locale": "en-GB",
}
LIBRARY, MOST_WITH, MOST_WITHOUT = "vendor/echarts", 480, 60
PAINT_AIM, SLIDE_AIM = 1_500, 150
LOADS, SLIDES = 3, 8
PAINTED = """() => new Promise((done) => {
  let last = null;
  new PerformanceObserver((list) => { last = list.getEntries().at(-1); })
    .observe({ type: "largest-contentful-paint", buffered: true });
  setTimeout(() => done([last?.startTime ?? 0, last?.element?.textContent.trim().slice(0, 40) ?? ""]), 100);
})"""
SLID = """([picture, step]) => new Promise((done) => {
  const slider = document.getElementById("time-slider");
  const watching = new MutationObserver(() => {
    watching.disconnect();
    requestAnimationFrame(() => done(performance.now() - begun));
  });
  const everything = { attributes: true, characterData: true, childList: true, subtree: true };
  watching.observe(document.querySelector(picture), everything);
  setTimeout(() => done(5000), 5000);
  slider.value = Number(slider.value) - step;
  const begun = performance.now();
  slider.dispatchEvent(new Event("input", { bubbles: true }));
})"""
ANSWERED = """async () => {
  const begun = performance.now();
  await (await fetch(location.href, { headers: { "HX-Request": "true" } })).text();
  return performance.now() - begun;
}"""


@dataclass
class Load:
    """A first load: when the largest content was painted (ms) and the beginning of its text; bytes on the wire, headers
    included, by what was asked for."""

    painted: float
    largest: str
    sizes: dict[str, int] = field(default_factory=dict)

    @property
    def library(self) -> float:
        """Kilobytes of the chart library; 0 where no chart came into view."""
        return sum(size for path, size in self.sizes.items() if LIBRARY in path) / 1e3

    @property
    def whole(self) -> float:
        """Kilobytes of everything."""
        return sum(self.sizes.values()) / 1e3


@dataclass
class Phone:
    """A browser on the pages of a served company, and with what it asks for them."""

    browser: Browser
    address: str
    headers: Mapping[str, str]

    def load(self, path: str, times: int = LOADS) -> Load:
        """A first load: of several the one whose largest paint is the median, after one that nobody counts."""
        found = [self._load(path) for _ in range(times + 1)][1:]
        return sorted(found, key=lambda each: each.painted)[times // 2]

    def slide(self, path: str, picture: str, step: int = 7) -> tuple[float, float]:
        """Milliseconds until a picture changes once the slider moves by so many days, and until the server answers a
        request for the page: the medians."""
        with self._fresh() as (page, _):
            page.goto(self.address + path, wait_until="load")
            place = page.locator(picture).first
            place.scroll_into_view_if_needed()
            page.wait_for_load_state("networkidle")
            if "chart" in picture:
                page.locator(f"{picture}[data-drawn]").wait_for()
            answered = median(page.evaluate(ANSWERED) for _ in range(3))
            page.locator("#time-slider").focus()
            page.wait_for_load_state("networkidle")
            place.scroll_into_view_if_needed()
            return median(page.evaluate(SLID, [picture, step]) for _ in range(SLIDES)), answered

    def _load(self, path: str) -> Load:
        with self._fresh() as (page, session):
            asked: dict[str, str] = {}
            sizes: dict[str, int] = {}

            def begun(event: dict[str, Any]) -> None:
                asked[event["requestId"]] = event["request"]["url"]

            def ended(event: dict[str, Any]) -> None:
                path = asked.get(event["requestId"], "").removeprefix(self.address)
                sizes[path] = sizes.get(path, 0) + int(event["encodedDataLength"])

            session.on("Network.requestWillBeSent", begun)
            session.on("Network.loadingFinished", ended)
            page.goto(self.address + path, wait_until="load")
            page.wait_for_load_state("networkidle")
            painted, largest = page.evaluate(PAINTED)
            return Load(painted, largest, sizes)

    @contextmanager
    def _fresh(self) -> Iterator[tuple[Page, CDPSession]]:
        """A phone that loaded nothing yet, slow as stated."""
        context = self.browser.new_context(**PHONE, extra_http_headers=dict(self.headers))
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        slow = {"offline": False, "latency": ROUND_TRIP, "downloadThroughput": DOWN, "uploadThroughput": DOWN}
        session.send("Network.emulateNetworkConditions", slow)
        session.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWED})
        try:
            yield page, session
        finally:
            context.close()


@contextmanager
def opened_phone(address: str, headers: Mapping[str, str]) -> Iterator[Phone | None]:
    """A phone with a real Chromium; None where there is none."""
    path = chromium()
    if path is None:
        yield None
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield Phone(browser, address, headers)
        finally:
            browser.close()


def look(report: Report, phone: Phone | None, pages: Mapping[str, str], slides: Mapping[str, tuple[str, str]]) -> None:
    """Every page as a phone loads it, and the pictures that follow the slider; `slides` are address and selector."""
    if phone is None:
        print("    LEFT OUT: first loads, largest paints and the slider, for there is no Chromium", flush=True)
        return
    loads = {name: phone.load(path) for name, path in pages.items()}
    for library, most, what in ((False, MOST_WITHOUT, "without"), (True, MOST_WITH, "with")):
        of = {name: each for name, each in loads.items() if bool(each.library) is library}
        if of:
            name, largest = max(of.items(), key=lambda found: found[1].whole)
            about = f"a page's first load {what} the chart library"
            report.line(about, must=most, reached=largest.whole, unit=" kB", at_most=True, beside=f"{name}")
    print_loads(loads)
    for name, (path, picture) in slides.items():
        slid, answered = phone.slide(path, picture)
        report.line(
            f"the slider's next picture, {name}, against an answer of the server",
            must=1,
            stretch=0.5,
            reached=slid / answered,
            at_most=True,
            beside=f"{slid:,.0f} ms against {answered:,.0f} ms; aim {SLIDE_AIM} ms",
        )


def print_loads(loads: Mapping[str, Load]) -> None:
    """Bytes and paints of every page, the latest painted first."""
    print(f"    first load on a phone, kB, and largest paint, ms; aim ≤ {PAINT_AIM:,}", flush=True)
    for name, each in sorted(loads.items(), key=lambda found: -found[1].painted):
        print(f"      {name:24} {each.whole:7,.1f} {each.painted:7,.0f}  {each.largest!r}", flush=True)
