"""The funnel as a picture: shapes whose widths are shares of a round number, so that they stay comparable over time."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from urllib.parse import quote

from api.console.choices import process_name
from projections.conversion import ConversionAnswer, StageFlow
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
    """A stage: its figures, what became of those that entered it, and the widths of its shape (0 to 1) above and below,
    for the whole amount and for the weighted one."""

    id: str
    line: StageLine
    probability: Decimal | None
    flow: StageFlow | None
    explain: str
    top: float = 0.0
    bottom: float = 0.0
    weighted_top: float = 0.0
    weighted_bottom: float = 0.0


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
    flows: ConversionAnswer
    processes: list[ProcessShown]
    known: list[tuple[str, str]]
    total: Total
    weighted: Decimal
    missing: dict[str, int] = field(default_factory=dict)


def picture_shown(view: View, answer: FunnelAnswer, flows: ConversionAnswer, process: str = "") -> PictureShown:
    """A funnel as it is drawn; of one process where it is stated."""
    probabilities = {
        (each.key, stage.key): stage.probability for each in view.policies.processes() for stage in each.stages
    }
    flow = {(each.process, each.stage): each for each in flows.stages}
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
                    flow=flow.get((key, line.stage)),
                    explain=f"funnel?process={quote(key)}&stage={quote(line.stage)}",
                )
                for line in lines
            ]
            shown.append(_process(view, key, shapes))
    return PictureShown(
        answer=answer,
        flows=flows,
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
