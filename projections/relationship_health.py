"""Relationship health (关系健康度) as of any moment: 0–100 per account, from what, and until when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import overload
from uuid import UUID

import msgspec

from domain.errors import NotFound
from domain.policies.calendar import day_end, day_of
from domain.policies.company import Company
from projections.deals import rate_ranges
from projections.health_components import Ahead, Component, contact, coverage, days_between, satisfaction, sentiment
from projections.health_effects import joint_activity
from projections.health_exposure import exposure
from projections.health_facts import AccountFacts, facts_of
from projections.health_issues import issues
from projections.health_outlook import Whole, band, rounded
from projections.health_plan import PlanCourse, plan
from projections.health_purchases import Bought, Planned, PurchasesCourse, purchases
from projections.view import Answer, View

HORIZON_DAYS = 1096


class ComponentScore(msgspec.Struct):
    """A component: its score 0–100 and weight, why in one sentence, the positions of the events behind it."""

    name: str
    score: float
    weight: float
    reason: str
    positions: list[int]


class AccountHealth(msgspec.Struct):
    """The health of an account: 0–100, or None where no component has facts.

    `turns_red_on` is the first day at whose end it is red if nothing happens, within three years; None where it
    is red already or stays above.
    """

    account: UUID
    external_id: str
    name: str
    score: float | None
    band: str | None
    turns_red_on: date | None
    components: list[ComponentScore]


Standing = tuple[float | None, str | None, list[ComponentScore]]
"""A score, its band, and the components."""


class HealthAnswer(Answer, kw_only=True):
    """The health of all accounts asked about, the coldest first, those without a score last."""

    accounts: list[AccountHealth]


def health(view: View, account: UUID | None = None, *, outlook: bool = True) -> HealthAnswer:
    """Relationship health as of the view's clocks, of all accounts that the asker may see or of one; without `outlook`
    nobody asks when it turns red.

    The weighted mean of the components that have facts; half-lives, weights and borders are those of the service
    policy of that moment. Raises NotFound for an account that is not there or not to be seen.
    """
    found = facts_of(view, account)
    if account is not None and not found:
        raise NotFound(kind="account", key=account)
    reckoning = Reckoning(view)
    accounts = [reckoning.health(facts, outlook=outlook) for facts in found]
    return HealthAnswer(**view.head(), accounts=sorted(accounts, key=_coldest_first))


def scores(view: View) -> dict[UUID, float]:
    """The score of every account that the asker may see and that has one, as of the view's clocks."""
    reckoning = Reckoning(view)
    found = ((facts.account, reckoning.score(facts)) for facts in facts_of(view))
    return {account: score for account, score in found if score is not None}


def _coldest_first(one: AccountHealth) -> tuple[bool, float, str, UUID]:
    return one.score is None, one.score or 0.0, one.name, one.account


