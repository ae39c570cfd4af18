"""A company that is saved, and what a restore is compared with."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg

from api.backup.container import MANIFEST
from api.backup.saving import Files, Saved, save
from domain.account.account import Account
from domain.commands import Commands, command_type
from domain.journal.context import Context
from domain.journal.journal import Journal
from domain.journal.mapper import JournalMapper
from domain.journal.roles import as_role
from domain.seal.checkpoints import origin_of
from domain.seal.notes import SigningKey
from domain.seal.sealing import newest, seal, system_id
from projections import READ_MODELS
from projections.engine import Engine

KEPT = ("events", "claims", "seal_tiles", "checkpoints", "access_log", "forecasts")
SHOWS = """
insert into forecasts (digest, reason, as_of, known_at, position, period, first_day, last_day, scope, model,
    model_version, content)
values (decode(md5(%(period)s), 'hex'), 'shown', now(), 1, 1, %(period)s, '2026-01-01', '2026-03-31', 'everything',
    'none', '', %(period)s::bytea) returning id"""
JANUARY = datetime(2026, 1, 5, 9, tzinfo=UTC)
SECRET = bytes(range(32))


class Ours:
    """A small company with people of a customer, on a database of its own, sealed."""

    def __init__(self, url: str) -> None:
        self.owner, self.url = url, as_role(url)
        self.journal = Journal(self.url)
        self.engine = Engine(self.url, READ_MODELS, JournalMapper())
        self.people: dict[str, UUID] = {}
        for number in range(3):
            self.registers(f"Werk {number}", f"A-{number}")
        for period in ("2026-Q1", "2026-01"):
            shows_forecast(self.url, period)

    def registers(self, name: str, external_id: str) -> None:
        """An account with a person."""
        account, person = uuid4(), uuid4()
        self.give(account, "register", name=name, external_id=external_id)
        self.give(account, "stakeholders.add", stakeholder_id=str(person), name=f"Anna of {name}")
        self.give(account, "stakeholders.add", stakeholder_id=str(uuid4()), name=f"Bo of {name}")
        self.give(account, "visits.log", visit_id=str(uuid4()), outcome=f"Anna was ill in {name}")
        self.people[name] = person

    def give(self, account: UUID, command: str, /, **body: Any) -> None:
        typed = msgspec.convert(body, command_type(Account, command).body)
        Commands(self.journal).give(Account, account, command, typed, Context(at=JANUARY))

    def seals(self) -> str:
        """Seal everything; the newest checkpoint."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            key = SigningKey(origin_of(system_id(connection)), SECRET)
            seal(connection, key, lambda: datetime.now(UTC))
            note = newest(connection)
        assert note is not None
        return note

    def saved(self, folder: Path, name: str = "backup") -> tuple[Files, Saved]:
        """A backup."""
        files = Files(folder / f"{name}.journal", folder / f"{name}.keys")
        with psycopg.connect(self.url, autocommit=True) as connection:
            return files, save(connection, files, self.journal.people.wrapping, datetime.now(UTC), lambda *_: None)

    def close(self) -> None:
        self.engine.close()
        self.journal.close()


def shows_forecast(url: str, period: str) -> int:
    """Keep a forecast as it was shown; its number."""
    with psycopg.connect(url) as connection:
        (number,) = connection.execute(SHOWS, {"period": period}).fetchone() or (0,)
        return int(number)


def stored(url: str) -> dict[str, list[str]]:
    """Every row of what is kept, all columns, as text."""
    with psycopg.connect(url) as connection:
        return {t: [r for (r,) in connection.execute(f"select t::text from {t} t order by 1")] for t in KEPT}


def shown(url: str) -> dict[str, list[str]]:
    """Every row of every read model, its versions with both clocks, as text."""
    found = {}
    with psycopg.connect(url) as connection:
        for model in READ_MODELS:
            for table in (model.table, model.history):
                rows = connection.execute(f"select t::text from {table} t order by 1")
                found[table] = [text for (text,) in rows]
    return found


def rewritten(path: Path, to: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """A copy of a backup file whose parts were changed by somebody."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(to, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return to


def manifest_with(**changes: Any) -> Callable[[str, bytes], bytes]:
    """Changes fields of the manifest."""

    def change(name: str, content: bytes) -> bytes:
        if name != MANIFEST:
            return content
        return msgspec.json.encode({**msgspec.json.decode(content), **changes})

    return change
