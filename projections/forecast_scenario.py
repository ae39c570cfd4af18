"""What if: the forecast of a period beside the one that changes nobody recorded would give. Nothing is written."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
import numpy as np

from domain.errors import NotFound, Refused
from domain.language.catalogue import term
from domain.policies.calendar import MONTH, Period, period
from projections.deals import Filters, deals_sql, stages
from projections.forecast import ForecastAnswer, add_gap, forecast
from projections.forecast_learning import Learned, describe, is_enough
from projections.forecast_quantiles import money_of, seed_of
from projections.forecast_scope import in_scope
from projections.forecasting.histories import NEVER, NONE, Histories, Outcome, day_of_number, number_of
from projections.forecasting.scenario import Change, ChangeKind, apply
from projections.funnel import ZERO
from projections.view import Answer, View

if TYPE_CHECKING:
    from projections.forecasting.model import Model

STATED = re.compile(r"(won|lost|move|amount)=(.+)", re.DOTALL)
FIGURES = ("closed", "commit", "best_case", "pipeline", "omitted", "weighted", "gap", "coverage", "p10", "p50", "p90")


class NotAWhatIf(Refused):
    """{found} is no what-if: state won=ID, lost=ID, move=ID:2026-12 (a month or a day) or amount=ID:50000."""


class NotOpenAnyMore(Refused):
    """The opportunity {opportunity} is {outcome}: only what is open can be supposed to go on otherwise."""


class EndStated(Refused):
    """{found} comes after {stated}, which already ends the opportunity {opportunity}: a deal has one end, the last."""


class NotADayAhead(Refused):
    """{found} is no month and no day after {today}, to which {opportunity} could move: state one such as {example}."""


class NotASupposedAmount(Refused):
    """{found} is no amount that {opportunity} could have: state a number of 0 or more, such as 50000."""


class Supposed(msgspec.Struct, kw_only=True):
    """A change that is supposed: `before` and `after` are the amount or the day of the expected close."""

    what_if: str
    opportunity: str
    id: UUID
    kind: ChangeKind
    before: str = ""
    after: str = ""


class ScenarioAnswer(Answer, kw_only=True):
    """The figures of a forecast as they are, as they would be, and the difference; null where there is none. Both are
    by the same model and the same random numbers."""

    period: str
    what_if: list[Supposed]
    before: dict[str, Decimal | None]
    after: dict[str, Decimal | None]
    difference: dict[str, Decimal | None]
    target: Decimal | None = None
    model: str = "none"
    model_version: str = ""
    position: int = 0
    basis: str = ""


class Suppositions(msgspec.Struct):
    """Changes as they were stated, and the deals with and without them."""

    stated: list[Supposed]
    changes: list[Change]
    histories: Histories

    def rows(self) -> list[int]:
        """The deals that they are about."""
        return sorted({change.row for change in self.changes})


def one_by_one(text: str) -> list[str]:
    """The changes of a text that separates them by commas."""
    return [each.strip() for each in text.split(",") if each.strip()]


def supposed(view: View, known: Learned, texts: Sequence[str]) -> Suppositions:
    """What the texts suppose, one after the other. Raises NotAWhatIf, NotFound for a deal that is not there or not
    seen, NotOpenAnyMore, EndStated, NotADayAhead, NotASupposedAmount."""
    found = Suppositions([], [], known.histories)
    inside, ended = in_scope(view, known.histories, Filters()), dict[int, str]()
    for text in texts:
        match = STATED.fullmatch(text.strip())
        if match is None:
            raise NotAWhatIf(found=text[:80])
        kind, rest = ChangeKind(match[1]), match[2].strip()
        name, _, value = rest.rpartition(":") if kind in (ChangeKind.MOVE, ChangeKind.AMOUNT) else (rest, "", "")
        if not name:
            raise NotAWhatIf(found=text[:80])
        row = _row(known.histories, inside, name)
        if row in ended:
            raise EndStated(found=text[:80], stated=ended[row], opportunity=name)
        change = _change(kind, found.histories, row, name, value.strip())
        found.stated.append(_told(view, text, name, change, found.histories))
        found.changes.append(change)
        found.histories = apply(found.histories, [change])
        if kind in (ChangeKind.WON, ChangeKind.LOST):
            ended[row] = text.strip()
    return found


def _row(h: Histories, inside: Any, name: str) -> int:
    rows = [row for row, each in enumerate(h.external) if each == name]
    if not rows:
        rows = [row for row, each in enumerate(h.ids) if str(each) == name.lower()]
    if not rows or not inside[rows[0]]:
        raise NotFound(kind="opportunity", key=name[:80])
    outcome = Outcome(int(h.outcome[rows[0]]))
    if outcome is not Outcome.OPEN:
        raise NotOpenAnyMore(opportunity=name, outcome=term("Outcome", outcome.name.lower()))
    return rows[0]


def _change(kind: ChangeKind, h: Histories, row: int, name: str, value: str) -> Change:
    if kind is ChangeKind.MOVE:
        return Change(kind, row, day=_day(h, name, value))
    if kind is ChangeKind.AMOUNT:
        return Change(kind, row, amount=_amount(name, value))
    return Change(kind, row)


def _day(h: Histories, name: str, text: str) -> int:
    """The day itself, or the last one of a month."""
    today = day_of_number(h.day)
    try:
        if found := MONTH.fullmatch(text):
            year, month = int(found[1]), int(found[2])
            day = number_of(date(year + month // 12, month % 12 + 1, 1)) - 1
        else:
            day = number_of(date.fromisoformat(text))
    except ValueError:
        day = NONE
    if day <= h.day:
        raise NotADayAhead(found=text[:80] or "''", opportunity=name, today=today, example=f"{today.year + 1}-03")
    return day


def _amount(name: str, text: str) -> float:
    try:
        amount = Decimal(text.replace("_", ""))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount < 10**15:
        raise NotASupposedAmount(found=text[:80] or "''", opportunity=name)
    return float(amount)


def _told(view: View, text: str, name: str, change: Change, h: Histories) -> Supposed:
    before = after = ""
    if change.kind is ChangeKind.MOVE:
        stood = int(h.close_on[change.row])
        before, after = "" if stood == NEVER else str(day_of_number(stood)), str(day_of_number(change.day))
    elif change.kind is ChangeKind.AMOUNT:
        stood_at = money_of(view, float(h.amount[change.row]))
        before, after = "" if stood_at is None else str(stood_at), str(money_of(view, change.amount))
    return Supposed(what_if=text, opportunity=name, id=h.ids[change.row], kind=change.kind, before=before, after=after)


def scenario(
    view: View, known: Learned, key: str, texts: Sequence[str], filters: Filters | None = None
) -> ScenarioAnswer:
    """The forecast of a period with and without the changes."""
    filters = filters or Filters()
    found = supposed(view, known, texts)
    days = period(view.policies.company, key)
    before = forecast(view, key, filters)
    describe(view, before, known)
    after = msgspec.structs.replace(before, cumulative=dict(before.cumulative))
    _without_model(view, after, found, days, filters)
    if known.model is not None and is_enough(view, known.model):
        inside = in_scope(view, known.histories, filters)
        for answer, changed in ((before, None), (after, found)):
            _simulate(view, answer, known, known.model, inside, days, changed)
    figures = [{name: getattr(answer, name) for name in FIGURES} for answer in (before, after)]
    return ScenarioAnswer(
        **view.head(),
        period=key,
        what_if=found.stated,
        before=figures[0],
        after=figures[1],
        difference={name: _less(figures[1][name], figures[0][name]) for name in FIGURES},
        target=before.target,
        model=before.model,
        model_version=before.model_version,
        position=before.position,
        basis=before.basis,
    )


def _less(after: Decimal | None, before: Decimal | None) -> Decimal | None:
    return None if after is None or before is None else after - before


def _simulate(
    view: View,
    answer: ForecastAnswer,
    known: Learned,
    model: Model,
    inside: Any,
    days: Period,
    changed: Suppositions | None,
) -> None:
    """The quantiles, by the same random numbers with the changes and without: a changed deal only pays another
    amount, and a won one what it is won for."""
    from projections.forecasting.revenue import simulate

    first, last = number_of(days.first), number_of(days.last)
    places = np.where(inside, 0, NONE).astype(np.int32)
    instead, won = _pays(changed, inside, first, last) if changed else ({}, 0.0)
    seed = seed_of(model.version, known.newest, first, last)
    total = simulate(model, known.histories, first, last, places, 1, seed=seed, instead=instead).total
    for name in ("p10", "p50", "p90"):
        setattr(answer, name, money_of(view, float(getattr(total, name)[0]) + won))


def _pays(found: Suppositions, inside: Any, first: int, last: int) -> tuple[dict[int, float], float]:
    """What the changed deals pay if they are won in the period: nothing where they are closed or moved to where the
    period is not. And what those that are won today bring to it."""
    h, won = found.histories, 0.0
    moved = {change.row: change.day for change in found.changes if change.kind is ChangeKind.MOVE}
    instead = dict[int, float]()
    for row in found.rows():
        stays = h.outcome[row] == Outcome.OPEN and first <= moved.get(row, first) <= last
        amount = float(h.amount[row])
        instead[row] = amount if stays and math.isfinite(amount) else 0.0
        if h.outcome[row] == Outcome.WON and inside[row] and first <= h.day <= last and math.isfinite(amount):
            won += amount
    return instead, won


# --- the figures that rest on no model ----------------------------------------------------------------------------

_DEALS = """
select key, process, stage, close_on, coalesce(nullif(category, ''), default_category, 'pipeline'), value, weighted
from valued"""


def _without_model(view: View, answer: ForecastAnswer, found: Suppositions, days: Period, filters: Filters) -> None:
    """Move the amounts of the changed deals between closed, commit, best case, pipeline and weighted."""
    h = found.histories
    keys = [h.ids[row] for row in found.rows()]
    sql, parameters = deals_sql(view, filters, territory=True, only_open=True, also="key = any(%(keys)s)")
    parameters["keys"] = keys
    place = {each: row for row, each in zip(found.rows(), keys, strict=True)}
    revised = {change.row for change in found.changes if change.kind is ChangeKind.AMOUNT}
    probability = {(process, stage.key): stage.probability for process, stage in stages(view)}
    for key, process, stage, close_on, category, value, weighted in view.connection.execute(
        (sql + _DEALS).encode(), parameters
    ):
        row = place[key]
        stands = "undated" if close_on is None else category if days.first <= close_on <= days.last else ""
        _add(answer, stands, -(value or ZERO), -(weighted or ZERO))
        amount = (money_of(view, float(h.amount[row])) if row in revised else value) or ZERO
        share = probability.get((process, stage), ZERO)
        _add(answer, *_stands_after(view, h, row, category, days, amount, share))
    total = view.money(ZERO)
    for step in answer.cumulative:
        total += getattr(answer, step)
        answer.cumulative[step] = total
    answer.gap = answer.coverage = None
    add_gap(answer)


def _stands_after(
    view: View, h: Histories, row: int, category: str, days: Period, amount: Decimal, share: Decimal
) -> tuple[str, Decimal, Decimal]:
    """In which figure a deal stands with the changes, its amount and its weighted amount."""
    today, close_on = day_of_number(h.day), int(h.close_on[row])
    if h.outcome[row] == Outcome.WON:
        return ("closed" if days.first <= today <= days.last else ""), amount, amount
    if h.outcome[row] != Outcome.OPEN:
        return "", ZERO, ZERO
    if close_on == NEVER:
        return "undated", amount, ZERO
    inside = days.first <= day_of_number(close_on) <= days.last
    return (category if inside else ""), amount, view.money(amount * share)


def _add(answer: ForecastAnswer, figure: str, amount: Decimal, weighted: Decimal) -> None:
    if figure:
        setattr(answer, figure, getattr(answer, figure) + amount)
        if figure not in ("omitted", "undated"):
            answer.weighted += weighted
