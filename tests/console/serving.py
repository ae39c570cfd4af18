"""An office behind an address, its read models kept up to date; and looking at its pages with a browser."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Dialog, Page, Response

from api.app import create_app
from api.cli.serving import opened_door
from api.cli.session import FIRST_ADMIN, System, system
from api.cli.settings import Settings
from api.cli.signing_in import address_for
from api.demo import LAST_DAY
from api.reader import COOKIE
from api.serving import make_server
from domain.journal.journal import Journal
from projections.engine import Engine
from projections.view import Reader
from tests.api.office import Office

PATIENCE = 30.0
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],  # what is in order is not told element by element
}


BUT_CONTRAST = {**RULES, "rules": {"color-contrast": {"enabled": False}}}
VIOLATIONS = "(rules) => axe.run(rules).then((found) => found.violations)"
"""What axe finds wrong alone: all that is in order takes longer to tell than to look at."""


@dataclass(frozen=True)
class Served:
    """Where an office is served."""

    office: Office
    url: str


@contextmanager
def served_office(office: Office, port: int = 0) -> Iterator[Served]:
    """The office's own server, and who brings its read models up to date."""
    stopping = threading.Event()
    reader = Reader(office.journal, office.engine)
    app = create_app(office.journal, office.engine, reader, hosts=("127.0.0.1",), stopping=stopping, ahead=False)
    with socket.create_server(("127.0.0.1", port)) as listening:
        server = make_server(app, stopping=stopping)
        threads = [
            threading.Thread(target=server.run, kwargs={"sockets": [listening]}),
            threading.Thread(target=_keep_up, args=(office.journal, office.engine, stopping)),
        ]
        for thread in threads:
            thread.start()
        try:
            yield Served(office, f"http://127.0.0.1:{listening.getsockname()[1]}")
        finally:
            server.stop()
            for thread in threads:
                thread.join(PATIENCE)


def visit(page: Page, served: Served, path: str, who: str = "manager", language: str = "en") -> Response:
    """Open a page as a member, who is known by his key: signing in has tests of its own."""
    page.context.set_extra_http_headers({"Authorization": f"Bearer {served.office.keys[who]}"})
    speak(page, served.url, language)
    answer = page.goto(urljoin(served.url, path))
    assert answer is not None
    return answer


def speak(page: Page, url: str, language: str) -> None:
    """Let the browser remember the language of its reader."""
    page.context.add_cookies([{"name": COOKIE, "value": f"{language}.", "url": url}])


@dataclass(frozen=True)
class SampleConsole:
    """The sample company behind an address."""

    made: System
    url: str

    def address(self, who: str = "", path: str = "/console/") -> str:
        """An address that signs somebody in, by his external id (the first admin where none is stated), and leads to
        a page as it stood on the sample's last day."""
        claimed = self.made.journal.streams.claimed("member", "", [who]) if who else {}
        joined = "&" if "?" in path else "?"
        return address_for(self.made, claimed.get(who, FIRST_ADMIN), self.url, f"{path}{joined}as_of={LAST_DAY}")


@contextmanager
def sample_console(home: Path) -> Iterator[SampleConsole]:
    """The console of a home in which `kams demo` ran; its read models are kept up to date."""
    stopping = threading.Event()
    with system(Settings(home=home), want_valkey=True) as made, opened_door(made, "127.0.0.1", 0) as door:
        threads = [
            threading.Thread(target=door.serve),
            threading.Thread(target=_keep_up, args=(made.journal, made.engine, stopping)),
        ]
        for thread in threads:
            thread.start()
        try:
            yield SampleConsole(made, door.url)
        finally:
            stopping.set()
            door.stop()
            for thread in threads:
                thread.join(PATIENCE)


@dataclass(frozen=True)
class Watched:
    """What a browser told of errors, and of scripts that wanted to run or were kept from it; whom it asked."""

    told: list[str]
    asked: set[str]

    def must_be_quiet(self, url: str) -> None:
        """No error, no refused script, and no request to anybody else."""
        assert self.told == []
        assert {each for each in self.asked if not each.startswith((url, "data:", "blob:"))} == set()


def watched(page: Page) -> Watched:
    """From now on."""
    made = Watched([], set())

    def dismissed(dialog: Dialog) -> None:
        made.told.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismissed)
    page.on("console", lambda line: made.told.append(f"{page.url}: {line.text}") if line.type == "error" else None)
    page.on("request", lambda request: made.asked.add(request.url))
    return made


def must_be_accessible(page: Page) -> None:
    """axe finds no violation on the page as it stands."""
    _no_violations(page, RULES)


def must_suit_desk_and_phone(page: Page) -> None:
    """axe finds no violation at the width of a desk, nor at that of a phone, and nothing is wider than the window. The
    same colours stand on the same ground at both widths: contrast, half of axe's work, is looked at once."""
    page.set_viewport_size({"width": 1280, "height": 844})
    must_be_accessible(page)
    must_not_scroll_sideways(page)
    page.set_viewport_size({"width": 390, "height": 844})
    _no_violations(page, BUT_CONTRAST)
    must_not_scroll_sideways(page)


def must_not_scroll_sideways(page: Page) -> None:
    """Nothing is wider than the window."""
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0


def _no_violations(page: Page, rules: dict[str, Any]) -> None:
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE_SCRIPT)
    found = AxeResults({"violations": page.evaluate(VIOLATIONS, rules)})
    assert found.violations_count == 0, found.generate_report()


def _keep_up(journal: Journal, engine: Engine, stopping: threading.Event) -> None:
    done = -1
    while not stopping.wait(0.05):
        head = journal.streams.head()
        if head != done:
            engine.catch_up()
            done = head
