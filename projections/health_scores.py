"""The scores of many accounts, kept: of a past moment as other answers are; of now as what goes on until something
happens to an account.

What health is if nothing happens is known from its courses (see `Whole`). So as long as the policies are the same, only
the accounts that something was recorded of are looked at again. A process keeps this of all accounts, once for whoever
asks. A score so near to where rounding turns that arithmetic may decide is looked at again, too.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Lock
from uuid import UUID

import msgspec

from domain.aggregate import BEGINNING, END_OF_TIME
from domain.language.days import writing_days
from domain.language.languages import Language, speaking
from domain.policies.calendar import day_end, day_of
from projections.accounts import ACCOUNTS
from projections.engine import ReadModel, models_asked
from projections.health_components import Ahead, days_between
from projections.health_days.reading import kept_days
from projections.health_days.touched import families, seen_in_part, topics, touched
from projections.health_facts import facts_of
from projections.health_outlook import DOUBT, Whole, rounded
from projections.kept_answers import ALWAYS, MOST_NEWS, end_seen, if_kept, is_kept, is_now, kept, standings_of
from projections.relationship_health import Reckoning, scores
from projections.standing import Standing
from projections.view import FEW, View

PATIENCE = 0.5
"""So many seconds somebody waits who need not have an answer at once, while another is reckoning."""
STEADY_FOR = timedelta(minutes=10)
_NEWS = (
    "select topic, aggregate_id, state from events where position > %s and position <= %s and topic = any(%s) limit %s"
)


def kept_scores(view: View) -> dict[UUID, float]:
    """What `scores` says."""
    if (found := present_scores(view, begin=is_kept(view))) is not None:
        return found
    if (of_day := kept_days(view)) is not None:
        return of_day
    if (visible := view.visible_accounts()) is not None and len(visible) <= FEW:
        return kept(view, "health", dict[UUID, float], lambda: scores(view))
    everybody = view.of_everybody()
    with _said_alike():
        found = kept(everybody, "health", dict[UUID, float], lambda: scores(everybody))
    return _seen_by(view, found)


def scores_at_hand(view: View) -> dict[UUID, float] | None:
    """What `kept_scores` says where that takes no seconds; None where many accounts would have to be reckoned first,
    and it would be kept."""
    for found in (present_scores(view), kept_days(view)):
        if found is not None:
            return found
    everybody = view.of_everybody()
    if not is_kept(everybody) or _are_few(view):
        return kept_scores(view)
    with _said_alike():
        known = if_kept(everybody, "health", dict[UUID, float])
    return None if known is None else _seen_by(view, known)


def _are_few(view: View) -> bool:
    if (visible := view.visible_accounts()) is not None:
        return len(visible) <= FEW
    sql = f"select from {ACCOUNTS.table} limit {FEW + 1}"
    return len(view.connection.execute(sql.encode()).fetchall()) <= FEW


@contextmanager
def _said_alike() -> Iterator[None]:
    """A score is the same in all languages and time zones."""
    with speaking(Language.ENGLISH), writing_days(None):
        yield


def present_scores(view: View, *, begin: bool = False) -> dict[UUID, float] | None:
    """What `scores` says of a moment after all that is recorded, from what is kept of everybody; None where nothing is
    kept yet, unless it shall `begin`: that takes seconds in a large company."""
    if not view.keeps or view.supposed or not view.complete or not view.policies.company.currency or not is_now(view):
        return None
    found = _book_of(view).scores(view.of_everybody(), begin=begin)
    return None if found is None else _seen_by(view, found)


def _seen_by(view: View, everybodys: dict[UUID, float]) -> dict[UUID, float]:
    """Of everybody's scores those that the asker may see; whom he sees only a part of by themselves."""
    if (visible := view.visible_accounts()) is None:
        return everybodys
    alone = seen_in_part(families(view.connection), set(visible))
    mine = {account: everybodys[account] for account in visible if account in everybodys and account not in alone}
    return mine | {each: of for each, of in scores(view.among(alone)).items() if each in alone} if alone else mine


def days_ago(view: View, days: int) -> datetime:
    """The end of the company's day so many days before: a moment that many ask about, and whose scores are kept."""
    company = view.policies.company
    return day_end(company, day_of(company, view.clock.as_of) - timedelta(days=days))


class _Basis(msgspec.Struct, frozen=True):
    """What has to be the same for what was reckoned to go on."""

    policies: Hashable
    models: tuple[ReadModel, ...]
    standings: tuple[tuple[int, datetime | None], ...]


