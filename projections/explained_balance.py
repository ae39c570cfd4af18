"""The balance of both sides explained: what was given, promised, needed and done behind each of its figures."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from domain.account.value import ValueKind
from domain.decodable import decodable
from projections.balance import Balances, accounts_of
from projections.balance_answer import AccountBalance, Contribution, Count, Sum, empty_balance
from projections.balance_facts import (
    MODELS,
    ActivityFact,
    CommitmentFact,
    Dealing,
    GiftFact,
    NeedFact,
    ValueFact,
)
from projections.balance_reckoning import Reckoning
from projections.explained import Explanation, one_of
from projections.explained_deals import FIRST_PAGE, Page
from projections.explained_sums import Asked, Part, Row, asked_of, explain_sum, one_by_one
from projections.purchases import PURCHASES
from projections.view import View

GIVEN = ("total", "value", "acknowledged", "cost", "inputs", "input_days")
PROMISES = ("made", "kept", "kept_late", "broken", "open", "overdue")
CELLS = (
    *(f"{side}.{name}" for side in ("given", "received") for name in GIVEN),
    *(f"{side}.{name}" for side in ("ours", "theirs") for name in PROMISES),
    *(f"needs.{name}" for name in ("recorded", "open", "met", "dropped")),
    "gifts.declared",
    "gifts.above_limit",
    "activities",
    "purchases.revenue",
    "purchases.margin",
)
FACTS: dict[str, tuple[type[Dealing], ...]] = {
    "given": (ValueFact, ActivityFact),
    "received": (ValueFact, ActivityFact),
    "ours": (CommitmentFact,),
    "theirs": (CommitmentFact,),
    "needs": (NeedFact,),
    "gifts": (GiftFact,),
    "activities": (ActivityFact,),
}
"""The kinds of facts behind the figures of each name."""
OF_KIND = ("value", "acknowledged")
_BOUGHT = ("account", "at", "revenue", "margin", "currency", "document_no")


class BalanceCell(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of the balance of an account, or of all that the asker sees: one of CELLS; `since` is the first day
    that counts, `kind` takes value of one kind alone."""

    cell: str = "given.total"
    account: UUID | None = None
    since: date | None = None
    kind: str = ""


def explain_balance(view: View, cell: BalanceCell, page: Page = FIRST_PAGE) -> Explanation:
    """Why a figure of the balance is what it is, as of the view's clocks: amounts at the rate of their day, everything
    else counts 1. Raises NotFound for an account that is not there, NotExplained for a figure or kind that is none."""
    one_of("figure of the balance", cell.cell, CELLS)
    head, _, name = cell.cell.partition(".")
    if cell.kind:
        kinds = [kind.value for kind in ValueKind] if head in ("given", "received") and name in OF_KIND else []
        one_of("kind of value", cell.kind, kinds)
    accounts = accounts_of(view, cell.account)
    if cell.account is not None:
        Balances(view, accounts).of(cell.account)
    reckoning = Reckoning(view, cell.since)
    if head == "purchases":
        parts = [_bought(name, reckoning)]
    else:
        parts = [_of_facts(view, cell, kind, reckoning) for kind in FACTS[head]]
    if accounts is not None:
        narrow = {"where": "account = any(%(accounts)s)", "parameters": {"accounts": accounts}}
        parts = [msgspec.structs.replace(part, **narrow) for part in parts]
    return explain_sum(view, Asked("balance", asked_of(cell), _unit(view, head, name), tuple(parts)), page)


def _unit(view: View, head: str, name: str) -> str:
    if name == "input_days":
        return "days"
    is_amount = head in ("given", "received", "purchases") or name == "declared"
    return view.currency if is_amount else "count"


def _of_facts(view: View, cell: BalanceCell, kind: type[Dealing], reckoning: Reckoning) -> Part:
    """Rows of one kind: each alone makes a balance, whose figure is what it adds."""
    model, item = MODELS[kind]
    fields = ("account", item, *kind.__struct_fields__[3:])
    zero = view.money(Decimal(0))

    def measure(row: Row) -> Decimal | None:
        if view.goes_on_elsewhere(row["account"], row[item]):
            return None
        alone = empty_balance(row["account"], "", "", zero)
        reckoning.take(alone, _fact(kind, row))
        return _figure(alone, cell)

    is_amount = _unit(view, *cell.cell.partition(".")[::2]) == view.currency
    amounts = partial(_amounts, cell.cell, kind) if is_amount else None
    named = "title" if kind is ActivityFact else ""
    return Part(model, fields, one_by_one(measure), fields[2:], amounts=amounts, named=named)


def _fact(kind: type[Dealing], row: Row) -> Any:
    account, item, *rest = row.values()
    return msgspec.convert((account, [], item, *rest), decodable(kind))


def _figure(balance: AccountBalance, cell: BalanceCell) -> Decimal | None:
    """What a balance of one fact holds; None where the fact is not in the figure."""
    head, _, name = cell.cell.partition(".")
    part: Any = getattr(balance, head)
    if head == "activities":
        return Decimal(len(part)) if part else None
    if cell.kind:
        part = next((each for each in part.by_kind if each.kind == cell.kind), None)
    held = getattr(part, name) if part else None
    if isinstance(held, Count):
        figure = held.amount if isinstance(held, Sum) else Decimal(held.count)
        return figure if held.count else None
    return _of_side(part, name) if isinstance(part, Contribution) else None


def _of_side(side: Contribution, name: str) -> Decimal | None:
    counts = side.inputs.count + (side.value.count if name == "total" else 0)
    held: Decimal = getattr(side, name)
    return held if counts else None


def _amounts(cell: str, kind: type[Dealing], row: Row) -> list[tuple[str, datetime]]:
    """The currency in which a fact states what counts, and the moment by whose day it is converted."""
    fact, name = _fact(kind, row), cell.partition(".")[2]
    if isinstance(fact, GiftFact):
        return [(fact.currency, fact.given)]
    if isinstance(fact, ActivityFact):
        worth = fact.us_worth if cell.startswith("given") else fact.customer_worth
        return [(fact.currency, fact.started or fact.proposed)] if worth else []
    if name == "acknowledged" and fact.acknowledged_worth is not None:
        return [(fact.acknowledged_currency, fact.acknowledged)]
    if name == "cost":
        return [(fact.cost_currency, fact.given)]
    at = fact.acknowledged if name == "acknowledged" else fact.given
    return [] if fact.worth is None else [(fact.worth_currency, at)]


def _bought(name: str, reckoning: Reckoning) -> Part:
    """Purchases: each document as its newest statement says."""

    def measure(row: Row) -> Decimal | None:
        if reckoning.start is not None and row["at"] < reckoning.start:
            return None
        return reckoning.reporting.amount(row[name], row["currency"], row["at"]) or Decimal(0)

    def amounts(row: Row) -> list[tuple[str, datetime]]:
        return [] if row[name] is None else [(row["currency"], row["at"])]

    return Part(PURCHASES, _BOUGHT, one_by_one(measure), ("at", name, "currency"), amounts=amounts, named="document_no")
