"""Random events about who a customer is and who of ours looks after it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from domain.account.account import Account
from domain.account.action_items import ActionItems
from domain.account.team import Team, TeamFunction
from domain.aggregate import Event
from tests.domain.given import sealed, some_id

ITEMS = tuple(some_id(f"item {n}") for n in range(3))
OURS = tuple(some_id(f"member {n}") for n in range(4))
VISITS = tuple(some_id(f"visit {n}") for n in range(3))
PEOPLE = tuple(some_id(f"stakeholder {n}") for n in range(3))


def of_lineage(chance: random.Random, accounts: Sequence[UUID]) -> Event:
    """An account is merged into another, or separated from it; circles are not left out."""
    into = chance.choice(accounts)
    one, other = chance.sample(PEOPLE, 2)
    merged = Account.AccountsMerged(into=into, reason="the same", people=chance.choice([{}, {one: other}]))
    return chance.choice([merged, merged, Account.AccountsSeparated(from_=into, reason="two")])


def of_team(chance: random.Random) -> Event:
    """Somebody comes, goes, has something to do, or takes the account over."""
    one, other = chance.sample(OURS, 2)
    item, function = chance.choice(ITEMS), chance.choice(list(TeamFunction))
    counterpart, due_on = chance.choice([None, *PEOPLE]), chance.choice([None, date(2026, 3, 2)])
    handed = Account.AccountHandedOver(from_=one, to=other, reason="leaves", visits=VISITS[:2], action_items=ITEMS[:2])
    return chance.choice(
        [
            Team.TeamMemberJoined(member=one, function=function, counterpart=counterpart),
            Team.TeamMemberLeft(member=one),
            ActionItems.ActionItemOpened(item_id=item, text=sealed("call them"), owner=one, due_on=due_on),
            ActionItems.ActionItemDone(item_id=item),
            ActionItems.ActionItemDropped(item_id=item, reason="not needed"),
            handed,
            handed,
        ]
    )
