"""Opportunities of a whole company valued in columns: in whole minor units of the reporting currency, each rounded as
the SQL of `deal_values` rounds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import TYPE_CHECKING, Any

from domain.currencies import minor_unit
from domain.journal.reading import microseconds
from domain.policies.calendar import day_of, day_start
from domain.policies.process_definition import ForecastCategory
from projections.deal_columns import STATED
from projections.deals import rate_ranges, rates_now, stages
from projections.kept_columns import NO_DAY, Kind, Rows
from projections.opportunities import FUNNEL
from projections.view import View

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
WON_DEAL = Kind(
    FUNNEL,
    stream="key",
    account="account",
    where="outcome = 'won'",
    ids={"owner": "owner"},
    words={"currency": "signed_currency"},
    moments={"closed": "closed"},
    numbers={"amount": "case when abs(signed) < 1e12 then signed * 1000 end", "stated": STATED.format(amount="signed")},
)


class Unvalued(Exception):
    """Something has no rate, price or stage, or does not fit: what it comes to is asked of the rows."""


@dataclass(frozen=True)
class Valued:
    """Opportunities with what they come to, in minor units; `owner` as identifiers are numbered, `category` a place in
    CATEGORIES, NONE where none is expected to close on any day."""

    rows: Rows
    value: NDArray[Any]
    weighted: NDArray[Any]
    category: NDArray[Any]

    def where(self, chosen: NDArray[Any]) -> Valued:
        """Those of a mask."""
        columns = (self.value, self.weighted, self.category)
        return Valued(self.rows.where(chosen), *(each[chosen] for each in columns))


def valued_open(view: View, rows: Rows) -> Valued:
    """What open opportunities come to at the view's moment. Raises Unvalued."""
    return _Open(view, rows).valued()


def valued_won(view: View, rows: Rows) -> Valued:
    """What won ones were signed for; weighted the same. Raises Unvalued."""
    import numpy as np

    rows = rows.where(rows["stated"] > 0)
    _must_fit(rows)
    value = _Units(view).of(rows["amount"], _closing_rates(view, rows))
    return Valued(rows, value, value, np.full(len(rows), NONE, np.int64))


def _must_fit(rows: Rows) -> None:
    if (rows["stated"] > 1).any():
        raise Unvalued


Factor = tuple[Sequence[Decimal], "NDArray[Any]"]
"""What amounts are multiplied by: some numbers, and which of them each."""


class _Units:
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
        _must_fit(rows)
        self.view, self.rows, self.units = view, rows, _Units(view)
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
        return Valued(self.rows, whole[0], whole[1], self._categories(stage))

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
        baskets = self._baskets(rows.where(first))
        found = np.zeros((2, len(pairs)), object)
        for place, products in enumerate(baskets):
            with localcontext(prec=EXACT):
                price = self._price(products)
                weighted = price * self.stages[int(stage[first[place]])][1].probability
                found[:, place] = self.units.units(price), self.units.units(weighted)
        fits = max(map(abs, found.ravel().tolist())) < SMALL
        return (found.astype(np.int64) if fits else found)[:, which]

    def _baskets(self, rows: Rows) -> list[Sequence[str]]:
        """The products of each: what a basket's number stands for is read once."""
        codes, known = rows["basket"].tolist(), rows.ids.baskets
        new = [place for place, code in enumerate(codes) if code not in known]
        keys = {rows.ids.key(int(rows["_stream"][place])): codes[place] for place in new}
        if keys:
            told = self.view.rows(FUNNEL, "key, products", "key = any(%(keys)s)", keys=list(keys))
            known.update((keys[key], tuple(products)) for key, products in told)
        return [known[code] for code in codes]

    def _price(self, products: Sequence[str]) -> Decimal:
        """List prices in the reporting currency, in sum."""
        listed, price = self.view.policies.price_list.products, Decimal(0)
        for product in products:
            if product not in listed or listed[product].price.currency not in self.rates:
                raise Unvalued
            price += listed[product].price.amount * self.rates[listed[product].price.currency]
        return price


def _closing_rates(view: View, rows: Rows) -> Factor:
    """The rates that held at the end of the closing days. Raises Unvalued."""
    import numpy as np

    company, rates, which = view.policies.company, [Decimal(1)], np.full(len(rows), NONE, np.int64)
    which[rows["currency"] == rows.ids.word(view.currency)] = 0
    dated: dict[str, list[tuple[int, Decimal]]] = {}
    for currency, starts, _, rate in rate_ranges(view):
        if currency != view.currency:
            since = microseconds(day_start(company, day_of(company, starts)))
            dated.setdefault(currency, []).append((since, rate))
    for currency, of_days in dated.items():
        chosen = np.flatnonzero(rows["currency"] == rows.ids.word(currency))
        place = np.searchsorted([since for since, _ in of_days], rows["closed"][chosen], "right") - 1
        which[chosen] = np.where(place < 0, NONE, place + len(rates))
        rates += [rate for _, rate in of_days]
    if (which < 0).any():
        raise Unvalued
    return rates, which


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
