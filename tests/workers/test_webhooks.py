"""Deliveries of a worker: everything arrives, in the order of its account, whatever a receiver does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from uuid import uuid4

import psycopg
import pytest

from domain.account.account import Account
from domain.journal.context import Context
from domain.member import Member, MemberHasLeft, Role
from domain.rights import Newest, Rights
from domain.subscription.conditions import OwnerMayNotReceive
from domain.subscription.subscription import LIVE_ONLY, Order, StreamFilter
from projections.streams.lag import Lags
from projections.streams.redeliveries import RedeliveryStore
from projections.streams.subscriptions import OWNER_HAS_LEFT, OWNER_MAY_NOT, OwnerMayNot, served_as
from tests.workers.following import Company, until
from tests.workers.receiving import DELIVERED, JUNE, NEXT_SECRET, SECRET, Clock, Office, Receivers, delivering, failed
from workers.exports import Exports
from workers.webhooks.answers import Attempt, AttemptOutcome
from workers.webhooks.engine import Webhooks
from workers.webhooks.lagging import LagAlarm
from workers.webhooks.sending import Sender
from workers.webhooks.source import Source

ERP = "https://erp.example/hook"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def receivers(clock: Clock) -> Receivers:
    return Receivers(clock)


@pytest.fixture
def office(company: Company) -> Office:
    return Office(company)


@pytest.fixture
def connection(company: Company) -> Iterator[psycopg.Connection]:
    with psycopg.connect(company.url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def working(company: Company, receivers: Receivers, clock: Clock) -> Iterator[None]:
    with delivering(company, receivers, clock):
        yield


def events(positions: range) -> list[str]:
    return [str(position) for position in positions]


def in_order(receivers: Receivers, url: str = ERP) -> None:
    """Every account's events arrived in their order, repeats of what was not recorded aside."""
    lanes: dict[str, list[int]] = {}
    for each in receivers.sent:
        if each.url == url:
            lanes.setdefault(each.body.get("account") or each.body["subject"], []).append(int(each.event_id))
    for positions in lanes.values():
        first_times = list(dict.fromkeys(positions))
        assert first_times == sorted(first_times)


def test_every_event_arrives_signed_once_in_the_order_of_its_account(office, receivers, working):
    accounts = [office.account(5) for _ in range(4)]
    erp = office.subscribe()
    head = office.publish()
    assert office.reaches(erp, head)
    assert sorted(receivers.ids(ERP), key=int) == events(range(1, head + 1))
    in_order(receivers)
    assert {each.secrets for each in receivers.sent} == {(SECRET,)}
    assert {each.body["account"] for each in receivers.sent if "account" in each.body} == set(map(str, accounts))
    later = office.visit(accounts[0])
    office.publish()
    assert office.reaches(erp, later)
    logged = office.rows("select outcome, status, count(*) from delivery_log group by 1, 2")
    assert logged == [("delivered", 200, later)]


def test_only_what_the_filter_names_is_sent_and_imports_only_where_it_says_so(office, company, receivers, working):
    account = office.account(2)
    imported = office.publish()
    with company.journal.pool.connection() as connection:
        connection.execute("alter table feed disable trigger user")
        connection.execute("update feed set origin = 'import'")
    mine = office.subscribe("mine", filter=StreamFilter(types=("Account.Registered",)))
    live = office.subscribe("live", filter=LIVE_ONLY)
    other = office.account(2)
    head = office.publish()
    assert office.reaches(mine, head)
    assert office.reaches(live, head)
    there = [each for each in receivers.sent if each.url == "https://mine.example/hook"]
    assert sorted((each.body["type"], each.body["account"]) for each in there) == sorted(
        ("Account.Registered", str(each)) for each in (account, other)
    )
    assert sorted(receivers.ids("https://live.example/hook"), key=int) == events(range(imported + 1, head + 1))


