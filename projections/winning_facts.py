"""What the cost of winning is made of: deals, and what was spent, allowed, lent and conceded on them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.opportunity.pursuit import Decision
from domain.policies.calendar import day_of
from projections.concessions import CONCESSIONS
from projections.deals import Filters, deals_sql
from projections.engine import ReadModel, as_of_sql
from projections.opportunities import FUNNEL
from projections.pursuits import PURSUITS
from projections.reporting import Reporting, plain
from projections.resources import RESOURCES
from projections.samples import SAMPLES
from projections.view import View

EFFORTS = (RESOURCES, CONCESSIONS, SAMPLES)
ZERO = Decimal(0)


class Spent(msgspec.Struct, frozen=True):
    """Person-days of a kind in a stage; `cost` is in the reporting currency, None without a rate."""

    kind: str
    stage: str
    person_days: Decimal
    cost: Decimal | None
    own: Decimal
    currency: str


class Allowed(msgspec.Struct, frozen=True):
    """The decision to pursue and its limits; `cost` is in the reporting currency, `own` in its own."""

    decision: Decision
    cost: Decimal | None
    own: Decimal | None
    currency: str
    days: Decimal | None


class Effort(msgspec.Struct):
    """A deal and the effort on it; `worth` are those of its concessions in the reporting currency."""

    opportunity: UUID
    account: UUID | None
    owner: UUID | None
    process: str
    stage: str
    outcome: str
    product: str
    ends_on: date | None
    signed: Decimal | None
    allowed: Allowed | None = None
    spent: list[Spent] = msgspec.field(default_factory=list)
    concessions: int = 0
    for_nothing: int = 0
    conceded: Decimal = ZERO
    samples_out: int = 0
    samples_overdue: int = 0
    positions: list[int] = msgspec.field(default_factory=list)
    won_at: int | None = None

    @property
    def is_effort(self) -> bool:
        """Whether anything was decided, spent, lent or conceded."""
        return bool(self.positions)


class _Loading:
    def __init__(self, view: View, reporting: Reporting) -> None:
        self.view, self.reporting = view, reporting
        self.today = day_of(view.policies.company, view.clock.as_of)
        self.found: dict[UUID, Effort] = {}

    def read(self, filters: Filters, only: UUID | None) -> list[Effort]:
        self._deals(filters, only)
        if self.found:
            self._decisions()
            self._resources()
            self._concessions()
            self._samples()
        return list(self.found.values())

    def _deals(self, filters: Filters, only: UUID | None) -> None:
        """Those with any effort, and what was won; or one alone."""
        keys = [only] if only else self._with_effort()
        wanted = "key = any(%(keys)s)" if only else "(outcome = 'won' or key = any(%(keys)s))"
        sql, parameters = deals_sql(self.view, filters, also=wanted)
        columns = "key, account, owner, process, stage, outcome, products, close_on, closed, signed_value, unsigned"
        rows = self.view.connection.execute(f"{sql} select {columns} from valued".encode(), parameters | {"keys": keys})
        for key, account, owner, process, stage, outcome, products, close_on, closed, signed, unsigned in rows:
            if unsigned:
                self.reporting.count_missing(unsigned)
            ends_on = day_of(self.view.policies.company, closed) if closed else close_on
            product = products[0] if products else ""
            to = self.view.leads_to(account) if account else None
            self.found[key] = Effort(
                key, to, owner, process, stage, outcome, product, ends_on, signed if outcome == "won" else None
            )
        won = [key for key, effort in self.found.items() if effort.outcome == "won"]
        for key, position in self._rows(FUNNEL, "key, cause", "key = any(%(won)s)", won=won) if won else ():
            self.found[key].won_at = position

    def _with_effort(self) -> list[UUID]:
        found = {key for model in EFFORTS for (key,) in self._rows(model, "distinct opportunity")}
        return sorted(found | {key for (key,) in self._rows(PURSUITS, "key")})

    def _decisions(self) -> None:
        columns = "key, decision, decided, cost_allowed, currency, days_allowed, cause"
        for key, decision, decided, limit, currency, days, cause in self._rows(PURSUITS, columns, self._of("key")):
            cost = self.reporting.amount(limit, currency, decided)
            allowed = Allowed(Decision(decision), cost, limit, currency, None if days is None else plain(days))
            self.found[key].allowed = allowed
            self.found[key].positions.append(cause)

    def _resources(self) -> None:
        columns = "opportunity, at, resource, stage, person_days, cost, currency, cause"
        for key, at, kind, stage, days, cost, currency, cause in self._rows(RESOURCES, columns, self._of()):
            converted = self.reporting.amount(cost, currency, at)
            self.found[key].spent.append(Spent(kind, stage, days, converted, cost, currency))
            self.found[key].positions.append(cause)

    def _concessions(self) -> None:
        columns = "opportunity, at, in_return, worth, worth_currency, cause"
        for key, at, in_return, worth, currency, cause in self._rows(CONCESSIONS, columns, self._of()):
            effort = self.found[key]
            effort.concessions += 1
            effort.for_nothing += not in_return
            effort.conceded += self.reporting.amount(worth, currency, at) or ZERO
            effort.positions.append(cause)

    def _samples(self) -> None:
        for key, due_back, returned, cause in self._rows(SAMPLES, "opportunity, due_back, returned, cause", self._of()):
            effort = self.found[key]
            effort.samples_out += returned is None
            effort.samples_overdue += returned is None and due_back < self.today
            effort.positions.append(cause)

    def _of(self, column: str = "opportunity") -> str:
        return f"{column} = any(%(found)s)"

    def _rows(self, model: ReadModel, columns: str, where: str = "", **more: Any) -> Iterator[tuple[Any, ...]]:
        sql = as_of_sql(model, columns.removeprefix("distinct "), where)
        if columns.startswith("distinct "):
            sql = f"select {columns} from ({sql}) r"
        parameters = self.view.parameters(found=list(self.found), **more)
        return iter(self.view.connection.execute(sql.encode(), parameters))


def efforts(view: View, filters: Filters, only: UUID | None, reporting: Reporting) -> list[Effort]:
    """The deals that the filters take and the asker may see: those with any effort, and those won; with `only`, that
    one alone. Accounts are those that go on after merges; `ends_on` is the day of the end, or the expected one."""
    return _Loading(view, reporting).read(filters, only)
