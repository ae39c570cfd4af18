"""What an endpoint is: one line in a table of contents, of which routes, OpenAPI and the tests' matrix are made."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, TypeVar
from urllib.parse import parse_qs
from uuid import UUID, uuid5

import msgspec

from api.access import Access, Asker
from api.bodies import body_of, converted, query_of
from api.moments import Calendar
from api.observation import Readiness
from api.signing_in.entrance import Browser, Entrance
from api.signing_in.sessions import Session
from api.store import AccessLog
from api.streams.hub import Hub
from api.streams.reading import Feeding
from api.streams.tickets import Tickets
from domain.commands import Commands
from domain.errors import Fault, Malformed
from domain.journal.forgotten import Register
from domain.journal.journal import Journal
from projections.engine import Engine
from projections.streams.feed import Feed
from projections.view import Reader, View

S = TypeVar("S", bound=msgspec.Struct)

LARGEST_BODY = 1_000_000
LARGEST_FORM = 200_000
MOST_FIELDS = 2_000


@dataclass(frozen=True)
class Doors:
    """What endpoints work with: handed in by the composition root, nothing is looked up. `wake_workers` tells workers
    that something is noted for them; they look by themselves, too."""

    journal: Journal
    engine: Engine
    reader: Reader
    commands: Commands
    access: Access
    access_log: AccessLog
    calendar: Calendar
    readiness: Readiness
    clock: Callable[[], datetime]
    register: Register | None = None
    wake_workers: Callable[[], object] = lambda: None
    valkey_answers: Callable[[], bool] | None = None
    """Whether Valkey answers; None where there is none to be asked."""
    webhooks_private: bool = False
    """Whether webhooks may be delivered within a private network, and without TLS."""
    hub: Hub | None = None
    """Who follows the journal here; only a server has one."""
    entrance: Entrance | None = None
    """Who is signed in at the console; only a server has one."""
    want_scores: Callable[[View], bool] = lambda _: False
    want_facts: Callable[[View], bool] = lambda _: False
    """Has the scores of a view's moment worked out behind; whether they come."""

    @property
    def feed(self) -> Feed:
        """What publishes the journal's events."""
        assert self.hub is not None
        return self.hub.feed

    @property
    def feeding(self) -> Feeding:
        """What reads them."""
        assert self.hub is not None
        return self.hub.feeding

    @property
    def tickets(self) -> Tickets:
        """Ways in for browsers."""
        return Tickets(self.journal.pool)


@dataclass
class Call:
    """One request on its way: who asks, what he sent. `opened_personal` is set where sealed data was opened,
    `exported` where it is handed over as data for use elsewhere; `named` is what was named by what was stated for it
    (`api.named`)."""

    doors: Doors
    asker: Asker
    path: dict[str, Any]
    raw_query: bytes
    raw_body: bytes
    headers: dict[str, str]
    now: datetime
    correlation_id: UUID
    asked_path: str = ""
    """The path that was asked for, as it was stated."""
    reader: str = ""
    """What the browser remembers of its reader (`api.console.preferences`)."""
    recorded: int | None = None
    """At which position a page of the console says that its reader just recorded something (`bodies.JUST_RECORDED`)."""
    opened_personal: bool = False
    exported: bool = False
    named: dict[UUID, str] = field(default_factory=dict)
    read_body: dict[str, Any] | None = None
    """The body where it was read already: it was part of a larger one."""
    session: Session | None = None
    """The session of the console in which this is asked; None where a key was stated."""
    browser: Browser = field(default_factory=lambda: Browser({}))
    """Who knocks at the console; nobody at other doors."""

    def body(self, kind: type[S]) -> S:
        """The body as a Struct."""
        return body_of(kind, self.raw_body) if self.read_body is None else converted(kind, self.read_body)

    @cached_property
    def form(self) -> dict[str, list[str]]:
        """The fields of a form, each with all that was stated for it, blanks too. Raises Malformed."""
        try:
            return parse_qs(
                self.raw_body.decode("ascii"),
                keep_blank_values=True,
                strict_parsing=bool(self.raw_body),
                errors="strict",
                max_num_fields=MOST_FIELDS,
            )
        except ValueError:  # UnicodeError is one
            raise Malformed(Fault("form", "", "expected the fields of a form, in UTF-8")) from None

    def query(self, kind: type[S]) -> S:
        """The query string as a Struct."""
        return query_of(kind, self.raw_query)

    @property
    def command_id(self) -> UUID | None:
        """The identity of the command, from the member and the Idempotency-Key; None where none is stated."""
        key = self.headers.get("idempotency-key", "").strip()
        return uuid5(self.asker.member, key) if key else None

    @property
    def expected_version(self) -> int | None:
        """The version in If-Match; None where none or any is stated."""
        stated = self.headers.get("if-match", "").strip()
        if stated in ("", "*"):
            return None
        number = stated.removeprefix("W/").strip('"')
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            raise Malformed(Fault("If-Match", stated[:80], 'expected the ETag of an earlier answer, such as "7"'))
        return int(number)


@dataclass(frozen=True)
class Reply:
    """An answer: a Struct, or bytes in the endpoint's own media type unless `media` names another; with its status,
    ETag and further headers. An iterator of bytes is sent as it comes, as `media`."""

    content: Any
    etag: str = ""
    status: int = 200
    media: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class NoQuery(msgspec.Struct, forbid_unknown_fields=True):
    """No parameters."""


@dataclass(frozen=True)
class Endpoint:
    """A route. `handle` answers a call; `answer` is the type of what it answers with, or several of them; `ready`
    tells, for a call, whether it can be answered now (a long poll or a wait for a position), asked again until
    `patience` is over. `media` is the type of its content: what is not bytes is written as JSON. `also` are the other
    media types in which it answers, each with the type of what that holds (or its JSON Schema): for several messages
    one after another (NDJSON, MessagePack, SSE) that of one of them. `statuses` are those of problems that others do
    not have, each with its description; `etag` tells whether it answers with one, `ticketed` whether a ticket lets in,
    too. A body of more than `largest_body` bytes is refused (413). `asks` says that what is sent is a question: nothing
    is recorded, however often it is sent.

    `session`: a page of the console, for whoever is signed in there, or states a key; not part of the contract.
    `public`: nobody needs to be signed in. `form`: what is sent are the fields of a form (`Call.form`)."""

    method: Literal["GET", "POST", "PUT"]
    path: str
    name: str
    about: str
    handle: Callable[[Call], Reply]
    answer: Any
    query: type[msgspec.Struct] = NoQuery
    body: type[msgspec.Struct] | None = None
    status: int = 200
    tag: str = ""
    ready: Callable[[Call], bool] | None = None
    patience: Callable[[Call], float] = field(default=lambda _: 0.0)
    media: str = "application/json"
    also: Mapping[str, Any] = field(default_factory=dict)
    etag: bool = True
    ticketed: bool = False
    statuses: Mapping[str, str] = field(default_factory=dict)
    largest_body: int = LARGEST_BODY
    asks: bool = False
    session: bool = False
    public: bool = False
    form: bool = False

    @property
    def route(self) -> str:
        """The path as the router takes it."""
        return re.sub(r"\{(\w+)\}", r"{\1:str}", self.path)
