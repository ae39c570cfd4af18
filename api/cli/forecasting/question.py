"""`kams forecast` by itself: the forecast of a period, as of any moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

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
)  # fmt: skip
from api.cli.forecasting import scenario
from api.cli.forecasting.scenario import WhatIf
from domain.language.catalogue import say

if TYPE_CHECKING:
    from api.cli.session import System
    from projections.deals import Filters
    from projections.funnel import By
    from projections.view import View


def forecast(
    context: typer.Context,
    period: Annotated[
        str | None, typer.Option("--period", help="2017-Q4, 2017-10, 2017 or 2017-10-15..2017-11-14; else the quarter.")
    ] = None,
    deals: Annotated[
        bool, typer.Option("--deals", help="Every open deal: its chance of a win, when, and what moved the chance.")
    ] = False,
    within: Annotated[
        int | None,
        typer.Option("--within", metavar="DAYS", min=1, max=1096, help="With --deals: won in so many days; else 92."),
    ] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    owner: Owner = "",
    territory: Territory = "",
    product: ProductKey = "",
    account: AccountKey = "",
    by: ByWhat = None,
    what_if: WhatIf = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """The forecast (预测) of a period: closed, commit, best case, pipeline, weighted, against the target.

    Beside them what was learned from the company's own history: P10, P50 and P90 of the period's revenue; with --deals
    the chance of each open deal. Chances and P10–P90 as of a moment use what could be known then, by a model fitted as
    of then; closed to weighted are what is known now about that moment, which --known-at limits.
    """
    if context.invoked_subcommand is not None:
        _must_stand_behind(context)
        return
    grouping = group_by(by)
    _must_fit(deals, within, by, what_if)
    with opened(as_of, known_at, no_wait) as (made, view):
        filters = filters_of(made, view, owner, territory, product, account, (period or "") if deals else "")
        if deals:
            _deals(made, view, filters, within, json, csv)
        elif what_if:
            scenario.answer(made, view, filters, period, what_if, json, csv)
        else:
            _period(made, view, filters, period, grouping, json, csv)


def _period(
    made: System, view: View, filters: Filters, period: str | None, by: By | None, json: bool, csv: bool
) -> None:
    from api.cli import forecast_output
    from api.cli.forecasting.learning import learned_at
    from api.forecast_names import name_layers
    from api.names import with_names
    from projections.forecast import current_period
    from projections.forecast import forecast as ask
    from projections.forecast_keeping import keep_period
    from projections.forecast_layers import with_layers
    from projections.forecast_overdue import overdue
    from projections.forecast_quantiles import add_quantiles

    answer = ask(view, period or current_period(view), filters, by=by)
    add_quantiles(view, answer, learned_at(made, view), filters, by=by)
    with made.journal.pool.connection() as connection:
        keep_period(connection, view, answer, filters, by)
    with_layers(view, with_names(made.journal, view, answer, by), by)
    name_layers(made.journal, view, answer)
    forecast_output.show(answer, json, csv, lambda: overdue(view, answer.period, filters))


def _deals(made: System, view: View, filters: Filters, within: int | None, json: bool, csv: bool) -> None:
    from api.cli import chances_output
    from api.cli.forecasting.learning import learned_at
    from projections.forecast_chances import WITHIN, deal_chances
    from projections.forecast_keeping import keep_deals

    answer = deal_chances(view, learned_at(made, view), filters, within=within or WITHIN)
    with made.journal.pool.connection() as connection:
        keep_deals(connection, view, answer, filters)
    chances_output.show(made, view, answer, json, csv)


def _must_fit(deals: bool, within: int | None, by: str | None, what_if: list[str] | None) -> None:
    if what_if and (deals or by):
        raise typer.BadParameter(
            "what-if is asked of a period as a whole: leave out --deals and --by", param_hint="--what-if"
        )
    if within is not None and not deals:
        raise typer.BadParameter("state it with --deals", param_hint="--within")
    if deals and by:
        raise typer.BadParameter("deals are not grouped: leave it out with --deals", param_hint="--by")


def _must_stand_behind(context: typer.Context) -> None:
    """Options before a subcommand would be lost: what it takes stands behind its name."""
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if source is not None and source.name == "COMMANDLINE":
            what = say("state it behind {command}", command=context.invoked_subcommand)
            raise typer.BadParameter(what, param_hint=parameter.opts[0])
