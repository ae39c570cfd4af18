"""The client of the stream: every event once and in order, whatever breaks; nothing is passed over in silence."""

import asyncio
import json
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from api.client import (
    AsyncClient,
    CheckpointNotKept,
    CheckpointUnreadable,
    Client,
    Event,
    FileCheckpoint,
    JournalCutOff,
    Mark,
    NotAdmitted,
    NotAnswered,
    NotKnown,
    NotReached,
    StreamInconsistent,
)
from api.client.course import Transport
from tests.api.fake_stream import SUBJECT, FakeStream, cuts, envelope, fake_stream
from tests.workers.following import until


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses are short here."""
    monkeypatch.setattr("api.client.course.LONGEST_PAUSE", 0.005)


def positions(stream: FakeStream, upto: int, **more: Any) -> list[int]:
    """What a client sees until a position."""
    found = []
    with Client(stream.url, "kams_x").events(**more) as events:
        for event in events:
            found.append(event.position)
            if event.position == upto:
                break
    return found


def test_an_event_has_its_fields_at_hand() -> None:
    with fake_stream(1) as stream:
        (event,) = Client(stream.url, "kams_x").events(follow=False)
    assert isinstance(event, Event)
    assert (event.position, event.id, event.type, event.subject) == (1, "1", "Account.Renamed", SUBJECT)
    assert event.time == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert event.occurred_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert event.fields == {"name": "Nº 1"}
    assert json.loads(event.raw)["specversion"] == "1.0"


@dataclass
class Mine:
    amount: Decimal
    deal: UUID


def test_fields_become_the_types_of_a_class_of_ones_own() -> None:
    event = Event(
        position=1, id="1", type="x", subject=None, fields={"amount": "5.50", "deal": str(SUBJECT), "more": 1}
    )
    assert event.as_(Mine) == Mine(Decimal("5.50"), SUBJECT)


def test_fields_become_the_domains_own_class_and_personal_data_a_text_or_none() -> None:
    fields = {"stakeholder_id": str(SUBJECT), "name": "Li Lei", "title": "Buyer", "email": None, "phone": None}
    known = Event(position=1, id="1", type="Account.StakeholderAdded", subject=None, fields=fields, schema_version=1)
    assert known.typed.stakeholder_id == SUBJECT
    assert (known.typed.name, known.typed.email) == ("Li Lei", None)
    assert Event(position=1, id="1", type="Planet.Found", subject=None).typed is None


@pytest.mark.parametrize("transport", ["sse", "poll"])
def test_history_comes_first_and_then_what_is_recorded(transport: Transport) -> None:
    with fake_stream(3) as stream:
        events = Client(stream.url, "kams_x").events(transport=transport)
        seen = [next(events).position for _ in range(3)]
        threading.Timer(0.05, stream.grow, (2,)).start()
        seen += [next(events).position for _ in range(2)]
        assert seen == [1, 2, 3, 4, 5]
        assert events.position == 4, "the last one is not handled before the next is asked for"
        events.close()
    paths = [path for path, _ in stream.asked]
    assert paths[0] == "/events"
    assert paths[1] == ("/events/stream" if transport == "sse" else "/events")


def test_without_following_it_ends_with_what_there_is() -> None:
    with fake_stream(3) as stream:
        events = Client(stream.url, "kams_x").events(after=1, follow=False)
        assert [event.position for event in events] == [2, 3]
        assert (events.position, events.epoch) == (3, 0)
        assert list(Client(stream.url, "kams_x").events(after=3, follow=False)) == []


@pytest.mark.parametrize("transport", ["sse", "poll"])
@pytest.mark.parametrize(("chunked", "line_end"), [(True, b"\n"), (False, b"\r\n")])
def test_the_union_is_the_journal_wherever_connections_are_cut(
    transport: Transport, chunked: bool, line_end: bytes
) -> None:
    with fake_stream(200) as stream:
        stream.bytes_left, stream.line_end = cuts(7, 4_000), line_end
        stream.chunked = lambda: chunked
        assert positions(stream, 200, transport=transport) == list(range(1, 201))
        assert len(stream.asked) > 30


def test_the_union_is_the_journal_when_live_streams_are_cut() -> None:
    chance = cuts(11, 3_000)
    with fake_stream(1) as stream:
        stream.bytes_left = lambda: chance() if stream.asked[-1][0] == "/events/stream" else None
        seen = []
        for event in Client(stream.url, "kams_x").events():
            seen.append(event.position)
            if event.position == 151:
                break
            stream.grow(1)
        assert seen == list(range(1, 152))
        assert [path for path, _ in stream.asked].count("/events/stream") > 20


def test_the_asynchronous_client_sees_the_same() -> None:
    async def seen(url: str) -> list[int]:
        found = []
        async with AsyncClient(url, "kams_x") as client, client.events() as events:
            async for event in events:
                found.append(event.position)
                if event.position == 120:
                    break
        return found

    with fake_stream(100) as stream:
        stream.bytes_left = cuts(13, 3_000)
        threading.Timer(0.1, stream.grow, (20,)).start()
        assert asyncio.run(seen(stream.url)) == list(range(1, 121))


def test_filters_position_and_epoch_are_stated() -> None:
    with fake_stream(3) as stream:
        wanted = {"types": ["Account", "Opportunity.Won"], "account": "A-1", "territory": "north", "imports": False}
        list(Client(stream.url, "kams_x").events(after=2, epoch=0, follow=False, **wanted))
        assert stream.asked[0][1] == {
            "type": "Account,Opportunity.Won", "account": "A-1", "territory": "north", "imports": "false",
            "after": "2", "epoch": "0",
        }  # fmt: skip


def test_a_checkpoint_is_kept_after_each_event_was_handled(tmp_path: Path) -> None:
    path = tmp_path / "seen.json"
    with fake_stream(5) as stream:
        stream.epoch = 3
        client = Client(stream.url, "kams_x")
        events = client.events(checkpoint=FileCheckpoint(path, every_event=True))
        assert [next(events).position for _ in range(3)] == [1, 2, 3]
        assert FileCheckpoint(path).load() == Mark(2, 3), "the third is not handled yet: killed now, it comes again"
        again = client.events(after=0, follow=False, checkpoint=FileCheckpoint(path))
        assert [event.position for event in again] == [3, 4, 5]
        assert FileCheckpoint(path).load() == Mark(5, 3)
        assert stream.asked[-1][1] == {"after": "2", "epoch": "3"}
    assert list(tmp_path.iterdir()) == [path]


def test_a_function_is_told_of_each_mark() -> None:
    marks: list[Mark] = []
    with fake_stream(5) as stream:
        list(Client(stream.url, "kams_x").events(follow=False, checkpoint=marks.append))
        assert marks == [Mark(position, 0) for position in range(1, 6)]


def test_a_file_is_written_now_and_then_and_when_the_reader_waits_or_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.client.checkpoints.PAUSE", 3_600.0)
    path = tmp_path / "seen"
    with fake_stream(5) as stream:
        client = Client(stream.url, "kams_x")
        events = client.events(checkpoint=FileCheckpoint(path))
        assert [next(events).position for _ in range(4)] == [1, 2, 3, 4]
        assert FileCheckpoint(path).load() == Mark(1, 0), "killed now, the next three come again"
        events.close()
        assert FileCheckpoint(path).load() == Mark(3, 0), "the fourth is not known to be handled"
        events = client.events(checkpoint=FileCheckpoint(path))
        assert [next(events).position for _ in range(2)] == [4, 5]
        del events
        assert FileCheckpoint(path).load() == Mark(4, 0)
        events = client.events(checkpoint=FileCheckpoint(path))
        assert next(events).position == 5
        threading.Timer(0.05, stream.grow, (1,)).start()
        assert next(events).position == 6
        assert FileCheckpoint(path).load() == Mark(5, 0), "it waited for news"
        events.close()
        assert [each.position for each in client.events(follow=False, checkpoint=FileCheckpoint(path))] == [6]
        assert FileCheckpoint(path).load() == Mark(6, 0)

        async def asynchronous() -> None:
            async with AsyncClient(stream.url, "kams_x") as other:
                async for _ in other.events(follow=False, checkpoint=FileCheckpoint(tmp_path / "other")):
                    pass

        asyncio.run(asynchronous())
        assert FileCheckpoint(tmp_path / "other").load() == Mark(6, 0)


KILLED = """
import os, sys
from api.client import Client, FileCheckpoint
for event in Client(sys.argv[1], "kams_x").events(follow=False, checkpoint=FileCheckpoint(sys.argv[2])):
    print(event.position, flush=True)
    if event.position == int(sys.argv[3]):
        os._exit(9) if sys.argv[4] == "killed" else sys.exit(1)
