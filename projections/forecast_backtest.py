"""The backtest (回测): history replayed by the forecaster's clock, and every method scored against what happened."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from datetime import date, timedelta
from multiprocessing import get_context
from typing import TYPE_CHECKING, Literal

import msgspec

from domain.errors import Refused
from domain.policies.calendar import Unit, day_end, period, period_of
from projections.forecast_learning import probabilities
from projections.forecast_scores import last_day_over, shown_deals
from projections.forecasting.histories import NEVER, day_of_number, number_of
from projections.forecasting.judged import AmountLine, LeftOut, Standing, Truth, WinLine, judge, leaderboard
from projections.forecasting.model import METHOD
from projections.forecasting.replay import OPENED, Asked, Issue, Issued, Span, replay
from projections.view import View

if TYPE_CHECKING:
    from projections.forecasting.facts import Facts

MONTH_ENDS = "month-ends"
REFIT_DAYS = 28
"""A model serves the issue dates of so many days; then another is fitted."""
MOST_ISSUES = 1_500
MOST_OPENINGS = 100
"""Deals are forecast on the day of their opening on at most so many days, evenly spread."""
WORTH_TWO = 8
"""From so many issue dates on it is worth while to start a second process."""

Every = int | Literal["month-ends"]
Progress = Callable[[int, int], None]


class BacktestBackwards(Refused):
    """From {first} to {last} there is no issue date: state an earlier --from, or a later --to."""


class BacktestTooLong(Refused):
    """{found} issue dates are too many for a backtest: state at most {most}, by a shorter time or a larger --every."""


class BacktestAnswer(msgspec.Struct, kw_only=True):
    """How well each method would have forecast. `first` and `last` are the first and the last issue date, `fits` how
    many models were fitted, `without_model` the issue dates with too little history for one; `known_to` is the last
    day of which anything is known. `proposed` is the method that stands first in the leaderboard, `in_use` the one of
    the policy; null where nothing could be scored. `opened` are the chances of the learned model on the day on which a
    deal was opened, null where they were not asked for."""

    since: date = msgspec.field(name="from")
    to: date
    every: Every
    horizon: str
    within: int
    by: str
    issues: int
    fits: int
    without_model: int
    runs: int
    currency: str
    scope: str
    position: int
    known_to: date | None
    methods: list[AmountLine]
    wins: list[WinLine]
    opened: WinLine | None
    leaderboard: list[Standing]
    in_use: str
    proposed: str | None
    left_out: LeftOut


class BacktestAsked(msgspec.Struct, frozen=True, kw_only=True):
    """What is replayed: issue dates from a day to a day, every so many days or at the ends of months; the periods
    that they forecast (empty: months and quarters), deals won within so many days, groups by owner, territory or
    product; with `openings` deals on the day they are opened.
    """

    first: date
    last: date
    every: Every = 7
    horizon: str = ""
    within: int = 92
    by: str = ""
    openings: bool = False


def backtest(
    view: View, asked: BacktestAsked, *, processes: int | None = None, progress: Progress | None = None
) -> BacktestAnswer:
    """Replay and score, as known in the view. A model is fitted at the first issue date, and anew at the first one that
    lies `REFIT_DAYS` or more after the last fit. The same journal gives the same answer, however many processes share
    the work. Raises BacktestBackwards, BacktestTooLong."""
    from projections.forecasting.facts import histories, load

    days = issue_days(asked.first, min(asked.last, _today(view)), asked.every)
    if not days:
        raise BacktestBackwards(first=asked.first, last=asked.last)
    if len(days) > MOST_ISSUES:
        raise BacktestTooLong(found=len(days), most=MOST_ISSUES)
    facts, shown = load(view.connection), shown_deals(view)
    question = Asked(by=asked.by, within=asked.within, shown=shown)
    chunks = list(_chunks(list(_issues(view, asked, days))))
    issued = list(_replayed(facts, chunks, question, processes, progress))
    now = histories(facts, view, view.clock.as_of, known_at=view.clock.known_at)
    ledger = judge(issued, Truth(now, asked.by, shown, over=last_day_over(view)), by=asked.by, within=asked.within)
    amounts, wins = ledger.amount_lines(), ledger.win_lines()
    in_use = str(view.policies.forecasting.method)
    standings = leaderboard(amounts, wins, in_use)
    known = [int(column[column < NEVER].max()) for column in (now.opened, now.closed) if (column < NEVER).any()]
    return BacktestAnswer(
        since=days[0],
        to=days[-1],
        every=asked.every,
        horizon=asked.horizon,
        within=asked.within,
        by=asked.by,
        issues=len(days),
        fits=len(chunks),
        without_model=sum(not each.model for each in issued),
        runs=question.runs,
        currency=view.currency,
        scope=view.visibility.scope,
        position=view.clock.known_at,
        known_to=day_of_number(max(known)) if known else None,
        methods=amounts,
        wins=wins,
        opened=next((line for line in wins if line.kind == OPENED and line.method == METHOD), None),
        leaderboard=standings,
        in_use=in_use,
        proposed=next((each.method for each in standings if each.proposed), None),
        left_out=ledger.left_out,
    )


def issue_days(first: date, last: date, every: Every) -> list[date]:
    """The issue dates from one day to another, both included."""
    count = (last - first).days + 1
    if every == MONTH_ENDS:
        days = (first + timedelta(days=n) for n in range(count))
        return [day for day in days if (day + timedelta(days=1)).day == 1]
    return [first + timedelta(days=n) for n in range(0, count, int(every))]


def _today(view: View) -> date:
    from domain.policies.calendar import day_of

    return day_of(view.policies.company, view.clock.as_of)


def _issues(view: View, asked: BacktestAsked, days: Sequence[date]) -> Iterator[Issue]:
    """An issue forecasts the period in which the next day lies."""
    from projections.forecasting.folding import Frame

    kinds: tuple[Unit, ...] = ("month", "quarter") if not asked.horizon else (asked.horizon,)  # type: ignore[assignment]
    last = max(days[-1], min(asked.last, _today(view)))
    step = -(-max((last - days[0]).days, 1) // MOST_OPENINGS)
    opening = {days[0] + timedelta(days=n) for n in range(1, (last - days[0]).days + 1, step)}
    for day, end in zip(days, [*days[1:], last], strict=True):
        moment = day_end(view.policies.company, day)
        then = view.at(moment)
        company = then.policies.company
        spans = []
        for kind in kinds:
            found = period(company, period_of(company, day + timedelta(days=1), kind))
            spans.append(Span(kind, number_of(found.first), number_of(found.last)))
        following = (day + timedelta(days=n + 1) for n in range((end - day).days))
        openings = [day_end(company, each) for each in following if each in opening]
        yield Issue(
            moment=moment,
            frame=Frame.of(then),
            probabilities=probabilities(then),
            spans=tuple(spans),
            openings=tuple(openings) if asked.openings else (),
        )


def _chunks(issues: Sequence[Issue]) -> Iterator[list[Issue]]:
    """Issue dates that share a model."""
    chunk: list[Issue] = []
    for issue in issues:
        if chunk and issue.moment - chunk[0].moment >= timedelta(days=REFIT_DAYS) - timedelta(hours=2):
            yield chunk
            chunk = []
        chunk.append(issue)
    if chunk:
        yield chunk


def _replayed(
    facts: Facts, chunks: Sequence[list[Issue]], asked: Asked, processes: int | None, progress: Progress | None
) -> Iterator[Issued]:
    """All issue dates in their order; chunks are dealt to processes."""
    total = sum(map(len, chunks))
    wanted = processes or (2 if total >= WORTH_TWO and len(chunks) > 1 and (os.cpu_count() or 1) > 1 else 1)
    if wanted == 1:
        found: Iterator[list[Issued]] = (list(replay(facts, chunk, asked)) for chunk in chunks)
        yield from _told(found, total, progress)
        return
    with _pool(wanted, facts, asked) as pool:
        yield from _told(pool.map(_replay_chunk, chunks), total, progress)


def _told(found: Iterator[list[Issued]], total: int, progress: Progress | None) -> Iterator[Issued]:
    done = 0
    for chunk in found:
        yield from chunk
        done += len(chunk)
        if progress is not None:
            progress(done, total)


# --- in another process -------------------------------------------------------------------------------------------

_given: list[tuple[Facts, Asked]] = []
"""What a process replays: set once, when it begins."""


def _pool(processes: int, facts: Facts, asked: Asked) -> Executor:
    return ProcessPoolExecutor(processes, get_context("spawn"), initializer=_begin, initargs=(facts, asked))


def _begin(facts: Facts, asked: Asked) -> None:
    _given[:] = [(facts, asked)]


def _replay_chunk(chunk: list[Issue]) -> list[Issued]:
    facts, asked = _given[0]
    return list(replay(facts, chunk, asked))
