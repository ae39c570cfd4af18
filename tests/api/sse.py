"""Reads server-sent events from a real server, byte by byte as they come."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

from api.app import create_app
from api.serving import make_server
from api.streams.subscriber import Pace
from domain.journal.journal import Journal
from domain.journal.mapper import JournalMapper
from projections import READ_MODELS
from projections.engine import Engine
from projections.view import Reader
from tests.workers.following import until

PATIENCE = 30.0


class Message(NamedTuple):
    """A message: its kind, its id and what it says."""

    event: str
    id: int
    data: dict[str, Any]


class Following:
    """A connection that follows the stream. Answers 200, or `problem` says why not."""

    def __init__(self, port: int, key: str = "", last_event_id: str = "", buffer: int = 0, **parameters: Any) -> None:
        self._socket = socket.socket()
        if buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self._socket.settimeout(PATIENCE)
        self._socket.connect(("127.0.0.1", port))
        query = f"?{urlencode(parameters)}" if parameters else ""
        lines = [f"GET /events/stream{query} HTTP/1.1", "Host: localhost", "Accept: text/event-stream"]
        lines += [f"Authorization: Bearer {key}"] if key else []
        lines += [f"Last-Event-ID: {last_event_id}"] if last_event_id else []
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self._file = self._socket.makefile("rb")

    def begun(self) -> Following:
        """Read the head of the answer."""
        self.status = int(self._file.readline().split()[1])
        self.headers: dict[str, str] = {}
        while line := self._file.readline().strip():
            name, _, value = line.decode().partition(":")
            self.headers[name.lower()] = value.strip()
        return self

    @property
    def problem(self) -> dict[str, Any]:
        """What a refusal says."""
        found: dict[str, Any] = json.loads(self._file.read(int(self.headers["content-length"])))
        return found

    def messages(self) -> Iterator[Message]:
        """Until the stream ends, is cut, or nothing came for long."""
        waiting = b""
        for chunk in self._chunks():
            waiting += chunk
            *whole, waiting = waiting.split(b"\n\n")
            yield from map(_message, whole)

    def events(self) -> Iterator[int]:
        """The positions of events."""
        return (message.id for message in self.messages() if message.event == "event")

    def _chunks(self) -> Iterator[bytes]:
        with contextlib.suppress(OSError, ValueError):
            while size := int(self._file.readline() or b"0", 16):
                chunk = self._file.read(size)
                self._file.readline()
                if len(chunk) < size:
                    return
                yield chunk

    def sends(self, content: bytes) -> None:
        """Say something more on the same connection."""
        self._socket.sendall(content)

    def cut(self) -> None:
        """Hang up, in the middle of whatever it is."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._file.close()
        self._socket.close()


def _message(text: bytes) -> Message:
    fields = dict(line.split(b": ", 1) for line in text.split(b"\n"))
    return Message(fields[b"event"].decode(), int(fields[b"id"]), json.loads(fields[b"data"]))


@contextlib.contextmanager
def serving(database_url: str, pace: Pace | None = None) -> Iterator[int]:
    """A real server of its own on a company's database; its port."""
    journal, stopping = Journal(database_url), threading.Event()
    engine = Engine(journal.pool, READ_MODELS, JournalMapper())
    app = create_app(journal, engine, Reader(journal, engine), stopping=stopping, pace=pace)
    taken = socket.create_server(("127.0.0.1", 0))
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32_768)  # so that one who does not read is noticed soon
    server = make_server(app, stopping=stopping)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]})
    thread.start()
    try:
        assert until(lambda: server.started)
        yield taken.getsockname()[1]
    finally:
        server.stop()
        thread.join(PATIENCE)
        taken.close()
        journal.close()
    assert not thread.is_alive()
