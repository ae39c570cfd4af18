"""The six processes and their control points: reached with evidence, missed after their day, once for a period."""

from __future__ import annotations

from datetime import date

import pytest

from domain.claims import Claim
from domain.opportunity.outcome import ReasonBlank
from domain.strategy.control_points import (
    ControlPoint,
    ControlPointIncomplete,
    Every,
    PeriodOfAnotherRhythm,
    first_and_due,
)
from domain.strategy.processes import (
    ControlPointMissedAlready,
    ControlPointNotOver,
    ControlPointReachedAlready,
    ControlPointTwice,
    ControlPointUnknown,
    KeyProcess,
    PeriodNotBegun,
    Processes,
    ProcessNotDefined,
    ProcessWithoutControl,
    ProcessWithoutSteps,
)
from domain.wording import TextBlank
from tests.domain.given import ROOT, recorded, sealed
from tests.domain.strategies import CALENDAR, COMPANY, REVIEW, ZHOU, in_force, on_day, process, strategy

SEEN = {"process": KeyProcess.CUSTOMER, "evidence": sealed("minutes of 3 June"), "company": COMPANY}
QUARTER = "2026-Q1"  # April to June 2025: the fiscal year begins in April


def reached(period=QUARTER, point="review", due=date(2025, 6, 30), on=date(2025, 6, 3), text="minutes of 3 June"):
    return Processes.ControlPointReached(
        process=KeyProcess.CUSTOMER, control_point=point, period=period, due=due, reached_on=on, evidence=sealed(text)
    )


def missed(period=QUARTER, point="review", due=date(2025, 6, 30), on=date(2025, 7, 1)):
    return Processes.ControlPointMissed(
        process=KeyProcess.CUSTOMER,
        control_point=point,
        period=period,
        due=due,
        missed_on=on,
        evidence=sealed("minutes of 3 June"),
    )


def test_a_process_is_defined_with_steps_method_owner_and_control_points():
    few = strategy()
    few.processes.define(
        process=KeyProcess.CUSTOMER,
        steps=("analyse", "plan", "agree"),
        method="account planning",
        owner=ZHOU,
        control_points=(CALENDAR, REVIEW),
    )
    assert recorded(few) == [process()]


def test_the_same_process_again_records_nothing_and_another_replaces_it():
    few = strategy(process())
    same = {"process": KeyProcess.CUSTOMER, "steps": ("analyse", "plan", "agree"), "owner": ZHOU}
    few.processes.define(**same, method="account planning", control_points=(CALENDAR, REVIEW))
    few.processes.define(**same, method="joint planning", control_points=(REVIEW,))
    assert recorded(few) == [process(method="joint planning", control_points=(REVIEW,))]


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"steps": ()}, ProcessWithoutSteps),
        ({"steps": ("plan", " ")}, ProcessWithoutSteps),
        ({"method": " "}, TextBlank),
        ({"control_points": ()}, ProcessWithoutControl),
        ({"control_points": (REVIEW, REVIEW)}, ControlPointTwice),
        ({"control_points": (ControlPoint(key="a", text="b"),)}, ControlPointIncomplete),
        ({"control_points": (ControlPoint(key=" ", text="b", every=Every.YEAR),)}, ControlPointIncomplete),
        ({"control_points": (ControlPoint(key="a", text="", every=Every.YEAR),)}, ControlPointIncomplete),
        (
            {"control_points": (ControlPoint(key="a", text="b", due=date(2025, 1, 1), every=Every.YEAR),)},
            ControlPointIncomplete,
        ),
    ],
)
def test_a_process_without_what_makes_one_is_refused(wrong, refusal):
    with pytest.raises(refusal):
        strategy().processes.record(process(**wrong))


def test_after_the_adoption_processes_change_for_a_stated_reason():
    few = in_force()
    with pytest.raises(ReasonBlank):
        few.processes.record(process(method="another"))
    few.processes.record(process(method="another", reason="too slow"))
    assert few.processes.defined[KeyProcess.CUSTOMER].method == "another"


def test_a_control_point_that_recurs_is_reached_for_the_period_that_runs():
    few = strategy(process(), now=on_day(date(2025, 6, 3)))
    few.processes.reach(**SEEN, control_point="review")
    few.processes.reach(**SEEN, control_point="review")
    assert recorded(few) == [reached()]
    assert reached().claims(ROOT) == [Claim("control-point", str(ROOT), f"customer.review.{QUARTER}")]


