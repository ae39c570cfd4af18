"""A small aggregate for tests of the journal and the engine: an account of sums that may not fall below zero."""

from uuid import UUID

from domain.aggregate import Aggregate, Event, Withdrawal, command, learn
from domain.claims import Claim
from domain.errors import Refused


class Overdrawn(Refused):
    """Only {balance} is there, {wanted} was asked."""


@learn
class Ledger(Aggregate, eq=False):
    """Sums put in and taken out."""

    balance: int = 0

    class Opened(Event):
        """A ledger was opened."""

        opens = True
        code: str = ""

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            return [Claim("ledger", "", self.code)] if self.code else []

    class Put(Event):
        """A sum was put in."""

        amount: int

        def apply(self, part: "Ledger") -> None:
            part.balance += self.amount

    class Taken(Event):
        """A sum was taken out."""

        amount: int

        def check(self, part: "Ledger") -> None:
            if self.amount > part.balance:
                raise Overdrawn(balance=part.balance, wanted=self.amount)

        def apply(self, part: "Ledger") -> None:
            part.balance -= self.amount

    class FactWithdrawn(Withdrawal):
        """A fact was taken back."""

    @command
    def open(self, *, code: str = "") -> None:
        self.record(self.Opened(code=code))

    @command
    def put(self, *, amount: int) -> None:
        if amount:
            self.record(self.Put(amount=amount))

    @command
    def take_out(self, *, amount: int) -> None:
        self.record(self.Taken(amount=amount))