class Reckoning:
    """What the health of all accounts has in common: the moment, the policy, the days to come, the rates."""

    def __init__(self, view: View) -> None:
        self._company = view.policies.company
        self._now = view.clock.as_of
        self._policy = view.policies.service
        self._currency = view.currency
        self._rates = {
            currency: rate for currency, starts, ends, rate in rate_ranges(view) if starts <= self._now < ends
        }
        self._today = day_of(view.policies.company, self._now)

    @cached_property
    def _horizon(self) -> Sequence[Ahead]:
        return Horizon(self._company, self._now)

    def health(self, facts: AccountFacts, *, outlook: bool = True) -> AccountHealth:
        """The health of one account."""
        components = self.components(facts)
        whole = Whole(components, self._policy.health_weights)
        score, found, shown = self._standing(whole, components)
        is_asked = outlook and found not in ("red", None)
        turns_red_on = None if not is_asked else whole.turns_red_on(self._horizon, self._policy.red_up_to)
        return AccountHealth(facts.account, facts.external_id, facts.name, score, found, turns_red_on, shown)

    def standing(self, facts: AccountFacts) -> Standing:
        """Score, band and components of one account, without what is to come."""
        components = self.components(facts)
        return self._standing(Whole(components, self._policy.health_weights), components)

    def _standing(self, whole: Whole, components: list[Component]) -> Standing:
        now, weights = Ahead(0, self._today.toordinal()), self._policy.health_weights
        score = whole.at(now)
        return score, band(score, self._policy), [_shown(each, now, weights) for each in components]

    def score(self, facts: AccountFacts) -> float | None:
        """The score of one account alone: without looking ahead."""
        return self.whole(facts).at(Ahead(0, self._today.toordinal()))

    def whole(self, facts: AccountFacts) -> Whole:
        """The health of one account from the moment on, if nothing happens: also with components of which nothing can
        be said yet."""
        components = self.components(facts)
        known = {each.name for each in components}
        if "purchases" not in known and (facts.purchases or facts.planned):
            components.append(Component("purchases", PurchasesCourse(*self.compared(facts)), "", ()))
        if "plan" not in known and (facts.aims or facts.stones):
            components.append(Component("plan", PlanCourse(tuple(facts.aims), tuple(facts.stones)), "", ()))
        return Whole(components, self._policy.health_weights)

    def components(self, facts: AccountFacts) -> list[Component]:
        """What each component that has facts says of an account."""
        policy, half_life = self._policy, self._policy.contact_half_life_days[facts.level]
        found = (
            coverage(facts.open_opportunities, facts.buyers, facts.relations, float(policy.seat_share)),
            contact(facts.touch, half_life, self._now),
            sentiment(facts.buyers, policy.opinion_half_life_days, self._now),
            satisfaction(facts.surveys, policy.opinion_half_life_days, self._now),
            joint_activity(facts.done, policy.effect_points, policy.effect_half_life_days, self._now),
            self._purchases(facts),
            plan(facts.aims, facts.stones, self._today),
            exposure(facts.ties),
            issues(facts.issues, self._now),
        )
        return [component for component in found if component is not None]

    def rates_of(self, facts: AccountFacts) -> dict[str, Decimal]:
        """By what the purchases of an account are compared: amounts of one currency as they are, of several in the
        reporting currency, at today's rates."""
        used = {each.revenue.currency for each in facts.purchases} | {each.amount.currency for each in facts.planned}
        return dict.fromkeys(used, Decimal(1)) if len(used) == 1 else self._rates

    def compared(self, facts: AccountFacts) -> tuple[list[Bought], list[Planned]]:
        """What an account bought and was to buy, as far as there are rates."""
        rates = self.rates_of(facts)
        bought = [
            Bought(each.day, float(each.revenue.amount * rates[each.revenue.currency]), each.positions)
            for each in facts.purchases
            if each.revenue.currency in rates
        ]
        planned = [
            Planned(each.first, each.last, float(each.amount.amount * rates[each.amount.currency]))
            for each in facts.planned
            if each.amount.currency in rates
        ]
        return bought, planned

    def _purchases(self, facts: AccountFacts) -> Component | None:
        used = {each.revenue.currency for each in facts.purchases} | {each.amount.currency for each in facts.planned}
        currency = next(iter(used)) if len(used) == 1 else self._currency
        left_out = sorted(used - self.rates_of(facts).keys())
        return purchases(*self.compared(facts), currency, self._today, left_out)


class Horizon(Sequence[Ahead]):
    """The ends of the company's days from a moment's day on, for three years: each is worked out when it is asked for,
    since few are."""

    def __init__(self, company: Company, now: datetime) -> None:
        self._company, self._now = company, now
        self._today = day_of(company, now)

    def __len__(self) -> int:
        return HORIZON_DAYS

    @overload
    def __getitem__(self, place: int) -> Ahead: ...
    @overload
    def __getitem__(self, place: slice) -> list[Ahead]: ...
    def __getitem__(self, place: int | slice) -> Ahead | list[Ahead]:
        days = range(HORIZON_DAYS)[place]
        return self._end(days) if isinstance(days, int) else [self._end(each) for each in days]

    def _end(self, number: int) -> Ahead:
        day = self._today + timedelta(days=number)
        return Ahead(days_between(self._now, day_end(self._company, day)), day.toordinal())


def _shown(component: Component, now: Ahead, weights: Mapping[str, Decimal]) -> ComponentScore:
    score, weight = component.course.at(now) or 0.0, float(weights.get(component.name, 0))
    return ComponentScore(component.name, rounded(score), weight, component.reason, list(component.positions))
