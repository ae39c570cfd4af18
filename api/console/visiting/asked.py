"""Which account a visit is about, among those that the asker may change."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from api.access import must_give
from api.asking import Clocks, viewing
from api.console.frame import Frame
from api.endpoints import Call
from api.identity import identified
from api.named import named
from domain.account.account import Account
from domain.policies.calendar import day_of
from projections.directory import AccountFilters, accounts_after
from projections.view import View
from projections.visiting import last_visits

OFFERED = 60


@dataclass(frozen=True)
class AccountOffered:
    """An account that may be chosen, and when it was last visited."""

    id: UUID
    name: str
    last: datetime | None


def must_log(call: Call, command: str) -> None:
    """Refuse who may give the command to no account at all. Raises NotAllowed."""
    must_give(call.asker, Account, command)


def changeable(call: Call, stated: str) -> Account:
    """The account that is named. Raises NotFound where the asker does not see it, NotAllowed where it is not his to
    change."""
    found = identified(call, Account, stated)
    account = call.doors.access.must_see(call.asker, Account, found)
    call.doors.access.must_change(call.asker, account)
    named(found)
    return account


@contextmanager
def own_view(frame: Frame[Any]) -> Iterator[View]:
    """A view of the accounts that the asker may change, not of all that he may see."""
    asker = msgspec.structs.replace(frame.call.asker, visibility=frame.call.asker.changes)
    clocks = Clocks(as_of=frame.query.as_of, known_at=frame.query.known_at)
    with viewing(dataclasses.replace(frame.call, asker=asker), clocks) as view:
        yield view


def offered(view: View, name: str = "") -> list[AccountOffered]:
    """The accounts that may be chosen, by a part of their name or their number: those last visited first, then by
    name."""
    named = accounts_after(view, None, 1000, AccountFilters(name=name))
    numbered = accounts_after(view, None, 1, AccountFilters(external_id=name)) if name else []
    found = list({each.id: each for each in (*numbered, *named) if each.merged_into is None}.values())
    last = last_visits(view, [each.id for each in found])
    lines = [AccountOffered(each.id, each.name, last.get(each.id)) for each in found]
    return sorted(lines, key=lambda each: (-(each.last.timestamp() if each.last else 0.0), each.name))


def day_asked(view: View) -> date:
    """The day of the company's calendar that is looked at."""
    return day_of(view.policies.company, view.clock.as_of)
