"""What takes seconds to reckon holds no page up: it says that it is being worked out, and asks again by itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from api import warming
from domain.account.account import Account
from domain.journal.context import Context
from projections import health_points, health_scores
from projections.kept_answers import ANSWERS
from projections.view import View
from tests.api.office import Office
from tests.console.serving import Served, visit


@pytest.fixture(scope="module")
def company(office: Office) -> Office:
    for name in ("Nordhafen", "Südkontor"):
        account = office.account(name, manager="manager", territory="north")
        at = Context(at=datetime.fromisoformat("2026-01-10T03:00:00+00:00"), actor=office.members["manager"])
        office.journal.run(Account, account, lambda found: found.visits.log(visit_id=uuid4()), at)
    office.caught_up()
    return office


@pytest.fixture
def go_on(company: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Two accounts are many, and what is worked out behind waits until it may go on."""
    ANSWERS.forget()
    may, work_out = threading.Event(), warming.kept_scores
    monkeypatch.setattr(health_scores, "FEW", 1)
    monkeypatch.setattr(health_points, "A_PORTFOLIO", 1)

    def later(view: View) -> dict[object, float]:
        may.wait(60)
        return dict(work_out(view))

    monkeypatch.setattr(warming, "kept_scores", later)
    yield may
    may.set()


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/console/accounts?as_of=2026-04-20", "#main tr .score"),
        ("/console/accounts?look=heat&as_of=2026-04-21", "#main .heatmap td a"),
        ("/console/?as_of=2026-04-22", "#cooling .cooler-score strong"),
    ],
)
def test_a_page_says_that_health_is_being_worked_out_and_shows_it_by_itself_later(
    path: str, shown: str, served: Served, browser_page: Page, go_on: threading.Event
) -> None:
    visit(browser_page, served, path, who="director")
    note = browser_page.get_by_text("is being worked out for this day")
    expect(note).to_be_visible()
    assert browser_page.locator(shown).count() == 0
    go_on.set()
    expect(browser_page.locator(shown).first).to_be_visible()
    expect(note).to_have_count(0)
