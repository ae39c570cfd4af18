"""`kams forecast kept`: the forecasts that were shown or scheduled, as they were."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from api.cli import output
from api.cli.asking import AsOf, Csv, Json, KnownAt, NoWait, opened
from api.cli.zones import local, titled
from domain.language.catalogue import say

if TYPE_CHECKING:
    from api.cli.session import System
    from projections.forecast_kept import KeptForecasts, KeptLine
    from projections.view import View

LIST = ["kept at", "why", "period", "forecast as of", "filtered by", "p10", "p50", "p90", "deals", "model"]
OF_A_FORECAST = [
    "id", "kept_at", "reason", "forecast_at", "position", "period", "first_day", "last_day", "model", "model_version",
    "by", "filters", "deals",
]  # fmt: skip
OF_A_GROUP = ["key", "p10", "p50", "p90", "closed", "commit", "best_case", "pipeline", "weighted"]


def add(group: typer.Typer) -> None:
    """Add the command."""
    group.command("kept")(kept)


def kept(
    limit: Annotated[int, typer.Option("--limit", min=1, max=2000, help="So many forecasts, the newest first.")] = 50,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """The forecasts that were shown or scheduled (留存的预测), each as it was, the newest first: those that you were
    shown, or all of them if you see everything."""
    from projections.forecast_kept import kept_forecasts

    with opened(as_of, known_at, no_wait) as (made, view):
        answer = kept_forecasts(view, limit, as_of=as_of is not None, known_at=known_at is not None)
        if json:
            output.print_json(answer)
        elif csv:
            output.print_csv([*OF_A_FORECAST, *OF_A_GROUP], _csv_rows(answer))
        else:
            show(answer, _names(made, view, answer))


def _names(made: System, view: View, answer: KeptForecasts) -> dict[str, str]:
    """The names of people and accounts that forecasts were filtered by."""
    from api.names import member_names
    from projections.names import account_names

    accounts = {UUID(line.filters["account"]) for line in answer.forecasts if "account" in line.filters}
    owners = any("owner" in line.filters for line in answer.forecasts)
    people = member_names(made.journal, view) if owners else {}
    return {str(key): name for key, name in {**people, **account_names(view, accounts)}.items()}


def show(answer: KeptForecasts, names: Mapping[str, str]) -> None:
    """A line for each; `names` are those of the people and accounts that were filtered by."""
    if not answer.forecasts:
        output.say("No forecast was kept.")
        return
    output.print_table(titled(say("Kept forecasts")), LIST, [_row(line, names) for line in answer.forecasts])
    if answer.more:
        output.say("There are older ones: state --limit.")


def _row(line: KeptLine, names: Mapping[str, str]) -> list[Any]:
    from api.cli.forecasting.scores_output import name_of

    whole = next((group for group in line.groups if not group.key), None)
    return [
        local(line.kept_at),
        say(line.reason),
        say(line.period) if line.period == "deals" else line.period,
        local(line.forecast_at),
        ", ".join(names.get(value, value) for value in line.filters.values()) or None,
        whole and whole.p10,
        whole and whole.p50,
        whole and whole.p90,
        line.deals or None,
        None if line.model == "none" else name_of(line.model),
    ]


def _csv_rows(answer: KeptForecasts) -> Iterator[list[Any]]:
    """A row for each group of each forecast; one for a forecast of single opportunities."""
    for line in answer.forecasts:
        filters = " ".join(f"{name}={value}" for name, value in line.filters.items())
        head = [filters if name == "filters" else getattr(line, name) for name in OF_A_FORECAST]
        for group in line.groups:
            yield [*head, *(getattr(group, name) for name in OF_A_GROUP)]
        if not line.groups:
            yield [*head, *[None] * len(OF_A_GROUP)]
