"""`kams targets`: sales targets (销售目标), what was won against them, and setting one."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import output, sheets_targets
from api.cli.asking import AsOf, Csv, Json, KnownAt, NoWait, opened
from api.cli.options import Note, On, none_of
from domain.language.amounts import shown_amount
from domain.language.catalogue import say

if TYPE_CHECKING:
    from api.cli.session import System
    from projections.attainment import Attainment
    from projections.targets import TargetLine, TargetsAnswer
    from projections.view import View

YEARS = re.compile(r"(\d{4})(?:-(\d{4}))?")
HEADER = ["", "year", "Q1", "Q2", "Q3", "Q4", "target", "won", "share", "gap", "against pace"]
CHANGES_SHOWN = 10


def add(app: typer.Typer) -> None:
    """Add `kams targets`."""
    group = typer.Typer()
    group.callback(invoke_without_command=True)(targets)
    group.command("set")(set_target)
    app.add_typer(group, name="targets")


def targets(
    context: typer.Context,
    by: Annotated[str, typer.Option("--by", metavar="WHAT", help="owner, territory, product or account.")] = "owner",
    years: Annotated[
        str, typer.Option("--years", help="Fiscal years: 2025-2027, or 2026; else the last, this and the next.")
    ] = "",
    only: Annotated[
        str, typer.Option("--only", metavar="KEY", help="Only this owner, territory, product or account.")
    ] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many lines.")] = 100,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """Targets and attainment (目标完成) by quarter: target, won, what is missing, and how it goes.

    Won is what the forecast calls closed: signed amounts at the rate of the day on which they were won. A quarter that
    runs is ahead by what was won less what its target expects by today, by working days. JSON and CSV have every figure
    with the positions of the events behind it, and what targets were before they were changed.
    """
    if context.invoked_subcommand is not None:
        return
    from api.names import member_names
    from domain.policies.sales_target import TargetScope
    from projections.targets import targets as ask

    if by not in set(TargetScope):
        raise none_of(by, TargetScope, "--by")
    found = YEARS.fullmatch(years)
    if years and not found:
        raise typer.BadParameter(say("state fiscal years such as 2025-2027, or 2026"), param_hint="--years")
    with opened(as_of, known_at, no_wait) as (made, view):
        wanted = (int(found[1]), int(found[2] or found[1])) if found else None
        answer = ask(view, TargetScope(by), wanted, only=[_key(made, view, by, only)] if only else ())
        answer.cut(limit)
        if by == TargetScope.OWNER:
            names = {str(key): name for key, name in member_names(made.journal, view).items()}
            for line in answer.lines:
                line.name = names.get(line.key, line.name)
        show(answer, json, csv)


def _key(made: System, view: View, scope: str, text: str) -> str:
    """The key of whom a person names: an owner or account by id, external id or name. Raises NotFound."""
    from api.names import find_account, find_member

    if scope == "owner":
        return str(find_member(made.journal, view, text))
    return str(view.leads_to(find_account(view, text))) if scope == "account" else text


def show(answer: TargetsAnswer, json: bool, csv: bool) -> None:
    """A row per line and year; JSON and CSV have everything."""
    if json:
        output.print_json(answer)
        return
    if csv:
        output.print_csv(*sheets_targets.targets(answer))
        return
    lines = [*answer.lines, *([answer.whole] if len(answer.lines) != 1 else [])]
    if not answer.lines:
        output.say("No targets recorded, and nothing won in these years.")
        return
    title = say(
        "Targets and what was won of them, in {currency}; by quarter the share",
        currency=answer.currency or say("no currency"),
    )
    output.print_table(title, HEADER, [row for line in lines for row in _rows(answer, line)])
    _show_changes(answer)
    if answer.not_shown:
        output.say(say("{not_shown} more lines: state --limit.", not_shown=answer.not_shown))
    for currency, count in sorted(answer.missing_rates.items()):
        words = "{count} amounts in {currency} are left out: no exchange rate of their day."
        output.say(say(words, count=count, currency=currency))


def _rows(answer: TargetsAnswer, line: TargetLine) -> list[list[Any]]:
    """The years of a line in which there is a target, or anything was won."""
    rows: list[list[Any]] = []
    for n, year in enumerate(line.years):
        if year.target is None and not year.won:
            continue
        quarters = line.quarters[n * 4 : n * 4 + 4]
        running = [each for each in quarters if each.first <= answer.as_of.date() <= each.last]
        ahead = next((each.ahead for each in running if each.ahead is not None), None)
        name = (line.name or line.key or say("none")) if line is not answer.whole else say("all")
        cells = [_cell(answer, each) for each in quarters]
        rows.append(["" if rows else name, year.period, *cells, _whole(year.target), _whole(year.won), _share(year),
                     _whole(year.gap), "" if ahead is None else _signed(ahead)])  # fmt: skip
    return rows


def _cell(answer: TargetsAnswer, one: Attainment) -> str:
    """The share of a quarter's target; what was won where there is none, nothing of what has not begun."""
    if one.target is None:
        return shown_amount(round(one.won)) if one.won else "—"
    return _share(one) if one.first <= answer.as_of.date() or one.won else ""


