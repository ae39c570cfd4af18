"""A small history of an account, its visits and a deal, in which facts are late, corrected and withdrawn."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec

from domain.account.account import Account
from domain.account.visits import VisitKind
from domain.aggregate import Aggregate, Event, Recorded, decide
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from domain.policies.policy import policy_id
from domain.policies.sales_process import SalesProcess
from domain.policies.shipped_processes import DEFAULT_PROCESS
from domain.sealed import Sealed

ROOT = UUID("0d9a1e52-3b0e-4f1e-8f57-5f0f7a529d0e")
ACCOUNT, DEAL, VISIT, OWNER = (uuid5(ROOT, name) for name in ("account", "deal", "visit", "owner"))
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Told:
    """Facts of several streams in the order of recording, at positions 1, 2, 3 …"""

    def __init__(self) -> None:
        self.facts: list[Recorded] = []

    def tell(self, root: type[Aggregate], stream: UUID, day: int, decision: Callable[[Any], None]) -> None:
        history = [fact for fact in self.facts if fact.originator_id == stream]
        for fact in decide(root, stream, history, START + timedelta(days=day), decision).collect_events():
            self.keep(fact)

    def withdraw(self, root: type[Aggregate], stream: UUID, day: int, kind: type[Event]) -> None:
        history = [fact for fact in self.facts if fact.originator_id == stream]
        position = next(fact.position for fact in reversed(history) if isinstance(fact.event, kind))
        event = vars(root)["FactWithdrawn"](position=position, reason="typed twice")
        version, at = len(history) + 1, START + timedelta(days=day)
        self.keep(Recorded(originator_id=stream, originator_version=version, event=event, occurred_at=at))

    def keep(self, fact: Recorded) -> None:
        self.facts.append(msgspec.structs.replace(fact, position=len(self.facts) + 1, actor=OWNER))


def story() -> list[Recorded]:
    """The story."""
    process, told = SalesProcess(id=policy_id("SalesProcess", DEFAULT_PROCESS)), Told()
    told.tell(Account, ACCOUNT, 0, lambda it: it.register(name="北方电力", territory="north", currency="CNY"))
    customer = Account(id=ACCOUNT, opened=True)
    told.tell(Opportunity, DEAL, 1, lambda it: it.open(
        account=ACCOUNT, title="Line 7", amount=Money.of(90_000, "EUR"), close_on=date(2026, 9, 30), owner=OWNER,
        sales_process=process, customer=customer,
    ))  # fmt: skip
    told.tell(Opportunity, DEAL, 20, lambda it: it.revise_amount(amount=Money.of(120_000, "EUR"), reason="volume"))
    told.tell(Opportunity, DEAL, 10, lambda it: it.move_close_date(close_on=date(2026, 10, 31), reason="budget"))
    told.tell(Opportunity, DEAL, 12, lambda it: it.advance(to="confirmed", override="told so", sales_process=process))
    told.tell(Opportunity, DEAL, 30, lambda it: it.change_owner(owner=VISIT))
    told.withdraw(Opportunity, DEAL, 31, Opportunity.OwnerChanged)
    told.tell(Opportunity, DEAL, 90, lambda it: it.win(signed=Money.of(118_000, "EUR")))
    note = Sealed(ACCOUNT, b"0123456789abcdef", b"sealed")
    told.tell(Account, ACCOUNT, 5, lambda it: it.visits.log(
        visit_id=VISIT, what=VisitKind.SALES_CALL, minutes=45, outcome=note,
    ))  # fmt: skip
    return told.facts
