"""A server works out the health of all customers before anybody asks, and again after something was recorded."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from api import warming
from api.warming import Warming
from domain.aggregate import Recorded
from domain.policies.policy import policy_id
from domain.visibility import Visibility
from projections import health_scores, kept_columns
from projections.account_columns import ACCOUNT
from projections.customer_columns import OPEN_ITEM, OUR_VALUE
from projections.deal_columns import OPEN_DEAL
from projections.forecasting import facts
from projections.health_scores import present_scores
from projections.kept_columns import Kind, kept_then
from projections.purchase_columns import PURCHASE
from projections.view import Reader, View
from projections.visit_columns import VISIT
from tests.projections.test_kept_answers import DEFINED
from tests.workers.following import NOW, Company, company_on


@pytest.fixture
def company(database_url: str) -> Iterator[Company]:
    health_scores.forget()
    with company_on(database_url) as made:
        stated = Recorded(originator_id=policy_id("Company"), originator_version=1, event=DEFINED, occurred_at=NOW.at)
        made.journal.append_in_bulk([stated], uuid4())
        made.engine.catch_up()
        yield made


@pytest.fixture
def reader(company: Company) -> Reader:
    return Reader(company.journal, company.engine)


def clock() -> datetime:
    return datetime.now(UTC)


def is_warm(reader: Reader) -> bool:
    with reader.view(Visibility.whole()) as view:
        return present_scores(view) is not None


def test_what_the_first_pages_are_made_of_is_there_before_anybody_asks(company: Company, reader: Reader) -> None:
    company.registers()
    company.engine.catch_up()
    assert not is_warm(reader)
    Warming(reader, clock).warm()
    assert is_warm(reader)


def test_who_sees_few_accounts_is_answered_by_columns_once_they_are_kept(company: Company, reader: Reader) -> None:
    kept_columns.forget("test_")
    company.registers()
    company.engine.catch_up()

    def are_kept(kind: Kind) -> bool:
        with reader.view(Visibility(member=uuid4())) as view:
            return kept_then(view, kind) is not None

    kinds = [OPEN_DEAL, OUR_VALUE, PURCHASE, OPEN_ITEM, ACCOUNT, VISIT]
    assert not any(map(are_kept, kinds))
    Warming(reader, clock).warm()
    assert all(map(are_kept, kinds))


def test_while_read_models_lag_nothing_is_worked_out(company: Company, reader: Reader) -> None:
    company.registers()
    Warming(reader, clock).warm()
    company.engine.catch_up()
    assert not is_warm(reader)


def test_the_scores_of_a_wanted_moment_are_worked_out_behind_once(
    company: Company, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.registers()
    company.engine.catch_up()
    asked, enough = list[datetime](), threading.Event()

    def noted(view: View) -> dict[UUID, float]:
        asked.append(view.clock.as_of)
        enough.set()
        return {}

    monkeypatch.setattr(warming, "kept_scores", noted)
    monkeypatch.setattr(warming, "FIRST_SECONDS", 60)
    made = Warming(reader, clock)
    with reader.view(Visibility.whole(), as_of=NOW.at) as view:
        assert not made.want(view)

        async def lives() -> list[bool]:
            async with made.running(None):
                wanted = [made.want(view)]
                await asyncio.to_thread(enough.wait, 20)
                while made._wanted:
                    await asyncio.sleep(0.01)
                return [*wanted, made.want(view)]

        assert asyncio.run(lives()) == [True, False]
    assert asked == [NOW.at]


def test_what_forecasts_rest_on_is_read_behind_where_somebody_wants_it(
    company: Company, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.registers()
    company.engine.catch_up()
    monkeypatch.setattr(facts, "MUCH", 0)
    monkeypatch.setattr(warming, "FIRST_SECONDS", 60)
    made = Warming(reader, clock)
    with reader.view(Visibility.whole()) as view:
        assert not made.want_facts(view), "nobody works behind"

        async def lives() -> bool:
            async with made.running(None):
                while not made._runs:
                    await asyncio.sleep(0.01)
                wanted = made.want_facts(view)
                while made._facts_wanted:
                    await asyncio.sleep(0.01)
                assert not made.want_facts(view)
                return wanted

        assert asyncio.run(lives())


def test_it_goes_on_while_the_application_lives_and_a_database_that_is_away_does_not_end_it(
    company: Company, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warming, "FIRST_SECONDS", 0)
    monkeypatch.setattr(warming, "EVERY_SECONDS", 0.01)
    asked, enough, warm = list[int](), threading.Event(), Warming.warm

    def at_first_not(each: Warming) -> None:
        asked.append(1)
        if len(asked) == 1:
            raise psycopg.OperationalError("the database is away")
        warm(each)
        enough.set()

    monkeypatch.setattr(Warming, "warm", at_first_not)

    async def lives() -> None:
        async with Warming(reader, clock).running(None):
            assert await asyncio.to_thread(enough.wait, 20)

    asyncio.run(lives())
    assert is_warm(reader)
    assert "warming" not in {thread.name for thread in threading.enumerate()}


def test_without_being_told_to_work_ahead_it_works_out_what_is_wanted_alone(
    company: Company, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.registers()
    company.engine.catch_up()
    monkeypatch.setattr(warming, "FIRST_SECONDS", 0)
    monkeypatch.setattr(warming, "EVERY_SECONDS", 0.01)
    asked, wanted, thrice = list[datetime](), NOW.at - timedelta(days=1), threading.Event()

    def noted(view: View) -> dict[UUID, float]:
        asked.append(view.clock.as_of)
        if len(asked) == 3:
            thrice.set()
        return {}

    monkeypatch.setattr(warming, "kept_scores", noted)
    made = Warming(reader, clock, ahead=False)

    async def lives() -> None:
        async with made.running(None):
            while not made._runs:
                await asyncio.sleep(0.01)
            for days in range(3):
                with reader.view(Visibility.whole(), as_of=wanted - timedelta(days=days)) as view:
                    assert made.want(view)
            assert await asyncio.to_thread(thrice.wait, 20)

    asyncio.run(lives())
    assert asked == [wanted - timedelta(days=days) for days in range(3)]
