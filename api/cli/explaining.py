"""`kams explain`: the events behind any figure of the funnel and the forecast, and behind any row of any read model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.asking import (
    AccountKey,
    AsOf,
    ByWhat,
    Csv,
    Json,
    KnownAt,
    NoWait,
    Owner,
    ProductKey,
    Territory,
    filters_of,
    group_by,
    opened,
    to_the_cent,
)
from api.cli.explaining_sums import GroupKey, Limit, Order, PeriodKey, Skip, balance, cost, group_of, portfolio, visits
from api.cli.options import day
from domain.language.catalogue import say

if TYPE_CHECKING:
    from uuid import UUID

    from api.cli.session import System
    from projections.explained_deals import Page
    from projections.view import View


def add(app: typer.Typer) -> None:
    """Add the group."""
    explain = typer.Typer(no_args_is_help=True, help="Why a figure is what it is: the events that add up to it.")
    explain.callback()(to_the_cent)
    for command in (
        funnel,
        forecast,
        conversion,
        buying,
        cost,
        balance,
        visits,
        portfolio,
        health,
        row,
        events,
        models,
    ):
        explain.command()(command)
    app.add_typer(explain, name="explain")


def funnel(
    stage: Annotated[str, typer.Option("--stage", metavar="KEY", help="Only this stage; all if not stated.")] = "",
    measure: Annotated[
        str,
        typer.Option(
            "--measure",
            metavar="WHAT",
            help="count, amount, weighted, age, days_in_stage, pushes; cycle of won.",
        ),
    ] = "amount",
    outcome: Annotated[
        str, typer.Option("--outcome", metavar="WHAT", help="open, won, lost or disqualified.")
    ] = "open",
    process: Annotated[str, typer.Option("--process", metavar="KEY", help="Only this sales process.")] = "",
    since: Annotated[
        str | None, typer.Option("--from", metavar="D", help="Won, lost and disqualified count from this day on.")
    ] = None,
    owner: Owner = "",
    territory: Territory = "",
    product: ProductKey = "",
    account: AccountKey = "",
    period: PeriodKey = "",
    by: ByWhat = None,
    group: GroupKey = None,
    order: Order = "amount",
    limit: Limit = 20,
    skip: Skip = 0,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """A figure of the funnel (漏斗): which opportunities add how much to it, and by which events."""
    from api.cli import explained_output
    from api.explaining import told
    from projections.explained_funnel import FunnelCell, explain_funnel

    grouping, one_group, first = group_by(by), group_of(by, group), day("--from", since)
    with opened(as_of, known_at, no_wait) as (made, view):
        filters = filters_of(made, view, owner, territory, product, account, period)
        cell = FunnelCell(
            measure=measure, stage=stage, process=process, outcome=outcome, since=first, by=grouping,
            group=_group(made, view, by, one_group),
        )  # fmt: skip
        answer = told(made.journal, view, explain_funnel(view, cell, filters, _page(limit, skip, order)))
        explained_output.show(answer, json, csv)


def forecast(
    cell: Annotated[
        str,
        typer.Option("--cell", metavar="WHAT", help="closed, commit, best_case, weighted, gap, p50, p_win, …"),
    ] = "commit",
    deal: Annotated[
        str, typer.Option("--deal", metavar="OPPORTUNITY", help="With p_win or p_win_within: of this deal.")
    ] = "",
    period: PeriodKey = "",
    owner: Owner = "",
    territory: Territory = "",
    product: ProductKey = "",
    account: AccountKey = "",
    by: ByWhat = None,
    group: GroupKey = None,
    order: Order = "amount",
    limit: Limit = 20,
    skip: Skip = 0,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """A figure of the forecast (预测): which opportunities and targets add how much to it, and by which events."""
    from api.cli import explained_output
    from api.cli.forecasting.learning import learned_at
    from api.explaining import told
    from api.names import find_opportunity
    from projections.explained_forecast import ForecastCell, explain_forecast
    from projections.explained_learned import LEARNED, explain_learned

    grouping, one_group = group_by(by), group_of(by, group)
    with opened(as_of, known_at, no_wait) as (made, view):
        filters = filters_of(made, view, owner, territory, product, account)
        asked = ForecastCell(cell=cell, period=period, by=grouping, group=_group(made, view, by, one_group))
        if cell in LEARNED:
            one = find_opportunity(made.journal, view, deal) if deal else None
            answer = explain_learned(view, asked, learned_at(made, view), filters, deal=one)
        else:
            answer = told(made.journal, view, explain_forecast(view, asked, filters, _page(limit, skip, order)))
        explained_output.show(answer, json, csv)


def conversion(
    stage: Annotated[str, typer.Argument(metavar="STAGE", help="The key of a stage.")],
    cell: Annotated[
        str, typer.Option("--cell", metavar="WHAT", help="entered, went_on, ended, still_there or days.")
    ] = "entered",
    process: Annotated[str, typer.Option("--process", metavar="KEY", help="Only this sales process.")] = "",
    owner: Owner = "",
    territory: Territory = "",
    product: ProductKey = "",
    account: AccountKey = "",
    period: PeriodKey = "",
    limit: Limit = 20,
    skip: Skip = 0,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """A figure of the conversion: the stays at a stage that it counts, and the events that began and ended them."""
    from api.cli import explained_output
    from api.explaining import told
    from projections.explained_conversion import ConversionCell, explain_conversion

    with opened(as_of, known_at, no_wait) as (made, view):
        filters = filters_of(made, view, owner, territory, product, account, period)
        asked = ConversionCell(stage=stage, cell=cell, process=process)
        answer = told(made.journal, view, explain_conversion(view, asked, filters, _page(limit, skip, "time")))
        explained_output.show(answer, json, csv)


def buying(
    which: Annotated[str, typer.Argument(metavar="[ACCOUNT]", help="Id, external id or name; all if left out.")] = "",
    cell: Annotated[str, typer.Option("--cell", metavar="WHAT", help="revenue, margin or documents.")] = "revenue",
    since: Annotated[
        str | None,
        typer.Option("--from", metavar="D", help="The first day of the period; 365 days up to --as-of if left out."),
    ] = None,
    line: Annotated[
        str | None, typer.Option("--line", metavar="LINE", help="Only purchases of this product line.")
    ] = None,
    order: Order = "amount",
    limit: Limit = 20,
    skip: Skip = 0,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """A figure of buying behaviour (购买行为): the purchases that it adds up, each at the rate of its day."""
    from api.cli import explained_output
    from api.explaining import told
    from api.names import find_account
    from projections.explained_purchases import BuyingCell, explain_buying

    first = day("--from", since)
    with opened(as_of, known_at, no_wait) as (made, view):
        account = find_account(view, which) if which else None
        asked = BuyingCell(cell=cell, account=account, since=first, line=line)
        answer = told(made.journal, view, explain_buying(view, asked, _page(limit, skip, order)))
        explained_output.show(answer, json, csv)


def events(
    positions: Annotated[list[int], typer.Argument(metavar="POSITION…", help="Positions that any answer names.")],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """The events at positions that any answer names: when, by whom, what."""
    from api.cli import explained_output
    from api.explaining import events_at

    with opened(as_of, known_at, no_wait) as (made, view):
        explained_output.show_events(events_at(made.journal, view, positions), json, csv)


def health(
    which: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Id, external id or name.")],
    component: Annotated[
        str, typer.Option("--component", metavar="NAME", help="The events of this component alone.")
    ] = "",
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """The health of an account (关系健康度): the points that each component, its events and the passing of time add."""
    from api.cli import explained_health_output
    from api.explaining import row_key, told_health
    from projections.explained_health import explain_health

    with opened(as_of, known_at, no_wait) as (made, view):
        account = row_key(made.journal, view, "account", which)
        answer = told_health(made.journal, view, explain_health(view, account, component))
        explained_health_output.show(answer, json, csv)


def row(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A read model: `kams explain models` lists them.")],
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="The row's key; of an account, opportunity or member also its name.")
    ],
    field: Annotated[str, typer.Argument(metavar="[FIELD]", help="One of its fields alone.")] = "",
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """A row of a read model: each field with the event that gave it what it holds, and all that changed it."""
    from api.cli import explained_output
    from api.explaining import row_key, told_row
    from projections.explained import NotExplained
    from projections.explained_rows import explain_row, model_named

    try:
        model_named(model)
    except NotExplained as unknown:
        hint = say("opportunities are rows of `funnel`") if model.lower().startswith(("opportunit", "deal")) else ""
        raise typer.BadParameter(f"{unknown} {hint}".strip(), param_hint="MODEL") from None
    with opened(as_of, known_at, no_wait) as (made, view):
        found = row_key(made.journal, view, model, key)
        answer = told_row(made.journal, view, explain_row(view, model, found, field))
        explained_output.show_row(answer, json, csv, whole=bool(field))


def models(
    as_of: AsOf = None, known_at: KnownAt = None, json: Json = False, csv: Csv = False, no_wait: NoWait = False
) -> None:
    """What can be explained: the figures of the answers, every read model with its fields."""
    from api.cli import explained_output
    from projections.explained_models import explained_models

    with opened(as_of, known_at, no_wait) as (_, view):
        explained_output.show_models(explained_models(view), json, csv)


def _page(limit: int, skip: int, order: str) -> Page:
    from projections.explained_deals import Page

    return Page(limit, skip, order)


def _group(made: System, view: View, by: str | None, group: str) -> str:
    """The key of a group, of owners and accounts also by external id or name."""
    from api.names import find_account, find_member

    if not group or by not in ("owner", "account"):
        return group
    found: Any = find_member(made.journal, view, group) if by == "owner" else find_account(view, group)
    key: UUID = found
    return str(key)
