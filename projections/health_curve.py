"""Relationship health of one account over time: a curve of many moments, with the events that moved it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from domain.errors import NotFound
from projections.health_facts import facts_of
from projections.relationship_health import ComponentScore, Reckoning, Standing
from projections.view import Answer, View


class CurvePoint(msgspec.Struct):
    """The health of an account at a moment: what `health` says of it then; None where no component had facts or the
    account was not there. `moved_by` are the positions of the events behind it that were not behind the point before,
    in order; of the first point there are none."""

    as_of: datetime
    score: float | None
    band: str | None
    components: list[ComponentScore]
    moved_by: list[int]


class CurveAnswer(Answer, kw_only=True):
    """The health of an account at many moments, in their order."""

    account: UUID
    external_id: str
    name: str
    points: list[CurvePoint]


def health_curve(view: View, account: UUID, moments: Sequence[datetime]) -> CurveAnswer:
    """The health of an account at each of these moments, by what is known in the view and the policies of each; its
    name is that of the view's moment.

    Raises NotFound for an account that is not there at the view's moment or not to be seen.
    """
    now = facts_of(view, account)
    if not now:
        raise NotFound(kind="account", key=account)
    points: list[CurvePoint] = []
    for then in view.through(sorted(set(moments)), of_one=True):
        score, band, components = standing_at(then, account)
        moved_by = _since(points[-1], components) if points else []
        points.append(CurvePoint(then.clock.as_of, score, band, components, moved_by))
    return CurveAnswer(
        **view.head(), account=now[0].account, external_id=now[0].external_id, name=now[0].name, points=points
    )


def standing_at(view: View, account: UUID) -> Standing:
    """Score, band and components of an account; nothing where it is not there."""
    found = facts_of(view, account)
    return Reckoning(view).standing(found[0]) if found else (None, None, [])


def _since(before: CurvePoint, components: list[ComponentScore]) -> list[int]:
    known = {position for each in before.components for position in each.positions}
    return sorted({position for each in components for position in each.positions} - known)
