"""A forecast call: layers beside what is computed, each with who said it and why."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from domain.aggregate import NotYetOpened
from domain.forecast_call.forecast_call import (
    Adjustment,
    CallFalls,
    CallOfAnother,
    Computed,
    CurrencyWithoutRate,
    ForecastCall,
    Layer,
    NotTheLayerOf,
    PeriodIsOver,
    Said,
    call_id,
)
from domain.member import Member, MemberHasLeft
from domain.money import CurrenciesDiffer, Money
from domain.opportunity.amounts import AmountNegative
from domain.opportunity.outcome import ReasonBlank
from domain.policies.calendar import PeriodUnknown
from domain.policies.company import Company
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from tests.domain.given import after_snapshot, contents, eur, given, history, on, recorded, sealed, some_id, without

ANNA, BORIS = some_id("anna"), some_id("boris")
CALL = call_id(ANNA, "2026-Q4")
NOVEMBER = datetime(2026, 11, 3, 9, tzinfo=UTC)
COMPANY = Company(id=policy_id("Company"), currency="EUR", time_zone="Asia/Shanghai")
RATES = ExchangeRates(id=policy_id("ExchangeRates"), rates={"USD": Decimal("0.9")})
PERSON = given(Member, Member.Invited(name=sealed("Anna")))
COMPUTED = Computed(
    currency="EUR",
    closed=Decimal(10),
    commit=Decimal(50),
    best_case=Decimal(80),
    pipeline=Decimal(120),
    weighted=Decimal(60),
    p10=Decimal(40),
    p50=Decimal(70),
    p90=Decimal(95),
    model="hazard",
    model_version="hazard-1",
    position=9,
)
LOOKED_AT: dict[str, Any] = {"person": PERSON, "company": COMPANY, "exchange_rates": RATES}
SAID: dict[str, Any] = {"commit": eur(100), "best_case": eur(150), "pipeline": eur(200)}
LOWERED: dict[str, Any] = {"layer": Layer.MANAGER, "amount": eur(90), "reason": "always late", "by": BORIS}


def submitted(**more: Any) -> ForecastCall.Submitted:
    return ForecastCall.Submitted(**{"member": ANNA, "period": "2026-Q4", "computed": COMPUTED} | SAID | more)


def adjusted(**more: Any) -> ForecastCall.Adjusted:
    return ForecastCall.Adjusted(**{"member": ANNA, "period": "2026-Q4", "computed": COMPUTED} | LOWERED | more)


def call(*facts: Any, now: datetime = NOVEMBER) -> ForecastCall:
    return given(ForecastCall, *(on(NOVEMBER, fact) for fact in facts), aggregate_id=CALL, now=now)


def submit(found: ForecastCall, **more: Any) -> None:
    found.submit(**{"member": ANNA, "period": "2026-Q4", "computed": COMPUTED} | SAID | LOOKED_AT | more)


def adjust(found: ForecastCall, **more: Any) -> None:
    found.adjust(**{"member": ANNA, "period": "2026-Q4", "computed": COMPUTED} | LOWERED | LOOKED_AT | more)


def test_a_person_calls_a_period_with_the_computed_value_beside_it():
    found = call()
    submit(found)
    assert recorded(found) == [submitted()]
    assert found.submitted == Said(eur(100), eur(150), eur(200))
    assert (COMPUTED.value, Computed(weighted=Decimal(60)).value) == (Decimal(70), Decimal(60))


def test_the_same_call_again_records_nothing_whatever_is_computed_by_now_and_another_one_does():
    found = call(submitted())
    submit(found, computed=Computed())
    assert recorded(found) == []
    submit(found, best_case=None, pipeline=None)
    assert recorded(found) == [submitted(best_case=None, pipeline=None)]


@pytest.mark.parametrize(
    ("wrong", "refusal", "told"),
    [
        ({"period": "2026-Q5"}, PeriodUnknown, "2026-Q5 is not a period"),
        ({"period": "2027-Q1"}, CallOfAnother, "2027-Q1"),
        ({"member": BORIS}, CallOfAnother, str(call_id(BORIS, "2026-Q4"))),
        ({"commit": eur(-1)}, AmountNegative, "-1.00 EUR"),
        ({"best_case": eur(99)}, CallFalls, "best_case is 99.00 EUR, less than 100.00 EUR of commit"),
        ({"best_case": None, "pipeline": eur(99)}, CallFalls, "pipeline is 99.00 EUR, less than 100.00 EUR of commit"),
        ({"best_case": Money.of(500, "USD")}, CurrenciesDiffer, "EUR and 500"),
        ({"commit": Money.of(1, "GBP")}, CurrencyWithoutRate, "GBP has no rate to EUR"),
        ({"person": given(Member)}, NotYetOpened, "no Member"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused(wrong, refusal, told):
    found = call()
    with pytest.raises(refusal) as error:
        submit(found, **wrong)
    assert told.split(" and ")[0] in str(error.value)
    assert recorded(found) == []


def test_a_call_in_another_currency_stays_in_it_and_needs_a_rate_alone():
    found = call()
    submit(found, commit=Money.of("100.004", "usd"), best_case=None, pipeline=None)
    assert recorded(found) == [submitted(commit=Money.of(100, "USD"), best_case=None, pipeline=None)]
    undecided = call()
    submit(undecided, commit=Money.of(1, "GBP"), best_case=None, pipeline=None, company=Company(id=COMPANY.id))
    assert recorded(undecided) == [submitted(commit=Money.of(1, "GBP"), best_case=None, pipeline=None)]


def test_a_period_is_called_until_it_is_over_by_the_companys_days():
    found = call(now=datetime(2026, 12, 31, 15, 59, 59, 999_999, tzinfo=UTC))
    submit(found)
    assert recorded(found) == [submitted()]
    for give in (submit, adjust):
        found = call(now=datetime(2026, 12, 31, 16, tzinfo=UTC))
        with pytest.raises(PeriodIsOver, match="2026-Q4 was over on 2026-12-31"):
            give(found)


def test_a_manager_adjusts_a_person_whether_he_called_or_not_and_the_computed_value_stays():
    found = call()
    adjust(found)
    assert recorded(found) == [adjusted()]
    assert (found.submitted, found.owner, found.manager) == (None, None, Adjustment(eur(90), "always late", BORIS))
    assert adjusted().computed.value == Decimal(70)


def test_an_owner_adjusts_his_own_beside_the_managers():
    found = call(submitted(), adjusted())
    adjust(found, layer=Layer.OWNER, amount=eur(110), reason="one more", by=ANNA)
    assert recorded(found) == [adjusted(layer=Layer.OWNER, amount=eur(110), reason="one more", by=ANNA)]
    assert found.manager == Adjustment(eur(90), "always late", BORIS)
    assert contents(after_snapshot(found)) == contents(found)


def test_the_same_adjustment_again_records_nothing_and_another_reason_does():
    found = call(adjusted())
    adjust(found, computed=Computed())
    assert recorded(found) == []
    adjust(found, reason="lost a deal")
    assert recorded(found) == [adjusted(reason="lost a deal")]


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"reason": " "}, ReasonBlank),
        ({"amount": eur(-1)}, AmountNegative),
        ({"amount": Money.of(1, "GBP")}, CurrencyWithoutRate),
        ({"by": ANNA}, NotTheLayerOf),
        ({"layer": Layer.OWNER}, NotTheLayerOf),
        ({"period": "soon"}, PeriodUnknown),
        ({"period": "2027"}, CallOfAnother),
        ({"person": given(Member, Member.Invited(name=sealed("Anna")), Member.Left())}, MemberHasLeft),
    ],
)
def test_an_adjustment_that_makes_no_sense_is_refused(wrong, refusal):
    found = call()
    with pytest.raises(refusal):
        adjust(found, **wrong)
    assert recorded(found) == []


def test_a_call_taken_back_leaves_the_one_before():
    facts = history(
        on(NOVEMBER, submitted()), on(NOVEMBER, submitted(commit=eur(120))), on(NOVEMBER, adjusted()), aggregate_id=CALL
    )
    assert without(ForecastCall, facts, 2).submitted == Said(eur(100), eur(150), eur(200))
    assert without(ForecastCall, facts, 3).manager is None
