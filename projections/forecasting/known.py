"""All facts of a journal that matter for forecasts, as tables."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from projections.forecasting.company_days import days_of
from projections.forecasting.histories import Days
from projections.forecasting.lasting import lasting
from projections.forecasting.tables import Table, Withdrawals
from projections.lately_used import LatelyUsed, one_each

if TYPE_CHECKING:
    from projections.forecasting.spans import Spans

MOST_MOMENTS = 1_000
LAST_ASKED = ("course", "amounts", "closes", "accounts", "products")
"""The tables of which the last fact about deals is asked for."""
OPENED, STAGE, ENDED, REOPENED = range(4)
"""Kinds of facts about the course of a deal; the key is the stage, of an end its outcome, of the opening the stage."""


@dataclass(frozen=True)
class Process:
    """A definition of a sales process: from when on it counted, its key and stages."""

    occurred: int
    when: int
    position: int
    key: str
    stages: tuple[str, ...]


@dataclass(frozen=True)
class Tables:
    """All facts of a journal up to a position, and what their codes stand for.

    Of deals: `course` (key: stage or outcome; value and unit: what was signed), `openings` (key: external id, unit:
    process), `amounts`, `closes` (key: a day), `categories`, `owners`, `accounts`, `products` (key: a basket),
    `marks` (kind: MarkKind), `buyers` (unit: the person; value: 1 key player, NaN where he is unmapped). Visits stand
    among the marks, `contacts` are by person. Of others: `prices` by product, `rates` by currency, `teams` by member
    (kind 1 joins, 0 leaves), `places` (territories of accounts).
    """

    course: Table
    openings: Table
    amounts: Table
    closes: Table
    categories: Table
    owners: Table
    accounts: Table
    products: Table
    marks: Table
    buyers: Table
    contacts: Table
    prices: Table
    rates: Table
    teams: Table
    places: Table
    processes: list[Process]
    withdrawn: Withdrawals
    deals: NDArray[np.object_]
    deal_keys: NDArray[np.bytes_]
    external: NDArray[np.object_]
    members: list[UUID]
    customers: list[UUID]
    baskets: list[tuple[int, ...]]
    product_keys: list[str]
    stages: list[str]
    process_keys: list[str]
    territories: list[str]
    currencies: list[str]
    questions: list[str]
    supports: list[str]
    category_keys: list[str]
    _newest: LatelyUsed[int] = field(default_factory=lambda: LatelyUsed(MOST_MOMENTS, one_each), init=False)

    @cached_property
    def products_of_baskets(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Where the products of each basket begin (and, at the end, how many there are), and all products."""
        counts = [len(basket) for basket in self.baskets]
        products = [product for basket in self.baskets for product in basket]
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), np.array(products, np.int32)

    @cached_property
    def to_be_folded(self) -> NDArray[np.bool_]:
        """The deals of which some last fact is not found without folding them."""
        found = np.zeros(len(self.deals), np.bool_)
        for name in LAST_ASKED:
            found[lasting(getattr(self, name), self.openings).others] = True
        return found

    @cached_property
    def spans(self) -> Spans:
        """From when until when deals were open, or ended."""
        from projections.forecasting.spans import Spans

        place, rest = ("spans", len(self.deals), len(self.stages)), self.course.derived
        found: Spans | None = rest.get(place)
        if found is None or found.openings is not self.openings:  # they stay where facts of other kinds come
            found = rest[place] = Spans(self)
        return found

    def days(self, table: str, moments: str, zone: str) -> Days:
        """The company's days of a table's `occurred` or `when`, worked out once."""
        facts: Table = getattr(self, table)
        found: Days | None = facts.derived.get((moments, zone))
        if found is None:
            found = facts.derived[moments, zone] = days_of(getattr(facts, moments), zone)
        return found

    def changed(self, after: int, until: int) -> bool:
        """Whether what counts became another after a moment and until another (microseconds since 1970)."""
        tables = (getattr(self, each.name) for each in fields(self))
        of_processes = (moment for each in self.processes for moment in (each.when, each.occurred))
        return (
            any(after < moment <= until for moment in of_processes)
            or self.withdrawn.changed(after, until)
            or any(each.changed(after, until) for each in tables if isinstance(each, Table))
        )

    def newest(self, at: int, known_at: int) -> int:
        """The newest position that says something of what counted at a moment (microseconds since 1970)."""
        found = self._newest.get((at, known_at))
        if found is None:
            tables = (getattr(self, each.name) for each in fields(self))
            found = max(each.newest(at, known_at) for each in tables if isinstance(each, Table))
            self._newest.put((at, known_at), found)
        return found
