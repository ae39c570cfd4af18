"""The purchases of a whole company in columns: `PURCHASE` is kept once per process, for whoever asks about them.

Amounts are whole thousandths in the currency of their document (`CODES` has its place). One that is too large to be
told apart from its neighbours stands at `MOST`: whoever needs it asks the rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.currencies import CURRENCIES, minor_unit
from domain.journal.reading import microseconds
from projections.kept_columns import Kind, ends_of, place_among
from projections.purchases import PURCHASES
from projections.reporting import Rates
from projections.view import View

if TYPE_CHECKING:
    from numpy.typing import NDArray

THOUSAND = 1_000
MOST = 2**53
CODES = ("", *sorted(CURRENCIES))
"""Currencies by their place; the first stands for none."""


def whole_parts(column: str, parts: int) -> str:
    """SQL for a number in whole parts of one, no further from 0 than MOST; null where there is none."""
    whole = f"round(least(greatest({column} * {parts}, -{MOST}), {MOST}))"
    return f"case when {column} is not null then {whole} end"


def place_of_currency(column: str) -> str:
    """SQL for the place of a currency in CODES; null where it is none of them."""
    return place_among(CODES[1:], column)


PURCHASE = Kind(
    PURCHASES,
    stream="account",
    account="account",
    moments={"at": "at"},
    numbers={
        "currency": place_of_currency("currency"),
        "revenue": whole_parts("revenue", THOUSAND),
        "margin": whole_parts("margin", THOUSAND),
        "states_margin": "(margin is not null)::int",
    },
)


def in_currency(
    view: View, amounts: NDArray[Any], currencies: NDArray[Any], days: NDArray[Any], into: int
) -> NDArray[Any]:
    """Amounts in thousandths, of currencies and of days as columns have them, in one currency, rounded to its minor
    unit; 0 where there is no rate. Those converted from another may be off by one minor unit."""
    import numpy as np

    minor = int(minor_unit(CODES[into]) * THOUSAND)
    found = np.where(currencies == into, amounts.astype(float), 0.0)
    rates, until = Rates(view), microseconds(view.clock.as_of)
    moments = np.minimum(ends_of(view.policies.company, days), until)
    ours = rates.many(CODES[into], moments)
    for other in np.unique(currencies[(currencies != into) & (currencies > 0)]).tolist():
        which = np.flatnonzero(currencies == other)
        found[which] = amounts[which] * rates.many(CODES[other], moments[which]) / ours[which]
    found = np.rint(np.nan_to_num(found, nan=0.0, posinf=MOST, neginf=-MOST) / minor) * minor
    whole: NDArray[Any] = np.clip(found, -MOST, MOST).astype(np.int64)
    return whole
