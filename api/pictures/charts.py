"""The pictures: funnel by stage, waterfall of a bridge, fan of the next months, calibration of chances."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from api.pictures.drawing import BLUE, GREEN, INK, LINE, QUIET, RED, NothingToDraw, exact, file_of, paper, short, titled
from domain.language.catalogue import say
from projections.bridge import ADDED, TAKEN, BridgeAnswer
from projections.funnel import FunnelAnswer

if TYPE_CHECKING:
    from projections.forecast_fan import FanAnswer
    from projections.forecasting.scores import Bin

BAR = 0.62


class Calibrated(NamedTuple):
    """What a picture of calibration shows: bins of chances with what came of them, how many, and how good."""

    bins: Sequence[Bin]
    forecasts: int
    brier: float | None
    ece: float | None
    about: str


def funnel_picture(answer: FunnelAnswer, wanted: str) -> bytes:
    """Open opportunities by stage: a bar for the amount, count and amount beside it."""
    stages = [line for line in answer.stages if line.count]
    if not stages:
        raise NothingToDraw(reason=say("no opportunity is open as of then"))
    largest = max(float(line.amount) for line in stages) or 1.0
    with paper(8, 1.4 + 0.42 * len(stages)) as (figure, axes):
        title, about = say("Open opportunities by stage"), rested(answer)
        amounts = [float(line.amount) for line in stages]
        axes.barh([line.name or line.stage for line in stages], amounts, height=BAR, color=BLUE)
        for place, line in enumerate(stages):
            axes.text(float(line.amount) + largest * 0.01, place, f"{line.count:,} · {exact(line.amount)}", va="center")
        axes.invert_yaxis()
        axes.set_xlim(0, largest * 1.25)
        axes.xaxis.set_visible(False)
        axes.spines["bottom"].set_visible(False)
        axes.tick_params(left=False)
        titled(axes, title, about)
        return file_of(figure, wanted, title, about)


def waterfall_picture(answer: BridgeAnswer, wanted: str) -> bytes:
    """What became of the open amount: from start to end, what was added and what was taken."""
    steps = [(name, getattr(answer, name)) for name in ADDED] + [(name, -getattr(answer, name)) for name in TAKEN]
    steps = [(name, amount) for name, amount in steps if amount]
    with paper(9, 4.2) as (figure, axes):
        title = say("Bridge of the open amount")
        about = say("from {since:%Y-%m-%d}, {rested}", since=answer.since, rested=rested(answer))
        _bar(axes, 0, Decimal(0), answer.start, INK)
        reached, highest = answer.start, float(max(answer.start, answer.end))
        for place, (_, amount) in enumerate(steps, 1):
            _bar(axes, place, reached, amount, GREEN if amount > 0 else RED)
            axes.plot([place - 1 + BAR / 2, place - BAR / 2], [float(reached)] * 2, color=LINE, linewidth=0.8)
            reached += amount
            highest = max(highest, float(reached))
        _bar(axes, len(steps) + 1, Decimal(0), answer.end, INK)
        words = [say("start"), *(say(name.replace("_", " ")) for name, _ in steps), say("end")]
        axes.set_xticks(range(len(words)), words, rotation=30, ha="right")
        axes.yaxis.set_major_formatter(lambda value, _: short(value))
        axes.set_ylim(0, max(highest, 1.0) * 1.1)
        titled(axes, title, about)
        return file_of(figure, wanted, title, about)


def _bar(axes: Any, place: int, base: Decimal, amount: Decimal, colour: str) -> None:
    axes.bar(place, float(amount), bottom=float(base), width=BAR, color=colour)
    top = float(max(base, base + amount))
    axes.text(place, top, f"{exact(amount)}", ha="center", va="bottom", fontsize=8)


def fan_picture(answer: FanAnswer, wanted: str) -> bytes:
    """Revenue by month: what was won, and from the moment on the middle and the stretch from P10 to P90."""
    ahead = [(place, line) for place, line in enumerate(answer.lines) if line.p50 is not None]
    if not ahead:
        raise NothingToDraw(reason=answer.basis)
    with paper(9, 4.2) as (figure, axes):
        title = say("Revenue by month, P10 to P90")
        about = f"{rested(answer)} · {answer.model_version}"
        before = [(place, line) for place, line in enumerate(answer.lines) if line.won is not None and not line.came]
        came = [(place, line) for place, line in enumerate(answer.lines) if line.came and line.won is not None]
        axes.plot([p for p, _ in before], [_number(line.won) for _, line in before], color=INK, marker="o",
                  markersize=4, linewidth=1.4, label=say("won"))  # fmt: skip
        places = [place for place, _ in ahead]
        low, middle, high = ([_number(getattr(line, name)) for _, line in ahead] for name in ("p10", "p50", "p90"))
        axes.fill_between(places, low, high, color=BLUE, alpha=0.25, linewidth=0, label=say("P10 to P90"))
        axes.plot(places, middle, color=BLUE, linewidth=1.8, marker="o", markersize=3, label=say("P50"))
        if came:
            axes.plot([p for p, _ in came], [_number(line.won) for _, line in came], color=RED, marker="D",
                      markersize=5, linestyle="none", label=say("what came"))  # fmt: skip
        last, end = ahead[-1]
        for name in ("p10", "p50", "p90"):
            value = getattr(end, name)
            axes.text(last + 0.15, _number(value), f"{name.upper()} {exact(value)}", va="center", fontsize=8)
        axes.axvline(places[0] - 0.5, color=LINE, linewidth=0.8, linestyle=(0, (4, 3)))
        keys = [line.period for line in answer.lines]
        axes.set_xticks(range(0, len(keys), 2), keys[::2], rotation=30, ha="right")
        axes.set_xlim(-0.5, len(keys) + 1.2)
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter(lambda value, _: short(value))
        axes.legend(frameon=False, loc="upper left", fontsize=8.5)
        titled(axes, title, about)
        return file_of(figure, wanted, title, about)


def calibration_picture(found: Calibrated, wanted: str) -> bytes:
    """Of deals to which a chance was given, how many were won: on the line, the chances were right. The table says the
    numbers."""
    bins = [each for each in found.bins if each.count]
    if not bins:
        raise NothingToDraw(reason=say("no forecast can be scored yet"))
    with paper(8, 4.4) as (figure, axes):
        figure.set_layout_engine("constrained", w_pad=0.15)
        title = say("Calibration of the chances to win")
        scores = [f"Brier {found.brier:.3f}" if found.brier is not None else "",
                  f"ECE {found.ece:.3f}" if found.ece is not None else ""]  # fmt: skip
        about = " · ".join(part for part in (found.about, *scores) if part)
        axes.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle=(0, (4, 3)))
        largest = max(each.count for each in bins)
        sizes = [30 + 220 * each.count / largest for each in bins]
        axes.scatter([each.forecast for each in bins], [each.won for each in bins], s=sizes, color=BLUE, alpha=0.75)
        axes.set_xlabel(say("chance as forecast"))
        axes.set_ylabel(say("share that was won"))
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.set_aspect("equal")
        _table(axes, bins)
        titled(axes, title, about)
        return file_of(figure, wanted, title, about)


def _table(axes: Any, bins: Sequence[Bin]) -> None:
    head = [say("chance"), say("forecasts"), say("mean"), say("won")]
    rows = [
        [f"{each.low:.1f}–{each.high:.1f}", f"{each.count:,}", f"{each.forecast:.3f}", f"{each.won:.3f}"]
        for each in bins
    ]
    table = axes.table(
        cellText=rows, colLabels=head, bbox=[1.12, 0.0, 0.9, min(1.0, 0.09 * (len(rows) + 1))], edges="horizontal",
        cellLoc="right",
    )  # fmt: skip
    table.auto_set_font_size(False)
    table.set_fontsize(8.5)
    for cell in table.get_celld().values():
        cell.set_edgecolor(LINE)
        cell.set_linewidth(0.4)
        cell.get_text().set_color(INK)


def rested(answer: Any) -> str:
    """What an answer rests on, in a line."""
    as_of: datetime = answer.as_of
    parts = [
        say("as of {day:%Y-%m-%d}", day=as_of),
        say("known at position {position:,}", position=answer.known_at.position),
        answer.currency,
    ]
    return " · ".join(part for part in parts if part)


def _number(amount: Decimal | None) -> float:
    return float(amount) if amount is not None else 0.0