def test_a_failing_account_waits_and_the_others_go_on_until_it_is_tried_again(office, receivers, clock, working):
    good, bad = office.account(3), office.account(3)
    mends = {"ok": False}
    receivers.answers[ERP] = lambda one: (
        failed() if one.body.get("account") == str(bad) and not mends["ok"] else DELIVERED
    )
    erp = office.subscribe()
    head = office.publish()
    assert office.reaches(erp, head)
    assert until(lambda: bool(office.rows("select 1 from delivery_lanes")))
    ((lane, position, attempts, status, next_at),) = office.rows(
        "select lane, position, attempts, status, next_at from delivery_lanes"
    )
    assert (lane, attempts, status) == (bad, 1, 500)
    assert next_at == clock.now + timedelta(seconds=5)
    first = receivers.ids(ERP).count(str(position))
    assert first == 1
    later = office.visit(bad)
    assert office.reaches(erp, office.publish())
    assert str(later) not in receivers.ids(ERP)
    mends["ok"] = True
    clock.forward(5)
    assert until(lambda: str(later) in receivers.ids(ERP))
    assert until(lambda: office.rows("select 1 from delivery_lanes") == [])
    again = [each.attempt for each in receivers.sent if each.event_id == str(position)]
    assert again == [1, 2]
    in_order(receivers)
    assert good != bad


def test_a_receiver_that_was_down_for_hours_gets_everything_at_the_stated_moments(office, receivers, clock, working):
    account = office.account(4)
    up = {"ok": False}
    receivers.answers[ERP] = lambda one: DELIVERED if up["ok"] else failed()
    erp = office.subscribe(filter=StreamFilter(accounts=(account,)))
    began = clock.now
    head = office.publish()
    for attempt, seconds in enumerate((5, 300, 1_800, 7_200, 18_000), start=1):
        assert until(lambda n=attempt: office.rows("select attempts from delivery_lanes") == [(n,)])
        clock.forward(seconds)
        if attempt == 5:
            up["ok"] = True
    assert until(lambda: office.rows("select 1 from delivery_lanes") == [])
    assert office.reaches(erp, head)
    first = min(receivers.ids(ERP), key=int)
    moments = [each.at - began for each in receivers.sent if each.event_id == first]
    assert [(b - a).total_seconds() for a, b in pairwise(moments)] == [5, 300, 1_800, 7_200, 18_000]
    assert len(set(receivers.ids(ERP))) == 4
    in_order(receivers)


def test_after_ten_attempts_an_event_is_a_dead_letter_and_its_account_goes_on(office, receivers, clock, working):
    account = office.account(2)
    poison = min(p for (p,) in office.rows("select position from events where aggregate_id = %s", account))
    receivers.answers[ERP] = lambda one: failed() if one.event_id == str(poison) else DELIVERED
    erp = office.subscribe()
    head = office.publish()
    assert office.reaches(erp, head)
    for attempt in range(1, 10):
        assert until(lambda n=attempt: office.rows("select attempts from delivery_lanes") == [(n,)])
        clock.forward(100_000)
    assert until(lambda: office.rows("select 1 from delivery_lanes") == [])
    assert office.rows("select position, attempts, status, lane from dead_letters") == [(poison, 10, 500, account)]
    assert set(receivers.ids(ERP)) == set(events(range(1, head + 1)))


def test_a_busy_receiver_is_left_alone_as_a_whole_as_long_as_it_asks_for(office, receivers, clock, working):
    for _ in range(5):
        office.account(2)
    busy = Attempt(outcome=AttemptOutcome.BUSY, status=429, reason="it answered 429", retry_after_seconds=120)
    calm = {"ok": False}
    receivers.answers[ERP] = lambda one: DELIVERED if calm["ok"] else busy
    erp = office.subscribe()
    head = office.publish()
    assert until(lambda: bool(office.rows("select 1 from deliveries where waits_until is not null")))
    assert len(receivers.sent) <= 8
    assert office.rows("select 1 from delivery_lanes") == []
    tried = len(receivers.sent)
    clock.forward(119)
    office.account()
    office.publish()
    clock.forward(1)
    assert until(lambda: len(receivers.sent) == tried + 1)  # one first
    assert until(lambda: office.rows("select waits_until from deliveries") == [(clock.now + timedelta(seconds=120),)])
    assert (len(receivers.sent), receivers.sent[-1].at) == (tried + 1, clock.now)
    calm["ok"], tried = True, tried + 1
    clock.forward(120)
    head = office.publish()
    assert office.reaches(erp, head)
    assert {each.attempt for each in receivers.sent} == {1}
    assert len(receivers.sent) == tried + head
    in_order(receivers)


