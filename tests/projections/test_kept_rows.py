"""What is made of all rows is made once; who asks for what is ready waits neither for it to be made nor makes it."""

from __future__ import annotations

import threading
from uuid import UUID

import pytest

from projections.accounts import ACCOUNTS
from projections.kept_rows import KeptRows
from projections.view import View
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal
from tests.projections.people import at, registered


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    office = Office(journal, engine_of)
    office.tell(registered())
    return office


def exchanged(view: View, made: str, told: list[UUID]) -> str:
    return f"{made}, {len(told)} anew"


def asked(office: Office, kept: KeptRows[str], *, only_ready: bool = False) -> str | None:
    with office.view(at(9)) as view:
        view.keeps = True
        return kept.of(view, only_ready=only_ready)


def test_what_is_not_ready_is_not_made_for_who_asks_for_what_is_ready(office: Office) -> None:
    kept = KeptRows(ACCOUNTS, lambda _: "all rows", exchanged, 10)
    assert asked(office, kept, only_ready=True) is None
    assert asked(office, kept) == "all rows"
    assert asked(office, kept, only_ready=True) == "all rows"


def test_what_was_recorded_since_is_there_for_who_asks_for_what_is_ready(office: Office) -> None:
    kept = KeptRows(ACCOUNTS, lambda _: "all rows", exchanged, 10)
    asked(office, kept)
    office.tell(registered(2, UUID(int=7)))
    assert asked(office, kept, only_ready=True) == "all rows, 1 anew"


def test_nobody_waits_for_rows_that_another_reads_where_he_asks_for_what_is_ready(office: Office) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def read(_: View) -> str:
        begun.set()
        assert may_end.wait(30)
        return "all rows"

    kept = KeptRows(ACCOUNTS, read, exchanged, 10)
    reading = threading.Thread(target=asked, args=(office, kept))
    reading.start()
    assert begun.wait(30)
    assert asked(office, kept, only_ready=True) is None
    may_end.set()
    reading.join(30)
    assert asked(office, kept, only_ready=True) == "all rows"
