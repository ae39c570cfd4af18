"""Why relationship health moved between two moments."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from projections.relationship_health import AccountHealth, ComponentScore, health
from projections.view import Answer, View


class ComponentMove(msgspec.Struct):
    """A component that moved: its scores (None: no facts), the points of the whole that this made, why, and the
    positions of the events that have come in between. The points of an account add up to its change, but for
    rounding, where it has a score at both moments."""

    name: str
    before: float | None
    after: float | None
    points: float
    reason_before: str
    reason: str
    positions: list[int]


class AccountMove(msgspec.Struct):
    """An account whose health moved; a score is None where no component had facts or the account was not there."""

    account: UUID
    external_id: str
    name: str
    before: float | None
    after: float | None
    band_before: str | None
    band: str | None
    components: list[ComponentMove]


class MovedAnswer(Answer, kw_only=True):
    """What moved since `since`, the greatest falls first."""

    since: datetime
    accounts: list[AccountMove]


def moved(view_then: View, view_now: View, account: UUID | None = None) -> MovedAnswer:
    """The accounts whose health moved between two views, and which components moved it.

    Two moments, or two states of knowledge of one moment. Raises NotFound for an account that is not there now.
    """
    now = health(view_now, account).accounts
    then = {each.account: each for each in health(view_then).accounts}
    moves = [_move(then.get(each.account), each) for each in now]
    found = [each for each in moves if each.components or each.before != each.after]
    return MovedAnswer(
        **view_now.head(),
        since=view_then.clock.as_of,
        accounts=sorted(found, key=lambda each: ((each.after or 0) - (each.before or 0), each.name, each.account)),
    )


def _move(then: AccountHealth | None, now: AccountHealth) -> AccountMove:
    before = {each.name: each for each in then.components} if then else {}
    after = {each.name: each for each in now.components}
    shares = _shares(list(before.values())), _shares(list(after.values()))
    names = list(dict.fromkeys([*after, *before]))
    moves = [_component(name, before.get(name), after.get(name), shares) for name in names]
    return AccountMove(
        now.account,
        now.external_id,
        now.name,
        then.score if then else None,
        now.score,
        then.band if then else None,
        now.band,
        [each for each in moves if each.before != each.after or each.positions or each.points],
    )


def _shares(components: list[ComponentScore]) -> dict[str, float]:
    """What each component brings to the whole, in points."""
    weight = sum(each.weight for each in components)
    return {each.name: each.score * each.weight / weight for each in components} if weight else {}


def _component(
    name: str,
    before: ComponentScore | None,
    after: ComponentScore | None,
    shares: tuple[dict[str, float], dict[str, float]],
) -> ComponentMove:
    known = set(before.positions) if before else set()
    return ComponentMove(
        name,
        before.score if before else None,
        after.score if after else None,
        round(shares[1].get(name, 0.0) - shares[0].get(name, 0.0), 1),
        before.reason if before else "",
        after.reason if after else "",
        [position for position in (after.positions if after else []) if position not in known],
    )
