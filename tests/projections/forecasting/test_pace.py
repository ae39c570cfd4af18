"""The pace of a company and what a gap to target needs: exact on a handful of deals."""

from __future__ import annotations

import pytest

from projections.forecasting.histories import NEVER
from projections.forecasting.pace import pace, required
from tests.projections.forecasting.companies import TODAY, company


def ten() -> tuple[list[int], list[int], list[bool], list[float]]:
    """Ten deals opened 100 days ago: four won for 100 after 10, 20, 30, 40 days, four lost for 50, two still open."""
    opened = [TODAY - 100] * 10
    closed = [TODAY - 100 + days for days in (10, 20, 30, 40, 5, 5, 5, 5)] + [NEVER, NEVER]
    return opened, closed, [True] * 4 + [False] * 6, [100.0] * 4 + [50.0] * 4 + [300.0] * 2


def test_conversion_is_of_closed_deals_by_count_and_by_value() -> None:
    found = pace(company(*ten()))
    assert (found.closed, found.won) == (8, 4)
    assert found.by_count == 0.5
    assert found.by_value == pytest.approx(400 / 600)


def test_cycle_times_are_from_opening_to_win() -> None:
    found = pace(company(*ten()))
    assert [found.days(share) for share in (0.0, 0.5, 1.0)] == [10, 25, 40]
    assert found.in_time(9) == 0.0
    assert found.in_time(25) == 0.5
    assert found.in_time(400) == 1.0


def test_arrivals_are_of_the_last_thirteen_weeks() -> None:
    opened, closed, won, amount = ten()
    found = pace(company([*opened, TODAY - 90, TODAY], [*closed, NEVER, NEVER], [*won, False, False], [*amount, 7, 19]))
    assert found.per_week == pytest.approx(2 / 13)
    assert found.amount_per_week == pytest.approx(26 / 13)


def test_a_gap_needs_pipeline_by_own_conversion_and_openings_in_time() -> None:
    found = required(pace(company(*ten())), 1_000.0, TODAY + 25, TODAY)
    assert found.pipeline == pytest.approx(1_500.0)
    assert found.opened == pytest.approx(3_000.0)
    assert found.half_by == TODAY
    assert found.most_by == TODAY + 25 - 34


def test_too_late_is_said_and_no_gap_needs_nothing() -> None:
    found = pace(company(*ten()))
    assert required(found, 1_000.0, TODAY + 5, TODAY).opened is None
    assert required(found, -5.0, TODAY + 5, TODAY).pipeline == 0.0
    assert required(found, -5.0, TODAY + 5, TODAY).opened == 0.0


def test_without_closed_deals_nothing_can_be_required() -> None:
    found = pace(company([TODAY - 3], [NEVER], [False], [10.0]))
    assert (found.by_count, found.by_value, found.cycle) == (None, None, [])
    asked = required(found, 1_000.0, TODAY + 90, TODAY)
    assert (asked.pipeline, asked.opened, asked.half_by, asked.most_by) == (None, None, None, None)


def test_deals_without_an_amount_count_but_have_no_value() -> None:
    opened, closed, won, amount = ten()
    found = pace(company(opened, closed, won, [float("nan"), *amount[1:]]))
    assert found.by_count == 0.5
    assert found.by_value == pytest.approx(300 / 500)
