"""The balance of both sides as people and machines read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.cli import output
from api.cli.funnel_output import stamp
from domain.language.amounts import shown_amount
from domain.language.catalogue import in_context, say, term

if TYPE_CHECKING:
    from projections.balance_answer import AccountBalance, BalanceAnswer, Commitments, Contribution, Count, Sum

NAME_WIDTH = 24
SHOWN = 6
HEADER = (
    "account",
    "external id",
    "name",
    "given",
    "acknowledged",
    "cost",
    "received",
    "revenue",
    "margin",
    "our commitments",
    "kept by us",
    "late by us",
    "broken by us",
    "overdue by us",
    "their commitments",
    "kept by them",
    "late by them",
    "broken by them",
    "overdue by them",
    "joint activities",
    "needs open",
    "needs met",
    "needs dropped",
    "gifts",
    "currency",
)


def show(answer: BalanceAnswer, one: bool, json: bool, csv: bool) -> None:
    """All accounts, a line each; one account with everything of it."""
    if json:
        output.print_json(answer)
    elif csv:
        output.print_csv(HEADER, ([*_line(each), answer.currency] for each in answer.accounts))
    elif not answer.accounts:
        output.console().print(say("No value, commitments, joint activities, needs, gifts or purchases recorded."))
    else:
        since = say(" since {since}", since=answer.since) if answer.since else ""
        title = say("Balance of both sides{since} as of {stamp}", since=since, stamp=stamp(answer))
        if one:
            _show_one(title, answer.accounts[0])
        else:
            _show_all(title, answer)
        for currency, number in answer.missing_rates.items():
            output.say(
                say(
                    "No exchange rate for {currency}: {number} of the amounts are in no sum.",
                    currency=currency,
                    number=number,
                )
            )


def _line(one: AccountBalance) -> list[Any]:
    return [
        *(one.account, one.external_id, one.name),
        *(one.given.total, one.given.acknowledged.amount, one.given.cost.amount, one.received.total),
        *(one.purchases.revenue.amount, one.purchases.margin.amount),
        *_ends(one.ours),
        *_ends(one.theirs),
        *(len(one.activities), one.needs.open.count, one.needs.met.count, one.needs.dropped.count),
        one.gifts.declared.amount,
    ]


def _ends(side: Commitments) -> list[int]:
    return [each.count for each in (side.made, side.kept, side.kept_late, side.broken, side.overdue)]


def _show_all(title: str, answer: BalanceAnswer) -> None:
    header = ["account", "given", "received", "revenue", "our promises", "theirs", "joint", "open needs"]
    rows = [
        (
            output.cut(one.name, NAME_WIDTH),
            one.given.total,
            one.received.total,
            one.purchases.revenue.amount,
            _promises(one.ours),
            _promises(one.theirs),
            len(one.activities),
            one.needs.open.count,
        )
        for one in answer.accounts
    ]
    output.print_table(title, header, rows)


def _promises(side: Commitments) -> str:
    """Such as `3 kept of 5, 1 overdue`."""
    if not side.made.count and not side.open.count and not side.kept.count and not side.broken.count:
        return "–"
    overdue = say(", {count} overdue", count=side.overdue.count) if side.overdue.count else ""
    return say("{kept} kept of {made}{overdue}", kept=side.kept.count, made=side.made.count, overdue=overdue)


def _show_one(title: str, one: AccountBalance) -> None:
    output.console().print(f"[bold]{title}[/bold]")
    output.print_table(
        one.name, ["", "from us", "from the customer", "positions"], _contributions(one.given, one.received)
    )
    output.print_table(
        "Purchases", ["", in_context("balance", "number"), "without amount", "amount", "positions"], _purchases(one)
    )
    output.print_table("Commitments", ["", "ours", "theirs", "positions"], _commitments(one))
    if one.activities:
        header = ["joint activity", "status", "from us", "from the customer", "from partners", "attended", "positions"]
        output.print_table("Joint activities", header, _activities(one))
    output.print_table("Needs and gifts", ["", in_context("balance", "number"), "positions"], _needs(one))


def _contributions(ours: Contribution, theirs: Contribution) -> list[list[Any]]:
    sides = [{each.kind: each.value for each in side.by_kind} for side in (ours, theirs)]
    of_kinds = [
        _both(f"  {term('ValueKind', kind.value)}", *(side.get(kind) for side in sides))
        for kind in sorted({*sides[0], *sides[1]})
    ]
    return [
        _both("value given", ours.value, theirs.value),
        *of_kinds,
        _both("acknowledged", ours.acknowledged, theirs.acknowledged),
        _both("what it cost", ours.cost, theirs.cost),
        _both("put into joint activities", ours.inputs, theirs.inputs),
        ["total", shown_amount(ours.total), shown_amount(theirs.total), ""],
    ]


def _both(label: str, ours: Sum | None, theirs: Sum | None) -> list[Any]:
    behind = [position for side in (ours, theirs) if side for position in side.positions]
    return [label, _sum(ours), _sum(theirs), _positions(sorted(set(behind)))]


def _sum(found: Sum | None) -> str:
    """Such as `1,200.00 (2, 1 without a worth)`."""
    if not found or not found.count:
        return "–"
    unvalued = say(", {unvalued} without a worth", unvalued=found.unvalued) if found.unvalued else ""
    return f"{shown_amount(found.amount)} ({found.count}{unvalued})"


def _purchases(one: AccountBalance) -> list[list[Any]]:
    found = (("revenue", one.purchases.revenue), ("margin", one.purchases.margin))
    return [[label, each.count, each.unvalued, each.amount, _positions(each.positions)] for label, each in found]


def _commitments(one: AccountBalance) -> list[list[Any]]:
    rows = []
    for label in ("made", "kept", "kept_late", "broken", "open", "overdue"):
        ours: Count = getattr(one.ours, label)
        theirs: Count = getattr(one.theirs, label)
        behind = _positions(sorted(ours.positions + theirs.positions))
        rows.append([say(label.replace("_", " ")), ours.count, theirs.count, behind])
    return rows


def _activities(one: AccountBalance) -> list[list[Any]]:
    return [
        [
            output.cut(each.title, NAME_WIDTH),
            term("JointActivityStatus", each.status.value),
            *(_put_in(side.worth, side.days, side.kinds) for side in (each.us, each.customer, each.partner)),
            each.attendance,
            _positions(each.positions),
        ]
        for each in one.activities
    ]


def _put_in(worth: Any, days: Any, kinds: list[str]) -> str:
    """Such as `5,000.00, 3 days (money, time)`."""
    said = [shown_amount(worth)] if worth else []
    said += [say("{days:f} days", days=days.normalize())] if days else []
    return f"{', '.join(said)} ({', '.join(term('InputKind', kind) for kind in kinds)})".strip() if kinds else "–"


def _needs(one: AccountBalance) -> list[list[Any]]:
    found = {
        "needs recorded": one.needs.recorded,
        "open": one.needs.open,
        "met": one.needs.met,
        "dropped": one.needs.dropped,
        say("gifts, {amount}", amount=shown_amount(one.gifts.declared.amount)): one.gifts.declared,
        "gifts above the limit": one.gifts.above_limit,
    }
    return [[label, each.count, _positions(each.positions)] for label, each in found.items()]


def _positions(positions: list[int]) -> str:
    return ", ".join(map(str, positions[:SHOWN])) + (" …" if len(positions) > SHOWN else "") or "–"
