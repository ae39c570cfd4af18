"""The scores of some accounts at the end of each of many days: reckoned where anything changed, read off in between.

What health is if nothing happens is known from its courses (see `Whole`). What they are made of is read once, with the
moments at which it becomes another. A score so near to where rounding turns that arithmetic may decide is worked out
by itself.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from domain.policies.calendar import day_end, day_of
from projections.health_components import Ahead, days_between
from projections.health_facts import AccountFacts, facts_of
from projections.health_outlook import DOUBT, Whole, rounded
from projections.relationship_health import Reckoning, scores
from projections.view import View

DAY = timedelta(days=1)
MOST_DAYS = 11_000
"""Of thirty years the days are kept, what lies before is reckoned when somebody asks."""

Tenths = list[int | None]


class Walked(msgspec.Struct):
    """The scores of accounts in tenths, day by day from `first` on; `kept_from` is None where there was nothing
    before."""

    first: date
    kept_from: date | None
    scores: dict[UUID, Tenths]


def walk(view: View, accounts: Sequence[UUID], since: date | None, last: date) -> Walked:
    """The scores of accounts that belong together, at the end of each day from `since` (or from the first on which
    there is anything) to the last."""
    return _Walk(view, accounts, last).from_day(since)


class _Walk:
    def __init__(self, view: View, accounts: Sequence[UUID], last: date) -> None:
        self._view, self._company, self._last = view.among(accounts), view.policies.company, last
        self._found = {account: list[int | None]() for account in accounts}
        self._later = set[datetime]()
        self._day_of = dict[datetime, date]()
        self._counted, self._calendar = -1, list[date]()
        self._read = next(iter(self._view.through([self._end(last)], of_one=True)))
        facts_of(self._read)

    def from_day(self, since: date | None) -> Walked:
        oldest = self._last - MOST_DAYS * DAY
        begun = min(self._days(self._read.row_changes()), default=self._last)
        first = max(begun, oldest) if since is None else max(since, oldest)
        day, doubtful = first, set[date]()
        while day <= self._last:
            wholes = self._reckon(day)
            following = self._following(day)
            doubtful |= self._read_off(wholes, day, following)
            day = following
        for each in doubtful:
            known = scores(self._view.at(self._end(each)))
            for account, found in self._found.items():
                found[(each - first).days] = _tenths(known.get(account))
        return Walked(first, first if since is None and begun < oldest else None, self._found)

    def _reckon(self, day: date) -> dict[UUID, Whole]:
        then = self._read.beside(self._end(day))
        reckoning, found = Reckoning(then), dict[UUID, Whole]()
        for facts in facts_of(then):
            found[facts.account] = reckoning.whole(facts)
            self._later.update(each for each in _moments(facts) if each > then.clock.as_of)
        return found

    def _read_off(self, wholes: dict[UUID, Whole], day: date, following: date) -> set[date]:
        since, doubtful = self._end(day), set[date]()
        for number in range((following - day).days):
            then = day + number * DAY
            ahead = Ahead(days_between(since, self._end(then)), then.toordinal())
            for account, found in self._found.items():
                score = wholes[account].exactly(ahead) if account in wholes else None
                found.append(None if score is None else _tenths(rounded(score)))
                if score is not None and abs(score * 10 % 1 - 0.5) < DOUBT:
                    doubtful.add(then)
        return doubtful

    def _following(self, day: date) -> date:
        """The next day on which anything is another than at the end of this one."""
        moments = self._read.changes() | self._later
        if len(moments) != self._counted:
            self._counted, self._calendar = len(moments), sorted(set(self._days(moments)))
        place = bisect_right(self._calendar, day)
        return min([*self._calendar[place : place + 1], self._last + DAY])

    def _days(self, moments: Iterable[datetime]) -> Iterator[date]:
        known = self._day_of
        for each in moments:
            if each not in known:
                known[each] = day_of(self._company, each)
            yield known[each]

    def _end(self, day: date) -> datetime:
        return day_end(self._company, day)


def _moments(facts: AccountFacts) -> Iterator[datetime]:
    """When what counts is dated: before that it does not fade."""
    if facts.touch:
        yield facts.touch.at
    for several in (facts.done, facts.buyers, facts.surveys):
        yield from (each.at for each in several)


def _tenths(score: float | None) -> int | None:
    return None if score is None else round(score * 10)
