"""Fits the models of forecasts: those that a question asked for, one after an import, and one each night."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from domain.journal.journal import Journal
from domain.visibility import Visibility
from projections.view import Reader
from workers.clock import now_utc

log = structlog.get_logger()


class Training:
    """Fits and keeps models. Two at once keep the same: a model is known by its numbers."""

    def __init__(self, journal: Journal, reader: Reader, clock: Callable[[], datetime] = now_utc) -> None:
        self._journal, self._reader, self._clock = journal, reader, clock

    def fit_wanted(self) -> int:
        """Fit what questions asked for, and a model as of now where an import made the last one out of date; how many
        were fitted. Waits for the next time while read models lag."""
        from projections.forecasting.store import all_wanted, strike_out

        with self._journal.pool.connection() as connection:
            asked = all_wanted(connection)
        count = 0
        for each in asked:
            if (done := self._fit(each.moment, each.known_at, anew=False)) is None:
                return count
            with self._journal.pool.connection() as connection:
                strike_out(connection, each)
            count += done
        return count + (self._fit(None, None, anew=False) or 0)

    def fit_now(self) -> int:
        """Fit a model as of now, and let go of old ones."""
        from projections.forecasting.store import forget_old

        with self._journal.pool.connection() as connection:
            forget_old(connection)
        return self._fit(None, None, anew=True) or 0

    def _fit(self, moment: datetime | None, known_at: int | None, *, anew: bool) -> int | None:
        """1 where a model was fitted, 0 where one is there, None where read models lag."""
        from projections.forecast_learning import fitted, model_wanted
        from projections.forecasting.store import save, serving

        now = self._clock()
        with self._reader.view(Visibility.whole(), as_of=moment, known_at=known_at, now=now) as view:
            if not view.complete:
                return None
            asked = model_wanted(view, now)
            if not anew and serving(view.connection, asked) is not None:
                return 0
            model = fitted(view, asked)
        with self._journal.pool.connection() as connection:
            save(connection, model, asked)
        log.info("forecast model fitted", version=model.version, as_of=asked.moment.isoformat(), deals=model.deals)
        return 1
