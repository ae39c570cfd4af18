"""The forecast policy: the method in use, the weekday of snapshots, how much history is enough."""

from __future__ import annotations

import pytest

from domain.errors import Refused
from domain.policies.forecast_policy import (
    ClosedDealsNegative,
    ForecastMethod,
    ForecastPolicy,
    NotAWeekday,
    default_forecast_policy,
)
from tests.domain.given import recorded


def test_undefined_the_hazard_model_is_in_use_and_forecasts_are_kept_on_mondays() -> None:
    policy = default_forecast_policy()
    found = (policy.edition, policy.method, policy.snapshot_weekday, policy.enough_closed)
    assert found == (0, ForecastMethod.HAZARD, 1, 30)


def test_it_is_defined_once_and_anew_as_another_edition() -> None:
    policy = default_forecast_policy()
    policy.define()
    policy.define()
    policy.define(snapshot_weekday=5)
    first = ForecastPolicy.Defined(edition=1, method=ForecastMethod.HAZARD, snapshot_weekday=1, enough_closed=30)
    second = ForecastPolicy.Defined(edition=2, method=ForecastMethod.HAZARD, snapshot_weekday=5, enough_closed=30)
    assert recorded(policy) == [first, second]
    assert (policy.edition, policy.snapshot_weekday) == (2, 5)


def test_another_method_is_used_and_all_else_stays() -> None:
    policy = default_forecast_policy()
    policy.define(snapshot_weekday=5, enough_closed=100)
    policy.use(method=ForecastMethod.LAST_YEAR)
    policy.use(method=ForecastMethod.LAST_YEAR)
    newest = ForecastPolicy.Defined(edition=2, method=ForecastMethod.LAST_YEAR, snapshot_weekday=5, enough_closed=100)
    assert recorded(policy)[1:] == [newest]
    assert policy.to_document() == {"method": "last_year", "snapshot_weekday": 5, "enough_closed": 100}


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"snapshot_weekday": 0}, NotAWeekday),
        ({"snapshot_weekday": 8}, NotAWeekday),
        ({"enough_closed": -1}, ClosedDealsNegative),
    ],
)
def test_it_is_refused(fields: dict[str, int], refusal: type[Refused]) -> None:
    policy = default_forecast_policy()
    with pytest.raises(refusal):
        policy.define(**fields)  # type: ignore[arg-type]
    assert recorded(policy) == []
