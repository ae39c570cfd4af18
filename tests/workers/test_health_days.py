"""A worker keeps the scores of days, once it has begun and while no read model lags behind."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest

from domain.aggregate import Recorded
from domain.journal.migrate import migrate
from domain.policies.calendar import day_end, day_of
from domain.policies.policy import policy_id
from domain.visibility import Visibility
from projections.health_days.keeping import lock
from projections.health_days.reading import kept_days
from projections.streams.feed import Feed
from projections.view import Reader
from tests.projections.test_kept_answers import DEFINED
from tests.workers import following
from tests.workers.following import Company
from workers import health_days
from workers.health_days import HealthDays

NOW = following.NOW.at


def is_kept(company: Company) -> bool:
    """Whether the end of the day after is read and not reckoned."""
    with Reader(company.journal, company.engine).view(Visibility.whole(), now=NOW) as view:
        day = day_of(view.policies.company, NOW) + timedelta(days=1)
        return kept_days(view.at(day_end(view.policies.company, day))) == {}


def keep(worker: HealthDays, company: Company) -> None:
    with psycopg.connect(company.url, autocommit=True) as connection:
        worker.keep(connection)


def test_the_feed_is_published_while_days_are_kept(company: Company) -> None:
    company.registers()
    with psycopg.connect(company.url, autocommit=True) as connection:
        assert lock(connection)
        assert Feed(company.journal).publish() == company.journal.streams.head()


def test_a_worker_that_has_just_begun_and_one_whose_read_models_lag_leave_it(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(company.url, ("projections.health_days",))
    stated = Recorded(originator_id=policy_id("Company"), originator_version=1, event=DEFINED, occurred_at=NOW)
    company.journal.append_in_bulk([stated], uuid4())
    company.engine.catch_up()
    reader = Reader(company.journal, company.engine)
    keep(HealthDays(reader, lambda: NOW), company)
    assert not is_kept(company)
    monkeypatch.setattr(health_days, "FIRST_SECONDS", 0)
    worker = HealthDays(reader, lambda: NOW)
    company.registers()
    keep(worker, company)
    assert not is_kept(company)
    company.engine.catch_up()
    keep(worker, company)
    assert is_kept(company)
    worker.stop()
    company.registers()
    company.engine.catch_up()
    keep(worker, company)
    with company.journal.pool.connection() as connection:
        known = connection.execute("select position from health_days_known").fetchone()
    assert known == (company.journal.streams.head() - 1,)
