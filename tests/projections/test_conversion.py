"""Conversion and cycle time between stages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.account.account import Account
from domain.errors import NotFound
from domain.member import Member
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.outcome import Outcome
from domain.policies.policy import policy_id
from domain.policies.territories import Territories
from domain.visibility import Visibility
from projections.conversion import ConversionAnswer, conversion
from projections.deals import Filters
from tests.domain.given import day, eur, sealed, some_id
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal, Told

ACME, BETA, MEI, ZOE = (some_id(name) for name in ("acme", "beta", "mei", "zoe"))


def opened(name: str, at: int, account: UUID = ACME, owner: UUID = MEI) -> Told:
    event = Opportunity.Opened(
        account=account,
        title=name,
        process="four-funnel",
        process_edition=0,
        stage="potential",
        amount=eur(100),
        owner=owner,
    )
    return some_id(name), event, day(at)


def advanced(name: str, at: int, to: str) -> Told:
    return some_id(name), Opportunity.StageAdvanced(from_="", to=to, process_edition=0, after=()), day(at)


def reverted(name: str, at: int, to: str) -> Told:
    event = Opportunity.StageReverted(from_="", to=to, process_edition=0, before=(), reason="too early")
    return some_id(name), event, day(at)


def won(name: str, at: int) -> Told:
    return some_id(name), Opportunity.Won(signed=eur(90)), day(at)


def lost(name: str, at: int) -> Told:
    return some_id(name), Opportunity.Lost(), day(at)


def reopened(name: str, at: int) -> Told:
    return some_id(name), Opportunity.Reopened(previous=Outcome.LOST, reason="they called"), day(at)


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    return Office(journal, engine_of)


def asked(office: Office, at: int, filters: Filters | None = None, **clocks: Any) -> ConversionAnswer:
    with office.view(day(at), **clocks) as view:
        return conversion(view, filters)


def flows(answer: ConversionAnswer) -> dict[str, tuple[int, int, int, int]]:
    return {f.stage: (f.entered, f.went_on, f.ended, f.still_there) for f in answer.stages}


def test_what_entered_a_stage_went_on_ended_or_is_still_there(office: Office) -> None:
    office.tell(opened("a", 1), opened("b", 1), opened("c", 1), advanced("a", 5, "confirmed"))
    office.tell(advanced("b", 9, "confirmed"), won("a", 11), lost("b", 12))
    answer = asked(office, 20)
    assert flows(answer) == {"potential": (3, 2, 0, 1), "confirmed": (2, 1, 1, 0)}
    potential, confirmed = answer.stages
    assert (potential.conversion, confirmed.conversion) == (Decimal("1.000"), Decimal("0.500"))
    assert (potential.median_days, confirmed.median_days) == (4, 3)
    assert (answer.won, answer.lost, answer.win_rate, answer.median_cycle_days) == (1, 1, Decimal("0.500"), 10)


def test_an_earlier_day_shows_what_had_happened_by_then(office: Office) -> None:
    office.tell(opened("a", 1), advanced("a", 5, "confirmed"), won("a", 11))
    assert flows(asked(office, 6)) == {"potential": (1, 1, 0, 0), "confirmed": (1, 0, 0, 1)}
    assert asked(office, 6).win_rate is None
    assert flows(asked(office, 20, known_at=1)) == {"potential": (1, 0, 0, 1)}


def test_a_step_back_is_neither_going_on_nor_an_end(office: Office) -> None:
    office.tell(opened("a", 1), advanced("a", 5, "confirmed"), reverted("a", 7, "potential"))
    assert flows(asked(office, 20)) == {"potential": (2, 1, 0, 1), "confirmed": (1, 0, 0, 0)}


def test_reopened_it_enters_the_stage_where_it_had_ended(office: Office) -> None:
    office.tell(opened("a", 1), lost("a", 5), reopened("a", 8), won("a", 10))
    assert flows(asked(office, 9)) == {"potential": (2, 0, 1, 1)}
    assert flows(asked(office, 20)) == {"potential": (2, 1, 1, 0)}


def test_other_facts_do_not_end_a_stay_and_the_cycle_ends_with_the_win(office: Office) -> None:
    owner = (some_id("a"), Opportunity.OwnerChanged(previous=MEI, owner=ZOE), day(3))
    later = (some_id("a"), Opportunity.OwnerChanged(previous=ZOE, owner=MEI), day(30))
    office.tell(opened("a", 1), owner, won("a", 11), later)
    answer = asked(office, 40)
    assert flows(answer) == {"potential": (1, 1, 0, 0)}
    assert answer.median_cycle_days == 10


def test_a_late_move_is_where_it_belongs(office: Office) -> None:
    office.tell(opened("a", 1), advanced("a", 9, "ours"), won("a", 11), advanced("a", 4, "confirmed"))
    answer = asked(office, 20)
    assert flows(answer) == {"potential": (1, 1, 0, 0), "confirmed": (1, 1, 0, 0), "ours": (1, 1, 0, 0)}
    assert [flow.median_days for flow in answer.stages] == [3, 5, 2]


def test_a_filter_takes_the_whole_way_of_what_it_holds_in_the_end(office: Office) -> None:
    north = (policy_id("Territories"), Territories.TerritorySet(key="north", name="North"), day(1))
    invited = [(who, Member.Invited(name=sealed("x")), day(1)) for who in (MEI, ZOE)]
    office.tell(north, *invited, (ZOE, Member.TerritoryAssigned(territory="north"), day(2)))
    given = (some_id("a"), Opportunity.OwnerChanged(previous=MEI, owner=ZOE), day(7))
    office.tell(opened("a", 1), opened("b", 1), advanced("a", 5, "confirmed"), given)
    for filters in (Filters(owner=ZOE), Filters(territory="north")):
        assert flows(asked(office, 20, filters)) == {"potential": (1, 1, 0, 0), "confirmed": (1, 0, 0, 1)}
    assert flows(asked(office, 6, Filters(territory="north"))) == {}
    with pytest.raises(NotFound):
        asked(office, 20, Filters(territory="nowhere"))


def test_only_what_the_asker_may_see_counts(office: Office) -> None:
    office.tell(*((each, Account.Registered(name="x"), day(1)) for each in (ACME, BETA)))
    office.tell((BETA, Account.ManagerAssigned(manager=ZOE), day(2)), opened("a", 1), opened("b", 1, account=BETA))
    own = Visibility(member=ZOE, managers=frozenset({ZOE}), scope="own accounts")
    assert flows(asked(office, 20, visibility=own)) == {"potential": (1, 0, 0, 1)}
    nobody = Visibility(member=MEI, managers=frozenset({MEI}), scope="own accounts")
    assert flows(asked(office, 20, visibility=nobody)) == {}
