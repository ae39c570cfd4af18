"""A whole company at size: opportunities, customers and all that a key account team records over five years.

A million events by default, in the order in which they were told: 3 % of them dated back by some days. What is open on
the last day is what such a company has open; names are sealed, so that doors can open them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

import psycopg

from domain.account.account import Account
from domain.account.action_items import ActionItems
from domain.account.commitments import CommitmentKind, Commitments
from domain.account.contacts import ContactChannel, ContactDirection, Contacts
from domain.account.dealings import Side
from domain.account.needs import NeedKind, Needs
from domain.account.payments import Payments
from domain.account.person import Coverage, Level
from domain.account.purchases import Purchases, Satisfaction, SurveyKind
from domain.account.stakeholders import Stakeholders
from domain.account.standing import RelationshipType, Standing
from domain.account.team import Team, TeamFunction
from domain.account.value import Value, ValueKind
from domain.account.visits import ObjectiveMet, VisitKind, VisitPurpose, Visits
from domain.account_plan.account_plan import AccountPlan
from domain.account_plan.objective_terms import MeasuredBy
from domain.account_plan.objectives import Objectives
from domain.account_plan.plan_milestones import PlanMilestones
from domain.aggregate import Event, Recorded
from domain.issue.issue import Issue
from domain.issue.terms import IssueKind
from domain.journal.journal import Journal
from domain.journal.mapper import encode_state
from domain.journal.migrate import migrate
from domain.member import Member, Role
from domain.money import Money
from domain.objective import Metric
from domain.opportunity.buyers import BuyerRole, Buyers, Support
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.qualification import Qualification
from domain.policies.company import MONDAY_TO_FRIDAY, NINE_TO_SIX, Company
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.gates import Answer
from domain.policies.policy import policy_id
from domain.policies.price_list import PriceList
from domain.policies.process_definition import ForecastCategory
from domain.policies.sales_target import SalesTarget, TargetScope
from domain.policies.service_policy import ServiceLevel
from domain.policies.territories import Territories
from domain.sealed import Sealed

ROOT = UUID("6c2d7a52-9d0e-4f1e-8f57-0c1f4b0d9a11")
DAYS = 1_826
END = datetime.now(UTC).replace(hour=3, minute=0, second=0, microsecond=0)
START = END - timedelta(days=DAYS)
STAGES = ("potential", "confirmed", "ours", "winnable", "negotiation")
TERRITORIES = tuple(f"region-{n}" for n in range(4)) + tuple(f"area-{n}" for n in range(16))
PRODUCTS = ("pump", "valve", "seal", "coil", "drive")
LATE, KEY_SHARE, BRANCHES = 0.03, 0.25, 0.85
TEXT = Sealed(uuid5(ROOT, "text"), bytes(16), bytes(48))
ORDERED = """
insert into events (position, recorded_at, aggregate_id, version, topic, state)
select n, told_at + n * interval '1 us', aggregate_id, version, topic, state
from (select *, row_number() over (order by told_at, aggregate_id, version) n from told) ordered order by n"""

Facts = list[tuple[datetime, Event]]


@dataclass(frozen=True)
class Size:
    """How large a company is."""

    opportunities: int = 100_000
    accounts: int = 2_000
    members: int = 200

    def deal(self, number: int) -> UUID:
        """An opportunity."""
        return uuid5(ROOT, f"deal {number}")

    def account(self, number: int) -> UUID:
        """A customer."""
        return uuid5(ROOT, f"account {number}")

    def member(self, number: int) -> UUID:
        """One of ours."""
        return uuid5(ROOT, f"member {number % self.members}")


def fill(url: str, size: Size, seed: int = 7) -> int:
    """Make the journal, with statistics; how many events it has."""
    migrate(url)
    journal = Journal(url)
    try:
        company = _Company(size, journal, random.Random(seed))
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "create temp table told (told_at timestamptz, aggregate_id uuid, version int, topic text, state bytea)"
            )
            with connection.cursor().copy("copy told from stdin (format binary)") as copy:
                copy.set_types(["timestamptz", "uuid", "int4", "text", "bytea"])
                for row in company.rows():
                    copy.write_row(row)
            connection.execute(ORDERED)
            connection.execute("vacuum analyze events")
            found = connection.execute("select max(position) from events").fetchone()
            return int(found[0]) if found else 0
    finally:
        journal.close()


class _Company:
    """Tells all that happened, stream by stream."""

    def __init__(self, size: Size, journal: Journal, chance: random.Random) -> None:
        self.size, self.chance, self.people = size, chance, journal.people
        members = [size.member(number) for number in range(size.members)]
        persons = [self.person(number, each) for number in range(size.accounts) for each in range(self.staff(number))]
        self.people.prepare([*members, *persons])

    def rows(self) -> Iterator[tuple[datetime, UUID, int, str, bytes]]:
        """Every fact with when it was told."""
        for stream, facts in self.streams():
            facts.sort(key=lambda each: each[0])
            opened = facts[0][0]
            for version, (at, event) in enumerate(facts, 1):
                late = version > 1 and self.chance.random() < LATE
                then = max(opened, at - timedelta(days=10 * self.chance.random())) if late else at
                fact = Recorded(originator_id=stream, originator_version=version, event=event, occurred_at=then)
                yield at, stream, version, event.topic, encode_state(fact)

    def streams(self) -> Iterator[tuple[UUID, Facts]]:
        """Everything, each stream once."""
        yield from self._policies()
        for number in range(self.size.members):
            yield self.size.member(number), self._member(number)
        for number in range(self.size.accounts):
            yield self.size.account(number), self._account(number)
            yield from self._issues(number)
            yield from self._plans(number)
        for number in range(self.size.opportunities):
            yield self.size.deal(number), self._deal(number)

    # --- policies and members

    def _policies(self) -> Iterator[tuple[UUID, Facts]]:
        at = START - timedelta(days=30)
        defined = Company.Defined(
            edition=1, name="Werke", currency="EUR", gift_limit=None, language="en", fiscal_year_start=1,
            time_zone="Asia/Shanghai", working_days=MONDAY_TO_FRIDAY, working_hours=NINE_TO_SIX,
        )  # fmt: skip
        yield policy_id("Company"), [(at, defined)]
        placed = [(key, "" if key.startswith("region") else f"region-{n % 4}") for n, key in enumerate(TERRITORIES)]
        tree: Facts = [(at, Territories.TerritorySet(key=key, name=key.title(), parent=up)) for key, up in placed]
        yield policy_id("Territories"), tree
        prices: Facts = [
            (at, PriceList.PriceSet(key=key, name=key.title(), price=Money.of(900, "EUR"))) for key in PRODUCTS
        ]
        yield policy_id("PriceList"), prices
        rates: Facts = [
            (at + timedelta(days=91 * n), ExchangeRates.RateSet(currency=currency, rate=Decimal(f"{base + n}.{n:02}")))
            for currency, base in (("USD", 0), ("CNY", 7))
            for n in range(1, 21)
        ]
        yield policy_id("ExchangeRates"), rates
        yield policy_id("SalesTarget"), [(at, each) for each in self._targets()]

    def _targets(self) -> Iterator[Event]:
        keys = [str(self.size.member(number)) for number in range(self.size.members)]
        for scope, several in ((TargetScope.OWNER, keys), (TargetScope.TERRITORY, TERRITORIES[4:])):
            for key in several:
                for quarter in range(24):
                    period = f"{START.year + quarter // 4}-Q{quarter % 4 + 1}"
                    amount = Money.of(1_000_000, "EUR")
                    yield SalesTarget.TargetSet(scope=scope, key=key, period=period, amount=amount, previous=None)

    def _member(self, number: int) -> Facts:
        member, at = self.size.member(number), START - timedelta(days=20)
        name = self.people.seal_person(member, "name", f"Member {number}")
        role = Role.DIRECTOR if number % 10 == 0 else Role.MANAGER
        return [
            (at, Member.Invited(name=name, external_id=f"M-{number}")),
            (at, Member.RoleGranted(role=role)),
            (at, Member.TerritoryAssigned(territory=TERRITORIES[4 + number % 16])),
        ]

    # --- accounts

    def staff(self, number: int) -> int:
        """How many people of a customer are known."""
        return 8 if self.is_key(number) else 4

    def is_key(self, number: int) -> bool:
        """Whether a customer is a key account."""
        return number % 4 == 0

    def person(self, number: int, which: int) -> UUID:
        """One of theirs."""
        return uuid5(ROOT, f"person {number} {which}")

    def _moment(self, since: datetime = START) -> datetime:
        """A working hour between a moment and the end."""
        return since + (END - since) * self.chance.random()

    def _every(self, times: int) -> Iterator[datetime]:
        """So many moments over all the years."""
        step = (END - START) / times
        for number in range(times):
            yield START + step * (number + self.chance.random())

    def _account(self, number: int) -> Facts:
        key, manager = self.is_key(number), self.size.member(number)
        people = [self.person(number, each) for each in range(self.staff(number))]
        name, territory = f"Customer {number}", TERRITORIES[4 + number % 16]
        facts: Facts = [
            (START, Account.Registered(name=name, external_id=f"A-{number}", territory=territory, industry="steel")),
            (START, Account.ManagerAssigned(manager=self.size.member(number + 1))),
            (self._moment(), Account.ManagerAssigned(manager=manager)),
            (START, Team.TeamMemberJoined(member=manager, function=TeamFunction.TECHNICAL)),
        ]
        facts += self._staff(people, manager)
        if key:
            facts += self._key_status()
        facts += self._visits(number, people, manager, 72 if key else 20)
        facts += self._trade(number, 60 if key else 30)
        facts += self._dealings(number, people, manager, 12 if key else 4)
        return facts

    def _staff(self, people: list[UUID], manager: UUID) -> Facts:
        facts: Facts = []
        for number, each in enumerate(people):
            name = self.people.seal_person(each, "name", f"Person {number}")
            facts.append((START, Stakeholders.StakeholderAdded(stakeholder_id=each, name=name, title="Buyer")))
            for at in self._every(3):
                level, coverage = self.chance.choice(list(Level)), self.chance.choice(list(Coverage))
                assessed = Stakeholders.RelationshipAssessed(
                    stakeholder=each, member=manager, level=level, coverage=coverage
                )
                facts.append((at, assessed))
        return facts

    def _key_status(self) -> Facts:
        kind, at = self.chance.choice(list(RelationshipType)), self._moment()
        due = (at + timedelta(days=365)).date()
        granted = Standing.KeyStatusGranted(relationship_type=kind, justification="grows", override="x", review_due=due)
        return [(at, granted)]

    def _visits(self, number: int, people: list[UUID], manager: UUID, times: int) -> Facts:
        facts: Facts = []
        for each, at in enumerate(self._every(times)):
            visit, met = uuid5(ROOT, f"visit {number} {each}"), tuple(self.chance.sample(people, 2))
            start = at + timedelta(days=6)
            planned = Visits.VisitPlanned(
                visit_id=visit, start=start, end=start + timedelta(hours=1), what=VisitKind.SALES_CALL, why="offer",
                where="there", purpose=VisitPurpose.MOVING_FORWARD, expected_action="names the approver",
                people=(manager,), stakeholders=met, opportunities=(),
            )  # fmt: skip
            facts.append((at, planned))
            if start < END and self.chance.random() < 0.9:
                facts.append((start, _logged(visit, met, manager, start, self.chance)))
            if each % 2:
                contact = Contacts.ContactLogged(
                    contact_id=uuid5(ROOT, f"contact {number} {each}"), direction=ContactDirection.OUT,
                    channel=self.chance.choice(list(ContactChannel)), people=(manager,), stakeholders=met[:1],
                    subject=None, message_id="",
                )  # fmt: skip
                facts.append((at, contact))
        return facts

    def _trade(self, number: int, times: int) -> Facts:
        facts: Facts = []
        for each, at in enumerate(self._every(times)):
            amount = Money.of(self.chance.randrange(1_000, 90_000), self.chance.choice(["EUR", "EUR", "CNY"]))
            line = self.chance.choice(PRODUCTS)
            facts.append((at, Purchases.PurchaseRecorded(document_no=f"R-{each}", revenue=amount, product_line=line)))
            if each % 3 == 0:
                due, paid = at.date() + timedelta(days=30), at + timedelta(days=25)
                billed = Payments.PaymentRecorded(invoice_no=f"I-{each}", amount=amount, due_on=due, paid_on=None)
                facts.append((at, billed))
                if paid < END:
                    facts.append((paid, Payments.PaymentSettled(invoice_no=f"I-{each}", paid_on=paid.date())))
        return facts

    def _dealings(self, number: int, people: list[UUID], manager: UUID, times: int) -> Facts:
        facts: Facts = []
        for each, at in enumerate(self._every(times)):
            one, soon = uuid5(ROOT, f"dealing {number} {each}"), (at + timedelta(days=30)).date()
            worth, after = Money.of(500, "EUR"), min(at + timedelta(days=20), END)
            done = self.chance.random() < 0.9
            surveyed = Satisfaction.SatisfactionSurveyed(
                survey_id=one, kind=SurveyKind.NPS, score=self.chance.randint(0, 10), stakeholder=people[each % 4]
            )
            facts.append((at, surveyed))
            item = ActionItems.ActionItemOpened(item_id=one, text=TEXT, owner=manager, due_on=soon)
            promise = Commitments.CommitmentMade(
                commitment_id=one, made_by=Side.US, kind=CommitmentKind.SUPPLY, what=TEXT, due_on=soon, owner=manager
            )
            need = Needs.NeedRecorded(
                need_id=one, kind=NeedKind.NEED, words=TEXT, importance=3, stakeholders=tuple(people[:1])
            )
            value = Value.ValueGiven(
                value_id=one, kind=ValueKind.TRAINING, what=TEXT, given_by=Side.US, worth=worth, reckoned=TEXT,
                cost=None, people=(manager,),
            )  # fmt: skip
            begun, over = [
                (item, ActionItems.ActionItemDone(item_id=one)),
                (promise, Commitments.CommitmentKept(commitment_id=one)),
                (need, Needs.NeedMet(need_id=one)),
                (value, Value.ValueAcknowledged(value_id=one, worth=worth, stakeholder=people[0])),
            ][each % 4]
            facts.append((at, begun))
            if done:
                facts.append((after, over))
        return facts

    def _issues(self, number: int) -> Iterator[tuple[UUID, Facts]]:
        for each, at in enumerate(self._every(3)):
            raised = Issue.Raised(
                account=self.size.account(number), kind=IssueKind.COMPLAINT, severity=self.chance.randint(1, 4),
                category="delivery", description=TEXT, service_level=ServiceLevel.NONE,
                response_due=at + timedelta(days=1), resolution_due=at + timedelta(days=9),
            )  # fmt: skip
            facts: Facts = [(at, raised), (min(at + timedelta(hours=9), END), Issue.Acknowledged(by=None))]
            if self.chance.random() < BRANCHES and at + timedelta(days=7) < END:
                facts.append((at + timedelta(days=7), Issue.Resolved(root_cause="carrier", resolution=TEXT)))
            yield uuid5(ROOT, f"issue {number} {each}"), facts

    def _plans(self, number: int) -> Iterator[tuple[UUID, Facts]]:
        if not self.is_key(number):
            return
        account, manager = self.size.account(number), self.size.member(number)
        for year in (END.year - 1, END.year):
            start, goal = date(year, 1, 1), uuid5(ROOT, f"goal {number} {year}")
            at = min(datetime.combine(start, time(1), UTC), END)
            objective = Objectives.ObjectiveSet(
                account=account, objective_id=goal, title="More", metric=Metric.REVENUE, baseline=Decimal(0),
                target=Decimal(900_000), currency="EUR", unit="", fiscal_year=year, start=start,
                due=date(year, 12, 31), measured_by=self.chance.choice(list(MeasuredBy)),
            )  # fmt: skip
            facts: Facts = [(at, AccountPlan.Drafted(account=account, fiscal_year=year)), (at, objective)]
            for quarter in range(1, 5):
                due, stone = date(year, quarter * 3, 1), uuid5(ROOT, f"stone {number} {year} {quarter}")
                milestone = PlanMilestones.MilestoneSet(account=account, milestone_id=stone, title="Workshop", due=due)
                facts.append((at, milestone))
                reached = datetime.combine(due, time(3), UTC)
                if self.chance.random() < 0.8 and reached < END:
                    facts.append((reached, PlanMilestones.MilestoneReached(milestone_id=stone, on=due)))
            yield (
                uuid5(ROOT, f"plan {number} {year}"),
                [*facts, (at + timedelta(days=9), AccountPlan.Approved(by=manager))],
            )

    # --- opportunities

    def _deal(self, number: int) -> Facts:
        chance, customer = self.chance, number % self.size.accounts
        owner, at = self.size.member(customer), self._moment()
        close_on, currency = at.date() + timedelta(days=120), chance.choice(["EUR", "EUR", "USD"])
        amount = Money.of(chance.randrange(5_000, 900_000), currency)
        opened = Opportunity.Opened(
            account=self.size.account(customer), title=f"Line {number}", process="four-funnel", process_edition=0,
            stage=STAGES[0], amount=amount if chance.random() < 0.9 else None, close_on=close_on, owner=owner,
            products=(chance.choice(PRODUCTS),), external_id=f"O-{number}",
        )  # fmt: skip
        facts: Facts = [(at, opened)]
        for event in self._course(customer, amount, close_on):
            at += timedelta(days=4 + 36 * chance.random())
            if at > END:
                break
            facts.append((at, event))
        return facts

    def _course(self, customer: int, amount: Money, close_on: date) -> Iterator[Event]:
        chance = self.chance
        yield Qualification.QualificationAnswered(
            question=str(chance.randint(1, 20)), answer=chance.choice(list(Answer)), process_edition=0
        )
        person = self.person(customer, chance.randrange(self.staff(customer)))
        role, support = chance.choice(list(BuyerRole)), chance.choice(list(Support))
        yield Buyers.BuyerMapped(stakeholder=person, role=role, support=support, key_player=chance.random() < 0.3)
        if chance.random() < 0.2:
            yield Opportunity.Disqualified()
            return
        yield Opportunity.StageAdvanced(from_=STAGES[0], to=STAGES[1], process_edition=0, after=STAGES[:1])
        if chance.random() < 0.5:
            revised = Money.of(amount.amount * chance.randrange(70, 130) // 100, amount.currency)
            yield Opportunity.AmountRevised(previous=amount, amount=revised, reason="volume changed")
        if chance.random() < 0.5:
            moved = close_on + timedelta(days=chance.randrange(10, 60))
            yield Opportunity.CloseDateMoved(previous=close_on, close_on=moved, reason="the budget round moved")
        if chance.random() < 0.3:
            yield Opportunity.ForecastCategorySet(previous=None, category=chance.choice(list(ForecastCategory)))
        yield Opportunity.StageAdvanced(from_=STAGES[1], to=STAGES[2], process_edition=0, after=STAGES[:2])
        if chance.random() < 0.5:
            yield Opportunity.StageAdvanced(from_=STAGES[2], to=STAGES[3], process_edition=0, after=STAGES[:3])
        if chance.random() < 0.97:
            yield Opportunity.Won(signed=amount) if chance.random() < 0.4 else Opportunity.Lost(reasons=("price",))


def _logged(visit: UUID, met: tuple[UUID, ...], manager: UUID, start: datetime, chance: random.Random) -> Event:
    return Visits.VisitLogged(
        visit_id=visit, minutes=60, people=(manager,), stakeholders=met, opportunities=(), what=None, why="", where="",
        purpose=None, steps=(), template_version=None, objective_met=chance.choice(list(ObjectiveMet)),
        action_agreed=TEXT, outcome=TEXT, next_step=TEXT, next_step_on=start.date() + timedelta(days=14),
    )  # fmt: skip
