"""Forecasts are kept as they were shown: once a day, never changed, and never at the cost of an answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.journal.migrate import migrate
from domain.visibility import Visibility
from projections.deals import Filters
from projections.forecast import ForecastAnswer, ForecastGroup
from projections.forecast_chances import DealChance, DealsAnswer
from projections.forecasting import kept as keeping
from projections.forecasting.kept import DEALS, Content, KeptDeal, KeptFigures, keep, kept, scope_of
from projections.view import KnownAt

NOON = datetime(2017, 9, 30, 12, tzinfo=UTC)
FIRST, LAST = date(2017, 10, 1), date(2017, 12, 31)
ANNA = UUID(int=7)


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    migrate(database_url, ("domain.journal", "projections.forecasting"))
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def answer(as_of: datetime = NOON, position: int = 5, **figures: Any) -> ForecastAnswer:
    head = {"as_of": as_of, "known_at": KnownAt(position, None), "complete": True, "scope": "everything"}
    return ForecastAnswer(**head, currency="EUR", period="2017-Q4", position=position, **figures)


def shown(connection: psycopg.Connection, of: Any, **more: Any) -> int | None:
    asked = {"reason": "shown", "first": FIRST, "last": LAST, "period": "2017-Q4", "scope": "everything", **more}
    return keep(connection, answer=of, **asked)


def deals(count: int = 1, p50_close: date | None = None) -> DealsAnswer:
    head = {"as_of": NOON, "known_at": KnownAt(5, None), "complete": True, "scope": "everything", "currency": "EUR"}
    model = {"model": "hazard", "model_version": "hazard-1-abc", "position": 5}
    said = {"p_win": 0.6, "p_win_within": 0.4, "p10_close": None, "p50_close": p50_close, "p90_close": None}
    return DealsAnswer(
        **head,
        **model,
        within=92,
        deals=[
            DealChance(
                **model, **said, as_of=NOON, opportunity=f"O-{n}", stage="Engaging", amount=Decimal("100.00"),
                reasons=[], id=UUID(int=n), account=None, owner=ANNA,
            )
            for n in range(1, count + 1)
        ],
    )  # fmt: skip


def test_a_forecast_is_kept_with_its_figures_its_model_and_its_position(connection):
    group = ForecastGroup(key=str(ANNA), name="Anna", commit=Decimal("2.00"), weighted=Decimal("1.00"))
    assert shown(connection, answer(closed=Decimal("10.00"), groups=[group]), by="owner", filters=Filters(owner=ANNA))
    (one,) = kept(connection)
    assert (one.reason, one.as_of, one.known_at, one.position) == ("shown", NOON, 5, 5)
    assert (one.period, one.first_day, one.last_day, one.scope) == ("2017-Q4", FIRST, LAST, "everything")
    zero = Decimal(0)
    whole = KeptFigures("", None, None, None, Decimal("10.00"), zero, zero, zero, zero)
    ours = KeptFigures(str(ANNA), None, None, None, zero, Decimal("2.00"), zero, zero, Decimal("1.00"))
    assert one.content == Content("EUR", "owner", {"owner": str(ANNA)}, whole=whole, groups=[ours])


def test_no_name_is_kept(connection):
    shown(connection, answer(groups=[ForecastGroup(key=str(ANNA), name="Anna Schmidt")]), by="owner")
    (content,) = connection.execute("select content from forecasts").fetchone()
    assert b"Anna" not in bytes(content)


def test_the_forecast_of_each_opportunity_is_kept(connection):
    shown(connection, deals(p50_close=date(2017, 11, 3)), period=DEALS)
    (one,) = kept(connection)
    assert (one.model, one.model_version, one.content.within) == ("hazard", "hazard-1-abc", 92)
    expected = KeptDeal(UUID(int=1), "Engaging", Decimal("100.00"), 0.6, 0.4, None, date(2017, 11, 3), None)
    assert one.content.deals == [expected]


def test_the_same_forecast_of_a_day_is_kept_once(connection):
    assert shown(connection, answer()) is not None
    assert shown(connection, answer(NOON + timedelta(hours=3))) is None
    assert len(kept(connection)) == 1


@pytest.mark.parametrize(
    ("of", "more"),
    [
        (answer(NOON + timedelta(days=1)), {}),
        (answer(position=6), {}),
        (answer(closed=Decimal(1)), {}),
        (answer(), {"reason": "scheduled"}),
        (answer(), {"scope": str(ANNA)}),
        (answer(), {"by": "owner"}),
        (answer(), {"filters": Filters(territory="north")}),
    ],
)
def test_another_day_position_figure_reason_asker_or_question_is_another_forecast(connection, of, more):
    first, second = shown(connection, answer()), shown(connection, of, **more)
    assert first is not None
    assert second is not None
    assert [one.id for one in kept(connection)] == [second, first]


def test_what_cannot_be_kept_costs_nobody_his_answer(connection):
    with connection.transaction():
        connection.execute("set transaction read only")
        assert shown(connection, answer()) is None
    assert shown(connection, object()) is None
    assert kept(connection) == []
    assert shown(connection, answer()) is not None, "the connection works on"


def test_what_was_kept_stays_as_it_is(connection):
    shown(connection, answer())
    for statement in ("update forecasts set model = 'x'", "delete from forecasts", "truncate forecasts"):
        with pytest.raises(psycopg.DatabaseError, match="append-only"):
            connection.execute(statement)
    assert len(kept(connection)) == 1


def test_too_many_opportunities_are_counted_and_not_kept(connection, monkeypatch):
    monkeypatch.setattr(keeping, "MOST_DEALS", 2)
    shown(connection, deals(3), period=DEALS)
    (one,) = kept(connection)
    assert (one.content.deals, one.content.left_out) == ([], 3)


def test_what_was_kept_is_listed_by_scope_kind_and_days_newest_first(connection):
    first = shown(connection, answer())
    of_deals = shown(connection, deals(), period=DEALS)
    of_anna = shown(connection, answer(), scope=str(ANNA))
    later = shown(connection, answer(), first=date(2018, 1, 1), last=date(2018, 3, 31), period="2018-Q1")

    def ids(**asked: Any) -> list[int]:
        return [one.id for one in kept(connection, **asked)]

    assert ids() == [later, of_anna, of_deals, first]
    assert ids(scope="everything") == [later, of_deals, first]
    assert ids(periods=False) == [of_deals]
    assert ids(periods=True, over_by=LAST) == [of_anna, first]
    assert ids(first_from=date(2018, 1, 1)) == [later]
    assert ids(before=of_deals, limit=1) == [first]


def test_nobody_reads_what_another_saw():
    me = uuid4()
    assert scope_of(Visibility.whole(me)) == "everything"
    assert scope_of(Visibility(member=me, scope="own accounts")) == str(me)
