"""`kams forecast` by itself: the forecast of a period, as of any moment."""

from __future__ import annotations

from typing import Annotated

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
from domain.language.catalogue import say


def forecast(
    context: typer.Context,
    period: Annotated[
        str | None, typer.Option("--period", help="2017-Q4, 2017-10 or 2017; the running quarter if not stated.")
    ] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    owner: Owner = "",
    territory: Territory = "",
    product: ProductKey = "",
    account: AccountKey = "",
    by: ByWhat = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """The forecast (预测) of a period: closed, commit, best case, pipeline, weighted, against the target."""
    if context.invoked_subcommand is not None:
        _must_stand_behind(context)
        return
    from api.cli import forecast_output
    from api.names import with_names
    from projections.forecast import current_period
    from projections.forecast import forecast as ask

    grouping = group_by(by)
    with opened(as_of, known_at, no_wait) as (made, view):
        filters = filters_of(made, view, owner, territory, product, account)
        answer = ask(view, period or current_period(view), filters, by=grouping)
        forecast_output.show(with_names(made.journal, view, answer, grouping), json, csv)


def _must_stand_behind(context: typer.Context) -> None:
    """Options before a subcommand would be lost: what it takes stands behind its name."""
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if source is not None and source.name == "COMMANDLINE":
            what = say("state it behind {command}", command=context.invoked_subcommand)
            raise typer.BadParameter(what, param_hint=parameter.opts[0])
