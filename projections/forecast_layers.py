"""The layers of a forecast beside what is computed: what people called, what owner and manager made of it, and, once
the truth is known, whether that helped."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.errors import KamsError
from domain.forecast_call.forecast_call import Computed, ForecastCall
from domain.policies.calendar import Period, day_end, day_of, period
from domain.visibility import Visibility
from projections.deals import Filters, deals_sql, end_of, start_of
from projections.engine import as_of_sql
from projections.forecast import ForecastAnswer, ForecastGroup, forecast
from projections.forecast_calls import FORECAST_CALLS, SUBMITTED, ForecastCallRow
from projections.forecast_learning import learned, model_wanted
from projections.forecast_quantiles import add_quantiles
from projections.funnel import ZERO, By
from projections.members import MEMBERS
from projections.reporting import Reporting
from projections.stated import stated
from projections.view import Answer, View

LAYERS = (SUBMITTED, "owner", "manager")
FOUR_DIGITS = Decimal("0.0001")
_COLUMNS = ", ".join(ForecastCallRow.__struct_fields__)


class CallLine(msgspec.Struct, kw_only=True):
    """What stands in a layer of a person's period, in the reporting currency: null without a rate.

    `amount` is for the whole period, of a submission what is committed; `computed` is what KAMS said at that moment.
    Once the period is over `actual` is what it brought; `error` and `computed_error` are signed, figure − actual, and
    `helped` tells whether the layer was nearer than the computed figure, null where both were as near.
    """

    member: UUID
    name: str = ""
    period: str
    first: date
    last: date
    layer: str
    amount: Decimal | None
    best_case: Decimal | None
    pipeline: Decimal | None
    computed: Decimal | None
    model_version: str
    reason: str
    by: UUID | None
    by_name: str = ""
    said_at: datetime
    position: int
    actual: Decimal | None = None
    error: Decimal | None = None
    computed_error: Decimal | None = None
    helped: bool | None = None


class LayerScore(msgspec.Struct, kw_only=True):
    """How near a person's layer was in the periods that are over, beside what was computed when it was said.

    `error` and `computed_error` are sums of absolute errors, `bias` and `computed_bias` of signed ones; WAPE is the
    absolute error over the actual, null where nothing was won. `helped` and `hurt` count the periods in which the layer
    was nearer, or farther.
    """

    member: UUID
    name: str = ""
    layer: str
    periods: int = 0
    actual: Decimal = ZERO
    error: Decimal = ZERO
    computed_error: Decimal = ZERO
    bias: Decimal = ZERO
    computed_bias: Decimal = ZERO
    wape: Decimal | None = None
    computed_wape: Decimal | None = None
    helped: int = 0
    hurt: int = 0


class CallsAnswer(Answer, kw_only=True):
    """Forecast calls, the newest of each layer, by period and person; `scores` are of the periods that are over."""

    calls: list[CallLine]
    scores: list[LayerScore]
    missing_rates: dict[str, int] = msgspec.field(default_factory=dict)


def computed_of(view: View, member: UUID, key: str, now: datetime) -> Computed:
    """What KAMS says of a person and period as of the view's clocks, by the model that is there; nothing where it
    cannot say."""
    from projections.forecasting.store import serving

    filters = Filters(owner=member)
    try:
        answer = forecast(view, key, filters)
    except KamsError:
        return Computed()
    model = serving(view.connection, model_wanted(view, now))
    if model is not None:
        add_quantiles(view, answer, learned(view, model), filters)
    return Computed(
        currency=answer.currency,
        closed=answer.closed,
        commit=answer.cumulative["commit"],
        best_case=answer.cumulative["best_case"],
        pipeline=answer.cumulative["pipeline"],
        weighted=answer.weighted,
        p10=answer.p10,
        p50=answer.p50,
        p90=answer.p90,
        model=answer.model,
        model_version=answer.model_version,
        position=view.clock.known_at,
    )


def with_layers(view: View, answer: ForecastAnswer, by: By | None) -> ForecastAnswer:
    """The answer with the layers of each owner's group that has any; who called and has no deal gets a group."""
    if by is not By.OWNER or answer.groups is msgspec.UNSET:
        return answer
    found: dict[str, dict[str, CallLine]] = {}
    for line in call_lines(view, Reporting(view), "period = %(period)s", period=answer.period):
        found.setdefault(str(line.member), {})[line.layer] = line
    there = {group.key for group in answer.groups}
    answer.groups += [ForecastGroup(key=key, name=key) for key in sorted(found.keys() - there)]
    for group in answer.groups:
        if group.key in found:
            group.layers = found[group.key]
    return answer


def calls(
    view: View, *, member: UUID | None = None, first: date | None = None, last: date | None = None
) -> CallsAnswer:
    """The calls of a person, or of all whom the asker sees, for the periods that end in a stretch of days; each with
    its errors where the period is over."""
    reporting = Reporting(view)
    lines = [
        line
        for line in call_lines(view, reporting, "member = %(member)s" if member else "", member=member)
        if (first is None or line.last >= first) and (last is None or line.last <= last)
    ]
    _judge(view, lines)
    return CallsAnswer(**view.head(), calls=lines, scores=_scores(lines), missing_rates=reporting.missing_rates)


