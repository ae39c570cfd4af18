"""How the forecast of a period developed (预测走势): week by week as of then, and what was said each time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

import msgspec

from domain.policies.calendar import Period, day_end, day_of, period
from projections.deals import Filters
from projections.forecast import Amounts, ForecastAnswer, add_up, forecast
from projections.forecast_columns import Sums
from projections.forecasting.kept import EVERYTHING, Kept, KeptFigures, kept, scope_of
from projections.funnel import By
from projections.view import Answer, View

WEEK, BEFORE = 7, 28
MOST_POINTS = 20
"""A longer period is looked at in longer steps."""


class CoursePoint(msgspec.Struct, kw_only=True):
    """The forecast as of the end of a day: `commit`, `best_case` and `pipeline` each with all before it."""

    day: date
    closed: Decimal
    commit: Decimal
    best_case: Decimal
    pipeline: Decimal
    weighted: Decimal


class SaidPoint(msgspec.Struct, kw_only=True):
    """What was forecast on a day for the whole period, as it was shown or kept then."""

    day: date
    p10: Decimal
    p50: Decimal
    p90: Decimal


class CourseAnswer(Answer, kw_only=True):
    """How a period's forecast developed until the view's moment; `said` are forecasts that were kept then."""

    period: str
    first: date
    last: date
    today: date
    target: Decimal | None
    points: list[CoursePoint]
    said: list[SaidPoint]


def course(
    view: View, key: str, filters: Filters | None = None, *, stands: ForecastAnswer | None = None
) -> CourseAnswer:
    """The course of a period's forecast, from four weeks before it begins; `stands` is how it stands at the view's
    moment, where that is known. Raises PeriodUnknown."""
    filters = filters or Filters()
    company = view.policies.company
    days, today = period(company, key), day_of(company, view.clock.as_of)
    now = stands or forecast(view, key, filters)
    points = list(_points(view, days, [*_days(days.first, days.last, today)], filters))
    if days.first - timedelta(days=BEFORE) <= today <= days.last:
        points.append(_point(today, now))
    return CourseAnswer(
        **view.head(),
        period=key,
        first=days.first,
        last=days.last,
        today=today,
        target=now.target,
        points=points,
        said=list(_said(view, key, filters)),
    )


def _points(view: View, days: Period, looked_at: Sequence[date], filters: Filters) -> Iterator[CoursePoint]:
    """How the forecast of some days stood at the ends of others."""
    company, sums = view.policies.company, Sums(view, days.first, days.last)
    then = [view.at(day_end(company, day)) for day in looked_at]
    for day, at, lines in zip(looked_at, then, sums.of_each(then, days, filters), strict=True):
        if lines is None:
            yield _point(day, forecast(at, days.key, filters, sums=sums))
        else:
            stood = Amounts()
            add_up(at, stood, lines)
            yield _point(day, stood)


def _days(first: date, last: date, today: date) -> Iterator[date]:
    """The days before today that are looked at, up to the period's last: the same from whichever day one looks."""
    begin = first - timedelta(days=BEFORE)
    weeks = (last - begin).days // WEEK
    step = timedelta(days=WEEK * max(1, -(-weeks // MOST_POINTS)))
    day = begin
    while day < min(today, last):
        yield day
        day += step
    if today > last:
        yield last


def _point(day: date, stood: ForecastAnswer | Amounts) -> CoursePoint:
    names = ("closed", "commit", "best_case", "pipeline")
    return CoursePoint(day=day, weighted=stood.weighted, **{name: stood.cumulative[name] for name in names})


def kept_of(view: View, key: str, filters: Filters) -> dict[date, tuple[Kept, KeptFigures]]:
    """What was kept of the same question, of each day the newest that has its quantiles."""
    found = kept(
        view.connection,
        scope=scope_of(view.visibility),
        period=key,
        known_at=view.known.position,
    )
    said: dict[date, tuple[Kept, KeptFigures]] = {}
    for one in found:
        day = day_of(view.policies.company, one.as_of)
        figures = _of(one, filters) if one.as_of <= view.clock.as_of and day not in said else None
        if figures and figures.p10 is not None and figures.p50 is not None and figures.p90 is not None:
            said[day] = one, figures
    return {day: said[day] for day in sorted(said)}


def _said(view: View, key: str, filters: Filters) -> Iterator[SaidPoint]:
    for day, (_, figures) in kept_of(view, key, filters).items():
        if figures.p10 is not None and figures.p50 is not None and figures.p90 is not None:
            yield SaidPoint(day=day, p10=figures.p10, p50=figures.p50, p90=figures.p90)


def _of(one: Kept, filters: Filters) -> KeptFigures | None:
    """What a kept forecast says of what is asked: as it was asked, or as a group of what was."""
    content, stated = (
        one.content,
        {name: str(value) for name, value in msgspec.structs.asdict(filters).items() if value},
    )
    if content.filters == stated:
        return content.whole
    by = content.by
    if content.filters or by not in (By.OWNER, By.TERRITORY) or stated.keys() != {by} or one.scope != EVERYTHING:
        return None
    return next((each for each in content.groups if each.key == stated[by]), None)
