"""What buying behaviour is computed from: the facts of many accounts as of two clocks, a query per kind of row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.money import rounded
from domain.policies.calendar import day_end, day_of
from projections.accounts import ACCOUNTS
from projections.buying_figures import Bought, Invoice
from projections.contacts import CONTACTS
from projections.deals import start_of
from projections.engine import ReadModel, as_of_sql
from projections.payments import PAYMENTS
from projections.purchase_volumes import PURCHASE_VOLUMES
from projections.purchases import PURCHASES
from projections.reporting import Rates, purchases_valued
from projections.value_given import VALUES
from projections.view import View
from projections.visits import VISITS


class CostToServe(msgspec.Struct):
    """What an account cost us within the period: visits (`minutes` of those that state them), contacts, and value
    given to it in the reporting currency, at what it cost us, or else at what it is worth to the customer."""

    visits: int = 0
    minutes: int = 0
    visits_without_minutes: int = 0
    contacts: int = 0
    value_given: Decimal = Decimal(0)
    positions: list[int] = msgspec.field(default_factory=list)


class BuyingFacts(msgspec.Struct):
    """An account, with those merged into it, and all that its buying behaviour is made of; amounts in the reporting
    currency."""

    account: UUID
    external_id: str
    name: str
    currency: str
    bought: list[Bought] = msgspec.field(default_factory=list)
    invoices: list[Invoice] = msgspec.field(default_factory=list)
    volume: tuple[str, int] | None = None
    cost: CostToServe = msgspec.field(default_factory=CostToServe)
    without_rate: dict[str, int] = msgspec.field(default_factory=dict)


def reporting_currency(view: View) -> str:
    """The company's, or else the only one in which anything was bought or is to be paid; else empty."""
    if view.currency:
        return view.currency
    sql = " union ".join(f"select currency from {model.table} where kind = 1" for model in (PURCHASES, PAYMENTS))
    found = [currency for (currency,) in view.connection.execute(sql.encode())]
    return found[0] if len(found) == 1 else ""


_BOUGHT = """
select account, day, product_line, case when rate is null then currency end, sum(value),
    coalesce(sum(value_of_margin), 0), coalesce(sum(value) filter (where margin is not null), 0),
    bool_or(revenue > 0), count(*), array_agg(cause order by cause)
from valued group by 1, 2, 3, 4 order by 1, 2, 3"""


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
            if key not in view.merged
        }

    def read(self) -> dict[UUID, BuyingFacts]:
        """Everything."""
        self._bought()
        self._invoices()
        self._volumes()
        self._costs()
        return self.facts

    def _bought(self) -> None:
        around = purchases_valued("{rows}", self._rates.currency) + _BOUGHT
        columns = "account, at, currency, product_line, revenue, margin, cause"
        for account, day, line, without_rate, revenue, margin, with_margin, real, count, causes in self._rows(
            PURCHASES, columns, self._of, around, **self._rates.parameters
        ):
            if (facts := self._facts(account)) is None:
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
            if facts := self._facts(account):
                value = self._value(facts, amount, currency, day_end(company, paid_on) if paid_on else now)
                if value is not None:
                    facts.invoices.append(Invoice(value, due_on, paid_on, cause))

    def _volumes(self) -> None:
        """An account's own; where it states none, that of one merged into it."""
        for account, stated, cause in self._rows(PURCHASE_VOLUMES, "account, stated, cause", self._of):
            if stated.strip() and (facts := self._facts(account)) and (not facts.volume or account == facts.account):
                facts.volume = stated, cause

    def _costs(self) -> None:
        visited = self._and("status = 'logged' and at >= %(first)s")
        for account, minutes, cause in self._rows(VISITS, "account, minutes, cause", visited):
            if facts := self._facts(account):
                facts.cost.visits += 1
                facts.cost.minutes += minutes or 0
                facts.cost.visits_without_minutes += minutes is None
                facts.cost.positions.append(cause)
        for account, cause in self._rows(CONTACTS, "account, cause", self._and("at >= %(first)s")):
            if facts := self._facts(account):
                facts.cost.contacts += 1
                facts.cost.positions.append(cause)
        self._value_given()
        for facts in self.facts.values():
            facts.cost.positions.sort()

    def _value_given(self) -> None:
        amount_of = "coalesce(cost, worth), case when cost is null then worth_currency else cost_currency end"
        ours = self._and("given_by = 'us' and given >= %(first)s")
        for account, given, amount, currency, cause in self._rows(VALUES, f"account, given, {amount_of}, cause", ours):
            if amount is None or (facts := self._facts(account)) is None:
                continue
            value = self._value(facts, amount, currency, given)
            if value is not None:
                facts.cost.value_given += value
                facts.cost.positions.append(cause)

    def _value(self, facts: BuyingFacts, amount: Decimal, currency: str, at: datetime) -> Decimal | None:
        """An amount at the rate of the end of its day, or of `as_of` where that is earlier; counted where there is
        no rate."""
        company = self._view.policies.company
        moment = min(self._view.clock.as_of, day_end(company, day_of(company, at)))
        rate = self._rates.at(currency, moment)
        if rate is None:
            facts.without_rate[currency] = facts.without_rate.get(currency, 0) + 1
            return None
        return rounded(amount * rate, self._rates.currency)

    def _facts(self, account: UUID) -> BuyingFacts | None:
        return self.facts.get(self._view.leads_to(account))

    def _and(self, condition: str) -> str:
        return f"{self._of} and {condition}" if self._of else condition

    def _rows(
        self, model: ReadModel, columns: str, where: str, around: str = "{rows}", **more: Any
    ) -> Iterator[tuple[Any, ...]]:
        sql = around.replace("{rows}", as_of_sql(model, columns, where, only_open=True))
        return iter(self._view.connection.execute(sql.encode(), self._parameters | more))


def buying_facts(view: View, account: UUID | None, currency: str, first: date) -> list[BuyingFacts]:
    """The facts of the accounts that the asker may see, or of one of them, as of the view's clocks; merged accounts
    are one.

    An account that is not there, or that the asker may not see, is not among them.
    """
    visible = view.visible_accounts()
    if account is not None:
        together = view.together(view.leads_to(account))
        visible = [each for each in together if visible is None or each in visible]
    return list(_Loading(view, visible, currency, first).read().values())