def test_a_receiver_that_is_gone_disables_its_subscription_once(office, receivers, working):
    office.account(2)
    receivers.answers[ERP] = lambda one: Attempt(outcome=AttemptOutcome.GONE, status=410, reason="it answered 410")
    erp = office.subscribe()
    office.publish()
    assert until(lambda: office.state(erp).disabled == "it answered 410")
    assert office.rows("select count(*) from events where topic = 'Subscription.Disabled'") == [(1,)]
    assert until(lambda: office.rows("select 1 from leases where name like 'webhooks:%%'") == [])
    tried = len(receivers.sent)
    receivers.answers.clear()
    office.later(erp, "resume")
    head = office.publish()
    assert office.reaches(erp, head)
    assert len(receivers.sent) >= tried + head
    assert set(receivers.ids(ERP)) == set(events(range(1, head + 1)))


def test_a_paused_subscription_goes_on_where_it_stood(office, receivers, working):
    account = office.account(2)
    erp = office.subscribe()
    assert office.reaches(erp, office.publish())
    office.later(erp, "pause", reason="maintenance")
    assert until(lambda: office.rows("select 1 from leases where name like 'webhooks:%%'") == [])
    missed = office.visit(account)
    office.publish()
    office.later(erp, "resume")
    head = office.publish()
    assert office.reaches(erp, head)
    assert receivers.ids(ERP).count(str(missed)) == 1
    assert sorted(receivers.ids(ERP), key=int) == events(range(1, head + 1))


def test_in_strict_order_nothing_passes_what_fails(office, receivers, clock, working):
    first, second = office.account(2), office.account(2)
    down = {"yes": True}
    receivers.answers[ERP] = lambda one: (
        failed() if one.body.get("account") == str(first) and down["yes"] else DELIVERED
    )
    erp = office.subscribe(order=Order.STRICT)
    head = office.publish()
    assert until(lambda: bool(office.rows("select 1 from delivery_lanes")))
    assert not any(each.body.get("account") == str(second) for each in receivers.sent)
    down["yes"] = False
    clock.forward(5)
    assert office.reaches(erp, head)
    assert until(lambda: office.rows("select 1 from delivery_lanes") == [])
    taken = list(dict.fromkeys(receivers.ids(ERP)))
    assert taken == events(range(1, head + 1))


def test_a_dead_host_is_left_alone_then_probed_by_one_and_nothing_counts_meanwhile(office, receivers, clock, working):
    for _ in range(6):
        office.account(2)
    up = {"ok": False}
    dead = failed(None, "it refuses connections", connected=False)
    receivers.answers[ERP] = lambda one: DELIVERED if up["ok"] else dead
    erp = office.subscribe()
    head = office.publish()
    assert until(lambda: office.rows("select failures, reason from delivery_hosts") == [(1, "it refuses connections")])
    tried = len(receivers.sent)
    assert tried <= 8
    clock.forward(16)
    assert until(lambda: office.rows("select failures from delivery_hosts") == [(2,)])
    assert len(receivers.sent) == tried + 1
    clock.forward(29)
    up["ok"] = True
    clock.forward(2)
    assert office.reaches(erp, head)
    assert until(lambda: office.rows("select 1 from delivery_hosts") == [])
    assert until(lambda: office.rows("select 1 from delivery_lanes") == [])
    assert max(each.attempt for each in receivers.sent) == 2
    assert set(receivers.ids(ERP)) == set(events(range(1, head + 1)))
    in_order(receivers)


