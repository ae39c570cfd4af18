"""The work of some customers by chance: what is to be done, promised and planned, visits, issues, plans, deals, some of
it late, some of it taken back; accounts are merged and separated again."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

from domain.account.account import Account
from domain.account.action_items import ActionItems
from domain.account.commitments import CommitmentKind, Commitments
from domain.account.contacts import ContactChannel, ContactDirection, Contacts
from domain.account.dealings import Side
from domain.account.needs import NeedKind, Needs
from domain.account.standing import RelationshipType, Standing
from domain.account.value import Value, ValueKind
from domain.account.visits import VisitKind, VisitPurpose, Visits
from domain.aggregate import Event
from domain.member import Member, Role
from domain.opportunity.buyers import BuyerRole, Buyers, Support
from domain.opportunity.opportunity import Opportunity
from domain.policies.company import MONDAY_TO_FRIDAY, NINE_TO_SIX, Company
from domain.policies.policy import policy_id
from domain.policies.shipped_processes import FOUR_FUNNEL
from tests.domain.given import eur, sealed, some_id
from tests.projections.conftest import START, Told
from tests.projections.histories_dealwork import of_dealwork
from tests.projections.histories_issues import COMPLAINTS, of_issue, raises
from tests.projections.histories_plans import PLANS, WHOSE, drafts, of_plan
from tests.projections.people import added, assessed, at

ACCOUNTS = tuple(dict.fromkeys((*WHOSE.values(), *(some_id(f"customer {n}") for n in range(4)))))
OURS = tuple(some_id(f"member {n}") for n in range(3))
THEIRS = {account: tuple(some_id(f"person {n} of {account}") for n in range(3)) for account in ACCOUNTS}
DEALS = {some_id(f"deal {n}"): account for n, account in enumerate(ACCOUNTS * 2)}
DEFINED = Company.Defined(
    edition=1, name="Werke", currency="EUR", gift_limit=None, language="en", fiscal_year_start=1,
    time_zone="Asia/Shanghai", working_days=MONDAY_TO_FRIDAY, working_hours=NINE_TO_SIX,
)  # fmt: skip


def beginnings(chance: random.Random) -> Iterator[Told]:
    """Who is there before anything is done."""
    yield policy_id("Company"), DEFINED, at(0)
    for number, member in enumerate(OURS):
        yield member, Member.Invited(name=sealed("one of ours"), external_id=f"M-{number}"), at(0)
        yield member, Member.RoleGranted(role=Role.MANAGER), at(0)
    for number, account in enumerate(ACCOUNTS):
        yield account, Account.Registered(name=f"Customer {number // 2}", external_id=f"A-{number}"), at(0)
        yield account, Account.ManagerAssigned(manager=OURS[number % len(OURS)]), at(0)
        if number % 2:
            granted = Standing.KeyStatusGranted(
                relationship_type=chance.choice(list(RelationshipType)), justification="large", override="known"
            )
            yield account, granted, at(chance.uniform(0, 30))
        for who in THEIRS[account]:
            yield added(1, who, account)
    for plan, event, _ in drafts():
        yield plan, event, at(1)
    for number, issue in enumerate(COMPLAINTS):
        yield issue, raises(chance, ACCOUNTS[number % len(ACCOUNTS)], at(2)), at(2)


def work(chance: random.Random, facts: int, days: int, *, merges: bool = True) -> Iterator[Told]:
    """So many facts over so many days."""
    yield from beginnings(chance)
    for number in range(facts):
        day = 2 + days * number / facts
        late = chance.random() < 0.15
        moment = at(chance.uniform(2, day) if late else day)
        kind = chance.random()
        if kind < 0.12:
            yield chance.choice(COMPLAINTS), of_issue(chance), moment
        elif kind < 0.32:
            yield *of_plan(chance), moment
        elif kind < 0.5:
            yield *_of_deal(chance), moment
        elif merges and kind < 0.54:
            yield chance.choice(ACCOUNTS), of_lineage(chance), moment
        else:
            account = chance.choice(ACCOUNTS)
            if chance.random() < 0.08:
                who, level = chance.choice(THEIRS[account]), None
                yield assessed(day, who, level, None, None, chance.choice(OURS))
            else:
                yield account, chance.choice(_of_account(chance, day, account)), moment


def _of_deal(chance: random.Random) -> tuple[object, Event]:
    deal, account = chance.choice(list(DEALS.items()))
    stage = chance.choice([each.key for each in FOUR_FUNNEL.stages])
    who = chance.choice(THEIRS[account])
    return deal, chance.choice(
        [
            Opportunity.Opened(
                account=account, title="line", process=FOUR_FUNNEL.key, process_edition=0, stage=stage,
                amount=eur(chance.randrange(900)), close_on=at(chance.uniform(10, 200)).date(),
                owner=chance.choice([None, *OURS]), override="known to us",
            ),
            Buyers.BuyerMapped(
                stakeholder=who, role=chance.choice(list(BuyerRole)), support=chance.choice(list(Support))
            ),
            Buyers.BuyerMapped(
                stakeholder=who, role=chance.choice(list(BuyerRole)), support=chance.choice(list(Support))
            ),
            Opportunity.Lost(reasons=("price",)),
            of_dealwork(chance),
            of_dealwork(chance),
        ]
    )  # fmt: skip


def of_lineage(chance: random.Random) -> Event:
    """Two accounts turn out to be one, or not to be."""
    into = chance.choice(ACCOUNTS)
    merged = Account.AccountsMerged(into=into, reason="the same", people={}, open_items={})
    return chance.choice([merged, Account.AccountsSeparated(from_=into, reason="two")])


def _of_account(chance: random.Random, day: float, account: object) -> list[Event]:
    number, theirs = chance.randrange(6), THEIRS[account]  # type: ignore[index]
    item, visit = some_id(f"item {number}"), some_id(f"visit {number}")
    people, met = tuple(chance.sample(OURS, chance.randint(0, 2))), tuple(chance.sample(theirs, chance.randint(0, 2)))
    due = at(day + chance.uniform(-10, 30)).date()
    start = at(day + chance.randint(-3, 12)) + timedelta(hours=chance.randint(0, 23))
    empty = dict.fromkeys(["minutes", "what", "purpose", "template_version", "objective_met"])
    begun: list[Event] = [
        ActionItems.ActionItemOpened(item_id=item, text=sealed("call"), owner=chance.choice([None, *OURS]), due_on=due),
        Commitments.CommitmentMade(
            commitment_id=item,
            made_by=chance.choice(list(Side)),
            kind=CommitmentKind.PRICE,
            what=sealed("x"),
            due_on=chance.choice([None, due]),
            owner=chance.choice([None, *OURS]),
        ),
        Needs.NeedRecorded(need_id=item, kind=NeedKind.NEED, words=sealed("faster"), importance=3),
        Value.ValueGiven(value_id=some_id(f"value {day}"), kind=ValueKind.TRAINING, what=sealed("a day")),
        Visits.VisitPlanned(
            visit_id=visit,
            start=start,
            end=None,
            what=VisitKind.DEMO,
            why="they asked",
            where="",
            purpose=VisitPurpose.ADVANTAGE,
            expected_action=chance.choice(["we show it", "names the approver"]),
            people=people,
            stakeholders=met,
            opportunities=(),
        ),
    ]
    return [
        *begun * 3,
        ActionItems.ActionItemDone(item_id=item),
        Commitments.CommitmentKept(commitment_id=item),
        Visits.VisitRescheduled(visit_id=visit, start=start, end=None, reason="ill"),
        Visits.VisitLogged(
            visit_id=visit, why="", where="", people=people, stakeholders=met, opportunities=(), steps=(),
            action_agreed=None, outcome=None, next_step=None, next_step_on=chance.choice([None, due]), **empty,
        ),
        Visits.VisitCancelled(visit_id=visit, reason="ill"),
        Contacts.ContactLogged(
            contact_id=some_id(f"contact {day}"), channel=ContactChannel.PHONE, direction=ContactDirection.OUT,
            people=people, stakeholders=met, subject=None, message_id="",
        ),
    ]  # fmt: skip


assert at(0) >= START
assert set(PLANS) <= set(WHOSE)
