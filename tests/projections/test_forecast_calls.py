"""Forecast calls as rows."""

from decimal import Decimal

from domain.forecast_call.forecast_call import Layer, call_id
from domain.money import Money
from projections.forecast_calls import FORECAST_CALLS, ForecastCallRow
from tests.domain.given import day, eur
from tests.domain.test_forecast_call import ANNA, BORIS, adjusted, submitted
from tests.projections.rows import rows_after

CALL = call_id(ANNA, "2026-Q4")
NEXT = call_id(ANNA, "2027-Q1")


def test_a_submission_is_a_row_with_the_computed_value_beside_it() -> None:
    (row,) = rows_after(FORECAST_CALLS, (CALL, submitted(commit=Money.of(90, "USD"), best_case=None, pipeline=None)))
    assert row == ForecastCallRow(
        member=ANNA,
        period="2026-Q4",
        layer="submitted",
        currency="USD",
        amount=Decimal(90),
        computed=Decimal(70),
        computed_currency="EUR",
        model_version="hazard-1",
        by=ANNA,
        said_at=day(1),
        position=1,
    )


def test_every_layer_is_a_row_of_its_own_and_the_newest_stands() -> None:
    own = adjusted(layer=Layer.OWNER, by=ANNA, amount=eur(110))
    facts = [submitted(), adjusted(), own, submitted(commit=eur(120)), adjusted(amount=eur(80))]
    rows = rows_after(FORECAST_CALLS, *((CALL, fact) for fact in facts), (NEXT, submitted(period="2027-Q1")))
    found = [(row.period, row.layer, row.amount, row.best_case, row.by, row.position) for row in rows]  # type: ignore[attr-defined]
    assert sorted(found, key=lambda each: each[-1]) == [
        ("2026-Q4", "owner", Decimal(110), None, ANNA, 3),
        ("2026-Q4", "submitted", Decimal(120), Decimal(150), ANNA, 4),
        ("2026-Q4", "manager", Decimal(80), None, BORIS, 5),
        ("2027-Q1", "submitted", Decimal(100), Decimal(150), ANNA, 6),
    ]