def test_a_receiver_that_hangs_holds_up_no_other(office, receivers, working):
    for _ in range(10):
        office.account(2)
    hangs = receivers.hangs["https://stuck.example/hook"] = threading.Event()
    stuck, erp = office.subscribe("stuck"), office.subscribe()
    head = office.publish()
    assert office.reaches(erp, head)
    assert office.cursor(stuck) < head
    assert len(receivers.ids("https://stuck.example/hook")) == 8
    hangs.set()
    assert office.reaches(stuck, head)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (failed(None, "no answer within 15 s"), "no answer within 15 s"),
        (failed(503, "it answered 503"), "it answered 503"),
    ],
)
def test_an_address_that_does_not_answer_leaves_the_others_of_its_host_alone(
    office, receivers, clock, working, answer, reason
):
    for _ in range(6):
        office.account(2)
    bad, good = "https://hooks.example/bad", "https://hooks.example/good"
    up = {"ok": False}
    receivers.answers[bad] = lambda one: DELIVERED if up["ok"] else answer
    stuck, well = office.subscribe("bad", bad), office.subscribe("good", good)
    office.publish()
    own = "select host, failures, reason from delivery_hosts"
    assert until(lambda: office.rows(own) == [(str(stuck), 1, reason)])
    tried = len(receivers.ids(bad))
    later = office.visit(office.account())
    assert office.reaches(well, office.publish())
    assert str(later) in receivers.ids(good)
    assert (len(receivers.ids(bad)), office.rows(own)) == (tried, [(str(stuck), 1, reason)])
    up["ok"] = True
    clock.forward(16)
    assert office.reaches(stuck, later)
    assert until(lambda: office.rows(own) == [])


class _Site(BaseHTTPRequestHandler):
    """A company's one way in: `/hangs` answers when the test is over, the others at once."""

    over = threading.Event()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/hangs":
            self.over.wait(30)
            self.close_connection = True
            return
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing is told."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 128


def test_over_real_connections_one_path_that_hangs_leaves_another_of_its_host_alone(office, company):
    for _ in range(6):
        office.account(2)
    site = _Server(("127.0.0.1", 0), _Site)
    threading.Thread(target=site.serve_forever, args=(0.05,), daemon=True).start()
    url = f"http://127.0.0.1:{site.server_address[1]}"
    stuck, well = office.subscribe("stuck", f"{url}/hangs"), office.subscribe("well", f"{url}/well")
    office.publish()
    engine = Webhooks(
        company.url, company.journal, uuid4(), lambda: Sender("0", private=True, seconds=3), random=lambda: 0.0
    )
    engine.start()
    try:
        own = "select host, reason from delivery_hosts"
        missed = "select 1 from delivery_log where subscription = %s and outcome <> 'delivered'"
        assert until(lambda: office.rows(own) == [(str(stuck), "no answer within 3 s")])
        office.visit(office.account())
        assert office.reaches(well, office.publish())
        assert office.rows(missed, well) == []
        assert office.cursor(stuck) < office.cursor(well)
    finally:
        engine.stop()
        engine.join(30)
        _Site.over.set()
        site.shutdown()
        site.server_close()
    assert not engine.is_alive()


def test_an_address_without_tls_leaves_those_of_its_host_alone_that_want_none(office, receivers, working):
    for _ in range(6):
        office.account(2)
    receivers.answers["https://hooks.example/a"] = lambda one: failed(None, "no TLS", connected=False)
    office.subscribe("tls", "https://hooks.example/a")
    plain = office.subscribe("plain", "http://10.0.0.7:443/b")
    office.later(plain, "change", address="http://hooks.example.internal:443/b")
    office.subscribe("same", "https://hooks.example.internal:443/b")
    receivers.answers["https://hooks.example.internal:443/b"] = receivers.answers["https://hooks.example/a"]
    head = office.publish()
    hosts = lambda: office.rows("select host from delivery_hosts order by host")  # noqa: E731
    assert until(lambda: hosts() == [("https://hooks.example.internal:443",), ("https://hooks.example:443",)])
    assert office.reaches(plain, head)


def test_what_is_sent_again_is_the_probe_where_nothing_else_is_to_be_sent(office, receivers, clock, working):
    office.account(3)
    erp = office.subscribe()
    head = office.publish()
    assert office.reaches(erp, head)
    past = clock.now
    office.rows("insert into delivery_hosts values (%s, 1, %s, null, 'no answer') returning 1", str(erp), past)
    with psycopg.connect(office.company.url, autocommit=True) as connection:
        asked = RedeliveryStore(connection).ask(erp, "range", office.integrator, first=1, last=1, count=1)
    assert until(lambda: office.rows("select state, sent from redeliveries") == [("done", 1)])
    assert receivers.sent[-1].headers == {"kams-redelivery": str(asked.id)}
    assert until(lambda: office.rows("select 1 from delivery_hosts") == [])


