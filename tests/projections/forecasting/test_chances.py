"""When and how a deal closes: chances add up, know no future, and find what deals were made of."""

import dataclasses
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from domain.language import Language, speaking
from projections.forecasting import chances_rates as counting
from projections.forecasting.chances import (
    ChanceModel,
    chances,
    fit_chances,
    win_chance,
    win_chance_of_new,
)
from projections.forecasting.histories import NEVER, Histories, Outcome
from tests.projections.forecasting.small import Deal, histories, random_deals, reordered

DAY = 600


@pytest.fixture(scope="module")
def h() -> Histories:
    deals, marks = random_deals(500, DAY + 100, seed=3)
    return histories(DAY, deals, marks)


@pytest.fixture(scope="module")
def model(h: Histories) -> ChanceModel:
    return fit_chances(h)


def test_a_model_goes_through_its_bytes_and_says_the_same(h: Histories, model: ChanceModel) -> None:
    data = msgspec.msgpack.encode(model)
    again = msgspec.msgpack.decode(data, type=ChanceModel)
    assert msgspec.msgpack.encode(fit_chances(h)) == data
    assert chances(again, h).p_win.tobytes() == chances(model, h).p_win.tobytes()


def test_chances_lie_between_0_and_1_and_grow_with_the_span(h: Histories, model: ChanceModel) -> None:
    found = [chances(model, h, within=days) for days in (0, 1, 30, 92, 365, 10_000)]
    p = np.stack([each.p_within for each in found])
    assert (p[0] == 0).all()
    assert (np.diff(p, axis=0) >= 0).all()
    assert p[-1] == pytest.approx(found[-1].p_win)
    assert ((p >= 0) & (p <= 1)).all()


def test_chances_of_spans_add_up_to_that_of_the_whole(h: Histories, model: ChanceModel) -> None:
    rows = h.open()
    parts = [win_chance(model, h, rows, DAY + 1 + begin, DAY + begin + 30) for begin in (0, 30, 60)]
    assert sum(parts) == pytest.approx(win_chance(model, h, rows, DAY + 1, DAY + 90), abs=1e-9)
    assert chances(model, h, within=90).p_within == pytest.approx(sum(parts), abs=1e-9)
    assert win_chance(model, h, rows, DAY - 30, DAY).tolist() == [0.0] * len(rows)


def test_days_of_the_close_are_in_order_and_lie_ahead(h: Histories, model: ChanceModel) -> None:
    found = chances(model, h)
    assert (found.p10_close > DAY).all()
    assert (found.p10_close <= found.p50_close).all()
    assert (found.p50_close <= found.p90_close).all()
    assert (found.p90_close <= DAY + model.horizon).all()


def test_given_that_it_ends_a_deal_is_won_more_often_than_at_all(h: Histories, model: ChanceModel) -> None:
    found = chances(model, h)
    assert (found.p_if_closed <= 1).all()
    assert (found.p_if_closed >= found.p_win - 0.02).all()


def test_half_of_the_wins_have_come_by_the_middle_day(h: Histories, model: ChanceModel) -> None:
    found = chances(model, h)
    middle, row = int(found.p50_close[0]), found.rows[:1]
    before, by_then = (win_chance(model, h, row, DAY + 1, day)[0] for day in (middle - 1, middle))
    assert before < found.p_win[0] / 2 <= by_then


def test_the_order_of_deals_does_not_matter(h: Histories, model: ChanceModel) -> None:
    order = np.random.Generator(np.random.PCG64(1)).permutation(len(h))
    other = reordered(h, order)
    p = dict(zip(h.ids, _all(model, h), strict=True))
    q = dict(zip(other.ids, _all(fit_chances(other), other), strict=True))
    assert [q[each] for each in h.ids] == pytest.approx([p[each] for each in h.ids], abs=1e-7)


def _all(model: ChanceModel, h: Histories) -> np.ndarray:
    found, p = np.zeros(len(h)), chances(model, h)
    found[p.rows] = p.p_win
    return found


