"""The seal as a worker's job: it is brought up to the head of the journal, and every checkpoint to the anchors.

Both are done in threads of their own and not through the broker: only who holds the key can seal and only this machine
can write to its folder, whereas a message is taken by whoever comes first; and an anchor that hangs slows nobody else.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import psycopg
import structlog

from domain.errors import KamsError
from domain.seal.checkpoints import origin_of, read_checkpoint
from domain.seal.notes import SigningKey
from domain.seal.sealing import seal, system_id
from domain.seal.standing import standing
from workers.anchor_store import AnchorStore
from workers.anchors import Anchor, Anchoring
from workers.clock import now_utc
from workers.periodic import Periodic

SECONDS = 10.0
LOCK = "kams seal"
PATIENCE_SECONDS = 60
"""How long something may wait to be sealed before it is somebody's fault."""

log = structlog.get_logger()


class NoSealKey(KamsError):
    """This worker does not seal: {reason}."""


class AnotherSealKey(KamsError):
    """This worker does not seal: its key {mine} is not the one by which this system's checkpoints are signed, {theirs}.
    Give it that key by KAMS_SEAL_KEY."""


@dataclass(frozen=True)
class SealKey:
    """The 32 secret bytes by which checkpoints are signed, or why there are none."""

    secret: bytes | None = None
    reason: str = ""


class Sealing:
    """Seals what is new. Safe to run on any number of machines at once."""

    def __init__(self, key: SealKey, clock: Callable[[], datetime] = now_utc) -> None:
        self._key = key
        self._clock = clock
        self._said = ""

    def seal(self, connection: psycopg.Connection) -> str | None:
        """The checkpoint that was made; None where nothing was new or somebody else is at it. What keeps this worker
        from sealing is logged, and written down unless somebody else seals."""
        store = AnchorStore(connection)
        try:
            key = self.signing_key(connection)
        except KamsError as error:
            self._say(error)
            if standing(connection).age_seconds > PATIENCE_SECONDS:
                store.note_fault(str(error))
            return None
        with store.alone(LOCK, "") as mine:
            if not mine:
                return None
            try:
                note = seal(connection, key, self._clock)
            except KamsError as error:
                self._say(error)
                store.note_fault(str(error))
                return None
            store.note_well()
        self._said = ""
        if note is not None:
            log.debug("sealed", size=read_checkpoint(note).size)
        return note

    def signing_key(self, connection: psycopg.Connection) -> SigningKey:
        """The key, if it is the one that signs for this system. Raises NoSealKey, AnotherSealKey."""
        if self._key.secret is None:
            raise NoSealKey(reason=self._key.reason)
        key = SigningKey(origin_of(system_id(connection)), self._key.secret)
        signs = AnchorStore(connection).only_key(key.verifier)
        if signs != key.verifier:
            raise AnotherSealKey(mine=key.verifier, theirs=signs)
        return key

    def _say(self, error: KamsError) -> None:
        """Once until something else is to be said: the job comes every few seconds."""
        if str(error) != self._said:
            log.error("not sealed", rule=error.rule, reason=str(error))
            self._said = str(error)


class SealWork:
    """The threads of a worker that seal and anchor."""

    def __init__(self, database_url: str, sealing: Sealing, anchoring: Anchoring, seconds: float = SECONDS) -> None:
        self._anchors = [
            Periodic(f"anchor {anchor.name}", database_url, _bringing(anchoring, anchor), seconds)
            for anchor in anchoring.anchors
        ]

        def work(connection: psycopg.Connection) -> None:
            if sealing.seal(connection) is not None:
                for each in self._anchors:
                    each.wake()

        self._sealing = Periodic("seal", database_url, work, seconds, last=True)

    def start(self) -> None:
        """Begin."""
        for each in (self._sealing, *self._anchors):
            each.start()

    def stop(self) -> None:
        """End; what is in hand is finished, and what is new is sealed once more."""
        for each in (self._sealing, *self._anchors):
            each.stop()

    def join(self, seconds: float | None = None) -> None:
        """Wait for the end; not longer than so many seconds, since an anchor may hang."""
        deadline = None if seconds is None else time.monotonic() + seconds
        for each in (self._sealing, *self._anchors):
            each.join(None if deadline is None else max(0.0, deadline - time.monotonic()))


def _bringing(anchoring: Anchoring, anchor: Anchor) -> Callable[[psycopg.Connection], object]:
    return lambda connection: anchoring.bring(connection, anchor)
