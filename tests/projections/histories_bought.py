"""What customers buy and what plans want of it by chance: in several currencies with rates of their days, objectives
that lie close to the limit or on it, amounts beyond all reason, surveys and scores; some of it late."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from domain.account.purchases import Purchases, Satisfaction, SurveyKind
from domain.account.standing import Standing
from domain.account_plan.account_plan import AccountPlan
from domain.account_plan.objective_terms import MeasuredBy
from domain.account_plan.objectives import Objectives
from domain.aggregate import Event
from domain.money import Money
from domain.objective import Metric
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from tests.domain.given import some_id
from tests.projections.conftest import Told
from tests.projections.people import at

CURRENCIES = ("EUR", "EUR", "USD", "JPY", "KWD", "CHF")
STARTS = (date(2026, 1, 1), date(2026, 2, 1), date(2026, 5, 1))
DUES = (date(2026, 3, 1), date(2026, 5, 1), date(2026, 12, 31))
NEAR = ("79.99", "79.9949", "79.995", "79.9951", "80", "80.0001", "121", "0")
BEYOND = Decimal(10) ** 13
WANTED = (
    (Metric.REVENUE, MeasuredBy.FACTS),
    (Metric.MARGIN, MeasuredBy.FACTS),
    (Metric.SATISFACTION, MeasuredBy.FACTS),
    (Metric.SHARE_OF_WALLET, MeasuredBy.FACTS),
    (Metric.OTHER, MeasuredBy.RECORDED),
)
WEIGHTS = (8, 5, 1, 1, 8)


def trade(chance: random.Random, facts: int, days: int, accounts: Sequence[UUID]) -> Iterator[Told]:
    """So many facts over so many days."""
    plans = {some_id(f"plan of {account}"): account for account in accounts}
    for plan, account in plans.items():
        yield plan, AccountPlan.Drafted(account=account, fiscal_year=2026), at(1)
    for number in range(facts):
        day = 1 + days * number / facts
        moment = at(chance.uniform(1, day) if chance.random() < 0.2 else day)
        kind = chance.random()
        if kind < 0.06:
            rate = Decimal(chance.randint(1, 3000)) / 1000
            yield (
                policy_id("ExchangeRates"),
                ExchangeRates.RateSet(currency=chance.choice(CURRENCIES[2:5]), rate=rate),
                moment,
            )
        elif kind < 0.4:
            plan, account = chance.choice(list(plans.items()))
            yield plan, _of_objective(chance, account), moment
        else:
            yield chance.choice(accounts), _of_account(chance, number), moment


def _of_objective(chance: random.Random, account: UUID) -> Event:
    which = some_id(f"trade {chance.randrange(2)}")
    if chance.random() < 0.35:
        value = Decimal(chance.choice(NEAR))
        return Objectives.ObjectiveProgressed(objective_id=which, value=value, on=chance.choice(STARTS))
    metric, measured_by = chance.choices(WANTED, WEIGHTS)[0]
    in_money = metric in (Metric.REVENUE, Metric.MARGIN)
    units = {Metric.SATISFACTION: "nps", Metric.SHARE_OF_WALLET: "", Metric.OTHER: "visits"}
    target = Decimal(chance.choice(["100", "100", "5000", "0", "-40", "9250.5"]))
    return Objectives.ObjectiveSet(
        account=account,
        objective_id=which,
        title="More of it",
        metric=metric,
        baseline=Decimal(chance.choice([0, 0, 100, 20])),
        target=BEYOND if chance.random() < 0.03 else target,
        currency=chance.choice(CURRENCIES) if in_money else "",
        unit=units.get(metric, ""),
        fiscal_year=2026,
        start=chance.choice(STARTS),
        due=chance.choice(DUES),
        measured_by=measured_by,
    )


def _of_account(chance: random.Random, number: int) -> Event:
    money = chance.choice(CURRENCIES)
    revenue = Decimal(chance.randint(-4000, 20_000)) / chance.choice([1000, 10])
    margin = Money.of(revenue / 3, money) if chance.random() < 0.7 else None
    bought = Purchases.PurchaseRecorded(
        document_no=f"D-{number}",
        revenue=Money.of(BEYOND if chance.random() < 0.01 else revenue, money),
        margin=margin,
    )
    survey = Satisfaction.SatisfactionSurveyed(
        survey_id=some_id(f"survey {number}"), kind=SurveyKind.NPS, score=chance.randint(0, 10)
    )
    share = Decimal(chance.randint(0, 10)) / 10
    scored = Standing.AccountScored(model="M", edition=1, scores={}, wallet_share=share)
    return chance.choice([bought, bought, bought, bought, survey, scored])
