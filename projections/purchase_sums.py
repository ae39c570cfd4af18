"""What accounts bought, summed by columns of all purchases, to the cent as SQL sums the rows (see `reporting`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import msgspec

from domain.aggregate import BEGINNING, END_OF_TIME
from domain.currencies import minor_unit
from domain.journal.reading import microseconds
from domain.policies.calendar import day_of, day_start
from projections.deals import Range, rate_ranges
from projections.kept_columns import rows_then
from projections.kept_ids import Ids
from projections.purchase_columns import CODES, MOST, PURCHASE
from projections.view import View

if TYPE_CHECKING:
    from numpy.typing import NDArray

_THOUSANDTHS = 3
PLACES = {currency: place for place, currency in enumerate(CODES) if currency}


class Sums(msgspec.Struct, frozen=True):
    """What an account bought from each of some moments on, None where no purchase has a rate; `margin` is that from the
    first, None where no purchase states one; `without_rate` counts those that have none, by currency."""

    account: UUID
    revenues: tuple[Decimal, ...] | None
    margin: Decimal | None
    without_rate: dict[str, int]


class NotExact(Exception):
    """Some purchase has a currency that is none, or an amount that is too large to be summed so."""


def purchase_sums(view: View, currency: str, since: Sequence[datetime]) -> list[Sums] | None:
    """By account, each purchase at the rate of its day, in the reporting currency; None where only SQL says it: where
    one is too large, or in a currency that is none."""
    try:
        return list(_Summing(view, currency, min(since)).by_account([microseconds(each) for each in since]))
    except NotExact:
        return None


class Units(NamedTuple):
    """Purchases by the number of their account, with revenue and margin in minor units: 0 where there is no rate, or
    no margin is stated. A unit has so many `digits` after the point."""

    ids: Ids
    account: NDArray[Any]
    revenue: NDArray[Any]
    margin: NDArray[Any]
    digits: int


def purchase_units(view: View, currency: str, since: datetime) -> Units:
    """The purchases from a moment on, each at the rate of its day. Raises NotExact."""
    summing = _Summing(view, currency, since)
    return Units(summing.rows.ids, summing.rows["_account"], summing.revenue, summing.margin, summing.digits)


def summed_by_place(place: NDArray[Any], values: NDArray[Any], count: int) -> NDArray[Any]:
    """What whole numbers come to at each of so many places. Raises NotExact."""
    import numpy as np

    if np.abs(values).sum(dtype=np.float64) >= MOST:
        raise NotExact
    found: NDArray[Any] = np.bincount(place, values, count)
    return found


class _Summing:
    """The purchases from a moment on, each at the rate of its day."""

    def __init__(self, view: View, currency: str, since: datetime) -> None:
        rates = [each for each in rate_ranges(view) if each[0] != currency]
        rates.append((currency, BEGINNING, END_OF_TIME, Decimal(1)))
        rows = rows_then(view, PURCHASE)
        self._company, self.rows = view.policies.company, rows.where(rows["at"] >= microseconds(since))
        unit = minor_unit(currency) if currency else Decimal("0.01")
        self.digits = -int(unit.as_tuple().exponent)
        self.revenue, self.margin, self._has_rate = self._valued(rates)

    def by_account(self, since: Sequence[int]) -> Iterator[Sums]:
        """The sums of those who bought anything."""
        import numpy as np

        accounts, place = np.unique(self.rows["_account"], return_inverse=True)
        counting = [self.rows["at"] >= each for each in since]
        revenues = [summed_by_place(place[of], self.revenue[of], len(accounts)).tolist() for of in counting]
        first, states = counting[0], counting[0] & self._has_rate & (self.rows["states_margin"] > 0)
        margins = summed_by_place(place[first], self.margin[first], len(accounts)).tolist()
        stated, known = (np.bincount(place[of], minlength=len(accounts)).tolist() for of in (states, self._has_rate))
        lacking = self._lacking(place)
        for number, code in enumerate(accounts.tolist()):
            margin = self._money(margins[number]) if stated[number] else None
            found = tuple(self._money(each[number]) for each in revenues) if known[number] else None
            yield Sums(self.rows.ids.key(code), found, margin, lacking.get(number, {}))

    def _lacking(self, place: NDArray[Any]) -> dict[int, dict[str, int]]:
        """How many purchases have no rate on their day, by the place of the account and by currency."""
        import numpy as np

        found = defaultdict[int, dict[str, int]](dict)
        which = np.flatnonzero(~self._has_rate)
        pairs = np.stack((place[which], self.rows["currency"][which]))
        for account, currency, count in zip(*self._counted(pairs), strict=True):
            if not CODES[currency]:
                raise NotExact
            found[account][CODES[currency]] = count
        return found

    def _counted(self, pairs: NDArray[Any]) -> tuple[list[int], list[int], list[int]]:
        """The different pairs, and how often each is there."""
        import numpy as np

        (ones, others), counts = np.unique(pairs, axis=1, return_counts=True)
        return ones.tolist(), others.tolist(), counts.tolist()

    def _money(self, units: float) -> Decimal:
        return Decimal(int(units)).scaleb(-self.digits)

    def _valued(self, rates: Sequence[Range]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Revenue and margin of each purchase in minor units, at the last rate of its day; and whether there is one."""
        import numpy as np

        revenue, margin = np.zeros(len(self.rows), np.int64), np.zeros(len(self.rows), np.int64)
        valued = np.zeros(len(self.rows), np.bool_)
        dated = defaultdict[str, list[Range]](list)
        for each in rates:
            dated[each[0]].append(each)
        for currency, ranges in dated.items():
            rows, which = self._at(currency, ranges)
            for of, name in ((revenue, "revenue"), (margin, "margin")):
                of[rows] = self._converted(self.rows[name][rows], [each[3] for each in ranges], which)
            valued[rows] = True
        return revenue, margin, valued

    def _at(self, currency: str, ranges: Sequence[Range]) -> tuple[NDArray[Any], NDArray[Any]]:
        """The places of the purchases in a currency that have a rate, and which of its rates, in the order of time."""
        import numpy as np

        begins = np.array([self._day(starts) for _, starts, _, _ in ranges], np.int64)
        ends = np.array([self._day(ends) for _, _, ends, _ in ranges], np.int64)
        rows = np.flatnonzero(self.rows["currency"] == PLACES.get(currency, -1))
        at = self.rows["at"][rows]
        which = np.searchsorted(begins, at, side="right") - 1
        held = (which >= 0) & (at < ends[which])
        return rows[held], which[held]

    def _day(self, moment: datetime) -> int:
        """The begin of the day in which a moment lies."""
        if moment in (BEGINNING, END_OF_TIME):
            return microseconds(moment)
        return microseconds(day_start(self._company, day_of(self._company, moment)))

    def _converted(self, thousandths: NDArray[Any], rates: Sequence[Decimal], which: NDArray[Any]) -> NDArray[Any]:
        """Amounts, each at one of some rates, rounded half to even."""
        import numpy as np

        used, which = np.unique(which, return_inverse=True)
        rates = [rates[place] for place in used.tolist()]
        digits = max((-int(rate.as_tuple().exponent) for rate in rates), default=0)
        cut = _THOUSANDTHS + max(digits, 0) - self.digits
        factors = [int(rate.scaleb(max(digits, 0))) * 10 ** max(-cut, 0) for rate in rates]
        largest = int(np.abs(thousandths).max(initial=0))
        if largest >= MOST or max(largest, 1) * max(factors, default=0) >= 2**62 or cut > 17:
            raise NotExact
        sizes = np.abs(thousandths) * np.array(factors, np.int64)[which]
        half = 10 ** max(cut, 0)
        whole, rest = np.divmod(sizes, half)
        rounded = whole + ((rest * 2 > half) | ((rest * 2 == half) & (whole % 2 == 1)))
        found: NDArray[Any] = np.sign(thousandths) * rounded
        return found
