"""Relationship health in words and tones: where it goes, and how it stands, never by colour alone."""

from __future__ import annotations

from typing import NamedTuple

from domain.language.catalogue import say

STEADY = 2.0
"""By how many points health may move and is still called steady."""
FAST = 10.0


class Tendency(NamedTuple):
    """Where a score goes: a word, an arrow, a tone."""

    word: str
    arrow: str
    tone: str


def tendency(change: float | None) -> Tendency:
    """What a change of so many points is called."""
    if change is None:
        return Tendency(say("no comparison"), "·", "plain")
    if change <= -FAST:
        return Tendency(say("cools fast"), "↓", "bad")
    if change <= -STEADY:
        return Tendency(say("cools"), "↘", "warn")
    if change < STEADY:
        return Tendency(say("steady"), "→", "plain")
    if change < FAST:
        return Tendency(say("warms"), "↗", "good")
    return Tendency(say("warms fast"), "↑", "good")


def tone_of(band: str | None) -> str:
    """The tone of a band."""
    return {"red": "bad", "yellow": "warn", "green": "good"}.get(band or "", "plain")
