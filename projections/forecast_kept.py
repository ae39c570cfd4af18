"""What was kept of forecasts, as people and machines read it: each as it was shown or scheduled."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import msgspec

from projections.forecasting.kept import Content, Kept, KeptFigures, count_kept, kept, scope_of
from projections.view import Answer, View


class KeptGroup(msgspec.Struct, kw_only=True):
    """What a forecast said of a group; `key` is empty for all."""

    key: str
    p10: Decimal | None
    p50: Decimal | None
    p90: Decimal | None
    closed: Decimal
    commit: Decimal
    best_case: Decimal
    pipeline: Decimal
    weighted: Decimal


class KeptLine(msgspec.Struct, kw_only=True):
    """A forecast as it was shown or scheduled. `forecast_at` is what it was as of, `position` the newest fact that it
    could know; `deals` counts the opportunities in it."""

    id: int
    kept_at: datetime
    reason: str
    forecast_at: datetime
    position: int
    period: str
    first_day: date
    last_day: date
    model: str
    model_version: str
    by: str
    filters: dict[str, str]
    groups: list[KeptGroup]
    deals: int


class KeptForecasts(Answer, kw_only=True):
    """The kept forecasts that the asker was shown, or those of everything, the newest first; `not_shown` counts the
    older ones."""

    forecasts: list[KeptLine]
    not_shown: int


def kept_forecasts(view: View, limit: int) -> KeptForecasts:
    """The newest ones, at most so many."""
    scope = scope_of(view.visibility)
    found = kept(view.connection, scope=scope, limit=limit)
    older = count_kept(view.connection, scope, before=found[-1].id) if found else 0
    return KeptForecasts(**view.head(), forecasts=[line_of(one) for one in found], not_shown=older)


def line_of(one: Kept) -> KeptLine:
    """A kept forecast without the chances of its opportunities, which are too many to list."""
    content = one.content
    return KeptLine(
        id=one.id,
        kept_at=one.kept_at,
        reason=one.reason,
        forecast_at=one.as_of,
        position=one.position,
        period=one.period,
        first_day=one.first_day,
        last_day=one.last_day,
        model=one.model,
        model_version=one.model_version,
        by=content.by,
        filters=content.filters,
        groups=[_group(each) for each in _figures(content)],
        deals=len(content.deals) + content.left_out,
    )


def _figures(content: Content) -> list[KeptFigures]:
    return [*([content.whole] if content.whole else []), *content.groups]


def _group(figures: KeptFigures) -> KeptGroup:
    return KeptGroup(**msgspec.structs.asdict(figures))
