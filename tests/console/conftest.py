"""Pages in a real browser, and by HTTP alone.

`office` is a small company (tests/api/office.py), one for each test file, whose pages are asked for with
`office.get("/console/…", who)`: cheap, for what HTML says. `served` serves such an office at an address; `browser_page`
is a fresh page of a real Chromium, `visit(page, served, path, who)` opens a page of it signed in. `served_sample`
serves the sample company to tests that only read, `own_sample` to a file of tests that record facts.
`must_be_accessible(page)` lets axe look at a page, `must_suit_desk_and_phone(page)` at both widths. Pages forbid eval,
so playwright's `wait_for_function` does not work: wait for locators and addresses.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.api.office import Office, open_office
from tests.conftest import new_database
from tests.console.browsers import ARGUMENTS, MISSING, chromium
from tests.console.clock import Clock
from tests.console.serving import SampleConsole, Served, sample_console, served_office
from tests.journeys.conftest import copied_home, shown_once

__all__ = ["shown_once"]

LONGEST = 30_000
"""Milliseconds until a test gives up on what shall come: on two busy cores a page may take its time."""
expect.set_options(timeout=LONGEST)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly that pages were not tested."""
    if chromium() is None:
        terminalreporter.write_line(MISSING, red=True, bold=True)


@pytest.fixture(scope="module")
def clock() -> Clock:
    """The clock of an office whose tests move it."""
    return Clock()


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    """A company whose pages are read by HTTP."""
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as made:
            yield made


@pytest.fixture(scope="session")
def chromium_and_its_loop() -> Iterator[tuple[Browser, asyncio.AbstractEventLoop]]:
    """A real Chromium for all tests of this process, and the event loop by which it is driven, which rests. Without a
    Chromium the test is skipped, but never where KAMS_CHROMIUM_REQUIRED says so."""
    path = chromium()
    if path is None:
        if os.environ.get("KAMS_CHROMIUM_REQUIRED"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        loop = asyncio.get_running_loop()
        asyncio._set_running_loop(None)
        yield made, loop
        asyncio._set_running_loop(loop)
        made.close()


@pytest.fixture
def browser(chromium_and_its_loop: tuple[Browser, asyncio.AbstractEventLoop]) -> Iterator[Browser]:
    """The Chromium while a test drives it: until its end this thread runs the browser's event loop; other tests make
    loops for themselves."""
    made, loop = chromium_and_its_loop
    asyncio._set_running_loop(loop)
    yield made
    asyncio._set_running_loop(None)


@pytest.fixture
def browser_page(browser: Browser) -> Iterator[Page]:
    """A page of a browser that nobody used, whose reader wants no motion: a chart is drawn once and not sixty times.
    Tests of what moves say that theirs does (`emulate_media`). What its scripts throw fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 860}, locale="en-GB", reduced_motion="reduce")
    context.set_default_timeout(LONGEST)
    page = context.new_page()
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    yield page
    context.close()
    assert thrown == []


@pytest.fixture(scope="module")
def served(office: Office) -> Iterator[Served]:
    """The office at an address."""
    with served_office(office) as made:
        yield made


@pytest.fixture(scope="session")
def served_sample(shown_once: Path) -> Iterator[SampleConsole]:
    """The console of the sample company, for tests that only read."""
    with copied_home(shown_once) as home, sample_console(home) as made:
        yield made


@pytest.fixture(scope="module")
def own_sample(shown_once: Path) -> Iterator[SampleConsole]:
    """The console of a copy of the sample company in which the tests of a file may record facts."""
    with copied_home(shown_once) as home, sample_console(home) as made:
        yield made
