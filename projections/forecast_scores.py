"""How good the forecasts were that were kept: each scored when its period is over, by what is known now, beside the
methods that need no model, as of the same moments."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
import psycopg

from domain.policies.calendar import MONTH, QUARTER, YEAR, day_of, period
from projections.deals import Filters, placed_sql
from projections.engine import as_of_sql
from projections.forecast_calls import FORECAST_CALLS
from projections.forecast_learning import probabilities
from projections.forecasting import naive
from projections.forecasting.folding import Frame
from projections.forecasting.histories import NONE, Histories, Numbers, number_of
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
from projections.forecasting.kept import DEALS, NO_MODEL, Kept, kept, scope_of
from projections.forecasting.replay import WITHIN, Amounts, Issued, Span, Wins, groups_of
from projections.funnel import By
from projections.reporting import Reporting
from projections.view import Answer, View

if TYPE_CHECKING:
    from uuid import UUID

KINDS = ("month", "quarter", "year", "days")
CALLED = "called"
"""The method of what people called, whatever moved them."""
WITHIN_DAYS = 92


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
    then, over = _Then(view, facts, asked.by, shown, below), last_day_over(view)
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


def kind_of(key: str) -> str:
    """The kind of a period."""
    forms = {"month": MONTH, "quarter": QUARTER, "year": YEAR}
    return next((kind for kind, form in forms.items() if form.fullmatch(key)), "days")


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


class Remembered:
    """What kept forecasts said, beside what needs no model, the longest unused forgotten first."""

    def __init__(self, most: int = 2_000_000) -> None:
        self._most, self._numbers = most, 0
        self._found = OrderedDict[Hashable, Issued]()
        self._lock = Lock()

    def get(self, key: Hashable) -> Issued | None:
        """What was worked out."""
        with self._lock:
            if (found := self._found.get(key)) is not None:
                self._found.move_to_end(key)
            return found

    def put(self, key: Hashable, issued: Issued) -> None:
        """Remember it; by how many numbers there are in all, others are forgotten."""
        with self._lock:
            self._found[key] = issued
            self._numbers += _size(issued)
            while self._numbers > self._most and len(self._found) > 1:
                self._numbers -= _size(self._found.popitem(last=False)[1])


def _size(issued: Issued) -> int:
    return 100 + sum(len(each.ids) for each in issued.wins) + sum(3 * len(each.keys) for each in issued.amounts)


ISSUED = Remembered()
_ENDS = "select position, md5(recorded_at::text || encode(state, 'hex')) from events where position = any(%s)"


def ends_at(connection: psycopg.Connection, positions: Iterable[int]) -> dict[int, str]:
    """What tells the journal up to positions from any other."""
    return dict(connection.execute(_ENDS, (list(positions),)).fetchall())


class _Then:
    """What could have been said without a model at the moments at which forecasts were kept. Groups are those in which
    deals stand: what a kept forecast says of the territories above them alone is not scored a second time."""

    def __init__(
        self, view: View, facts: Any, by: str, shown: frozenset[UUID] | None, below: Callable[[str], Sequence[str]]
    ) -> None:
        self._below = below
        self._view, self._facts, self._by, self._shown = view, facts, by, shown
        self._known: dict[tuple[datetime, int], tuple[Histories, naive.Rates]] = {}
        self._views: dict[datetime, View] = {}

    def _histories(self, one: Kept) -> tuple[Histories, naive.Rates]:
        from projections.forecasting.facts import histories

        key = one.as_of, one.known_at
        if key not in self._known:
            then = self._at(one)
            self._known[key] = histories(self._facts, then, one.as_of, known_at=one.known_at), probabilities(then)
        return self._known[key]

    def _at(self, one: Kept) -> View:
        """The view of a kept forecast's moment."""
        if one.as_of not in self._views:
            self._views[one.as_of] = self._view.at(one.as_of)
        return self._views[one.as_of]

    def waiting(self, one: Kept, over: int) -> Issued | None:
        """A kept forecast whose days are not over: of it only how much waits is told, which needs nothing else."""
        day, model = number_of(day_of(self._at(one).policies.company, one.as_of)), one.model
        if one.period == DEALS:
            if day + WITHIN_DAYS <= over or model == NO_MODEL:
                return None
            ids = [each.opportunity for each in one.content.deals]
            return Issued(day, model, wins=[Wins(WITHIN, model, ids, np.full(len(ids), np.nan))])
        span = Span(kind_of(one.period), number_of(one.first_day), number_of(one.last_day))
        nothing = np.empty(0)
        said = Amounts(span, model, [], nothing, nothing, nothing, (np.nan, np.nan, np.nan))
        return Issued(day, model, amounts=[said]) if span.last > over else None

    def remembered(self, one: Kept, end: str) -> Issued:
        """What is scored of a kept forecast: what was known then stays, so that it is worked out once. `end` tells the
        journal up to there from any other."""
        if not end or self._by == "territory":
            return self.issued(one)
        then = self._at(one)
        frame, rates = Frame.of(then), frozenset(probabilities(then).items())
        key = end, one.id, one.kept_at, self._by, self._shown, frame.zone, frame.fiscal_start, frame.currency, rates
        found = ISSUED.get(key)
        if found is None:
            found = self.issued(one)
            ISSUED.put(key, found)
        return found

    def issued(self, one: Kept) -> Issued:
        """A kept forecast beside what needs no model."""
        h, rates = self._histories(one)
        model = "" if one.model == NO_MODEL else one.model
        if one.period == DEALS:
            return Issued(h.day, model, wins=list(self._wins(one, h, rates)))
        return Issued(h.day, model, amounts=list(self._amounts(one, h, rates)))

    def _amounts(self, one: Kept, h: Histories, rates: naive.Rates) -> Iterator[Amounts]:
        span = Span(kind_of(one.period), number_of(one.first_day), number_of(one.last_day))
        groups, keys = groups_of(h, self._by, self._shown)
        stand = [keys[place] for place in np.unique(groups[groups != NONE])]
        whole = one.content.whole
        said = [each for each in one.content.groups if each.key in stand] if self._by else []
        if whole is not None and whole.p50 is not None and one.model != NO_MODEL:
            p10, p50, p90 = (_numbers(getattr(each, name) for each in said) for name in ("p10", "p50", "p90"))
            of_all = _number(whole.p10), _number(whole.p50), _number(whole.p90)
            yield Amounts(span, one.model, [each.key for each in said], p10, p50, p90, of_all)
        nothing = np.full(len(stand), np.nan)
        for method, values in naive.amounts(h, rates, groups, len(keys), span.first, span.last).items():
            if method == one.model:
                continue
            of = dict(zip(keys, values.tolist(), strict=True))
            with_below = np.array([sum(of.get(each, 0.0) for each in self._below(key)) for key in stand], np.float64)
            yield Amounts(span, method, stand, nothing, with_below, nothing, (np.nan, float(values.sum()), np.nan))

    def _wins(self, one: Kept, h: Histories, rates: naive.Rates) -> Iterator[Wins]:
        said = one.content.deals
        ids = [each.opportunity for each in said]
        if one.model != NO_MODEL:
            yield Wins(WITHIN, one.model, ids, _numbers([each.p_win_within for each in said]))
        rows = np.array([h.place.get(each, NONE) for each in ids], np.int32)
        rows = rows[rows != NONE]
        for method, p in naive.chances(h, rates, rows, within=one.content.within).items():
            if method == one.model:
                continue
            yield Wins(WITHIN, method, [h.ids[row] for row in rows], p)


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _numbers(values: Iterable[Any]) -> Numbers:
    return np.array([_number(value) for value in values], np.float64)


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
