"""Random histories of real domain events: a company with policies that change, people who move, deals that go on,
customers who are met; with late facts, withdrawals, repeated values, ties and appends of 1 to 40."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.account.account import Account
from domain.aggregate import EVENTS, Event, Withdrawal
from domain.member import Member
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.outcome import Outcome
from domain.policies.company import MONDAY_TO_FRIDAY, NINE_TO_SIX, Company
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from domain.policies.price_list import PriceList
from domain.policies.process_definition import Definition, ForecastCategory, Stage
from domain.policies.sales_process import SalesProcess
from domain.policies.sales_target import SalesTarget, TargetScope
from domain.policies.selection_model import SelectionModel
from domain.policies.shipped_processes import FOUR_FUNNEL
from domain.policies.territories import Territories
from tests.domain.given import sealed, some_id
from tests.projections.conftest import START, Journal, Told
from tests.projections.histories_calls import of_call
from tests.projections.histories_dealwork import of_dealwork
from tests.projections.histories_experiments import experiments_begun, of_experiment
from tests.projections.histories_issues import complaints, of_complaint
from tests.projections.histories_partners import BEGUN, PROGRAMME, of_programme
from tests.projections.histories_plans import drafts, of_plan
from tests.projections.histories_rivals import of_rivals
from tests.projections.histories_selection import selects
from tests.projections.histories_skills import skilled_or_locked
from tests.projections.histories_strategies import begun, of_strategy
from tests.projections.histories_team import of_lineage
from tests.projections.histories_visits import monthly_plan
from tests.projections.meetings import of_account, of_buyers

TERRITORIES = ("north", "north-east", "harbour", "south")
PRODUCTS = ("pump", "valve", "seal")
CURRENCIES = ("EUR", "USD", "CNY", "JPY", "GBP")
AMOUNTS = ("0", "0.01", "0.05", "100.05", "100.15", "2500", "999.99")
RATES = ("0.5", "1.1", "0.125", "7.10005", "1")
STAGES = ("potential", "confirmed", "ours", "winnable", "negotiation")
FOREIGN = ("Prospecting", "Engaging")
PERIODS = ("2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4", "2027-Q1")
STREAM = {kind: policy_id(kind.__name__) for kind in (Company, Territories, PriceList, ExchangeRates, SalesTarget)}


@dataclass(frozen=True)
class Business:
    """What a history is like. `late` is the share of facts dated back, `days` how many it lasts; `merges` lets
    accounts be merged and separated, `calls` has people call what periods will bring, `strategies` has the company
    state what it wants with its key accounts, `unprices` lets it take products from its price list."""

    facts: int = 300
    deals: int = 14
    late: float = 0.3
    days: int = 120
    withdrawn: float = 0.06
    largest_append: int = 40
    zone: str = "Asia/Shanghai"
    fiscal_year_start: int = 4
    merges: bool = False
    calls: bool = True
    strategies: bool = False
    unprices: bool = True


class Chronicle:
    """Writes a random history into a journal, append by append; every stream's opening lies before its other facts."""

    def __init__(self, seed: int, business: Business) -> None:
        self.random = random.Random(seed)
        self.business = business
        self.members = [some_id(f"member {n}") for n in range(4)]
        self.accounts = [some_id(f"account {n}") for n in range(5)]
        self.deals = [some_id(f"deal {n}") for n in range(business.deals)]
        self.told: list[Told] = []
        self.opened: dict[UUID, int] = {}
        self.withdrawn: set[int] = set()
        self.beginning = 0

    def write(self, journal: Journal) -> None:
        """Append everything to the journal, which is empty. The beginning is not withdrawn."""
        appends: list[list[Told]] = [[self._keep(*each) for each in self._beginning()]]
        self.beginning = len(self.told)
        while len(self.told) < self.business.facts:
            size = 1 if self.random.random() < 0.6 else self.random.randint(2, self.business.largest_append)
            appends.append([self.next() for _ in range(size)])
        journal.append_all(appends)

    def moment(self, hour: int) -> datetime:
        """The moment that lies so many hours after the start; Shanghai's midnight is the last moment of
        the day before."""
        at = START + timedelta(hours=hour)
        return at - timedelta(microseconds=1) if at.hour == 16 else at

    def _keep(self, stream: UUID, event: Event, hour: int) -> Told:
        told = stream, event, self.moment(hour)
        self.told.append(told)
        return told

    def _beginning(self) -> list[tuple[UUID, Event, int]]:
        return [
            (STREAM[Company], self._company(), self.random.choice([0, 0, 700])),
            *((STREAM[Territories], self._territory(key), 0) for key in TERRITORIES),
            *((STREAM[PriceList], self._price(key), 0) for key in PRODUCTS[:2]),
            (STREAM[ExchangeRates], ExchangeRates.RateSet(currency="USD", rate=Decimal("1.1")), 0),
            (policy_id("SalesProcess", "foreign"), self._process(1), 0),
            *((each, self._invited(n), 0) for n, each in enumerate(self.members)),
            *((each, self._registered(n), 0) for n, each in enumerate(self.accounts)),
            *((each, event, 0) for each, event in begun() if self.business.strategies),
            (PROGRAMME, BEGUN, 0),
            *drafts(),
            *complaints(self.accounts, START),
            *experiments_begun(self.accounts),
        ]

    def next(self) -> Told:
        """One more fact."""
        now = self.business.days * 24 * len(self.told) // self.business.facts
        unopened = [deal for deal in self.deals if deal not in self.opened]
        if unopened and self.random.random() < 0.15:
            self.opened[unopened[0]] = now
            return self._keep(unopened[0], self._opened(), now)
        if self.random.random() < self.business.withdrawn and (gone := self._withdrawable()):
            self.withdrawn.add(gone[0])
            return self._keep(gone[1], _withdrawal(gone), now)
        stream, event = self._fact()
        late = self.random.random() < self.business.late
        return self._keep(stream, event, self.random.randint(self.opened.get(stream, 0), now) if late else now)

    def _fact(self) -> tuple[UUID, Event]:
        kind = self.random.random()
        if kind < 0.55 and self.opened:
            return self.random.choice(list(self.opened)), self._of_deal()
        if kind < 0.75:
            return self.random.choice(self.accounts), self._of_account()
        if kind < 0.83:
            return self.random.choice(self.members), self._of_member()
        if kind < 0.86 and self.business.calls:
            return of_call(self.random, self.members, PERIODS)
        if kind < 0.92 and self.business.strategies:
            return of_strategy(self.random, self.members)
        if kind < 0.9:
            return of_programme(self.random, self.accounts)
        if kind < 0.93:
            return of_plan(self.random)
        if kind < 0.96:
            return of_complaint(self.random)
        if kind < 0.975:
            return of_experiment(self.random, self.accounts)
        return self._of_policy()

    def _withdrawable(self) -> tuple[int, UUID, str] | None:
        """Mostly something recent, for it is often of the same append."""
        facts = [
            (position, stream, event.topic)
            for position, (stream, event, _) in enumerate(self.told, start=1)
            if position > self.beginning
            and position not in self.withdrawn
            and not event.opens
            and not isinstance(event, Withdrawal)
        ]
        recent = facts[-5:] if self.random.random() < 0.3 else facts
        return self.random.choice(recent) if recent else None

    # --- opportunities

    def _opened(self) -> Event:
        process, stages = self.random.choice([("four-funnel", STAGES), ("foreign", FOREIGN)])
        return Opportunity.Opened(
            account=self.random.choice(self.accounts),
            title="Line",
            process=process,
            process_edition=1,
            stage=stages[0],
            products=tuple(self.random.choices(PRODUCTS, k=self.random.randint(0, 3))),
            amount=self._money() if self.random.random() < 0.6 else None,
            close_on=self._day() if self.random.random() < 0.7 else None,
            owner=self.random.choice([*self.members, None]),
        )

    def _of_deal(self) -> Event:
        choose = self.random.choice
        stage = choose([*STAGES, *FOREIGN])
        revised = Opportunity.AmountRevised(previous=None, amount=self._money())
        owner = Opportunity.OwnerChanged(previous=None, owner=choose(self.members))
        moved = Opportunity.CloseDateMoved(previous=None, close_on=self._day())
        return choose(
            [
                Opportunity.StageAdvanced(from_="", to=stage, process_edition=1, after=()),
                Opportunity.StageReverted(from_="", to=stage, process_edition=1, before=(), reason="too early"),
                *(revised, revised, owner, moved),
                *([Opportunity.ForecastCategorySet(previous=None, category=choose(list(ForecastCategory)))] * 2),
                choose([Opportunity.Won(signed=self._money()), Opportunity.Lost(), Opportunity.Disqualified()]),
                Opportunity.Reopened(previous=Outcome.LOST, reason="they called"),
                of_buyers(self.random),
                *([of_rivals(self.random)] * 2),
                *([of_dealwork(self.random)] * 4),
            ]
        )

    # --- accounts and members

    def _registered(self, number: int) -> Event:
        territory = self.random.choice(["", *TERRITORIES])
        return Account.Registered(name=f"Account {number}", external_id=f"A-{number}", territory=territory)

    def _of_account(self) -> Event:
        if self.business.merges and self.random.random() < 0.2:
            return of_lineage(self.random, self.accounts)
        if self.random.random() < 0.5:
            return of_account(self.random)
        changed = Account.ProfileChanged(territory=self.random.choice(["", *TERRITORIES]))
        return self.random.choice([changed, Account.ManagerAssigned(manager=self.random.choice(self.members))])

    def _invited(self, number: int) -> Event:
        return Member.Invited(name=sealed(f"Member {number}"), external_id=f"M-{number}")

    def _of_member(self) -> Event:
        territory = self.random.choice(TERRITORIES)
        return self.random.choice(
            [
                Member.TerritoryAssigned(territory=territory),
                Member.TerritoryAssigned(territory=territory),
                Member.TerritoryLeft(territory=territory),
                monthly_plan(self.random),
                skilled_or_locked(self.random),
            ]
        )

    # --- policies

    def _of_policy(self) -> tuple[UUID, Event]:
        kind = self.random.choice(
            [ExchangeRates, ExchangeRates, PriceList, Territories, SalesTarget, SalesProcess, SelectionModel]
        )
        if kind is ExchangeRates:
            rate = ExchangeRates.RateSet(currency=self.random.choice(CURRENCIES[1:4]), rate=self._number(RATES))
            return STREAM[kind], rate
        if kind is PriceList:
            gone = PriceList.ProductRemoved(key=self.random.choice(PRODUCTS))
            price = self._price(self.random.choice(PRODUCTS))
            return STREAM[kind], self.random.choice([price, gone] if self.business.unprices else [price])
        if kind is Territories:
            key = self.random.choice(TERRITORIES)
            return STREAM[kind], self.random.choice([self._territory(key), Territories.TerritoryRemoved(key=key)])
        if kind is SalesTarget:
            return STREAM[kind], self._target()
        if kind is SelectionModel:
            return policy_id("SelectionModel", "key-accounts"), selects(self.random)
        return policy_id("SalesProcess", "foreign"), self._process(2)

    def _target(self) -> Event:
        scope = self.random.choice(list(TargetScope))
        keys = {
            TargetScope.OWNER: [str(each) for each in self.members],
            TargetScope.TERRITORY: TERRITORIES,
            TargetScope.PRODUCT: PRODUCTS,
            TargetScope.ACCOUNT: [str(each) for each in self.accounts],
        }
        amount = Money.of(self._number(AMOUNTS), self.random.choice(["EUR", "USD"]))
        period = self.random.choice(PERIODS)
        return SalesTarget.TargetSet(
            scope=scope, key=self.random.choice(keys[scope]), period=period, amount=amount, previous=None
        )

    def _company(self) -> Event:
        return Company.Defined(
            edition=1,
            name="Werke",
            currency="EUR",
            gift_limit=None,
            language="en",
            fiscal_year_start=self.business.fiscal_year_start,
            time_zone=self.business.zone,
            working_days=MONDAY_TO_FRIDAY,
            working_hours=NINE_TO_SIX,
        )

    def _territory(self, key: str) -> Event:
        above = TERRITORIES[: TERRITORIES.index(key)]
        return Territories.TerritorySet(key=key, name=key.title(), parent=self.random.choice(["", *above]))

    def _price(self, key: str) -> Event:
        return PriceList.PriceSet(key=key, name=key.title(), price=self._money())

    def _process(self, edition: int) -> Event:
        chances = self._number(("0.1", "0.333")), self._number(("0.5", "0.725"))
        stages = tuple(Stage(key, key, chance) for key, chance in zip(FOREIGN, chances, strict=True))
        definition = Definition(key="foreign", name="Foreign", stages=stages, questionnaire=FOUR_FUNNEL.questionnaire)
        return SalesProcess.Defined(edition=edition, definition=definition)

    def _money(self) -> Money:
        return Money.of(self._number(AMOUNTS), self.random.choice(CURRENCIES))

    def _number(self, known: tuple[str, ...]) -> Decimal:
        return Decimal(self.random.choice(known))

    def _day(self) -> date:
        return (START + timedelta(days=self.random.randint(0, 300))).date()


def _withdrawal(gone: tuple[int, UUID, str]) -> Event:
    position, _, topic = gone
    withdrawal: Any = EVENTS[f"{topic.partition('.')[0]}.FactWithdrawn"]
    event: Event = withdrawal(position=position, reason="typo")
    return event
