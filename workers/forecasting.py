"""Keeps forecasts: once a week all that the company would be told, to be scored when the truth is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import structlog

from domain.journal.journal import Journal
from domain.policies.calendar import day_of, period, period_of
from domain.policies.company import Company
from domain.visibility import Visibility
from projections.view import Reader, View
from workers.clock import now_utc

SIX = time(6)
BY = ("owner", "territory")

log = structlog.get_logger()


class Snapshots:
    """Keeps the forecasts of a week. Two at once keep nothing twice: a forecast is known by what it says."""

    def __init__(self, journal: Journal, reader: Reader, clock: Callable[[], datetime] = now_utc) -> None:
        self._journal, self._reader, self._clock = journal, reader, clock

    def keep_weekly(self) -> int:
        """Keep this week's forecasts, once their hour has come and while they are not kept: those of the running and
        the next month and quarter, by owner and by territory, and all open opportunities; how many were kept. Waits
        for the next time while read models lag."""
        now = self._clock()
        with self._reader.view(Visibility.whole(), now=now) as view:
            policy, company = view.policies.forecasting, view.policies.company
            if not view.complete or self._kept_since(hour_before(company, policy.snapshot_weekday, now)):
                return 0
            count = self._keep(view, now)
        log.info("forecasts kept", count=count, as_of=now.isoformat())
        return count

    def _kept_since(self, hour: datetime) -> bool:
        from projections.forecasting.kept import is_kept_since

        with self._journal.pool.connection() as connection:
            return is_kept_since(connection, hour)

    def _keep(self, view: View, now: datetime) -> int:
        from projections.forecast import forecast
        from projections.forecast_chances import WITHIN, deal_chances
        from projections.forecast_learning import learned, model_at
        from projections.forecast_quantiles import add_quantiles
        from projections.forecasting.kept import EVERYTHING, keep
        from projections.forecasting.store import save
        from projections.funnel import By

        company, count = view.policies.company, 0
        with self._journal.pool.connection() as connection:
            known = learned(view, model_at(view, now, partial(save, connection)))
            for key in periods(company, now):
                days = period(company, key)
                for by in BY:
                    answer = add_quantiles(view, forecast(view, key, by=By(by)), known, by=By(by))
                    done = keep(
                        connection, reason="scheduled", answer=answer, first=days.first, last=days.last, period=key,
                        by=by, scope=EVERYTHING,
                    )  # fmt: skip
                    count += done is not None
            today, deals = day_of(company, now), deal_chances(view, known)
            last = today + timedelta(days=WITHIN)
            done = keep(connection, reason="scheduled", answer=deals, first=today, last=last, scope=EVERYTHING)
            return count + (done is not None)


def hour_before(company: Company, weekday: int, now: datetime) -> datetime:
    """The newest six o'clock of a weekday (1 is Monday) that has come, in the company's time zone."""
    zone = ZoneInfo(company.time_zone)
    here = now.astimezone(zone)
    day = here.date() - timedelta(days=(here.isoweekday() - weekday) % 7)
    hour = datetime.combine(day, SIX, zone)
    if hour > here:
        hour = datetime.combine(day - timedelta(days=7), SIX, zone)
    return hour.astimezone(UTC)


def periods(company: Company, now: datetime) -> Iterator[str]:
    """The running and the next month and quarter."""
    today = day_of(company, now)
    running = [period_of(company, today, "month"), period_of(company, today)]
    yield from running
    for unit, key in zip(("month", "quarter"), running, strict=True):
        following = period(company, key).last + timedelta(days=1)
        yield period_of(company, following, unit)  # type: ignore[arg-type]
