"""Companies made of a few numbers: deals that open by weeks and are won or lost by known daily rates."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import numpy as np

from projections.forecasting.histories import NEVER, NONE, Codes, Histories, Outcome, Spells
from tests.projections.forecasting.maven import no_marks

TODAY = 17_531
"""The last day of 2017: what happened before it is history."""


def company(
    opened: list[int] | np.ndarray,
    closed: list[int] | np.ndarray,
    won: list[bool] | np.ndarray,
    amount: list[float] | np.ndarray,
    *,
    owner: list[int] | np.ndarray | None = None,
    day: int = TODAY,
) -> Histories:
    """Deals at one stage; a deal is closed on its day or, with NEVER, not at all; won ones signed their amount."""
    count = len(opened)
    starts, ends = np.array(opened, np.int32), np.array(closed, np.int32)
    ends = np.where(ends > day, NEVER, ends).astype(np.int32)
    outcome = np.where(ends == NEVER, Outcome.OPEN, np.where(won, Outcome.WON, Outcome.LOST)).astype(np.int8)
    zero, none = np.zeros(count, np.int32), np.full(count, NONE, np.int32)
    owners = zero if owner is None else np.array(owner, np.int32)
    worth = np.array(amount, np.float64)
    return Histories(
        day=day,
        fiscal_start=1,
        ids=[UUID(int=0xABC0_0000 + 7919 * number % 1_000_003) for number in range(count)],
        external=[str(number) for number in range(count)],
        opened=starts,
        closed=ends,
        outcome=outcome,
        stage=zero,
        since=starts,
        owner=owners,
        territory=zero,
        product=zero,
        account=none,
        amount=worth,
        signed=np.where(outcome == Outcome.WON, worth, np.nan),
        close_on=np.full(count, NEVER, np.int32),
        category=none,
        spells=Spells(np.arange(count, dtype=np.int32), zero, starts, ends, none),
        marks=no_marks(),
        codes=Codes([("p", "s")], [], [], [], [], [], [], []),
    )


def grown(
    seed: int, *, days: int = 500, per_day: float = 3.0, win: float = 0.012, lose: float = 0.012, owners: int = 4
) -> tuple[np.ndarray, ...]:
    """Deals of so many days up to a quarter after TODAY, at constant rates: opened, closed, won, amount, owner."""
    rng = np.random.Generator(np.random.PCG64(seed))
    opened = np.sort(rng.integers(TODAY - days, TODAY + 93, int(per_day * (days + 92))))
    closed = opened + rng.geometric(win + lose, len(opened))
    won = rng.random(len(opened)) < win / (win + lose)
    amount = np.round(rng.lognormal(8, 0.6, len(opened)), 2)
    return opened, closed, won, amount, rng.integers(0, owners, len(opened))


def as_known(deals: tuple[np.ndarray, ...], day: int) -> Histories:
    """What is known of grown deals on a day."""
    opened, closed, won, amount, owner = deals
    here = opened <= day
    return company(opened[here], closed[here], won[here], amount[here], owner=owner[here], day=day)


def reordered(h: Histories, order: np.ndarray) -> Histories:
    """The same deals in another order."""
    names = "opened closed outcome stage since owner territory product account amount signed close_on category".split()
    place = np.argsort(order)
    by_deal = np.argsort(place[h.spells.deal], kind="stable")
    spells = {name: getattr(h.spells, name)[by_deal] for name in ("stage", "start", "end", "to")}
    return replace(
        h,
        ids=[h.ids[each] for each in order],
        external=[h.external[each] for each in order],
        spells=Spells(deal=place[h.spells.deal][by_deal].astype(np.int32), **spells),
        **{name: getattr(h, name)[order] for name in names},
    )
