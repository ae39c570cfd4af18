"""`kams explain`: the events behind figures that are sums over rows."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.asking import (
    AccountKey,
    AsOf,
    Csv,
    Json,
    KnownAt,
    NoWait,
    Owner,
    ProductKey,
    Territory,
    filters_of,
    opened,
)
from api.cli.options import day, none_of

GroupKey = Annotated[
    str | None, typer.Option("--group", metavar="KEY", help="Of --by: the group that holds the figure.")
]
Order = Annotated[str, typer.Option("--order", metavar="HOW", help="amount (the greatest first) or time (the newest).")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=200, help="So many shares.")]
Skip = Annotated[int, typer.Option("--skip", min=0, max=10_000, help="After so many, for the next page.")]
PeriodKey = Annotated[str, typer.Option("--period", metavar="PERIOD", help="2017-Q4, 2017-10 or 2017.")]


def group_of(by: str | None, group: str | None) -> str:
    """The group that was stated; one needs what it is a group of, and the other way round (`--group ''` is what is in
    none)."""
    if group is not None and not by:
        raise typer.BadParameter("--group needs --by", param_hint="--group")
    if by and group is None:
        raise typer.BadParameter("--by needs --group", param_hint="--by")
    return group or ""


def cost(
    opportunity: Annotated[
        str, typer.Argument(metavar="[OPPORTUNITY]", help="Id or external id; all if left out.")
    ] = "",
    cell: Annotated[
        str, typer.Option("--cell", metavar="WHAT", help="cost, person_days, conceded, samples_out, won_amount, …")
    ] = "cost",
    by: Annotated[
        str | None, typer.Option("--by", metavar="WHAT", help="owner, account, product, period or outcome.")
    ] = None,
    group: GroupKey = None,
    kind: Annotated[str, typer.Option("--kind", metavar="KEY", help="Only this kind of resource.")] = "",
    stage: Annotated[str, typer.Option("--stage", metavar="KEY", help="Only this stage; all if not stated.")] = "",
    owner: Owner = "",
    territory: Territory = "",
    product: ProductKey = "",
    account: AccountKey = "",
    period: PeriodKey = "",
    order: Order = "amount",
    limit: Limit = 20,
    skip: Skip = 0,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """A figure of the cost of winning (赢单成本): the resources, concessions and samples that it adds up."""
    from api.cli import explained_output
    from api.explaining import told
    from api.names import find_opportunity
    from projections.explained_cost import CostCell, explain_cost
    from projections.explained_deals import Page
    from projections.winning_cost import CostBy

    if by and by not in list(CostBy):
        raise none_of(by, CostBy, "--by")
    one_group = group_of(by, group)
    with opened(as_of, known_at, no_wait) as (made, view):
        filters = filters_of(made, view, owner, territory, product, account, period)
        one = find_opportunity(made.journal, view, opportunity) if opportunity else None
        grouping = CostBy(by) if by else None
        asked = CostCell(cell=cell, opportunity=one, by=grouping, group=one_group, kind=kind, stage=stage)
        answer = explain_cost(view, asked, filters, Page(limit, skip, order))
        explained_output.show(told(made.journal, view, answer), json, csv)


def balance(
    which: Annotated[
        str, typer.Argument(metavar="[ACCOUNT]", help="Id, external id or name; all accounts if not stated.")
    ] = "",
    cell: Annotated[
        str, typer.Option("--cell", metavar="WHAT", help="given.total, received.value, ours.overdue, needs.open, …")
    ] = "given.total",
    kind: Annotated[str, typer.Option("--kind", metavar="KEY", help="Only value of this kind.")] = "",
    since: Annotated[
        str | None, typer.Option("--since", metavar="D", help="Only what happened from this day on.")
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
    """A figure of the balance of both sides (双方付出): what was given, promised, needed and done behind it."""
    from api.cli import explained_output
    from api.explaining import told
    from api.names import find_account
    from projections.explained_balance import BalanceCell, explain_balance
    from projections.explained_deals import Page

    first = day("--since", since)
    with opened(as_of, known_at, no_wait) as (made, view):
        account = find_account(view, which) if which else None
        asked = BalanceCell(cell=cell, account=account, since=first, kind=kind)
        answer = explain_balance(view, asked, Page(limit, skip, order))
        explained_output.show(told(made.journal, view, answer), json, csv)


def visits(
    cell: Annotated[
        str,
        typer.Option("--cell", metavar="WHAT", help="planned, logged, cancelled, outstanding, late, met, …"),
    ] = "planned",
    month: Annotated[
        str, typer.Option("--month", metavar="P", help="2026-10, 2026-Q4 or 2026; the running month if left out.")
    ] = "",
    member: Annotated[str, typer.Option("--member", metavar="MEMBER", help="Only this member's.")] = "",
    account: AccountKey = "",
    outlets_of: Annotated[
        str, typer.Option("--outlets-of", metavar="ACCOUNT", help="Only the outlets of this wholesaler or distributor.")
    ] = "",
    order: Order = "time",
    limit: Limit = 20,
    skip: Skip = 0,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """A count of visit discipline (拜访执行): the visits that it counts, and the events that made them so."""
    from api.cli import explained_output
    from api.explaining import told
    from api.names import find_account, find_member
    from projections.explained_deals import Page
    from projections.explained_visits import VisitsCell, explain_visits

    with opened(as_of, known_at, no_wait) as (made, view):
        who = find_member(made.journal, view, member) if member else None
        customer, wholesaler = (find_account(view, text) if text else None for text in (account, outlets_of))
        asked = VisitsCell(cell=cell, period=month, member=who, account=customer, outlets_of=wholesaler)
        answer = explain_visits(view, asked, Page(limit, skip, order))
        explained_output.show(told(made.journal, view, answer), json, csv)


def portfolio(
    which: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Id, external id or name.")],
    cell: Annotated[
        str, typer.Option("--cell", metavar="WHAT", help="overall, a group of criteria, revenue, margin or share.")
    ] = "overall",
    model: Annotated[
        str, typer.Option("--model", metavar="KEY", help="The selection model; key-accounts if left out.")
    ] = "key-accounts",
    order: Order = "amount",
    limit: Limit = 20,
    skip: Skip = 0,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """A figure of a customer in the portfolio (客户组合): the criteria or purchases behind it."""
    from api.cli import explained_output
    from api.explaining import told
    from api.names import find_account
    from projections.explained_deals import Page
    from projections.explained_portfolio import PortfolioCell, explain_portfolio

    with opened(as_of, known_at, no_wait) as (made, view):
        asked = PortfolioCell(account=find_account(view, which), cell=cell, model=model)
        answer = explain_portfolio(view, asked, Page(limit, skip, order))
        explained_output.show(told(made.journal, view, answer), json, csv)
