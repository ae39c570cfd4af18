"""What was said against what happened; what cannot be judged yet is left out and counted."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from projections.forecasting.histories import NEVER, number_of
from projections.forecasting.judged import AmountLine, Ledger, Truth, WinLine, judge, leaderboard
from projections.forecasting.replay import OPENED, WITHIN, Amounts, Issued, Span, Wins, groups_of
from tests.projections.forecasting.companies import company

NAN = float("nan")
TODAY = number_of(date(2017, 12, 31))
ISSUED = number_of(date(2017, 9, 30))
OCTOBER = Span("month", number_of(date(2017, 10, 1)), number_of(date(2017, 10, 31)))
JANUARY = Span("month", number_of(date(2018, 1, 1)), number_of(date(2018, 1, 31)))
TRUTH = company(
    [ISSUED - 10, ISSUED - 20, ISSUED - 30, ISSUED - 40],
    [OCTOBER.first, OCTOBER.last, ISSUED + 93, NEVER],
    [True, True, True, False],
    [100, 300, 7, 9],
    day=TODAY,
)


def truth(by: str = "") -> Truth:
    return Truth(TRUTH, by, None)


def said(span: Span, method: str, *, p50: float, p10: float = NAN, p90: float = NAN) -> Amounts:
    one = (np.array([each]) for each in (p10, p50, p90))
    return Amounts(span, method, [""], *one, (p10, p50, p90))


def lines(*amounts: Amounts, day: int = ISSUED) -> list[AmountLine]:
    return judge([Issued(day, "m", list(amounts))], truth(), by="", within=92).amount_lines()


def test_amounts_are_held_against_what_the_period_brought():
    (line,) = lines(said(OCTOBER, "hazard", p10=350, p50=380, p90=440))
    assert (line.method, line.layer, line.period_kind, line.issued, line.by, line.n) == (
        "hazard", "computed", "month", "before", "", 1,
    )  # fmt: skip
    # .1 × 50 + .5 × 20 + .1 × 40 = 19, over 3, of 400
    assert (line.wape, line.bias, line.pinball, line.coverage) == (0.05, -0.05, pytest.approx(0.0158), 1.0)


def test_what_was_said_while_the_period_ran_stands_apart():
    assert [line.issued for line in lines(said(OCTOBER, "hazard", p50=1), day=OCTOBER.first)] == ["during"]


def test_a_period_that_is_not_over_is_left_out_and_counted_once():
    ledger = judge(
        [Issued(ISSUED, "m", [said(JANUARY, "hazard", p50=1), said(JANUARY, "last_year", p50=1)])],
        truth(),
        by="",
        within=92,
    )
    assert ledger.amount_lines() == []
    assert ledger.left_out.periods == 1


def test_a_group_that_nobody_thought_of_counts_as_forecast_to_bring_nothing():
    two = company([1, 1], [OCTOBER.first] * 2, [True, True], [100, 50], owner=[0, 1], day=TODAY)
    two.codes.owners.extend(two.ids)
    first = str(two.ids[0])
    forecast = Amounts(OCTOBER, "hazard", [first], *(np.array([100.0]) for _ in range(3)), (100.0, 100.0, 100.0))
    ledger = judge([Issued(ISSUED, "m", [forecast])], Truth(two, "owner", None), by="owner", within=92)
    whole, by_owner = ledger.amount_lines()
    assert (whole.by, whole.n, whole.wape) == ("", 1, pytest.approx(0.3333))
    assert (by_owner.by, by_owner.n, by_owner.wape) == ("owner", 2, pytest.approx(0.3333))


def test_a_group_brings_what_all_below_it_bring():
    below = Truth(TRUTH, "territory", None, lambda key: ["north", "south"] if key == "all" else [key])
    assert below.of("all", {"north": 1.0, "south": 2.0}) == 3.0
    assert below.of("south", {"north": 1.0, "south": 2.0}) == 2.0


def wins(kind: str, ids: list, p: list[float], within: int = 92):
    ledger = judge([Issued(ISSUED, "m", wins=[Wins(kind, "hazard", ids, np.array(p))])], truth(), by="", within=within)
    return ledger.win_lines(), ledger.left_out


def test_a_chance_came_where_the_deal_was_won_within_the_days():
    first, _, late, still_open = TRUTH.ids
    (line,), left = wins(WITHIN, [first, late, still_open], [0.9, 0.5, 0.2])
    assert (line.n, line.base, line.auc) == (3, pytest.approx(0.3333), 1.0)
    assert line.brier == pytest.approx((0.01 + 0.25 + 0.04) / 3, abs=1e-4)
    assert (left.horizons, left.open_deals) == (0, 0)


def test_chances_whose_days_have_not_passed_are_left_out_and_counted():
    found, left = wins(WITHIN, TRUTH.ids, [0.5] * 4, within=93)
    assert found == []
    assert left.horizons == 4


def test_deals_that_are_still_open_have_no_outcome_yet():
    (line,), left = wins(OPENED, TRUTH.ids, [0.5] * 4)
    assert (line.kind, line.n, line.brier) == ("opened", 2, 0.25)
    assert left.open_deals == 2


def test_deals_that_are_not_there_any_more_are_not_judged():
    assert wins(WITHIN, [NAN], [0.5])[0] == []


def amount_line(method: str, pinball: float, kind: str = "month", periods: int = 4) -> AmountLine:
    return AmountLine(
        method=method, layer="computed", period_kind=kind, issued="before", by="", n=9, periods=periods,
        wape=2 * pinball, bias=0.0, pinball=pinball, coverage=None, width=None,
    )  # fmt: skip


def test_the_method_with_the_least_loss_is_proposed_and_never_put_in_use():
    win = WinLine(
        method="hazard", kind=WITHIN, n=5, base=0.5, auc=0.8, brier=0.2, logloss=0.5, ece=0.1, accuracy=0.7,
        calibration=[],
    )  # fmt: skip
    board = leaderboard([amount_line("hazard", 0.3), amount_line("last_year", 0.1)], [win], "hazard")
    assert [(each.method, each.pinball, each.in_use, each.proposed) for each in board] == [
        ("last_year", 0.1, False, True),
        ("hazard", 0.3, True, False),
    ]
    assert (board[1].brier, board[1].ece) == (0.2, 0.1)


def test_a_method_that_says_nothing_of_some_periods_stands_behind_those_that_do():
    rows = [amount_line("hazard", 0.3), amount_line("hazard", 0.3, "quarter"), amount_line("last_year", 0.1)]
    assert [each.method for each in leaderboard(rows, [], "hazard")] == ["hazard", "last_year"]


@pytest.mark.parametrize(
    "rows",
    [
        [amount_line("hazard", 0.3), amount_line("last_year", 0.1, periods=3)],
        [amount_line("hazard", 0.3, periods=3), amount_line("last_year", 0.1)],
        [amount_line("hazard", 0.3, "quarter"), amount_line("last_year", 0.1), amount_line("last_year", 0.1, "days")],
        [amount_line("last_year", 0.1)],
        [amount_line("hazard", 0.1, periods=3)],
    ],
)
def test_nothing_is_proposed_on_fewer_than_four_periods_of_a_kind_of_both_methods(rows: list[AmountLine]):
    assert [each.method for each in leaderboard(rows, [], "hazard") if each.proposed] == []


def test_a_period_that_is_forecast_on_many_days_is_one():
    ledger = Ledger()
    for span in (Span("month", 1, 31), Span("month", 1, 31), Span("month", 32, 59)):
        ledger.amount("hazard", "computed", 0, span, "", (0.0, 1.0, 2.0, 1.0))
    (line,) = ledger.amount_lines()
    assert (line.n, line.periods) == (3, 2)


def test_without_scores_nothing_is_proposed():
    assert leaderboard([], [], "hazard") == []


def test_deals_that_are_not_shown_are_in_no_group():
    shown = frozenset(TRUTH.ids[:1])
    groups, keys = groups_of(TRUTH, "", shown)
    assert (groups.tolist(), keys) == ([0, -1, -1, -1], [""])
    assert groups_of(TRUTH, "territory", None)[1] == [""]
