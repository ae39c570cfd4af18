"""What the balance of both sides is made of: rows of dealings as of two clocks, each with the events behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

import msgspec

from domain.account.commitments import CommitmentKind
from domain.account.dealings import Side
from domain.account.joint_activities import JointActivityKind
from domain.account.value import ValueKind
from domain.account.visits import ObjectiveMet
from domain.policies.calendar import day_end, day_of
from projections.commitments import COMMITMENTS, CommitmentStatus
from projections.deals import half_even, rate_ranges
from projections.engine import ReadModel, as_of_sql
from projections.gifts import GIFTS
from projections.joint_activities import JOINT_ACTIVITIES, JointActivityStatus
from projections.needs import NEEDS, NeedStatus
from projections.purchases import PURCHASES
from projections.value_given import VALUES
from projections.versions import versions_sql
from projections.view import View

D = TypeVar("D", bound="Dealing")


class Fact(msgspec.Struct, array_like=True):
    """A row of an account, with the positions of all events behind it."""

    account: UUID
    positions: list[int]


class Dealing(Fact):
    """Something between the two sides, under its own identifier."""

    item: UUID


class NeedFact(Dealing):
    """A need: how far it is, and since when."""

    status: NeedStatus
    recorded: datetime
    ended: datetime | None


class ValueFact(Dealing):
    """What one side did for the other, and what it is worth to whom."""

    value_kind: ValueKind
    given_by: Side
    given: datetime
    worth: Decimal | None
    worth_currency: str
    cost: Decimal | None
    cost_currency: str
    acknowledged: datetime | None
    acknowledged_worth: Decimal | None
    acknowledged_currency: str


class CommitmentFact(Dealing):
    """A promise and its end."""

    commitment_kind: CommitmentKind
    made_by: Side
    status: CommitmentStatus
    made: datetime
    due_on: date
    ended: datetime | None


class GiftFact(Dealing):
    """A gift and its worth."""

    given: datetime
    worth: Decimal
    currency: str
    above_limit: bool


class ActivityFact(Dealing):
    """A joint activity and what each side puts in."""

    activity_kind: JointActivityKind
    status: JointActivityStatus
    title: str
    proposed: datetime
    started: datetime | None
    concluded: datetime | None
    aim_met: ObjectiveMet | None
    attendance: int | None
    currency: str
    us_worth: Decimal
    us_days: Decimal
    us_kinds: list[str]
    customer_worth: Decimal
    customer_days: Decimal
    customer_kinds: list[str]
    partner_worth: Decimal
    partner_days: Decimal
    partner_kinds: list[str]


class BoughtFact(Fact):
    """What an account bought in one currency, in the reporting currency: `documents` with its `revenue`, and those of
    them that state a `margin`. Where `valued` is false there is no rate, and both are 0."""

    currency: str
    valued: bool
    documents: int
    revenue: Decimal
    margins: int
    margin: Decimal


MODELS: dict[type[Dealing], tuple[ReadModel, str]] = {
    NeedFact: (NEEDS, "need"),
    ValueFact: (VALUES, "value"),
    CommitmentFact: (COMMITMENTS, "commitment"),
    GiftFact: (GIFTS, "gift"),
    ActivityFact: (JOINT_ACTIVITIES, "activity"),
}
"""The rows of each kind, and the column that holds the identifier."""


def facts_of(view: View, fact: type[D], accounts: list[UUID] | None) -> Iterator[D]:
    """The rows of one kind as of the view's clocks, of some accounts or of all; once, where one of a merged account
    goes on under another identifier."""
    (model, item), where = MODELS[fact], "account = any(%(accounts)s)" if accounts is not None else ""
    columns = ", ".join([item, *fact.__struct_fields__[3:]])
    behind = versions_sql(model, "account", where or "true")
    sql = (
        f"select account, positions, {columns} from ({as_of_sql(model, f'key, account, {columns}', where)}) held join"
        f" (select key, array_agg(distinct cause order by cause) as positions from ({behind}) version group by key)"
        " behind using (key) order by positions"
    )
    for row in view.connection.execute(sql.encode(), view.parameters(accounts=accounts)):
        found = msgspec.convert(row, fact)
        if not view.goes_on_elsewhere(found.account, found.item):
            yield found


def bought(view: View, accounts: list[UUID] | None, since: datetime | None) -> Iterator[BoughtFact]:
    """Purchases up to the view's moment, of some accounts or of all, each at the rate of its day."""
    wanted = ["at >= %(since)s"] if since else []
    wanted += ["account = any(%(accounts)s)"] if accounts is not None else []
    held = as_of_sql(PURCHASES, "account, at, revenue, margin, currency, cause", " and ".join(wanted))
    sql = _BOUGHT.format(
        held=held, revenue=half_even("revenue", view.currency), margin=half_even("margin", view.currency)
    )
    rates = rate_ranges(view)
    parameters = view.parameters(
        accounts=accounts,
        since=since,
        zone=view.policies.company.time_zone,
        rate_currencies=[currency for currency, _, _, _ in rates],
        rates_from=[starts for _, starts, _, _ in rates],
        rates_to=[ends for _, _, ends, _ in rates],
        rates=[rate for _, _, _, rate in rates],
    )
    for row in view.connection.execute(sql.encode(), parameters):
        yield msgspec.convert(row, BoughtFact)


_BOUGHT = """
with rate as (select * from unnest(%(rate_currencies)s::text[], %(rates_from)s::timestamptz[],
    %(rates_to)s::timestamptz[], %(rates)s::numeric[]) rate(currency, starts, ends, rate)),
dated as (select held.*, (date_trunc('day', at at time zone %(zone)s) + interval '1 day') at time zone %(zone)s
    - interval '1 us' as valued_at from ({held}) held),
raw as (select account, cause, dated.currency, rate is not null as valued, dated.revenue * rate as revenue,
    dated.margin * rate as margin, dated.margin is not null as states_margin
    from dated left join rate r on r.currency = dated.currency and valued_at >= r.starts and valued_at < r.ends)
select account, array_agg(cause order by cause), currency, valued, count(*), coalesce(sum({revenue}), 0),
    count(*) filter (where states_margin), coalesce(sum({margin}), 0)
from raw group by account, currency, valued order by account, currency, valued
"""
"""Each document is rounded before it is added."""


class Valuation:
    """Amounts in the reporting currency, each at the last rate of its day and rounded; counts those without one."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._company = view.policies.company
        self._rates: dict[str, list[tuple[datetime, datetime, Decimal]]] = {}
        for currency, starts, ends, rate in rate_ranges(view):
            self._rates.setdefault(currency, []).append((starts, ends, rate))
        self.missing: Counter[str] = Counter()

    def worth(self, amount: Decimal | None, currency: str, moment: datetime) -> Decimal | None:
        """The amount, or None where there is none, or no rate."""
        if amount is None:
            return None
        valued_at = day_end(self._company, day_of(self._company, moment))
        for starts, ends, rate in self._rates.get(currency, []):
            if starts <= valued_at < ends:
                return self._view.money(amount * rate)
        self.missing[currency] += 1
        return None
