"""What is worked out of a whole company behind everybody's back: what the first pages are made of before anybody asks,
and what somebody asked for that takes seconds, so that nobody waits for it with a page that does not come."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from time import monotonic

import structlog
from psycopg_pool import PoolClosed

from api.console.today.changes import TOPICS
from api.problems import UNREACHABLE
from domain.visibility import Visibility
from projections.cooling import DAYS
from projections.finding_groups import finding_groups
from projections.forecast import current_period, forecast
from projections.forecast_fan import last_day_known
from projections.funnel import funnel
from projections.health_scores import days_ago, kept_scores
from projections.kept_answers import is_now, known_in
from projections.portfolio_brought import brought
from projections.recorded_moments import occurred_back
from projections.todo_first import first_dues
from projections.view import Reader, View
from projections.visit_discipline import discipline_of_all

FIRST_SECONDS, EVERY_SECONDS = 1.0, 30.0
NOT_AGAIN_SECONDS = 60.0
"""What was worked out a shorter time ago, and yet is not there, is not worked out behind again."""
log = structlog.get_logger()

Wanted = tuple[datetime | None, int | None]
"""A moment (None: now) and the position by which it is asked (None: all that is known)."""


class Warming:
    """Asks in the background what the first pages are made of, at once and again every so many seconds (not without
    `ahead`: who looks at a few pages of a small company asks for less than that); and the scores of moments that
    somebody wants."""

    def __init__(self, reader: Reader, clock: Callable[[], datetime], *, ahead: bool = True) -> None:
        self._reader, self._clock, self._ahead = reader, clock, ahead
        self._stopping, self._woken = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._wanted: dict[Wanted, None] = {}
        self._done: dict[Wanted, float] = {}
        self._runs = self._facts_wanted = False

    @asynccontextmanager
    async def running(self, _: object) -> AsyncIterator[None]:
        """While the application lives."""
        self._stopping.clear()
        thread = threading.Thread(target=self._run, name="warming", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            self._woken.set()
            await asyncio.to_thread(thread.join)

    def want(self, view: View) -> bool:
        """Have the scores of a view's moment worked out; whether they come. Not where nobody works behind, or where
        they were worked out just now and could not be kept."""
        wanted = None if is_now(view) else view.clock.as_of, known_in(view)
        with self._lock:
            just_done = monotonic() - self._done.get(wanted, float("-inf")) < NOT_AGAIN_SECONDS
            if self._runs and not just_done:
                self._wanted[wanted] = None
        self._woken.set()
        return self._runs and not just_done

    def want_facts(self, view: View) -> bool:
        """Have what forecasts rest on read, of which a process that begins knows nothing; whether it comes. Not where
        nobody works behind, or where it was read."""
        from projections.forecasting.facts import much_is_unread

        if not self._runs or not much_is_unread(view.connection, view.known.position):
            return False
        self._facts_wanted = True
        self._woken.set()
        return True

    def _run(self) -> None:
        self._runs = True
        try:
            self._go_on(monotonic() + FIRST_SECONDS)
        finally:
            self._runs = False

    def _go_on(self, begins: float) -> None:
        while not self._stopping.is_set():
            self._woken.wait(max(begins - monotonic(), 0))
            self._woken.clear()
            try:
                self._read_wanted()
                self._work_out_wanted()
                if monotonic() >= begins:
                    begins = monotonic() + EVERY_SECONDS
                    if self._ahead:
                        self.warm()
            except (*UNREACHABLE, PoolClosed) as error:
                log.warning("nothing is worked out ahead", reason=str(error).strip())

    def warm(self) -> None:
        """Ask once, if read models lag behind nothing."""
        for ask in (_present, _before, _columns, _forecasts, _moments):
            if self._stopping.is_set():
                return
            self._read_wanted()
            with self._reader.view(Visibility.whole(), now=self._clock()) as view:
                if view.complete and view.policies.company.currency:
                    ask(view)

    def _read_wanted(self) -> None:
        """Read what somebody waits for, before all else."""
        if self._facts_wanted:
            with self._reader.view(Visibility.whole(), now=self._clock()) as view:
                _read(view, gently=False)
            self._facts_wanted = False

    def _work_out_wanted(self) -> None:
        while not self._stopping.is_set() and (wanted := next(iter(self._wanted), None)):
            try:
                moment, known_at = wanted
                with self._reader.view(Visibility.whole(), as_of=moment, known_at=known_at, now=self._clock()) as view:
                    kept_scores(view)
            finally:
                with self._lock:
                    self._done = {each: at for each, at in self._done.items() if monotonic() - at < NOT_AGAIN_SECONDS}
                    self._done[wanted] = monotonic()
                    del self._wanted[wanted]


def _present(view: View) -> None:
    kept_scores(view)


def _columns(view: View) -> None:
    """What is kept in columns of all that rules and what is due are counted by, of opportunities, accounts, visits."""
    funnel(view)
    brought(view)
    discipline_of_all(view)
    first_dues(view, 1)
    finding_groups(view, 1, most=1)


def _before(view: View) -> None:
    kept_scores(view.at(days_ago(view, DAYS)))


def _forecasts(view: View) -> None:
    """What forecasts of the whole company, and of now, are made of."""
    forecast(view, current_period(view))
    last_day_known(view)
    _read(view, gently=True)


def _read(view: View, *, gently: bool) -> None:
    from projections.forecasting.facts import load

    load(view.connection, gently=gently)


def _moments(view: View) -> None:
    """What is kept of when facts occurred: by it the newest of a past day are found."""
    next(occurred_back(view.at(days_ago(view, 1)), TOPICS), None)
