"""Every figure of the balance of both sides is the sum of what its events contributed, over random histories."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from operator import attrgetter
from uuid import UUID

import msgspec
import pytest

from domain.account.account import Account
from domain.account.commitments import Commitments
from domain.account.purchases import Purchases
from domain.account.value import Value, ValueKind
from domain.errors import NotFound
from domain.money import Money
from domain.visibility import Visibility
from projections.balance import balance
from projections.balance_answer import AccountBalance, BalanceAnswer, Count, Sum
from projections.explained import ZERO, NotExplained
from projections.explained_balance import CELLS, BalanceCell, explain_balance
from tests.domain.dealings import PROMISE, VALUE, WANG, promise, value
from tests.domain.given import day, eur, sealed, some_id
from tests.projections.asking import Office
from tests.projections.conftest import Told
from tests.projections.histories_dealings import of_dealings
from tests.projections.test_balance import BAOLI, FIRST, HUARUI, tell, usd
from tests.projections.test_balance import office as office
from tests.projections.test_explained_funnel import WHOLE, adds_up, some_of


def dealings(chance: random.Random) -> list[Told]:
    """Two customers of which one ends up in the other, three currencies (of JPY there is never a rate), many facts
    late."""
    told: list[Told] = [
        (HUARUI, of_dealings(chance), day(chance.randint(1, 100))) if chance.random() < 0.7 else
        (BAOLI, of_dealings(chance), day(chance.randint(1, 100)))
        for _ in range(300)
    ]  # fmt: skip
    for number in range(20):
        currency = chance.choice(["USD", "JPY"])
        revenue = Money.of(chance.choice(["100.15", "-3"]), currency)
        margin = chance.choice([None, Money.of("1.05", currency)])
        bought = Purchases.PurchaseRecorded(document_no=f"R-{number}", revenue=revenue, margin=margin)
        told.append((HUARUI, bought, day(chance.randint(1, 100))))
    told.append((BAOLI, Account.AccountsMerged(into=HUARUI, reason="one", people={}, open_items={}), day(80)))
    return told


@pytest.mark.parametrize("seed", [1, 2])
def test_contributions_add_up_to_every_figure_of_the_balance(office: Office, seed: int) -> None:
    chance, explained = random.Random(seed), dict.fromkeys(CELLS, 0)
    last = office.tell(*dealings(chance))
    for number in range(14):
        as_of, known_at = day(chance.randint(20, 110)), chance.choice([last, chance.randint(20, last)])
        since = (as_of - timedelta(days=chance.randint(0, 60))).date() if number % 2 else None
        with office.view(as_of, known_at) as view:
            account = chance.choice([None, HUARUI, BAOLI])
            told = list(figures_of(balance(view, account, since=since), account))
            for cell, amount in some_of(chance, told, 30):
                found = explain_balance(view, cell, WHOLE)
                assert found.value == amount, cell
                adds_up(found)
                explained[cell.cell] += bool(found.shares)
    assert sum(map(bool, explained.values())) > len(CELLS) - 6, explained


def figures_of(answer: BalanceAnswer, account: UUID | None) -> Iterator[tuple[BalanceCell, Decimal]]:
    """Every figure of the answer, and the cell that asks for it."""
    for name in CELLS:
        cell = BalanceCell(cell=name, account=account, since=answer.since)
        yield cell, sum((figure(one, name) for one in answer.accounts), ZERO)
        if name.endswith((".value", ".acknowledged")):
            side, name = name.split(".")
            for kind in ValueKind:
                of_kind = [each for one in answer.accounts for each in getattr(one, side).by_kind if each.kind is kind]
                amount = sum((getattr(each, name).amount for each in of_kind), ZERO)
                yield msgspec.structs.replace(cell, kind=kind.value), amount


def figure(one: AccountBalance, cell: str) -> Decimal:
    held = attrgetter(cell)(one)
    if isinstance(held, Sum):
        return held.amount
    if isinstance(held, Count):
        return Decimal(held.count)
    return held if isinstance(held, Decimal) else Decimal(len(held))


def test_value_and_promises_lead_to_their_events(office: Office) -> None:
    tell(
        office,
        (10, value(worth=usd("1000"), reckoned=sealed("so"), cost=eur(200))),
        (11, promise(due_on=day(20).date())),
        (30, Value.ValueAcknowledged(value_id=VALUE, stakeholder=WANG, worth=usd("500"))),
        (31, Commitments.CommitmentKept(commitment_id=PROMISE)),
    )
    with office.view(day(40)) as view:
        given = explain_balance(view, BalanceCell(account=HUARUI))
        (share,) = given.shares
        assert (given.value, given.unit, share.account) == (Decimal("900.00"), "EUR", HUARUI)
        assert [(each.position, each.contribution) for each in share.events if each.contribution] == [
            (FIRST, Decimal("900.00"))
        ]
        assert [(each.key, each.value, each.position) for each in given.inputs] == [("USD", "0.9", 2)]
        acknowledged = explain_balance(view, BalanceCell(cell="given.acknowledged", kind="training"))
        assert [(each.position, each.contribution) for each in acknowledged.shares[0].events][-1] == (
            FIRST + 2,
            Decimal("400.00"),
        )
        late = explain_balance(view, BalanceCell(cell="ours.kept_late", account=HUARUI))
        assert (late.value, late.unit) == (Decimal(1), "count")
        assert [(e.position, e.contribution) for e in late.shares[0].events if e.contribution] == [
            (FIRST + 3, Decimal(1))
        ]
    with office.view(day(25)) as view:
        overdue = explain_balance(view, BalanceCell(cell="ours.overdue"))
        assert [(e.position, e.contribution) for e in overdue.shares[0].events] == [(FIRST + 1, Decimal(1))]
        assert explain_balance(view, BalanceCell(cell="ours.kept")).value == 0


def test_what_is_unknown_or_foreign_is_refused(office: Office) -> None:
    tell(office, (10, value(worth=usd("1000"), reckoned=sealed("so"))))
    with office.view(day(40)) as view:
        with pytest.raises(NotExplained, match="ours.overdue"):
            explain_balance(view, BalanceCell(cell="mood"))
        with pytest.raises(NotExplained, match="training"):
            explain_balance(view, BalanceCell(cell="given.value", kind="mood"))
        with pytest.raises(NotFound):
            explain_balance(view, BalanceCell(account=some_id("nobody")))
    with office.view(day(40), visibility=Visibility(member=None, scope="own accounts")) as view:
        assert explain_balance(view, BalanceCell()).value == 0
        with pytest.raises(NotFound):
            explain_balance(view, BalanceCell(account=HUARUI))
