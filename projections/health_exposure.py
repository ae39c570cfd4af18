"""Exposure (风险敞口), as a component of relationship health: does one manager and one contact carry it all?"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from projections.health_components import Component, Fading, counted


class Thread(msgspec.Struct, frozen=True):
    """The meetings of one person of ours or theirs, each weighted by 0.5^(age / half-life), and the newest of them."""

    person: UUID
    weight: float
    position: int
    is_there: bool = True


def exposure(ours: Sequence[Thread], theirs: Sequence[Thread]) -> Component | None:
    """Exposure: 100 × (1 − p × q), where p is the share of meetings of that one of ours who has most of them, and q the
    same of theirs: 0 where one manager and one contact carry the whole relationship (the single thread).

    Meetings are visits and contacts of which both sides are known; who has left does not count, and where nobody is
    left on a side the score is 0. Shares do not change by waiting, for all meetings fade alike.
    """
    if not ours or not theirs:
        return None
    (p, of_ours), (q, of_theirs) = _largest(ours), _largest(theirs)
    if not of_ours or not of_theirs:
        side = "of ours who met them" if not of_ours else "there whom we met"
        return Component("exposure", Fading(0), f"nobody {side} is there any more", _positions([*ours, *theirs]))
    reason = (
        f"one of ours has {100 * p:.0f} % of the meetings, one of theirs {100 * q:.0f} %; "
        f"{len(of_ours)} of ours know {counted(len(of_theirs), 'person', 'people')} there"
    )
    return Component("exposure", Fading(100 * (1 - p * q)), reason, _positions([*of_ours, *of_theirs]))


def _largest(threads: Sequence[Thread]) -> tuple[float, list[Thread]]:
    """The largest share among those who are there, and these."""
    there = [thread for thread in threads if thread.is_there]
    whole = sum(thread.weight for thread in there)
    return max((thread.weight / whole for thread in there), default=0.0) if whole else 0.0, there


def _positions(threads: Sequence[Thread]) -> tuple[int, ...]:
    return tuple(sorted({thread.position for thread in threads}))
