"""The access log of the command line: the same lines that HTTP writes, one for what a command did."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
from psycopg_pool import PoolTimeout
from typer.main import get_current_context  # type: ignore[attr-defined]  # typer has a click of its own

from api.access import Asker, NotAllowed, NotSignedIn
from api.named import naming
from api.store import Access, AccessLog
from domain.errors import KamsError, NotFound
from domain.journal.connections import JournalUnreachable
from domain.journal.people import People

METHOD = "COMMAND"
AS_DATA = ("json", "csv", "out")
"""Options with which a command hands its answer over as data."""
EXPORTS = frozenset(
    {
        "audit export",
        "audit report",
        "audit trail",
        "audit log",
        "people report",
        "projections export",
        "forecast training",
        "backup",
        "events export",
        "events replay",
    }
)
"""Commands whose answer leaves the system when it is data, personal or not; those without such options always."""
FILES = frozenset(
    {
        "audit export",
        "audit report",
        "people report",
        "projections export",
        "forecast training",
        "backup",
        "events export",
        "events replay",
    }
)


class Noting:
    """Knows who gave the command, and notes once what came of it."""

    def __init__(self, log: AccessLog, people: People) -> None:
        self._log, self._people = log, people
        self._asker: Asker | None = None
        self._told: BaseException | None = None
        self._correlation_id = uuid4()
        self._named: dict[UUID, str] = {}

    def came(self, asker: Asker) -> None:
        """Somebody acts on the command line: a sign-in where his key was idle."""
        if self._asker is None and self._log.signs_in(asker.key_id, datetime.now(UTC)):
            self._note("signed_in", 200, "session", asker)
        self._asker = asker

    def failed(self, error: BaseException, path: str = "", correlation_id: UUID | None = None) -> None:
        """A command was refused: noted where the asker may not, or named what is not there for him; each once."""
        if isinstance(error, NotAllowed | NotSignedIn | NotFound) and error is not self._told:
            self._told = error
            from api.problems import status_of

            asker, rule = self._asker, error.rule
            if isinstance(error, NotSignedIn):
                asker, rule = error.locked_out or asker, error.noted
            self._note("refused", status_of(error), rule, asker, path, correlation_id)

    @contextmanager
    def noted(self) -> Iterator[None]:
        """The time of a command: what came of it is noted at its end, where the database is still there."""
        with naming() as self._named:
            yield from self._noted()

    def _noted(self) -> Iterator[None]:
        try:
            yield
        except (psycopg.Error, PoolTimeout, JournalUnreachable):
            raise
        except KamsError as error:
            self.failed(error)
            raise
        except BaseException:
            self._ended()
            raise
        self._ended()

    def _ended(self) -> None:
        """Noted where it opened personal data, or handed data over; a backup asks for no key and is noted all the
        same."""
        words, as_data = _words(), _as_data()
        if words in FILES or (self._asker and as_data and (self._people.has_opened or words in EXPORTS)):
            self._note("exported", 200, words, self._asker)
        elif self._asker and self._people.has_opened:
            self._note("personal", 200, words, self._asker)

    def _note(
        self, kind: str, status: int, rule: str, asker: Asker | None, path: str = "", correlation: UUID | None = None
    ) -> None:
        self._log.note(
            Access(
                kind=kind,
                method=METHOD,
                path=path or " ".join(["kams", *_words().split(), *map(str, self._named)]),
                status=status,
                correlation_id=correlation or self._correlation_id,
                member=asker.member if asker else None,
                key_id=asker.key_id if asker else "",
                rule=rule,
            )
        )


def _words() -> str:
    """The command as it is called, without its arguments: these may hold names."""
    context, names = get_current_context(silent=True), []
    while context is not None and context.parent is not None:
        names.append(context.info_name or "")
        context = context.parent
    return " ".join(reversed(names))


def _as_data() -> bool:
    context = get_current_context(silent=True)
    return context is not None and any(context.params.get(name) for name in AS_DATA)
