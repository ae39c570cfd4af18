"""Small histories written by hand: deals as (opened, stays, end), marks as (deal, day, kind, key, value)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid5

import numpy as np

from projections.forecasting.histories import NEVER, NONE, Codes, Histories, MarkKind, Marks, Outcome, Spells
from tests.projections.forecasting.maven import NAMESPACE

Deal = tuple[int, Sequence[tuple[int, int]], tuple[int, Outcome] | None]
Mark = tuple[int, int, MarkKind, int, float]


def histories(day: int, deals: Sequence[Deal], marks: Sequence[Mark] = (), *, stages: int = 2) -> Histories:
    """Deals opened on a day, standing at (stage, from day) in turn, closed on (day, outcome) or open; all that lies
    after `day` is left out. All have one owner, product and amount."""
    known = [number for number, deal in enumerate(deals) if deal[0] <= day]
    spells, closed, outcome = [], [], []
    for place, number in enumerate(known):
        _, stays, end = deals[number]
        over = end is not None and end[0] <= day
        closed.append(end[0] if end and over else NEVER)
        outcome.append(int(end[1]) if end and over else 0)
        seen = [stay for stay in stays if stay[1] <= day]
        for index, (stage, start) in enumerate(seen):
            last = index == len(seen) - 1
            until, to = (closed[-1], NONE) if last else (seen[index + 1][1], seen[index + 1][0])
            spells.append((place, stage, start, until, to))
    told = sorted(
        (known.index(deal), on, int(kind), key, value)
        for deal, on, kind, key, value in marks
        if on <= day and deal in known
    )
    table = np.array(spells, dtype=np.int64).reshape(-1, 5).T
    mark = np.array(told, dtype=np.float64).reshape(-1, 5).T
    count = len(known)
    zero, last_spell = np.zeros(count, dtype=np.int32), {row[0]: row for row in spells}
    return Histories(
        day=day,
        fiscal_start=1,
        ids=[uuid5(NAMESPACE, f"deal {number}") for number in known],
        external=[f"D-{number}" for number in known],
        opened=np.array([deals[number][0] for number in known], dtype=np.int32),
        closed=np.array(closed, dtype=np.int32),
        outcome=np.array(outcome, dtype=np.int8),
        stage=np.array([last_spell[place][1] for place in range(count)], dtype=np.int32),
        since=np.array([last_spell[place][2] for place in range(count)], dtype=np.int32),
        owner=zero,
        territory=zero,
        product=zero,
        account=np.full(count, NONE, dtype=np.int32),
        amount=np.full(count, 1000.0),
        signed=np.where(np.array(outcome) == Outcome.WON, 1000.0, np.nan),
        close_on=np.full(count, NEVER, dtype=np.int32),
        category=np.full(count, NONE, dtype=np.int32),
        spells=Spells(*(column.astype(np.int32) for column in table)),
        marks=Marks(
            mark[0].astype(np.int32),
            mark[1].astype(np.int32),
            mark[2].astype(np.int8),
            mark[3].astype(np.int32),
            mark[4],
        ),
        codes=Codes(
            stages=[("process", f"stage {number}") for number in range(stages)],
            owners=[uuid5(NAMESPACE, "owner")],
            territories=["team"],
            products=["product"],
            accounts=[],
            questions=["1", "2", "3"],
            buyers=["approver enemy", "approver supporter"],
            categories=["pipeline", "commit"],
        ),
    )


def reordered(h: Histories, order: np.ndarray) -> Histories:
    """The same deals in another order."""
    place = np.argsort(order).astype(np.int32)
    of_deal = {name: getattr(h, name)[order] for name in PER_DEAL}

    def sorted_by_deal(table: Spells | Marks) -> dict[str, np.ndarray]:
        columns = {**vars(table), "deal": place[table.deal]}
        by = np.argsort(columns["deal"], kind="stable")
        return {name: column[by] for name, column in columns.items()}

    return replace(
        h,
        ids=[h.ids[row] for row in order],
        external=[h.external[row] for row in order],
        spells=Spells(**sorted_by_deal(h.spells)),
        marks=Marks(**sorted_by_deal(h.marks)),
        **of_deal,
    )


PER_DEAL = "opened closed outcome stage since owner territory product account amount signed close_on category".split()


def random_deals(count: int, days: int, seed: int) -> tuple[list[Deal], list[Mark]]:
    """Deals of known daily rates: from stage 0 to stage 1 .03, lost .01 at both, won .02 at stage 1. A deal whose
    first question is answered yes is won three times as often and lost a third as often."""
    random = np.random.Generator(np.random.PCG64(seed))
    deals: list[Deal] = []
    marks: list[Mark] = []
    for number in range(count):
        opened = int(random.integers(0, days))
        is_good = bool(random.random() < 0.5)
        marks.append((number, opened, MarkKind.ANSWER, 0, 1.0 if is_good else -1.0))
        stays, stage, end = [(0, opened)], 0, None
        for day in range(opened + 1, days + 1):
            draw = random.random()
            lose, win = 0.01 * (1 / 3 if is_good else 1), (0.02 * (3 if is_good else 1) if stage else 0.0)
            if draw < lose:
                end = (day, Outcome.LOST)
            elif draw < lose + win:
                end = (day, Outcome.WON)
            elif stage == 0 and draw < lose + 0.03:
                stage = 1
                stays.append((1, day))
            if end:
                break
        deals.append((opened, stays, end))
    return deals, marks
