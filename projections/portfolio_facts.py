"""What the portfolio is made of: scores, purchases and key status of many customers as of two clocks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.policies.calendar import day_of
from domain.policies.selection_model import Grades, SelectionModel
from projections.accounts import ACCOUNTS
from projections.buying_facts import reporting_currency
from projections.buying_figures import converted, volume_of
from projections.deals import rates_now, start_of
from projections.engine import ReadModel, as_of_sql
from projections.key_accounts import KeyStatus, key_statuses, months_after
from projections.purchase_sums import Sums, purchase_sums
from projections.purchase_volumes import PURCHASE_VOLUMES
from projections.purchases import PURCHASES
from projections.reporting import Rates, purchases_valued
from projections.scores import SCORES, numbers_of
from projections.view import View

DAY, YEAR = timedelta(days=1), timedelta(days=365)
LONG_AGO = date(1901, 1, 1)


class Period(msgspec.Struct, frozen=True):
    """The days whose purchases count, both included, and the first day of as long a period before."""

    first: date
    last: date
    before: date


class Score(msgspec.Struct, frozen=True):
    """How a customer was scored: by which edition, 0 to 10 per criterion, and shares of what it buys where stated."""

    edition: int
    at: datetime
    scores: dict[str, Decimal]
    grades: Grades
    wallet_share: Decimal | None
    rival_share: Decimal | None
    position: int


class Customer(msgspec.Struct):
    """A customer, with all accounts merged into it. Amounts are in the reporting currency, each purchase at the rate
    of its day; `margin` is None where no purchase states one; `revenue_of_year` is that of the last 365 days, `volume`
    what the customer buys in a year; `without_rate` counts documents in currencies that have none."""

    account: UUID
    external_id: str
    name: str
    manager: UUID | None
    currency: str = ""
    status: KeyStatus | None = None
    score: Score | None = None
    revenue: Decimal = Decimal(0)
    margin: Decimal | None = None
    revenue_before: Decimal = Decimal(0)
    revenue_of_year: Decimal = Decimal(0)
    volume: Decimal | None = None
    volume_position: int | None = None
    bought: list[int] = msgspec.field(default_factory=list)
    bought_before: list[int] = msgspec.field(default_factory=list)
    without_rate: dict[str, int] = msgspec.field(default_factory=dict)


def period_of_model(view: View, model: SelectionModel) -> Period:
    """The months of the model that end with the day asked about, and as many before."""
    last = day_of(view.policies.company, view.clock.as_of)
    first = months_after(last, -model.period_months) + timedelta(days=1)
    return Period(first, last, months_after(last, -2 * model.period_months) + timedelta(days=1))


def customers(view: View, model: SelectionModel, period: Period, *, positions: bool = True) -> dict[UUID, Customer]:
    """The customers that the asker may see, by the account that goes on; without `positions` the events behind what
    they bought are left out."""
    return _Loading(view, reporting_currency(view), positions=positions).read(model, period)


def bought(view: View, period: Period) -> dict[UUID, Customer]:
    """The customers with what they bought alone, without the events behind it."""
    loading = _Loading(view, reporting_currency(view), positions=False)
    loading.bought(period)
    return loading.found


_BOUGHT = """
select account, case when rate is null then currency end, count(*),
    coalesce(sum(value) filter (where at >= %(first)s), 0), sum(value_of_margin) filter (where at >= %(first)s),
    coalesce(sum(value) filter (where at >= %(before)s and at < %(first)s), 0),
    coalesce(sum(value) filter (where at >= %(of_year)s), 0){positions}
