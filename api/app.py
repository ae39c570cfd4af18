"""The HTTP API as one application: everything that it works with is handed in."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from litestar import Litestar, Request, Response
from litestar.handlers import HTTPRouteHandler

from api.access import NOBODY, Access, Asker, NotAllowed, NotSignedIn
from api.answering import correlation_of, respond
from api.auth import Authenticator, is_bearer
from api.bodies import just_recorded_in, without_blanks
from api.console import console_endpoints
from api.console.assets import asset_handler
from api.contents import table_of_contents
from api.delivery_numbers import DeliveryCollector
from api.endpoints import LARGEST_FORM, Call, Doors, Endpoint
from api.identity import by_what_was_stated, path_of
from api.moments import Calendar
from api.named import naming
from api.names import name_actors
from api.noting import noted_path
from api.observation import Metrics, Readiness
from api.openapi import OPEN
from api.problems import faults_of, problem, status_of
from api.reader import COOKIE, language_wanted
from api.receiving import received, received_form
from api.refusals import HostUnknown
from api.routes import Application, Handler
from api.security_headers import SecurityHeaders
from api.signing_in.answers import browser_at, led_to_sign_in
from api.signing_in.entrance import Browser, Entrance
from api.signing_in.oidc import Client, Provider
from api.signing_in.same_site import CrossSiteRequest
from api.signing_in.sessions import Session, Timeouts
from api.store import Access as Line
from api.store import AccessLog
from api.streams.hub import Hub
from api.streams.subscriber import Pace
from api.warming import Warming
from domain.commands import Commands
from domain.errors import Conflict, NotFound, Refused, RepeatedDifferently
from domain.journal.forgotten import Register
from domain.journal.journal import Journal
from domain.language.languages import speaking
from domain.rights import Newest, read_once
from projections.engine import Engine
from projections.view import Reader

HEADERS = ("if-match", "idempotency-key", "accept", "content-type", "last-event-id")
OF_PAGES = ("hx-request", "hx-target", "hx-current-url", "referer", "sec-fetch-mode", "sec-purpose")
THREADS = 32
POLL = 0.05

LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")


def utc_now() -> datetime:
    """The clock of the wall."""
    return datetime.now(UTC)


def create_app(
    journal: Journal,
    engine: Engine,
    reader: Reader,
    *,
    hosts: Iterable[str] = LOCAL_HOSTS,
    stopping: threading.Event | None = None,
    clock: Callable[[], datetime] = utc_now,
    register: Register | None = None,
    wake_workers: Callable[[], object] = lambda: None,
    valkey_answers: Callable[[], bool] | None = None,
    pace: Pace | None = None,
    webhooks_private: bool = False,
    behind_proxy: bool = False,
    public_url: str | None = None,
    timeouts: Timeouts | None = None,
    company: Client | None = None,
    ahead: bool = True,
) -> Litestar:
    """The application. `hosts` are the names that it answers for ("*": all), `stopping` ends long polls and live
    streams, `register` keeps those who were forgotten, `wake_workers` tells workers that something is noted for them,
    `valkey_answers` asks Valkey whether it is there, `pace` is that of live streams, `webhooks_private` allows
    receivers within a private network, `behind_proxy` says that TLS stands before it, `public_url` where people find it
    then, `timeouts` how long they stay signed in, `company` who we are at the company's own sign-in, `ahead` whether
    what the first pages are made of is worked out before anybody asks."""
    newest, stopping = Newest(journal), stopping or threading.Event()
    access, authenticator = Access(newest), Authenticator(journal, newest, timeouts)
    warming = Warming(reader, clock, ahead=ahead)
    hub = Hub(journal, access, authenticator, stopping, clock, pace)
    doors = Doors(
        journal=journal,
        engine=engine,
        reader=reader,
        commands=Commands(journal),
        access=access,
        access_log=AccessLog(journal.pool),
        calendar=Calendar(newest),
        readiness=Readiness(engine),
        clock=clock,
        register=register,
        wake_workers=wake_workers,
        valkey_answers=valkey_answers,
        webhooks_private=webhooks_private,
        hub=hub,
        want_scores=warming.want,
        want_facts=warming.want_facts,
        entrance=Entrance(
            authenticator, journal.pool, behind_proxy, public_url, Provider(company) if company else None
        ),
    )
    door = Door(doors, authenticator, frozenset(hosts), stopping)
    hub.numbers.show_in(door.metrics.registry)
    contents = [*table_of_contents(door.metrics, doors.readiness), *console_endpoints()]
    app = Application(
        exception_handlers={Exception: problem},
        before_send=[SecurityHeaders(tls=behind_proxy)],
        lifespan=[enough_threads, doors.readiness.looking, hub.running, warming.running],
        openapi_config=None,
        logging_config=None,
    )
    app.enter([*(door.route(endpoint) for endpoint in contents), asset_handler()])
    return app


class Door:
    """Lets requests in: who asks, what he sent, what he is answered."""

    def __init__(
        self, doors: Doors, authenticator: Authenticator, hosts: frozenset[str], stopping: threading.Event
    ) -> None:
        self.doors = doors
        self.metrics = Metrics(doors.engine)
        self.metrics.registry.register(DeliveryCollector(doors.journal))
        self._authenticator = authenticator
        assert doors.entrance is not None
        self._entrance = doors.entrance
        self._hosts = hosts
        self._stopping = stopping

    def route(self, endpoint: Endpoint) -> HTTPRouteHandler:
        """The route of an endpoint."""

        async def handle(request: Request[Any, Any, Any]) -> Response[Any]:
            request.scope["state"]["correlation_id"] = uuid4()
            started = time.perf_counter()
            status = 500
            language = language_wanted(request)
            try:
                with speaking(language):
                    response = await self._answer(endpoint, request)
                response.headers["Content-Language"] = language.value
                status = response.status_code or endpoint.status
                return response
            except Exception as error:
                status = status_of(error, request.method)
                raise
            finally:
                seconds = time.perf_counter() - started
                name = "" if endpoint.asks else endpoint.name
                self.metrics.observe(endpoint.method, endpoint.path, name, status, seconds)

        handle.__doc__ = endpoint.about
        name = f"{endpoint.method} {endpoint.path}"
        return Handler(endpoint.route, http_method=endpoint.method, name=name)(handle)

    async def _answer(self, endpoint: Endpoint, request: Request[Any, Any, Any]) -> Response[Any]:
        self._must_know_host(request.headers.get("host", ""))
        try:
            call = await asyncio.to_thread(self._called, endpoint, request)
        except NotSignedIn:
            if endpoint.session and (elsewhere := led_to_sign_in(request)):
                return elsewhere
            raise
        if endpoint.body is not None:
            call.raw_body = await received(request, endpoint.largest_body)
        elif endpoint.form:
            call.raw_body = await received_form(request, LARGEST_FORM)
        await self._wait(endpoint, call)
        return await asyncio.to_thread(self._handled, endpoint, call, request)

    def _called(self, endpoint: Endpoint, request: Request[Any, Any, Any]) -> Call:
        now = self.doors.clock()
        wanted = (*HEADERS, *OF_PAGES) if endpoint.session else HEADERS
        headers = {name: request.headers[name] for name in wanted if name in request.headers}
        session, asker = self._asker(endpoint, request, now)
        asked, recorded = request.scope["query_string"], None
        if endpoint.session:
            asked, recorded = just_recorded_in(without_blanks(asked))
        return Call(
            doors=self.doors,
            asker=asker,
            path=dict(request.path_params),
            raw_query=asked,
            recorded=recorded,
            raw_body=b"",
            headers=headers,
            now=now,
            correlation_id=correlation_of(request),
            session=session,
            browser=browser_at(request) if endpoint.session else Browser({}),
            asked_path=request.url.path,
            reader=request.cookies.get(COOKIE, ""),
        )

    def _asker(
        self, endpoint: Endpoint, request: Request[Any, Any, Any], now: datetime
    ) -> tuple[Session | None, Asker]:
        if endpoint.public:
            self._entrance.knocking.take(request.client.host if request.client else "")
        if endpoint.path in OPEN or endpoint.public:
            return None, NOBODY
        authorization = request.headers.get("authorization", "")
        if endpoint.session and not is_bearer(authorization):  # what else a proxy makes browsers state is not ours
            try:
                return self._entrance.let_in(request.cookies, now)
            except NotSignedIn as refusal:
                if refusal.locked_out:
                    self._note("refused", endpoint, request, 401, refusal.locked_out, refusal.noted)
                raise
        ticket = request.query_params.get("ticket", "") if endpoint.ticketed and not authorization else ""
        try:
            if ticket:
                asker = self._authenticator.asker_by_id(self.doors.tickets.take(ticket, now), now)
            else:
                asker = self._authenticator.asker(authorization, now)
        except NotSignedIn as refusal:
            if authorization or ticket:
                self._note("refused", endpoint, request, 401, refusal.locked_out, refusal.noted)
            raise
        if self.doors.access_log.signs_in(asker.key_id, now):
            self._note("signed_in", endpoint, request, 200, asker, "session")
        return None, asker

    def _handled(self, endpoint: Endpoint, call: Call, request: Request[Any, Any, Any]) -> Response[Any]:
        if endpoint.path not in OPEN:
            self.doors.journal.people.look()
        try:
            if endpoint.session and endpoint.method != "GET":
                self._must_be_sent_from_here(endpoint, call, request)
            call.query(endpoint.query)
            with naming() as call.named, read_once() if _only_asks(endpoint) else nullcontext():
                call.path = path_of(call, endpoint.path)
                reply = endpoint.handle(call)
        except (NotAllowed, NotFound, CrossSiteRequest) as refusal:
            if endpoint.path not in OPEN:
                status = status_of(refusal, request.method)
                self._note("refused", endpoint, request, status, call.asker, refusal.rule, call)
            if isinstance(refusal, NotFound):
                raise by_what_was_stated(refusal, call.named) from None
            raise
        except RepeatedDifferently as refusal:
            raise RepeatedDifferently(command_id=call.headers.get("idempotency-key", "")) from refusal
        except Refused as refusal:
            request.scope["state"]["faults"] = faults_of(refusal, call.raw_body)
            raise
        except Conflict as stale:
            name_actors(call.doors.journal, call.asker.visibility, stale)
            raise
        if call.exported or call.opened_personal:
            kind = "exported" if call.exported else "personal"
            self._note(kind, endpoint, request, reply.status, call.asker, endpoint.name, call)
        return respond(endpoint, reply, request)

    def _must_be_sent_from_here(self, endpoint: Endpoint, call: Call, request: Request[Any, Any, Any]) -> None:
        """A browser sends cookies along wherever a form comes from; whoever states a key has read it."""
        if call.session is not None:
            self._entrance.must_be_form_of(call.session, request.headers, call.form if endpoint.form else {})
        elif endpoint.public:
            self._entrance.must_be_sent_from_here(request.headers)

    async def _wait(self, endpoint: Endpoint, call: Call) -> None:
        """Let a call wait for what it asks for, as long as it is patient and the server is not stopping."""
        if endpoint.ready is None:
            return
        deadline = time.monotonic() + endpoint.patience(call)
        while time.monotonic() < deadline and not self._stopping.is_set():
            if await asyncio.to_thread(endpoint.ready, call):
                return
            await asyncio.sleep(POLL)

    def _must_know_host(self, header: str) -> None:
        host = header.rpartition(":")[0] if header.rpartition(":")[2].isdigit() else header
        if "*" not in self._hosts and host.lower() not in self._hosts:
            raise HostUnknown

    def _note(
        self,
        kind: str,
        endpoint: Endpoint,
        request: Request[Any, Any, Any],
        status: int,
        asker: Asker | None,
        rule: str,
        call: Call | None = None,
    ) -> None:
        line = Line(
            kind=kind,
            method=request.method,
            path=noted_path(endpoint.path, *((call.path, call.named) if call else (request.path_params, {}))),
            status=status,
            correlation_id=correlation_of(request),
            member=asker.member if asker and asker is not NOBODY else None,
            key_id=asker.key_id if asker else "",
            rule=rule,
        )
        self.doors.access_log.note(line)


def _only_asks(endpoint: Endpoint) -> bool:
    """Whether nothing is recorded by who is answered; who signs in by an address is, where he comes from."""
    return endpoint.method == "GET" and not endpoint.public


@asynccontextmanager
async def enough_threads(_: Litestar) -> AsyncIterator[None]:
    """Handlers run in threads; the loop's own default would be cores + 4."""
    with ThreadPoolExecutor(THREADS, thread_name_prefix="request") as executor:
        asyncio.get_running_loop().set_default_executor(executor)
        yield
