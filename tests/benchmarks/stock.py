"""The stock application: what a user of the library writes by following its documentation."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import psycopg
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event


class Deal(Aggregate):
    """A deal as the library's aggregates are written: one decorated method per event."""

    @event("Opened")
    def __init__(self, account: UUID, title: str, owner: UUID, amount: Decimal, close_on: str) -> None:
        self.account, self.title, self.owner = account, title, owner
        self.amount, self.close_on = amount, close_on
        self.stage = "potential"
        self.answers: dict[str, str] = {}
        self.ending = ""

    @event("QualificationAnswered")
    def answer(self, question: str, answer: str, evidence: str) -> None:
        self.answers[question] = answer

    @event("AmountRevised")
    def revise(self, amount: Decimal, reason: str) -> None:
        self.amount = amount

    @event("StageAdvanced")
    def advance(self, to: str) -> None:
        self.stage = to

    @event("Won")
    def win(self, signed: Decimal) -> None:
        self.ending = "won"


class Deals(Application[UUID]):
    """The application with the library's own recorder for PostgreSQL."""

    name = "deals"


def stock_application(database_url: str, connections: int) -> Deals:
    """The application on a database of its own; it makes its tables itself."""
    found = psycopg.conninfo.conninfo_to_dict(database_url)
    return Deals(
        {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": str(found["dbname"]),
            "POSTGRES_HOST": str(found["host"]),
            "POSTGRES_PORT": str(found["port"]),
            "POSTGRES_USER": str(found["user"]),
            "POSTGRES_PASSWORD": "unused",
            "POSTGRES_POOL_SIZE": str(connections),
        }
    )
