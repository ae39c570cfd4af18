"""Opportunities of a whole company valued in columns: in whole minor units of the reporting currency, each rounded as
the SQL of `deal_values` rounds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import TYPE_CHECKING, Any

from domain.currencies import minor_unit
from domain.policies.calendar import period
from domain.policies.process_definition import ForecastCategory
from projections.deal_columns import OPEN_DEAL
from projections.deals import Filters, rates_now, stages
from projections.kept_columns import NO_DAY, Kind, Rows, day_number, kept_then, marked
from projections.opportunities import FUNNEL
from projections.view import View
from projections.word_lists import lists_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

PLACES = 3
"""Amounts are kept in thousandths."""
SMALL = 2**61
"""Whole numbers up to this, and the double of what remains of them, are of 64 bits."""
EXACT = 100
"""Of so many digits no product of prices, rates and chances is cut."""
NONE = -1
CATEGORIES = tuple(ForecastCategory)


class Unvalued(Exception):
    """Something has no rate, price or stage, or does not fit: what it comes to is asked of the rows."""


@dataclass(frozen=True)
class Valued:
    """Opportunities with what they come to, in minor units; `owner` as identifiers are numbered, `category` a place in
    CATEGORIES, NONE where none is expected to close on any day; `stage` a place in `stages`, NONE of what is closed."""

    rows: Rows
    value: NDArray[Any]
    weighted: NDArray[Any]
    category: NDArray[Any]
    stage: NDArray[Any]

    def where(self, chosen: NDArray[Any]) -> Valued:
        """Those of a mask."""
        columns = (self.value, self.weighted, self.category, self.stage)
        return Valued(self.rows.where(chosen), *(each[chosen] for each in columns))


def valued_open(view: View, rows: Rows) -> Valued:
    """What open opportunities come to at the view's moment. Raises Unvalued."""
    return _Open(view, rows).valued()


def open_then(view: View, filters: Filters) -> Valued:
    """What is open, of some opportunities: reckoned once for all that is asked of it at one moment. Raises Unvalued."""
    visible = view.visible_accounts()
    asked = view.clock, None if visible is None else frozenset(visible), filters
    known: dict[object, Valued] = view.of_transaction.setdefault("open then", {})
    if asked not in known:
        rows = rows_of(view, OPEN_DEAL)
        known[asked] = valued_open(view, rows.where(passes(view, rows, filters)))
    return known[asked]


def rows_of(view: View, kind: Kind) -> Rows:
    """The rows of opportunities that the asker may see. Raises Unvalued where nothing is kept."""
    rows = kept_then(view, kind, view.visible_accounts()) if view.currency else None
    if rows is None:
        raise Unvalued
    return rows


def passes(view: View, rows: Rows, filters: Filters) -> NDArray[Any]:
    """Which pass filters. Raises Unvalued for filters by what does not stand in columns."""
    import numpy as np

    if filters.territory or filters.product:
        raise Unvalued
    found: NDArray[Any] = np.ones(len(rows), np.bool_)
    if filters.owner:
        found &= rows["owner"] == rows.ids.code(filters.owner)
    if filters.account:
        found &= marked(rows.ids, rows.ids.of(view.together(filters.account)))[rows["_account"]]
    if filters.period:
        days, close_on = period(view.policies.company, filters.period), rows["close_on"]
        found &= (close_on >= day_number(days.first)) & (close_on <= day_number(days.last))
    return found


def must_fit(rows: Rows, stated: str = "stated") -> None:
    """Raises Unvalued where an amount is too large for its column."""
    if (rows[stated] > 1).any():
        raise Unvalued


Factor = tuple[Sequence[Decimal], "NDArray[Any]"]
"""What amounts are multiplied by: some numbers, and which of them each."""


class Units:
    """Whole minor units of the reporting currency."""

    def __init__(self, view: View) -> None:
        self.digits = -int(minor_unit(view.currency).as_tuple().exponent)

    def of(self, amounts: NDArray[Any], *factors: Factor) -> NDArray[Any]:
        """Thousandths times some factors, rounded half to even."""
        import numpy as np

        exponent, most, whole = PLACES - self.digits, int(np.abs(amounts).max(initial=0)), []
        for numbers, which in factors:
            digits = max((-int(each.as_tuple().exponent) for each in numbers), default=0)
            as_whole = [int(each.scaleb(digits)) for each in numbers]
            most *= max(map(abs, as_whole), default=0)
            exponent += digits
            whole.append((as_whole, which))
        kind: Any = np.int64 if most < SMALL else object
        found = amounts.astype(kind)
        for as_whole, which in whole:
            found = found * np.array([*as_whole, 0], kind)[which]
        return half_even(found, 10**exponent) if exponent > 0 else found * 10**-exponent

    def units(self, amount: Decimal) -> int:
        """Money in minor units, rounded half to even."""
        return int(amount.scaleb(self.digits).to_integral_value(ROUND_HALF_EVEN))


