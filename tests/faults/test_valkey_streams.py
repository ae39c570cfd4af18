"""What Valkey streams survive: wiped, rolled back, meddled with, published by two, publishers killed. Never a gap."""

from __future__ import annotations

import multiprocessing
import random
import signal
import threading
from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest
import redis
from structlog.testing import capture_logs

from domain.journal.journal import Journal
from domain.subscription.subscription import Subscription
from tests.workers.following import until
from tests.workers.valkey_integrator import AT, KEY, Integrator, consumers, places
from workers.valkey.publisher import Limits, Publisher
from workers.valkey.stream import Scripts
from workers.valkey.streams import Streams


@pytest.fixture
def erp(database_url: str, valkey_url: str) -> Iterator[Integrator]:
    made = Integrator(database_url, valkey_url)
    yield made
    made.close()


def test_two_publishers_at_once_make_one_stream(erp):
    """Both without a lease, each with its own connections."""
    stopping, faults = threading.Event(), []

    def publishes(at_once: int) -> None:
        journal, valkey = Journal(erp.journal.database_url), redis.Redis.from_url(erp.url)
        publisher = Publisher(journal, Scripts(valkey), Limits(at_once=at_once))
        try:
            with journal.pool.connection() as connection:
                while not stopping.is_set():
                    publisher.bring(connection, erp.subscription)
        except Exception as error:
            faults.append(error)
        finally:
            valkey.close()
            journal.close()

    threads = [threading.Thread(target=publishes, args=(at_once,)) for at_once in (7, 13)]
    for each in threads:
        each.start()
    for _ in range(5):
        head = erp.grows(100)
    assert until(lambda: erp.state.examined == head or bool(faults))
    stopping.set()
    for each in threads:
        each.join()
    assert faults == []
    assert erp.in_stream() == list(range(1, head + 1))


def test_valkey_wiped_under_a_live_publisher_and_a_group_of_three(erp):
    """Each of the wiped states is filled again, and all that the three saw together is the feed."""
    erp.asks("books", 0)
    head = erp.grows(200)
    erp.brings()
    streams, stopping, faults = Streams(erp.journal, erp.url, uuid4()), threading.Event(), []

    def publishes() -> None:
        while not stopping.is_set():
            try:
                streams.publish()
            except Exception as error:
                faults.append(error)
                return

    thread = threading.Thread(target=publishes)
    thread.start()
    chance = random.Random(7)
    try:
        with consumers(erp.url, "books", 3) as readers:
            for _ in range(6):
                head = erp.grows(150)
                wanted = chance.randrange(head - 100, head)
                assert until(lambda wanted=wanted: erp.state.examined >= wanted)
                erp.valkey.flushall()
            seen = lambda: {position for each in readers for position in each.seen}  # noqa: E731
            assert until(lambda: len(seen()) == head or bool(faults)), (len(seen()), head, erp.state, faults)
            assert until(lambda: erp.noted()["books"].position == head)
    finally:
        stopping.set()
        thread.join()
        streams.close()
    assert faults == []
    assert seen() == set(erp.in_feed()) == set(range(1, head + 1))
    assert erp.state.groups == {"books": (head, 0)}


def test_after_a_wipe_a_group_goes_on_where_it_had_acknowledged(erp):
    erp.asks("books", 0)
    head = erp.grows(200)
    publisher = erp.publisher()
    erp.brings(publisher)
    handed = erp.reads("books", 100)
    erp.acknowledges("books", handed[:60])
    erp.brings(publisher)
    erp.valkey.flushall()
    erp.brings(publisher)
    assert erp.in_stream() == list(range(1, head + 1))
    assert places(erp.reads("books")) == list(range(61, head + 1))


def test_after_a_wipe_a_consumer_that_makes_its_group_itself_misses_nothing(erp):
    """Many make the group that they find missing, at the end of the stream."""
    erp.asks("books", 0)
    head = erp.grows(100)
    erp.brings()
    erp.acknowledges("books", erp.reads("books", 40))
    erp.brings()
    erp.valkey.flushall()
    erp.valkey.xgroup_create(KEY, "books", id="$", mkstream=True)
    erp.brings()
    assert places(erp.reads("books")) == list(range(1, head + 1))
    with pytest.raises(redis.ResponseError, match="BUSYGROUP"):
        erp.valkey.xgroup_create(KEY, "books", id="$", mkstream=True)


def test_a_valkey_of_an_hour_ago_is_filled_up(erp):
    erp.asks("books", 0)
    erp.grows(100)
    erp.brings()
    erp.acknowledges("books", erp.reads("books", 30))
    kept = {key: erp.valkey.dump(key) for key in (KEY, AT)}
    erp.grows(100)
    erp.asks("audit", 150)
    erp.brings()
    erp.acknowledges("books", erp.reads("books", 100))
    erp.brings()
    erp.valkey.flushall()
    for key, value in kept.items():
        erp.valkey.restore(key, 0, value)
    head = erp.grows(20)
    erp.brings()
    assert erp.in_stream() == list(range(1, head + 1))
    assert places(erp.reads("books")) == list(range(31, head + 1))
    assert places(erp.reads("audit")) == list(range(151, head + 1))


