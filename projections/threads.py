"""How far a relationship hangs by one thread: pure functions of who met whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from uuid import UUID

Ties = Mapping[tuple[UUID, UUID], float]
"""How much each of ours (first) has to do with each of theirs (second): meetings and contacts, all above 0."""


def single_thread(ties: Ties) -> float | None:
    """0 to 100: 100 where one of ours and one of theirs carry everything, less the more share it; None without ties.

    100 × (H of ours + H of theirs) / 2, where H = Σ share² is the Herfindahl–Hirschman index of concentration
    (Hirschman 1945, Herfindahl 1950) over the shares of the ties that go through each person. Two of ours who share
    the meetings with one person equally: 100 × (0.5 + 1) / 2 = 75; two with two, equally: 50.
    """
    if not ties:
        return None
    ours, theirs = defaultdict[UUID, float](float), defaultdict[UUID, float](float)
    for (member, stakeholder), weight in ties.items():
        ours[member] += weight
        theirs[stakeholder] += weight
    return round(50 * (concentration(ours.values()) + concentration(theirs.values())), 1)


def concentration(parts: Iterable[float]) -> float:
    """The Herfindahl–Hirschman index: the sum of the squared shares, 1 where there is one part alone."""
    sizes = list(parts)
    whole = sum(sizes)
    return sum((size / whole) ** 2 for size in sizes)
