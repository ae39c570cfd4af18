"""Exposure (风险敞口), as a component of relationship health: does one manager and one contact carry it all?"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from domain.language.catalogue import say
from projections.health_components import Component, Fading, counted
from projections.threads import single_thread


class Tie(msgspec.Struct, frozen=True):
    """The meetings of one of ours with one of theirs, each weighted by 0.5^(age / half-life), and the newest of them;
    `holds` while both are there."""

    member: UUID
    stakeholder: UUID
    weight: float
    position: int
    holds: bool = True


def exposure(ties: Sequence[Tie]) -> Component | None:
    """Exposure: 100 − the single-thread measure (see `single_thread`): 0 where one manager and one contact carry the
    whole relationship, the higher the more people on both sides share it.

    Meetings are visits and contacts of which both sides are known; ties of who has left hold no longer, and where none
    holds the score is 0. All meetings fade alike, so waiting changes nothing.
    """
    if not ties:
        return None
    holding = [tie for tie in ties if tie.holds]
    thread = single_thread({(tie.member, tie.stakeholder): tie.weight for tie in holding})
    if thread is None:
        positions = tuple(sorted({tie.position for tie in ties}))
        return Component("exposure", Fading(0), say("nobody who knew each other is there any more"), positions)
    ours, theirs = len({tie.member for tie in holding}), len({tie.stakeholder for tie in holding})
    shared = say(
        "{ours} of ours and {theirs} there share the meetings", ours=ours, theirs=counted(theirs, "person", "people")
    )
    reason = say("{shared}; single thread {thread:.0f} %", shared=shared, thread=thread)
    return Component("exposure", Fading(100 - thread), reason, tuple(sorted({tie.position for tie in holding})))
