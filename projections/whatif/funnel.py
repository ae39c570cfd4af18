"""The funnel and the stage-weighted forecast under other policies, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from domain.policies.calendar import period
from projections.deals import Filters
from projections.forecast import APART, STEPS, current_period, forecast
from projections.funnel import By, FunnelAnswer, StageLine, Total, funnel
from projections.view import View
from projections.whatif.side_by_side import Compared, WhatIfAnswer

ZERO = Decimal(0)
FIGURES = (*STEPS, *APART, "weighted", "target", "gap")


class StageUnder(msgspec.Struct):
    """The open opportunities at a stage of a process (and of a group, where it was asked for) under both policies;
    amounts in the reporting currency, `difference` that of the weighted amounts."""

    group: str
    process: str
    stage: str
    name: str
    count_was: int
    count: int
    amount_was: Decimal
    amount: Decimal
    weighted_was: Decimal
    weighted: Decimal
    difference: Decimal


class FunnelPoint(msgspec.Struct):
    """The funnel at a moment: its stages, and what was won and lost since `since_was` and `since`, the first days of
    the fiscal year."""

    as_of: datetime
    weighted_was: Decimal
    weighted: Decimal
    difference: Decimal
    since_was: date
    since: date
    won_was: Total
    won: Total
    lost_was: Total
    lost: Total
    stages: list[StageUnder]
    missing_rates: dict[str, int]
    missing_prices: dict[str, int]


class FunnelWhatIf(WhatIfAnswer, kw_only=True):
    """The funnel as it was and as it would have been."""

    points: list[FunnelPoint]


class FigureUnder(msgspec.Struct):
    """A figure of a forecast under both policies, in the reporting currency; None where there is none."""

    figure: str
    was: Decimal | None
    would_be: Decimal | None
    difference: Decimal | None


class ForecastUnder(msgspec.Struct):
    """The forecast of a period at a moment; `unknown_stages` counts opportunities in stages that the supposed process
    does not have: they weigh nothing."""

    as_of: datetime
    period: str
    figures: list[FigureUnder]
    unknown_stages: dict[str, int]
    missing_rates: dict[str, int]
    missing_prices: dict[str, int]


class ForecastWhatIf(WhatIfAnswer, kw_only=True):
    """The stage-weighted forecast as it was and as it would have been. What the model learned is not asked anew: the
    forecasts that were kept stay as they were shown."""

    points: list[ForecastUnder]


def funnel_under(compared: Compared, filters: Filters | None = None, by: By | None = None) -> FunnelWhatIf:
    """The funnel under both policies, by stage and perhaps by something else."""
    points = [_point(was, would, filters, by) for was, would in compared.pairs()]
    return FunnelWhatIf(**compared.about(), points=points)


def _point(was_view: View, would_view: View, filters: Filters | None, by: By | None) -> FunnelPoint:
    was, would = funnel(was_view, filters, by=by), funnel(would_view, filters, by=by)
    before, after = _stages(was), _stages(would)
    stages = [_stage(place, before.get(place), after.get(place), was_view) for place in {**after, **before}]
    totals = [sum((line.weighted for line in answer.stages), ZERO) for answer in (was, would)]
    return FunnelPoint(
        as_of=was.as_of,
        weighted_was=was_view.money(totals[0]),
        weighted=was_view.money(totals[1]),
        difference=was_view.money(totals[1] - totals[0]),
        since_was=was.since,
        since=would.since,
        won_was=was.won,
        won=would.won,
        lost_was=was.lost,
        lost=would.lost,
        stages=stages,
        missing_rates=would.missing_rates,
        missing_prices=would.missing_prices,
    )


def _stages(answer: FunnelAnswer) -> dict[tuple[str, str, str], tuple[str, StageLine]]:
    if answer.groups is msgspec.UNSET:
        return {("", line.process, line.stage): ("", line) for line in answer.stages}
    return {(g.key, line.process, line.stage): (g.name, line) for g in answer.groups for line in g.stages}


def _stage(
    place: tuple[str, str, str], was: tuple[str, StageLine] | None, would: tuple[str, StageLine] | None, view: View
) -> StageUnder:
    group, process, stage = place
    told = [each[1] if each else None for each in (was, would)]
    weighted = [each.weighted if each else view.money(ZERO) for each in told]
    amounts = [each.amount if each else view.money(ZERO) for each in told]
    counts = [each.count if each else 0 for each in told]
    return StageUnder(
        group=((would or was or ("",))[0] or group),
        process=process,
        stage=stage,
        name=next(each.name for each in reversed(told) if each),
        count_was=counts[0],
        count=counts[1],
        amount_was=amounts[0],
        amount=amounts[1],
        weighted_was=weighted[0],
        weighted=weighted[1],
        difference=weighted[1] - weighted[0],
    )


def forecast_under(compared: Compared, periods: Sequence[str] = (), filters: Filters | None = None) -> ForecastWhatIf:
    """The forecast of periods (default: the quarter of each moment) under both policies. Raises PeriodUnknown."""
    points = []
    for was, would in compared.pairs():
        for key in periods or [current_period(was)]:
            period(was.policies.company, key)
            points.append(_forecast(was, would, key, filters))
    return ForecastWhatIf(**compared.about(), points=points)


def _forecast(was_view: View, would_view: View, key: str, filters: Filters | None) -> ForecastUnder:
    was, would = forecast(was_view, key, filters), forecast(would_view, key, filters)
    return ForecastUnder(
        as_of=was.as_of,
        period=key,
        figures=[_figure(name, getattr(was, name), getattr(would, name)) for name in FIGURES],
        unknown_stages=would.unknown_stages,
        missing_rates=would.missing_rates,
        missing_prices=would.missing_prices,
    )


def _figure(name: str, was: Any, would: Any) -> FigureUnder:
    return FigureUnder(name, was, would, None if was is None or would is None else would - was)
