"""Random events about who a customer is and who of ours looks after it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from uuid import UUID

from domain.account.account import Account
from domain.aggregate import Event
from tests.domain.given import some_id

PEOPLE = tuple(some_id(f"stakeholder {n}") for n in range(3))


def of_lineage(chance: random.Random, accounts: Sequence[UUID]) -> Event:
    """An account is merged into another, or separated from it; circles are not left out."""
    into = chance.choice(accounts)
    one, other = chance.sample(PEOPLE, 2)
    merged = Account.AccountsMerged(into=into, reason="the same", people=chance.choice([{}, {one: other}]))
    return chance.choice([merged, merged, Account.AccountsSeparated(from_=into, reason="two")])
