"""What comes next, what waits and where the cursor stands, by a clock that the tests move."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.streams.deliveries import EVERY_LANE, Parked, Standing
from workers.webhooks.back_off import ATTEMPTS, HOST_SECONDS, SECONDS
from workers.webhooks.circuit import Circuit, Hosts
from workers.webhooks.lanes import MOST_PARKED, WINDOW, Item, Lanes

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
A, B, C = UUID(int=1), UUID(int=2), UUID(int=3)


def item(position: int, lane: UUID = A) -> Item:
    return Item(position, lane, str(position), b"{}", False, 0.0)


def lanes_with(*items: Item, strict: bool = False, cursor: int = 0) -> Lanes:
    lanes = Lanes(Standing(cursor=cursor), lambda: 0.0, strict=strict)
    lanes.take(items, max((each.position for each in items), default=cursor))
    return lanes


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def positions(items: Iterable[Item]) -> list[int]:
    return [each.position for each in items]


def taken(lanes: Lanes) -> list[Item]:
    found = []
    while (one := lanes.next()) is not None:
        found.append(one)
    return found


def test_one_event_of_a_lane_is_on_its_way_at_a_time_and_lanes_go_side_by_side() -> None:
    lanes = lanes_with(item(1, A), item(2, A), item(3, B))
    assert positions(taken(lanes)) == [1, 3]
    lanes.delivered(item(1, A), NOON)
    assert positions(taken(lanes)) == [2]


def test_eight_lanes_are_on_their_way_at_once() -> None:
    lanes = lanes_with(*(item(number, UUID(int=number)) for number in range(1, 20)))
    assert len(taken(lanes)) == 8
    lanes.delivered(item(3, UUID(int=3)), NOON)
    assert len(taken(lanes)) == 1


def test_in_strict_order_one_event_is_on_its_way_at_all() -> None:
    lanes = lanes_with(item(1, EVERY_LANE), item(2, EVERY_LANE), strict=True)
    assert positions(taken(lanes)) == [1]
    lanes.failed(item(1, EVERY_LANE), 500, "it answered 500", NOON)
    assert lanes.room == 0
    assert lanes.cursor == 2


def test_the_cursor_stays_before_the_earliest_event_that_is_not_settled() -> None:
    lanes = lanes_with(item(1, A), item(2, B), item(5, C))
    assert lanes.cursor == 0
    taken(lanes)
    lanes.delivered(item(2, B), NOON)
    assert lanes.cursor == 0
    lanes.delivered(item(1, A), NOON)
    assert lanes.cursor == 4
    lanes.delivered(item(5, C), NOON)
    lanes.take([], 9)
    assert lanes.cursor == 9


def test_a_failing_lane_waits_with_all_that_follows_and_the_others_go_on() -> None:
    lanes = lanes_with(item(1, A), item(2, B), item(3, A), item(4, B))
    taken(lanes)
    lanes.failed(item(1, A), 500, "it answered 500", NOON)
    lanes.delivered(item(2, B), NOON)
    assert positions(taken(lanes)) == [4]
    changed = lanes.changes()
    assert changed.cursor == 3
    assert changed.parked == (
        Parked(lane=A, position=1, attempts=1, next_at=after(5), since=NOON, status=500, reason="it answered 500"),
    )
    lanes.take([item(7, A)], 8)
    lanes.delivered(item(4, B), NOON)
    assert taken(lanes) == []
    assert lanes.cursor == 8


def test_a_lane_goes_on_at_its_time_with_what_it_owes_and_is_free_when_nothing_is_left() -> None:
    lanes = lanes_with(item(1, A), item(3, A))
    taken(lanes)
    lanes.failed(item(1, A), None, "no answer", NOON)
    assert lanes.due(after(4.9)) == []
    (due,) = lanes.due(after(5))
    assert (due.lane, due.position) == (A, 1)
    lanes.take([item(6, A)], 6)  # read meanwhile: the lane still waits, so it is read again
    lanes.fetched(A, [item(1, A), item(3, A)], 3, after(5))
    (first,) = taken(lanes)
    assert lanes.attempt_of(first) == 2
    lanes.delivered(first, after(5))
    (second,) = taken(lanes)
    assert lanes.attempt_of(second) == 1
    lanes.delivered(second, after(5))
    (due,) = lanes.due(after(5))
    assert due.position == 4
    lanes.fetched(A, [item(6, A)], 6, after(5))
    lanes.delivered(*taken(lanes), after(5))
    changed = lanes.changes()
    assert (changed.cursor, changed.parked, changed.freed) == (6, (), (A,))
    lanes.take([item(7, A)], 7)
    assert positions(taken(lanes)) == [7]


def test_an_event_is_tried_ten_times_over_three_days_and_then_given_up_and_its_lane_goes_on() -> None:
    lanes = lanes_with(item(1, A), item(2, A))
    taken(lanes)
    now, waited = NOON, []
    lanes.failed(item(1, A), 500, "it answered 500", now)
    while (moment := lanes.next_due()) is not None and not lanes._dead:
        waited.append((moment - now).total_seconds())
        now = moment
        assert lanes.due(now)
        lanes.fetched(A, [item(1, A), item(2, A)], 2, now)
        lanes.failed(*taken(lanes), 500, "it answered 500", now)
    assert tuple(waited) == SECONDS
    assert sum(waited) > 3 * 86_400
    changed = lanes.changes()
    assert [(each.position, each.attempts, each.status, each.at) for each in changed.dead] == [(1, ATTEMPTS, 500, now)]
    assert positions(taken(lanes)) == [2]
    lanes.delivered(item(2, A), now)
    assert lanes.changes().freed == (A,)


def test_the_jitter_is_at_most_a_tenth() -> None:
    lanes = Lanes(Standing(cursor=0), lambda: 1.0)
    lanes.take([item(1)], 1)
    taken(lanes)
    lanes.failed(item(1), 500, "", NOON)
    assert lanes.next_due() == after(5.5)


def test_what_was_put_back_comes_again_after_the_other_lanes_and_counts_nothing() -> None:
    lanes = lanes_with(item(1, A), *(item(number, UUID(int=number)) for number in range(11, 20)))
    sent = taken(lanes)
    assert positions(sent)[0] == 1
    lanes.put_back(item(1, A))
    assert positions(taken(lanes)) == [18]
    for each in sent[1:]:
        lanes.delivered(each, NOON)
    assert positions(taken(lanes)) == [19, 1]
    assert lanes.attempt_of(item(1, A)) == 1
    assert lanes.cursor == 0


def test_after_a_restart_lanes_wait_as_they_were_recorded() -> None:
    parked = Parked(lane=A, position=3, attempts=4, next_at=after(60), since=NOON, status=500, reason="x")
    lanes = Lanes(Standing(cursor=9, lanes=(parked,)), lambda: 0.0)
    lanes.take([item(10, A), item(11, B)], 11)
    assert positions(taken(lanes)) == [11]
    assert lanes.due(after(60)) == [parked]
    lanes.fetched(A, [item(3, A)], 9, after(60))
    (again,) = taken(lanes)
    assert lanes.attempt_of(again) == 5


def test_a_lane_is_tried_at_once_where_somebody_wants_it() -> None:
    parked = Parked(lane=A, position=3, attempts=4, next_at=after(60), since=NOON)
    lanes = Lanes(Standing(cursor=9, lanes=(parked,)), lambda: 0.0)
    lanes.retry(B, NOON)
    lanes.retry(A, NOON)
    assert [each.position for each in lanes.due(NOON)] == [3]
    assert lanes.due(after(60)) == []


def test_no_more_is_read_than_can_be_held_and_nothing_while_too_many_lanes_wait() -> None:
    lanes = lanes_with(*(item(number, UUID(int=number)) for number in range(1, 11)))
    assert lanes.room == WINDOW - 10
    waiting = tuple(
        Parked(lane=UUID(int=n), position=1, attempts=1, next_at=NOON, since=NOON) for n in range(1, MOST_PARKED + 1)
    )
    assert Lanes(Standing(cursor=9, lanes=waiting), lambda: 0.0).room == 0


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_fails_each_event_arrives_in_the_order_of_its_lane_and_the_cursor_never_passes_one_that_is_owed(
    data: st.DataObject,
) -> None:
    owners = data.draw(st.lists(st.sampled_from([A, B, C]), min_size=1, max_size=12))
    feed = [item(position, lane) for position, lane in enumerate(owners, start=1)]
    lanes, now, arrived, dead = Lanes(Standing(cursor=0), lambda: 0.0), NOON, [], set()
    flying: list[Item] = []
    for _ in range(3_000):
        if lanes.read < len(feed):
            lanes.take([feed[lanes.read]], lanes.read + 1)
        flying += taken(lanes)
        if flying:
            one = flying.pop(data.draw(st.integers(0, len(flying) - 1)))
            what = data.draw(st.sampled_from(["delivered", "delivered", "failed", "put back"]))
            if what == "delivered":
                arrived.append(one)
                lanes.delivered(one, now)
            elif what == "failed":
                lanes.failed(one, 500, "", now)
            else:
                lanes.put_back(one)
        elif (moment := lanes.next_due()) is not None:
            now = max(now, moment)
            for parked in lanes.due(now, 8):
                to = data.draw(st.integers(min(parked.position, lanes.read), lanes.read))
                owed = [each for each in feed[parked.position - 1 : to] if each.lane == parked.lane]
                lanes.fetched(parked.lane, owed, max(to, parked.position - 1), now)
        elif lanes.read == len(feed):
            break
        changed = lanes.changes()
        dead |= {each.position for each in changed.dead}
        owed_from = {key: lane.parked.position for key, lane in lanes._lanes.items() if lane.parked}
        done = {each.position for each in arrived} | dead
        for each in feed[: changed.cursor]:
            assert each.position in done or each.position >= owed_from.get(each.lane, 99), each
    assert {each.position for each in arrived} | dead == set(range(1, len(feed) + 1))
    for lane in (A, B, C):
        mine = positions(each for each in arrived if each.lane == lane)
        assert mine == sorted(set(mine))


# Hosts


@pytest.fixture
def hosts() -> Hosts:
    return Hosts(lambda _: None, lambda: 0.0)


def test_a_host_that_is_not_reached_for_three_lanes_in_a_row_is_left_alone(hosts: Hosts) -> None:
    assert hosts.failed("x", A, "it refuses connections", NOON)
    assert hosts.failed("x", A, "it refuses connections", NOON)
    assert hosts.failed("x", B, "it refuses connections", NOON)
    assert hosts.of("x") is None
    assert not hosts.failed("x", C, "it refuses connections", NOON)
    assert hosts.of("x") == Circuit("x", 1, after(15), "it refuses connections")
    assert not hosts.failed("x", A, "late", after(1))
    assert hosts.of("x") == Circuit("x", 1, after(15), "it refuses connections")
    assert hosts.of("y") is None


def test_each_probe_in_vain_leaves_it_alone_for_longer_up_to_a_quarter_of_an_hour(hosts: Hosts) -> None:
    for lane in (A, B, C):
        hosts.failed("x", lane, "", NOON)
    waited, now = [], NOON
    for _ in range(9):
        circuit = hosts.of("x")
        assert circuit
        waited.append((circuit.open_until - now).total_seconds())
        now = circuit.open_until
        assert not hosts.failed("x", A, "", now)
    assert tuple(waited) == (*HOST_SECONDS, 900, 900)
    hosts.reached("x")
    assert hosts.of("x") is None


def test_an_answer_between_failures_says_that_the_host_lives(hosts: Hosts) -> None:
    for lane in (A, B):
        hosts.failed("x", lane, "", NOON)
    hosts.reached("x")
    assert hosts.failed("x", C, "", NOON)
    assert hosts.of("x") is None
