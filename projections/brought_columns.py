"""Customers by what they bring, in columns: what `pareto` says of all of them, worked out for those that are looked
up."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from domain.policies.selection_definition import AmountBase
from domain.policies.selection_model import SelectionModel
from domain.selection.pareto import AbcClass, Place, placed
from projections.account_columns import customers_then, in_order
from projections.buying_facts import reporting_currency
from projections.deals import start_of
from projections.kept_ids import Ids
from projections.portfolio_facts import Period
from projections.purchase_sums import NotExact, purchase_units, summed_by_place
from projections.valued_columns import SMALL, half_even
from projections.view import View
from projections.visit_columns import customers_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

PARTS = 10_000
MOST_DIGITS = 9
"""A border of more digits after the point may lie between a share and what division rounds it to."""


@dataclass(frozen=True)
class Ranks:
    """Customers, the one that brings most first: by their numbers, with revenue, and what makes the classes, in minor
    units of so many digits after the point."""

    ids: Ids
    customers: NDArray[Any]
    revenue: NDArray[Any]
    amount: NDArray[Any]
    digits: int
    a_border: Decimal
    b_border: Decimal

    def rank(self, account: UUID) -> int | None:
        """The place of a customer, the first is 0; None where there is none."""
        code = self.ids.code(account)
        found = int(self._ranks[code]) if code < len(self._ranks) else -1
        return None if found < 0 else found

    @cached_property
    def _ranks(self) -> NDArray[Any]:
        """The place of each customer by his number, -1 of what is none."""
        import numpy as np

        found = np.full(int(self.customers.max(initial=0)) + 1, -1, np.int64)
        found[self.customers] = np.arange(len(self.customers))
        return found

    def rank_of(self, account: UUID) -> int:
        """The place of one who is a customer. Raises KeyError."""
        if (found := self.rank(account)) is None:
            raise KeyError(account)
        return found

    def money(self, units: int) -> Decimal:
        """Minor units as money."""
        return Decimal(units).scaleb(-self.digits)

    def revenue_of(self, rank: int) -> Decimal:
        """What the customer at a place brought."""
        return self.money(int(self.revenue[rank]))

    def place(self, rank: int) -> Place:
        """Where the customer at a place stands."""
        amount, before = (Decimal(int(each[rank])) for each in (self._amounts, self._before))
        return placed(rank + 1, amount, before, Decimal(self._total), self.a_border, self.b_border)

    @cached_property
    def shares(self) -> NDArray[Any]:
        """The shares of the whole by place, in ten-thousandths."""
        return self._in_parts(self._amounts)

    @cached_property
    def cumulative(self) -> NDArray[Any]:
        """The shares of all down to a place, in ten-thousandths."""
        return self._in_parts(self._before + self._amounts)

    def _in_parts(self, amounts: NDArray[Any]) -> NDArray[Any]:
        import numpy as np

        if not self._total:
            return np.zeros(len(amounts), np.int64)
        wide = amounts if self._total < SMALL // PARTS else amounts.astype(object)
        return half_even(wide * PARTS, self._total).astype(np.int64)

    def of_class(self, abc: AbcClass) -> NDArray[Any]:
        """The places of a class."""
        import numpy as np

        below_a, below_b = (self._before < self._reaches(border) for border in (self.a_border, self.b_border))
        counts = (self._amounts > 0) & below_b
        found = {AbcClass.A: counts & below_a, AbcClass.B: counts & ~below_a, AbcClass.C: ~counts}
        return np.flatnonzero(found[abc])

    def _reaches(self, border: Decimal) -> int:
        """The least amount that is no less than a share of the whole."""
        digits = max(-int(border.as_tuple().exponent), 0)
        least: int = -(-int(border.scaleb(digits)) * self._total // 10**digits)
        return least

    @cached_property
    def _amounts(self) -> NDArray[Any]:
        import numpy as np

        found: NDArray[Any] = np.maximum(self.amount, 0)
        return found

    @cached_property
    def _total(self) -> int:
        return int(self._amounts.sum())

    @cached_property
    def _before(self) -> NDArray[Any]:
        """What those before bring together."""
        found: NDArray[Any] = self._amounts.cumsum() - self._amounts
        return found


def ranks_of(view: View, model: SelectionModel, period: Period) -> Ranks | None:
    """The customers that the asker may see, by what they brought in a period; None where columns do not say it."""
    import numpy as np

    borders = model.classes.a_border, model.classes.b_border
    if any(-int(each.as_tuple().exponent) > MOST_DIGITS for each in borders):
        return None
    try:
        units = purchase_units(view, reporting_currency(view), start_of(view, period.first))
        customers = customers_then(view)
        bought = customers_of(view, units.ids)[units.account]
        sums = [summed_by_place(bought, each, len(units.ids)) for each in (units.revenue, units.margin)]
    except NotExact:
        return None
    codes = customers["_stream"]
    revenue, margin = (each[codes].astype(np.int64) for each in sums)
    amount = margin if model.classes.base is AmountBase.MARGIN else revenue
    order = in_order(units.ids, codes, -amount)
    return Ranks(units.ids, codes[order], revenue[order], amount[order], units.digits, *borders)