def layer_scores(view: View, first: date, last: date) -> list[LayerScore]:
    """How near each layer was, per person, in the periods that end within first..last and are over."""
    return calls(view, first=first, last=last).scores


def call_lines(view: View, reporting: Reporting, also: str = "", **more: Any) -> list[CallLine]:
    """The layers as they stand, by period, person and layer; of people whom the asker sees."""
    rows = view.connection.execute(as_of_sql(FORECAST_CALLS, _COLUMNS, also).encode(), view.parameters(**more))
    seen = _seen(view)
    found = [row for each in rows for row in [ForecastCallRow(*each)] if seen is None or row.member in seen]
    facts = stated(view, (row.position for row in found))
    lines = [_line(view, reporting, row, facts[row.position].event) for row in found]
    return sorted(lines, key=lambda line: (line.last, line.first, str(line.member), LAYERS.index(line.layer)))


def _seen(view: View) -> set[UUID | None] | None:
    """Whose calls the asker sees: his own and those of the people of the territories that he directs; None is all."""
    who = view.visibility
    if who.everything:
        return None
    sql = f"select key from {MEMBERS.table} where kind = 1 and territories && %(territories)s::text[]"
    found = view.connection.execute(sql.encode(), {"territories": list(who.territories)}).fetchall()
    return {who.member, *(key for (key,) in found)}


def _line(view: View, reporting: Reporting, row: ForecastCallRow, event: Any) -> CallLine:
    days = period(view.policies.company, row.period)
    at = min(view.clock.as_of, day_end(view.policies.company, days.last))
    assert row.member is not None
    assert row.said_at is not None
    return CallLine(
        member=row.member,
        period=row.period,
        first=days.first,
        last=days.last,
        layer=row.layer,
        amount=reporting.amount(row.amount, row.currency, at),
        best_case=reporting.amount(row.best_case, row.currency, at),
        pipeline=reporting.amount(row.pipeline, row.currency, at),
        computed=reporting.amount(row.computed, row.computed_currency, at) if row.computed_currency else None,
        model_version=row.model_version,
        reason=event.reason if isinstance(event, ForecastCall.Adjusted) else "",
        by=row.by,
        said_at=row.said_at,
        position=row.position,
    )


# --- did it help? -------------------------------------------------------------------------------------------------


def _judge(view: View, lines: Iterable[CallLine]) -> None:
    """Fill in what the periods that are over brought, and how near each figure was."""
    today = day_of(view.policies.company, view.clock.as_of)
    actuals: dict[str, dict[UUID, Decimal]] = {}
    for line in lines:
        if line.last >= today:
            continue
        if line.period not in actuals:
            actuals[line.period] = _won_by_owner(view, Period(line.period, line.first, line.last))
        line.actual = actuals[line.period].get(line.member, view.money(ZERO))
        line.error = None if line.amount is None else line.amount - line.actual
        line.computed_error = None if line.computed is None else line.computed - line.actual
        if line.error is not None and line.computed_error is not None and abs(line.error) != abs(line.computed_error):
            line.helped = abs(line.error) < abs(line.computed_error)


def _won_by_owner(view: View, days: Period) -> dict[UUID, Decimal]:
    """What everybody won in a period, of all accounts: a person's call is judged by the whole of his."""
    all_seen = Visibility.whole(view.visibility.member)
    whole = View(view.connection, view.clock, view.known, all_seen, view.complete, view.supposed)
    sql, parameters = deals_sql(
        whole, Filters(), also="outcome = 'won' and closed between %(starts)s and %(ends)s and owner is not null"
    )
    parameters.update(starts=start_of(view, days.first), ends=end_of(view, days.last))
    sql += "select owner, coalesce(sum(signed_value), 0) from valued group by 1"
    return {owner: view.money(won) for owner, won in view.connection.execute(sql.encode(), parameters)}


def _scores(lines: Iterable[CallLine]) -> list[LayerScore]:
    found: dict[tuple[UUID, str], LayerScore] = {}
    for line in lines:
        if line.actual is None or line.error is None or line.computed_error is None:
            continue
        score = found.setdefault((line.member, line.layer), LayerScore(member=line.member, layer=line.layer))
        score.periods += 1
        score.actual += line.actual
        score.error += abs(line.error)
        score.computed_error += abs(line.computed_error)
        score.bias += line.error
        score.computed_bias += line.computed_error
        score.helped += line.helped is True
        score.hurt += line.helped is False
    for score in found.values():
        if score.actual > 0:
            score.wape = (score.error / score.actual).quantize(FOUR_DIGITS, ROUND_HALF_EVEN)
            score.computed_wape = (score.computed_error / score.actual).quantize(FOUR_DIGITS, ROUND_HALF_EVEN)
    return sorted(found.values(), key=lambda score: (str(score.member), LAYERS.index(score.layer)))
