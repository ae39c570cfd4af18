"""The scores of many accounts, kept: of a past moment as other answers are; of now as what goes on until something
happens to an account.

What health is if nothing happens is known from its courses (see `Whole`). So as long as the day and the policies are
the same, only the accounts that something was recorded of are looked at again. A score so near to where rounding turns
that arithmetic may decide is looked at again, too.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from datetime import date, datetime, timedelta
from threading import Lock
from uuid import UUID

import msgspec

from domain.policies.calendar import day_end, day_of
from projections.engine import ReadModel, models_asked
from projections.health_components import Ahead, days_between
from projections.health_days.reading import kept_days
from projections.health_days.touched import topics, touched
from projections.health_facts import facts_of
from projections.health_outlook import DOUBT, Whole, rounded
from projections.kept_answers import ALWAYS, MOST_NEWS, Standing, end_of, is_kept, is_now, kept, standings_of
from projections.relationship_health import Reckoning, scores
from projections.view import View

BOOKS = 8
"""Of how many circles of accounts the present is kept."""
_NEWS = (
    "select topic, aggregate_id, state from events where position > %s and position <= %s and topic = any(%s) limit %s"
)


def kept_scores(view: View) -> dict[UUID, float]:
    """What `scores` says."""
    if is_kept(view) and is_now(view):
        found = _book_of(view).scores(view)
        if found is not None:
            return found
    if (of_day := kept_days(view)) is not None:
        return of_day
    return kept(view, "health", dict[UUID, float], lambda: scores(view))


def days_ago(view: View, days: int) -> datetime:
    """The end of the company's day so many days before: a moment that many ask about, and whose scores are kept."""
    company = view.policies.company
    return day_end(company, day_of(company, view.clock.as_of) - timedelta(days=days))


class _Basis(msgspec.Struct, frozen=True):
    """What has to be the same for what was reckoned to go on."""

    day: date
    policies: Hashable
    models: tuple[ReadModel, ...]
    standings: tuple[tuple[int, datetime | None], ...]


class _Book:
    """The present of some accounts: how the health of each goes on from a moment, and up to which position it knows."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._basis: _Basis | None = None
        self._going_on: dict[UUID, tuple[datetime, Whole]] = {}
        self._position, self._end = 0, ""

    def scores(self, view: View) -> dict[UUID, float] | None:
        """The scores at a moment after all that is recorded; None while the models stand apart."""
        with self._lock:
            models = self._basis.models if self._basis else ALWAYS
            positions = {standings_of(view)[model.name].position for model in models}
            if len(positions) != 1:
                return None
            if not self._goes_on(view, *positions):
                self._begin_anew(view)
            doubtful, found = list[UUID](), dict[UUID, float]()
            day = day_of(view.policies.company, view.clock.as_of).toordinal()
            for account, (since, whole) in self._going_on.items():
                score = whole.exactly(Ahead(days_between(since, view.clock.as_of), day))
                if score is not None:
                    found[account] = rounded(score)
                    if abs(score * 10 % 1 - 0.5) < DOUBT:
                        doubtful.append(account)
            return found | scores(view.among(doubtful)) if doubtful else found

    def _goes_on(self, view: View, position: int) -> bool:
        """Bring the book up to what is recorded; False where it has to begin anew."""
        if self._basis is None or self._basis != _basis(view, self._basis.models):
            return False
        if position < self._position or end_of(view.connection, self._position) != self._end:
            return False
        if position > self._position:
            asked = self._position, position, topics(), MOST_NEWS + 1
            news = view.connection.execute(_NEWS, asked, prepare=True).fetchall()
            found = touched(view.connection, news)
            if len(news) > MOST_NEWS or found.everybodys is not None:
                return False
            self._look_again(view, set(found.accounts))
            self._position, self._end = position, end_of(view.connection, position)
        return True

    def _look_again(self, view: View, accounts: set[UUID]) -> None:
        wanted = {view.leads_to(each) for each in accounts}
        if not wanted:
            return
        for account in accounts | wanted:
            self._going_on.pop(account, None)
        self._going_on |= _going_on(view.among(sorted(wanted)))

    def _begin_anew(self, view: View) -> None:
        with models_asked() as asked:
            self._going_on = _going_on(view)
        models = tuple(sorted({*ALWAYS, *asked}, key=lambda model: model.name))
        self._basis = _basis(view, models)
        positions = {standings_of(view)[model.name].position for model in models}
        self._position = min(positions)
        self._end = end_of(view.connection, self._position)
        if len(positions) != 1:
            self._basis = None


def _going_on(view: View) -> dict[UUID, tuple[datetime, Whole]]:
    reckoning, now = Reckoning(view), view.clock.as_of
    return {facts.account: (now, reckoning.whole(facts)) for facts in facts_of(view)}


def _basis(view: View, models: tuple[ReadModel, ...]) -> _Basis:
    standings: list[Standing] = [standings_of(view)[model.name] for model in models]
    built = tuple((each.version, each.rebuilt_at) for each in standings)
    return _Basis(day_of(view.policies.company, view.clock.as_of), view.policies.segment, models, built)


_books = OrderedDict[Hashable, _Book]()
_lock = Lock()


def _book_of(view: View) -> _Book:
    visible, info = view.visible_accounts(), view.connection.info
    place = info.host, info.port, info.dbname, None if visible is None else frozenset(visible)
    with _lock:
        found = _books.setdefault(place, _Book())
        _books.move_to_end(place)
        while len(_books) > BOOKS:
            _books.popitem(last=False)
        return found