from valued group by 1, 2 order by 1, 2"""
_POSITIONS = """,
    array_agg(cause order by cause) filter (where at >= %(first)s),
    array_agg(cause order by cause) filter (where at >= %(before)s and at < %(first)s)"""


class _Loading:
    """The facts while they are read: one query per kind of row."""

    def __init__(self, view: View, currency: str, *, positions: bool = True) -> None:
        self._view, self._currency, self._positions = view, currency, positions
        self._visible = view.visible_accounts()
        self.found: dict[UUID, Customer] = {}
        self._own_scores: dict[UUID, bool] = {}
        for key, external_id, name, manager, own in self._rows(
            ACCOUNTS, "key, external_id, name, manager, currency", "key"
        ):
            if view.leads_to(key) == key:
                self.found[key] = Customer(key, external_id, name, manager, own)

    def read(self, model: SelectionModel, period: Period) -> dict[UUID, Customer]:
        """Everything."""
        self._scores(model)
        self.bought(period)
        self._volumes()
        for account, status in key_statuses(self._view).items():
            if customer := self.found.get(account):
                customer.status = status
        return self.found

    def _of(self, account: UUID) -> Customer | None:
        return self.found.get(self._view.leads_to(account))

    def _scores(self, model: SelectionModel) -> None:
        """The score of the account that goes on, else the newest of those merged into it."""
        columns = "account, edition, at, scores, grades, wallet_share, rival_share, cause"
        for account, *told in sorted(
            self._rows(SCORES, columns, "account", "model = %(of)s", of=model.key), key=lambda row: row[2]
        ):
            customer = self._of(account)
            if customer and (account == customer.account or not self._is_own(customer)):
                edition, at, scores, grades, wallet_share, rival_share, cause = told
                shares = (wallet_share, rival_share)
                customer.score = Score(edition, at, numbers_of(scores), _grades(grades), *shares, cause)
                self._own_scores[customer.account] = account == customer.account

    def _is_own(self, customer: Customer) -> bool:
        return self._own_scores.get(customer.account, False)

    def bought(self, period: Period) -> None:
        """Read what they bought."""
        days = {"first": period.first, "before": period.before, "of_year": max(period.last, LONG_AGO) - YEAR + DAY}
        dated = {name: start_of(self._view, day) for name, day in days.items()}
        sums = None if self._positions else purchase_sums(self._view, self._currency, list(dated.values()))
        if sums is None:
            self._bought_by_rows(dated)
            return
        for each in sums:
            if customer := self._of(each.account):
                _add(customer, each)

    def _bought_by_rows(self, dated: dict[str, datetime]) -> None:
        """With the events behind, or with those that have no rate."""
        asked = _BOUGHT.format(positions=_POSITIONS if self._positions else "")
        around = purchases_valued("{rows}", self._currency) + asked
        since = min(dated["before"], dated["of_year"])
        zone = self._view.policies.company.time_zone
        more = Rates(self._view, self._currency).parameters | dated | {"since": since, "zone": zone}
        columns, where = "account, at, currency, revenue, margin, cause", "at >= %(since)s"
        for account, lacking, count, *told in self._rows(PURCHASES, columns, "account", where, around, **more):
            if (customer := self._of(account)) is None:
                continue
            if lacking is not None:
                customer.without_rate[lacking] = customer.without_rate.get(lacking, 0) + count
                continue
            revenue, margin, before, of_year, *positions = told
            customer.revenue += revenue
            customer.margin = _plus(customer.margin, margin)
            customer.revenue_before += before
            customer.revenue_of_year += of_year
            if positions:
                now, then = positions
                customer.bought = sorted([*customer.bought, *(now or [])])
                customer.bought_before = sorted([*customer.bought_before, *(then or [])])

    def _volumes(self) -> None:
        """An account's own; where it states none, that of one merged into it."""
        rates = rates_now(self._view) | {self._currency: Decimal(1)}
        own: set[UUID] = set()
        for account, stated, cause in self._rows(PURCHASE_VOLUMES, "account, stated, cause", "account"):
            customer = self._of(account)
            told = volume_of(stated, customer.currency or self._currency) if customer else None
            volume = converted(*told, rates) if told else None
            if customer and volume and customer.account not in own:
                customer.volume, customer.volume_position = volume, cause
                own.update([account] if account == customer.account else [])

    def _rows(
        self, model: ReadModel, columns: str, account: str, where: str = "", around: str = "{rows}", **more: Any
    ) -> Iterator[tuple[Any, ...]]:
        seen = f"{account} = any(%(visible)s)" if self._visible is not None else ""
        sql = as_of_sql(model, columns, " and ".join(each for each in (seen, where) if each), only_open=True)
        parameters = self._view.parameters(visible=self._visible, **more)
        return iter(self._view.connection.execute(around.replace("{rows}", sql).encode(), parameters).fetchall())


def _add(customer: Customer, sums: Sums) -> None:
    """Let a customer have bought what one of its accounts did."""
    for currency, count in sums.without_rate.items():
        customer.without_rate[currency] = customer.without_rate.get(currency, 0) + count
    if sums.revenues is not None:
        revenue, with_before, of_year = sums.revenues
        customer.revenue += revenue
        customer.margin = _plus(customer.margin, sums.margin)
        customer.revenue_before += with_before - revenue
        customer.revenue_of_year += of_year


def _plus(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    """Their sum; None where neither is known."""
    return other if one is None else one + (other or 0)


def _grades(texts: list[str]) -> Grades:
    found: Grades = {}
    for place, share in numbers_of(texts).items():
        criterion, _, grade = place.rpartition("/")
        found.setdefault(criterion, {})[grade] = share
    return found
