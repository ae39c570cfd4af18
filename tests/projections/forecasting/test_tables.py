"""Columns of facts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from projections.forecasting.tables import distinct


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
