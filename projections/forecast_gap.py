"""The gap to target of a period: what is closed, what is expected, and what would have to be open, or be opened by
when, at the company's own conversion and cycle times."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from domain.language.catalogue import say
from domain.language.days import shown_money
from domain.policies.calendar import Period, period
from projections.deals import Filters
from projections.forecast import ForecastAnswer, forecast
from projections.forecast_learning import Learned
from projections.forecast_quantiles import add_quantiles, money_of
from projections.forecast_scenario import Supposed, scenario, supposed
from projections.forecast_scope import in_scope
from projections.forecasting.histories import day_of_number, number_of
from projections.view import Answer, View

if TYPE_CHECKING:
    from projections.forecasting.pace import Pace, Required


class OwnPace(msgspec.Struct, kw_only=True):
    """What the deals asked about did lately. `by_count` is won of all closed, `by_value` what was `signed` of what all
    closed ones were to bring (`sought`); the cycles are days from opening to win within which half, and 80 %, of the
    won deals were won; null where nothing closed, or was won."""

    closed: int
    won: int
    by_count: float | None
    by_value: float | None
    half_within: int | None
    most_within: int | None
    opened_per_week: float
    signed: Decimal | None = None
    sought: Decimal | None = None


class GapAnswer(Answer, kw_only=True):
    """A period's target against what is closed and what is expected.

    `gap` is target − closed, `shortfall` target − p50 (target − weighted without a model), neither below 0. `open` is
    what is open of the period, `coverage` that over the gap. `pipeline` would have to be open now for the gap to be
    closed, at the own conversion; `to_open` would have to be opened today beyond it for the shortfall, about `deals`
    of the usual size. Of deals opened on `half_by` half of those that are won are won in time, on `most_by` 80 %.
    """

    period: str
    first: date
    last: date
    target: Decimal | None
    closed: Decimal
    open: Decimal
    weighted: Decimal
    p10: Decimal | None
    p50: Decimal | None
    p90: Decimal | None
    gap: Decimal | None
    shortfall: Decimal | None
    coverage: Decimal | None
    pipeline: Decimal | None = None
    to_open: Decimal | None = None
    deals: int | None = None
    half_by: date | None = None
    most_by: date | None = None
    pace: OwnPace
    words: list[str]
    what_if: list[Supposed] = []
    model: str = "none"
    model_version: str = ""
    position: int = 0
    basis: str = ""
    missing_rates: dict[str, int] = msgspec.field(default_factory=dict)
    missing_prices: dict[str, int] = msgspec.field(default_factory=dict)


def gap(
    view: View, known: Learned, key: str, filters: Filters | None = None, *, what_if: Sequence[str] = ()
) -> GapAnswer:
    """The gap of a period; with `what_if` as it would be with these changes, which are not recorded."""
    filters = filters or Filters()
    stands = add_quantiles(view, forecast(view, key, filters), known, filters)
    return gap_of(view, known, stands, filters, what_if=what_if)


def gap_of(
    view: View, known: Learned, stands: ForecastAnswer, filters: Filters, *, what_if: Sequence[str] = ()
) -> GapAnswer:
    """The gap of a forecast that has its quantiles."""
    from projections.forecasting.pace import pace, required

    key, days = stands.period, period(view.policies.company, stands.period)
    histories, changes = known.histories, list[Supposed]()
    if what_if:
        found = scenario(view, known, key, what_if, filters)
        histories, changes = supposed(view, known, what_if).histories, found.what_if
        for name, value in found.after.items():
            setattr(stands, name, value)
    rows = np.flatnonzero(in_scope(view, histories, filters)).astype(np.int32)
    own = pace(histories, rows)
    answer = _answer(view, stands, days, own, changes)
    if answer.gap is not None and answer.shortfall is not None:
        last = number_of(days.last)
        whole = required(own, float(answer.gap), last, histories.day)
        rest = required(own, float(answer.shortfall), last, histories.day)
        _require(view, answer, whole, rest)
    answer.words = _words(answer, day_of_number(histories.day))
    return answer


def _answer(view: View, stands: ForecastAnswer, days: Period, own: Pace, changes: list[Supposed]) -> GapAnswer:
    expected = stands.weighted if stands.p50 is None else stands.p50
    target = stands.target
    return GapAnswer(
        **view.head(),
        period=stands.period,
        first=days.first,
        last=days.last,
        target=target,
        closed=stands.closed,
        open=stands.commit + stands.best_case + stands.pipeline,
        weighted=stands.weighted,
        p10=stands.p10,
        p50=stands.p50,
        p90=stands.p90,
        gap=stands.gap,
        shortfall=None if target is None else max(target - expected, target - target),
        coverage=stands.coverage,
        pace=_own(view, own),
        words=[],
        what_if=changes,
        model=stands.model,
        model_version=stands.model_version,
        position=stands.position,
        basis=stands.basis,
        missing_rates=stands.missing_rates,
        missing_prices=stands.missing_prices,
    )


def _own(view: View, own: Pace) -> OwnPace:
    return OwnPace(
        closed=own.closed,
        won=own.won,
        by_count=_share(own.by_count),
        by_value=_share(own.by_value),
        half_within=own.days(0.5),
        most_within=own.days(0.8),
        opened_per_week=round(own.per_week, 2),
        signed=money_of(view, own.signed),
        sought=money_of(view, own.sought),
    )


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _require(view: View, answer: GapAnswer, whole: Required, rest: Required) -> None:
    answer.pipeline = None if whole.pipeline is None else money_of(view, whole.pipeline)
    answer.to_open = None if rest.opened is None else money_of(view, rest.opened)
    answer.deals = None if rest.deals is None or not math.isfinite(rest.deals) else math.ceil(rest.deals)
    answer.half_by = None if rest.half_by is None else day_of_number(rest.half_by)
    answer.most_by = None if rest.most_by is None else day_of_number(rest.most_by)


def _words(answer: GapAnswer, today: date) -> list[str]:
    """The answer in sentences of the spoken language."""
    if answer.target is None:
        return [say("There is no target for {period}.", period=answer.period)]
    if not answer.gap:
        return [say("The target is reached.")]
    said = [
        say(
            "{closed} of {target} is closed, {gap} is missing.",
            closed=_amount(answer, answer.closed),
            target=_amount(answer, answer.target),
            gap=_amount(answer, answer.gap),
        )
    ]
    if answer.pipeline is not None and answer.pace.by_value is not None:
        text = "As {share:.0%} of what is opened is won, by value, that takes {pipeline} of open deals; {open} is open."
        pipeline, is_open = (_amount(answer, each) for each in (answer.pipeline, answer.open))
        said.append(say(text, share=answer.pace.by_value, pipeline=pipeline, open=is_open))
    else:
        said.append(say("Nothing was won yet by which a conversion could be known."))
    if today > answer.last:
        return [*said, say("The period is over.")]
    return [*said, *_opening(answer, today)]


def _opening(answer: GapAnswer, today: date) -> list[str]:
    if not answer.shortfall:
        return [say("What is expected reaches the target: nothing more has to be opened.")]
    said = [say("Expected is {shortfall} too little.", shortfall=_amount(answer, answer.shortfall))]
    if answer.to_open is not None:
        text = "To close that, {amount} would have to be opened today, about {deals} deals of the usual size."
        deals = "?" if answer.deals is None else f"{answer.deals:,}"
        said.append(say(text, amount=_amount(answer, answer.to_open), deals=deals))
    elif answer.half_by is not None:
        said.append(say("What is opened today would hardly be won in time: it is too late for this period."))
    if answer.half_by is not None and answer.most_by is not None:
        text = "Deals opened by {most} are mostly won in time (80 of 100 that are won), those of {half} half of them."
        late = [each for each in (answer.half_by, answer.most_by) if each < today]
        said.append(say(text, most=answer.most_by, half=answer.half_by))
        if late:
            said.append(say("{count} of these days [is|are] over already.", count=len(late)))
    return said


def _amount(answer: GapAnswer, amount: Decimal) -> str:
    from domain.language.amounts import shown_amount

    return shown_money(amount, answer.currency) or shown_amount(amount)
