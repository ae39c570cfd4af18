"""What was forecast against what happened: scores per method, layer and kind of period; wins per method; a leaderboard.

Pure. A period that is not over, a deal that is still open, and a horizon that has not passed are left out and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

import msgspec
import numpy as np

from domain.decodable import decodable
from projections.forecasting.histories import NONE, Histories, Outcome
from projections.forecasting.replay import WITHIN, Issued, Span, groups_of
from projections.forecasting.scores import Bin, amount_scores, win_scores

COMPUTED = "computed"
BEFORE, DURING = "before", "during"
LEAST_TO_PROPOSE = 4
"""So many periods of a kind must be scored, of the method in use and of the one that is proposed."""
NAMES_OF_POLICY = ("hazard", "stage_rates", "stage_weighted", "last_year", "last_quarter", "average_of_four")
"""The methods that may be in use: those of ForecastMethod."""


class AmountLine(msgspec.Struct, kw_only=True):
    """How well a method forecast the revenue of periods: of `layer` (computed, submitted, owner or manager), `issued`
    before the period began or while it ran, for all (`by` is empty) or each group.

    `periods` are those forecast, `n` how often: one may be forecast on many days, of many groups.
    `pinball` is scaled by what happened, as `wape` is; `coverage` and `width` are those of P10–P90, null for a method
    that states one amount.
    """

    method: str
    layer: str
    period_kind: str
    issued: str
    by: str
    n: int
    periods: int
    wape: float | None
    bias: float | None
    pinball: float | None
    coverage: float | None
    width: float | None


class WinLine(msgspec.Struct, kw_only=True):
    """How good a method's chances were: to be won `within` the days asked for; or, of deals that ended, to be won at
    all, as said on the day on which each was `opened`. `base` is the share that was won."""

    method: str
    kind: str
    n: int
    base: float | None
    auc: float | None
    brier: float | None
    logloss: float | None
    ece: float | None
    accuracy: float | None
    calibration: list[Bin]


class LeftOut(msgspec.Struct, kw_only=True):
    """What could not be scored: periods that are not over (times the issue dates that forecast them), chances whose
    horizon has not passed, and those of deals that are still open. `afterwards` were said as of the last day of their
    period or later, when nothing was left to forecast."""

    periods: int = 0
    horizons: int = 0
    open_deals: int = 0
    afterwards: int = 0


class Standing(msgspec.Struct, kw_only=True):
    """A method's place among the methods: by the mean of its pinball losses over the kinds of periods and groups;
    `brier` is that of its chances of a win within the horizon, null where it states none."""

    method: str
    pinball: float | None
    wape: float | None
    coverage: float | None
    brier: float | None
    ece: float | None
    in_use: bool = False
    proposed: bool = False


Said = tuple[float, float, float, float]
"""P10, P50, P90 and what happened."""
Line = tuple[str, str, str, str, str]
"""The kind of period, when it was issued, by what, the layer, the method."""


class Pair(NamedTuple):
    """What was said on a day of a period, and what happened."""

    day: int
    span: Span
    said: Said


Given = tuple[int, UUID, float, bool]
"""The day on which a chance was given, to which deal, the chance, and whether it came."""


@dataclass
class Ledger:
    """Pairs of what was said and what happened, gathered one by one."""

    amounts: dict[Line, list[Pair]] = field(default_factory=dict)
    wins: dict[tuple[str, str], list[Given]] = field(default_factory=dict)
    left_out: LeftOut = field(default_factory=LeftOut)

    def amount(self, method: str, layer: str, day: int, span: Span, by: str, said: Said) -> None:
        """An amount that was said on a day of a period, and what it brought."""
        line = span.kind, issued_when(day, span.first), by, layer, method
        self.amounts.setdefault(line, []).append(Pair(day, span, said))

    def win(self, method: str, kind: str, given: Given) -> None:
        """A chance, and whether it came."""
        self.wins.setdefault((kind, method), []).append(given)

    def amount_lines(self) -> list[AmountLine]:
        """The scores of amounts; of each kind of period and group the best first."""
        lines = []
        for line, pairs in self.amounts.items():
            kind, issued, by, layer, method = line
            scores = amount_scores(*(np.array(column) for column in zip(*(each.said for each in pairs), strict=True)))
            head = {"method": method, "layer": layer, "period_kind": kind, "issued": issued, "by": by}
            head_of = {**head, "periods": len({(each.span.first, each.span.last) for each in pairs})}
            lines.append(msgspec.convert({**head_of, **msgspec.structs.asdict(scores)}, decodable(AmountLine)))
        return sorted(lines, key=_order)

    def win_lines(self) -> list[WinLine]:
        """The scores of chances, of each kind the best first."""
        lines = []
        for (kind, method), chances in self.wins.items():
            _, _, p, came = zip(*chances, strict=True)
            lines.append(
                WinLine(
                    method=method,
                    kind=kind,
                    **msgspec.structs.asdict(win_scores(np.array(p), np.array(came, np.float64))),
                )
            )
        return sorted(lines, key=lambda line: (line.kind, *_best(line.brier), line.method))


class Truth:
    """What is known now of what happened; `below` are the groups that a group contains, itself among them, `over` the
    last day that is over."""

    def __init__(
        self,
        now: Histories,
        by: str,
        shown: frozenset[UUID] | None,
        below: Callable[[str], Sequence[str]] = lambda key: (key,),
        *,
        over: int | None = None,
    ) -> None:
        self.now, self._below = now, below
        self.over = now.day if over is None else over
        groups, self._keys = groups_of(now, by, shown)
        self._won = np.flatnonzero((groups != NONE) & (now.outcome == Outcome.WON))
        self._groups, self._closed = groups[self._won], now.closed[self._won]
        self._brought: dict[tuple[int, int], dict[str, float]] = {}

    def brought(self, first: int, last: int) -> dict[str, float]:
        """What a period brought, by group; groups that it brought nothing are missing."""
        if (first, last) not in self._brought:
            some = np.flatnonzero((self._closed >= first) & (self._closed <= last))
            signed = np.nan_to_num(self.now.signed[self._won[some]])
            sums = np.bincount(self._groups[some], signed, len(self._keys))
            found = {key: float(worth) for key, worth in zip(self._keys, sums, strict=True) if worth}
            self._brought[first, last] = found
        return self._brought[first, last]

    def of(self, key: str, brought: Mapping[str, float]) -> float:
        """What a group brought with all below it."""
        return sum(brought.get(each, 0.0) for each in self._below(key))

    def outcome(self, one: UUID) -> tuple[Outcome, int] | None:
        """How a deal ended, and on which day; None for one that is not there any more."""
        row = self.now.place.get(one)
        return None if row is None else (Outcome(int(self.now.outcome[row])), int(self.now.closed[row]))


def issued_when(day: int, first: int) -> str:
    """Whether a forecast was issued before its period began, or while it ran."""
    return BEFORE if day < first else DURING


def judge(issued: Iterable[Issued], truth: Truth, *, by: str, within: int) -> Ledger:
    """Everything that was said at issue dates, beside what happened."""
    ledger = Ledger()
    for each in issued:
        _judge_amounts(ledger, each, truth, by)
        _judge_wins(ledger, each, truth, within)
    return ledger


def _judge_amounts(ledger: Ledger, issued: Issued, truth: Truth, by: str) -> None:
    over = set()
    for span, method, keys, p10, p50, p90, whole in issued.amounts:
        if span.last > truth.over:
            over.add(span)
            continue
        brought = truth.brought(span.first, span.last)
        ledger.amount(method, COMPUTED, issued.day, span, "", (*whole, sum(brought.values())))
        if by:
            said = {key: (p10[n], p50[n], p90[n]) for n, key in enumerate(keys)}
            for key in sorted(brought.keys() | {key for key, (_, mid, high) in said.items() if mid > 0 or high > 0}):
                nothing = (0.0, 0.0, 0.0)
                ledger.amount(method, COMPUTED, issued.day, span, by, (*said.get(key, nothing), truth.of(key, brought)))
    ledger.left_out.periods += len(over)


def _judge_wins(ledger: Ledger, issued: Issued, truth: Truth, within: int) -> None:
    waiting, still_open = set[UUID](), set[UUID]()
    for kind, method, ids, p in issued.wins:
        for one, said in zip(ids, p.tolist(), strict=True):
            if (ended := truth.outcome(one)) is None:
                continue
            outcome, closed = ended
            if kind == WITHIN:
                if issued.day + within > truth.over:
                    waiting.add(one)
                else:
                    came = outcome == Outcome.WON and closed <= issued.day + within
                    ledger.win(method, kind, (issued.day, one, said, came))
            elif outcome == Outcome.OPEN:
                still_open.add(one)
            else:
                ledger.win(method, kind, (issued.day, one, said, outcome == Outcome.WON))
    ledger.left_out.horizons += len(waiting)
    ledger.left_out.open_deals += len(still_open)


def leaderboard(amounts: Sequence[AmountLine], wins: Sequence[WinLine], in_use: str) -> list[Standing]:
    """The methods, the best first. A method is compared by the lines of all kinds that the others have, too: one that
    lacks a kind of period comes behind those that have it."""
    computed = [line for line in amounts if line.layer == COMPUTED and line.pinball is not None]
    kinds = {(line.period_kind, line.issued, line.by) for line in computed}
    briers: Mapping[str, WinLine] = {line.method: line for line in wins if line.kind == WITHIN}
    rows = []
    for method in sorted({line.method for line in computed} | {m for m in briers if m in NAMES_OF_POLICY}):
        mine = [line for line in computed if line.method == method]
        rows.append((len(kinds) - len(mine), _standing(method, mine, briers.get(method), in_use)))
    rows.sort(key=lambda row: (row[0], *_best(row[1].pinball), row[1].method))
    standings = [standing for _, standing in rows]
    if standings and standings[0].pinball is not None:
        best = _often_scored(computed, standings[0].method)
        standings[0].proposed = not best.isdisjoint(_often_scored(computed, in_use))
    return standings


def _often_scored(computed: Sequence[AmountLine], method: str) -> set[tuple[str, str]]:
    """Of which kinds of periods, issued before or while they ran, a method's scores are enough to propose by."""
    mine = (line for line in computed if line.method == method and not line.by)
    return {(line.period_kind, line.issued) for line in mine if line.periods >= LEAST_TO_PROPOSE}


def _standing(method: str, lines: Sequence[AmountLine], chances: WinLine | None, in_use: str) -> Standing:
    covered = [line.coverage for line in lines if line.coverage is not None]
    return Standing(
        method=method,
        pinball=_mean([line.pinball for line in lines if line.pinball is not None]),
        wape=_mean([line.wape for line in lines if line.wape is not None]),
        coverage=_mean(covered),
        brier=chances.brier if chances else None,
        ece=chances.ece if chances else None,
        in_use=method == in_use,
    )


def _order(line: AmountLine) -> tuple[str | bool | float, ...]:
    return line.period_kind, line.issued, line.by, *_best(line.pinball), line.method, line.layer


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 4) if values else None


def _best(loss: float | None) -> tuple[bool, float]:
    """Lower losses first, none last."""
    return loss is None, loss or 0.0
