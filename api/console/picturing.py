"""The funnel as a picture: shapes whose widths are shares of a round number, so that they stay comparable over time."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from api.console.choices import process_name
from api.console.formats import day, money, number, short_money
from domain.language.catalogue import say
from projections.funnel import FunnelAnswer, StageLine, Total
from projections.view import View

STEPS = (
    Decimal(1),
    Decimal("1.5"),
    Decimal(2),
    Decimal(3),
    Decimal(4),
    Decimal(5),
    Decimal(6),
    Decimal(8),
    Decimal(10),
)
NARROWEST = 0.012
TAPER = 0.62


@dataclass(frozen=True)
class StageShown:
    """A stage: its figures, and the widths of its shape (0 to 1) above and below, for the whole amount and for the
    weighted one."""

    id: str
    line: StageLine
    probability: Decimal | None
    explain: str
    top: float = 0.0
    bottom: float = 0.0
    weighted_top: float = 0.0
    weighted_bottom: float = 0.0

    @property
    def widths(self) -> dict[str, str]:
        """The widths by the custom properties that hold them."""
        parts = {"top": self.top, "bottom": self.bottom}
        parts |= {"part-top": self.weighted_top, "part-bottom": self.weighted_bottom}
        return {f"--{name}": str(width) for name, width in parts.items()}

    @property
    def geometry(self) -> str:
        """The same as a style."""
        return "; ".join(f"{name}: {width}" for name, width in self.widths.items())


@dataclass(frozen=True)
class ProcessShown:
    """A sales process and its stages."""

    id: str
    key: str
    name: str
    stages: list[StageShown]
    total: Total
    weighted: Decimal


@dataclass(frozen=True)
class PictureShown:
    """The picture; `processes` are those in use, `known` all that can be chosen."""

    answer: FunnelAnswer
    processes: list[ProcessShown]
    known: list[tuple[str, str]]
    total: Total
    weighted: Decimal
    missing: dict[str, int] = field(default_factory=dict)


def picture_shown(view: View, answer: FunnelAnswer, process: str = "") -> PictureShown:
    """A funnel as it is drawn; of one process where it is stated."""
    probabilities = {
        (each.key, stage.key): stage.probability for each in view.policies.processes() for stage in each.stages
    }
    by_process: dict[str, list[StageLine]] = {}
    for line in answer.stages:
        by_process.setdefault(line.process, []).append(line)
    shown = []
    for key, lines in by_process.items():
        if process in ("", key):
            shapes = [
                StageShown(
                    id=ident("stage", key, line.stage),
                    line=line,
                    probability=probabilities.get((key, line.stage)),
                    explain=f"funnel?process={quote(key)}&stage={quote(line.stage)}",
                )
                for line in lines
            ]
            shown.append(_process(view, key, shapes))
    return PictureShown(
        answer=answer,
        processes=shown,
        known=[(key, process_name(view, key)) for key in by_process],
        total=Total(sum(each.total.count for each in shown), sum((each.total.amount for each in shown), Decimal(0))),
        weighted=sum((each.weighted for each in shown), Decimal(0)),
        missing={**answer.missing_rates, **answer.missing_prices},
    )


def _process(view: View, key: str, shapes: list[StageShown]) -> ProcessShown:
    lines = [stage.line for stage in shapes]
    return ProcessShown(
        id=ident("process", key),
        key=key,
        name=process_name(view, key),
        stages=_shaped(shapes),
        total=Total(sum(line.count for line in lines), sum((line.amount for line in lines), Decimal(0))),
        weighted=sum((line.weighted for line in lines), Decimal(0)),
    )


def _shaped(shapes: list[StageShown]) -> list[StageShown]:
    """Each shape narrows to the width of the one below it; the last one tapers."""
    scale = scale_of(max((stage.line.amount for stage in shapes), default=Decimal(0)))
    whole = [_share(stage.line.amount, scale) for stage in shapes]
    weighted = [_share(stage.line.weighted, scale) for stage in shapes]
    return [
        replace(
            stage,
            top=top,
            bottom=_below(whole, at),
            weighted_top=weighted[at],
            weighted_bottom=_below(weighted, at),
        )
        for at, (stage, top) in enumerate(zip(shapes, whole, strict=True))
    ]


def _below(widths: list[float], at: int) -> float:
    return widths[at + 1] if at + 1 < len(widths) else round(widths[at] * TAPER, 4)


def _share(amount: Decimal, scale: Decimal) -> float:
    return round(max(float(amount / scale), NARROWEST), 4) if amount > 0 else NARROWEST


def scale_of(largest: Decimal) -> Decimal:
    """A round number that is not below the largest."""
    if largest <= 0:
        return Decimal(1)
    unit = Decimal(1).scaleb(largest.adjusted())
    return next(step for step in STEPS if step * unit >= largest) * unit


def ident(*parts: str) -> str:
    """An identifier of an element that stays the same for the same thing."""
    return "-".join(re.sub(r"[^\w.-]+", "_", part) for part in parts)


def drawn(picture: PictureShown, currency: str) -> dict[str, Any]:
    """What changes on the page from one moment to another: texts, what is read out beside them, and widths, by the
    identifiers of its elements."""
    won, lost, since = picture.answer.won, picture.answer.lost, day(picture.answer.since)
    amounts = {"open": picture.total.amount, "weighted": picture.weighted, "won": won.amount, "lost": lost.amount}
    texts = {f"tile-{name}": short_money(amount, currency) for name, amount in amounts.items()}
    spoken = {f"tile-{name}": money(amount, currency) for name, amount in amounts.items()}
    texts |= {"won-since": say("Won since {day}", day=since), "lost-since": say("Lost since {day}", day=since)}
    counts = {"open": picture.total, "won": won, "lost": lost}
    texts |= {
        f"tile-{name}-count": say("{n} [opportunity|opportunities]", n=number(total.count))
        for name, total in counts.items()
    }
    shapes: dict[str, dict[str, str]] = {}
    for process in picture.processes:
        texts[f"{process.id}-count"] = number(process.total.count)
        texts[f"{process.id}-amount"] = money(process.total.amount, currency)
        texts[f"{process.id}-weighted"] = money(process.weighted, currency)
        for stage in process.stages:
            texts[f"{stage.id}-count"] = number(stage.line.count)
            texts[f"{stage.id}-amount"] = money(stage.line.amount, currency)
            texts[f"{stage.id}-weighted"] = money(stage.line.weighted, currency)
            texts[f"{stage.id}-days"] = number(stage.line.median_days_in_stage)
            shapes[f"{stage.id}-shape"] = stage.widths
    return {"texts": texts, "spoken": spoken, "shapes": shapes}
