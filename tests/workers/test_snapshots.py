"""Each week the worker keeps what the company would be told, once, at six of the policy's weekday."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.journal.context import Context
from domain.journal.journal import Journal
from domain.policies.company import Company as CompanyPolicy
from domain.policies.forecast_policy import ForecastPolicy
from domain.policies.policy import policy_id
from projections.forecasting.kept import Kept, kept
from projections.view import Reader
from tests.workers.following import Company
from workers.forecasting import Snapshots, hour_before, periods

MONDAY_FIVE = datetime(2026, 3, 2, 5, 59, tzinfo=UTC)
MONDAY_SIX = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
WEEK = timedelta(days=7)


class Clock:
    def __init__(self) -> None:
        self.now = MONDAY_SIX

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def snapshots(company: Company, clock: Clock) -> Snapshots:
    define(company.journal, currency="EUR")
    company.engine.migrate()
    company.engine.catch_up()
    return Snapshots(company.journal, Reader(company.journal, company.engine), clock)


def define(journal: Journal, **fields: str) -> None:
    context = Context(at=datetime(2026, 1, 1, tzinfo=UTC))
    journal.run(CompanyPolicy, policy_id("Company"), lambda policy: policy.define(name="Ours", **fields), context)


def all_kept(company: Company) -> list[Kept]:
    with company.journal.pool.connection() as connection:
        return kept(connection)


def test_the_running_and_the_next_month_and_quarter_and_all_open_deals_are_kept(company, snapshots):
    assert snapshots.keep_weekly() == 9
    found = [(one.period, one.content.by) for one in reversed(all_kept(company))]
    assert found == [
        *((period, by) for period in ("2026-03", "2026-Q1", "2026-04", "2026-Q2") for by in ("owner", "territory")),
        ("deals", ""),
    ]
    assert {(one.reason, one.scope, one.as_of) for one in all_kept(company)} == {
        ("scheduled", "everything", MONDAY_SIX)
    }


def test_a_week_is_kept_once_and_the_next_one_again(company, snapshots, clock):
    snapshots.keep_weekly()
    clock.now += timedelta(hours=3)
    assert snapshots.keep_weekly() == 0
    clock.now = MONDAY_FIVE + WEEK
    assert snapshots.keep_weekly() == 0, "before six nothing is due"
    clock.now = MONDAY_SIX + WEEK
    assert snapshots.keep_weekly() == 9


def test_a_week_that_was_missed_is_kept_as_soon_as_a_worker_is_there(company, snapshots, clock):
    snapshots.keep_weekly()
    clock.now = MONDAY_SIX + WEEK + timedelta(days=3)
    assert snapshots.keep_weekly() == 9
    assert all_kept(company)[0].as_of == clock.now


def test_nothing_is_kept_while_read_models_are_not_complete(company, snapshots):
    with company.journal.pool.connection() as connection:
        connection.execute("delete from projections where model = 'policy'")
    assert snapshots.keep_weekly() == 0


def test_the_weekday_is_that_of_the_policy(company, snapshots, clock):
    context = Context(at=datetime(2026, 1, 1, tzinfo=UTC))
    policy = policy_id("ForecastPolicy")
    company.journal.run(ForecastPolicy, policy, lambda policy: policy.define(snapshot_weekday=3), context)
    company.engine.catch_up()
    snapshots.keep_weekly()
    clock.now = MONDAY_SIX + timedelta(days=2, minutes=-1)
    assert snapshots.keep_weekly() == 0
    clock.now = MONDAY_SIX + timedelta(days=2)
    assert snapshots.keep_weekly() == 9


def test_six_is_six_in_the_company_s_time_zone():
    company = CompanyPolicy(id=policy_id("Company"))
    company.time_zone = "Asia/Shanghai"
    sunday_ten = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)
    assert hour_before(company, 1, sunday_ten) == sunday_ten
    assert hour_before(company, 1, sunday_ten - timedelta(minutes=1)) == sunday_ten - WEEK
    assert hour_before(company, 7, sunday_ten) == sunday_ten - timedelta(days=1)


def test_periods_go_on_over_the_end_of_a_year():
    company = CompanyPolicy(id=policy_id("Company"))
    assert list(periods(company, datetime(2026, 12, 7, tzinfo=UTC))) == ["2026-12", "2026-Q4", "2027-01", "2027-Q1"]