@pytest.mark.parametrize(
    "meddle",
    [
        lambda valkey: valkey.delete(KEY),
        lambda valkey: valkey.delete(AT),
        lambda valkey: valkey.xadd(KEY, {"event": "{}"}),
        lambda valkey: valkey.xadd(KEY, {"event": "{}"}, id="99999999-0"),
        lambda valkey: (valkey.delete(KEY), valkey.set(KEY, "no stream")),
        lambda valkey: (valkey.delete(KEY), valkey.xadd(KEY, {"event": "{}"}, id="3-0")),
        lambda valkey: valkey.hset(AT, "examined", "7"),
        lambda valkey: valkey.hdel(AT, "last"),
        lambda valkey: valkey.script_flush(),
        lambda valkey: valkey.xgroup_destroy(KEY, "books"),
    ],
)
def test_whoever_meddles_with_a_stream_makes_no_gap(erp, meddle):
    erp.asks("books", 0)
    erp.grows(100)
    publisher = erp.publisher()
    erp.brings(publisher)
    erp.acknowledges("books", erp.reads("books", 50))
    erp.brings(publisher)
    meddle(erp.valkey)
    head = erp.grows(50)
    erp.brings(publisher)
    assert erp.state.sound
    handed = places(erp.reads("books"))
    assert set(range(51, head + 1)) <= set(handed)
    assert handed == sorted(handed)
    assert set(handed) <= set(erp.in_feed())
    assert erp.in_stream()[-1] == head


def publishes_until_killed(database_url: str, valkey_url: str, key: UUID) -> None:
    journal = Journal(database_url)
    publisher = Publisher(journal, Scripts(redis.Redis.from_url(valkey_url)), Limits(at_once=3))
    with journal.pool.connection() as connection:
        while True:
            publisher.bring(connection, journal.known(Subscription, key))


def test_publishers_that_are_killed_leave_no_gap(erp):
    erp.asks("books", 0)
    spawn = multiprocessing.get_context("spawn")
    for _ in range(2):
        head = erp.grows(200)
        before = erp.state.examined
        process = spawn.Process(
            target=publishes_until_killed, args=(erp.journal.database_url, erp.url, erp.key), daemon=True
        )
        process.start()
        assert until(lambda before=before: erp.state.examined > before)
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
    erp.brings()
    assert erp.in_stream() == list(range(1, head + 1))
    assert places(erp.reads("books")) == list(range(1, head + 1))


def test_after_a_restore_the_stream_follows_the_journal_of_now(erp):
    erp.asks("books", 0)
    head = erp.grows(100)
    erp.brings()
    erp.acknowledges("books", erp.reads("books"))
    erp.brings()
    with erp.journal.pool.connection() as connection:
        _restored(connection, head=60)
    erp.brings()
    assert erp.in_stream() == list(range(1, head + 1))
    assert places(erp.reads("books")) == list(range(61, head + 1))
    erp.valkey.flushall()
    erp.brings()
    assert places(erp.reads("books")) == list(range(61, head + 1))


def _restored(connection: psycopg.Connection, head: int) -> None:
    """As `kams restore` notes it: what came after the backup's head is another history at the same positions."""
    connection.execute("insert into restores (made_at, head, digest) values (clock_timestamp(), %s, %s)", (head, b""))


def test_while_valkey_is_away_it_is_told_of_once_and_nothing_is_lost(erp):
    head = erp.grows(30)
    streams = Streams(erp.journal, "unix:///nowhere/valkey.sock", uuid4())
    with capture_logs() as logs:
        for _ in range(3):
            streams.publish()
    assert [each["event"] for each in logs] == ["Valkey is away: streams wait"]
    streams.close()
    erp.brings()
    assert erp.in_stream() == list(range(1, head + 1))


def test_a_valkey_without_memory_is_waited_for(erp):
    head = erp.grows(50)
    streams = Streams(erp.journal, erp.url, uuid4())
    erp.valkey.config_set("maxmemory", "1")
    try:
        with capture_logs() as logs:
            streams.publish()
    finally:
        erp.valkey.config_set("maxmemory", "0")
    assert [each["event"] for each in logs] == ["Valkey is away: streams wait"]
    assert "maxmemory" in logs[0]["reason"]
    with capture_logs() as logs:
        streams.publish()
    assert [each["event"] for each in logs] == ["Valkey is back: streams go on"]
    streams.close()
    assert erp.in_stream() == list(range(1, head + 1))
