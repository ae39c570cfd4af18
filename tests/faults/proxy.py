"""A real proxy before PostgreSQL's socket, which can swallow one answer and cut the connection."""

from __future__ import annotations

import contextlib
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

SOCKET = ".s.PGSQL.5432"


class Proxy:
    """Passes everything on. `swallow(word)`: the answer to the next message that holds the word is lost with its
    connection, after the server has sent it, so that what was asked is done."""

    def __init__(self, database_url: str, folder: Path) -> None:
        parts = urlsplit(database_url)
        self._server = f"{parse_qs(parts.query)['host'][0]}/{SOCKET}"
        self.url = f"postgresql://postgres@{parts.path}?host={quote(str(folder), safe='')}&port=5432"
        self.swallowed = threading.Event()
        self._word: bytes | None = None
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / SOCKET))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def swallow(self, word: bytes = b"") -> None:
        """Lose the answer to the next message that holds the word (any message if it is empty)."""
        self.swallowed.clear()
        self._word = word

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
                doomed = threading.Event()
                threading.Thread(target=self._forth, args=(client, server, doomed), daemon=True).start()
                threading.Thread(target=self._back, args=(client, server, doomed), daemon=True).start()

    def _forth(self, client: socket.socket, server: socket.socket, doomed: threading.Event) -> None:
        with contextlib.suppress(OSError), client, server:
            while data := client.recv(1 << 20):
                if self._word is not None and self._word in data:
                    self._word = None
                    doomed.set()
                server.sendall(data)

    def _back(self, client: socket.socket, server: socket.socket, doomed: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(1 << 20):
                if doomed.is_set():
                    self.swallowed.set()
                    break
                client.sendall(data)
        for end in (client, server):  # whoever waits at the other end must see that it is over
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def proxy_before(database_url: str) -> Iterator[Proxy]:
    """A proxy on a socket of its own."""
    with tempfile.TemporaryDirectory(prefix="kams-proxy-", dir="/tmp") as folder:
        proxy = Proxy(database_url, Path(folder))
        try:
            yield proxy
        finally:
            proxy.close()
