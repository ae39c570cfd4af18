"""The console's pages: how long the server takes for each, at 1,000,000 events and 100,000 opportunities.

In a small company also what a phone loads, when it has painted it, and how soon the slider's next picture is there.

A manager's pages may cost no more in a large company than in a small one, and no more as of any day than as of now.
Milliseconds stand beside their aim (60, the 95th of a hundred), also for who sees everything; they are never judged.
`KAMS_BENCH_KEPT`, a folder below /tmp, keeps the servers' data for the next run.
"""

from __future__ import annotations

import gc
import http.client
import os
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha512
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID, uuid5

import psycopg

from api.app import create_app
from api.cli.embedded import EmbeddedServers
from api.cli.session import make_tables
from api.cli.settings import Settings
from api.console.pages.account import PARTS as OF_ACCOUNT
from api.serving import look_for_cycles_briefly, make_server
from domain.commands import Commands, command_type
from domain.errors import Refused
from domain.journal.context import Context
from domain.journal.journal import Journal
from domain.journal.mapper import JournalMapper
from domain.keys import RANDOM_BYTES, make_key
from domain.member import KeyScope, Member
from domain.visibility import Visibility
from projections import READ_MODELS
from projections.engine import Engine
from projections.health_days.keeping import keep_days, lock
from projections.view import Reader
from tests.benchmarks.company import DAYS, END, ROOT, START, Size, fill
from tests.benchmarks.console_after_facts import OF_DEALS, after_facts, revise
from tests.benchmarks.console_in_browser import look, opened_phone
from tests.benchmarks.report import Report

LARGE, SMALL = Size(), Size(opportunities=10_000, accounts=200, members=20)
BEING_READ = "What forecasts rest on is being read."
ROUNDS, ALL_ROUNDS, AIM = 30, 7, 60
MANAGER = 7
OPENED = {
    "today": "/console/",
    "funnel, board": "/console/funnel?show=board",
    "funnel, picture": "/console/funnel?show=picture",
    "funnel, bridge": "/console/funnel?show=bridge",
    "forecast": "/console/forecast",
    "accounts": "/console/accounts",
    "accounts, heat map": "/console/accounts?look=heat",
    "accounts, portfolio": "/console/accounts?look=portfolio",
    "account": "/console/account/{account}",
    "opportunity": "/console/opportunity/{deal}",
    "visits": "/console/visits",
    "issues": "/console/issues",
    "plans": "/console/plans",
}
OF_FORECAST = ("expected", "course", "changes", "scores", "months", "deals")
PARTS = {
    "today, cooling": "/console/today/cooling",
    "today, changes": "/console/today/changes",
    "today, findings": "/console/today/findings",
    "funnel, flow": "/console/funnel/flow",
    "funnel, a bar": "/console/funnel/change?kind=won",
    "funnel, 13 weeks": "/console/funnel/frames?first=2025-01-06",
    **{f"forecast, {part}": f"/console/forecast/{part}" for part in OF_FORECAST},
    **{f"account, {part}": f"/console/account/{{account}}/section/{part}" for part in OF_ACCOUNT},
    "opportunity, chance": "/console/opportunity/{deal}/chance",
    "visits, plans kept": "/console/visits/discipline",
}
"""What pages ask for by themselves."""
OVERSEEN = {
    "audit": "/console/audit",
    "audit, access": "/console/audit/access",
    "audit, diff": "/console/audit/diff",
    "audit, replay": "/console/audit/replay/{account}",
    "audit, seal": "/console/audit/seal",
    "streams": "/console/streams",
    "streams, now": "/console/streams-now",
    "system": "/console/system",
    "system, now": "/console/system-now",
}
"""Pages of those who see everything."""
PAGES = OPENED | PARTS | OVERSEEN
BESIDE = {"log a visit": "/console/visits/log?account={account}", "guide": "/console/guide"}
SLIDES = {
    "funnel": ("/console/funnel?show=picture", "#funnel-tiles"),
    "decision map": ("/console/account/{account}?section=map", "#decision-map-chart"),
}
Times = dict[tuple[str, str], list[float]]
WHEN = ("now", "any day", "known then")


