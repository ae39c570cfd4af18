"""Opportunities of a whole company that were closed, in columns: valued as the SQL of `deal_values` values them, at the
rates of the end of the day on which each was closed."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any

from domain.journal.reading import microseconds
from domain.policies.calendar import day_of, day_start
from projections.deal_columns import STATED
from projections.deals import Filters, rate_ranges
from projections.kept_columns import Kind, Rows
from projections.opportunities import FUNNEL
from projections.valued_columns import (
    EXACT,
    NONE,
    Factor,
    Units,
    Unvalued,
    Valued,
    listed_price,
    must_fit,
    passes,
    products_of,
    rows_of,
    small,
)
from projections.view import View

if TYPE_CHECKING:
    from numpy.typing import NDArray

OUTCOMES = ("won", "lost", "disqualified")
WON = OUTCOMES.index("won") + 1
"""As the column `outcome` numbers it."""
CLOSED_DEAL = Kind(
    FUNNEL,
    stream="key",
    account="account",
    where="outcome <> ''",
    ids={"owner": "owner"},
    words={"currency": "currency", "signed_currency": "signed_currency", "basket": "products::text"},
    moments={"opened": "opened", "closed": "closed"},
    days={"close_on": "close_on"},
    numbers={
        "outcome": f"array_position('{{{','.join(OUTCOMES)}}}'::text[], outcome)",
        "amount": "case when abs(amount) < 1e12 then amount * 1000 end",
        "stated": STATED.format(amount="amount"),
        "signed": "case when abs(signed) < 1e12 then signed * 1000 end",
        "is_signed": STATED.format(amount="signed"),
    },
)


def valued_won(view: View, rows: Rows) -> Valued:
    """What won ones of some closed opportunities were signed for; weighted the same. Raises Unvalued."""
    rows = rows.where(are_won(rows))
    return _valued(rows, _signed(view, rows))


def are_won(rows: Rows) -> NDArray[Any]:
    """Which of some closed opportunities are won ones that were signed for something."""
    found: NDArray[Any] = (rows["outcome"] == WON) & (rows["is_signed"] > 0)
    return found


def closed_in(view: View, first: datetime, last: datetime, filters: Filters) -> tuple[Valued, NDArray[Any]]:
    """What was closed between two moments, of some opportunities, by its last amount, or list prices; and what each was
    signed for, 0 where it was not. Raises Unvalued."""
    import numpy as np

    rows = _closed(view, first, last)
    rows = rows.where(passes(view, rows, filters))
    must_fit(rows)
    stated, signed = rows["stated"] > 0, rows["is_signed"] > 0
    of_stated = rows.where(stated)
    value = Units(view).of(of_stated["amount"], _Closing(view, of_stated).rates(of_stated["currency"]))
    listed, sums = _listed(view, rows.where(~stated)), _signed(view, rows.where(signed))
    whole = np.zeros((2, len(rows)), np.result_type(value, listed, sums))
    whole[0, stated], whole[0, ~stated], whole[1, signed] = value, listed, sums
    return _valued(rows, whole[0]), whole[1]


def _closed(view: View, first: datetime, last: datetime) -> Rows:
    rows = rows_of(view, CLOSED_DEAL)
    return rows.where((rows["closed"] >= microseconds(first)) & (rows["closed"] <= microseconds(last)))


def _valued(rows: Rows, value: NDArray[Any]) -> Valued:
    import numpy as np

    nothing = np.full(len(rows), NONE, np.int64)
    return Valued(rows, value, value, nothing, nothing)


def _signed(view: View, rows: Rows) -> NDArray[Any]:
    must_fit(rows, "is_signed")
    return Units(view).of(rows["signed"], _Closing(view, rows).rates(rows["signed_currency"]))


def _listed(view: View, rows: Rows) -> NDArray[Any]:
    """What opportunities come to by list prices: each once for those of the same products at the same rates."""
    import numpy as np

    if not len(rows):
        return np.zeros(0, np.int64)
    closing, units = _Closing(view, rows), Units(view)
    held = {currency: closing.of(currency) for currency in closing.currencies}
    kinds = np.stack([rows["basket"].astype(np.int64), *(which for _, which in held.values())])
    _, first, which = np.unique(kinds, axis=1, return_index=True, return_inverse=True)
    found = np.zeros(len(first), object)
    for place, (at, products) in enumerate(zip(first.tolist(), products_of(view, rows.where(first)), strict=True)):
        rates = {each: numbers[of[at]] for each, (numbers, of) in held.items() if of[at] != NONE}
        with localcontext(prec=EXACT):
            found[place] = units.units(listed_price(view, products, rates))
    return small(found)[which.reshape(-1)]


class _Closing:
    """The rates that held at the end of the closing days of some opportunities."""

    def __init__(self, view: View, rows: Rows) -> None:
        company = view.policies.company
        self.rows, self.reporting = rows, view.currency
        self._dated: dict[str, list[tuple[int, Decimal]]] = {}
        for currency, starts, _, rate in rate_ranges(view):
            if currency != view.currency:
                since = microseconds(day_start(company, day_of(company, starts)))
                self._dated.setdefault(currency, []).append((since, rate))

    @property
    def currencies(self) -> list[str]:
        """Those that there are rates of."""
        return [self.reporting, *self._dated]

    def of(self, currency: str) -> Factor:
        """Of one currency, for each opportunity; NONE where there was none yet."""
        import numpy as np

        if currency == self.reporting:
            return [Decimal(1)], np.zeros(len(self.rows), np.int64)
        dated = self._dated[currency]
        place = np.searchsorted([since for since, _ in dated], self.rows["closed"], "right") - 1
        return [rate for _, rate in dated], place

    def rates(self, codes: NDArray[Any]) -> Factor:
        """Of the currency that each has. Raises Unvalued."""
        import numpy as np

        rates, which = list[Decimal](), np.full(len(self.rows), NONE, np.int64)
        for currency in self.currencies:
            theirs = codes == self.rows.ids.word(currency)
            if theirs.any():
                numbers, place = self.of(currency)
                which[theirs] = np.where(place < 0, NONE, place + len(rates))[theirs]
                rates += numbers
        if (which < 0).any():
            raise Unvalued
        return rates, which
