"""Columns of facts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from projections.forecasting.tables import NEVER_KNOWN, Table, distinct


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
@pytest.mark.parametrize("span", [(0, 3), (-5, 5), (0, 2**31 - 1), (-(2**31), 2**31 - 1)])
@pytest.mark.parametrize("count", [0, 1, 5, 1_000])
def test_the_different_numbers_are_those_that_numpy_finds(count: int, span: tuple[int, int], dtype: type) -> None:
    numbers: NDArray[Any] = np.random.default_rng(count).integers(*span, count).astype(dtype)
    found, expected = distinct(numbers), np.unique(numbers)
    assert found.dtype == expected.dtype
    assert found.tolist() == expected.tolist()


def test_moments_far_apart_are_told_from_each_other() -> None:
    moments = np.array([2**62, -(2**62), 0, 2**62], np.int64)
    assert distinct(moments).tolist() == [-(2**62), 0, 2**62]


@pytest.mark.parametrize("gone", [False, True])
def test_whether_anything_changed_and_what_is_newest_is_told_of_any_moment(gone: bool) -> None:
    chance = np.random.default_rng(7)
    for count in (0, 1, 40):
        facts = table(chance, count, gone=gone)
        for at in range(-2, 30):
            for known_at in (0, 20, 100):
                known = facts.known(at, known_at)
                withdrawn = facts.gone_at[(facts.gone <= at) & (facts.gone_at <= known_at) & (facts.when <= at)]
                newest = max([*facts.position[known].tolist(), *withdrawn.tolist()], default=0)
                assert facts.newest(at, known_at) == newest
            moments = [*facts.when.tolist(), *facts.occurred.tolist(), *facts.gone.tolist()]
            for until in range(at, 30):
                assert facts.changed(at, until) == any(at < each <= until for each in moments)


def table(chance: np.random.Generator, count: int, *, gone: bool) -> Table:
    """Facts of which some are withdrawn, or none."""
    occurred, nothing = chance.integers(0, 20, count), np.zeros(count, np.int64)
    some = chance.random(count) < (0.3 if gone else 0)
    return Table(
        of=nothing.astype(np.int32),
        occurred=occurred,
        when=occurred + chance.integers(0, 5, count),
        position=np.arange(1, count + 1),
        kind=nothing.astype(np.int8),
        key=nothing.astype(np.int32),
        value=nothing.astype(np.float64),
        unit=nothing.astype(np.int32),
        gone=np.where(some, chance.integers(0, 28, count), NEVER_KNOWN),
        gone_at=np.where(some, chance.integers(10, 60, count), NEVER_KNOWN),
    )
