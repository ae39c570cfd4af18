"""`kams forecast score`: how good the forecasts were that were shown or scheduled."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.asking import AsOf, Csv, Json, KnownAt, NoWait, opened
from api.cli.options import day, none_of

GROUPS = ("owner", "territory", "product")


def add(group: typer.Typer) -> None:
    """Add the command."""
    group.command("score")(score)


def score(
    since: Annotated[str, typer.Option("--from", metavar="D", help="Forecasts issued from this day on.")] = "",
    to: Annotated[str, typer.Option("--to", metavar="D", help="Forecasts issued up to this day.")] = "",
    period: Annotated[
        str, typer.Option("--period", metavar="P", help="Of this period alone: 2017-Q4; or month, quarter, year.")
    ] = "",
    by: Annotated[str, typer.Option("--by", metavar="WHAT", help="owner, territory or product.")] = "",
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """Score the forecasts that were kept (预测评分): every one that was shown, and one each week, once its period is
    over. Truth is what is known at --as-of and --known-at; beside them what would have been said without a model."""
    from api.cli.forecasting import scores_output
    from projections.forecast_scores import ScoresAsked, scores

    if by and by not in GROUPS:
        raise none_of(by, GROUPS, "--by")
    asked = ScoresAsked(since=day("--from", since), to=day("--to", to), period=period, by=by)
    with opened(as_of, known_at, no_wait) as (_, view):
        scores_output.show_scores(scores(view, asked), json, csv)
