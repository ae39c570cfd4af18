"""What buying behaviour is computed from: the facts of many accounts as of two clocks, a query per kind of row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.aggregate import BEGINNING, END_OF_TIME
from domain.money import rounded
from domain.policies.calendar import day_end
from projections.accounts import ACCOUNTS
from projections.buying_figures import Bought, Invoice
from projections.contacts import CONTACTS
from projections.deals import half_even, rate_ranges, start_of
from projections.engine import ReadModel, as_of_sql
from projections.payments import PAYMENTS
from projections.purchase_volumes import PURCHASE_VOLUMES
from projections.purchases import PURCHASES
from projections.view import View
from projections.visits import VISITS


class Served(msgspec.Struct):
    """What we did for an account within the period: visits (`minutes` of those that state them) and contacts."""

    visits: int = 0
    minutes: int = 0
    visits_without_minutes: int = 0
    contacts: int = 0
    positions: list[int] = msgspec.field(default_factory=list)


class BuyingFacts(msgspec.Struct):
    """An account and all that its buying behaviour is made of; amounts in the reporting currency."""

    account: UUID
    external_id: str
    name: str
    currency: str
    bought: list[Bought] = msgspec.field(default_factory=list)
    invoices: list[Invoice] = msgspec.field(default_factory=list)
    volume: tuple[str, int] | None = None
    served: Served = msgspec.field(default_factory=Served)
    without_rate: dict[str, int] = msgspec.field(default_factory=dict)


class Rates:
    """Dated rates to the reporting currency, as of the view's clocks."""

    def __init__(self, view: View, currency: str) -> None:
        self.currency = currency
        self.ranges = [each for each in rate_ranges(view) if each[0] != currency]
        self.ranges.append((currency, BEGINNING, END_OF_TIME, Decimal(1)))

    def at(self, currency: str, moment: datetime) -> Decimal | None:
        """What one unit was worth at a moment; None where that is not known."""
        found = (rate for code, starts, ends, rate in self.ranges if code == currency and starts <= moment < ends)
        return next(found, None)

    @property
    def parameters(self) -> dict[str, Any]:
        """For the CTE `rate` of the query."""
        currencies, starts, ends, rates = (list(column) for column in zip(*self.ranges, strict=True))
        return {"rate_currencies": currencies, "rates_from": starts, "rates_to": ends, "rates": rates}


def reporting_currency(view: View) -> str:
    """The company's, or else the only one in which anything was bought or is to be paid; else empty."""
    if view.currency:
        return view.currency
    sql = " union ".join(f"select currency from {model.table} where kind = 1" for model in (PURCHASES, PAYMENTS))
    found = [currency for (currency,) in view.connection.execute(sql.encode())]
    return found[0] if len(found) == 1 else ""


_BOUGHT = """
with bought as ({rows}),
rate as (select * from unnest(%(rate_currencies)s::text[], %(rates_from)s::timestamptz[], %(rates_to)s::timestamptz[],
    %(rates)s::numeric[]) rate(currency, starts, ends, rate)),
dated as (select bought.*, (at at time zone %(zone)s)::date as day, (date_trunc('day', at at time zone %(zone)s)
    + interval '1 day') at time zone %(zone)s - interval '1 us' as valued_at from bought),
raw as (select dated.*, r.rate, revenue * r.rate as raw_revenue, margin * r.rate as raw_margin from dated
    left join rate r on r.currency = dated.currency and valued_at >= r.starts and valued_at < r.ends),
valued as (select raw.*, {revenue} as value, {margin} as value_of_margin from raw)
select account, day, product_line, case when rate is null then currency end, sum(value),
    coalesce(sum(value_of_margin), 0), coalesce(sum(value) filter (where margin is not null), 0),
    bool_or(revenue > 0), count(*), array_agg(cause order by cause)
from valued group by 1, 2, 3, 4 order by 1, 2, 3"""

_VISITED = """
select account, count(*), coalesce(sum(minutes), 0), count(*) filter (where minutes is null),
    array_agg(cause order by cause) from ({rows}) v group by account"""

