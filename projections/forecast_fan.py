"""The months around a moment: what was won in those that are over, and between what the next ones will lie."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial

import msgspec

from domain.aggregate import END_OF_TIME
from domain.policies.calendar import day_end, day_of, period
from projections.deals import Filters
from projections.engine import as_of_sql
from projections.forecast import forecast
from projections.forecast_columns import Sums
from projections.forecast_learning import Learned, describe
from projections.forecast_quantiles import add_quantiles
from projections.kept_answers import Grain, kept
from projections.opportunities import FUNNEL
from projections.view import Answer, View

BACK, AHEAD = 12, 6


class FanLine(msgspec.Struct):
    """A month: `won` in it, null where it is not over as far as is known; `p10` to `p90` as forecast at the moment for
    those that were not over then. `came` says that what was won is known only since."""

    period: str
    won: Decimal | None
    p10: Decimal | None = None
    p50: Decimal | None = None
    p90: Decimal | None = None
    came: bool = False


class FanAnswer(Answer, kw_only=True):
    """Months in order, in the reporting currency; `model` and `basis` as a forecast says them."""

    lines: list[FanLine]
    model: str
    model_version: str
    basis: str


def fan(
    view: View, known: Learned, filters: Filters | None = None, *, back: int = BACK, ahead: int = AHEAD
) -> FanAnswer:
    """So many months before the one of the view's moment, that one, and so many after it. What came after the moment is
    taken from what is known in the view, so that a forecast of the past stands beside the truth."""
    company = view.policies.company
    today = day_of(company, view.clock.as_of)
    over = last_day_known(view)
    later = view.at(day_end(company, over)) if over and over > today else view
    lines: list[FanLine] = []
    first, end = (period(company, month_key(today, step)) for step in (-back, ahead))
    sums = Sums(view, first.first, end.last)
    said = forecast(view, month_key(today, ahead), filters, sums=sums)
    describe(view, said, known)
    for step in range(-back, ahead + 1):
        key = month_key(today, step)
        last = period(company, key).last
        if step < 0 or last <= today:
            lines.append(FanLine(key, forecast(view, key, filters, sums=sums).closed))
            continue
        said = add_quantiles(view, forecast(view, key, filters, sums=sums), known, filters)
        came = over is not None and last <= over
        won = forecast(later, key, filters, sums=sums).closed if came else None
        lines.append(FanLine(key, won, said.p10, said.p50, said.p90, came))
    return FanAnswer(**view.head(), lines=lines, model=said.model, model_version=said.model_version, basis=said.basis)


def last_day_known(view: View) -> date | None:
    """The last day on which anything was closed, as far as is known in the view, whatever its moment."""
    of_all = view.of_everybody().at(END_OF_TIME)
    return kept(of_all, "last day known", date | None, partial(_last_day, view), grain=Grain.FACTS)


def _last_day(view: View) -> date | None:
    sql = f"select max(closed) from ({as_of_sql(FUNNEL, 'closed')}) deal"
    found = view.connection.execute(sql.encode(), {**view.parameters(), "as_of": END_OF_TIME}).fetchone()
    return day_of(view.policies.company, found[0]) if found and found[0] else None


def month_key(day: date, step: int) -> str:
    """The month of a day, or so many after it."""
    number = day.year * 12 + day.month - 1 + step
    return f"{number // 12:04}-{number % 12 + 1:02}"
