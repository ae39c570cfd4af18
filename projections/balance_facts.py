"""What the balance of both sides is made of: rows of dealings as of two clocks, each with the events behind it."""

from __future__ import annotations

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
from domain.decodable import decodable
from projections.commitments import COMMITMENTS, CommitmentStatus
from projections.engine import ReadModel, as_of_sql
from projections.gifts import GIFTS
from projections.joint_activities import JOINT_ACTIVITIES, JointActivityStatus
from projections.needs import NEEDS, NeedStatus
from projections.purchases import PURCHASES
from projections.reporting import Rates, purchases_valued
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
        found = msgspec.convert(row, decodable(fact))
        if not view.goes_on_elsewhere(found.account, found.item):
            yield found


def bought(view: View, accounts: list[UUID] | None, since: datetime | None) -> Iterator[BoughtFact]:
    """Purchases up to the view's moment, of some accounts or of all, each at the rate of its day."""
    wanted = ["at >= %(since)s"] if since else []
    wanted += ["account = any(%(accounts)s)"] if accounts is not None else []
    held = as_of_sql(PURCHASES, "account, at, revenue, margin, currency, cause", " and ".join(wanted))
    sql = purchases_valued(held, view.currency) + _BOUGHT
    more = {"accounts": accounts, "since": since, "zone": view.policies.company.time_zone}
    parameters = view.parameters(**more, **Rates(view).parameters)
    for row in view.connection.execute(sql.encode(), parameters):
        yield msgspec.convert(row, decodable(BoughtFact))


_BOUGHT = """
select account, array_agg(cause order by cause), currency, rate is not null, count(*), coalesce(sum(value), 0),
    count(*) filter (where margin is not null), coalesce(sum(value_of_margin), 0)
from valued group by account, currency, rate is not null order by account, currency, rate is not null
"""
