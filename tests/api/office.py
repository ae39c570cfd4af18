"""A company for tests of the HTTP API: members of every role with their keys, two accounts, a real database."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import psycopg
from litestar.testing import TestClient

from api.app import create_app, utc_now
from api.auth import Authenticator
from api.signing_in.sessions import Session
from domain.account.account import Account
from domain.account_plan.account_plan import AccountPlan
from domain.aggregate import Aggregate
from domain.commands import Commands, command_type
from domain.experiment.experiment import Experiment
from domain.experiment.rules import ExperimentMeasure
from domain.issue.issue import Issue
from domain.journal.context import Context
from domain.journal.journal import Journal
from domain.journal.mapper import JournalMapper
from domain.journal.migrate import migrate
from domain.keys import RANDOM_BYTES, make_key
from domain.member import KeyScope, Member, Role
from domain.opportunity.opportunity import Opportunity
from domain.partner_programme.partner_programme import PartnerProgramme
from domain.policies.company import Company, default_company
from domain.policies.policy import policy_id
from domain.policies.segments import Segments
from domain.policies.shipped_processes import DEFAULT_PROCESS
from domain.policies.shipped_selection import DEFAULT_MODEL
from domain.policies.territories import Territories
from domain.rights import Newest
from domain.strategy.strategy import KeyAccountStrategy
from projections import READ_MODELS
from projections.engine import Engine
from projections.view import Reader

JANUARY = datetime(2026, 1, 5, 9, tzinfo=UTC)
SCOPES = [scope.value for scope in KeyScope]
numbers = itertools.count(1)


def shipped_key(path: str) -> str:
    """The key of a policy that is there without anybody's doing."""
    return DEFAULT_MODEL if "/selection-model/" in path else DEFAULT_PROCESS


@dataclass
class SignedIn:
    """Somebody's browser at the console: it sends the cookie of his session, and the token of its forms. It follows no
    redirects, and keeps no other cookies."""

    client: TestClient[Any]
    session: Session
    secret: str

    @property
    def csrf(self) -> str:
        """The token that forms send back."""
        return self.session.csrf

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """A request with the cookie alone."""
        headers = {"Cookie": f"kams={self.secret}", **more.pop("headers", {})}
        answer = self.client.request(method, path, headers=headers, follow_redirects=False, **more)
        self.client.cookies.clear()
        return answer

    def get(self, path: str, **parameters: Any) -> httpx.Response:
        """A page."""
        return self.request("GET", path, **({"params": parameters} if parameters else {}))

    def post(self, path: str, fields: Mapping[str, Any] | None = None, **more: Any) -> httpx.Response:
        """A form of the session's, with its token."""
        return self.request("POST", path, data={"_csrf": self.csrf, **(fields or {})}, **more)