_IN_CONTACT = "select account, count(*), array_agg(cause order by cause) from ({rows}) c group by account"


class _Loading:
    """The facts while they are read."""

    def __init__(self, view: View, accounts: list[UUID] | None, currency: str, first: date) -> None:
        self._view = view
        self._rates = Rates(view, currency)
        self._of = "account = any(%(accounts)s)" if accounts is not None else ""
        self._parameters = view.parameters(
            accounts=accounts, zone=view.policies.company.time_zone, first=start_of(view, first)
        )
        where = "key = any(%(accounts)s)" if accounts is not None else ""
        self.facts = {
            key: BuyingFacts(key, external_id, name, own)
            for key, external_id, name, own in self._rows(ACCOUNTS, "key, external_id, name, currency", where)
        }

    def read(self) -> dict[UUID, BuyingFacts]:
        """Everything."""
        self._bought()
        self._invoices()
        self._volumes()
        self._served()
        return self.facts

    def _bought(self) -> None:
        currency = self._rates.currency
        around = _BOUGHT.replace("{revenue}", half_even("raw_revenue", currency))
        around = around.replace("{margin}", half_even("raw_margin", currency))
        columns = "account, at, currency, product_line, revenue, margin, cause"
        for account, day, line, without_rate, revenue, margin, with_margin, real, count, causes in self._rows(
            PURCHASES, columns, self._of, around, **self._rates.parameters
        ):
            if (facts := self.facts.get(account)) is None:
                continue
            if without_rate is not None:
                facts.without_rate[without_rate] = facts.without_rate.get(without_rate, 0) + count
                continue
            facts.bought.append(Bought(day, line, revenue, margin, with_margin, real, count, tuple(causes)))

    def _invoices(self) -> None:
        """Paid ones at the rate of the day of payment, open ones at that of `as_of`."""
        company, now = self._view.policies.company, self._view.clock.as_of
        for account, amount, currency, due_on, paid_on, cause in self._rows(
            PAYMENTS, "account, amount, currency, due_on, paid_on, cause", self._of
        ):
            if (facts := self.facts.get(account)) is None:
                continue
            rate = self._rates.at(currency, min(now, day_end(company, paid_on)) if paid_on else now)
            if rate is None:
                facts.without_rate[currency] = facts.without_rate.get(currency, 0) + 1
            else:
                value = rounded(amount * rate, self._rates.currency)
                facts.invoices.append(Invoice(value, due_on, paid_on, cause))

    def _volumes(self) -> None:
        for account, stated, cause in self._rows(PURCHASE_VOLUMES, "account, stated, cause", self._of):
            if stated.strip() and (facts := self.facts.get(account)):
                facts.volume = stated, cause

    def _served(self) -> None:
        held = self._and("status = 'logged' and at >= %(first)s")
        for account, count, minutes, unknown, causes in self._rows(VISITS, "account, minutes, cause", held, _VISITED):
            if facts := self.facts.get(account):
                facts.served = Served(count, int(minutes), unknown, 0, causes)
        for account, count, causes in self._rows(CONTACTS, "account, cause", self._and("at >= %(first)s"), _IN_CONTACT):
            if facts := self.facts.get(account):
                facts.served.contacts = count
                facts.served.positions = sorted([*facts.served.positions, *causes])

    def _and(self, condition: str) -> str:
        return f"{self._of} and {condition}" if self._of else condition

    def _rows(
        self, model: ReadModel, columns: str, where: str, around: str = "{rows}", **more: Any
    ) -> Iterator[tuple[Any, ...]]:
        sql = around.replace("{rows}", as_of_sql(model, columns, where, only_open=True))
        return iter(self._view.connection.execute(sql.encode(), self._parameters | more))


def buying_facts(view: View, account: UUID | None, currency: str, first: date) -> list[BuyingFacts]:
    """The facts of the accounts that the asker may see, or of one of them, as of the view's clocks.

    An account that is not there, or that the asker may not see, is not among them.
    """
    visible = view.visible_accounts()
    if account is not None:
        visible = [account] if visible is None or account in visible else []
    return list(_Loading(view, visible, currency, first).read().values())
