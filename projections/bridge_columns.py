"""The bridge of a whole company reckoned in columns: what its SQL says of each kind of change, in a fraction of the
time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from domain.journal.reading import microseconds
from projections.closed_columns import CLOSED_DEAL, OUTCOMES, closed_in
from projections.deal_columns import OPEN_DEAL
from projections.deals import Filters, rates_now
from projections.kept_columns import NEVER
from projections.valued_columns import NONE, Units, Unvalued, money_of, open_then, rows_of, summed
from projections.view import View

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class End:
    """Opportunities at the end of a bridge: what is open, then what was closed since its start. `outcome` is 0 of what
    is open, else a place in OUTCOMES and one more."""

    key: NDArray[Any]
    value: NDArray[Any]
    signed: NDArray[Any]
    outcome: NDArray[Any]
    opened: NDArray[Any]
    stated: NDArray[Any]
    amount: NDArray[Any]
    currency: NDArray[Any]


@dataclass(frozen=True)
class Changed:
    """Changes of one kind: which opportunities, and their amounts in minor units."""

    key: NDArray[Any]
    amount: NDArray[Any]


class Changes:
    """What became of the open amount between two views. Raises Unvalued."""

    def __init__(self, then: View, now: View, filters: Filters) -> None:
        self._then, self._now = then, now
        self.before = open_then(then, filters)
        self.after = _end(then, now, filters)
        self.ids = self.before.rows.ids
        self.place = _places(self.before.rows["_stream"], self.after.key)
        self.of = self._by_kind()

    def _by_kind(self) -> dict[str, Changed]:
        import numpy as np

        after, place = self.after, self.place
        stays = np.flatnonzero(place >= 0)
        own, difference = self._revised(stays)
        gone = np.ones(len(self.before.rows), np.bool_)
        gone[place[stays]] = False
        found = {
            "increased": Changed(after.key[stays][own > 0], own[own > 0]),
            "decreased": Changed(after.key[stays][own < 0], -own[own < 0]),
            "revalued": Changed(after.key[stays], difference - own),
            "moved_out": Changed(self.before.rows["_stream"][gone], self.before.value[gone]),
        }
        entered = np.flatnonzero(place < 0)
        was_open, was_closed = self._was(entered)
        for kind, which in (("moved_in", was_open), ("reopened", was_closed), ("new", ~was_open & ~was_closed)):
            found[kind] = Changed(after.key[entered[which]], after.value[entered[which]])
        for number, outcome in enumerate(OUTCOMES, start=1):
            ended = after.outcome == number
            found[outcome] = Changed(after.key[ended], after.value[ended])
        return {kind: _some(each) for kind, each in found.items()}

    def _revised(self, stays: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """How far amounts that stayed were revised, at the rates of the start, and how far they are others in all."""
        import numpy as np

        after, rows, was = self.after, self.before.rows, self.place[stays]
        difference = after.value[stays] - self.before.value[was]
        alike = (rows["stated"][was] == after.stated[stays]) & (rows["amount"][was] == after.amount[stays])
        kept = (after.stated[stays] == 0) | (alike & (rows["currency"][was] == after.currency[stays]))
        rates = rates_now(self._then)
        which = np.full(len(stays), NONE, np.int64)
        for number, currency in enumerate(rates):
            which[after.currency[stays] == self.ids.word(currency)] = number
        at_old_rate = Units(self._now).of(after.amount[stays], (list(rates.values()), which))
        own = np.where(which == NONE, difference, at_old_rate - self.before.value[was])
        return np.where(kept, 0, own), difference

    def _was(self, entered: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Which of those that the filter did not hold open at the start were open then, and which closed."""
        import numpy as np

        opened = self.after.opened[entered]
        came = (opened != NEVER) & (opened <= microseconds(self._then.clock.as_of))
        if not came.any():
            return came, came
        keys = self.after.key[entered]
        was_open, was_closed = (
            came & np.isin(keys, rows_of(self._then, kind)["_stream"]) for kind in (OPEN_DEAL, CLOSED_DEAL)
        )
        return was_open, was_closed

    def figures(self) -> dict[str, Decimal]:
        """What each kind of change comes to; the start, the end, and what was signed."""
        is_open = self.after.outcome == 0
        sums = {kind: summed(each.amount) for kind, each in self.of.items()}
        sums |= {"start": summed(self.before.value), "end": summed(self.after.value[is_open])}
        sums["signed"] = summed(self.after.signed)
        return {name: money_of(self._now, units) for name, units in sums.items()}

    def counts(self) -> dict[str, int]:
        """How many changes there are of each kind that there is."""
        return {kind: number for kind, each in self.of.items() if (number := len(each.key))}

    def largest(self, kind: str, limit: int) -> list[tuple[UUID, Decimal]]:
        """The largest changes of one kind, so many of them: of what is alike by identifier."""
        import numpy as np

        changed = self.of[kind]
        size, places = abs(changed.amount), np.arange(len(changed.key))
        if len(places) > limit > 0:
            least = np.partition(size, len(size) - limit)[len(size) - limit]
            places = np.flatnonzero(size >= least)
        ranked = sorted((-int(size[each]), self.ids.key(int(changed.key[each])), each) for each in places.tolist())
        return [(key, money_of(self._now, int(changed.amount[each]))) for _, key, each in ranked[:limit]]


def changes(then: View, now: View, filters: Filters) -> Changes | None:
    """What became of the open amount; None where columns do not say it."""
    try:
        return Changes(then, now, filters)
    except Unvalued:
        return None


def _end(then: View, now: View, filters: Filters) -> End:
    import numpy as np

    opened = open_then(now, filters)
    ended, signed = closed_in(now, then.clock.as_of + MOMENT, now.clock.as_of, filters)

    def both(name: str) -> NDArray[Any]:
        return np.concatenate((opened.rows[name], ended.rows[name]))

    return End(
        key=both("_stream"),
        value=np.concatenate((opened.value, ended.value)),
        signed=signed,
        outcome=np.concatenate((np.zeros(len(opened.rows), np.int64), ended.rows["outcome"])),
        opened=both("opened"),
        stated=both("stated"),
        amount=both("amount"),
        currency=both("currency"),
    )


def _places(among: NDArray[Any], keys: NDArray[Any]) -> NDArray[Any]:
    """Where keys stand among others; NONE where they do not."""
    import numpy as np

    if not len(among):
        return np.full(len(keys), NONE, np.int64)
    order = np.argsort(among)
    found = np.minimum(np.searchsorted(among[order], keys), len(among) - 1)
    return np.where(among[order[found]] == keys, order[found], NONE)


def _some(changed: Changed) -> Changed:
    """Without those that come to nothing."""
    some = changed.amount != 0
    return Changed(changed.key[some], changed.amount[some])
