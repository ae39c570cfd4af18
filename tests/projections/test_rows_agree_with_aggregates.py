"""After random commands, many of them late and many refused, the state on which commands decide and the row of the
funnel say the same."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.account.account import Account
from domain.aggregate import Withdrawal
from domain.errors import Refused
from domain.journal.context import Context
from domain.journal.journal import Journal as RealJournal
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from domain.policies.policy import policy_id
from domain.policies.process_definition import ForecastCategory
from domain.policies.sales_process import SalesProcess
from domain.policies.shipped_processes import PLAIN
from projections import READ_MODELS
from projections.opportunities import FUNNEL
from tests.domain.given import some_id
from tests.projections.conftest import START, EngineOf, Journal

ACME, DEALS = some_id("acme"), [some_id(f"deal {n}") for n in range(4)]
OWNERS = [some_id("mei"), some_id("zoe")]
PROCESS = SalesProcess(id=policy_id("SalesProcess", "plain"))
STAGES = [stage.key for stage in PLAIN.stages]
COLUMNS = "account, owner, process, stage, amount, currency, close_on, category, outcome, signed, signed_currency"


@pytest.fixture
def desk(journal: Journal) -> Iterator[RealJournal]:
    real = RealJournal(journal.url)
    yield real
    real.close()


def test_the_row_says_what_the_aggregate_says(desk: RealJournal, journal: Journal, engine_of: EngineOf) -> None:
    chance, engine = random.Random(5), engine_of(*READ_MODELS)
    desk.run(Account, ACME, lambda account: account.register(name="Acme"), Context(at=START))
    for each in DEALS:
        desk.run(Opportunity, each, _open, Context(at=START))
    refused = taken = late = withdrawn = 0
    for number in range(220):
        hour = number if chance.random() < 0.5 else chance.randint(1, number + 1)
        deal, decision = chance.choice(DEALS), _command(chance)
        try:
            if chance.random() < 0.1:
                desk.withdraw(Opportunity, deal, _some_fact(chance, desk, deal), "typo", Context(at=_hour(number)))
                withdrawn += 1
            else:
                outcome = desk.run(Opportunity, deal, decision, Context(at=_hour(hour)))
                taken, late = taken + bool(outcome.positions), late + bool(outcome.positions and hour < number)
        except Refused:
            refused += 1
        if number % 20 == 0:
            engine.catch_up()
            assert rows(journal) == {deal: _columns(desk.streams.state(Opportunity, deal)) for deal in DEALS}
    engine.catch_up()
    assert rows(journal) == {deal: _columns(desk.streams.state(Opportunity, deal)) for deal in DEALS}
    assert min(refused, taken, late, withdrawn) > 4


def rows(journal: Journal) -> dict[Any, tuple[Any, ...]]:
    found = journal.connection.execute(f"select key, {COLUMNS} from {FUNNEL.table} where kind = 1".encode())
    return {key: tuple(columns) for key, *columns in found}


def _columns(state: Any) -> tuple[Any, ...]:
    amount, ending = state.amount, state.ending
    signed = ending.signed if ending else None
    return (
        *(state.account, state.owner, state.process, state.stage),
        *(amount.amount if amount else None, amount.currency if amount else ""),
        *(state.close_on, str(state.category or "")),
        *(ending.outcome.value if ending else "", signed.amount if signed else None, signed.currency if signed else ""),
    )


def _hour(number: int) -> Any:
    return START + timedelta(hours=number)


def _open(deal: Opportunity) -> None:
    customer = Account(id=ACME, opened=True)
    deal.open(account=ACME, title="Line", process="plain", sales_process=PROCESS, customer=customer)


def _command(chance: random.Random) -> Callable[[Opportunity], None]:
    stage, owner, on = chance.choice(STAGES), chance.choice(OWNERS), date(2026, chance.randint(3, 8), 1)
    money = Money.of(Decimal(chance.choice(["10", "10.005", "20"])), chance.choice(["EUR", "JPY", "KWD"]))
    category, ends = chance.choice(list(ForecastCategory)), chance.random() < 0.3
    commands: list[Callable[[Opportunity], None]] = [
        lambda deal: deal.advance(to=stage, sales_process=PROCESS),
        lambda deal: deal.advance(to=stage, sales_process=PROCESS),
        lambda deal: deal.revert(to=stage, reason="too early", sales_process=PROCESS),
        lambda deal: deal.revise_amount(amount=money),
        lambda deal: deal.move_close_date(close_on=on),
        lambda deal: deal.categorise(category=category),
        lambda deal: deal.change_owner(owner=owner),
        lambda deal: deal.reopen(reason="they called"),
    ]
    endings: list[Callable[[Opportunity], None]] = [
        lambda deal: deal.win(signed=money),
        lambda deal: deal.lose(),
        lambda deal: deal.disqualify(),
    ]
    return chance.choice(endings if ends else commands)


def _some_fact(chance: random.Random, desk: RealJournal, deal: Any) -> int:
    history = desk.streams.history(deal)
    gone = {fact.event.position for fact in history if isinstance(fact.event, Withdrawal)}
    return chance.choice([fact.position for fact in history if fact.position not in gone])
