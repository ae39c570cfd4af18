"""Relationship health under other policies, side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from projections.health_outlook import rounded
from projections.relationship_health import AccountHealth, ComponentScore, health
from projections.view import View
from projections.whatif.side_by_side import Compared, WhatIfAnswer, difference


class ComponentUnder(msgspec.Struct):
    """A component under both policies: its scores 0–100 (None: no facts), its weights, the points of the whole that it
    makes up more (or fewer), and why."""

    name: str
    was: float | None
    would_be: float | None
    weight_was: float
    weight: float
    points: float
    reason_was: str
    reason: str
    positions: list[int]


class HealthUnder(msgspec.Struct):
    """The health of an account under both policies, 0–100, and its bands; `components` are those that differ."""

    account: UUID
    external_id: str
    name: str
    was: float | None
    would_be: float | None
    difference: float | None
    band_was: str | None
    band: str | None
    components: list[ComponentUnder]


class HealthPoint(msgspec.Struct):
    """Health at a moment: accounts by band under both policies, how many changed, the accounts, the greatest falls
    first; `not_shown` counts those left out."""

    as_of: datetime
    bands_were: dict[str, int]
    bands: dict[str, int]
    changed: int
    accounts: list[HealthUnder]
    not_shown: int = 0


class HealthWhatIf(WhatIfAnswer, kw_only=True):
    """Health as it was and as it would have been, moment by moment."""

    points: list[HealthPoint]


def health_under(compared: Compared, account: UUID | None = None) -> HealthWhatIf:
    """Health of all accounts that the asker may see, or of one, under both policies. Raises NotFound."""
    points = [_point(was, would, account) for was, would in compared.pairs()]
    return HealthWhatIf(**compared.about(), points=points)


def _point(was: View, would: View, account: UUID | None) -> HealthPoint:
    before = {each.account: each for each in health(was, account).accounts}
    after = health(would, account).accounts
    lines = [_line(before[each.account], each) for each in after]
    return HealthPoint(
        as_of=was.clock.as_of,
        bands_were=_bands(before.values()),
        bands=_bands(after),
        changed=sum(each.was != each.would_be or each.band_was != each.band for each in lines),
        accounts=sorted(lines, key=_falls_first),
    )


def _bands(accounts: Iterable[AccountHealth]) -> dict[str, int]:
    return dict(Counter(each.band or "" for each in accounts))


def _line(was: AccountHealth, would: AccountHealth) -> HealthUnder:
    before, after = ({each.name: each for each in one.components} for one in (was, would))
    shares = _shares(was.components), _shares(would.components)
    both = [_component(name, before.get(name), after.get(name), shares) for name in {**before, **after}]
    return HealthUnder(
        was.account,
        was.external_id,
        was.name,
        was.score,
        would.score,
        difference(was.score, would.score),
        was.band,
        would.band,
        [each for each in both if (each.was, each.weight_was, each.points) != (each.would_be, each.weight, 0.0)],
    )


def _component(
    name: str,
    was: ComponentScore | None,
    would: ComponentScore | None,
    shares: tuple[Mapping[str, float], Mapping[str, float]],
) -> ComponentUnder:
    positions = {*(was.positions if was else ()), *(would.positions if would else ())}
    return ComponentUnder(
        name,
        was.score if was else None,
        would.score if would else None,
        was.weight if was else 0.0,
        would.weight if would else 0.0,
        rounded(shares[1].get(name, 0.0) - shares[0].get(name, 0.0)),
        was.reason if was else "",
        would.reason if would else "",
        sorted(positions),
    )


def _shares(components: Sequence[ComponentScore]) -> dict[str, float]:
    """The points of the whole that each component makes up."""
    weight = sum(each.weight for each in components)
    return {each.name: each.score * each.weight / weight for each in components} if weight else {}


def _falls_first(line: HealthUnder) -> tuple[bool, float, str, UUID]:
    return line.difference is None, line.difference or 0.0, line.name, line.account
