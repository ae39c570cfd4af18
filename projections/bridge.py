"""The bridge between two moments: what became of the open amount, opportunity by opportunity, to the cent.

end = start + new + reopened + increased + moved_in + revalued − decreased − moved_out − lost − disqualified − won
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from domain.errors import Refused
from domain.money import rounded
from projections.bridge_causes import Causes
from projections.deals import Filters, Missing, deals_sql, rates_now
from projections.funnel import ZERO
from projections.kept_answers import Grain, kept
from projections.view import Answer, View

ADDED = ("new", "reopened", "increased", "moved_in", "revalued")
TAKEN = ("decreased", "moved_out", "lost", "disqualified", "won")


class CurrencyChanged(Refused):
    """The reporting currency was {then} at the start and is {now} at the end: a bridge needs one and the same, ask
    for a stretch of time that has one."""


class Item(msgspec.Struct):
    """What one opportunity contributes to one kind of change, with the positions of the events behind it: of its
    own, or of the rates, list prices and assignments by which it was revalued or moved."""

    opportunity: UUID
    kind: str
    amount: Decimal
    positions: list[int] = msgspec.field(default_factory=list)


class BridgeAnswer(Answer, kw_only=True):
    """A bridge in the reporting currency, from `since` to `as_of`. `revalued` is signed (rates, list prices);
    `signed` is what was signed for those in `won`. Amounts in `missing_rates` and `missing_prices` count as 0."""

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
    missing_rates: dict[str, int] = msgspec.field(default_factory=dict)
    missing_prices: dict[str, int] = msgspec.field(default_factory=dict)


class Deal(msgspec.Struct, frozen=True):
    """An opportunity at one end of the bridge; `value` is in the reporting currency, 0 where it is not known."""

    outcome: str
    opened: datetime
    account: UUID | None
    owner: UUID | None
    amount: Decimal | None
    currency: str
    products: tuple[str, ...]
    value: Decimal
    signed: Decimal

    @property
    def open(self) -> bool:
        """Whether it is still open."""
        return self.outcome == ""


Deals = dict[UUID, Deal]
Change = tuple[str, Decimal]


def bridge(then: View, now: View, filters: Filters | None = None) -> BridgeAnswer:
    """What changed from one view to another; both know the same. What was opened, or entered the filter, and was
    closed in between counts as both.

    Raises CurrencyChanged where the reporting currency is another."""
    one_currency(then, now)
    asked, since = filters or Filters(), then.clock.as_of
    ask = partial(_bridge, then, now, asked)
    return kept(now, "bridge", BridgeAnswer, ask, asked, since, grain=Grain.FACTS)


def _bridge(then: View, now: View, filters: Filters) -> BridgeAnswer:
    lacking = Missing()
    before = deals_of(then, filters, lacking, only_open=True)
    after = deals_of(now, filters, lacking, only_open=True)
    after |= deals_of(
        now, filters, lacking, also="outcome <> '' and closed > %(then)s and closed <= %(as_of)s", then=then.clock.as_of
    )
    entered, gone = [*(after.keys() - before.keys())], [*(before.keys() - after.keys())]
    outside = deals_of(then, Filters(), Missing(), also="key = any(%(keys)s)", keys=entered) if entered else {}
    answer = contributions(then, now, before, after, outside)
    answer.missing_rates, answer.missing_prices = lacking.rates, lacking.prices
    moved = deals_of(now, Filters(), Missing(), also="key = any(%(keys)s)", keys=gone) if gone else {}
    changed = {item.opportunity for item in answer.items}
    old, new = ({key: deals[key] for key in changed & deals.keys()} for deals in (before | outside, moved | after))
    causes = Causes(now, then.clock.as_of, filters, old, new)
    for item in answer.items:
        item.positions = causes.of(item.opportunity, item.kind)
    return answer


def one_currency(then: View, now: View) -> None:
    """Raises CurrencyChanged where the reporting currency is another."""
    if then.currency and then.currency != now.currency:
        raise CurrencyChanged(then=then.currency, now=now.currency)


def contributions(then: View, now: View, before: Deals, after: Deals, outside: Deals) -> BridgeAnswer:
    """A bridge from what the filter holds open at the start to what it holds at the end, closed ones included;
    `outside` is what the others were at the start."""
    answer = BridgeAnswer(**now.head(), since=then.clock.as_of)
    rates = rates_now(then)
    for key in sorted(before.keys() | after.keys()):
        new = after.get(key)
        for kind, amount in changes(before.get(key), new, outside.get(key), then.clock.as_of, rates, now.currency):
            if kind == "won" and new:
                answer.signed += new.signed
            if amount:
                answer.items.append(Item(key, kind, amount))
                setattr(answer, kind, getattr(answer, kind) + amount)
    answer.start, answer.end = open_amount(before), open_amount(after)
    for name in (*ADDED, *TAKEN, "start", "end", "signed"):
        setattr(answer, name, now.money(getattr(answer, name)))
    return answer


def changes(
    old: Deal | None,
    new: Deal | None,
    elsewhere: Deal | None,
    then: datetime,
    rates: dict[str, Decimal],
    currency: str,
) -> list[Change]:
    """The contributions of one opportunity. `old` is what the filter holds open at the start, `new` what it holds
    at the end, `elsewhere` what the opportunity was at the start where the filter did not hold it open."""
    if old and new:
        return [*_revised(old, new, rates, currency), *_left(new)]
    if old:
        return [("moved_out", old.value)]
    if new:
        return [(_entered(elsewhere, new, then), new.value), *_left(new)]
    return []


def _left(new: Deal) -> list[Change]:
    return [] if new.open else [(new.outcome, new.value)]


def _entered(elsewhere: Deal | None, new: Deal, then: datetime) -> str:
    if elsewhere is None or new.opened > then:
        return "new"
    return "moved_in" if elsewhere.open else "reopened"


def _revised(old: Deal, new: Deal, rates: dict[str, Decimal], currency: str) -> list[Change]:
    """How an amount that stayed in the filter changed: by its revision at the rate of the start; the rest by rates
    and list prices."""
    difference = new.value - old.value
    if new.amount is None or (new.amount, new.currency) == (old.amount, old.currency):
        return [("revalued", difference)]
    rate = rates.get(new.currency)
    own = difference if rate is None else rounded(new.amount * rate, currency) - old.value
    return [("increased" if own > 0 else "decreased", abs(own)), ("revalued", difference - own)]


def open_amount(deals: Deals) -> Decimal:
    """What the open ones are worth."""
    return sum((deal.value for deal in deals.values() if deal.open), ZERO)


_COLUMNS = (
    "key, outcome, opened, account, owner, amount, currency, products, value, signed_value,"
    " unvalued, unpriced, unsigned"
)


def deals_of(
    view: View, filters: Filters, lacking: Missing, *, only_open: bool = False, also: str = "", **more: Any
) -> Deals:
    """Opportunities by key; `lacking` counts the amounts that are not known."""
    sql, parameters = deals_sql(view, filters, only_open=only_open, also=also)
    parameters |= more
    rows = view.connection.execute(f"{sql} select {_COLUMNS} from valued".encode(), parameters).fetchall()
    for *_, unvalued, unpriced, unsigned in rows:
        lacking.count(unvalued or unsigned, unpriced, 1)
    return {
        key: Deal(
            outcome, opened, account, owner, amount, currency, tuple(products or ()), value or ZERO, signed or ZERO
        )
        for key, outcome, opened, account, owner, amount, currency, products, value, signed, *_ in rows
    }
