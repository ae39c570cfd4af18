"""Subscriptions as rows, at any moment and by any knowledge."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from domain.aggregate import Event
from domain.subscription.subscription import LIVE_ONLY, Order, StreamFilter, Subscription, Transport
from projections.subscription_records import SUBSCRIPTIONS, SubscriptionRow
from tests.domain.given import day, sealed, some_id
from tests.projections.checks import holds
from tests.projections.conftest import START, EngineOf, Journal, Told
from tests.projections.rows import rows_after

ERP = some_id("erp")
INA = some_id("ina")
OPENED = Subscription.Opened(
    name="erp",
    owner=INA,
    transport=Transport.WEBHOOK,
    address="https://example.com/",
    secret=sealed("whsec_1"),
    filter=LIVE_ONLY,
    order=Order.STRICT,
    personal=True,
    after=7,
    lag_alarm_seconds=60,
)
CHANGED = Subscription.Changed(
    address="https://example.com/b",
    filter=StreamFilter(accounts=(ERP,), types=("Account",), territories=("north",)),
    order=Order.ACCOUNT,
    personal=False,
    lag_alarm_seconds=90,
)
PAUSED, DISABLED = Subscription.Paused(reason="the ERP moves"), Subscription.Disabled(reason="410 Gone")
ROTATED = Subscription.SecretRotated(secret=sealed("whsec_2"), old_until=day(9))
BEHIND, CAUGHT_UP = Subscription.FellBehind(position=3, lag_seconds=70), Subscription.CaughtUp(position=9)
RESUMED, ENDED = Subscription.Resumed(), Subscription.Ended(reason="")
ALL = [CHANGED, PAUSED, DISABLED, ROTATED, BEHIND, CAUGHT_UP, RESUMED, ENDED]


def row_of(*events: Event) -> SubscriptionRow:
    (row,) = rows_after(SUBSCRIPTIONS, *((ERP, event) for event in (OPENED, *events)))
    assert isinstance(row, SubscriptionRow)
    return row


def test_a_subscription_is_shown_as_it_was_opened_and_without_its_secret() -> None:
    assert row_of() == SubscriptionRow(
        name="erp",
        member=INA,
        transport=Transport.WEBHOOK,
        address="https://example.com/",
        keeps_order=Order.STRICT,
        personal=True,
        after=7,
        lag_alarm_seconds=60,
    )


def test_what_is_changed_holds_from_then_on() -> None:
    assert row_of(CHANGED) == SubscriptionRow(
        name="erp",
        member=INA,
        address="https://example.com/b",
        accounts=(ERP,),
        types=("Account",),
        territories=("north",),
        imports=True,
        after=7,
        lag_alarm_seconds=90,
    )


def test_it_is_paused_disabled_and_runs_again() -> None:
    row = row_of(PAUSED, DISABLED)
    assert (row.paused, row.disabled) == ("the ERP moves", "410 Gone")
    row = row_of(PAUSED, DISABLED, RESUMED)
    assert (row.paused, row.disabled) == ("", "")


@pytest.mark.parametrize(
    ("events", "field", "value"),
    [
        ([ROTATED], "old_secret_until", day(9)),
        ([BEHIND], "behind", True),
        ([BEHIND, CAUGHT_UP], "behind", False),
        ([ENDED], "has_ended", True),
    ],
)
def test_each_fact_is_shown(events: list[Event], field: str, value: Any) -> None:
    assert getattr(row_of(*events), field) == value


def test_what_was_never_opened_is_no_row() -> None:
    assert rows_after(SUBSCRIPTIONS, *((ERP, event) for event in ALL)) == []


@pytest.mark.parametrize("late", [0.0, 0.5])
def test_rows_are_the_fold_of_what_was_known(late: float, journal: Journal, engine_of: EngineOf) -> None:
    chance = random.Random(7)
    keys = [some_id(f"subscription {n}") for n in range(4)]
    told: list[Told] = [(key, OPENED, START) for key in keys]
    for number in range(80):
        hours = chance.randint(0, number) if chance.random() < late else number
        stream, event = chance.choice(keys), chance.choice(ALL)
        if (own := [at for at, each in enumerate(told, start=1) if each[0] == stream and at > 4]) and number % 9 == 8:
            event = Subscription.FactWithdrawn(position=chance.choice(own), reason="a slip")
        told.append((stream, event, START + timedelta(hours=hours)))
    journal.append_all([[each] for each in told])
    engine = engine_of(SUBSCRIPTIONS)
    engine.catch_up()
    holds(journal, engine, seed=7)
