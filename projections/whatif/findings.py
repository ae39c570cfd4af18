"""Findings under other policies: which would appear, which would vanish."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from domain.finding import SubjectKind
from projections.findings_answer import FindingFilters, FindingLine, findings
from projections.whatif.side_by_side import Compared, WhatIfAnswer


class Turn(enum.StrEnum):
    """What another policy makes of a finding."""

    APPEARS = "appears"
    VANISHES = "vanishes"


class FindingUnder(msgspec.Struct):
    """A finding that only one of both policies makes, with the positions of the events behind it; title and external id
    of an opportunity are put in at the door."""

    turn: Turn
    rule: str
    weight: int
    kind: SubjectKind
    subject: UUID
    name: str
    account: UUID | None
    opportunity: UUID | None
    member: UUID | None
    text: str
    since: datetime | None
    positions: list[int]
    external_id: str = ""
    title: str = ""


class FindingsPoint(msgspec.Struct):
    """The findings at a moment: how many by rule under both policies, and those that only one of them makes, the
    weightiest first."""

    as_of: datetime
    were: dict[str, int]
    would_be: dict[str, int]
    appear: int
    vanish: int
    findings: list[FindingUnder]
    not_shown: int = 0


class FindingsWhatIf(WhatIfAnswer, kw_only=True):
    """The findings as they were and as they would have been."""

    points: list[FindingsPoint]


def findings_under(compared: Compared, filters: FindingFilters | None = None) -> FindingsWhatIf:
    """What rules of thumb say under both policies. A finding is the same where rule, subject and events behind it are,
    though its words name another number. Raises RuleUnknown."""
    points = []
    for was, would in compared.pairs():
        before, after = findings(was, filters).findings, findings(would, filters).findings
        appear, vanish = _without(after, before), _without(before, after)
        turns = [_turn(Turn.APPEARS, each) for each in appear] + [_turn(Turn.VANISHES, each) for each in vanish]
        points.append(
            FindingsPoint(
                as_of=was.clock.as_of,
                were=dict(sorted(Counter(each.rule for each in before).items())),
                would_be=dict(sorted(Counter(each.rule for each in after).items())),
                appear=len(appear),
                vanish=len(vanish),
                findings=sorted(turns, key=lambda each: (-each.weight, each.rule, each.turn, each.name, each.subject)),
            )
        )
    return FindingsWhatIf(**compared.about(), points=points)


def _without(lines: Iterable[FindingLine], others: Iterable[FindingLine]) -> list[FindingLine]:
    """The findings that are not among the others; each of the others answers for one."""
    left, found = Counter(_same(each) for each in others), []
    for line in lines:
        if left[_same(line)] > 0:
            left[_same(line)] -= 1
        else:
            found.append(line)
    return found


def _same(line: FindingLine) -> tuple[str, UUID, tuple[int, ...]]:
    return line.rule, line.subject, tuple(line.positions)


def _turn(turn: Turn, line: FindingLine) -> FindingUnder:
    return FindingUnder(
        turn=turn,
        rule=line.rule,
        weight=line.weight,
        kind=line.kind,
        subject=line.subject,
        name=line.name,
        account=line.account,
        opportunity=line.opportunity,
        member=line.member,
        text=line.text,
        since=line.since,
        positions=line.positions,
    )
