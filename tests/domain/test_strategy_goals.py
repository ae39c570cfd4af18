"""Goals of a strategy: measurable, in a tree of company and territories, changed for a reason once it is adopted."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from domain.claims import Claim
from domain.currencies import NotACurrency
from domain.objective import Metric
from domain.opportunity.outcome import ReasonBlank
from domain.policies.policy import policy_id
from domain.policies.territories import Territories, TerritoryUnknown
from domain.strategy.goals import (
    GoalCircle,
    GoalHasParts,
    GoalInTwoUnits,
    Goals,
    GoalSetAlready,
    GoalUnknown,
    GoalWithoutCurrency,
    GoalWithoutLine,
    GoalWithoutParent,
    ParentNotAbove,
    ProgressNotANumber,
    ProgressOutOfTime,
)
from domain.wording import TextBlank
from tests.domain.given import ROOT, recorded, sealed, some_id
from tests.domain.strategies import (
    COMPANY,
    EAST_GROWS,
    GROW,
    NORTH_GROWS,
    TREE,
    goal,
    in_force,
    of_north,
    strategy,
    told,
)

OTHER = some_id("another goal")


def test_a_goal_is_set_and_claims_its_identifier_everywhere():
    few = strategy()
    few.goals.set(**told(goal()))
    few.goals.set(**told(goal()))
    assert recorded(few) == [goal()]
    assert goal().claims(ROOT) == [Claim("goal", "", str(GROW))]
    assert goal(restated=True).claims(ROOT) == []


def test_a_goal_stated_anew_is_replaced_as_a_whole():
    few = strategy(goal())
    few.goals.set(**told(goal(target=Decimal(16_000_000))))
    assert recorded(few) == [goal(target=Decimal(16_000_000), restated=True)]


def test_a_goal_is_not_recorded_twice_as_new_nor_anew_before_it_was_set():
    with pytest.raises(GoalSetAlready):
        strategy(goal()).goals.record(goal())
    with pytest.raises(GoalUnknown, match="Its goals are: none"):
        strategy().goals.record(goal(restated=True))


@pytest.mark.parametrize(
    "wrong",
    [
        {"target": Decimal(10_000_000)},
        {"target": Decimal("NaN")},
        {"baseline": Decimal("Infinity")},
        {"due": date(2025, 1, 1)},
    ],
)
def test_a_goal_needs_two_numbers_that_differ_and_days_between_them(wrong):
    with pytest.raises(GoalWithoutLine):
        strategy().goals.set(**told(goal(**wrong)))


def test_revenue_is_money_and_nothing_is_measured_in_two_units():
    with pytest.raises(GoalWithoutCurrency, match="Grow with key accounts"):
        strategy().goals.set(**told(goal(currency="")))
    with pytest.raises(GoalInTwoUnits):
        strategy().goals.set(**told(goal(metric=Metric.OTHER, unit="t")))
    with pytest.raises(NotACurrency):
        strategy().goals.set(**told(goal(currency="XXQ")))
    with pytest.raises(TextBlank):
        strategy().goals.set(**told(goal(title=" ")))
    few = strategy()
    few.goals.set(**told(goal(metric=Metric.MARGIN, currency="", unit="%", target=Decimal(30), baseline=Decimal(25))))
    assert few.goals.open[GROW].unit == "%"


def test_a_territorys_goal_lies_below_one_of_the_company_or_of_a_territory_above():
    few = strategy(goal())
    few.goals.set(**told(of_north()))
    east = of_north(goal_id=EAST_GROWS, parent=NORTH_GROWS, territory="northeast")
    few.goals.set(**told(east))
    assert recorded(few) == [of_north(), east]
    few.goals.set(**told(goal(goal_id=OTHER, parent=GROW)))
    assert few.goals.open[OTHER].parent == GROW


def test_a_territorys_goal_does_not_stand_alone():
    with pytest.raises(GoalWithoutParent, match=str(GROW)):
        strategy(goal()).goals.set(**told(of_north(parent=None)))


def test_a_parent_must_stand():
    with pytest.raises(GoalUnknown):
        strategy().goals.set(**told(of_north()))


@pytest.mark.parametrize("territory", ["south", "north"])
def test_a_territorys_goal_is_refused_below_one_of_a_territory_that_is_not_above(territory):
    few = strategy(goal(), of_north())
    with pytest.raises(ParentNotAbove, match=f"a goal of {territory}.*Those are: {GROW}"):
        few.goals.set(**told(of_north(goal_id=EAST_GROWS, parent=NORTH_GROWS, territory=territory)))


def test_a_companys_goal_is_refused_below_one_of_a_territory():
    few = strategy(goal(), of_north())
    with pytest.raises(ParentNotAbove, match="a goal of the company"):
        few.goals.set(**told(goal(goal_id=OTHER, parent=NORTH_GROWS)))
    with pytest.raises(ParentNotAbove, match="a goal of the company"):
        few.goals.record(goal(goal_id=OTHER, parent=NORTH_GROWS))


def test_a_goal_with_others_below_does_not_move_to_where_they_do_not_lie_below():
    few = strategy(goal(), of_north(), of_north(goal_id=EAST_GROWS, parent=NORTH_GROWS, territory="northeast"))
    with pytest.raises(ParentNotAbove, match="a goal of northeast"):
        few.goals.set(**told(of_north(territory="south")))


def test_a_circle_of_goals_is_refused():
    few = strategy(goal(), goal(goal_id=OTHER, parent=GROW))
    with pytest.raises(GoalCircle):
        few.goals.set(**told(goal(parent=OTHER)))
    with pytest.raises(GoalCircle):
        few.goals.set(**told(goal(parent=GROW)))


def test_a_territory_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(TerritoryUnknown, match="northeast"):
        strategy(goal()).goals.set(**told(of_north(territory="west")))
    few = strategy(goal())
    few.goals.set(**told(of_north(territory="west"), territories=Territories(id=policy_id("Territories"))))
    assert few.goals.open[NORTH_GROWS].territory == "west"


def test_after_the_adoption_goals_change_for_a_stated_reason():
    few = in_force()
    with pytest.raises(ReasonBlank):
        few.goals.set(**told(goal(target=Decimal(9))))
    few.goals.set(**told(goal(reason="nothing else")))
    few.goals.set(**told(goal(target=Decimal(9), reason=" the market shrinks ")))
    assert recorded(few) == [goal(target=Decimal(9), reason="the market shrinks", restated=True)]


def test_a_goal_is_measured_on_a_day_and_the_newest_day_counts():
    few = strategy(goal(), now=40)
    few.goals.progress_to(goal_id=GROW, value=Decimal(10_500_000), company=COMPANY, evidence=sealed("ledger"))
    few.goals.progress_to(goal_id=GROW, value=Decimal(10_500_000), company=COMPANY, evidence=sealed("ledger"))
    few.goals.progress_to(goal_id=GROW, value=Decimal(10_100_000), company=COMPANY, on=date(2025, 1, 20))
    newest = Goals.GoalProgressed(
        goal_id=GROW, value=Decimal(10_500_000), on=date(2025, 2, 10), evidence=sealed("ledger")
    )
    earlier = Goals.GoalProgressed(goal_id=GROW, value=Decimal(10_100_000), on=date(2025, 1, 20))
    assert recorded(few) == [newest, earlier]
    assert few.goals.progress == {GROW: newest}


def test_a_goal_is_not_measured_ahead_of_time_nor_without_a_number_nor_where_there_is_none():
    few = strategy(goal(), now=40)
    with pytest.raises(ProgressOutOfTime, match="after 2025-02-10"):
        few.goals.progress_to(goal_id=GROW, value=Decimal(1), company=COMPANY, on=date(2025, 2, 11))
    with pytest.raises(ProgressNotANumber):
        few.goals.progress_to(goal_id=GROW, value=Decimal("NaN"), company=COMPANY)
    with pytest.raises(GoalUnknown, match=str(GROW)):
        few.goals.progress_to(goal_id=OTHER, value=Decimal(1), company=COMPANY)


def test_a_goal_is_dropped_with_a_reason_after_those_below_it():
    few = strategy(goal(), of_north(), Goals.GoalProgressed(goal_id=GROW, value=Decimal(1), on=date(2025, 1, 1)))
    with pytest.raises(GoalHasParts, match=str(NORTH_GROWS)):
        few.goals.drop(goal_id=GROW, reason="sold")
    few.goals.drop(goal_id=NORTH_GROWS, reason="merged with south")
    with pytest.raises(ReasonBlank):
        few.goals.drop(goal_id=GROW, reason=" ")
    few.goals.drop(goal_id=GROW, reason="sold")
    assert recorded(few) == [
        Goals.GoalDropped(goal_id=NORTH_GROWS, reason="merged with south"),
        Goals.GoalDropped(goal_id=GROW, reason="sold"),
    ]
    assert (few.goals.open, few.goals.progress) == ({}, {})
    with pytest.raises(GoalUnknown):
        few.goals.drop(goal_id=GROW, reason="sold")


def test_the_tree_of_the_tests_is_one():
    assert TREE.above("northeast") == ["north"]
