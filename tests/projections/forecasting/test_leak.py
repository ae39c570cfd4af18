"""No leak: whatever happens to facts that could not be known at a moment, what was known then stays, to the byte.

Facts that were not knowable are withdrawn, moved, replaced and made up: later live ones, late ones about earlier
times that were recorded later, later imported ones, later withdrawals. Two things may be used as if they had always
been known, and stay as they are: the first list price of a product, and who is in which team.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from domain.account.account import Account
from domain.aggregate import Event, Origin, Withdrawal
from domain.member import Member
from domain.opportunity.opportunity import Opportunity
from domain.policies.price_list import PriceList
from tests.domain.given import some_id
from tests.projections.business import Business, Chronicle
from tests.projections.conftest import START, Told
from tests.projections.forecasting.clocked import FRAME, Clocked, as_bytes, known

HOUR = timedelta(hours=1)
DAYS = 120


class Kept:
    """What a chronicle writes, instead of a journal: append by append, each live or imported, recorded in order."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(f"clocks {seed}")
        self.facts: list[Clocked] = []

    def append_all(self, appends: Sequence[Sequence[Told]]) -> int:
        recorded = START
        for told in appends:
            origin = Origin.IMPORT if self.random.random() < 0.35 else Origin.PERSON
            delay = self.random.choice([0, 1, 1, 30, 400]) * HOUR
            recorded = max(recorded, *(at for _, _, at in told)) + timedelta(minutes=1)
            recorded += delay if origin is Origin.IMPORT else timedelta()
            self.facts += [Clocked(stream, event, at, recorded, origin) for stream, event, at in told]
        return len(self.facts)


def history(seed: int) -> tuple[Chronicle, list[Clocked]]:
    chronicle, kept = Chronicle(seed, Business(facts=350, days=DAYS)), Kept(seed)
    chronicle.write(kept)  # type: ignore[arg-type]
    return chronicle, kept.facts


def is_free(told: list[Clocked], place: int, moment: datetime) -> bool:
    """Whether a fact said nothing at a moment, and may be another."""
    fact = told[place]
    event = fact.event
    if isinstance(event, Withdrawal):
        return fact.origin is not Origin.IMPORT and fact.recorded > moment
    if isinstance(event, Member.TerritoryAssigned | Member.TerritoryLeft):
        return fact.occurred > moment
    if isinstance(event, PriceList.PriceSet):
        earlier = (each.event for each in told[:place])
        if not any(isinstance(each, PriceList.PriceSet) and each.key == event.key for each in earlier):
            return False
    return fact.knowable > moment or fact.occurred > moment


def altered(chronicle: Chronicle, told: list[Clocked], moment: datetime, chance: random.Random) -> list[Clocked]:
    """Other facts, of which those that were knowable are the same."""
    found: list[tuple[int, Clocked]] = []
    for place, fact in enumerate(told):
        if not is_free(told, place, moment):
            found.append((place, without_what_was_undated(fact, moment)))
            continue
        match chance.choice(["keep", "keep", "remove", "move", "replace"]):
            case "keep":
                found.append((place, fact))
            case "move":
                found.append((place, moved(fact, moment, chance)))
            case "replace" if fact.stream in chronicle.opened and not isinstance(fact.event, Withdrawal):
                found.append((place, replace(fact, event=chronicle._of_deal())))
        if chance.random() < 0.4:
            found.append((-1, made_up(chronicle, len(told), moment, chance)))
    return with_positions(found)


def moved(fact: Clocked, moment: datetime, chance: random.Random) -> Clocked:
    """The same fact at another time that was not knowable either."""
    later = moment + chance.randint(1, 3000) * HOUR
    if fact.origin is Origin.IMPORT or isinstance(fact.event, Member.TerritoryAssigned | Member.TerritoryLeft):
        return replace(fact, occurred=later)
    return replace(fact, occurred=START + chance.randint(0, DAYS * 24) * HOUR, recorded=later)


def made_up(chronicle: Chronicle, count: int, moment: datetime, chance: random.Random) -> Clocked:
    """A fact that nobody could have known: of a deal that is there or a new one, or that another fact is taken back."""
    later = moment + chance.randint(1, 3000) * HOUR
    occurred = START + chance.randint(0, DAYS * 24) * HOUR
    kind = chance.random()
    deal = chance.choice(chronicle.deals)
    if kind < 0.2:
        withdrawn = Opportunity.FactWithdrawn(position=chance.randint(1, count), reason="made up")
        return Clocked(deal, withdrawn, occurred, later)
    if kind < 0.4:
        new = some_id(f"new {chance.random()}")
        return Clocked(new, chronicle._opened(), occurred, later)
    if kind < 0.7:
        return Clocked(deal, chronicle._of_deal(), later, START, Origin.IMPORT)
    return Clocked(deal, chronicle._of_deal(), occurred, later)


def without_what_was_undated(fact: Clocked, moment: datetime) -> Clocked:
    """The fact with another account or territory, where an import brought it and was not yet there."""
    if fact.origin is not Origin.IMPORT or fact.recorded <= moment:
        return fact
    if isinstance(fact.event, Opportunity.Opened):
        return replace(fact, event=msgspec.structs.replace(fact.event, account=some_id("nobody")))
    if isinstance(fact.event, Account.Registered | Account.ProfileChanged):
        return replace(fact, event=msgspec.structs.replace(fact.event, territory="nowhere"))
    return fact


def with_positions(found: list[tuple[int, Clocked]]) -> list[Clocked]:
    """Facts in their order, and what withdrawals name at its new position; what is gone is withdrawn in vain."""
    places = {place: position for position, (place, _) in enumerate(found, 1) if place >= 0}
    return [replace(fact, event=pointed(fact.event, places)) for _, fact in found]


def pointed(event: Event, places: dict[int, int]) -> Event:
    if isinstance(event, Withdrawal):
        there: Any = msgspec.structs.replace(event, position=places.get(event.position - 1, 0))
        return there  # type: ignore[no-any-return]
    return event


@pytest.mark.parametrize("seed", range(12))
def test_what_could_not_be_known_changes_nothing(seed: int) -> None:
    chronicle, told = history(seed)
    chance = random.Random(f"leak {seed}")
    for _ in range(5):
        moment = START + chance.randint(24, DAYS * 24) * HOUR
        expected = as_bytes(known(told, moment))
        for _ in range(3):
            assert as_bytes(known(altered(chronicle, told, moment, chance), moment)) == expected


@pytest.mark.parametrize("seed", range(3))
def test_what_could_be_known_does_matter(seed: int) -> None:
    _, told = history(seed)
    moment = START + timedelta(days=90)
    expected = as_bytes(known(told, moment))
    matter = 0
    for place, fact in enumerate(told):
        if isinstance(fact.event, Opportunity.StageAdvanced | Opportunity.OwnerChanged) and fact.knowable < moment:
            matter += as_bytes(known([*told[:place], *told[place + 1 :]], moment)) != expected
    assert matter > 10


def test_facts_after_a_position_change_nothing_where_the_position_is_stated() -> None:
    _, told = history(99)
    chance = random.Random("position")
    for _ in range(10):
        position = chance.randint(50, len(told) - 1)
        moment = START + timedelta(days=200 + chance.randint(0, 40))
        expected = as_bytes(known(told[:position], moment, frame=FRAME))
        assert as_bytes(known(told, moment, known_at=position)) == expected