def _share(one: Attainment) -> str:
    return "" if one.attainment is None else f"{one.attainment * 100:.0f} %"


def _whole(amount: Decimal | None) -> str:
    return "" if amount is None else shown_amount(round(amount))


def _signed(amount: Decimal) -> str:
    return f"{'+' if amount > 0 else ''}{shown_amount(round(amount))}"


def _show_changes(answer: TargetsAnswer) -> None:
    """What targets were before they were changed."""
    changes = [(line, quarter, each) for line in answer.lines for quarter in line.quarters for each in quarter.before]
    for line, quarter, each in changes[:CHANGES_SHOWN]:
        output.say(
            say(
                "{period} of {name}: {amount} {currency} were set on {day:%Y-%m-%d}, and changed since.",
                period=quarter.period, name=line.name or line.key, amount=shown_amount(each.amount),
                currency=each.currency, day=each.set_at,
            )
        )  # fmt: skip
    if len(changes) > CHANGES_SHOWN:
        output.say(say("{count} more changes: --csv or --json.", count=len(changes) - CHANGES_SHOWN))


def set_target(
    scope: Annotated[str, typer.Argument(metavar="WHAT", help="owner, territory, product or account.")],
    key: Annotated[str, typer.Argument(metavar="KEY", help="Whose: id, external id or name; else a key.")],
    period: Annotated[str, typer.Argument(metavar="QUARTER", help="A fiscal quarter: 2026-Q4.")],
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help="What shall be won in it.")],
    currency: Annotated[str, typer.Option("--currency", help="Of the amount; else the company's.")] = "",
    on: On = None,
    note: Note = None,
    json: Json = False,
    no_wait: NoWait = False,
) -> None:
    """Set what shall be won in a quarter (设定目标). A change keeps the old target beside the new one. For admins."""
    from api.cli.calling import Counter, Stated
    from domain.policies.sales_target import SalesTarget, TargetScope

    if scope not in set(TargetScope):
        raise none_of(scope, TargetScope, "WHAT")
    with opened(None, None, no_wait) as (made, view):
        money = {"amount": str(_number(amount)), "currency": currency or view.currency}
        body = {"scope": scope, "key": _key(made, view, scope, key), "period": period, "amount": money}
        given = Counter(made).give(SalesTarget, "set_target", {}, body, Stated(on, note))
    if json:
        output.print_json(given)
    elif given.positions:
        output.say(say("Set, position {position}.", position=given.position))
    else:
        output.say("Unchanged: it was the target already.")


def _number(text: str) -> Decimal:
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation:
        raise typer.BadParameter(say("state a number such as 250000"), param_hint="AMOUNT") from None
