"""The revenue of a period: exact where nothing is in doubt, repeatable, and honest where there is nothing to say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from projections.forecasting.histories import NEVER, NONE, Histories
from projections.forecasting.model import Model, decode, encode, fit
from projections.forecasting.revenue import Simulated, simulate
from tests.projections.forecasting.companies import TODAY, as_known, company, grown, reordered

SEED = b"a seed of no kin"


def asked(
    model: Model, h: Histories, first: int, last: int, groups: np.ndarray | None = None, *, runs: int = 2_000
) -> Simulated:
    by = h.owner if groups is None else groups
    return simulate(model, h, first, last, by, int(max(by.max(initial=0), 3)) + 1, runs=runs, seed=SEED)


@pytest.fixture(scope="module")
def h() -> Histories:
    return as_known(grown(1), TODAY)


@pytest.fixture(scope="module")
def model(h: Histories) -> Model:
    return fit(h, 77)


def test_a_period_that_is_over_gives_what_was_won_in_it(model: Model, h: Histories) -> None:
    said = asked(model, h, TODAY - 90, TODAY)
    won = (h.closed > TODAY - 91) & (h.outcome == 1)
    assert said.total.known[0] == pytest.approx(h.signed[won].sum())
    assert said.total.p10[0] == said.total.p50[0] == said.total.p90[0] == said.total.known[0]
    assert said.groups.p50.sum() == pytest.approx(said.total.p50[0])


def test_what_was_won_so_far_counts_in_a_period_that_runs(model: Model, h: Histories) -> None:
    whole, rest = asked(model, h, TODAY - 30, TODAY + 30), asked(model, h, TODAY + 1, TODAY + 30)
    won = h.signed[(h.closed >= TODAY - 30) & (h.outcome == 1)].sum()
    assert rest.total.known[0] == 0
    assert whole.total.p10[0] - rest.total.p10[0] == pytest.approx(won)
    assert whole.total.p90[0] - rest.total.p90[0] == pytest.approx(won)


def test_the_same_question_gives_the_same_bytes(model: Model, h: Histories) -> None:
    again = decode(encode(fit(h, 77)))
    one, other = asked(model, h, TODAY + 1, TODAY + 92), asked(again, h, TODAY + 1, TODAY + 92)
    assert again.version == model.version
    assert one.groups.p10.tobytes() == other.groups.p10.tobytes()
    assert one.total.p90.tobytes() == other.total.p90.tobytes()


def test_the_order_of_deals_and_groups_does_not_matter(model: Model, h: Histories) -> None:
    order = np.random.Generator(np.random.PCG64(5)).permutation(len(h))
    renamed = np.array([2, 0, 3, 1], np.int32)
    mixed = reordered(h, order)
    one = asked(model, h, TODAY + 1, TODAY + 92)
    other = asked(model, mixed, TODAY + 1, TODAY + 92, renamed[mixed.owner])
    assert other.groups.p90[renamed].tobytes() == one.groups.p90.tobytes()
    assert other.total.p10.tobytes() == one.total.p10.tobytes()


def test_what_was_asked_before_does_not_move_what_is_asked_now(h: Histories) -> None:
    numbers, whole = encode(fit(h, 77)), np.zeros(len(h), np.int32)
    alone = asked(decode(numbers), h, TODAY + 1, TODAY + 92, whole)
    model, earlier = decode(numbers), as_known(grown(1), TODAY - 30)
    asked(model, h, TODAY + 1, TODAY + 92)
    asked(model, h, TODAY + 1, TODAY + 30, whole)
    asked(model, earlier, TODAY + 1, TODAY + 92, np.zeros(len(earlier), np.int32))
    after = asked(model, h, TODAY + 1, TODAY + 92, whole)
    assert after.total.p50.tobytes() == alone.total.p50.tobytes()
    assert after.fan == alone.fan


def test_without_closed_deals_nothing_is_forecast_and_the_answer_says_why() -> None:
    h = company([TODAY - 5] * 3, [NEVER] * 3, [False] * 3, [100.0, 200.0, 300.0])
    said = asked(fit(h, 1), h, TODAY + 1, TODAY + 30)
    assert not said.enough
    assert "not enough history: 0 closed deals" in said.basis
    assert said.total.p50[0] == 0


def test_deals_without_an_amount_or_a_group_are_left_out(model: Model, h: Histories) -> None:
    left = h.owner.copy()
    left[h.owner == 2] = NONE
    said = asked(model, h, TODAY + 1, TODAY + 30, left)
    assert said.groups.p90[2] == said.groups.mean[2] == 0
    assert said.total.p50[0] < asked(model, h, TODAY + 1, TODAY + 30).total.p50[0]


def test_no_deals_at_all_give_zeros() -> None:
    h = company([], [], [], [])
    said = simulate(fit(h, 1), h, TODAY + 1, TODAY + 30, h.owner, 2, runs=100, seed=SEED)
    assert said.groups.p50.tolist() == [0.0, 0.0]
    assert not said.enough


def test_the_version_tells_numbers_apart_but_not_positions(model: Model, h: Histories) -> None:
    assert fit(h, 78).version == model.version
    assert fit(as_known(grown(2), TODAY), 77).version != model.version


def sums(said: Simulated) -> np.ndarray:
    """All quantiles, of groups and in all."""
    return np.concatenate([[each.p10, each.p50, each.p90] for each in (said.groups, said.total)], axis=1)


@pytest.mark.parametrize("factor", [0.0, -1.0, np.nan, 1e9])
def test_strange_amounts_give_numbers_in_order_all_the_same(model: Model, h: Histories, factor: float) -> None:
    strange = replace(h, amount=h.amount * factor, signed=h.signed * factor)
    said = sums(asked(model, strange, TODAY - 20, TODAY + 40, runs=300))
    assert np.isfinite(said).all()
    assert (np.diff(said, axis=0) >= 0).all()
    assert (said == 0).all() == (factor == 0 or np.isnan(factor))


def test_a_period_beyond_all_experience_and_one_that_ends_before_it_begins_are_answered(
    model: Model, h: Histories
) -> None:
    assert np.isfinite(sums(asked(model, h, TODAY + 900, TODAY + 1_000, runs=300))).all()
    assert not sums(asked(model, h, TODAY + 10, TODAY + 5, runs=300)).any()


def test_all_won_is_not_enough_to_learn_from() -> None:
    closed = [TODAY - number % 29 for number in range(60)]
    h = company([TODAY - 30] * 60, closed, [True] * 60, [5.0] * 60)
    said = asked(fit(h, 0), h, TODAY - 9, TODAY + 5)
    assert not said.enough
    assert said.total.p50[0] == said.total.known[0] == 5.0 * sum(day >= TODAY - 9 for day in closed)


def wider(h: Histories) -> float:
    """How much wider the forecast of a company is than independent groups would make it."""
    said = asked(fit(h, 77), h, TODAY + 1, TODAY + 30, runs=10_000)
    apart = np.sqrt(((said.groups.p90 - said.groups.p10) ** 2).sum())
    return float((said.total.p90[0] - said.total.p10[0]) / apart)


def test_a_company_that_moved_as_one_is_forecast_wider_than_independent_groups(h: Histories) -> None:
    month = (h.closed - TODAY) // 30
    good = np.where(month % 2 == 0, 1.7, 0.6)
    assert wider(replace(h, signed=h.signed * good)) > 1.25
    assert 1.0 < wider(h) < 1.15


def test_eighty_of_a_hundred_forecasts_of_a_known_company_hold() -> None:
    inside, errors, best = [], [], []
    day = TODAY
    for seed in range(20, 26):
        deals = grown(seed)
        _, closed, won, amount, owner = deals
        h = as_known(deals, day)
        said = simulate(fit(h, 0), h, day + 1, day + 60, h.owner, 4, runs=1_000, seed=SEED).groups
        came = won & (closed > day) & (closed <= day + 60)
        actual = np.bincount(owner[came], amount[came], 4)
        inside.append((said.p10 <= actual) & (actual <= said.p90))
        errors.append(np.abs(said.p50 - actual).sum())
        chance = 0.5 * (1 - 0.976**60)
        coming = 0.5 * (1 - 0.976 ** np.arange(60)).sum() * 3.0 * np.exp(8 + 0.18) / 4
        held = h.outcome == 0
        best.append(np.abs(np.bincount(h.owner[held], h.amount[held] * chance, 4) + coming - actual).sum())
    assert 0.65 <= np.mean(inside) <= 0.95
    assert sum(errors) <= 1.2 * sum(best)