class _Steady(msgspec.Struct):
    """The scores that are the same all through some minutes of a day, and whose are not. Within a day no score rises
    (see `health_components`): what is the same at both ends is so in between."""

    day: int = 0
    since: datetime = END_OF_TIME
    until: datetime = BEGINNING
    scores: dict[UUID, float] = {}
    moving: list[UUID] = []

    @classmethod
    def of(cls, going_on: Mapping[UUID, tuple[datetime, Whole]], now: datetime, day: int) -> _Steady:
        """From now on, as long as the day lasts."""
        found = cls(day, now, now + STEADY_FOR, {}, [])
        for account, goes_on in going_on.items():
            first, last = (_exactly(goes_on, moment, day) for moment in (now, found.until))
            if first is None or last is None:
                found.moving.extend([account] if first != last else [])
            elif rounded(first) == rounded(last) and not _is_doubtful(first) and not _is_doubtful(last):
                found.scores[account] = rounded(first)
            else:
                found.moving.append(account)
        return found


def _exactly(goes_on: tuple[datetime, Whole], moment: datetime, day: int) -> float | None:
    since, whole = goes_on
    return whole.exactly(Ahead(days_between(since, moment), day))


def _is_doubtful(score: float) -> bool:
    return abs(score * 10 % 1 - 0.5) < DOUBT


class _Book:
    """The present of all accounts: how the health of each goes on from a moment, and up to which position it knows."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._basis: _Basis | None = None
        self._going_on: dict[UUID, tuple[datetime, Whole]] = {}
        self._steady = _Steady()
        self._position, self._end = 0, ""

    def scores(self, view: View, *, begin: bool) -> dict[UUID, float] | None:
        """The scores at a moment after all that is recorded; None while the models stand apart, and where it would have
        to begin anew but shall not."""
        if not begin and self._basis is None:
            return None
        if not self._lock.acquire(timeout=-1 if begin else PATIENCE):
            return None
        try:
            models = self._basis.models if self._basis else ALWAYS
            positions = {standings_of(view)[model.name].position for model in models}
            if len(positions) != 1:
                return None
            if not self._goes_on(view, *positions):
                if not begin:
                    return None
                self._begin_anew(view)
            return self._read_off(view)
        finally:
            self._lock.release()

    def _read_off(self, view: View) -> dict[UUID, float]:
        now = view.clock.as_of
        day = day_of(view.policies.company, now).toordinal()
        steady = self._steady
        if not (steady.day == day and steady.since <= now <= steady.until):
            steady = self._steady = _Steady.of(self._going_on, now, day)
        doubtful, found = list[UUID](), dict(steady.scores)
        for account in steady.moving:
            score = _exactly(self._going_on[account], now, day)
            if score is not None:
                found[account] = rounded(score)
                if _is_doubtful(score):
                    doubtful.append(account)
        return found | scores(view.among(doubtful)) if doubtful else found

    def _goes_on(self, view: View, position: int) -> bool:
        """Bring the book up to what is recorded; False where it has to begin anew."""
        if self._basis is None or self._basis != _basis(view, self._basis.models):
            return False
        if position < self._position or end_seen(view, self._position) != self._end:
            return False
        if position > self._position:
            asked = self._position, position, topics(), MOST_NEWS + 1
            news = view.connection.execute(_NEWS, asked, prepare=True).fetchall()
            found = touched(view.connection, news)
            if len(news) > MOST_NEWS or found.everybodys is not None:
                return False
            self._look_again(view, set(found.accounts))
            self._position, self._end = position, end_seen(view, position)
        return True

    def _look_again(self, view: View, accounts: set[UUID]) -> None:
        wanted = {view.leads_to(each) for each in accounts}
        if not wanted:
            return
        for account in accounts | wanted:
            self._going_on.pop(account, None)
        self._going_on |= _going_on(view.among(sorted(wanted)))
        self._steady = _Steady()

    def _begin_anew(self, view: View) -> None:
        with models_asked() as asked:
            self._going_on, self._steady = _going_on(view), _Steady()
        models = tuple(sorted({*ALWAYS, *asked}, key=lambda model: model.name))
        self._basis = _basis(view, models)
        positions = {standings_of(view)[model.name].position for model in models}
        self._position = min(positions)
        self._end = end_seen(view, self._position)
        if len(positions) != 1:
            self._basis = None


def _going_on(view: View) -> dict[UUID, tuple[datetime, Whole]]:
    """How the health of accounts goes on from the last that was recorded: whoever asks later, asks of after that."""
    then = view.at(view.known.at) if view.known.at else view
    then = then if then.policies.segment == view.policies.segment else view
    reckoning, since = Reckoning(then), then.clock.as_of
    return {facts.account: (since, reckoning.whole(facts)) for facts in facts_of(then)}


def _basis(view: View, models: tuple[ReadModel, ...]) -> _Basis:
    standings: list[Standing] = [standings_of(view)[model.name] for model in models]
    built = tuple((each.version, each.rebuilt_at) for each in standings)
    return _Basis(view.policies.segment, models, built)


_books: dict[tuple[str, int, str], _Book] = {}
_lock = Lock()


def forget() -> None:
    """Begin anew."""
    with _lock:
        _books.clear()


def _book_of(view: View) -> _Book:
    info = view.connection.info
    with _lock:
        return _books.setdefault((info.host, info.port, info.dbname), _Book())
