"""The course of a reader through the stream, without any input or output: what to ask next, what came, where he stands.

Both clients drive it. Nothing is left out: he goes on after the last position that he has handled or been told was
examined, and a body that does not say how far it went was cut.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec

from api.client.checkpoints import Checkpoint, Mark, flushed
from api.client.errors import CheckpointNotKept, JournalCutOff, NotAnswered, NotReached, StreamInconsistent
from api.client.events import Event, Said, event_of, said_in
from api.client.parsing import Lines, Messages

Transport = Literal["sse", "poll"]
NDJSON, SSE = "application/x-ndjson", "text/event-stream"
EPOCH = "Kams-Epoch"
LONGEST_WAIT = 25.0
SILENCE = 60.0
"""After so many seconds without a byte a connection is taken for dead: the server shows a sign of life every 15."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 30.0
TEMPORARY = {408, 425, 429, 500, 502, 503, 504}


class Asked(NamedTuple):
    """A request: `silence` is how long its answer may be silent (seconds)."""

    path: str
    parameters: dict[str, Any]
    accept: str
    silence: float


class Course:
    """Where a reader stands. `position`: everything up to it was handled or is not for him; `head` is the journal's
    newest position by what was said last."""

    def __init__(
        self,
        wanted: Mapping[str, Any],
        after: int = 0,
        epoch: int | None = None,
        *,
        follow: bool = True,
        transport: Transport = "sse",
        checkpoint: Checkpoint | None = None,
    ) -> None:
        kept = checkpoint.load() if checkpoint is not None else None
        self.position, self.epoch = kept or Mark(after, epoch)
        self.head = 0
        self.finished = False
        self._wanted, self._follow, self._transport, self._checkpoint = dict(wanted), follow, transport, checkpoint
        self._live = self._whole = self._reached = False
        self._failures = 0
        self._asks_for_pause = 0.0
        self._parser: Lines | Messages = Lines()

    def ask(self) -> Asked:
        """The next request."""
        parameters = {**self._wanted, "after": self.position, "epoch": self.epoch}
        self._whole = False
        if self._live and self._transport == "sse":
            self._parser = Messages()
            return Asked("events/stream", parameters, SSE, SILENCE)
        self._parser = Lines()
        if self._live:
            parameters["wait"] = LONGEST_WAIT
        return Asked("events", parameters, NDJSON, SILENCE)

    def began(self, stated: str) -> None:
        """It is answered; in which epoch, a header may say."""
        self._reached = True
        if stated.isdigit():
            self.epoch = int(stated)

    def take(self, piece: bytes) -> Iterator[Event]:
        """The events that are whole with a piece of the answer. Whoever asks for the next one has handled the last."""
        for raw, said in self._said(piece):
            if said.specversion:
                if said.position <= self.position:
                    raise StreamInconsistent(found=f"event {said.position}", position=self.position)
                yield event_of(said, raw)
                self._went_on(said.position)
            else:
                self._told(said)
        if isinstance(self._parser, Messages):  # he waits for news
            self.flush()

    def _said(self, piece: bytes) -> Iterator[tuple[bytes, Said]]:
        if isinstance(self._parser, Lines):
            for line in self._parser.take(piece):
                yield line, self._read(line)
            return
        for message in self._parser.take(piece):
            if message.event == "dropped":
                self._live = False
                self._whole = True
            if message.event in ("event", "start", "examined", "dropped"):
                yield message.data, self._read(message.data)

    def _read(self, line: bytes) -> Said:
        try:
            return said_in(line)
        except msgspec.MsgspecError as error:
            raise StreamInconsistent(found=f"what cannot be read ({error})", position=self.position) from error

    def _told(self, said: Said) -> None:
        """How far the server has looked, or from where it begins."""
        self.head = self.head if said.head is None else said.head
        self.epoch = self.epoch if said.epoch is None else said.epoch
        if said.examined is None:
            return
        if said.examined < self.position:
            raise StreamInconsistent(found=f"{said.examined} examined", position=self.position)
        if said.examined > self.position:
            self._went_on(said.examined)
        if isinstance(self._parser, Lines):
            self._whole = True

    def _went_on(self, position: int) -> None:
        self.position = position
        self._failures = 0
        if self._checkpoint is None:
            return
        checkpoint = self._checkpoint
        self._kept(lambda: checkpoint.save(Mark(self.position, self.epoch)))

    def flush(self) -> None:
        """See that the mark is kept: he waits for more, or ends."""
        self._kept(lambda: flushed(self._checkpoint))

    def _kept(self, keep: Callable[[], None]) -> None:
        try:
            keep()
        except OSError as error:  # it must not be taken for a connection that broke
            raise CheckpointNotKept(path=type(self._checkpoint).__name__, reason=error) from error

    def ended(self) -> None:
        """The answer is over; unless it said how far it went, it was cut."""
        if not self._whole:
            self._failures += 1
            return
        self._failures = 0
        if isinstance(self._parser, Lines) and self.position >= self.head:
            self.finished, self._live = not self._follow, True

    def cut(self, error: Exception) -> None:
        """The connection broke, or was never there. Raises NotReached where nobody ever answered."""
        if not self._reached:
            raise error if isinstance(error, NotReached) else NotReached(url="KAMS", reason=error)
        self._failures += 1

    def refused(self, error: NotAnswered, retry_after: str = "") -> None:
        """The server said no. Raises it where asking again does not help, JournalCutOff after a restore."""
        status, problem = error.details["status"], error.details.get("problem", {})
        if status == 409:
            details = problem.get("details", {})
            raise JournalCutOff(
                position=self.position, reason=error.details["reason"], go_on_after=details.get("go_on_after")
            ) from error
        if status not in TEMPORARY:
            raise error
        self._failures += 1
        self._asks_for_pause = min(float(retry_after), LONGEST_PAUSE) if retry_after.isdigit() else 0.0

    def pause(self) -> float:
        """How long to wait before the next request (seconds): more after each failure in a row, never in step with
        others."""
        asked, self._asks_for_pause = self._asks_for_pause, 0.0
        if isinstance(self._parser, Messages) and self._parser.retry is not None and self._failures:
            asked = max(asked, min(self._parser.retry / 1000, LONGEST_PAUSE))
        if not self._failures:
            return asked
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._failures - 1, 12))
        return max(asked, longest * random.uniform(0.5, 1.0))


def wanted_by(
    types: str | Iterable[str], account: str | UUID | None, territory: str | Iterable[str], *, imports: bool
) -> dict[str, Any]:
    """Filters as the server takes them."""
    found = {"type": _listed(types), "account": account and str(account), "territory": _listed(territory)}
    return {name: value for name, value in found.items() if value} | ({} if imports else {"imports": "false"})


def _listed(stated: str | Iterable[str]) -> str:
    return stated if isinstance(stated, str) else ",".join(stated)
