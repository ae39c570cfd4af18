"""Visit discipline under other policies: the cadence of each account, the steps of each kind of visit."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from domain.account.visits import VisitKind
from projections.view import View
from projections.visit_cadence import Gap
from projections.visit_discipline import DisciplineAnswer, DisciplineBy, discipline
from projections.visit_measures import StepDone
from projections.whatif.side_by_side import Compared, WhatIfAnswer


class CadenceUnder(msgspec.Struct):
    """An account: how often it is to be visited (days) under both policies, the longest time without a visit that
    reached into the period (days), and whether that keeps the cadence."""

    account: UUID
    external_id: str
    name: str
    cadence_was: int
    cadence: int
    longest_gap_days: float
    kept_was: bool
    kept: bool
    last_visit: datetime | None
    positions: list[int]


class StepUnder(msgspec.Struct):
    """A step of a kind of visit: how often it was done of the visits that should have it, under both policies; 0 of 0
    where a policy does not know the step."""

    kind: VisitKind
    step: str
    done_was: int
    visits_were: int
    done: int
    visits: int


class VisitsPoint(msgspec.Struct):
    """The discipline of the period that a moment lies in, or of the one that was asked for, as far as it went."""

    as_of: datetime
    period: str
    first: date
    last: date
    accounts: int
    kept_was: int
    kept: int
    changed: int
    cadence: list[CadenceUnder]
    steps: list[StepUnder]
    not_shown: int = 0


class VisitsWhatIf(WhatIfAnswer, kw_only=True):
    """Visit discipline as it was and as it would have been."""

    points: list[VisitsPoint]


def visits_under(
    compared: Compared, period: str = "", *, account: UUID | None = None, member: UUID | None = None
) -> VisitsWhatIf:
    """Visit discipline of a period (default: the month of each moment) under both policies, per account."""
    points = []
    for pair in compared.pairs():
        was, would = (_discipline(view, period, account, member) for view in pair)
        points.append(_point(pair[0], was, would))
    return VisitsWhatIf(**compared.about(), points=points)


def _discipline(view: View, period: str, account: UUID | None, member: UUID | None) -> DisciplineAnswer:
    return discipline(view, period, by=DisciplineBy.ACCOUNT, account=account, member=member)


def _point(view: View, was: DisciplineAnswer, would: DisciplineAnswer) -> VisitsPoint:
    before, after = _gaps(was), _gaps(would)
    lines = [_cadence(before[key], gap) for key, gap in after.items() if key in before]
    return VisitsPoint(
        as_of=view.clock.as_of,
        period=would.period,
        first=would.first,
        last=would.last,
        accounts=would.whole.cadence.accounts,
        kept_was=was.whole.cadence.kept,
        kept=would.whole.cadence.kept,
        changed=sum(each.kept_was != each.kept for each in lines),
        cadence=sorted(lines, key=lambda each: (each.kept_was == each.kept, each.name, each.account)),
        steps=_steps(was.whole.steps, would.whole.steps),
    )


def _gaps(answer: DisciplineAnswer) -> dict[UUID, Gap]:
    return {gap.account: gap for line in answer.lines for gap in line.cadence.gaps}


def _cadence(was: Gap, would: Gap) -> CadenceUnder:
    return CadenceUnder(
        account=would.account,
        external_id=would.external_id,
        name=would.name,
        cadence_was=was.cadence_days,
        cadence=would.cadence_days,
        longest_gap_days=would.longest_gap_days,
        kept_was=was.kept,
        kept=would.kept,
        last_visit=would.last_visit,
        positions=would.positions,
    )


def _steps(was: list[StepDone], would: list[StepDone]) -> list[StepUnder]:
    before, after = ({(each.kind, each.step): each for each in steps} for steps in (was, would))
    return [
        StepUnder(kind, key, *_done(before.get((kind, key))), *_done(after.get((kind, key))))
        for kind, key in {**after, **before}
    ]


def _done(step: StepDone | None) -> tuple[int, int]:
    return (step.done, step.of) if step else (0, 0)
