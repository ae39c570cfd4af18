"""`kams forecast bridge`: how one forecast of a period became another."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import output
from api.cli.asking import (
    AccountKey,
    Csv,
    Json,
    NoWait,
    Owner,
    ProductKey,
    Territory,
    filters_of,
    up_to_date,
    view_at,
)  # fmt: skip
from domain.language.catalogue import say

if TYPE_CHECKING:
    from projections.forecast_bridge import ForecastBridge

MOST_SHOWN = 40
COLUMNS = ("opportunity", "external_id", "kind", "amount", "p_before", "p_after", "positions")


def add(group: typer.Typer) -> None:
    """Add the command."""
    group.command("bridge")(bridge)


def bridge(
    period: Annotated[
        str | None, typer.Option("--period", metavar="P", help="2017-Q4, 2017-10, 2017 or A..B; else the quarter.")
    ] = None,
    since: Annotated[str | None, typer.Option("--from", metavar="T", help="The first forecast: as of then.")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="T", help="The second forecast; now if not stated.")] = None,
    known_from: Annotated[
        str | None, typer.Option("--known-from", metavar="T|POSITION", help="What the first one knew.")
    ] = None,
    known_to: Annotated[
        str | None, typer.Option("--known-to", metavar="T|POSITION", help="What the second one knew.")
    ] = None,
    owner: Owner = "",
    territory: Territory = "",
    product: ProductKey = "",
    account: AccountKey = "",
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """How the expected revenue (预期收入) of a period went from one forecast to another, to the cent, per opportunity.

    Expected is what is won in the period, and each open deal by its chance of being won in it. The bridge of
    `kams funnel --bridge` explains open amounts instead, and `kams audit diff` the categories of a forecast.
    """
    if since is None and known_from is None:
        raise typer.BadParameter("state --from, or --known-from", param_hint="--from")
    from api.cli.forecasting.learning import learned_at
    from projections.forecast import current_period
    from projections.forecast_bridge import forecast_bridge

    with (
        up_to_date(no_wait) as (made, asker),
        view_at(made, to, known_to, asker.visibility) as now,
        view_at(made, since or to, known_from or known_to, asker.visibility) as then,
    ):
        filters = filters_of(made, now, owner, territory, product, account)
        before, after = learned_at(made, then), learned_at(made, now)
        answer = forecast_bridge(then, now, before, after, period or current_period(now), filters)
    if json:
        output.print_json(answer)
    elif csv:
        rows = ([*(getattr(item, name) for name in COLUMNS[:-1]), _joined(item.positions)] for item in answer.items)
        output.print_csv([*COLUMNS, "currency"], ([*row, answer.currency] for row in rows))
    else:
        show(answer)


def _joined(positions: list[int]) -> str:
    return " ".join(map(str, positions))


def show(answer: ForecastBridge) -> None:
    """The steps, and the opportunities that moved most."""
    from api.cli.funnel_output import stamp
    from api.cli.zones import local_with_zone

    title = say(
        "Expected revenue of {period} from {since} to {stamp}",
        period=answer.period,
        since=local_with_zone(answer.since),
        stamp=stamp(answer),
    )
    rows: list[list[object]] = [["start", answer.start]]
    rows += [[kind.replace("_", " "), amount] for kind, amount in answer.steps.items() if amount]
    output.print_table(title, ["", "amount"], [*rows, ["end", answer.end]])
    items = sorted(answer.items, key=lambda item: (-abs(item.amount), item.external_id, item.kind))
    if items:
        header = ["opportunity", "step", "amount", "chance before", "after"]
        lines = [
            [item.external_id or str(item.opportunity), say(item.kind.replace("_", " ")), item.amount,
             _percent(item.p_before), _percent(item.p_after)]
            for item in items[:MOST_SHOWN]
        ]  # fmt: skip
        output.print_table("\nWhat moved it", header, lines)
    if len(items) > MOST_SHOWN:
        output.console().print(say("… and {count} more: --json or --csv lists all.", count=len(items) - MOST_SHOWN))
    if answer.missing:
        output.console().print(say("{count} amounts without a rate are in no sum.", count=answer.missing))


def _percent(chance: float | None) -> str:
    return "" if chance is None else f"{Decimal(str(chance)):.0%}"