@dataclass
class Office:
    """What the tests work with. `keys` and `members` are by role, or by the name given to `member`."""

    journal: Journal
    engine: Engine
    client: TestClient[Any]
    members: dict[str, UUID] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    ids: dict[str, UUID] = field(default_factory=dict)
    clock: Callable[[], datetime] = utc_now

    def give(self, root: type[Aggregate], aggregate_id: UUID, name: str, /, **body: Any) -> int:
        """Give a command past HTTP; returns its position."""
        typed = msgspec.convert(body, command_type(root, name).body)
        return Commands(self.journal).give(root, aggregate_id, name, typed, Context(at=JANUARY)).position

    def member(self, name: str, *roles: Role, territory: str = "", scopes: list[str] = SCOPES) -> str:
        """A member with a key; returns the key."""
        member, key = uuid4(), make_key(os.urandom(RANDOM_BYTES))
        self.give(Member, member, "invite", name=f"{name} 王", external_id=name)
        for role in roles:
            self.give(Member, member, "grant_role", role=role.value)
        if territory:
            self.give(Member, member, "assign_territory", territory=territory)
        self.give(Member, member, "issue_key", key_id=key.id, secret_hash=key.hash, scopes=scopes)
        self.members[name], self.keys[name] = member, key.text
        return key.text

    def account(self, name: str, manager: str = "", territory: str = "") -> UUID:
        """An account past HTTP."""
        account = uuid4()
        self.give(Account, account, "register", name=name, territory=territory)
        if manager:
            self.give(Account, account, "assign_manager", manager=str(self.members[manager]))
        self.ids[name] = account
        return account

    def opportunity(self, account: UUID, title: str = "Pumps") -> UUID:
        """An open opportunity past HTTP."""
        deal = uuid4()
        money = {"amount": "1000.00", "currency": "EUR"}
        self.give(Opportunity, deal, "open", account=str(account), title=title, amount=money, close_on="2026-03-31")
        return deal

    def issue(self, whose: str) -> UUID:
        """A complaint of an account, past HTTP."""
        issue = self.ids[f"{whose} issue"] = uuid4()
        what = {"kind": "complaint", "severity": 2, "category": "delivery", "description": "came late"}
        self.give(Issue, issue, "raise_issue", account=str(self.ids[whose]), **what)
        return issue

    def plan(self, whose: str) -> UUID:
        """The draft of an account's plan, past HTTP."""
        plan = self.ids[f"{whose} plan"] = uuid4()
        self.give(AccountPlan, plan, "draft", account=str(self.ids[whose]), fiscal_year=2026)
        return plan

    def of_the_company(self) -> None:
        """A strategy, a programme and an experiment, past HTTP."""
        for noun in ("strategies", "programmes", "experiments"):
            self.ids[noun] = uuid4()
        self.give(KeyAccountStrategy, self.ids["strategies"], "draft", title="Few, well", mission="Be indispensable")
        owed = [{"key": side, "text": f"What {side} owes", "owed_by": side} for side in ("us", "partner")]
        self.give(PartnerProgramme, self.ids["programmes"], "open", title="Golden key", obligations=owed)
        self.experiment()

    def experiment(self) -> None:
        """A test with the own and the foreign account on either side, and two that nobody knows."""
        sides = (self.ids["own"], uuid4()), (self.ids["foreign"], uuid4())

        def decision(experiment: Experiment) -> None:
            experiment.start(
                title="Longer warranty",
                offer="three years",
                measure=ExperimentMeasure.BY_HAND,
                starts_on=date(2026, 1, 5),
                until=date(2026, 6, 30),
                group=sides[0],
                control=sides[1],
                segments=Segments(id=policy_id("Segments")),
                company=default_company(),
            )

        self.journal.run(Experiment, self.ids["experiments"], decision, Context(at=JANUARY))

    def request(self, method: str, path: str, who: str = "manager", **more: Any) -> httpx.Response:
        """A request with somebody's key."""
        headers = {"Authorization": f"Bearer {self.keys[who]}", **more.pop("headers", {})}
        return self.client.request(method, path, headers=headers, **more)

    def get(self, path: str, who: str = "manager", **parameters: Any) -> httpx.Response:
        """A question."""
        return self.request("GET", path, who, params=parameters)

    def post(self, path: str, body: Any, who: str = "manager", **headers: str) -> httpx.Response:
        """A command."""
        return self.request("POST", path, who, json=body, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def signed_in(self, name: str = "manager") -> SignedIn:
        """Somebody who has signed in at the console."""
        sessions = Authenticator(self.journal, Newest(self.journal))
        return SignedIn(self.client, *sessions.begin(self.members[name], "token", self.clock()))

    def give_raw_event(self, account: UUID, topic: str) -> int:
        """An event under a name that the program does not know; returns its position."""
        position = self.journal.streams.head() + 1
        version = self.journal.streams.newest_versions([account])[account] + 1
        with self.journal.pool.connection() as connection:
            connection.execute(
                "insert into events (position, recorded_at, aggregate_id, version, topic, state)"
                " values (%s, clock_timestamp(), %s, %s, %s, %s)",
                (position, account, version, topic, b"\x90"),
            )
        return position

    def caught_up(self) -> None:
        """Let the read models take in what was recorded: all of it, also where a served page is at work on one."""
        head = self.journal.streams.head()
        while min(self.engine.catch_up(until=head).values()) < head:
            time.sleep(0.01)

    def log(self) -> list[tuple[Any, ...]]:
        """The access log, newest first: kind, member, status, rule."""
        with self.journal.pool.connection() as connection:
            return connection.execute("select kind, member, status, rule from access_log order by id desc").fetchall()


@contextmanager
def open_office(database_url: str, clock: Callable[[], datetime] = utc_now, **more: Any) -> Iterator[Office]:
    """An office on an empty database, by the clock of the wall or another one; `more` is for its application, which
    works nothing out before it is asked."""
    migrate(
        database_url,
        (
            "domain.journal",
            "projections.engine",
            "projections.forecasting",
            "projections.health_days",
            "workers",
            "api",
        ),
    )
    journal = Journal(database_url)
    engine = Engine(journal.pool, READ_MODELS, JournalMapper())
    engine.migrate()
    hosts = "testserver.local", "localhost", "127.0.0.1"
    app = create_app(journal, engine, Reader(journal, engine), hosts=hosts, clock=clock, **{"ahead": False, **more})
    try:
        with TestClient(app, base_url="http://testserver.local") as client:
            office = Office(journal, engine, client, clock=clock)
            furnish(office)
            yield office
    finally:
        journal.close()


def furnish(office: Office) -> None:
    """Territories north and south, members of every role, an account of the manager's and a foreign one. They are
    recorded once per test process; every further office gets a copy of what was recorded then."""
    if not KEPT:
        record_furniture(office)
        KEPT.append(Furniture.of(office))
    else:
        KEPT[0].put_into(office)


def record_furniture(office: Office) -> None:
    """Give all the commands."""
    company = {"name": "Ours", "currency": "EUR", "time_zone": "Asia/Shanghai"}
    office.give(Company, policy_id("Company"), "define", **company)
    tree = [{"key": "north", "name": "North"}, {"key": "south", "name": "South"}]
    office.give(Territories, policy_id("Territories"), "define", territories=tree)
    for role in Role:
        office.member(role.value, role, territory="north" if role is Role.DIRECTOR else "")
    office.member("colleague", Role.MANAGER)
    office.member("nobody")
    office.account("own", manager="manager", territory="north")
    office.account("foreign", manager="colleague", territory="south")
    office.ids["own deal"] = office.opportunity(office.ids["own"])
    office.ids["foreign deal"] = office.opportunity(office.ids["foreign"], "Valves")
    for whose in ("own", "foreign"):
        office.issue(whose)
        office.plan(whose)
    office.of_the_company()
    office.caught_up()


@dataclass(frozen=True)
class Furniture:
    """All that is in the database of a furnished office, by tables, and what tests call it by."""

    members: dict[str, UUID]
    keys: dict[str, str]
    ids: dict[str, UUID]
    tables: dict[str, bytes]

    @classmethod
    def of(cls, office: Office) -> Furniture:
        """What was recorded, and what read models took in of it."""
        with office.journal.pool.connection() as connection:
            names = [name for (name,) in connection.execute(FILLED)]
            return cls(
                dict(office.members),
                dict(office.keys),
                dict(office.ids),
                {name: _copied_out(connection, name) for name in names},
            )

    def put_into(self, office: Office) -> None:
        """Record the same in the empty database of another office."""
        office.members.update(self.members)
        office.keys.update(self.keys)
        office.ids.update(self.ids)
        with office.journal.pool.connection() as connection:
            connection.execute("delete from projections")
            for name, rows in self.tables.items():
                with connection.cursor().copy(f"copy {name} from stdin (format binary)".encode()) as copy:
                    copy.write(rows)


KEPT: list[Furniture] = []
FILLED = """
select relname from pg_class
where relkind = 'r' and relnamespace = 'public'::regnamespace and pg_relation_size(oid) > 0
and relname not in ('migrations', 'system')"""


def _copied_out(connection: psycopg.Connection, table: str) -> bytes:
    with connection.cursor().copy(f"copy {table} to stdout (format binary)".encode()) as copy:
        return b"".join(bytes(block) for block in copy)