class _Open:
    """Open opportunities: at the rates of the view's moment, by list prices where no amount is stated. Raises
    Unvalued."""

    def __init__(self, view: View, rows: Rows) -> None:
        must_fit(rows)
        self.view, self.rows, self.units = view, rows, Units(view)
        self.rates, self.stages = rates_now(view), stages(view)

    def valued(self) -> Valued:
        import numpy as np

        stated = self.rows["stated"] > 0
        stage = self._stages()
        of_currency = {self._code(currency): rate for currency, rate in self.rates.items()}
        chances = [one.probability for _, one in self.stages]
        rates = list(of_currency.values())
        which = _numbered(self.rows["currency"][stated], list(of_currency))
        amounts = self.rows["amount"][stated]
        value = self.units.of(amounts, (rates, which))
        weighted = self.units.of(amounts, (rates, which), (chances, stage[stated]))
        whole = np.zeros((2, len(self.rows)), np.result_type(value, weighted))
        whole[0, stated], whole[1, stated] = value, weighted
        whole[:, ~stated] = self._listed(self.rows.where(~stated), stage[~stated])
        return Valued(self.rows, whole[0], whole[1], self._categories(stage), stage)

    def _code(self, text: str) -> int:
        return self.rows.ids.word(text)

    def _stages(self) -> NDArray[Any]:
        """Which of the stages of all processes each stands at."""
        import numpy as np

        pairs = self.rows["process"].astype(np.int64) << 32 | self.rows["stage"]
        known = [self._code(process) << 32 | self._code(stage.key) for process, stage in self.stages]
        return _numbered(pairs, known)

    def _categories(self, stage: NDArray[Any]) -> NDArray[Any]:
        """That which its owner set, else that of its stage."""
        import numpy as np

        of_stage = np.array([CATEGORIES.index(one.category) for _, one in self.stages] or [NONE])
        own = self.rows["category"]
        found = np.where(own > 0, own - 1, of_stage[stage] if len(stage) else NONE)
        return np.where(self.rows["close_on"] == NO_DAY, NONE, found)

    def _listed(self, rows: Rows, stage: NDArray[Any]) -> NDArray[Any]:
        """What opportunities come to by list prices: each once for those of the same products at the same stage."""
        import numpy as np

        if not len(rows):
            return np.zeros((2, 0), np.int64)
        pairs, first, which = np.unique(
            rows["basket"].astype(np.int64) << 32 | stage, return_index=True, return_inverse=True
        )
        found = np.zeros((2, len(pairs)), object)
        for place, products in enumerate(products_of(self.view, rows.where(first))):
            with localcontext(prec=EXACT):
                price = listed_price(self.view, products, self.rates)
                weighted = price * self.stages[int(stage[first[place]])][1].probability
                found[:, place] = self.units.units(price), self.units.units(weighted)
        return small(found)[:, which]


def products_of(view: View, rows: Rows) -> list[tuple[str, ...]]:
    """The products of some opportunities."""
    deals = rows["_stream"]
    return lists_of(view, rows, FUNNEL, "products", rows["basket"], lambda place: rows.ids.key(int(deals[place])))


def listed_price(view: View, products: Sequence[str], rates: Mapping[str, Decimal]) -> Decimal:
    """List prices in the reporting currency, in sum. Raises Unvalued."""
    listed, price = view.policies.price_list.products, Decimal(0)
    for product in products:
        if product not in listed or listed[product].price.currency not in rates:
            raise Unvalued
        price += listed[product].price.amount * rates[listed[product].price.currency]
    return price


def small(numbers: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers as those of 64 bits, if they fit."""
    import numpy as np

    return numbers.astype(np.int64) if max(map(abs, numbers.ravel().tolist()), default=0) < SMALL else numbers


def _numbered(codes: NDArray[Any], known: Sequence[int]) -> NDArray[Any]:
    """Which of some known codes each is. Raises Unvalued for one that is none of them."""
    import numpy as np

    found = np.unique(codes)
    place = {code: number for number, code in reversed(list(enumerate(known)))}
    if any(code not in place for code in found.tolist()):
        raise Unvalued
    numbers = np.array([place[code] for code in found.tolist()], np.int64)
    return numbers[np.searchsorted(found, codes)] if len(codes) else np.zeros(0, np.int64)


def half_even(numbers: NDArray[Any], by: int) -> NDArray[Any]:
    """Whole numbers divided by another, rounded half to even."""
    whole = numbers // by
    rest = numbers - whole * by
    found: NDArray[Any] = whole + ((rest * 2 > by) | ((rest * 2 == by) & (whole % 2 == 1)))
    return found


def summed(units: NDArray[Any]) -> int:
    """What whole numbers come to."""
    most = int(abs(units).max(initial=0)) * len(units)
    return int(units.sum()) if most < SMALL else sum(units.tolist())


def money_of(view: View, units: int) -> Decimal:
    """Minor units as money of the reporting currency."""
    return view.money(Decimal(units).scaleb(-Units(view).digits))