@dataclass
class Console:
    """A served company, and the keys of two who ask: `manager` sees ten accounts, `all` everything."""

    size: Size
    port: int
    keys: dict[str, str]
    head: int
    catch_up: Callable[[], object]
    chance: random.Random = field(default_factory=lambda: random.Random(3))
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def milliseconds(self, page: str, who: str, when: str) -> float | None:
        """How long the server takes for a page, from the request to the last byte; None where there is no such page."""
        path = page.format(account=self.account(), deal=self.deal())
        path += ("&" if "?" in path else "?") + self.clocks(when)
        begin = time.perf_counter()
        self.connection.request(
            "GET", path, headers={"Authorization": f"Bearer {self.keys[who]}", "Accept": "text/html"}
        )
        answer = self.connection.getresponse()
        answer.read()
        return (time.perf_counter() - begin) * 1e3 if answer.status == 200 else None

    def record(self, amount: int) -> None:
        """Somebody revises the amount of an open opportunity, and the read models follow."""
        revise(self.connection, self.keys["all"], self.deal, amount)
        self.catch_up()

    def says(self, path: str, words: str) -> bool:
        """Whether a page says something to who sees everything."""
        headers = {"Authorization": f"Bearer {self.keys['all']}", "Accept": "text/html"}
        self.connection.request("GET", path, headers=headers)
        return words in self.connection.getresponse().read().decode()

    def clocks(self, when: str) -> str:
        """The clocks in an address: now, the end of a day of the last four years, or what was known then."""
        day = (START + timedelta(days=self.chance.randrange(365, DAYS - 1))).date()
        known = self.chance.randrange(self.head // 2, self.head)
        return {"now": "", "any day": f"as_of={day}", "known then": f"as_of={day}&known_at={known}"}[when]

    def account(self) -> UUID:
        """One of the manager's accounts."""
        own = range(MANAGER, self.size.accounts, self.size.members)
        return self.size.account(self.chance.choice(own))

    def deal(self) -> UUID:
        """One of the manager's opportunities."""
        own = range(MANAGER, self.size.opportunities, self.size.members)
        return self.size.deal(self.chance.choice(own))


def run(report: Report) -> None:
    """A manager in a large and in a small company; then who sees everything of the large one."""
    with ExitStack() as stack:
        large, small = (stack.enter_context(served_company(report, size)) for size in (LARGE, SMALL))
        on_a_phone(report, small)
        there, of_all = (_there(large, who) for who in ("manager", "all"))
        of_large, of_small = (measured(each, there, "manager", ROUNDS) for each in (large, small))
        judge(report, of_large, of_small)
        after_facts(
            report,
            {name: partial(large.milliseconds, PAGES[name], "all", "now") for name in OF_DEALS},
            large.record,
            ALL_ROUNDS,
        )
        print_table("a manager, of ten accounts", of_large)
        print_table("one who sees everything", measured(large, of_all, "all", ALL_ROUNDS, WHEN[:2]))


def _there(console: Console, who: str) -> list[str]:
    """The pages that are there for somebody."""
    return [name for name, page in PAGES.items() if console.milliseconds(page, who, "now") is not None]


def on_a_phone(report: Report, console: Console) -> None:
    """The pages of a manager, of whom nobody asked for anything before."""
    named = {"account": console.account(), "deal": console.deal()}
    pages = {name: page.format(**named) for name, page in (OPENED | BESIDE).items()}
    slides = {name: (path.format(**named), picture) for name, (path, picture) in SLIDES.items()}
    headers = {"Authorization": f"Bearer {console.keys['manager']}"}
    with opened_phone(f"http://127.0.0.1:{console.port}", headers) as phone:
        look(report, phone, pages, slides)


def measured(console: Console, pages: list[str], who: str, rounds: int, clocks: tuple[str, ...] = WHEN) -> Times:
    """Every page at every clock, so many times, after once that nobody counts."""
    console.connection.close()  # the server ended it while another was measured: it opens by itself
    taken: Times = {}
    for name in pages:
        for when in clocks:
            found = [console.milliseconds(PAGES[name], who, when) for _ in range(rounds + 1)][1:]
            if known := [each for each in found if each is not None]:
                taken[name, when] = sorted(known)
    return taken


def judge(report: Report, large: Times, small: Times) -> None:
    """The ratios, of medians over the pages."""
    pages = {name for name, _ in large.keys() & small.keys()}
    grown = [median(large[each, "now"]) / median(small[each, "now"]) for each in pages]
    past = [median(large[each, "any day"]) / median(large[each, "now"]) for each in pages if (each, "any day") in large]
    report.line(
        "a manager's pages at 1,000,000 events, against 100,000",
        must=2.5,
        stretch=1.5,
        reached=median(grown),
        at_most=True,
        beside=f"slowest p95 {slowest(large, 'now')}; aim {AIM} ms",
    )
    report.line(
        "a manager's pages as of any day, against now",
        must=2,
        stretch=1.2,
        reached=median(past),
        at_most=True,
        beside=f"slowest p95 {slowest(large, 'any day')}; aim {AIM} ms",
    )


def slowest(times: Times, when: str) -> str:
    """The page whose 95th of a hundred is the longest."""
    ms, name = max((at(found, 0.95), page) for (page, clocks), found in times.items() if clocks == when)
    return f"{ms:,.0f} ms ({name})"


def print_table(who: str, times: Times) -> None:
    """Milliseconds of every page, the slowest first."""
    print(f"    server time of {who}, ms p50 / p95: {', '.join(WHEN)}; aim p95 ≤ {AIM}", flush=True)
    pages = sorted({name for name, _ in times}, key=lambda name: -max(at(times.get((name, w), [0]), 0.5) for w in WHEN))
    for name in pages:
        cells = [times.get((name, when)) for when in WHEN]
        text = "  ".join(f"{at(each, 0.5):7,.0f} / {at(each, 0.95):7,.0f}" if each else " " * 17 for each in cells)
        print(f"      {name:24} {text}", flush=True)


def at(times: list[float], share: float) -> float:
    """A quantile of sorted times."""
    return times[min(int(share * len(times)), len(times) - 1)]


@contextmanager
def served_company(report: Report, size: Size) -> Iterator[Console]:
    """A company behind an address."""
    with ExitStack() as stack:
        url = stack.enter_context(company(report, size))
        journal = Journal(url)
        stack.callback(journal.close)
        engine = Engine(journal.pool, READ_MODELS, JournalMapper())
        keys = {
            "manager": key_of(journal, size.member(MANAGER)),
            "all": key_of(journal, uuid5(ROOT, "sees everything"), "admin"),
        }
        engine.catch_up()
        keep_every_day(url, Reader(journal, engine))
        stopping = threading.Event()
        app = create_app(journal, engine, Reader(journal, engine), hosts=("*",), stopping=stopping)
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        server = make_server(app, stopping=stopping)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        stack.callback(thread.join, 30)
        stack.callback(server.stop)
        stack.callback(gc.set_threshold, *gc.get_threshold())
        stack.callback(gc.unfreeze)
        look_for_cycles_briefly()  # as a process does that serves and nothing else
        console = Console(size, listening.getsockname()[1], keys, journal.streams.head(), engine.catch_up)
        while console.says("/console/forecast/expected", BEING_READ):
            time.sleep(1)
        yield console


@contextmanager
def company(report: Report, size: Size) -> Iterator[str]:
    """The database of a company with its read models: filled, or as it was kept."""
    kept = os.environ.get("KAMS_BENCH_KEPT")
    if not kept:
        with report.database() as url:
            make(url, size)
            yield url
        return
    folder, name = Path(kept), f"company_{size.opportunities}"
    folder.mkdir(mode=0o711, exist_ok=True)
    servers = EmbeddedServers(Settings(home=folder / f"home_{name}"), system_folder=folder / "system")
    server = servers.start(want_valkey=False).database_url
    try:
        url = server.replace("@/postgres?", f"@/{name}?")
        with psycopg.connect(server, autocommit=True) as connection:
            there = connection.execute("select from pg_database where datname = %s", (f"{name}",)).fetchone()
            if there is None:
                connection.execute(f"create database {name} template template0".encode())
        if there is None:
            make(url, size)
        else:
            make_tables(url)
        yield url
    finally:
        servers.stop()


def make(url: str, size: Size) -> None:
    """All that a company recorded, and the rows of it."""
    begin = time.perf_counter()
    make_tables(url)
    events = fill(url, size)
    journal = Journal(url)
    try:
        engine = Engine(journal.pool, READ_MODELS, JournalMapper())
        engine.migrate()
        engine.catch_up()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("vacuum analyze")
    finally:
        journal.close()
    print(
        f"    {events:,} events of {size.opportunities:,} opportunities in {time.perf_counter() - begin:,.0f} s",
        flush=True,
    )


def keep_every_day(url: str, reader: Reader) -> None:
    """What a worker does in the background of a running system: the scores of all accounts at the ends of all days."""
    begin, steps = time.perf_counter(), 0
    with psycopg.connect(url, autocommit=True) as connection:
        assert lock(connection)
        more = True
        while more:
            with reader.view(Visibility.whole(), now=datetime.now(END.tzinfo)) as view:
                more = keep_days(connection, view, seconds=5)
            steps += 1
    if steps > 1:
        print(f"    the scores of every account and day in {time.perf_counter() - begin:,.0f} s", flush=True)


def key_of(journal: Journal, member: UUID, role: str = "") -> str:
    """A key of somebody, with which he asks for pages: in data that were kept the same as before."""
    key, commands = make_key(sha512(member.bytes).digest()[:RANDOM_BYTES]), Commands(journal)
    context = Context(at=max(END, datetime.now(END.tzinfo)), actor=uuid5(ROOT, "admin"))
    given: list[tuple[str, dict[str, Any]]] = []
    if role:
        given += [("invite", {"name": "Somebody"}), ("grant_role", {"role": role})]
    scopes = [scope.value for scope in KeyScope]
    given.append(("issue_key", {"key_id": key.id, "secret_hash": key.hash, "scopes": scopes}))
    for name, body in given:
        with suppress(Refused):
            commands.give(Member, member, name, command_type(Member, name).body(**body), context)
    return key.text
