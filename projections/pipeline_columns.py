"""The open opportunities of customers of a whole company in columns: how many there are, and what they come to."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from uuid import UUID

from projections.deal_columns import OPEN_DEAL
from projections.kept_columns import marked
from projections.valued_columns import Unvalued, money_of, rows_of, summed, valued_open
from projections.view import View
from projections.visit_columns import customers_of


def open_with(view: View, customers: Collection[UUID]) -> dict[UUID, tuple[int, Decimal]] | None:
    """Of those of some customers who have any, how many and their amount; None where columns do not say it."""
    import numpy as np

    try:
        rows = rows_of(view, OPEN_DEAL)
        of = customers_of(view, rows.ids)[rows["_account"]]
        chosen = np.flatnonzero(marked(rows.ids, rows.ids.of(list(customers)))[of])
        valued = valued_open(view, rows.where(chosen))
    except Unvalued:
        return None
    of = of[chosen]
    order = np.argsort(of, kind="stable")
    codes, begins = np.unique(of[order], return_index=True)
    parts = np.split(valued.value[order], begins[1:])
    return {
        rows.ids.key(code): (len(units), money_of(view, summed(units)))
        for code, units in zip(codes.tolist(), parts, strict=len(codes) > 0)
    }
