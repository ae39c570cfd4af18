"""How good the forecasts were that were kept: each scored when its period is over, by what is known now, beside the
methods that need no model, as of the same moments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from domain.policies.calendar import day_of, period
from projections.deals import Filters, placed_sql
from projections.engine import as_of_sql
from projections.forecast_calls import FORECAST_CALLS
from projections.forecast_issued import WITHIN_DAYS, Then, ends_at, kind_of
from projections.forecasting.histories import number_of
from projections.forecasting.judged import (
    AmountLine,
    Ledger,
    LeftOut,
    Standing,
    Truth,
    WinLine,
    judge,
    leaderboard,
)
from projections.forecasting.kept import DEALS, Kept, kept, scope_of
from projections.forecasting.replay import Span
from projections.funnel import By
from projections.reporting import Reporting
from projections.view import Answer, View

if TYPE_CHECKING:
    from uuid import UUID

KINDS = ("month", "quarter", "year", "days")
CALLED = "called"
"""The method of what people called, whatever moved them."""


class ScoresAnswer(Answer, kw_only=True):
    """The scores of kept forecasts. `as_of` and `known_at` are those of the truth; the forecasts were issued from
    `issued_from` to `issued_to`. `forecasts` of those kept were scored; `filtered` were asked of a part of the deals,
    and count nowhere."""

    by: str
    issued_from: datetime | None = None
    issued_to: datetime | None = None
    forecasts: int = 0
    filtered: int = 0
    methods: list[AmountLine] = []
    wins: list[WinLine] = []
    leaderboard: list[Standing] = []
    in_use: str = ""
    proposed: str | None = None
    left_out: LeftOut = msgspec.field(default_factory=LeftOut)


class ScoresAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Which kept forecasts: issued from a day to a day; of one period, or of one kind of period; in all, or by owner,
    territory or product."""

    since: date | None = None
    to: date | None = None
    period: str = ""
    by: str = ""


class Judged(NamedTuple):
    """What was said beside what happened, of which kept forecasts; how many of those kept were not asked for."""

    ledger: Ledger
    counted: list[Kept]
    filtered: int


def scores(view: View, asked: ScoresAsked) -> ScoresAnswer:
    """Score what was kept of what the asker saw; of a day and a period the newest forecast counts. Raises
    PeriodUnknown."""
    ledger, counted, filtered = judged(view, asked)
    answer = ScoresAnswer(**view.head(), by=asked.by, filtered=filtered, forecasts=len(counted))
    if counted:
        answer.issued_from, answer.issued_to = (end(one.as_of for one in counted) for end in (min, max))
    answer.methods, answer.wins, answer.left_out = ledger.amount_lines(), ledger.win_lines(), ledger.left_out
    answer.in_use = str(view.policies.forecasting.method)
    answer.leaderboard = leaderboard(answer.methods, answer.wins, answer.in_use)
    answer.proposed = next((each.method for each in answer.leaderboard if each.proposed), None)
    return answer


def judged(view: View, asked: ScoresAsked) -> Judged:
    """Everything that was kept and asked for, beside what happened. Raises PeriodUnknown."""
    from projections.forecasting.facts import histories_lately, load

    if asked.period and asked.period not in KINDS:
        period(view.policies.company, asked.period)
    everything = kept(view.connection, scope=scope_of(view.visibility))
    chosen = [one for one in everything if _is_asked(view, one, asked)]
    plain = [one for one in chosen if not one.content.filters]
    if not plain and asked.by != By.OWNER:
        return Judged(Ledger(), [], len(chosen))
    facts, shown = load(view.connection), shown_deals(view)
    now = histories_lately(facts, view, view.clock.as_of)
    newest = list(_newest(view, plain, asked.by))
    counted = [one for one in newest if not _is_afterwards(view, one)]
    below = view.policies.territories.below if asked.by == "territory" else _itself
    then, over = Then(view, facts, asked.by, shown, below), last_day_over(view)
    ends = ends_at(view.connection, {one.known_at for one in counted})
    issued = [then.waiting(one, over) or then.remembered(one, ends.get(one.known_at, "")) for one in counted]
    truth = Truth(now, asked.by, shown, below, over=over)
    ledger = judge(issued, truth, by=asked.by, within=WITHIN_DAYS)
    ledger.left_out.afterwards = len(newest) - len(counted)
    if asked.by == "owner":
        _add_calls(view, ledger, truth, asked)
    return Judged(ledger, counted, len(chosen) - len(plain))


def shown_deals(view: View) -> frozenset[UUID] | None:
    """The deals that the asker may see; None for all."""
    if view.visible_accounts() is None:
        return None
    sql, parameters = placed_sql(view, Filters())
    return frozenset(key for (key,) in view.connection.execute(f"{sql} select key from placed".encode(), parameters))


def last_day_over(view: View) -> int:
    """The last day that is over as of the view's moment, as the arrays count it."""
    return number_of(day_of(view.policies.company, view.clock.as_of + timedelta(microseconds=1))) - 1


def _itself(key: str) -> tuple[str]:
    return (key,)


def _is_asked(view: View, one: Kept, asked: ScoresAsked) -> bool:
    day = day_of(view.policies.company, one.as_of)
    if (asked.since and day < asked.since) or (asked.to and day > asked.to) or one.as_of > view.clock.as_of:
        return False
    return one.period == DEALS or asked.period in ("", one.period, kind_of(one.period))


def _is_afterwards(view: View, one: Kept) -> bool:
    """Whether it was asked as of the last day of its period or later: a look at what happened, not a forecast."""
    return one.period != DEALS and day_of(view.policies.company, one.as_of) >= one.last_day


def _newest(view: View, chosen: Iterable[Kept], by: str) -> Iterator[Kept]:
    """Of each day the newest forecast of a period, grouped as is asked, and of the deals."""
    seen = set()
    for one in chosen:
        is_deals = one.period == DEALS
        if (is_deals and one.content.within != WITHIN_DAYS) or (not is_deals and by and one.content.by != by):
            continue
        key = day_of(view.policies.company, one.as_of), one.period
        if key not in seen:
            seen.add(key)
            yield one


_CALLS = "member, period, layer, currency, amount, said_at"


def _add_calls(view: View, ledger: Ledger, truth: Truth, asked: ScoresAsked) -> None:
    """What people submitted, and owner and manager made of it, for periods that are over: layers beside the computed
    one, each with the person's revenue as the truth."""
    reporting, visible = Reporting(view), view.visibility
    sql = as_of_sql(FORECAST_CALLS, _CALLS, "member is not null")
    for member, key, layer, currency, amount, said_at in view.connection.execute(sql.encode(), view.parameters()):
        days, said_on = period(view.policies.company, key), day_of(view.policies.company, said_at)
        if asked.period not in ("", key, kind_of(key)) or not (visible.everything or member in visible.managers):
            continue
        if (asked.since and said_on < asked.since) or (asked.to and said_on > asked.to):
            continue
        first, last = number_of(days.first), number_of(days.last)
        if said_on >= days.last:
            ledger.left_out.afterwards += 1
            continue
        worth = reporting.amount(amount, currency, said_at)
        if last > truth.over or worth is None:
            continue
        actual = truth.brought(first, last).get(str(member), 0.0)
        span = Span(kind_of(key), first, last)
        ledger.amount(CALLED, layer, number_of(said_on), span, "owner", (np.nan, float(worth), np.nan, actual))