def test_rights_are_those_of_now(office, receivers, working):
    office.account(2)
    erp = office.subscribe()
    head = office.publish()
    assert office.reaches(erp, head)
    office.give(Member, office.integrator, "revoke_role", role=Role.INTEGRATOR)
    office.account(2)
    office.publish()
    assert until(lambda: bool(office.state(erp).disabled))
    assert max(int(each) for each in receivers.ids(ERP)) <= head + 1


@pytest.mark.parametrize("loses", ["role", "membership"])
def test_an_owner_who_may_receive_nothing_stops_it_once_and_after_a_resume_nothing_is_missing(
    office, receivers, working, loses
):
    account = office.account(2)
    erp = office.subscribe()
    head = office.publish()
    assert office.reaches(erp, head)
    if loses == "role":
        office.give(Member, office.integrator, "revoke_role", role=Role.INTEGRATOR)
    else:
        left = office.give(Member, office.integrator, "leave")
    for _ in range(20):
        office.visit(account)
    office.publish()
    assert until(lambda: bool(office.state(erp).disabled))
    assert office.state(erp).disabled == (OWNER_MAY_NOT if loses == "role" else OWNER_HAS_LEFT)
    assert until(lambda: not office.rows("select 1 from leases where name like 'webhooks:%%'"))
    office.publish()
    assert office.rows("select count(*) from events where topic = 'Subscription.Disabled'") == [(1,)]
    assert (office.cursor(erp), sorted(map(int, receivers.ids(ERP)))) == (head, list(range(1, head + 1)))
    with pytest.raises((OwnerMayNotReceive, MemberHasLeft)):
        office.later(erp, "resume")
    if loses == "role":
        office.give(Member, office.integrator, "grant_role", role=Role.INTEGRATOR)
    else:
        office.journal.withdraw(Member, office.integrator, left, "a namesake left", Context(at=JUNE))
    office.later(erp, "resume")
    last = office.publish()
    assert office.reaches(erp, last)
    assert sorted(map(int, receivers.ids(ERP))) == list(range(1, last + 1))


def test_who_reads_nothing_any_more_goes_past_nothing(office, company):
    office.account(5)
    erp = office.subscribe()
    head = office.publish()
    rights = Rights(Newest(company.journal))
    it = office.state(erp)
    source = Source(
        company.journal, company.journal.pool, it, lambda: served_as(rights, it), Exports(company.journal.pool)
    )
    items, examined = source.after(0, 100)
    assert ([each.position for each in items], examined) == (list(range(1, head + 1)), head)
    office.give(Member, office.integrator, "leave")
    for ask in (lambda: source.after(0, 100), lambda: source.again(3), lambda: source.between(0, 3, 3)):
        with pytest.raises(OwnerMayNot, match=OWNER_HAS_LEFT):
            ask()


def test_a_change_holds_for_what_was_not_delivered_yet(office, receivers, working):
    account = office.account(2)
    erp = office.subscribe()
    assert office.reaches(erp, office.publish())
    office.later(erp, "change", address="https://new.example/hook")
    office.later(erp, "rotate_secret", secret=NEXT_SECRET)

    def arrives_there_with_both() -> bool:
        office.visit(account)
        office.publish()
        return any(each.secrets == (NEXT_SECRET, SECRET) for each in receivers.sent)

    assert until(arrives_there_with_both)
    head = office.publish()
    assert office.reaches(erp, head)
    there = receivers.ids("https://new.example/hook")
    assert receivers.sent[-1].url == "https://new.example/hook"
    assert sorted(receivers.ids(ERP) + there, key=int) == events(range(1, head + 1))


