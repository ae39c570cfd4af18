"""Chances of deals where a method is in use that looks at the stage alone."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from domain.policies.forecast_policy import ForecastMethod, ForecastPolicy
from domain.policies.policy import policy_id
from domain.policies.process_definition import Definition, Stage
from domain.policies.sales_process import SalesProcess
from projections.forecast_chances import deal_chances
from projections.forecast_learning import learned
from tests.projections.asking import Office
from tests.projections.forecasting.test_backtest import NOW, office

__all__ = ["office"]


@pytest.mark.parametrize(
    ("method", "reason", "basis"),
    [
        (ForecastMethod.STAGE_WEIGHTED, "percentage of its stage", "the stage's percentage for deals"),
        (ForecastMethod.LAST_YEAR, "past win rate of its stage", "win rates of the stages for deals"),
    ],
)
def test_a_chance_is_that_of_the_stage_and_says_so(
    office: Office, method: ForecastMethod, reason: str, basis: str
) -> None:
    defined = ForecastPolicy.Defined(edition=1, method=method, snapshot_weekday=1, enough_closed=30)
    stages = (Stage("lead", "Lead", Decimal("0.15")),)
    process = SalesProcess.Defined(edition=1, definition=Definition(key="four-funnel", name="Own", stages=stages))
    start = datetime(2017, 1, 1, tzinfo=UTC)
    policy = policy_id("ForecastPolicy")
    office.tell((policy, defined, start), (policy_id("SalesProcess", "four-funnel"), process, start))
    with office.view(NOW) as view:
        known = learned(view, None)
        found = deal_chances(view, known)
        past = round(known.histories.stage_rates["four-funnel", "lead"], 4)
    assert found.deals
    assert (found.model, found.model_version) == (method.value, "")
    assert found.basis.endswith(basis)
    assert 0.6 < past < 0.7, "two of three are won"
    assert {line.p_win for line in found.deals} == {0.15 if method is ForecastMethod.STAGE_WEIGHTED else past}
    assert {tuple(each.words for each in line.reasons) for line in found.deals} == {(reason,)}
