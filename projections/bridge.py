"""The bridge between two moments: what became of the open amount, opportunity by opportunity, to the cent.

end = start + new + reopened + increased + moved_in + revalued − decreased − moved_out − lost − disqualified − won
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.money import rounded
from projections.deals import Filters, deals_sql
from projections.funnel import ZERO
from projections.opportunities import FUNNEL
from projections.view import KnownAt, View

ADDED = ("new", "reopened", "increased", "moved_in", "revalued")
TAKEN = ("decreased", "moved_out", "lost", "disqualified", "won")


class Item(msgspec.Struct):
    """What one opportunity contributes to one kind of change, with the positions of the events behind it."""

    opportunity: UUID
    kind: str
    amount: Decimal
    positions: list[int] = msgspec.field(default_factory=list)


class BridgeAnswer(msgspec.Struct, kw_only=True):
    """A bridge in the reporting currency. `revalued` is signed (rates, list prices); `signed` stands beside `won`."""

    as_of: datetime
    known_at: KnownAt
    complete: bool
    scope: str
    currency: str
    since: datetime
    start: Decimal = ZERO
    new: Decimal = ZERO
    reopened: Decimal = ZERO
    increased: Decimal = ZERO
    moved_in: Decimal = ZERO
    revalued: Decimal = ZERO
    decreased: Decimal = ZERO
    moved_out: Decimal = ZERO
    lost: Decimal = ZERO
    disqualified: Decimal = ZERO
    won: Decimal = ZERO
    end: Decimal = ZERO
    signed: Decimal = ZERO
    items: list[Item] = msgspec.field(default_factory=list)


class Deal(msgspec.Struct, frozen=True):
    """An opportunity at one end of the bridge; `value` is in the reporting currency, None where nothing is known."""

    open: bool
    outcome: str
    opened: datetime
    amount: Decimal | None
    currency: str
    value: Decimal
    signed: Decimal


def bridge(then: View, now: View, filters: Filters | None = None) -> BridgeAnswer:
    """What changed from one view to another; both know the same. Deals opened and closed in between count as new
    and as what became of them."""
    filters = filters or Filters()
    before, after = _deals(then, filters), _deals(now, filters)
    outside_before = _deals(then, Filters(), [*(after.keys() - before.keys())])
    answer = BridgeAnswer(**now.head(), since=then.clock.as_of)
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        elsewhere = outside_before.get(key)
        for kind, amount in changes(old, new, elsewhere, then=then.clock.as_of, currency=now.currency):
            answer.items.append(Item(key, kind, amount))
            setattr(answer, kind, getattr(answer, kind) + amount)
        if new and new.outcome == "won" and (old is None or old.open):
            answer.signed += new.signed
    for name in (*ADDED, *TAKEN, "signed"):
        setattr(answer, name, now.money(getattr(answer, name)))
    answer.start = now.money(sum((deal.value for deal in before.values() if deal.open), ZERO))
    answer.end = now.money(sum((deal.value for deal in after.values() if deal.open), ZERO))
    _add_positions(then, now, answer.items)
    return answer


def changes(
    old: Deal | None,
    new: Deal | None,
    elsewhere: Deal | None,
    *,
    then: datetime,
    currency: str,
) -> list[tuple[str, Decimal]]:
    """The contributions of one opportunity. `old` and `new` are what the filter holds at both ends; `elsewhere`
    what the opportunity was at the start where the filter did not hold it."""
    if old and old.open:
        if new is None:
            return _without_zero([("moved_out", old.value)])
        kept = _revised(old, new, currency)
        return _without_zero([*kept, *([] if new.open else [(new.outcome, new.value)])])
    if new is None:
        return []
    before = old or elsewhere
    if new.open:
        return _without_zero([(_entered(before, new, then), new.value)])
    entered_and_left = before is None or new.opened > then
    return _without_zero([("new", new.value), (new.outcome, new.value)]) if entered_and_left else []


def _entered(before: Deal | None, new: Deal, then: datetime) -> str:
    if before is None or new.opened > then:
        return "new"
    return "moved_in" if before.open else "reopened"


def _revised(old: Deal, new: Deal, currency: str) -> list[tuple[str, Decimal]]:
    """The change of an amount that stayed in the filter: in its own currency at the old rate, the rest revalued."""
    difference = new.value - old.value
    stated = new.amount is not None and (new.amount, new.currency) != (old.amount, old.currency)
    if not stated:
        return [("revalued", difference)]
    own = difference
    if old.amount and new.amount is not None and old.currency == new.currency:
        own = rounded(new.amount * old.value / old.amount, currency) - old.value
    kind = "increased" if own > 0 else "decreased"
    return [(kind, abs(own)), ("revalued", difference - own)]


def _without_zero(found: list[tuple[str, Decimal]]) -> list[tuple[str, Decimal]]:
    return [(kind, amount) for kind, amount in found if amount]


def _deals(view: View, filters: Filters, keys: list[UUID] | None = None) -> dict[UUID, Deal]:
    if keys is not None and not keys:
        return {}
    sql, parameters = deals_sql(view, filters, territory=False)
    sql += "select key, outcome, opened, amount, currency, value, signed_value from valued"
    if keys is not None:
        sql += " where key = any(%(keys)s)"
        parameters["keys"] = keys
    rows = view.connection.execute(sql.encode(), parameters).fetchall()
    return {
        key: Deal(outcome == "", outcome, opened, amount, currency, value or ZERO, signed or ZERO)
        for key, outcome, opened, amount, currency, value, signed in rows
    }


def _add_positions(then: View, now: View, items: list[Item]) -> None:
    """The events between the two moments, from the versions that they made; a revaluation has none of its own."""
    moved = sorted({item.opportunity for item in items})
    sql = (
        f"select key, cause from {FUNNEL.table} where key = any(%(keys)s) and known_from <= %(known_at)s"
        " and valid_from > %(then)s and valid_from <= %(as_of)s"
        f" union select key, cause from {FUNNEL.history} where key = any(%(keys)s) and known_from <= %(known_at)s"
        " and retracted_at > %(known_at)s and valid_from > %(then)s and valid_from <= %(as_of)s order by 1, 2"
    )
    parameters: dict[str, Any] = now.parameters(keys=moved, then=then.clock.as_of)
    found: dict[UUID, list[int]] = {}
    for key, cause in now.connection.execute(sql.encode(), parameters):
        found.setdefault(key, []).append(cause)
    for item in items:
        item.positions = found.get(item.opportunity, [])
