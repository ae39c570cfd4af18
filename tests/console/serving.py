"""An office behind an address, its read models kept up to date; and looking at its pages with a browser."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urljoin

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from api.app import create_app
from api.serving import make_server
from projections.view import Reader
from tests.api.office import Office

PATIENCE = 30.0
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@dataclass(frozen=True)
class Served:
    """Where an office is served."""

    office: Office
    url: str


@contextmanager
def served_office(office: Office) -> Iterator[Served]:
    """The office's own server, and who brings its read models up to date."""
    stopping = threading.Event()
    app = create_app(
        office.journal, office.engine, Reader(office.journal, office.engine), hosts=("127.0.0.1",), stopping=stopping
    )
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = make_server(app, stopping=stopping)
        threads = [
            threading.Thread(target=server.run, kwargs={"sockets": [listening]}),
            threading.Thread(target=_keep_up, args=(office, stopping)),
        ]
        for thread in threads:
            thread.start()
        try:
            yield Served(office, f"http://127.0.0.1:{listening.getsockname()[1]}")
        finally:
            server.stop()
            for thread in threads:
                thread.join(PATIENCE)


def visit(page: Page, served: Served, path: str, who: str = "manager", language: str = "en") -> None:
    """Open a page as a member, who is known by his key: signing in has tests of its own."""
    headers = {"Authorization": f"Bearer {served.office.keys[who]}", "Accept-Language": language}
    page.context.set_extra_http_headers(headers)
    page.goto(urljoin(served.url, path))


def must_be_accessible(page: Page) -> None:
    """axe finds no violation on the page as it stands."""
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()


def must_not_scroll_sideways(page: Page) -> None:
    """Nothing is wider than the window."""
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0


def _keep_up(office: Office, stopping: threading.Event) -> None:
    done = -1
    while not stopping.wait(0.05):
        head = office.journal.streams.head()
        if head != done:
            office.engine.catch_up()
            done = head