def test_two_workers_have_one_subscription_each_and_one_takes_over(office, company, receivers, clock, connection):
    first, second = office.subscribe("one"), office.subscribe("two")
    for worker in (a := uuid4(), b := uuid4()):
        alive = "insert into workers (id, host, pid, backend) values (%s, 'x', 1, %s) returning 1"
        office.rows(alive, worker, connection.info.backend_pid)
    held = "select distinct holder from leases where name like 'webhooks:%%'"
    with delivering(company, receivers, clock, a):
        with delivering(company, receivers, clock, b):
            assert until(lambda: len(office.rows(held)) == 2)
            office.account(3)
            head = office.publish()
            assert office.reaches(first, head)
            assert office.reaches(second, head)
        office.rows("delete from workers where id = %s returning id", b)
        assert until(lambda: office.rows(f"select count(*) from leases where holder = '{a}'") == [(2,)])
        office.account(3)
        head = office.publish()
        assert office.reaches(first, head)
        assert office.reaches(second, head)
    for name in ("one", "two"):
        assert sorted(receivers.ids(f"https://{name}.example/hook"), key=int) == events(range(1, head + 1))


def test_who_lost_the_lease_sends_and_records_nothing_more(office, company, receivers, working):
    account = office.account(2)
    erp = office.subscribe()
    assert office.reaches(erp, office.publish())
    thief = uuid4()
    office.rows(
        "update leases set holder = %s, until = 'infinity' where name = %s returning 1", thief, f"webhooks:{erp}"
    )
    before = office.cursor(erp)
    for _ in range(3):
        office.visit(account)
    office.publish()
    assert until(lambda: office.rows("select holder from leases where name = %s", f"webhooks:{erp}") == [(thief,)])
    other = office.subscribe("other")
    assert office.reaches(other, office.publish())
    assert office.cursor(erp) == before
    office.rows("delete from leases where name = %s returning 1", f"webhooks:{erp}")
    assert office.reaches(erp, office.publish())
    in_order(receivers)


def test_who_falls_behind_is_told_of_once_and_again_when_he_has_caught_up(office, company, receivers, clock):
    erp = office.subscribe(lag_alarm_seconds=60)
    office.publish()
    (recorded,) = office.rows("select max(recorded_at) from feed")[0]
    clock.now = recorded + timedelta(seconds=59)
    alarm = LagAlarm(company.journal, clock)
    assert alarm.note() == 0
    office.later(erp, "pause", reason="maintenance")
    clock.forward(2)
    assert [alarm.note(), alarm.note()] == [1, 0]
    behind = office.state(erp)
    assert (behind.behind, behind.paused) == (True, "maintenance")
    office.later(erp, "resume")
    head = office.publish()
    with delivering(company, receivers, clock):
        assert office.reaches(erp, head)
    assert [alarm.note(), alarm.note()] == [1, 0]
    assert not office.state(erp).behind
    told = office.rows("select topic from events where topic ~ 'FellBehind|CaughtUp' order by position")
    assert told == [("Subscription.FellBehind",), ("Subscription.CaughtUp",)]


def test_what_an_account_owes_is_lag_too(office, company, receivers, clock, working):
    account = office.account(2)
    receivers.answers[ERP] = lambda one: failed() if one.body.get("account") == str(account) else DELIVERED
    erp = office.subscribe(lag_alarm_seconds=60)
    assert office.reaches(erp, office.publish())
    assert until(lambda: bool(office.rows("select 1 from delivery_lanes")))
    ((recorded,),) = office.rows("select recorded_at from feed join delivery_lanes using (position)")
    found = company.journal.streams.read(
        lambda connection: Lags(company.journal).of(connection, office.state(erp), recorded + timedelta(seconds=90))
    )
    assert (found.events, found.seconds) == (0, 90)
    assert [each.lane for each in found.standing.lanes] == [account]


def test_personal_data_that_leaves_is_in_the_access_log_once_an_hour(office, receivers, working):
    account = office.account()
    erp, plain = office.subscribe(personal=True), office.subscribe("plain")
    for name in ("Li Wei", "Ann"):
        office.give(Account, account, "stakeholders.add", stakeholder_id=uuid4(), name=name)
        assert office.reaches(erp, office.publish())
    assert office.reaches(plain, office.publish())
    named = [each.body["data"]["fields"] for each in receivers.sent if each.body["type"] == "Account.StakeholderAdded"]
    assert sorted(str(each["name"]) for each in named) == ["Ann", "Li Wei", "None", "None"]
    noted = office.rows("select method, path, member, rule, status from access_log where kind = 'exported'")
    assert noted == [("WEBHOOK", f"/subscriptions/{erp}", office.integrator, "subscription.webhook", 200)]
