"""The feed while things break: appends that stay open, publishers that are killed, events that cannot be read."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.account.account import Account
from domain.journal.journal import Journal
from domain.opportunity.opportunity import Opportunity
from domain.subscription.subscription import StreamFilter
from projections.streams.feed import Feed
from projections.streams.reading import FeedRow, feed_head, lean_page, page
from tests.benchmarks.workload import facts
from tests.projections.conftest import START, Connections
from tests.projections.conftest import Journal as Told
from tests.projections.test_feed import emptied

ROOT = Path(__file__).parents[2]
DIES = """
import sys, time
from domain.journal.journal import Journal
from projections.streams.feed import Feed
feed = Feed(Journal(sys.argv[1]))
append = feed._append
def appended(*arguments):
    append(*arguments)
    print("in hand", flush=True)
    time.sleep(600)
feed._append = appended
feed.publish(50)
"""
ALL = StreamFilter()


@pytest.fixture
def journal(database_url: str) -> Iterator[Journal]:
    journal = Journal(database_url)
    yield journal
    journal.close()


@pytest.fixture
def told(database_url: str) -> Iterator[Told]:
    with closing(Connections(database_url)) as connections:
        yield Told(connections)


def rows(journal: Journal, wanted: StreamFilter = ALL) -> list[FeedRow]:
    with journal.pool.connection() as connection:
        return page(connection, 0, 100_000, wanted).rows


def events(journal: Journal) -> list[Any]:
    return [json.loads(row.event) for row in rows(journal)]


def test_an_event_that_is_still_being_recorded_is_not_skipped_when_later_ones_are_there(
    journal: Journal, database_url: str
) -> None:
    journal.append_in_bulk(facts(20)[:20], uuid4())
    feed = Feed(journal)
    with psycopg.connect(database_url) as late:
        copied = "insert into events select %s, recorded_at, %s, null, 1, topic, null, state from events"
        late.execute(f"{copied} where position = 1", (21, uuid4()))
        with psycopg.connect(database_url) as early:  # past the lock that keeps this from happening
            early.execute(f"{copied} where position = 1", (22, uuid4()))
        assert feed.publish() == feed.publish() == 20
    assert feed.publish() == 22
    assert [row.position for row in rows(journal)] == list(range(1, 23))


def test_a_publisher_that_is_killed_in_hand_leaves_nothing_half_done(journal: Journal, database_url: str) -> None:
    journal.append_in_bulk(facts(120)[:120], uuid4())
    with subprocess.Popen(
        [sys.executable, "-c", DIES, database_url], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, text=True,
    ) as killed:  # fmt: skip
        assert killed.stdout is not None
        assert killed.stdout.readline() == "in hand\n"
        feed = Feed(journal)
        assert feed.publish() == 0  # it leaves the work to the one that has it in hand
        killed.send_signal(signal.SIGKILL)
    while feed.publish(50) < 120:
        pass
    assert [row.position for row in rows(journal)] == list(range(1, 121))
    assert journal.streams.read(feed_head) == 120


def test_a_publish_that_fails_is_made_again_as_if_it_had_not_been(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.append_in_bulk(facts(60)[:60], uuid4())
    feed = Feed(journal)
    feed.publish(20)
    with monkeypatch.context() as patch:
        patch.setattr("projections.streams.feed.as_copy", lambda _: b"no copy")
        with pytest.raises(psycopg.Error):
            feed.publish(20)
    assert feed.publish() == 60
    published = rows(journal)
    emptied(journal.database_url)
    Feed(journal).publish()
    assert rows(journal) == published


# --- events that cannot be read

DEAL, ACCOUNT = UUID(int=1), UUID(int=2)


def tell(told: Told) -> None:
    registered = Account.Registered(name="ACME", external_id="", territory="north")
    opened = Opportunity.Opened(account=ACCOUNT, title="Line", process="four-funnel", process_edition=1, stage="a")
    moved = [Opportunity.StageAdvanced(from_="", to=to, process_edition=1, after=()) for to in "bc"]
    others = Account.ProfileChanged(territory="south")
    told.append((ACCOUNT, registered, START), *((DEAL, event, START) for event in (opened, *moved)))
    told.append((ACCOUNT, others, START))


@pytest.mark.parametrize(
    ("forged", "reason"),
    [({"state": b"\xc1"}, "cannot be read"), ({"topic": "Opportunity.Burnt"}, "unknown name Opportunity.Burnt")],
    ids=["damaged", "unknown"],
)
def test_an_event_that_cannot_be_read_is_named_and_keeps_back_no_other(
    journal: Journal, told: Told, forged: dict[str, Any], reason: str
) -> None:
    tell(told)
    whole = told.connection.execute("select topic, state from events where position = 3").fetchone()
    told.forge(3, **forged)
    assert Feed(journal).publish() == 5
    named, after = events(journal)[2:4]
    assert reason in named["error"]
    assert "data" not in named
    assert (named["id"], named["subject"], named["account"]) == ("3", str(DEAL), str(ACCOUNT))
    assert named["territory"] == "north"
    assert (after["changesunknown"], after["data"]["changes"]) == (True, [])
    assert after["data"]["fields"]["to"] == "c"
    assert [row.whole for row in rows(journal)] == [True, True, False, False, True]
    with journal.pool.connection() as connection:
        assert [lean_page(connection, after, 2, ALL) is None for after in range(4)] == [False, *[True] * 3]

    assert whole is not None
    told.forge(3, topic=whole[0], state=whole[1])
    mended = events(journal)
    assert not any("error" in event or "changesunknown" in event for event in mended)
    assert mended[3]["data"]["changes"] == [{"path": "/stage", "before": "b", "after": "c"}]
    as_read = rows(journal)
    emptied(journal.database_url)
    Feed(journal).publish()
    assert rows(journal) == as_read


def test_whoever_publishes_an_event_that_cannot_be_read_and_what_follows_it_is_the_same(
    journal: Journal, told: Told
) -> None:
    tell(told)
    told.forge(1, state=b"\xc1")
    told.forge(2, state=b"\xc1")
    Feed(journal).publish()
    at_once = rows(journal)
    assert [(row.account, row.territory) for row in at_once] == [(ACCOUNT, ""), *[(None, "")] * 3, (ACCOUNT, "")]
    emptied(journal.database_url)
    feeds = [Feed(journal), Feed(journal)]
    for number in range(5):
        assert feeds[number % 2].publish(1) == number + 1
    assert rows(journal) == at_once
