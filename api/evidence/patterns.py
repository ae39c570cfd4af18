"""Patterns of dating back: what was recorded later than it occurred, in a way that somebody should explain.

None of them proves anything: a fact recorded late can be true. An import is not judged: a file tells of a past that it
did not make.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from domain.aggregate import Origin, Recorded
from domain.language.catalogue import say
from domain.lateness import late_by
from domain.policies import calendar
from domain.policies.company import Company
from projections.health_components import counted

AT_ONCE = timedelta(hours=1)
MANY = 5
OF_FIGURES = (
    "Opportunity.Opened",
    "Opportunity.StageAdvanced",
    "Opportunity.StageReverted",
    "Opportunity.AmountRevised",
    "Opportunity.CloseDateMoved",
    "Opportunity.ForecastCategorySet",
    "Opportunity.Won",
    "Opportunity.Lost",
    "Opportunity.Disqualified",
)
"""Facts by which the funnel and the forecast of a quarter change."""
ENDINGS = frozenset({"Opportunity.Won", "Opportunity.Lost", "Opportunity.Disqualified"})
GROUNDS = frozenset({"Opportunity.QualificationAnswered", "Account.AccountScored"})
DECISIONS = frozenset({"Opportunity.StageAdvanced", "Account.KeyStatusGranted"})


class Pattern(msgspec.Struct, frozen=True):
    """What somebody should explain: in words, and the facts in which it shows."""

    words: str
    positions: tuple[int, ...]


def patterns(facts: Iterable[Recorded], company: Company) -> list[Pattern]:
    """What shows in the facts of an account and its opportunities."""
    by_hand = [fact for fact in facts if fact.origin is Origin.PERSON and fact.recorded_at]
    in_order = sorted(by_hand, key=lambda fact: fact.position)
    return [
        *_into_a_closed_quarter(in_order, company),
        *_grounds_after_the_decision(in_order),
        *_after_the_end(in_order),
        *_many_at_once(in_order),
    ]


def _into_a_closed_quarter(facts: Sequence[Recorded], company: Company) -> Iterator[Pattern]:
    """Figures of a quarter changed after it was over, dated back into it."""
    found: dict[str, list[int]] = defaultdict(list)
    for fact in facts:
        if fact.event.topic in OF_FIGURES:
            key = calendar.period_of(company, calendar.day_of(company, fact.occurred_at))
            if calendar.day_of(company, _recorded(fact)) > calendar.period(company, key).last:
                found[key].append(fact.position)
    for key, positions in sorted(found.items()):
        yield Pattern(
            say(
                "{facts} dated into {quarter}, recorded after it was over",
                facts=counted(len(positions), "fact"),
                quarter=key,
            ),
            tuple(positions),
        )


def _grounds_after_the_decision(facts: Sequence[Recorded]) -> Iterator[Pattern]:
    """What justifies a decision was recorded after it, dated before it."""
    decided: dict[UUID, list[Recorded]] = defaultdict(list)
    found: dict[int, list[int]] = defaultdict(list)
    for fact in facts:
        if fact.event.topic in DECISIONS:
            decided[fact.originator_id].append(fact)
        elif fact.event.topic in GROUNDS:
            for decision in decided[fact.originator_id]:
                if fact.occurred_at <= decision.occurred_at and _recorded(fact) > _recorded(decision):
                    found[decision.position].append(fact.position)
    for decision_at, positions in found.items():
        yield Pattern(
            say(
                "{facts} recorded after the decision at position {position} which rests on them, dated before it",
                facts=counted(len(positions), "fact"),
                position=decision_at,
            ),
            (decision_at, *positions),
        )


def _after_the_end(facts: Sequence[Recorded]) -> Iterator[Pattern]:
    """Facts about an opportunity recorded after its end was, dated before it."""
    ended: dict[UUID, Recorded] = {}
    found: dict[UUID, list[int]] = defaultdict(list)
    for fact in facts:
        end = ended.get(fact.originator_id)
        if fact.event.topic in ENDINGS:
            ended[fact.originator_id] = fact
        elif end is not None and fact.occurred_at < end.occurred_at:
            found[fact.originator_id].append(fact.position)
    for deal, positions in found.items():
        yield Pattern(
            say(
                "{facts} about an opportunity, recorded after its end at position {position}, dated before it",
                facts=counted(len(positions), "fact"),
                position=ended[deal].position,
            ),
            (ended[deal].position, *positions),
        )


def _many_at_once(facts: Sequence[Recorded]) -> Iterator[Pattern]:
    """One person recorded many late facts within an hour."""
    late = sorted((fact for fact in facts if late_by(fact)), key=lambda fact: (str(fact.actor), fact.position))
    for _, of_one in itertools.groupby(late, key=lambda fact: fact.actor):
        for together in _sittings(list(of_one)):
            if len(together) >= MANY:
                yield Pattern(
                    say(
                        "{facts} recorded by one person within an hour, each more than a week after it occurred",
                        facts=counted(len(together), "fact"),
                    ),
                    tuple(fact.position for fact in together),
                )


def _sittings(facts: Sequence[Recorded]) -> Iterator[list[Recorded]]:
    """Facts in the order of recording, parted where an hour has gone by since the first of them."""
    sitting: list[Recorded] = []
    for fact in facts:
        if sitting and _recorded(fact) - _recorded(sitting[0]) > AT_ONCE:
            yield sitting
            sitting = []
        sitting.append(fact)
    if sitting:
        yield sitting


def _recorded(fact: Recorded) -> datetime:
    assert fact.recorded_at is not None
    return fact.recorded_at