def test_what_comes_later_changes_nothing() -> None:
    deals, marks = random_deals(300, DAY, seed=5)
    then = histories(400, deals, marks)
    moved = [
        (opened, [stay for stay in stays if stay[1] <= 400], end if end and end[0] <= 400 else (450, Outcome.LOST))
        for opened, stays, end in deals
    ]
    other = histories(400, moved, [mark for mark in marks if mark[1] <= 400])
    assert msgspec.msgpack.encode(fit_chances(then)) == msgspec.msgpack.encode(fit_chances(other))


def test_bootstraps_of_the_rates_lie_around_them(h: Histories, model: ChanceModel) -> None:
    rows = h.open()
    p = win_chance(model, h, rows, DAY + 1, DAY + 60)
    drawn = np.stack([win_chance(model, h, rows, DAY + 1, DAY + 60, table=n) for n in range(model.tables)])
    assert model.tables == 40
    assert 0.001 < drawn.std(axis=0).mean() < 0.1
    assert abs(drawn.mean() - p.mean()) < 0.02
    assert (win_chance(model, h, rows, DAY + 1, DAY + 60, table=40) == drawn[0]).all()


def test_known_rates_are_found_again() -> None:
    """A deal at stage 1 with a good answer wins with .06 and loses with .01/3 a day: 94.7 %; with a bad one 66.7 %."""
    deals, marks = random_deals(6000, 900, seed=8)
    h = histories(800, deals, marks)
    model = fit_chances(h)
    found = chances(model, h, within=30)
    good = np.array([mark[4] > 0 for mark in marks if deals[mark[0]][0] <= 800])[found.rows]
    for stage in (0, 1):
        here = h.stage[found.rows] == stage
        for is_good in (True, False):
            those = here & (good == is_good)
            assert those.sum() > 50
            assert found.p_win[those].mean() == pytest.approx(true_chance(stage, is_good, 5000), abs=0.065)
        soon = np.mean([true_chance(stage, is_good, 30) for is_good in good[here].tolist()])
        assert found.p_within[here].mean() == pytest.approx(soon, abs=0.04)
    new = win_chance_of_new(model, h, np.array([801, 830], dtype=np.int32), 801, 830)
    assert new[0] == pytest.approx((true_chance(0, True, 29) + true_chance(0, False, 29)) / 2, abs=0.01)
    assert new[1] == 0.0


def true_chance(stage: int, is_good: bool, days: int) -> float:
    """The chance that a deal of `random_deals` is won within so many days."""
    win, lose = (0.06, 0.01 / 3) if is_good else (0.02, 0.01)
    at = np.array([1.0 - stage, float(stage)])
    won = 0.0
    for _ in range(days):
        won += at[1] * win
        at = np.array([at[0] * (0.97 - lose), at[0] * 0.03 + at[1] * (1 - win - lose)])
    return float(won)


def test_it_is_the_time_at_the_stage_that_counts() -> None:
    """Deals reach the last stage after 1 to 60 days and end there after 16 to 20 more, two of three won."""
    random = np.random.Generator(np.random.PCG64(4))
    deals: list[Deal] = []
    for number in range(1800):
        opened, first, then = number // 3, int(random.integers(1, 61)), int(random.integers(16, 21))
        outcome = Outcome.LOST if random.random() < 1 / 3 else Outcome.WON
        deals.append((opened, [(0, opened), (1, opened + first)], (opened + first + then, outcome)))
    probes: list[Deal] = [(700 - stay - before, [(0, 700 - stay - before), (1, 700 - stay)], None)
              for stay, before in ((1, 5), (1, 50), (14, 5), (14, 50))]  # fmt: skip
    h = histories(700, deals + probes)
    model = fit_chances(h)
    soon = win_chance(model, h, h.open(), 701, 707)
    assert soon[:2].max() < 0.01
    assert soon[2:].min() > 0.5
    assert win_chance(model, h, h.open(), 701, 730) == pytest.approx([2 / 3] * 4, abs=0.08)


