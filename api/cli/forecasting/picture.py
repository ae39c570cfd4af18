"""`kams forecast picture`: funnel, waterfall, fan and calibration as SVG or PNG."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from api.cli import output
from api.cli.asking import (
    AccountKey,
    AsOf,
    Json,
    KnownAt,
    NoWait,
    Owner,
    ProductKey,
    Territory,
    filters_of,
    opened,
    view_at,
)  # fmt: skip
from api.cli.options import day, none_of
from domain.language.catalogue import say

if TYPE_CHECKING:
    from api.cli.session import System
    from projections.deals import Filters
    from projections.view import View

KINDS = ("funnel", "waterfall", "fan", "calibration")
SUFFIXES = (".svg", ".png")
HAZARD = "hazard"


class Asked(NamedTuple):
    """What is to be drawn, of which opportunities; where a waterfall starts; so many months of a fan."""

    what: str
    filters: Filters
    since: str | None
    months: int


def add(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(picture)


def picture(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="funnel, waterfall, fan or calibration.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write: FILE.svg or FILE.png.")],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    since: Annotated[
        str | None, typer.Option("--from", metavar="D", help="Where a waterfall, a calibration starts.")
    ] = None,
    months: Annotated[int, typer.Option("--months", min=1, max=24, help="So many months ahead in a fan.")] = 6,
    owner: Owner = "",
    territory: Territory = "",
    product: ProductKey = "",
    account: AccountKey = "",
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    json: Json = False,
    no_wait: NoWait = False,
) -> None:
    """A picture (图) as SVG or PNG: the funnel, the waterfall of a bridge, the fan of the next months, or how
    chances of a win held.

    The same question about the same record gives the same file.
    """
    from api.files import new_file
    from api.pictures.drawing import FORMATS, falls_back

    if what not in KINDS:
        raise none_of(what, KINDS, "WHAT")
    wanted = FORMATS.get(out.suffix.lower())
    if wanted is None:
        raise none_of(out.suffix or out.name, SUFFIXES, "--out")
    if what == "waterfall" and since is None:
        raise typer.BadParameter("a bridge needs --from", param_hint="--from")
    if what == "calibration":
        _refuse_filters({"--owner": owner, "--territory": territory, "--product": product, "--account": account})
    with opened(as_of, known_at, no_wait) as (made, view):
        filters = filters_of(made, view, owner, territory, product, account)
        answer, content = _drawn(made, view, Asked(what, filters, since, months), wanted)
        with new_file(out, force=force) as file:
            file.write(content)
    if json:
        output.print_json(answer)
    else:
        output.say(say("Written: {path}", path=out))
    if falls_back():
        output.say("No font here has Chinese letters: the picture speaks English.")


def _refuse_filters(stated: dict[str, str]) -> None:
    for option, value in stated.items():
        if value:
            text = say("{option} would change nothing in a calibration: it is of all opportunities", option=option)
            raise typer.BadParameter(text, param_hint=option)


def _drawn(made: System, view: View, asked: Asked, wanted: str) -> tuple[Any, bytes]:
    """The answer and its picture."""
    from api.pictures import charts

    if asked.what == "funnel":
        from projections.funnel import funnel

        shown = funnel(view, asked.filters)
        return shown, charts.funnel_picture(shown, wanted)
    if asked.what == "waterfall":
        from projections.bridge import bridge

        with view_at(made, asked.since, str(view.known.position), view.visibility) as then:
            if then.clock.as_of > view.clock.as_of:
                raise typer.BadParameter("the bridge would end before it starts", param_hint="--from")
            closed = bridge(then, view, asked.filters)
        return closed, charts.waterfall_picture(closed, wanted)
    if asked.what == "calibration":
        return _calibration(view, asked.since, wanted)
    from api.cli.forecasting.learning import learned_at
    from projections.forecast_fan import fan

    spread = fan(view, learned_at(made, view), asked.filters, ahead=asked.months)
    return spread, charts.fan_picture(spread, wanted)


def _calibration(view: View, since: str | None, wanted: str) -> tuple[Any, bytes]:
    """How chances of a win within a quarter held, replayed at the ends of months."""
    from api.cli.forecasting.backtest import MONTH_ENDS, YEAR, with_progress
    from api.pictures import charts
    from domain.policies.calendar import day_of
    from projections.forecast_backtest import BacktestAsked

    last = day_of(view.policies.company, view.clock.as_of)
    asked = BacktestAsked(first=day("--from", since) or last - YEAR, last=last, every=MONTH_ENDS, horizon="quarter")
    answer = with_progress(view, asked, None)
    line = next((each for each in answer.wins if each.kind == "within" and each.method == HAZARD), None)
    about = say("won within {days} days, said at month ends from {first} to {last}",
                days=answer.within, first=answer.since, last=answer.to)  # fmt: skip
    bins = line.calibration if line else []
    found = charts.Calibrated(
        bins, line.n if line else 0, line.brier if line else None, line.ece if line else None, about
    )
    if bins:
        rows = [(f"{each.low:.1f}–{each.high:.1f}", each.count, f"{each.forecast:.3f}", f"{each.won:.3f}")
                for each in bins]  # fmt: skip
        table = [dict(zip(("chance", "forecasts", "mean", "won"), row, strict=True)) for row in rows]
    else:
        table = []
    return {"about": about, "brier": found.brier, "ece": found.ece, "bins": table}, charts.calibration_picture(
        found, wanted
    )
