"""Looking back and ahead: what would have been said of past quarters, and between what the coming months will lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from api.console.forecast_asked import Asked
from api.console.frame import Frame
from api.questions.forecasting import model_served
from domain.policies.calendar import day_end, day_of, period, period_of
from projections.deals import Filters
from projections.forecast import ForecastAnswer, forecast
from projections.forecast_fan import FanLine
from projections.forecast_learning import learned, newest_known
from projections.forecast_quantiles import add_quantiles
from projections.kept_answers import Grain, kept
from projections.view import View

if TYPE_CHECKING:
    from projections.forecasting.model import Model

QUARTERS = 4
ZERO = Decimal(0)


@dataclass(frozen=True)
class Said:
    """What would have been said of a quarter on the day before it began, and what it brought."""

    key: str
    first: date
    on: date
    p10: Decimal | None
    p50: Decimal | None
    p90: Decimal | None
    weighted: Decimal
    brought: Decimal

    @property
    def off_by(self) -> Decimal | None:
        """How far the most likely lay from what came, as a share of that."""
        return None if self.p50 is None or not self.brought else (self.p50 - self.brought) / self.brought

    def explains(self, cell: str, asked: Asked) -> tuple[str, str]:
        """The addresses that explain what would have been said of it, and what came."""
        said = asked.explain(cell, period=self.key, as_of=self.on)
        return said, asked.explain("closed", period=self.key)

    @property
    def is_within(self) -> bool | None:
        """Whether what came lay between P10 and P90."""
        return None if self.p10 is None or self.p90 is None else self.p10 <= self.brought <= self.p90


@dataclass(frozen=True)
class LookedBack:
    """The last quarters that are over, the newest first; `waits` says that a worker still fits a model for one."""

    lines: list[Said]
    waits: bool

    @property
    def off_by(self) -> Decimal | None:
        """How far the most likely lay off in all, as a share of what came."""
        return _off([(each.p50, each.brought) for each in self.lines if each.p50 is not None])

    def explains(self, cell: str, asked: Asked) -> str:
        """The address that explains how far a figure lay off in all."""
        lines = (each for each in self.lines if cell != "p50" or each.p50 is not None)
        return "" if asked.supposed else asked.off_by(each.explains(cell, asked) for each in lines)

    @property
    def simply_off_by(self) -> Decimal | None:
        """The same of the weighted amount, which needs no model."""
        return _off([(each.weighted, each.brought) for each in self.lines])


def _off(pairs: Sequence[tuple[Decimal | None, Decimal]]) -> Decimal | None:
    whole = sum((brought for _, brought in pairs), ZERO)
    return sum((abs((said or ZERO) - brought) for said, brought in pairs), ZERO) / whole if whole else None


def looked_back(frame: Frame[Any], asked: Asked) -> LookedBack:
    """What would have been said of the last quarters, by what had happened by then; where no model is fitted for one of
    the days, the workers are asked for it."""
    view, lines, waits = asked.view, list[Said](), False
    company = view.policies.company
    first = period(company, period_of(company, day_of(company, view.clock.as_of))).first
    for _ in range(QUARTERS):
        on = first - timedelta(days=1)
        days = period(company, period_of(company, on))
        first, on = days.first, days.first - timedelta(days=1)
        then = view.at(day_end(company, on))
        model = model_served(frame.call, then)
        said = _said(then, model, days.key, asked.filters)
        waits = waits or model is None
        brought = forecast(view, days.key, asked.filters).closed
        if brought or said.weighted:
            lines.append(Said(days.key, first, on, said.p10, said.p50, said.p90, said.weighted, brought))
    return LookedBack(lines, waits)


def _said(then: View, model: Model | None, key: str, filters: Filters) -> ForecastAnswer:
    """What would have been said then; worked out once, as long as the same is known of that day."""

    def ask() -> ForecastAnswer:
        return add_quantiles(then, forecast(then, key, filters), learned(then, model), filters)

    rests_on = model.version if model else "", newest_known(then)
    return kept(then, "said before it began", ForecastAnswer, ask, key, filters, *rests_on, grain=Grain.FACTS)


@dataclass(frozen=True)
class Month:
    """A month and its figures; `start`, `middle` and `end` are P10, P50 and P90 as shares of the longest bar, `share`
    that of what was won."""

    key: str
    first: date
    line: FanLine
    start: float
    middle: float
    end: float
    share: float


def months_shown(asked: Asked, lines: Sequence[FanLine]) -> list[Month]:
    """Months as bars of one scale."""
    company = asked.view.policies.company
    longest = float(max((each for line in lines for each in (line.won, line.p90) if each), default=ZERO)) or 1.0
    return [
        Month(
            line.period,
            period(company, line.period).first,
            line,
            *(round(float(each or 0) / longest, 4) for each in (line.p10, line.p50, line.p90, line.won)),
        )
        for line in lines
    ]
