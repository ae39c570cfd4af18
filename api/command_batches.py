"""Many commands in one request: each is accepted or refused by itself, in order, as its own route would answer it."""

from __future__ import annotations

import dataclasses
import http
import traceback
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Annotated, Any
from uuid import UUID

import msgspec
import structlog

from api.access import NotAllowed
from api.bodies import converted, value_of
from api.endpoints import Call, Endpoint, Reply
from api.given import ROOTS, command_named, commands_by_name, root_of
from api.identity import by_what_was_stated, path_of
from api.moments import When
from api.named import naming
from api.names import name_actors
from api.noting import noted_path
from api.problems import Problem, faults_in, problem_of, status_of
from api.refusals import NotMsgpack
from api.store import Access as Line
from domain.errors import Conflict, Fault, KamsError, Malformed, NotFound, Refused, RepeatedDifferently
from domain.journal.journal import TooBusy
from domain.language.catalogue import say

MOST = 1_000
LARGEST_BODY = 5_000_000
MSGPACK = ("application/msgpack", "application/x-msgpack", "application/vnd.msgpack")
ENVELOPE = ("occurred_at", "note")
UNREACHABLE = http.HTTPStatus.SERVICE_UNAVAILABLE

log = structlog.get_logger()

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class BatchedCommand(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A command: of which kind of aggregate (`account`, `opportunity`, `member`, `price-list` …), its name
    (`visits.log`), and its own fields as `body`. `id` is an identifier, an external id or a policy's key; an opening
    may state the identifier that it gives, so that later commands can name it. `if_match` is the version on which the
    decision rests."""

    aggregate: Name
    command: Name
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    body: dict[str, Any] = {}
    occurred_at: When | None = None
    note: str | None = None
    idempotency_key: Name | None = None
    if_match: int | str | None = None


class CommandBatch(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Commands, given one after the other."""

    commands: Annotated[list[BatchedCommand], msgspec.Meta(max_length=MOST)]


class CommandResult(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What became of the command at an index: what its own route would have answered, or the problem."""

    index: int
    status: int
    id: UUID | msgspec.UnsetType = msgspec.UNSET
    version: int | msgspec.UnsetType = msgspec.UNSET
    position: int | msgspec.UnsetType = msgspec.UNSET
    positions: tuple[int, ...] | msgspec.UnsetType = msgspec.UNSET
    recorded_at: Any = msgspec.UNSET
    repeated: bool | msgspec.UnsetType = msgspec.UNSET
    key: str | msgspec.UnsetType | None = msgspec.UNSET
    secret: str | msgspec.UnsetType | None = msgspec.UNSET
    found: Any = msgspec.UNSET
    problem: Problem | msgspec.UnsetType = msgspec.UNSET


class BatchAnswer(msgspec.Struct, kw_only=True):
    """One result for each command, in their order. `refused` counts those that recorded nothing because they were
    refused; `position` is the highest that any of them answered: a query can wait for it."""

    results: list[CommandResult]
    refused: int
    position: int


class _Loose(msgspec.Struct, forbid_unknown_fields=True):
    """The batch before its commands are looked at: a wrong one must not spoil the others."""

    commands: list[Any]


def batch_endpoints() -> list[Endpoint]:
    """The route that takes many."""
    about = (
        f"Give up to {MOST:,} commands, one after the other, each accepted or refused by itself: later ones see what "
        "earlier ones recorded. A command is recorded once for its `idempotency_key`, or for the Idempotency-Key of "
        "the request and its index: repeat the whole batch where its answer was lost. JSON or msgpack."
    )
    return [
        Endpoint(
            method="POST",
            path="/commands",
            name="commands",
            about=about,
            handle=_batch,
            answer=BatchAnswer,
            body=CommandBatch,
            tag="commands",
            largest_body=LARGEST_BODY,
        )
    ]


def _batch(call: Call) -> Reply:
    if call.headers.get("if-match", "").strip() not in ("", "*"):
        stated = call.headers["if-match"][:80]
        raise Malformed(Fault("If-Match", stated, "state if_match with each command: a batch has no version"))
    commands = converted(_Loose, _value_of(call)).commands
    if len(commands) > MOST:
        raise Malformed(Fault("commands", str(len(commands)), say("at most {most} in one request", most=MOST)))
    results = list(results_of(call, commands, call.headers.get("idempotency-key", "").strip()))
    refused = sum(each.problem is not msgspec.UNSET for each in results)
    position = max((each.position for each in results if isinstance(each.position, int)), default=0)
    return Reply(BatchAnswer(results=results, refused=refused, position=position))


def _value_of(call: Call) -> Any:
    """The body as JSON says it, whether it is JSON or msgpack. Raises NotJson, NotMsgpack."""
    if call.headers.get("content-type", "").partition(";")[0].strip().lower() not in MSGPACK:
        return value_of(call.raw_body)
    try:
        return value_of(msgspec.json.encode(msgspec.msgpack.decode(call.raw_body)))
    except (msgspec.DecodeError, TypeError, ValueError, RecursionError) as error:
        raise NotMsgpack(reason=str(error)) from None


def results_of(call: Call, commands: Iterable[Any], batch_key: str) -> Iterator[CommandResult]:
    """Give commands in order. Once the database does not answer any more the rest is not tried."""
    unreachable: Problem | None = None
    for index, stated in enumerate(commands):
        if unreachable is not None:
            yield CommandResult(index=index, status=unreachable.status, problem=unreachable)
            continue
        result, error = _result(call, index, stated, batch_key)
        if result.status == UNREACHABLE and not isinstance(error, TooBusy) and isinstance(result.problem, Problem):
            unreachable = result.problem
        yield result


def _result(call: Call, index: int, stated: Any, batch_key: str) -> tuple[CommandResult, Exception | None]:
    """What one command answers; never raises."""
    given = _Given(call, index, batch_key)
    with naming() as given.named:
        try:
            return given.accepted(stated), None
        except Exception as error:  # noqa: BLE001 one command's fault is that command's answer
            return given.refused(error), error


class _Given:
    """One command of a batch on its way."""

    def __init__(self, batch: Call, index: int, batch_key: str) -> None:
        self._batch, self._index, self._batch_key = batch, index, batch_key
        self._endpoint: Endpoint | None = None
        self._command: BatchedCommand | None = None
        self._call = batch
        self.named: dict[UUID, str] = {}

    @property
    def _at(self) -> str:
        return f"commands[{self._index}]"

    def accepted(self, stated: Any) -> CommandResult:
        """Give the command as its route would. Raises what that raises."""
        command = self._command = converted(BatchedCommand, stated)
        endpoint = self._endpoint = _endpoint_of(command)
        opens = "{" not in endpoint.path and "id" in (endpoint.body.__struct_fields__ if endpoint.body else ())
        body = dict(command.body)
        body |= {name: value for name in ENVELOPE if (value := getattr(command, name)) is not None}
        if opens and command.id is not None:
            body["id"] = command.id
        self._call = dataclasses.replace(
            self._batch,
            path=_path(endpoint, command),
            headers=self._headers(command),
            read_body=body,
            now=self._batch.doors.clock(),
            named=self.named,
            opened_personal=False,
        )
        self._call.path = path_of(self._call, endpoint.path)
        reply = endpoint.handle(self._call)
        self._batch.opened_personal |= self._call.opened_personal
        return CommandResult(index=self._index, status=reply.status, **msgspec.structs.asdict(reply.content))

    def refused(self, error: Exception) -> CommandResult:
        """The problem that the route would have answered, its fields named by their place in the batch."""
        if isinstance(error, NotAllowed | NotFound):
            self._note(error)
        if isinstance(error, NotFound):
            error = by_what_was_stated(error, self.named)
        if isinstance(error, Conflict):
            name_actors(self._batch.doors.journal, self._batch.asker.visibility, error)
        faults: list[Fault] = []
        key = self._call.headers.get("idempotency-key", "")
        if isinstance(error, RepeatedDifferently) and key:
            error = RepeatedDifferently(command_id=key)
            faults = [Fault(f"{self._at}.idempotency_key", key, str(error))]
        if isinstance(error, Malformed):
            error = Malformed(*(Fault(self._placed(each.field), each.found, each.reason) for each in error.faults))
        elif isinstance(error, Refused) and self._call.read_body is not None:
            faults = faults_in(error, self._call.read_body)
            faults = [Fault(self._placed(each.field), each.found, each.reason) for each in faults]
        status = status_of(error)
        correlation_id = str(self._batch.correlation_id)
        if status == http.HTTPStatus.INTERNAL_SERVER_ERROR:
            trace = "".join(traceback.format_exception(error))
            log.error("request failed", path="/commands", correlation_id=correlation_id, trace=trace)
        problem = problem_of(error, status, correlation_id, faults)
        return CommandResult(index=self._index, status=status, problem=problem)

    def _placed(self, field: str) -> str:
        """Where a wrong field stands: of the command itself, or of its body."""
        command, name = self._command, field.partition(".")[0].partition("[")[0]
        if self._call.read_body is None or command is None:
            return self._at if field in ("", "body") and command is None else f"{self._at}.{field}"
        if name == "If-Match":
            return f"{self._at}.if_match"
        own = name in ENVELOPE and getattr(command, name) is not None
        if own or (name == "id" and command.id is not None):
            return f"{self._at}.{field}"
        return f"{self._at}.body" if field == "body" else f"{self._at}.body.{field}"

    def _headers(self, command: BatchedCommand) -> dict[str, str]:
        found = {}
        if command.idempotency_key is not None:
            found["idempotency-key"] = command.idempotency_key
        elif self._batch_key:
            found["idempotency-key"] = f"{self._batch_key}#{self._index}"
        if command.if_match is not None:
            found["if-match"] = str(command.if_match)
        return found

    def _note(self, refusal: KamsError) -> None:
        path = "/commands"
        if self._endpoint is not None:
            path = noted_path(self._endpoint.path, self._call.path, self.named)
        line = Line(
            kind="refused",
            method="POST",
            path=path,
            status=status_of(refusal),
            correlation_id=self._batch.correlation_id,
            member=self._batch.asker.member,
            key_id=self._batch.asker.key_id,
            rule=refusal.rule,
        )
        self._batch.doors.access_log.note(line)


def _endpoint_of(command: BatchedCommand) -> Endpoint:
    """The route of a command. Raises Malformed for one that there is not."""
    try:
        root = root_of(command.aggregate)
    except NotFound:
        reason = say("no such kind of aggregate; known: {known}", known=", ".join(ROOTS))
        raise Malformed(Fault("aggregate", command.aggregate[:80], reason)) from None
    endpoints = _endpoints()
    try:
        return command_named(endpoints, root, command.command)
    except NotFound:
        names = sorted(each.partition(".")[2] for each in endpoints if each.startswith(f"{root.__name__}."))
        reason = say("no such command; known: {known}", known=", ".join(names))
        raise Malformed(Fault("command", command.command[:80], reason)) from None


def _path(endpoint: Endpoint, command: BatchedCommand) -> dict[str, Any]:
    name = next((each for each in ("id", "key") if f"{{{each}}}" in endpoint.path), "")
    if not name:
        return {}
    if command.id is None:
        raise Malformed(Fault("id", "", "required"))
    return {name: command.id}


@cache
def _endpoints() -> dict[str, Endpoint]:
    return commands_by_name()
