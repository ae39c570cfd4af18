"""What a week did to opportunities, for the digest: moved, won, lost, put off, and what is to close this month."""

from __future__ import annotations

import enum
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import msgspec

from domain.policies.calendar import period
from projections.accounts import ACCOUNTS
from projections.bridge_causes import steps_of
from projections.deals import Filters, deals_sql
from projections.engine import as_of_sql
from projections.opportunities import FUNNEL
from projections.view import View


class DealChange(enum.StrEnum):
    """What happened to an opportunity in the week, or is to happen."""

    WON = "won"
    LOST = "lost"
    DISQUALIFIED = "disqualified"
    NEW = "new"
    MOVED = "moved"
    PUSHED = "pushed"
    CLOSING = "closing"


class DealLine(msgspec.Struct):
    """An opportunity and what happened to it. `amount` is in the reporting currency: what was signed where it was won,
    else what is expected; None where a rate or price is missing. `stage_before` is where it stood a week ago, where it
    has moved; `close_before` the expected close of then, where it was put off. `positions` are the events of the week
    behind it, or, of what is only to close, the newest. Title and external id are put in at the door."""

    change: DealChange
    opportunity: UUID
    account: UUID | None
    name: str
    owner: UUID | None
    process: str
    stage: str
    stage_before: str
    amount: Decimal | None
    close_on: date | None
    close_before: date | None
    positions: list[int]
    title: str = ""
    external_id: str = ""


class _Stood(NamedTuple):
    stage: str
    pushes: int
    close_on: date | None


_COLUMNS = (
    "key, account, owner, process, stage, outcome, opened > %(then)s, pushes, close_on,"
    " case when outcome = 'won' then signed_value else value end, cause"
)


def deals_of_week(then: View, now: View, today: date) -> list[DealLine]:
    """The opportunities that the asker may see to which something happened between two views, and the open ones that
    are to close from `today` to the end of its month: won first, each kind by amount."""
    month = period(now.policies.company, f"{today:%Y-%m}")
    sql, parameters = deals_sql(now, Filters(), also="(outcome = '' or closed > %(then)s)", more=", cause")
    parameters |= {"then": then.clock.as_of}
    rows = now.connection.execute(f"{sql} select {_COLUMNS} from valued".encode(), parameters).fetchall()
    before = _stood(then, [row[0] for row in rows])
    lines = []
    for key, account, owner, process, stage, outcome, is_new, pushes, close_on, amount, cause in rows:
        known = before.get(key)
        for change in _changes(outcome, is_new, known, _Stood(stage, pushes, close_on), (today, month.last)):
            moved = change is DealChange.MOVED and known is not None
            pushed = change is DealChange.PUSHED and known is not None
            lines.append(
                DealLine(
                    change=change, opportunity=key, account=now.leads_to(account) if account else None, name="",
                    owner=owner, process=process, stage=stage, stage_before=known.stage if moved and known else "",
                    amount=now.money(amount) if amount is not None else None, close_on=close_on,
                    close_before=known.close_on if pushed and known else None, positions=[cause],
                )
            )  # fmt: skip
    _name(then, now, lines)
    order = list(DealChange)
    return sorted(lines, key=lambda one: (order.index(one.change), -(one.amount or 0), one.name, one.opportunity))


def _changes(
    outcome: str, is_new: bool, before: _Stood | None, after: _Stood, days: tuple[date, date]
) -> list[DealChange]:
    """What happened to one opportunity; one that has ended says only how."""
    if outcome:
        return [DealChange(outcome)]
    found = [DealChange.NEW] if is_new else []
    if before and before.stage != after.stage:
        found.append(DealChange.MOVED)
    if before and after.pushes > before.pushes:
        found.append(DealChange.PUSHED)
    if after.close_on and days[0] <= after.close_on <= days[1]:
        found.append(DealChange.CLOSING)
    return found


def _stood(view: View, keys: list[UUID]) -> dict[UUID, _Stood]:
    sql = as_of_sql(FUNNEL, "key, stage, pushes, close_on", "key = any(%(keys)s)")
    rows = view.connection.execute(sql.encode(), view.parameters(keys=keys))
    return {key: _Stood(stage, pushes, close_on) for key, stage, pushes, close_on in rows}


def _name(then: View, now: View, lines: list[DealLine]) -> None:
    """Put in the customers' names, and the events of the week."""
    sql = as_of_sql(ACCOUNTS, "key, name", "key = any(%(accounts)s)")
    accounts = [line.account for line in lines if line.account]
    names: dict[UUID | None, str] = dict(
        now.connection.execute(sql.encode(), now.parameters(accounts=accounts)).fetchall()
    )
    changed = {line.opportunity for line in lines if line.change is not DealChange.CLOSING}
    steps = steps_of(now, FUNNEL, ("stage", "outcome", "pushes"), changed, then.clock.as_of)
    for line in lines:
        line.name = names.get(line.account, "")
        if line.change is not DealChange.CLOSING and line.opportunity in steps:
            line.positions = [position for position, _ in steps[line.opportunity]]
