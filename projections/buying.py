"""Buying behaviour (购买行为) as of any moment: how often, what, how much, how punctually paid, at what effort."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

import msgspec

from domain.errors import NotFound, Refused
from domain.language.catalogue import say
from domain.policies.calendar import day_of, period, period_of
from projections.buying_facts import BuyingFacts, CostToServe, buying_facts, reporting_currency
from projections.buying_figures import (
    YEAR,
    Concentration,
    LineShare,
    Punctuality,
    QuarterBought,
    Rhythm,
    Trend,
    by_quarter,
    concentration,
    converted,
    mix,
    punctuality,
    revenue_of_the_year,
    rhythm,
    trend,
    volume_of,
)
from projections.deals import rates_now
from projections.view import Listing, View


class PeriodBackwards(Refused):
    """A period from {first} to {last} is none: state a first day up to the day asked about."""


class Wallet(msgspec.Struct):
    """Our share of what the account buys in a year (年采购量): revenue of the last 365 days by the volume that its
    profile states, both in the reporting currency; None where `reason` says why."""

    share: float | None
    revenue: Decimal
    stated: str
    volume: Decimal | None
    reason: str
    positions: list[int]


class AccountBuying(msgspec.Struct):
    """The buying behaviour of an account within the period; amounts in the reporting currency.

    `without_rate` counts documents and invoices per currency that has no rate: they are in none of the figures.
    """

    account: UUID
    external_id: str
    name: str
    documents: int
    revenue: Decimal
    margin: Decimal | None
    rhythm: Rhythm
    mix: list[LineShare]
    concentration: Concentration
    trend: Trend
    wallet: Wallet
    payments: Punctuality
    cost_to_serve: CostToServe
    without_rate: dict[str, int]


class BuyingAnswer(Listing, kw_only=True):
    """Accounts by revenue of the period, the largest first; `from_day` to `to_day`, both included."""

    listed: ClassVar[str] = "accounts"
    from_day: date
    to_day: date
    accounts: list[AccountBuying]


def buying(view: View, account: UUID | None = None, since: date | None = None) -> BuyingAnswer:
    """Buying behaviour of all accounts that the asker may see, or of one, from a day on (default: the 365 days that
    end with `as_of`). Purchases and payments convert at the rate of their day, open invoices at that of `as_of`.

    Raises NotFound for an account that is not there or not to be seen, PeriodBackwards.
    """
    found = buying_of(view, account, since)
    if account is not None and not found.accounts:
        raise NotFound(kind="account", key=account)
    return found


def buying_of(view: View, account: UUID | None, since: date | None = None) -> BuyingAnswer:
    """The same; without accounts where the one asked about is not among the rows, or not yet."""
    return _buying(view, account, since)[0]


def buying_by_quarter(view: View, account: UUID, count: int) -> tuple[BuyingAnswer, list[QuarterBought]]:
    """The same of one account, and what it bought in so many quarters up to the running one."""
    answer, found = _buying(view, account, None)
    company, last = view.policies.company, answer.to_day
    quarters = [period(company, period_of(company, last))]
    while len(quarters) < count:
        quarters.insert(0, period(company, period_of(company, quarters[0].first - timedelta(days=1))))
    return answer, by_quarter([each for facts in found for each in facts.bought], quarters, last)


def _buying(view: View, account: UUID | None, since: date | None) -> tuple[BuyingAnswer, list[BuyingFacts]]:
    last = day_of(view.policies.company, view.clock.as_of)
    first = since or last - timedelta(days=YEAR - 1)
    if first > last:
        raise PeriodBackwards(first=first, last=last)
    currency = reporting_currency(view)
    rates = rates_now(view) | {currency: Decimal(1)}
    found = buying_facts(view, account, currency, first)
    accounts = [_behaviour(facts, first, last, currency, rates) for facts in found]
    accounts.sort(key=lambda one: (-one.revenue, one.name, one.account))
    answer = BuyingAnswer(**view.head() | {"currency": currency}, from_day=first, to_day=last, accounts=accounts)
    return answer, found


def _behaviour(facts: BuyingFacts, first: date, last: date, currency: str, rates: dict[str, Decimal]) -> AccountBuying:
    lines = mix(facts.bought, first)
    margins = [line.margin for line in lines if line.margin is not None]
    return AccountBuying(
        account=facts.account,
        external_id=facts.external_id,
        name=facts.name,
        documents=sum(each.documents for each in facts.bought if each.day >= first),
        revenue=sum((line.revenue for line in lines), Decimal(0)),
        margin=sum(margins, Decimal(0)) if margins else None,
        rhythm=rhythm(facts.bought, first, last),
        mix=lines,
        concentration=concentration(lines),
        trend=trend(facts.bought, first, last),
        wallet=_wallet(facts, last, currency, rates),
        payments=punctuality(facts.invoices, first, last),
        cost_to_serve=facts.cost,
        without_rate=facts.without_rate,
    )


def _wallet(facts: BuyingFacts, last: date, currency: str, rates: dict[str, Decimal]) -> Wallet:
    revenue, positions = revenue_of_the_year(facts.bought, last)
    if facts.volume is None:
        return Wallet(None, revenue, "", None, say("the profile states no annual purchase volume"), positions)
    stated, position = facts.volume
    behind = [*positions, position]
    found = volume_of(stated, facts.currency or currency)
    if found is None:
        reason = say(
            "the annual purchase volume {stated!r} is not a number such as 1200000 or EUR 1200000", stated=stated
        )
        return Wallet(None, revenue, stated, None, reason, behind)
    volume = converted(*found, rates)
    if volume is None:
        return Wallet(None, revenue, stated, None, say("no exchange rate for {currency}", currency=found[1]), behind)
    return Wallet(round(float(revenue / volume), 4), revenue, stated, volume, "", behind)
