"""Days so many months later are the same for many days at once as for each."""

from __future__ import annotations

import random
from datetime import date, timedelta

import numpy as np

from projections.customer_standing import many_months_after
from projections.kept_columns import day_back, day_number
from projections.key_accounts import months_after


def test_many_days_are_moved_as_each_is() -> None:
    chance = random.Random(5)
    days = [date(1899, 11, 28) + timedelta(days=chance.randrange(70_000)) for _ in range(500)]
    days += [date(2024, 1, 31), date(2024, 2, 29), date(2023, 8, 31), date(1900, 1, 31), date(1999, 12, 31)]
    for months in (0, 1, 6, 12, 18, -1, -13, -2_000):
        found = many_months_after(np.array([day_number(day) for day in days], np.int64), months)
        assert [day_back(number) for number in found] == [months_after(day, months) for day in days]
