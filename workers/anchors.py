"""Anchors: places outside the database that every checkpoint is brought to, so that nobody can rewrite the journal and
its seal together without being found out."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit

import psycopg
import structlog

from domain.errors import KamsError
from domain.language.catalogue import say
from domain.seal.notes import VerifierKey, is_signed
from domain.seal.sealing import newest
from domain.seal.standing import AnchorProgress, seal_keys
from workers.anchor_folder import AnchorContradicts, FolderAnchor
from workers.anchor_sending import Mailed, Printed, Webhook
from workers.anchor_store import AnchorStore
from workers.clock import now_utc
from workers.mail import is_this_machine

A_DAY = 86_400
AT_ONCE = 100
FIRST_PAUSE, LONGEST_PAUSE = 10, 600
"""Seconds until the next try after a failure, doubled with each."""
KINDS = ("file:", "https://", "http://", "mailto:", "stdout:")
ACCEPTED = "file:/folder, https://host/path, mailto:someone@host, stdout:"

log = structlog.get_logger()


class AnchorUnusable(KamsError):
    """{anchor} in KAMS_ANCHORS cannot be used: {reason}."""


class CheckpointNotOurs(KamsError):
    """The checkpoint of the first {size} events is signed by none of this system's keys: it is brought nowhere. Run
    `kams audit verify`."""


class Anchor(Protocol):
    """A place that keeps checkpoints. `every` thins them out: one in so many seconds; `local` ones are this
    machine's own."""

    name: str
    every: int
    local: bool

    def reached(self, told: int) -> int:
        """The size of the newest checkpoint there; `told` is what the database says of it."""

    def keep(self, connection: psycopg.Connection, note: str) -> None:
        """Bring a checkpoint there, later ones never before earlier ones. Raises KamsError, OSError."""

    def must_agree(self, newest: str | None) -> None:
        """Compare what is there with the journal's newest checkpoint. Raises AnchorContradicts."""


def anchors_of(
    stated: Iterable[str], home: Path, *, private: bool = False, smtp_url: str | None = None
) -> list[Anchor]:
    """The anchors that addresses name, and always the home's own folder. Raises AnchorUnusable."""
    found: dict[str, Anchor] = {}
    for text in (f"file:{home / 'anchors'}", *stated):
        anchor = _anchor_of(text.strip(), private, smtp_url)
        found.setdefault(anchor.name, anchor)
    return list(found.values())


def _anchor_of(text: str, private: bool, smtp_url: str | None) -> Anchor:
    kind, _, rest = text.partition(":")
    for part in text.split()[1:]:
        if part.startswith(KINDS):
            raise AnchorUnusable(anchor=text, reason=say("before {part} a comma is missing", part=part))
    if kind == "stdout" and not rest:
        return Printed("stdout:")
    if kind == "file" and rest.startswith("/"):
        return FolderAnchor(Path("/" + rest.lstrip("/")))
    if kind not in ("https", "http", "mailto"):
        raise AnchorUnusable(anchor=text, reason=say("expected one of {known}", known=ACCEPTED))
    address, every = _thinned(text, A_DAY if kind == "mailto" else 0)
    if kind == "mailto":
        to = address.partition(":")[2]
        if "@" not in to or any(c.isspace() or c in ",;<>" for c in to):
            raise AnchorUnusable(anchor=text, reason=say("expected {value}", value="mailto:someone@host"))
        if not smtp_url:
            raise AnchorUnusable(anchor=text, reason=say("KAMS_SMTP_URL (smtp://user:password@host:port) is not set"))
        return Mailed(to, every, smtp_url)
    return _webhook(address, every, private)


def _webhook(address: str, every: int, private: bool) -> Anchor:
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host:
        raise AnchorUnusable(anchor=address, reason=say("expected {value}", value="https://host/path"))
    if parts.scheme == "http" and not (private and is_this_machine(host)):
        raise AnchorUnusable(anchor=address, reason=say("without TLS only this machine, with KAMS_ANCHORS_PRIVATE=1"))
    return Webhook(address, every, private=private)


def _thinned(text: str, usual: int) -> tuple[str, int]:
    """An address without its `every`, and the seconds that it states."""
    address, _, query = text.partition("?")
    options = parse_qsl(query, keep_blank_values=True)
    stated = dict(options).get("every")
    if stated is None:
        return text, usual
    if not (stated.isascii() and stated.isdigit() and len(stated) < 9):
        raise AnchorUnusable(anchor=text, reason=say("expected {value}", value="every=SECONDS"))
    rest = urlencode([each for each in options if each[0] != "every"])
    return f"{address}?{rest}".rstrip("?"), int(stated)


class Anchoring:
    """Brings checkpoints to anchors: each one at least once and in their order, or thinned out."""

    def __init__(self, anchors: Sequence[Anchor], clock: Callable[[], datetime] = now_utc, host: str = "") -> None:
        self.anchors = anchors
        self._clock = clock
        self._host = host or socket.gethostname()

    def host_of(self, anchor: Anchor) -> str:
        """The machine whose own an anchor is; empty for one that all share."""
        return self._host if anchor.local else ""

    def bring(self, connection: psycopg.Connection, anchor: Anchor) -> int:
        """Bring to an anchor what it lacks; how many checkpoints. What goes wrong is written down, not raised."""
        store = AnchorStore(connection)
        host = self.host_of(anchor)
        with store.alone(anchor.name, host) as mine:
            if not mine:
                return 0
            progress = store.progress(anchor.name, host)
            if self._must_wait(anchor, progress):
                return 0
            try:
                return self._bring(store, connection, anchor, progress)
            except (KamsError, OSError) as error:
                contradicts, reason = isinstance(error, AnchorContradicts), str(error) or type(error).__name__
                store.failed(anchor.name, host, reason, self._clock(), contradicts=contradicts)
                tell = log.error if contradicts else log.warning
                tell("checkpoint not anchored", anchor=anchor.name, reason=reason)
                return 0

    def _must_wait(self, anchor: Anchor, progress: AnchorProgress) -> bool:
        now = self._clock()
        if progress.failures and progress.tried_at is not None:
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(progress.failures - 1, 10))
            return now < progress.tried_at + timedelta(seconds=pause)
        due = self.due(anchor, progress)
        return due is not None and now < due

    def due(self, anchor: Anchor, progress: AnchorProgress) -> datetime | None:
        """When a thinned-out anchor is told next; None for one that is told of each checkpoint."""
        if not anchor.every or progress.anchored_at is None:
            return None
        return progress.anchored_at + timedelta(seconds=anchor.every)

    def _bring(
        self, store: AnchorStore, connection: psycopg.Connection, anchor: Anchor, progress: AnchorProgress
    ) -> int:
        host, reached = self.host_of(anchor), anchor.reached(progress.size)
        notes = store.newest_checkpoint(reached) if anchor.every else store.checkpoints(reached, AT_ONCE)
        if not notes:
            anchor.must_agree(newest(connection))
            if progress.failures or reached != progress.size:
                store.kept(anchor.name, host, reached, self._clock())
            return 0
        keys = seal_keys(connection)
        for size, note in notes:
            _must_be_ours(size, note, keys)
            anchor.keep(connection, note)
            store.kept(anchor.name, host, size, self._clock())
        return len(notes)


def _must_be_ours(size: int, note: str, keys: Sequence[VerifierKey]) -> None:
    if not any(is_signed(note, key) for key in keys):
        raise CheckpointNotOurs(size=size)
