"""What if: changes of deals that nobody recorded, on histories that stay as they are."""

from __future__ import annotations

import numpy as np

from projections.forecasting.histories import NEVER, MarkKind, Outcome
from projections.forecasting.model import fit
from projections.forecasting.revenue import simulate
from projections.forecasting.scenario import Change, ChangeKind, apply
from tests.projections.forecasting.clocked import as_bytes
from tests.projections.forecasting.companies import TODAY, as_known, company, grown

HISTORIES = company([TODAY - 90, TODAY - 60, TODAY - 30], [NEVER, TODAY - 10, NEVER], [False, True, False], [9, 20, 50])


def test_a_deal_is_won_today_for_its_amount_and_the_others_stay():
    before = as_bytes(HISTORIES)
    after = apply(HISTORIES, [Change(ChangeKind.WON, 2)])
    assert (after.outcome[2], after.closed[2], after.signed[2], after.spells.end[2]) == (Outcome.WON, TODAY, 50, TODAY)
    assert (after.outcome[:2] == HISTORIES.outcome[:2]).all()
    assert as_bytes(HISTORIES) == before, "what was given is not touched"


def test_a_lost_deal_signs_nothing():
    after = apply(HISTORIES, [Change(ChangeKind.LOST, 0)])
    assert (after.outcome[0], after.closed[0]) == (Outcome.LOST, TODAY)
    assert np.isnan(after.signed[0])


def test_a_move_is_a_push_or_a_pull_where_a_day_was_expected():
    moved = apply(HISTORIES, [Change(ChangeKind.MOVE, 2, day=TODAY + 10)])
    assert (moved.close_on[2], len(moved.marks.deal)) == (TODAY + 10, 0)
    twice = apply(moved, [Change(ChangeKind.MOVE, 2, day=TODAY + 40), Change(ChangeKind.MOVE, 2, day=TODAY + 35)])
    assert twice.marks.kind.tolist() == [MarkKind.PUSHED, MarkKind.PULLED]
    assert twice.marks.value.tolist() == [30, 5]
    assert twice.marks.day.tolist() == [TODAY, TODAY]
    assert twice.marks.deal.tolist() == [2, 2]


def test_another_amount_is_marked_with_what_it_grew_by_and_marks_stay_in_the_order_of_deals():
    after = apply(HISTORIES, [Change(ChangeKind.AMOUNT, 2, amount=75), Change(ChangeKind.AMOUNT, 0, amount=3)])
    assert after.amount.tolist() == [3, 20, 75]
    assert after.marks.deal.tolist() == [0, 2]
    assert after.marks.value.tolist() == [1 / 3, 1.5]


def test_won_raises_what_is_known_by_its_amount_and_nothing_else_of_it():
    known = as_known(grown(7), TODAY)
    model, groups = fit(known, 1), np.zeros(len(known), np.int32)
    row = int(known.open()[0])
    after = apply(known, [Change(ChangeKind.WON, row)])
    found = [simulate(model, h, TODAY - 30, TODAY + 60, groups, 1, seed=b"x" * 16) for h in (known, after)]
    assert round(found[1].total.known[0] - found[0].total.known[0], 2) == known.amount[row]
    assert found[1].total.p50[0] > found[0].total.p50[0]


def test_what_is_paid_instead_moves_its_own_group_alone_and_never_the_other_way():
    known = as_known(grown(7), TODAY)
    model = fit(known, 1)
    rows = known.open()[:20].tolist()
    usual = simulate(model, known, TODAY + 1, TODAY + 92, known.owner, 4, seed=b"x" * 16)
    for row in rows:
        owner, without = int(known.owner[row]), {row: 0.0}
        found = simulate(model, known, TODAY + 1, TODAY + 92, known.owner, 4, seed=b"x" * 16, instead=without)
        others = np.arange(4) != owner
        assert np.allclose(found.groups.p50[others], usual.groups.p50[others], rtol=1e-3), "but for the shared shock"
        assert found.groups.mean[owner] < usual.groups.mean[owner]
        assert found.groups.mean[owner] > usual.groups.mean[owner] - 2 * known.amount[row]
