"""The portfolio at two clocks as a person would work it out: aggregates folded by the domain, then plain Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from domain.account.account import Account
from domain.aggregate import ROOTS, Aggregate, Recorded, Withdrawal, fold, in_business_order
from domain.member import Member
from domain.money import rounded
from domain.opportunity.opportunity import Opportunity
from domain.policies.calendar import day_end, day_of, period, period_of
from domain.policies.company import Company
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from domain.policies.price_list import PriceList
from domain.policies.sales_process import SalesProcess
from domain.policies.sales_target import SalesTarget
from domain.policies.territories import Territories
from domain.visibility import Visibility
from projections.deals import Filters
from tests.projections.naive import Fact

A = TypeVar("A", bound=Aggregate)
ZERO = Decimal(0)
ENDINGS = (Opportunity.Won, Opportunity.Lost, Opportunity.Disqualified)


@dataclass
class Deal:
    """An opportunity's state, and the moments that the aggregate does not keep."""

    id: UUID
    state: Opportunity
    opened: datetime
    since: datetime
    closed: datetime | None = None
    products: tuple[str, ...] = ()
    pushes: int = 0

    @property
    def outcome(self) -> str:
        return self.state.ending.outcome.value if self.state.ending else ""


@dataclass
class Portfolio:
    """Everything as of a moment, by what was known at a position."""

    facts: Iterable[Fact]
    as_of: datetime
    known_at: int
    deals: dict[UUID, Deal] = field(default_factory=dict)
    rates: list[tuple[datetime, str, Decimal]] = field(default_factory=list)

    def __post_init__(self) -> None:
        known = [fact for fact in self.facts if fact.step <= self.known_at]
        gone = {fact.event.position for fact in known if isinstance(fact.event, Withdrawal)}
        self.held = [fact for fact in known if fact.position not in gone]
        self.then = [fact for fact in self.held if fact.occurred_at <= self.as_of]
        self.streams: dict[UUID, list[Fact]] = {}
        for fact in self.then:
            if not fact.event.part:
                self.streams.setdefault(fact.stream, []).append(fact)
        self.company = self._company()
        self.territories = self.state(Territories, policy_id("Territories"))
        self.products = self.state(PriceList, policy_id("PriceList")).products
        self.targets = self.state(SalesTarget, policy_id("SalesTarget")).targets
        for fact in sorted(self.then, key=lambda fact: (fact.occurred_at, fact.position)):
            if isinstance(fact.event, ExchangeRates.RateSet):
                self.rates.append((fact.occurred_at, fact.event.currency, fact.event.rate))
            elif isinstance(fact.event, Opportunity.Opened):
                self.deals[fact.stream] = self._deal(fact.stream)
        self.owners = self.states(Member)
        self.accounts = self.states(Account)

    def state(self, root: type[A], stream: UUID, facts: list[Fact] | None = None) -> A:
        """An aggregate as of the clocks, by its root's events."""
        return fold(root, stream, [_recorded(f) for f in (self.streams.get(stream, []) if facts is None else facts)])

    def states(self, root: type[A]) -> dict[UUID, A]:
        """All aggregates of a kind, as of the clocks."""
        return {
            stream: self.state(root, stream)
            for stream, facts in self.streams.items()
            if ROOTS[facts[0].event.topic.partition(".")[0]] is root
        }

    def _company(self) -> Company:
        stream = policy_id("Company")
        defined = [fact for fact in self.held if fact.stream == stream]
        return self.state(Company, stream, [f for f in defined if f.occurred_at <= self.as_of] or defined[:1])

    def _deal(self, stream: UUID) -> Deal:
        facts = in_business_order(_recorded(fact) for fact in self.streams[stream])
        opening = facts[0]
        assert isinstance(opening.event, Opportunity.Opened)
        deal = Deal(stream, self.state(Opportunity, stream), opening.occurred_at, opening.occurred_at)
        deal.products, close_on = opening.event.products, opening.event.close_on
        for fact in facts:
            match fact.event:
                case Opportunity.StageAdvanced() | Opportunity.StageReverted():
                    deal.since = fact.occurred_at
                case Opportunity.CloseDateMoved():
                    deal.pushes += close_on is not None and fact.event.close_on > close_on
                    close_on = fact.event.close_on
                case Opportunity.Won() | Opportunity.Lost() | Opportunity.Disqualified():
                    deal.closed = fact.occurred_at
                case Opportunity.Reopened():
                    deal.closed = None
                case _:
                    pass
        return deal

    # --- what a deal is worth, and where it belongs

    def rate(self, currency: str, deal: Deal) -> Decimal | None:
        """Of now for an open deal, of the closing day for a closed one."""
        at = day_end(self.company, day_of(self.company, deal.closed)) if deal.closed else self.as_of
        found = [rate for moment, each, rate in self.rates if each == currency and moment <= at]
        return Decimal(1) if currency == self.company.currency else found[-1] if found else None

    def raw(self, deal: Deal) -> Decimal | None:
        """The value before rounding; None where there is none, or a rate or a price is missing."""
        amount = deal.state.amount
        if amount is not None:
            rate = self.rate(amount.currency, deal)
            return None if rate is None else amount.amount * rate
        prices = [self.products[key].price if key in self.products else None for key in deal.products]
        rates = [price and self.rate(price.currency, deal) for price in prices]
        if not prices or None in prices or None in rates:
            return None
        return sum((p.amount * r for p, r in zip(prices, rates, strict=True) if p and r), ZERO)

    def value(self, deal: Deal) -> Decimal:
        """In the reporting currency, 0 where it is not known."""
        raw = self.raw(deal)
        return ZERO if raw is None else rounded(raw, self.company.currency)

    def signed(self, deal: Deal) -> Decimal:
        """What was signed, in the reporting currency, 0 where a rate is missing."""
        signed = deal.state.ending.signed if deal.state.ending else None
        rate = self.rate(signed.currency, deal) if signed else None
        return rounded(signed.amount * rate, self.company.currency) if signed and rate is not None else ZERO

    def stage(self, deal: Deal) -> Any:
        """The stage as its process defines it."""
        process = self.state(SalesProcess, policy_id("SalesProcess", deal.state.process))
        return next((stage for stage in process.stages if stage.key == deal.state.stage), None)

    def weighted(self, deal: Deal) -> Decimal:
        """The value by its stage's probability."""
        raw, stage = self.raw(deal), self.stage(deal)
        return ZERO if raw is None or stage is None else rounded(raw * stage.probability, self.company.currency)

    def category(self, deal: Deal) -> str:
        """What the owner said, else what the stage says."""
        stage = self.stage(deal)
        return str(deal.state.category or (stage.category if stage else "pipeline"))

    def territory(self, deal: Deal) -> str:
        """Its owner's, else its account's."""
        owner = self.owners.get(deal.state.owner) if deal.state.owner else None
        account = self.accounts.get(deal.state.account) if deal.state.account else None
        own = owner.territories[0] if owner and owner.territories else ""
        return own or (account.profile.territory if account else "")

    def leads_to(self, account: UUID | None) -> UUID | None:
        """The account that goes on; a circle of merges ends before it closes."""
        seen = [account]
        while (state := self.accounts.get(account) if account else None) and state.merged:
            if state.merged.into in seen:
                break
            account = state.merged.into
            seen.append(account)
        return account

    def key(self, deal: Deal, by: str) -> str:
        """The group of a deal."""
        state = deal.state
        quarter = period_of(self.company, state.close_on) if state.close_on else ""
        return {
            "owner": str(state.owner or ""),
            "territory": self.territory(deal),
            "product": deal.products[0] if deal.products else "",
            "account": str(self.leads_to(state.account) or ""),
            "period": quarter,
            "stage": state.stage,
        }[by]

    def within(self, filters: Filters, visible: set[UUID] | None = None) -> list[Deal]:
        """The deals that a filter holds."""
        days = period(self.company, filters.period) if filters.period else None
        below = self.territories.below(filters.territory) if filters.territory else []
        return [
            deal
            for deal in self.deals.values()
            if filters.owner in (None, deal.state.owner)
            and filters.account in (None, deal.state.account, self.leads_to(deal.state.account))
            and (not filters.product or filters.product in deal.products)
            and (not filters.territory or self.territory(deal) in below)
            and (not days or (deal.state.close_on and days.first <= deal.state.close_on <= days.last))
            and (visible is None or deal.state.account in visible)
        ]

    def visible(self, who: Visibility) -> set[UUID]:
        """The accounts that somebody may see, if these clocks stand at now."""
        return {
            key
            for key, account in self.accounts.items()
            if account.manager in who.managers
            or account.profile.territory in who.territories
            or (account.manager in self.owners and {*self.owners[account.manager].territories} & who.territories)
        }

    def missing_rates(self, deals: Iterable[Deal]) -> dict[str, int]:
        """How many amounts have a currency without a rate."""
        found = Counter[str]()
        for deal in deals:
            ending = deal.state.ending
            if ending and ending.signed:
                amounts = [ending.signed.currency]
            elif deal.state.amount:
                amounts = [deal.state.amount.currency]
            else:
                listed = sorted({self.products[key].price.currency for key in deal.products if key in self.products})
                amounts = [currency for currency in listed if self.rate(currency, deal) is None][:1]
            found.update(currency for currency in amounts if self.rate(currency, deal) is None)
        return dict(found)


def _recorded(fact: Fact) -> Recorded:
    return Recorded(
        originator_id=fact.stream,
        originator_version=fact.position,
        event=fact.event,
        occurred_at=fact.occurred_at,
        position=fact.position,
    )
