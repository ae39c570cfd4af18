"""The funnel, its bridge and its conversion as people and machines read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from api.cli import output
from api.cli.zones import local_with_zone
from domain.language.amounts import shown_amount
from domain.language.catalogue import say

if TYPE_CHECKING:
    from projections.bridge import BridgeAnswer
    from projections.conversion import ConversionAnswer
    from projections.forecast import ForecastAnswer
    from projections.forecast_chances import DealsAnswer
    from projections.forecast_gap import GapAnswer
    from projections.funnel import FunnelAnswer, StageLine, Total
    from projections.view import Answer

STAGE_HEADER = ["stage", "count", "amount", "weighted", "median age days", "in stage days"]
SIGNS = {"new": "+", "reopened": "+", "increased": "+", "moved_in": "+", "revalued": "±"}
STEPS = [*SIGNS, "decreased", "moved_out", "lost", "disqualified", "won"]


def show_funnel(answer: FunnelAnswer, json: bool, csv: bool) -> None:
    """The stages, what was won and lost, the groups."""
    if json:
        output.print_json(answer)
    elif csv:
        output.print_csv(["group", "name", *STAGE_HEADER, "currency"], _csv_rows(answer))
    else:
        title = say("Funnel as of {stamp}", stamp=stamp(answer))
        output.print_table(title, STAGE_HEADER, [_stage(line) for line in answer.stages], bar=2)
        _totals(answer)
        for group in answer.groups or []:
            name = group.name or say("(none)")
            output.print_table(f"\n{name}", STAGE_HEADER, [_stage(line) for line in group.stages], bar=2)
            output.console().print(say("  won {won} · lost {lost}", won=_total(group.won), lost=_total(group.lost)))


def stamp(answer: Answer) -> str:
    """How a title names the clocks, the currency and the scope."""
    known = say("known at {position:,}", position=answer.known_at.position)
    return f"{local_with_zone(answer.as_of)} · {known} · {answer.currency} · {scope_of(answer)}"


def scope_of(answer: Answer | BridgeAnswer) -> str:
    """Whose accounts an answer covers, in the spoken language."""
    words = "accounts of "
    return say(" and ").join(
        say("accounts of {territories}", territories=part.removeprefix(words)) if part.startswith(words) else say(part)
        for part in answer.scope.split(" and ")
    )


def _totals(answer: FunnelAnswer) -> None:
    console = output.console()
    console.print(
        say(
            "since {since}: won {won} · lost {lost}",
            since=answer.since,
            won=_total(answer.won),
            lost=_total(answer.lost),
        ),
        end="",
    )
    console.print(
        say(
            " · disqualified {disqualified} · pushes of open deals {pushes}",
            disqualified=_total(answer.disqualified),
            pushes=answer.pushes,
        )
    )
    say_what_is_missing(answer)


def say_what_is_missing(
    answer: FunnelAnswer | ForecastAnswer | BridgeAnswer | GapAnswer | DealsAnswer, *, aside: bool = False
) -> None:
    """Name the amounts that no sum holds: nothing is guessed. `aside`: on standard error."""
    say_missing_rates(answer.missing_rates, aside=aside)
    for product, count in answer.missing_prices.items():
        _tell(aside)(
            say(
                "{count} [opportunity|opportunities] for {product}, which has no list price, [is|are] in no sum.",
                count=count,
                product=product,
            )
        )


def say_missing_rates(missing: Mapping[str, int], *, aside: bool = False) -> None:
    """Name the currencies without a rate. `aside`: on standard error."""
    for currency, count in missing.items():
        _tell(aside)(
            say(
                "{count} [amount|amounts] in {currency} [has|have] no exchange rate and [is|are] in no sum.",
                count=count,
                currency=currency,
            )
        )


def _tell(aside: bool) -> Callable[[str], object]:
    return output.say if aside else output.console().print


def _total(total: Total) -> str:
    return f"{total.count:,} ({shown_amount(total.amount)})"


def _stage(line: StageLine) -> list[object]:
    return [
        line.name or line.stage,
        line.count,
        line.amount,
        line.weighted,
        line.median_age_days,
        line.median_days_in_stage,
    ]


def _csv_rows(answer: FunnelAnswer) -> list[list[object]]:
    if not answer.groups:
        return [["", "", *_stage(line), answer.currency] for line in answer.stages]
    return [[group.key, group.name, *_stage(line), answer.currency] for group in answer.groups for line in group.stages]


def show_bridge(answer: BridgeAnswer, json: bool, csv: bool) -> None:
    """The steps from start to end; the opportunities behind them as JSON or CSV."""
    if json:
        output.print_json(answer)
    elif csv:
        items = [
            (i.opportunity, i.kind, i.amount, answer.currency, " ".join(map(str, i.positions))) for i in answer.items
        ]
        output.print_csv(["opportunity", "kind", "amount", "currency", "positions"], items)
    else:
        steps = [
            (f"{SIGNS.get(step, '−')} {output.label(step.replace('_', ' '))}", getattr(answer, step)) for step in STEPS
        ]
        rows = [
            (say("start {since:%Y-%m-%d}", since=answer.since), answer.start),
            *steps,
            (say("end {as_of:%Y-%m-%d}", as_of=answer.as_of), answer.end),
        ]
        output.print_table(
            say("Bridge of open amounts · {currency} · {scope}", currency=answer.currency, scope=scope_of(answer)),
            ["", "amount"],
            rows,
            bar=1,
        )
        output.console().print(say("signed for what was won: {signed}", signed=shown_amount(answer.signed)))
        say_what_is_missing(answer)


def show_conversion(answer: ConversionAnswer, json: bool, csv: bool, stages: Mapping[str, str]) -> None:
    """What became of opportunities at each stage. `stages` are names by key, for people."""
    header = ["process", "stage", "entered", "went on", "ended", "still there", "conversion", "median days"]
    rows = [
        (
            f.process,
            f.stage if csv else stages.get(f.stage, f.stage),
            f.entered,
            f.went_on,
            f.ended,
            f.still_there,
            f.conversion,
            f.median_days,
        )
        for f in answer.stages
    ]
    if json:
        output.print_json(answer)
    elif csv:
        output.print_csv(header, rows)
    else:
        output.print_table(say("Conversion as of {stamp}", stamp=stamp(answer)), header, rows, bar=2)
        rate = f"{answer.win_rate:.0%}" if answer.win_rate is not None else "–"
        output.console().print(
            say(
                "win rate {rate} · {median_cycle_days} days from opening to winning (median)",
                rate=rate,
                median_cycle_days=answer.median_cycle_days,
            )
        )