def test_a_control_point_with_a_day_is_reached_for_it_also_late():
    few = strategy(process(), now=on_day(date(2025, 6, 3)))
    few.processes.reach(**SEEN, control_point="plan")
    assert recorded(few) == [reached("2025-03-31", "plan", date(2025, 3, 31))]


def test_a_control_point_is_reached_once_for_a_period():
    few = strategy(process(), now=on_day(date(2025, 6, 3)))
    few.processes.reach(**SEEN, control_point="review")
    with pytest.raises(ControlPointReachedAlready, match="on 2025-06-03"):
        few.processes.reach(**SEEN | {"evidence": sealed("other")}, control_point="review")
    few.at(few.moment.replace(month=7))
    with pytest.raises(ControlPointReachedAlready):
        few.processes.miss(**SEEN, control_point="review", period=QUARTER)


def test_a_control_point_is_missed_after_its_day_and_can_still_be_reached_late():
    few = strategy(process(), now=on_day(date(2025, 6, 30)))
    with pytest.raises(ControlPointNotOver, match="due on 2025-06-30"):
        few.processes.miss(**SEEN, control_point="review")
    few.at(few.moment.replace(month=7, day=1))
    few.processes.miss(**SEEN, control_point="review", period=QUARTER)
    few.processes.miss(**SEEN, control_point="review", period=QUARTER)
    few.processes.reach(**SEEN, control_point="review", period=QUARTER)
    assert recorded(few) == [missed(), reached(on=date(2025, 7, 1))]
    assert missed().claims(ROOT) == [Claim("control-point-missed", str(ROOT), f"customer.review.{QUARTER}")]


def test_a_control_point_is_missed_once_for_a_period():
    few = strategy(process(), missed(), now=on_day(date(2025, 8, 1)))
    with pytest.raises(ControlPointMissedAlready, match="on 2025-07-01"):
        few.processes.miss(**SEEN, control_point="review", period=QUARTER)


def test_what_is_not_defined_is_refused_with_what_is():
    with pytest.raises(ProcessNotDefined, match="Defined are: none"):
        strategy().processes.reach(**SEEN, control_point="review")
    with pytest.raises(ControlPointUnknown, match="It has: plan, review"):
        strategy(process()).processes.reach(**SEEN, control_point="visit")


@pytest.mark.parametrize(("point", "period"), [("review", "2025-06"), ("review", "2025-13"), ("plan", "2025-Q1")])
def test_a_period_of_another_rhythm_is_refused(point, period):
    with pytest.raises(PeriodOfAnotherRhythm):
        strategy(process(), now=200).processes.reach(**SEEN, control_point=point, period=period)
    with pytest.raises(PeriodOfAnotherRhythm):
        strategy(process()).processes.record(reached(period, point))


def test_a_control_point_is_not_reached_before_its_period_begins():
    few = strategy(process(), now=on_day(date(2025, 6, 30)))
    with pytest.raises(PeriodNotBegun, match="2026-Q2 begins on 2025-07-01"):
        few.processes.reach(**SEEN, control_point="review", period="2026-Q2")


def test_of_a_control_point_the_newest_four_periods_are_kept_and_none_of_one_that_is_gone():
    periods = ["2025-Q4", "2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]
    few = strategy(process(), process(KeyProcess.TEAM), *(reached(period) for period in periods))
    assert list(few.processes.settled["customer.review"]) == periods[1:]
    few.processes.record(process(method="other"))
    assert list(few.processes.settled) == ["customer.review"]
    few.processes.record(process(control_points=(CALENDAR,)))
    assert few.processes.settled == {}


def test_the_days_of_a_month_and_of_a_fiscal_year():
    monthly = ControlPoint(key="a", text="b", every=Every.MONTH)
    yearly = ControlPoint(key="a", text="b", every=Every.YEAR)
    found = [first_and_due(COMPANY, point, "", date(2025, 6, 3)) for point in (monthly, yearly)]
    assert found == [
        ("2025-06", date(2025, 6, 1), date(2025, 6, 30)),
        ("2026", date(2025, 4, 1), date(2026, 3, 31)),
    ]