def test_days_at_risk_are_counted_and_drawn_towards_coarser_rates_exactly() -> None:
    """Thirty deals of one stage, opened on days 0 to 29 and closed ten days later: what is seen from day 10 on."""
    deals = [
        (number, [(0, number)], (number + 10, Outcome.WON if number % 2 else Outcome.LOST)) for number in range(30)
    ]
    h, stages = histories(60, deals, stages=1), np.zeros(1, dtype=np.int32)
    held = counting.stays(h, np.zeros(30, dtype=np.int32), stages)
    counts = counting.counted(h, held, stages, counting.first_closing(h)).sum(axis=0)
    by_bin = counts[0].sum(axis=1)  # days at the stage, kind
    assert by_bin.sum(axis=1).tolist() == [66, 102, 87] + [0] * 14
    assert by_bin[:, 1:3].tolist() == [[0, 0], [0, 0], [15, 15]] + [[0, 0]] * 14
    table = counting.rates(counts, stages)
    mean = (15 + 1e-4) / 256
    first = 10 * mean / 76
    second = 10 * first / 112
    third = (15 + 10 * second) / 97
    assert table.shape == (2, 17, 3, 3)
    assert table[0, :4, 2, 1] == pytest.approx([first, second, third, third])  # nothing was seen in the third month
    january = counts[0, 2, 0]
    usual = counts[0, :3, 0].sum(axis=1) @ [first, second, third]
    month = (january[1] + 5) / (usual + 5)
    assert table[0, 2, 0, 1] == pytest.approx((january[1] + 30 * third * month) / (january.sum() + 30))
    assert table[0, :, :, 0].tolist() == np.zeros((17, 3)).tolist()


def test_stage_rates_are_shares_of_closed_deals_drawn_to_that_of_all() -> None:
    won, lost = (10, Outcome.WON), (10, Outcome.LOST)
    deals = [(0, [(0, 0), (1, 5)], won)] * 6 + [(0, [(0, 0)], lost)] * 4 + [(0, [(0, 0)], None)]
    whole = 7 / 12
    assert histories(20, deals).stage_rates == {
        ("", ""): pytest.approx(whole),
        ("process", "stage 0"): pytest.approx((6 + 10 * whole) / 20),
        ("process", "stage 1"): pytest.approx((6 + 10 * whole) / 16),
    }


# --- too little, and strange things -------------------------------------------------------------------------------


def closed(count: int, won: int) -> list[tuple[int, list[tuple[int, int]], tuple[int, Outcome]]]:
    return [
        (number, [(0, number)], (number + 20, Outcome.WON if number < won else Outcome.LOST)) for number in range(count)
    ]


@pytest.mark.parametrize(("count", "won"), [(0, 0), (10, 5), (29, 15), (100, 100), (100, 97)])
def test_too_little_history_gives_the_stage_rates_and_says_so(count: int, won: int) -> None:
    h = histories(300, [*closed(count, won), (290, [(1, 290)], None)])
    model = fit_chances(h)
    assert not model.enough
    assert model.basis.startswith(f"not enough history: {count} closed deals, {won} of them won; 30 are needed")
    found = chances(model, h, within=46)
    assert found.p_win.tolist() == [pytest.approx(h.stage_rates[("process", "stage 1")])]
    assert found.p_within[0] == pytest.approx(found.p_win[0] / 2)
    assert found.p50_close.tolist() == [NEVER]
    assert [reason.words for reason in found.reasons[0]] == ["not enough history"]
    new = win_chance_of_new(model, h, np.array([310], dtype=np.int32), 301, 392)
    assert new.tolist() == [pytest.approx(h.stage_rates[("", "")] * 82 / 92)]


def test_thirty_closed_deals_with_five_of_either_kind_are_enough() -> None:
    model = fit_chances(histories(300, closed(30, 25)))
    assert model.enough
    assert model.basis == "30 closed deals, 25 of them won"


def test_no_deals_at_all_give_nothing() -> None:
    h = histories(300, [])
    found = chances(fit_chances(h), h)
    assert (len(found.rows), found.reasons) == (0, [])


