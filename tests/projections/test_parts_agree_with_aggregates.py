"""After random commands, many of them late and many refused, and withdrawals, what an account and an opportunity hold
open is what the rows of their parts show as open."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.account.account import Account
from domain.account.commitments import CommitmentKind
from domain.account.dealings import Side
from domain.account.influence import InfluenceKind
from domain.account.joint_activities import JointActivityKind
from domain.account.needs import NeedKind
from domain.account.standing import RelationshipType, ReviewDecision
from domain.account.team import TeamFunction
from domain.account.value import ValueKind
from domain.account.visits import VisitKind, VisitPurpose
from domain.aggregate import Aggregate, Withdrawal
from domain.errors import Refused
from domain.journal.context import Context
from domain.journal.journal import Journal as RealJournal
from domain.opportunity.buyers import BuyerRole, Support
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.quote_lines import QuoteLine
from domain.policies.company import default_company
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from domain.policies.price_list import PriceList
from domain.policies.sales_process import SalesProcess
from domain.policies.selection_model import SelectionModel
from domain.policies.shipped_selection import DEFAULT_MODEL
from projections import READ_MODELS
from tests.domain.given import eur, sealed, some_id
from tests.projections.conftest import START, EngineOf, Journal

ACME, DEAL, WON = some_id("acme"), some_id("deal"), some_id("won")
PEOPLE, MEMBERS = [some_id("wang"), some_id("li"), some_id("zhao")], [some_id("mei"), some_id("zoe")]
THINGS, NUMBERS = [some_id(f"thing {n}") for n in range(12)], [f"N-{n}" for n in range(12)]
COMPANY, RATES = default_company("EUR"), ExchangeRates(id=policy_id("ExchangeRates"))
PRICES, PROCESS = PriceList(id=policy_id("PriceList")), SalesProcess(id=policy_id("SalesProcess", "plain"))
MODEL = SelectionModel(id=policy_id("SelectionModel", DEFAULT_MODEL))
LINES = (QuoteLine("pump", Decimal(1), Decimal(90)),)
TABLES = {model.name: model.table for model in READ_MODELS}
ROWS = {
    "needs": "need, importance from {need} where status = 'open'",
    "commitments": "commitment, due_on from {commitment} where status = 'open'",
    "action items": "item, owner from {action_item} where status = 'open'",
    "activities": "activity, status from {joint_activity} where status in ('proposed', 'under_way')",
    "waiting": "value, given_by from {value_given} where acknowledged is null",
    "invoices": "invoice_no, amount from {payment} where paid_on is null",
    "visits": "visit, start, people from {visit} where status = 'planned'",
    "team": "member, function from {team_member} where true",
    "influence": "from_stakeholder, influence, to_stakeholder, strength from {influence} where true",
    "standing": "relationship_type from {key_status} where relationship_type <> ''",
    "quotes": "quote_no, number, valid_until, follow_up_on from {quote} where status in ('requested', 'issued')",
    "criteria": "criterion, priority from {criterion} where true",
    "standings": "criterion, competitor, standing from {criterion_standing} where true",
    "samples": "sample, due_back from {sample} where returned is null",
    "promises": "milestone, due, missed_on is not null from {delivery} where milestone <> '' and reached_on is null",
    "buyers": "stakeholder, role, support from {buyer} where true",
}


@pytest.fixture
def desk(journal: Journal) -> Iterator[RealJournal]:
    real = RealJournal(journal.url)
    yield real
    real.close()


def test_what_the_state_holds_open_the_rows_show_open(desk: RealJournal, journal: Journal, engine_of: EngineOf) -> None:
    chance, engine = random.Random(11), engine_of(*READ_MODELS)
    desk.run(Account, ACME, _register, Context(at=START))
    for deal in (DEAL, WON):
        desk.run(Opportunity, deal, _open, Context(at=START))
    desk.run(Opportunity, WON, lambda deal: deal.win(), Context(at=START))
    counted = {"refused": 0, "late": 0, "withdrawn": 0}
    ever = dict.fromkeys(ROWS, 0)
    for number in range(600):
        hour = number if chance.random() < 0.6 else chance.randint(1, number + 1)
        counted[_step(chance, desk, number, hour)] += 1
        if number % 40 == 39:
            engine.catch_up()
            held = _of_account(desk.streams.state(Account, ACME))
            for deal in (DEAL, WON):
                for name, rows in _of_deal(desk.streams.state(Opportunity, deal)).items():
                    held[name] = held.get(name, set()) | rows
            assert {name: _rows(journal, name) for name in ROWS} == held
            ever = {name: most + len(held[name]) for name, most in ever.items()}
    assert min(ever.values()) > 0, ever
    assert min(counted.values()) > 20, counted


def _step(chance: random.Random, desk: RealJournal, number: int, hour: int) -> str:
    root: type[Aggregate] = Account if chance.random() < 0.5 else Opportunity
    deal = chance.choice([DEAL, DEAL, WON])
    stream, decisions = (ACME, _for_account(chance)) if root is Account else (deal, _for_deal(chance))
    try:
        if chance.random() < 0.08:
            desk.withdraw(root, stream, _some_fact(chance, desk, stream), "typo", Context(at=_hour(number)))
            return "withdrawn"
        desk.run(root, stream, chance.choice(decisions), Context(at=_hour(hour)))
    except Refused:
        return "refused"
    return "late"


def _rows(journal: Journal, name: str) -> set[tuple[str, ...]]:
    found = journal.connection.execute(f"select {ROWS[name].format(**TABLES)} and kind = 1".encode())
    return {tuple(map(_text, row)) for row in found}


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value.normalize())
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return "" if value is None else str(value)


def _told(rows: Any) -> set[tuple[str, ...]]:
    return {tuple(map(_text, row)) for row in rows}


def _of_account(it: Account) -> dict[str, set[tuple[str, ...]]]:
    return {
        "needs": _told((key, need.importance) for key, need in it.needs.open.items()),
        "commitments": _told((key, made.due_on) for key, made in it.commitments.open.items()),
        "action items": _told((key, item.owner) for key, item in it.action_items.open.items()),
        "activities": _told((k, "under_way" if v else "proposed") for k, v in it.joint_activities.open.items()),
        "waiting": _told(it.value.waiting.items()),
        "invoices": _told((number, money.amount) for number, money in it.payments.open.items()),
        "visits": _told((key, visit.start, visit.people) for key, visit in it.visits.planned.items()),
        "team": _told((member, place.function) for member, place in it.team.places.items()),
        "influence": _told((*key.split(" "), found.strength) for key, found in it.influence.observed.items()),
        "standing": _told([(it.standing.relationship_type,)] if it.standing.relationship_type else []),
    }


def _of_deal(it: Opportunity) -> dict[str, set[tuple[str, ...]]]:
    quotes, criteria = it.quotes.open.items(), it.criteria.known.items()
    return {
        "quotes": _told((no, quote.version, quote.valid_until, quote.follow_up_on) for no, quote in quotes),
        "criteria": _told((key, found.priority) for key, found in criteria),
        "standings": _told((key, *each) for key, found in criteria for each in found.standings.items()),
        "samples": _told((key, lent.due_back) for key, lent in it.samples.out.items()),
        "promises": _told((name, promise.due, promise.missed) for name, promise in it.delivery.promised.items()),
        "buyers": _told((key, buyer.role, buyer.support) for key, buyer in it.buyers.mapped.items()),
    }


def _register(account: Account) -> None:
    account.register(name="Acme")
    account.assign_manager(manager=MEMBERS[0])
    for person in PEOPLE:
        account.stakeholders.add(stakeholder_id=person, name=sealed("王"))


def _open(deal: Opportunity) -> None:
    customer = Account(id=ACME, opened=True)
    deal.open(account=ACME, title="Line", amount=eur(9), process="plain", sales_process=PROCESS, customer=customer)


def _for_account(chance: random.Random) -> list[Callable[[Any], None]]:
    thing, number, member = chance.choice(THINGS), chance.choice(NUMBERS), chance.choice(MEMBERS)
    on, start = date(2026, chance.randint(1, 12), 1), START + timedelta(days=chance.randint(0, 90))
    low, kind = chance.randint(1, 3), chance.choice(list(InfluenceKind))
    one, two = PEOPLE[0], chance.choice(PEOPLE[1:])
    plan = {"what": VisitKind.DEMO, "why": "asked", "purpose": VisitPurpose.ADVANTAGE, "expected_action": "names it"}
    return [
        lambda it: it.needs.add(need_id=thing, kind=NeedKind.NEED, words=sealed("steel"), importance=low),
        lambda it: it.needs.meet(need_id=thing),
        lambda it: it.needs.drop(need_id=thing, reason="gone"),
        lambda it: it.commitments.make(
            commitment_id=thing, made_by=Side.US, kind=CommitmentKind.PRICE, what=sealed("less"), due_on=on
        ),
        lambda it: it.commitments.keep(commitment_id=thing),
        lambda it: it.commitments.break_off(commitment_id=thing, reason="could not"),
        lambda it: it.action_items.add(item_id=thing, text=sealed("call"), owner=member),
        lambda it: it.action_items.done(item_id=thing),
        lambda it: it.action_items.drop(item_id=thing, reason="gone"),
        lambda it: it.joint_activities.propose(
            activity_id=thing, kind=JointActivityKind.EVENT, title="Fair", aim=sealed("orders")
        ),
        lambda it: it.joint_activities.start(activity_id=thing),
        lambda it: it.joint_activities.conclude(activity_id=thing, result=sealed("fine")),
        lambda it: it.value.give(value_id=thing, kind=ValueKind.TRAINING, what=sealed("days"), given_by=Side.US),
        lambda it: it.value.acknowledge(value_id=thing, stakeholder=one),
        lambda it: it.payments.add(
            invoice_no=number, amount=eur(low), due_on=on, company=COMPANY, exchange_rates=RATES
        ),
        lambda it: it.payments.settle(invoice_no=number, paid_on=START.date(), company=COMPANY),
        lambda it: it.visits.plan(visit_id=thing, start=start, people=(member,), **plan),
        lambda it: it.visits.reschedule(visit_id=thing, start=start),
        lambda it: it.visits.cancel(visit_id=thing),
        lambda it: it.visits.log(visit_id=thing),
        lambda it: it.hand_over(to=member, reason="moved on"),
        lambda it: it.team.join(member=member, function=chance.choice(list(TeamFunction))),
        lambda it: it.team.leave(member=member),
        lambda it: it.influence.observe(from_stakeholder=one, to_stakeholder=two, kind=kind, strength=low),
        lambda it: it.influence.withdraw(from_stakeholder=one, to_stakeholder=two, kind=kind),
        lambda it: it.standing.grant(
            relationship_type=chance.choice(list(RelationshipType)),
            justification="large",
            override="first",
            selection_model=MODEL,
        ),
        lambda it: it.standing.review(
            decision=chance.choice(list(ReviewDecision)), justification="still", improvement="faster"
        ),
        lambda it: it.standing.withdraw(reason="small"),
    ]


def _for_deal(chance: random.Random) -> list[Callable[[Any], None]]:
    customer = Account(id=ACME, opened=True)
    _register_people(customer)
    criterion, rival = chance.choice(THINGS[:3]), chance.choice(["", "NORTHWIND"])
    thing, number, name = chance.choice(THINGS), chance.choice(NUMBERS), chance.choice(["install", "train"])
    on, low, person = date(2026, chance.randint(4, 12), 1), chance.randint(1, 3), chance.choice(PEOPLE)
    by_list: dict[str, Any] = {"price_list": PRICES, "company": COMPANY}
    return [
        lambda it: it.quotes.request(quote_no=number, account=customer, company=COMPANY),
        lambda it: it.quotes.issue(quote_no=number, lines=LINES, currency="EUR", valid_until=on, **by_list),
        lambda it: it.quotes.revise(quote_no=number, valid_until=on, **by_list),
        lambda it: it.quotes.follow_up(quote_no=number, follow_up_on=on, company=COMPANY),
        lambda it: it.quotes.accept(quote_no=number, account=customer, company=COMPANY),
        lambda it: it.quotes.decline(quote_no=number, reason="dear"),
        lambda it: it.criteria.describe(criterion_id=criterion, text=sealed("price"), priority=low, account=customer),
        lambda it: it.criteria.rerank(criterion=criterion, priority=low + 1),
        lambda it: it.criteria.stand(criterion=criterion, standing=low - 2, competitor=rival),
        lambda it: it.samples.lend(sample_id=thing, what="pump", due_back=on, account=customer, company=COMPANY),
        lambda it: it.samples.take_back(sample_id=thing),
        lambda it: it.buyers.map(
            stakeholder=person,
            role=chance.choice(list(BuyerRole)),
            support=chance.choice(list(Support)),
            account=customer,
        ),
        lambda it: it.buyers.unmap(stakeholder=person),
        lambda it: it.delivery.plan(milestone=name, due=START.date() + timedelta(days=low)),
        lambda it: it.delivery.miss(milestone=name, reason="no driver", company=COMPANY),
        lambda it: it.delivery.reach(milestone=name, company=COMPANY),
        lambda it: it.competition.identify(competitor="Northwind", account=customer),
    ]


def _register_people(customer: Account) -> None:
    for person in PEOPLE:
        customer.stakeholders.add(stakeholder_id=person, name=sealed("王"))


def _hour(number: int) -> Any:
    return START + timedelta(hours=number)


def _some_fact(chance: random.Random, desk: RealJournal, stream: UUID) -> int:
    history = desk.streams.history(stream)
    gone = {fact.event.position for fact in history if isinstance(fact.event, Withdrawal)}
    return chance.choice([fact.position for fact in history[5:] if fact.position not in gone] or [0])
