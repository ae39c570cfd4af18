"""In which steps the customer decides, and what makes him decide now."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from domain.account.stakeholders import NothingStated, StakeholderUnknown
from domain.aggregate import LaterFactForbids
from domain.opportunity.decision_process import DecisionProcess, DecisionStep, StepUnnamed
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.outcome import OpportunityClosed
from tests.domain.given import after_snapshot, contents, day, given, history, late, on, recorded, sealed
from tests.domain.test_opportunity import WON, opened
from tests.domain.test_opportunity_buyers import LI, STRANGER, account

BOARD = DecisionStep("board", LI, date(2025, 3, 1))


def stated(**fields: Any) -> DecisionProcess.DecisionProcessRecorded:
    return DecisionProcess.DecisionProcessRecorded(**fields)


def test_steps_budget_and_what_presses_are_recorded_as_a_whole() -> None:
    it = given(Opportunity, opened())
    it.decision_process.describe(
        steps=(BOARD,), budget_approved=True, compelling_event=sealed("old press breaks"),
        compelling_on=date(2025, 6, 1), account=account(),
    )  # fmt: skip
    assert recorded(it) == [
        stated(
            steps=(BOARD,),
            budget_approved=True,
            compelling_event=sealed("old press breaks"),
            compelling_on=date(2025, 6, 1),
        )
    ]


def test_stated_anew_it_replaces_and_the_same_again_records_nothing() -> None:
    it = given(Opportunity, opened(), stated(steps=(BOARD,), budget_approved=False))
    it.decision_process.describe(steps=(BOARD,), budget_approved=False, account=account())
    assert recorded(it) == []
    it.decision_process.describe(budget_approved=True, account=account())
    assert recorded(it) == [stated(budget_approved=True)]
    assert it.decision_process.steps == ()


def test_nothing_stated_is_refused() -> None:
    with pytest.raises(NothingStated, match="steps, budget_approved"):
        given(Opportunity, opened()).decision_process.describe(account=account())


def test_every_step_has_a_name_and_an_owner_of_the_account() -> None:
    it = given(Opportunity, opened())
    with pytest.raises(StepUnnamed, match="Step 2"):
        it.decision_process.describe(steps=(BOARD, DecisionStep(" ")), account=account())
    with pytest.raises(StakeholderUnknown):
        it.decision_process.describe(steps=(DecisionStep("board", STRANGER),), account=account())


def test_a_closed_deal_keeps_its_process() -> None:
    with pytest.raises(OpportunityClosed):
        given(Opportunity, opened(), WON).decision_process.describe(budget_approved=True, account=account())


def test_an_end_recorded_late_before_the_process_is_refused() -> None:
    with pytest.raises(LaterFactForbids, match="DecisionProcessRecorded"):
        late(Opportunity, history(opened(), on(day(9), stated(budget_approved=True))), day(5), lambda it: it.lose())


def test_the_process_survives_a_snapshot() -> None:
    it = given(Opportunity, opened(), stated(steps=(BOARD,), compelling_event=sealed("x")))
    assert contents(after_snapshot(it)) == contents(it)
