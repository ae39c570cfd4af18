"""One Chromium serves all tests of a process: while nobody drives it, its event loop is in nobody's way."""

from __future__ import annotations

import asyncio

import pytest
from playwright.sync_api import Browser, Page

Driven = tuple[Browser, asyncio.AbstractEventLoop]


async def answer() -> str:
    return "from a loop of its own"


def test_a_test_that_drives_no_browser_makes_a_loop_for_itself(chromium_and_its_loop: Driven) -> None:
    assert asyncio.run(answer()) == "from a loop of its own"


def test_and_the_next_one_drives_the_same_browser_again(chromium_and_its_loop: Driven, browser_page: Page) -> None:
    assert browser_page.context.browser is chromium_and_its_loop[0]
    assert asyncio.get_running_loop() is chromium_and_its_loop[1]
    assert browser_page.evaluate("6 * 7") == 42


def test_nobody_elses_page_is_left_open(browser: Browser) -> None:
    assert browser.contexts == []


@pytest.mark.parametrize("time", ["first", "second"])
def test_a_page_is_one_that_nobody_used(browser_page: Page, time: str) -> None:
    assert browser_page.context.cookies() == []
    browser_page.context.add_cookies([{"name": "used", "value": time, "url": "http://127.0.0.1"}])