def test_amounts_that_nobody_knows_or_that_make_no_sense_leave_numbers(h: Histories) -> None:
    amount = h.amount.copy()
    amount[::3], amount[1::3], amount[2::3] = np.nan, -5.0, 0.0
    strange = replace(h, amount=amount)
    found = chances(fit_chances(strange), strange)
    assert np.isfinite(found.p_win).all()


def test_a_stage_that_no_deal_stood_at_before_takes_the_rates_of_all(h: Histories, model: ChanceModel) -> None:
    codes = replace(h.codes, stages=[*h.codes.stages, ("new process", "first")])
    stage = np.where(h.outcome == Outcome.OPEN, 2, h.stage).astype(np.int32)
    other = replace(h, codes=codes, stage=stage)
    found = chances(model, other)
    assert ((found.p_win > 0.05) & (found.p_win < 1)).all()


# --- reasons ------------------------------------------------------------------------------------------------------


def test_the_sign_that_matters_is_named_with_its_figures(h: Histories, model: ChanceModel) -> None:
    found = chances(model, h)
    old = np.flatnonzero(h.opened[found.rows] < DAY - 7)
    first = found.reasons[old[0]]
    assert 1 <= len(first) <= 3
    assert [abs(reason.effect) for reason in first] == sorted((abs(reason.effect) for reason in first), reverse=True)
    answers = {reason.words for row in old for reason in found.reasons[row] if reason.feature == "answers"}
    assert answers == {"answers: 1 yes, 0 no, 0 unknown", "answers: 0 yes, 1 no, 0 unknown"}
    stays = [reason.words for row in old for reason in found.reasons[row] if reason.feature == "stage"]
    assert stays[0].split(",")[0] == f"{DAY - h.since[found.rows[old[0]]]} days at this stage"


def test_reasons_are_said_in_chinese(h: Histories, model: ChanceModel) -> None:
    with speaking(Language.CHINESE):
        found = chances(model, h)
    words = {reason.words for reasons in found.reasons for reason in reasons}
    assert "回答：1 个是，0 个否，0 个未知" in words


def test_a_deal_just_opened_shows_little_signal(h: Histories, model: ChanceModel) -> None:
    found = chances(model, h)
    fresh = np.flatnonzero(h.opened[found.rows] >= DAY - 7)
    assert len(fresh) > 0
    assert {found.reasons[row][0].words for row in fresh} == {"little signal yet"}
    old = np.flatnonzero(h.opened[found.rows] < DAY - 7)
    assert "little signal yet" not in {found.reasons[row][0].words for row in old}


def test_on_its_first_day_a_deal_is_as_likely_to_be_won_as_those_that_ended(h: Histories, model: ChanceModel) -> None:
    youngest = h.open()[np.argmax(h.opened[h.open()])]
    h = dataclasses.replace(h, opened=np.where(np.arange(len(h)) == youngest, h.day, h.opened).astype(np.int32))
    found = chances(model, h, rows=np.array([youngest], dtype=np.int32))
    usual = (model.won + 1) / (model.closed + 2)
    assert found.p_if_closed[0] == pytest.approx(max(found.p_win[0], usual))


def test_where_an_export_tells_only_the_stages_of_today_open_deals_go_by_the_rates_of_all_stages() -> None:
    closed: list[Deal] = [
        (day, [(0, day)], (day + 30, Outcome.WON if day % 2 else Outcome.LOST)) for day in range(0, 500, 2)
    ] + [(day, [(0, day)], (day + 30, Outcome.WON)) for day in range(1, 500, 4)]
    still: list[Deal] = [(DAY - 20, [(0, DAY - 20), (1, DAY)], None) for _ in range(20)]
    h = histories(DAY, [*closed, *still])
    found = chances(fit_chances(h), h)
    won = float((h.outcome == Outcome.WON).sum()) / len(closed)
    assert (np.abs(found.p_win - won) < 0.1).all()


def test_a_company_whose_deals_all_ended_on_one_day_has_a_model_and_no_traceback() -> None:
    h = histories(DAY, [(DAY, [(0, DAY)], (DAY, Outcome.WON if n % 2 else Outcome.LOST)) for n in range(60)])
    model = fit_chances(h)
    assert model.enough
    assert len(chances(model, h).rows) == 0
