"""What lies ahead of a company by its model, whatever groups and amounts are asked for: worked out once for all."""

from __future__ import annotations

import threading
from collections import OrderedDict
from functools import cached_property
from typing import TYPE_CHECKING

from projections.forecasting.histories import Histories, Places
from projections.forecasting.revenue_past import Past, Tried, pasts, tried
from projections.forecasting.revenue_pipeline import Coming, Standing, coming, in_order, standing

if TYPE_CHECKING:
    from projections.forecasting.model import Model

Span = tuple[int, int]
_KEPT = 2
"""Questions ask for one company again and again: as a whole, by group, with changes."""


class Ahead:
    """A model applied to histories."""

    def __init__(self, model: Model, h: Histories) -> None:
        self.model, self.h = model, h
        self._coming = dict[tuple[Span, int], Coming]()
        self._tried = dict[Span, list[Tried]]()

    @cached_property
    def order(self) -> Places:
        """The places of all deals by their ids."""
        return in_order(self.h)

    @cached_property
    def stands(self) -> Standing:
        """What stands on the day of the histories."""
        return standing(self.h, self.order)

    @cached_property
    def _pasts(self) -> list[Past]:
        return pasts(self.model.revenue, self.h, self.order)

    def coming(self, span: Span, table: int = -1) -> Coming:
        """The chances of a span by a bootstrap of the rates, or the fitted ones."""
        if (span, table) not in self._coming:
            self._coming[span, table] = coming(self.model.chances, self.h, self.stands, span, table=table)
        return self._coming[span, table]

    def tried(self, span: Span) -> list[Tried]:
        """The earlier forecasts of the same kind."""
        if span not in self._tried:
            self._tried[span] = tried(self._pasts, self.h.day, span)
        return self._tried[span]


_lately = OrderedDict[tuple[int, int], Ahead]()
_lock = threading.Lock()


def ahead_of(model: Model, h: Histories) -> Ahead:
    """What lies ahead; that of the last questions is kept."""
    key = id(model), id(h)
    with _lock:
        held = _lately.get(key)
        if held is None or held.model is not model or held.h is not h:
            held = _lately[key] = Ahead(model, h)
        _lately.move_to_end(key)
        while len(_lately) > _KEPT:
            _lately.popitem(last=False)
    return held
