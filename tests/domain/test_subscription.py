"""A subscription: opened, changed, its secret rotated, paused, resumed, ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import domain.vocabulary  # noqa: F401 every event has its name
from domain.aggregate import AlreadyOpened, LaterFactForbids, NotYetOpened
from domain.claims import Claim
from domain.member import Member, MemberHasLeft, Role
from domain.opportunity.outcome import ReasonBlank
from domain.subscription.conditions import (
    MOST_PER_OWNER,
    LagAlarmOutOfRange,
    OldSecretTooLong,
    OwnerMayNotReceive,
    PositionNegative,
    SecretMissing,
    SecretNotNeeded,
    SubscriptionUnnamed,
    TooManySubscriptions,
)
from domain.subscription.filter import MOST, FilterTooLong, TypeUnknown
from domain.subscription.subscription import (
    EVERYTHING,
    LIVE_ONLY,
    NoSecretToRotate,
    Order,
    StreamFilter,
    Subscription,
    SubscriptionHasEnded,
    SubscriptionRuns,
    Transport,
    WantedFilter,
)
from tests.domain.given import (
    ROOT,
    after_snapshot,
    contents,
    day,
    given,
    history,
    late,
    on,
    recorded,
    sealed,
    some_id,
    without,
)

OWNER = some_id("Ina")
ADDRESS = "https://example.com/kams"
OPENED = Subscription.Opened(
    name="erp",
    owner=OWNER,
    transport=Transport.WEBHOOK,
    address=ADDRESS,
    secret=sealed("whsec_1"),
    filter=LIVE_ONLY,
    order=Order.ACCOUNT,
    personal=False,
    after=0,
    lag_alarm_seconds=3_600,
)
PAUSED = Subscription.Paused(reason="the ERP moves")
DISABLED = Subscription.Disabled(reason="410 Gone")
ENDED = Subscription.Ended(reason="replaced")


def ina(*roles: Role, left: bool = False) -> Member:
    return Member(id=OWNER, opened=True, roles=roles or (Role.INTEGRATOR,), left=left)


def opening(**other: Any) -> list[Any]:
    new = Subscription(id=ROOT)
    new.at(day(1))
    stated = {"name": "erp", "owner": OWNER, "person": ina(), "address": ADDRESS, "secret": sealed("whsec_1")}
    new.open(**{**stated, **other})
    return recorded(new)


def changed(**other: Any) -> Subscription.Changed:
    stated = {"address": ADDRESS, "filter": LIVE_ONLY, "order": Order.ACCOUNT, "personal": False}
    return Subscription.Changed(**{**stated, "lag_alarm_seconds": 3_600, **other})


# Opening


def test_an_integrator_subscribes_by_webhook_to_what_people_record() -> None:
    assert opening() == [OPENED]
    assert OPENED.claims(ROOT) == [Claim("subscription", "", "erp")]
    it = given(Subscription, OPENED)
    assert it.runs
    assert not Subscription(id=ROOT).runs


def test_a_subscription_over_valkey_has_neither_address_nor_secret() -> None:
    (event,) = opening(transport=Transport.VALKEY, address="", secret=None)
    assert (event.transport, event.address, event.secret) == (Transport.VALKEY, "", None)
    with pytest.raises(SecretNotNeeded, match="valkey"):
        opening(transport=Transport.VALKEY, address="")


@pytest.mark.parametrize(
    ("transport", "stated", "imports"),
    [
        (Transport.WEBHOOK, None, False),
        (Transport.WEBHOOK, True, True),
        (Transport.VALKEY, None, True),
        (Transport.VALKEY, False, False),
    ],
)
def test_where_nothing_is_stated_about_imports_a_stream_brings_them_and_a_webhook_does_not(
    transport: Transport, stated: bool | None, imports: bool
) -> None:
    over = {} if transport is Transport.WEBHOOK else {"address": "", "secret": None}
    wanted = WantedFilter(types=("Account",), imports=stated)
    (opened,) = opening(transport=transport, filter=wanted, **over)
    assert opened.filter == StreamFilter(types=("Account",), imports=imports)
    if stated is None:
        assert opening(transport=transport, **over)[0].filter == StreamFilter(imports=imports)
    it = given(Subscription, opened)
    it.change(filter=WantedFilter(territories=("north",), imports=stated))
    assert it.filter == StreamFilter(territories=("north",), imports=imports)


def test_a_webhook_signs() -> None:
    with pytest.raises(SecretMissing):
        opening(secret=None)


@pytest.mark.parametrize("name", ["erp", "a", "ERP.orders_2-b", "7", "x" * 60])
def test_a_name_is_one_that_a_path_can_hold(name: str) -> None:
    assert opening(name=name)[0].name == name


@pytest.mark.parametrize("name", ["", " ", "a b", "x" * 61, ".", "..", "-a", "a/b", "客户", "a\n", "a%20b"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(SubscriptionUnnamed) as refusal:
        opening(name=name)
    assert refusal.value.details == {"found": name, "field": "name"}


def test_a_subscription_is_opened_once() -> None:
    with pytest.raises(AlreadyOpened):
        given(Subscription, OPENED).open(name="b", owner=OWNER, person=ina(), address=ADDRESS, secret=sealed("s"))


def test_it_begins_at_a_position() -> None:
    assert opening(after=7)[0].after == 7
    with pytest.raises(PositionNegative, match="-1"):
        opening(after=-1)


@pytest.mark.parametrize("seconds", [10, 2_592_000])
def test_the_alarm_waits_ten_seconds_to_thirty_days(seconds: int) -> None:
    assert opening(lag_alarm_seconds=seconds)[0].lag_alarm_seconds == seconds


@pytest.mark.parametrize("seconds", [9, 2_592_001])
def test_no_other_alarm_is_possible(seconds: int) -> None:
    with pytest.raises(LagAlarmOutOfRange, match=f"{seconds} seconds"):
        opening(lag_alarm_seconds=seconds)


def test_an_owner_has_at_most_a_hundred_that_have_not_ended() -> None:
    assert opening(live=MOST_PER_OWNER - 1) == [OPENED]
    with pytest.raises(TooManySubscriptions) as refusal:
        opening(live=MOST_PER_OWNER)
    assert refusal.value.details == {"owner": OWNER, "live": 100, "most": 100}


def test_the_owner_is_here_and_an_integrator_or_admin() -> None:
    assert opening(person=ina(Role.ADMIN)) == [OPENED]
    with pytest.raises(MemberHasLeft):
        opening(person=ina(left=True))
    with pytest.raises(OwnerMayNotReceive, match="admin, integrator; roles held: manager"):
        opening(person=ina(Role.MANAGER))
    with pytest.raises(OwnerMayNotReceive, match="roles held: -"):
        opening(person=Member(id=OWNER, opened=True))


# Filters


def test_a_filter_names_stored_names_and_whole_aggregates() -> None:
    wanted = StreamFilter(types=("Account.VisitLogged", "Finding", "Account.VisitLogged"))
    (event,) = opening(filter=wanted)
    assert event.filter.types == ("Account.VisitLogged", "Finding")
    assert event.filter.topics[0] == "Account.VisitLogged"
    assert {each.partition(".")[0] for each in event.filter.topics[1:]} == {"Finding"}
    assert len(event.filter.topics) > 3
    assert EVERYTHING.topics == ()


def test_a_type_that_is_known_no_more_fits_nothing_rather_than_everything() -> None:
    assert StreamFilter(types=("Account.Dreamt",)).topics == ("Account.Dreamt",)


@pytest.mark.parametrize("name", ["Account.Dreamt", "account", "", "Account.", "A*"])
def test_an_unknown_type_is_refused_with_what_there_is(name: str) -> None:
    with pytest.raises(TypeUnknown) as refusal:
        opening(filter=StreamFilter(types=(name,)))
    assert refusal.value.details["found"] == name
    assert "Account, AccountPlan, Company" in refusal.value.details["known"]


def test_a_filter_holds_each_only_once_and_at_most_a_hundred() -> None:
    accounts = tuple(some_id(str(number)) for number in range(MOST + 1))
    assert opening(filter=StreamFilter(accounts=accounts[:-1] * 2))[0].filter.accounts == accounts[:-1]
    with pytest.raises(FilterTooLong) as refusal:
        opening(filter=StreamFilter(accounts=accounts))
    assert refusal.value.details == {"found": 101, "field": "accounts", "most": 100, "parameter": "filter"}
    with pytest.raises(FilterTooLong, match="101 territories"):
        opening(filter=StreamFilter(territories=tuple(map(str, range(101)))))


# Changing


def test_only_what_is_stated_changes() -> None:
    it = given(Subscription, OPENED)
    it.change(address="https://example.com/b")
    it.change(order=Order.STRICT, personal=True)
    it.change(filter=EVERYTHING, lag_alarm_seconds=60)
    first = changed(address="https://example.com/b")
    second = changed(address="https://example.com/b", order=Order.STRICT, personal=True)
    third = changed(
        address="https://example.com/b", order=Order.STRICT, personal=True, filter=EVERYTHING, lag_alarm_seconds=60
    )
    assert recorded(it) == [first, second, third]
    assert (it.address, it.filter, it.order, it.personal) == (third.address, EVERYTHING, Order.STRICT, True)
    assert (it.name, it.owner, it.secret, it.lag_alarm_seconds) == ("erp", OWNER, sealed("whsec_1"), 60)


def test_a_change_to_what_is_so_already_records_nothing() -> None:
    it = given(Subscription, OPENED)
    it.change()
    it.change(address=ADDRESS, filter=StreamFilter(imports=False), personal=False)
    assert recorded(it) == []


def test_a_change_is_one_to_what_it_could_have_been_opened_with() -> None:
    it = given(Subscription, OPENED)
    with pytest.raises(LagAlarmOutOfRange):
        it.change(lag_alarm_seconds=1)
    with pytest.raises(TypeUnknown):
        it.change(filter=StreamFilter(types=("x",)))
    assert recorded(it) == []


def test_nothing_can_be_done_with_one_that_was_never_opened() -> None:
    nothing = Subscription(id=ROOT)
    tries: list[Callable[[], None]] = [
        nothing.change,
        nothing.end,
        lambda: nothing.pause(reason="x"),
        lambda: nothing.rotate_secret(secret=sealed("whsec_2")),
        lambda: nothing.resume(person=ina()),
    ]
    for give in tries:
        with pytest.raises(NotYetOpened):
            give()


# Secrets


def test_the_old_secret_stays_valid_for_a_day() -> None:
    it = given(Subscription, OPENED, now=day(3))
    it.rotate_secret(secret=sealed("whsec_2"))
    assert recorded(it) == [Subscription.SecretRotated(secret=sealed("whsec_2"), old_until=day(4))]
    assert (it.secret, it.old_secret, it.old_secret_until) == (sealed("whsec_2"), sealed("whsec_1"), day(4))


def test_the_old_secret_may_be_worthless_at_once_and_lives_thirty_days_at_most() -> None:
    it = given(Subscription, OPENED, now=day(3))
    it.rotate_secret(secret=sealed("whsec_2"), old_valid_hours=0)
    it.rotate_secret(secret=sealed("whsec_3"), old_valid_hours=720)
    assert recorded(it) == [
        Subscription.SecretRotated(secret=sealed("whsec_2"), old_until=day(3)),
        Subscription.SecretRotated(secret=sealed("whsec_3"), old_until=day(33)),
    ]
    for hours in (-1, 721):
        with pytest.raises(OldSecretTooLong, match=f"for {hours} hours"):
            it.rotate_secret(secret=sealed("whsec_4"), old_valid_hours=hours)


def test_what_signs_nothing_has_no_secret_to_rotate() -> None:
    (over_valkey,) = opening(transport=Transport.VALKEY, address="", secret=None)
    with pytest.raises(NoSecretToRotate, match="valkey"):
        given(Subscription, over_valkey).rotate_secret(secret=sealed("whsec_2"))


# Running


def test_it_is_paused_with_a_reason_and_resumed() -> None:
    it = given(Subscription, OPENED)
    it.pause(reason="the ERP moves")
    it.pause(reason="again")
    assert not it.runs
    it.resume(person=ina())
    assert it.runs
    assert recorded(it) == [PAUSED, Subscription.Resumed()]
    with pytest.raises(ReasonBlank):
        it.pause(reason=" ")


def test_what_a_worker_disabled_is_resumed_by_people_as_long_as_the_owner_may_receive() -> None:
    it = given(Subscription, OPENED)
    it.disable(reason="410 Gone")
    it.disable(reason="410 Gone")
    assert (it.runs, it.disabled) == (False, "410 Gone")
    with pytest.raises(MemberHasLeft):
        it.resume(person=ina(left=True))
    with pytest.raises(OwnerMayNotReceive):
        it.resume(person=ina(Role.AUDITOR))
    it.resume(person=ina())
    assert recorded(it) == [DISABLED, Subscription.Resumed()]
    with pytest.raises(SubscriptionRuns, match="erp"):
        it.resume(person=ina())


def test_a_lag_is_noted_once_and_its_end_too() -> None:
    it = given(Subscription, OPENED)
    it.catch_up(position=3)
    it.fall_behind(position=5, lag_seconds=4_000)
    it.fall_behind(position=6, lag_seconds=4_001)
    assert it.behind
    it.catch_up(position=9)
    assert recorded(it) == [
        Subscription.FellBehind(position=5, lag_seconds=4_000),
        Subscription.CaughtUp(position=9),
    ]
    assert not it.behind


def test_after_its_end_nothing_is_recorded_and_no_secret_is_kept() -> None:
    it = given(Subscription, OPENED, Subscription.SecretRotated(secret=sealed("whsec_2"), old_until=day(9)))
    it.end(reason="replaced")
    it.end(reason="replaced")
    assert recorded(it) == [ENDED]
    assert (it.runs, it.secret, it.old_secret) == (False, None, None)
    tries: list[Callable[[], None]] = [
        lambda: it.change(personal=True),
        lambda: it.pause(reason="x"),
        lambda: it.resume(person=ina()),
        lambda: it.rotate_secret(secret=sealed("whsec_3")),
    ]
    for give in tries:
        with pytest.raises(SubscriptionHasEnded, match="erp"):
            give()
    it.disable(reason="x")
    it.fall_behind(position=1, lag_seconds=1)
    it.catch_up(position=1)
    assert recorded(it) == []


# Late, withdrawn, kept


def test_a_pause_recorded_late_is_possible_where_what_came_after_still_is() -> None:
    facts = history(OPENED, on(day(9), PAUSED))
    assert late(Subscription, facts, day(5), lambda it: it.change(personal=True)) == [changed(personal=True)]
    with pytest.raises(LaterFactForbids, match="has ended"):
        late(Subscription, facts, day(5), lambda it: it.end())


def test_a_pause_is_taken_back() -> None:
    it = without(Subscription, history(OPENED, PAUSED), 2)
    assert it.runs
    with pytest.raises(LaterFactForbids, match="runs"):
        without(Subscription, history(OPENED, PAUSED, Subscription.Resumed()), 2)


def test_an_end_is_taken_back_and_it_signs_again() -> None:
    it = without(Subscription, history(OPENED, ENDED), 2)
    assert (it.runs, it.secret) == (True, sealed("whsec_1"))
    withdrawn = Subscription.FactWithdrawn(position=2, reason="a slip")
    assert given(Subscription, OPENED, ENDED, withdrawn).runs


def test_a_snapshot_holds_all_of_it() -> None:
    rotated = Subscription.SecretRotated(secret=sealed("whsec_2"), old_until=day(9))
    it = given(Subscription, OPENED, rotated, PAUSED, changed(filter=StreamFilter(types=("Account",))))
    assert contents(after_snapshot(it)) == contents(it)
