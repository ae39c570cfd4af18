"""What was kept of forecasts, as people and machines read it: each as it was shown or scheduled."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import msgspec

from projections.forecasting.kept import Content, Kept, KeptFigures, kept, scope_of
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
    """The kept forecasts that the asker was shown, or all of them, the newest first; `more` where there are older
    ones."""

    forecasts: list[KeptLine]
    more: bool


def kept_forecasts(
    view: View, limit: int, *, as_of: bool = False, known_at: bool = False, before: int | None = None
) -> KeptForecasts:
    """The newest ones below a number, at most so many; those alone that were kept as of the view's moment, and that
    rest on no more than it knows, where that is asked for."""
    found = kept(
        view.connection,
        scope=scope_of(view.visibility),
        kept_by=view.clock.as_of if as_of else None,
        known_at=view.known.position if known_at else None,
        before=before,
        limit=limit + 1,
    )
    lines = [line_of(one) for one in found[:limit]]
    return KeptForecasts(**view.head(), forecasts=lines, more=len(found) > limit)


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
