"""What was won against a target: share, gap, and what of it was to be expected by a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import msgspec

from domain.policies.calendar import day_of, working_days_between
from projections.funnel import ZERO
from projections.reporting import part_of
from projections.target_facts import TargetStated
from projections.view import View


class Attainment(msgspec.Struct, kw_only=True):
    """A quarter or a fiscal year against its target, in the reporting currency.

    `attainment` is won / target with four digits after the point, `gap` target − won, never below 0. `expected` is what
    of the target was to be won by the end of the day of `as_of`: the target × the working days of the period that have
    come / all its working days; `ahead` is won − expected. `stated` are the targets as they were set, in their own
    currency, `before` what they were until they were changed. `positions` are the events by which deals were won,
    `purchase_positions` those of what the account bought. Attainment, gap and pace of a year are those of its quarters
    with a target. Null is what is not known: no target, or no working days.
    """

    period: str
    first: date
    last: date
    target: Decimal | None = None
    won: Decimal = ZERO
    attainment: Decimal | None = None
    gap: Decimal | None = None
    expected: Decimal | None = None
    ahead: Decimal | None = None
    purchases: Decimal | None = None
    stated: list[TargetStated] = msgspec.field(default_factory=list)
    before: list[TargetStated] = msgspec.field(default_factory=list)
    positions: list[int] = msgspec.field(default_factory=list)
    purchase_positions: list[int] = msgspec.field(default_factory=list)


def judged(view: View, one: Attainment, working_days: int) -> Attainment:
    """With the figures that follow from target and won; `working_days` is how many the whole period has."""
    company = view.policies.company
    one.won = view.money(one.won)
    if one.target is not None:
        one.attainment = part_of(one.won, one.target)
        one.gap = view.money(max(one.target - one.won, ZERO))
        if working_days:
            passed = working_days_between(company, one.first, min(one.last, day_of(company, view.clock.as_of)))
            one.expected = view.money(one.target * passed / working_days)
            one.ahead = one.won - one.expected
    return one


def summed(view: View, key: str, parts: Sequence[Attainment]) -> Attainment:
    """Several quarters that follow each other as one: their sums. Attainment, gap and pace are of the quarters
    with a target: what was won in others meets none."""
    targets, expected, bought = (
        [found for each in parts if (found := getattr(each, name)) is not None]
        for name in ("target", "expected", "purchases")
    )
    one = Attainment(
        period=key,
        first=parts[0].first,
        last=parts[-1].last,
        target=sum(targets, ZERO) if targets else None,
        won=sum((each.won for each in parts), ZERO),
        purchases=sum(bought, ZERO) if bought else None,
        stated=[stated for each in parts for stated in each.stated],
        before=[stated for each in parts for stated in each.before],
        positions=[position for each in parts for position in each.positions],
        purchase_positions=[position for each in parts for position in each.purchase_positions],
    )
    one.won = view.money(one.won)
    aimed = sum((each.won for each in parts if each.target is not None), ZERO)
    if one.target is not None:
        one.attainment = part_of(aimed, one.target)
        one.gap = view.money(max(one.target - aimed, ZERO))
    if expected:
        one.expected = sum(expected, ZERO)
        one.ahead = view.money(aimed - one.expected)
    return one
