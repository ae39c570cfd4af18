"""What was known on an earlier day, taken back from what is known now."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from projections.forecasting.histories import NEVER, MarkKind, Marks, number_of
from projections.forecasting.past import known_then, months_before
from tests.projections.forecasting.companies import TODAY, as_known, company, grown


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2017, 12, 31), 1, date(2017, 11, 30)),
        (date(2017, 11, 30), 1, date(2017, 10, 31)),
        (date(2017, 3, 30), 1, date(2017, 2, 28)),
        (date(2017, 1, 1), 12, date(2016, 1, 1)),
        (date(2016, 2, 29), 3, date(2015, 11, 30)),
    ],
)
def test_months_are_taken_back_by_the_calendar_and_month_ends_stay_month_ends(
    day: date, months: int, then: date
) -> None:
    assert months_before(number_of(day), months) == number_of(then)


def test_what_was_known_then_is_what_one_would_have_known() -> None:
    deals = grown(4)
    then, straight = known_then(as_known(deals, TODAY), TODAY - 77), as_known(deals, TODAY - 77)
    for name in ("opened", "closed", "outcome", "stage", "since", "owner", "amount", "signed"):
        np.testing.assert_array_equal(getattr(then, name), getattr(straight, name), name)
    np.testing.assert_array_equal(then.spells.end, straight.spells.end)
    assert then.day == TODAY - 77
    assert len(then.ids) == len(straight.ids)


def test_revisions_moves_and_owners_that_came_later_are_taken_back() -> None:
    h = company([TODAY - 50, TODAY - 5], [NEVER, NEVER], [False, False], [300.0, 10.0])
    kinds = [MarkKind.OWNER, MarkKind.AMOUNT, MarkKind.PUSHED, MarkKind.PULLED, MarkKind.OWNER]
    marks = Marks(
        deal=np.zeros(5, np.int32),
        day=np.array([TODAY - 40, TODAY - 10, TODAY - 10, TODAY - 9, TODAY - 8], np.int32),
        kind=np.array(kinds, np.int8),
        key=np.array([7, -1, -1, -1, 9], np.int32),
        value=np.array([0.0, 1.5, 30.0, 10.0, 0.0]),
    )
    h = replace(h, marks=marks, close_on=np.array([TODAY + 20, NEVER], np.int32), owner=np.array([9, 1], np.int32))
    then = known_then(h, TODAY - 20)
    assert then.amount.tolist() == pytest.approx([200.0])
    assert then.close_on.tolist() == [TODAY]
    assert then.owner.tolist() == [7]
    assert then.marks.day.tolist() == [TODAY - 40]