"""


@pytest.mark.parametrize("how", ["killed", "left"])
def test_who_is_killed_between_two_marks_gets_some_once_more_and_misses_none(tmp_path: Path, how: str) -> None:
    with fake_stream(40) as stream:
        seen: list[list[int]] = []
        for upto in ("15", "30", "41"):
            done = subprocess.run(
                [sys.executable, "-c", KILLED, stream.url, str(tmp_path / "seen"), upto, how],
                capture_output=True, text=True, timeout=60, check=False,
            )  # fmt: skip
            assert (done.returncode == 0) == (upto == "41"), done.stderr
            seen.append([int(line) for line in done.stdout.split()])
    assert sorted({each for run in seen for each in run}) == list(range(1, 41))
    if how == "left":
        assert [run[0] for run in seen] == [1, 15, 30], "the last one is not known to be handled"
    assert all(run == list(range(run[0], run[-1] + 1)) for run in seen)


@pytest.mark.parametrize("text", ["", "{}", '{"position": -1, "epoch": 0}', '{"position": "4", "epoch": 0}', "[]"])
def test_a_checkpoint_that_is_damaged_is_no_beginning(tmp_path: Path, text: str) -> None:
    (tmp_path / "seen").write_text(text)
    with pytest.raises(CheckpointUnreadable, match=r"seen cannot be read"):
        Client("http://127.0.0.1:9", "kams_x").events(checkpoint=FileCheckpoint(tmp_path / "seen"))


def test_a_checkpoint_that_cannot_be_written_ends_it(tmp_path: Path) -> None:
    def full(_: Mark) -> None:
        raise OSError("no space left")

    with fake_stream(3) as stream:
        with pytest.raises(CheckpointNotKept, match="no space left"):
            list(Client(stream.url, "kams_x").events(checkpoint=full))
        with pytest.raises(CheckpointNotKept, match="missing/seen"):
            list(Client(stream.url, "kams_x").events(checkpoint=FileCheckpoint(tmp_path / "missing" / "seen")))
        assert len(stream.asked) == 2, "it is not taken for a connection that broke"


def problem(detail: str, **details: Any) -> bytes:
    return json.dumps({"title": "X", "detail": detail, "details": details}).encode()


def test_after_a_restore_it_is_told_where_to_go_on() -> None:
    with fake_stream(3) as stream:
        stream.answer = lambda *_: (409, {}, problem("It was restored.", go_on_after=2))
        with pytest.raises(JournalCutOff, match=r"up to position 9: It was restored\.") as told:
            list(Client(stream.url, "kams_x").events(after=9, epoch=1))
    assert told.value.details["go_on_after"] == 2


@pytest.mark.parametrize(
    ("status", "kind"), [(401, NotAdmitted), (403, NotAdmitted), (404, NotAnswered), (422, NotAnswered)]
)
def test_a_refusal_is_no_cut(status: int, kind: type[Exception]) -> None:
    with fake_stream(3) as stream:
        stream.answer = lambda *_: (status, {}, problem("Not so."))
        with pytest.raises(kind, match=f"{status}: Not so"):
            list(Client(stream.url, "kams_x").events())
        assert len(stream.asked) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_cannot_answer_now_is_asked_again(status: int) -> None:
    with fake_stream(3) as stream:
        stream.answer = lambda *_: (status, {"Retry-After": "0"}, b"oops") if len(stream.asked) < 4 else None
        assert positions(stream, 3) == [1, 2, 3]
        assert len(stream.asked) == 4


def test_nobody_there_is_told_at_once_and_later_waited_for() -> None:
    with pytest.raises(NotReached):
        list(Client("http://127.0.0.1:9", "kams_x").events())
    with fake_stream(2) as stream:
        events = Client(stream.url, "kams_x").events()
        assert [next(events).position for _ in range(2)] == [1, 2]
        threading.Thread(
            target=lambda: until(lambda: len(stream.asked) > 1) and (stream.hang_up(), stream.grow(1))
        ).start()
        assert next(events).position == 3


def test_a_command_to_nobody_is_told_at_once() -> None:
    async def asynchronous(url: str) -> None:
        async with AsyncClient(url, "kams_x") as client:
            await client.command("account", "register", {"name": "x"}, patience=3_600)

    with socket.socket() as deaf:  # bound, so that nobody else takes the port, and not listening
        deaf.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        with pytest.raises(NotReached, match=f"{url} is not reached"):
            Client(url, "kams_x").command("account", "register", {"name": "x"}, patience=3_600)
        with pytest.raises(NotReached, match=f"{url} is not reached"):
            asyncio.run(asynchronous(url))


def lost(*_: Any) -> None:
    raise ConnectionAbortedError


def test_a_command_whose_answer_is_lost_is_sent_again_and_then_its_key_is_told() -> None:
    async def asynchronous(url: str) -> None:
        async with AsyncClient(url, "kams_x") as client:
            await client.command("account", "register", {"name": "x"}, patience=0.3)

    with fake_stream(0) as stream:
        stream.answer = lost
        with pytest.raises(NotKnown, match=r'for 0 seconds: .* send it again with idempotency_key="mine"') as told:
            Client(stream.url, "kams_x").command("a", "b", idempotency_key="mine", patience=0.3)
        assert told.value.details["idempotency_keys"] == ["mine"]
        asked = len(stream.asked)
        assert asked > 1
        with pytest.raises(NotKnown, match=r'idempotency_key="[0-9a-f-]{36}"'):
            asyncio.run(asynchronous(stream.url))
        assert len(stream.asked) > asked + 1


def test_a_reader_who_was_dropped_catches_up_and_follows_again() -> None:
    dropped = b'id: 2\nevent: dropped\ndata: {"examined": 2, "reason": "slow reader"}\n\n'
    with fake_stream(2) as stream:
        events = Client(stream.url, "kams_x").events()
        assert [next(events).position for _ in range(2)] == [1, 2]
        stream.answer = lambda path, _: (200, {}, dropped) if len(stream.asked) == 2 and path else None
        threading.Timer(0.05, stream.grow, (1,)).start()
        assert next(events).position == 3
        assert [path for path, _ in stream.asked][1:3] == ["/events/stream", "/events"]
        events.close()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (envelope(5) + b"\n" + envelope(4) + b"\n", "event 4 after position 5"),
        (envelope(5) + b"\n" + envelope(5) + b"\n", "event 5 after position 5"),
        (envelope(5) + b'\n{"examined": 3, "head": 9, "epoch": 0}\n', "3 examined after position 5"),
        (b"<html>\n", "what cannot be read"),
    ],
)
def test_a_server_that_contradicts_itself_is_not_believed(body: bytes, said: str) -> None:
    with fake_stream(0) as stream:
        stream.answer = lambda *_: (200, {}, body)
        with pytest.raises(StreamInconsistent, match=said):
            list(Client(stream.url, "kams_x").events())
