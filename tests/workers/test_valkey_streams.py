"""A Valkey stream holds a subscription's events at their positions; groups stand where they acknowledged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from domain.account.account import Account
from domain.journal.forgetting import forget
from domain.member import Member, Role
from domain.person_forgetting import PersonKind
from domain.subscription.subscription import StreamFilter, Subscription
from projections.streams.lag import Lag, Lags
from projections.streams.subscriptions import OWNER_HAS_LEFT, OWNER_MAY_NOT
from projections.streams.valkey_groups import ValkeyStore, groups_of
from tests.workers.valkey_integrator import AT, KEY, NAME, NOW, Integrator, places
from workers.disabling import disable
from workers.valkey.stream import Scripts, Stream
from workers.valkey.streams import Streams
from workers.webhooks.lagging import LagAlarm


@pytest.fixture
def erp(database_url: str, valkey_url: str) -> Iterator[Integrator]:
    made = Integrator(database_url, valkey_url)
    yield made
    made.close()


def test_a_stream_holds_each_event_once_and_in_order_at_its_position(erp):
    head = erp.grows(300)
    state = erp.brings(at_once=70)
    assert (state.examined, state.entries, state.sound) == (head, head, True)
    assert erp.in_stream() == erp.in_feed() == list(range(1, head + 1))
    with erp.journal.pool.connection() as connection:
        (stored,) = connection.execute("select event::text from feed where position = %s", (head,)).fetchone()
    (_, fields) = erp.valkey.xrevrange(KEY, count=1)[0]
    assert fields == {b"event": stored.encode()}
    later = erp.grows(50)
    assert erp.brings().examined == later
    assert erp.in_stream() == list(range(1, later + 1))


def test_what_a_filter_leaves_out_is_examined_all_the_same(database_url, valkey_url):
    wanted = StreamFilter(types=("Opportunity.Opened",))
    erp = Integrator(database_url, valkey_url, filter=wanted, after=10)
    try:
        head = erp.grows(300)
        assert erp.brings(at_once=3).examined == head
        assert erp.in_stream() == erp.in_feed(10, wanted)
        assert 0 < len(erp.in_stream()) < head / 4
        assert erp.valkey.hget(AT, "examined") == str(head).encode()
    finally:
        erp.close()


def test_a_script_that_believes_something_else_does_nothing(erp):
    head = erp.grows(20)
    mark = erp.brings().mark
    stream = Stream(Scripts(erp.valkey), NAME)
    for believed, by in ((head - 1, mark), (head + 1, mark), (head, "0:other")):
        assert not stream.append(by, believed, head + 5, [(head + 5, b"{}")])
        assert not stream.put(by, believed, "g", 0)
        assert stream.trim(by, believed, head, 0) == 0
    assert not stream.begin(erp.state._replace(examined=head - 1), mark, 0, None, {})
    assert erp.in_stream() == list(range(1, head + 1))
    assert erp.state.groups == {}
    assert stream.append(mark, head, head + 5, [(head + 5, b"{}")])


def test_a_group_stands_where_it_has_acknowledged_everything(erp):
    head = erp.grows(100)
    erp.asks("books", 10)
    erp.brings()
    first, second = erp.reads("books", 20), erp.reads("books", 20, "b")
    assert places(first + second) == list(range(11, 51))
    erp.acknowledges("books", [*first[:5], *second])
    erp.brings()
    assert (erp.noted()["books"].position, erp.noted()["books"].pending) == (15, 15)
    erp.acknowledges("books", first[5:])
    erp.brings()
    assert (erp.noted()["books"].position, erp.noted()["books"].pending) == (50, 0)
    erp.acknowledges("books", erp.reads("books"))
    erp.brings()
    assert erp.noted()["books"].position == head


def test_one_who_has_read_all_for_it_stands_at_what_was_examined(database_url, valkey_url):
    erp = Integrator(database_url, valkey_url, filter=StreamFilter(types=("Member.Invited",)))
    try:
        erp.asks("books", 0)
        head = erp.grows(100)
        erp.brings()
        erp.acknowledges("books", erp.reads("books"))
        erp.brings()
        assert erp.noted()["books"].position == head
    finally:
        erp.close()


def test_a_group_made_by_a_consumer_itself_is_noted(erp):
    erp.valkey.xgroup_create(KEY, "own", id="0", mkstream=True)
    head = erp.grows(50)
    erp.brings()
    assert places(erp.reads("own")) == list(range(1, head + 1))
    erp.brings()
    assert (erp.noted()["own"].position, erp.noted()["own"].pending) == (0, head)


def test_what_every_group_has_acknowledged_goes_but_for_the_newest(erp):
    erp.asks("fast", 0)
    erp.asks("slow", 0)
    head = erp.grows(900)
    erp.brings(kept=100)
    assert erp.in_stream() == list(range(1, head + 1))
    erp.acknowledges("fast", erp.reads("fast"))
    assert erp.brings(kept=100).entries == head
    erp.acknowledges("slow", erp.reads("slow", 500))
    state = erp.brings(kept=100)
    left = erp.in_stream()
    assert left == list(range(left[0], head + 1))
    assert 300 < left[0] <= 501
    assert state.start == left[0] - 1
    erp.acknowledges("slow", erp.reads("slow"))
    erp.brings(kept=100)
    left = erp.in_stream()
    assert 100 <= len(left) <= 200
    assert left == list(range(left[0], head + 1))


def test_it_stops_where_it_is_too_far_ahead_of_the_slowest_group_and_says_so(erp):
    erp.asks("slow", 0)
    head = erp.grows(500)
    state = erp.brings(kept=50, most_ahead=200, at_once=60)
    assert (state.examined, erp.in_stream()) == (200, list(range(1, 201)))
    with erp.journal.pool.connection() as connection:
        found = groups_of(connection, erp.key, NAME, head)
    assert found.waits == "the group slow has acknowledged no more than 0"
    assert (found.key, found.examined, found.entries, found.head) == (KEY, 200, 200, head)
    assert [(each.name, each.position, each.lag) for each in found.groups] == [("slow", 0, head)]
    seen = []
    while handed := erp.reads("slow"):
        seen += places(handed)
        erp.acknowledges("slow", handed)
        erp.brings(kept=50, most_ahead=200)
    assert seen == list(range(1, head + 1))


def test_without_a_group_nothing_is_cut_off_before_one_comes(erp):
    head = erp.grows(500)
    state = erp.brings(kept=50, most_ahead=200)
    assert (state.examined, state.start) == (200, 0)
    with erp.journal.pool.connection() as connection:
        assert groups_of(connection, erp.key, NAME, head).waits == "no consumer group reads it: add one, and it goes on"


def test_a_group_that_asks_for_an_older_position_has_the_stream_filled_again_from_there(erp):
    erp.asks("books", 0)
    head = erp.grows(500)
    erp.brings(kept=100)
    erp.acknowledges("books", erp.reads("books", 450))
    assert erp.brings(kept=100).start > 200
    erp.asks("audit", 120)
    erp.brings(kept=100)
    assert erp.in_stream() == list(range(121, head + 1))
    assert places(erp.reads("audit")) == list(range(121, head + 1))
    assert places(erp.reads("books")) == list(range(451, head + 1))
    assert erp.noted()["audit"].asked is None
    erp.asks("books", 200)
    erp.brings(kept=100)
    assert places(erp.reads("books")) == list(range(201, head + 1))


def test_a_removed_group_is_gone_and_holds_nothing_up(erp):
    erp.asks("books", 0)
    head = erp.grows(300)
    erp.brings(kept=50)
    with erp.journal.pool.connection() as connection:
        store = ValkeyStore(connection)
        assert store.remove(erp.key, "books")
        assert not store.remove(erp.key, "books")
        assert not store.remove(erp.key, "others")
        assert groups_of(connection, erp.key, NAME, head).groups == []
    assert erp.brings().groups == {}
    assert erp.noted() == {}


def test_another_filter_fills_it_again_by_it(erp):
    erp.asks("books", 0)
    erp.grows(200)
    erp.brings()
    erp.acknowledges("books", erp.reads("books", 50))
    wanted = StreamFilter(types=("Opportunity.StageAdvanced",))
    erp.gives(Subscription, erp.key, "change", filter=wanted)
    erp.published()
    erp.brings()
    assert places(erp.reads("books")) == erp.in_feed(50, wanted)


def invited(erp: Integrator) -> list[str | None]:
    found = [json.loads(fields[b"event"]) for _, fields in erp.valkey.xrange(KEY)]
    return [each["data"]["fields"]["name"] for each in found if each["type"] == "Account.StakeholderAdded"]


def test_personal_data_are_in_it_only_where_asked_for_and_go_with_the_forgotten(database_url, valkey_url):
    erp = Integrator(database_url, valkey_url, personal=True)
    try:
        account, person = uuid4(), uuid4()
        erp.gives(Account, account, "register", name="ACME")
        erp.gives(Account, account, "stakeholders.add", stakeholder_id=person, name="Li Wei")
        erp.published()
        erp.brings()
        assert invited(erp) == ["Li Wei"]
        forget(erp.journal, {person: PersonKind.STAKEHOLDER}, NOW, reason="asked for it")
        erp.published()
        erp.brings()
        assert invited(erp) == [None]
        assert erp.in_stream() == erp.in_feed()
    finally:
        erp.close()


@pytest.mark.parametrize("loses", ["role", "membership"])
def test_an_owner_who_may_receive_nothing_stops_it_once_and_after_a_resume_nothing_is_missing(erp, loses):
    head = erp.grows(50)
    erp.asks("books", 0)
    streams = Streams(erp.journal, erp.url, uuid4(), clock=lambda: NOW.at)
    streams.publish()
    read = erp.reads("books", 20)
    erp.acknowledges("books", read)
    if loses == "role":
        erp.gives(Member, erp.owner, "revoke_role", role=Role.INTEGRATOR)
    else:
        erp.gives(Member, erp.owner, "leave")
    later = erp.grows(30)
    streams.publish()
    assert erp.subscription.disabled == (OWNER_MAY_NOT if loses == "role" else OWNER_HAS_LEFT)
    assert erp.in_stream() == []
    with erp.journal.pool.connection() as connection:
        noted = groups_of(connection, erp.key, NAME, later)
    assert (noted.examined, noted.entries, noted.waits) == (20, 0, erp.subscription.disabled)
    assert [(each.name, each.position) for each in noted.groups] == [("books", 20)]
    version = erp.subscription.version
    erp.grows(10)
    streams.publish()
    assert (erp.subscription.version, erp.in_stream()) == (version, [])
    if loses == "role":
        erp.gives(Member, erp.owner, "grant_role", role=Role.INTEGRATOR)
    else:
        left = erp.positions_of("Member.Left")[0]
        erp.journal.withdraw(Member, erp.owner, left, "a namesake left", NOW)
    erp.gives(Subscription, erp.key, "resume")
    last = erp.grows(10)
    streams.publish()
    streams.close()
    assert head < later < last
    assert places(erp.reads("books")) == list(range(21, last + 1))


def test_what_another_worker_left_in_a_stream_that_is_disabled_goes(erp):
    erp.grows(20)
    erp.brings()
    disable(erp.journal, erp.subscription, "its owner has left the company", NOW.at)
    streams = Streams(erp.journal, erp.url, uuid4())
    streams.publish()
    assert (erp.in_stream(), erp.subscription.version) == ([], 2)
    streams.close()


def test_a_slow_group_raises_the_alarm_of_its_subscription_and_it_is_over_when_it_has_caught_up(
    database_url, valkey_url
):
    erp = Integrator(database_url, valkey_url, lag_alarm_seconds=60)
    try:
        erp.grows(50)
        for group in ("books", "reports"):
            erp.asks(group, 0)
        erp.brings()
        with erp.journal.pool.connection() as connection:
            ((recorded,),) = connection.execute("select recorded_at from feed where position = 11").fetchall()
        now = recorded + timedelta(seconds=59)
        alarm = LagAlarm(erp.journal, lambda: now)
        erp.acknowledges("books", erp.reads("books"))
        erp.acknowledges("reports", erp.reads("reports", 10))
        erp.brings()
        assert alarm.note() == 0
        now = recorded + timedelta(seconds=61)
        assert [alarm.note(), alarm.note()] == [1, 0]
        assert erp.subscription.behind
        erp.acknowledges("reports", erp.reads("reports"))
        head = erp.published()
        erp.brings()
        for group in ("books", "reports"):
            erp.acknowledges(group, erp.reads(group))
        erp.brings()
        assert {each.position for each in erp.noted().values()} == {head}
        assert [alarm.note(), alarm.note()] == [1, 0]
        assert not erp.subscription.behind
    finally:
        erp.close()


def test_a_stream_that_is_not_filled_is_behind_without_any_group(database_url, valkey_url):
    erp = Integrator(database_url, valkey_url)
    try:
        erp.grows(20)
        (lag,) = lags(erp)
        assert (lag.cursor, lag.events, lag.seconds) == (0, lag.head, 100.0)
        erp.brings()
        (lag,) = lags(erp)
        assert (lag.cursor, lag.events, lag.seconds) == (lag.head, 0, 0.0)
    finally:
        erp.close()


def lags(erp: Integrator) -> list[Lag]:
    with erp.journal.pool.connection() as connection:
        ((oldest,),) = connection.execute("select recorded_at from feed where position = 1").fetchall()
        return [Lags(erp.journal).of(connection, erp.subscription, oldest + timedelta(seconds=100))]


def test_personal_data_that_leaves_is_in_the_access_log_once_an_hour(database_url, valkey_url):
    erp = Integrator(database_url, valkey_url, personal=True)
    try:
        publisher = erp.publisher()
        for name in ("Li Wei", "Ann"):
            account = erp.gives(Account, uuid4(), "register", name="ACME")
            erp.brings(publisher)
            erp.gives(Account, account, "stakeholders.add", stakeholder_id=uuid4(), name=name)
            erp.published()
            erp.brings(publisher)
        assert invited(erp) == ["Li Wei", "Ann"]
        assert exported(erp) == [("VALKEY", f"/subscriptions/{erp.key}", erp.owner, "subscription.valkey", 200)]
    finally:
        erp.close()


def test_without_personal_data_the_access_log_says_nothing(erp):
    account = erp.gives(Account, uuid4(), "register", name="ACME")
    erp.gives(Account, account, "stakeholders.add", stakeholder_id=uuid4(), name="Ann")
    erp.published()
    erp.brings()
    assert (invited(erp), exported(erp)) == ([None], [])


def exported(erp: Integrator) -> list[tuple[object, ...]]:
    with erp.journal.pool.connection() as connection:
        sql = "select method, path, member, rule, status from access_log where kind = 'exported'"
        return connection.execute(sql).fetchall()


def test_a_worker_fills_the_streams_of_those_that_run_and_removes_those_that_ended(erp):
    head = erp.grows(100)
    streams = Streams(erp.journal, erp.url, uuid4())
    streams.publish()
    assert erp.in_stream() == list(range(1, head + 1))
    erp.gives(Subscription, erp.key, "pause", reason="the ERP moves")
    erp.grows(10)
    streams.publish()
    assert erp.in_stream() == list(range(1, head + 1))
    erp.gives(Subscription, erp.key, "end")
    streams.publish()
    streams.close()
    assert erp.valkey.keys("*") == []
    with erp.journal.pool.connection() as connection:
        assert ValkeyStore(connection).streams() == set()


def test_only_one_worker_fills_them(erp):
    erp.grows(10)
    first, second = (Streams(erp.journal, erp.url, uuid4()) for _ in range(2))
    first.publish()
    head = erp.grows(10)
    second.publish()
    assert erp.state.examined < head
    first.publish()
    assert erp.state.examined == head
    first.close()
    second.close()


def test_positions_are_noted_once_a_second_and_where_they_changed(erp):
    erp.asks("books", 0)
    erp.grows(50)
    publisher = erp.publisher()
    now = [0.0]
    publisher._clock = lambda: now[0]
    erp.brings(publisher)
    erp.acknowledges("books", erp.reads("books"))
    erp.brings(publisher)
    assert erp.noted()["books"].position == 0
    now[0] = 1.0
    erp.brings(publisher)
    assert erp.noted()["books"].position == erp.in_feed()[-1]
