"""The command line at the same door as HTTP: the endpoints are called in this process, rights and answers included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec

from api.access import Access, Asker, NotAllowed
from api.cli.session import System
from api.endpoints import Call, Doors, Endpoint
from api.given import command_named, commands_by_name
from api.named import named
from api.names import name_actors
from api.nouns import OPENINGS
from api.observation import Readiness
from api.policies import POLICIES
from api.store import AccessLog
from domain.aggregate import Aggregate
from domain.errors import Conflict, Fault, Malformed, NotFound
from domain.forecast_call.forecast_call import ForecastCall
from domain.language.catalogue import say

NEW = "new"
ENVELOPE = ("occurred_at", "note")


@dataclass(frozen=True)
class Stated:
    """What is said beside a command's own fields: when it happened, a note, and what makes a repetition harmless."""

    on: str | None = None
    note: str | None = None
    once: str | None = None
    version: int | None = None

    @property
    def body(self) -> dict[str, Any]:
        """The fields that go into the body."""
        found = {"occurred_at": self.on, "note": self.note}
        return {name: value for name, value in found.items() if value is not None}

    @property
    def headers(self) -> dict[str, str]:
        """What HTTP says in headers."""
        once = {"idempotency-key": self.once} if self.once else {}
        return once if self.version is None else {**once, "if-match": f'"{self.version}"'}


@dataclass
class Counter:
    """Gives commands as one asker, one after the other."""

    made: System
    asker: Asker = field(init=False)
    endpoints: dict[str, Endpoint] = field(init=False)

    def __post_init__(self) -> None:
        self.asker = self.made.asker()
        self.endpoints = commands_by_name()
        made = self.made
        self._doors = Doors(
            journal=made.journal,
            engine=made.engine,
            reader=made.reader,
            commands=made.commands,
            access=Access(made.newest),
            access_log=AccessLog(made.journal.pool),
            calendar=made.calendar,
            readiness=Readiness(made.engine),
            clock=lambda: datetime.now(UTC),
            webhooks_private=made.settings.webhooks_private,
        )

    @property
    def access(self) -> Access:
        """Judges what the asker may see."""
        return self._doors.access

    def call(self) -> Call:
        """A call of the asker that holds nothing yet."""
        return Call(self._doors, self.asker, {}, b"", b"", {}, self._doors.clock(), uuid4())

    def give(
        self,
        root: type[Aggregate],
        name: str,
        path: Mapping[str, Any],
        body: Mapping[str, Any],
        stated: Stated = Stated(),
    ) -> Any:
        """Give a command and return what HTTP would answer. Raises what the door and the journal raise."""
        endpoint = self.endpoint(root, name)
        content = msgspec.json.encode({**body, **stated.body})
        call = Call(self._doors, self.asker, dict(path), b"", content, stated.headers, self._doors.clock(), uuid4())
        try:
            return endpoint.handle(call).content
        except NotAllowed as error:
            self.made.noting.failed(error, endpoint.name, call.correlation_id)
            raise
        except Conflict as stale:
            name_actors(self.made.journal, self.asker.visibility, stale)
            raise

    def endpoint(self, root: type[Aggregate], name: str) -> Endpoint:
        """A command by its name, in the words of the domain or of a path. Raises NotFound."""
        return command_named(self.endpoints, root, name)


def path_to(counter: Counter, root: type[Aggregate], name: str, key: str) -> dict[str, Any]:
    """What the path of a command holds: nothing for a new one, for policies of which there is one, and for forecast
    calls, which the body names."""
    if root is ForecastCall:
        return {}
    if root in POLICIES.values():
        return {"key": key} if "{key}" in counter.endpoint(root, name).path else {}
    if name == OPENINGS.get(root):
        return {}
    return {"id": aggregate_of(counter.made, root, key)}


def aggregate_of(made: System, root: type[Aggregate], text: str) -> UUID:
    """An account, opportunity or member by its id or external id. Raises NotFound."""
    try:
        return named(UUID(text))
    except ValueError:
        kind = root.__name__.lower()
        found = made.journal.streams.claimed(kind, "", [text]).get(text)
        if found is None:
            raise NotFound(kind=kind, key=text) from None
        return named(found)


def stated_id(text: str) -> dict[str, str]:
    """The id of something new, where one is stated. Raises Malformed."""
    if text in (NEW, "-", ""):
        return {}
    try:
        return {"id": str(UUID(text))}
    except ValueError:
        raise Malformed(Fault("ID", text[:80], say("expected a UUID, or `{new}`", new=NEW))) from None
