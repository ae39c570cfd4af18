"""A stream of events behind a real socket that breaks as it is told: for clients, without KAMS behind it."""

from __future__ import annotations

import json
import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

SUBJECT = UUID(int=7)


def envelope(position: int, kind: str = "Account.Renamed", **fields: Any) -> bytes:
    """An event as the feed holds it."""
    return json.dumps({
        "specversion": "1.0", "id": str(position), "source": "/kams", "type": kind, "subject": str(SUBJECT),
        "time": "2026-03-02T09:00:00Z", "position": position, "schemaversion": 1,
        "occurredat": "2026-03-01T09:00:00Z",
        "data": {"fields": {"name": f"Nº {position}", **fields}, "changes": [], "note": None, "sealed": []},
    }).encode()  # fmt: skip


class FakeStream:
    """Answers GET /events and /events/stream. `bytes_left` says after how many bytes a body is cut (None: never),
    `answer` may answer a request otherwise: with a status, headers and a body. `asked` is what was asked."""

    def __init__(self) -> None:
        self.events: list[bytes] = []
        self.epoch = 0
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.bytes_left: Callable[[], int | None] = lambda: None
        self.answer: Callable[[str, dict[str, str]], tuple[int, dict[str, str], bytes] | None] = lambda *_: None
        self.chunked: Callable[[], bool] = lambda: True
        self.line_end = b"\n"
        self.changed = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def head(self) -> int:
        return len(self.events)

    def grow(self, count: int) -> None:
        """Record so many events more."""
        with self.changed:
            self.events += [envelope(position) for position in range(self.head + 1, self.head + count + 1)]
            self.changed.notify_all()

    def hang_up(self) -> None:
        """Cut every connection."""
        for each in list(self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listener.close()
        self.hang_up()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._open.add(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = connection.recv(65_536)
                if not piece:
                    return
                head += piece
            target = urlsplit(head.split(b" ", 2)[1].decode())
            asked = dict(parse_qsl(target.query))
            self.asked.append((target.path, asked))
            otherwise = self.answer(target.path, asked)
            if otherwise is not None:
                status, headers, body = otherwise
                lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close"]
                lines += [f"{name}: {value}" for name, value in headers.items()]
                connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
                return
            self._stream(connection, target.path, int(asked.get("after", 0)), asked)
        self._open.discard(connection)

    def _stream(self, connection: socket.socket, path: str, after: int, asked: dict[str, str]) -> None:
        chunked, left = self.chunked(), self.bytes_left()
        kind = "text/event-stream" if path.endswith("stream") else "application/x-ndjson"
        lines = ["HTTP/1.1 200 OK", f"Content-Type: {kind}", f"Kams-Epoch: {self.epoch}", "Connection: close"]
        connection.sendall("\r\n".join([*lines, *["Transfer-Encoding: chunked"] * chunked, "", ""]).encode())

        def send(body: bytes) -> None:
            nonlocal left
            if left is not None and len(body) >= left:
                body, left = body[:left], 0
            elif left is not None:
                left -= len(body)
            if body:
                connection.sendall(b"%x\r\n%b\r\n" % (len(body), body) if chunked else body)
            if left == 0:
                raise ConnectionAbortedError

        for each in (self._live if path.endswith("stream") else self._page)(after, asked):
            send(each)
        if chunked:
            connection.sendall(b"0\r\n\r\n")

    def _page(self, after: int, asked: dict[str, str]) -> Iterator[bytes]:
        if "wait" in asked:
            self._grown(after)
        end = self.head
        for position in range(after, end):
            yield self.events[position] + b"\n"
        yield json.dumps({"examined": end, "head": end, "epoch": self.epoch}).encode() + b"\n"

    def _live(self, after: int, _: dict[str, str]) -> Iterator[bytes]:
        start = {"from": after, "to": self.head, "head": self.head, "epoch": self.epoch}
        yield self._message(after, "start", json.dumps(start).encode())
        while True:
            if not self._grown(after):
                return
            while after < self.head:
                after += 1
                yield self._message(after, "event", self.events[after - 1])

    def _grown(self, after: int) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: self.head > after, 30)

    def _message(self, position: int, kind: str, data: bytes) -> bytes:
        lines = [b": a remark", b"id: %d" % position, b"event: " + kind.encode(), b"data: " + data, b"", b""]
        return self.line_end.join(lines)


@contextmanager
def fake_stream(events: int = 0) -> Iterator[FakeStream]:
    """A stream of so many events."""
    stream = FakeStream()
    stream.grow(events)
    try:
        yield stream
    finally:
        stream.close()


def cuts(seed: int, most: int) -> Callable[[], int]:
    """Numbers of bytes after which connections are cut."""
    chance = random.Random(seed)
    return lambda: chance.randrange(1, most)
