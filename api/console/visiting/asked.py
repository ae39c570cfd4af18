"""Which account a visit is about, among those that the asker may change."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import msgspec

from api.access import must_give
from api.asking import Clocks, viewing
from api.console.frame import Frame
from api.endpoints import Call
from api.identity import identified
from api.named import named
from domain.account.account import Account
from domain.policies.calendar import day_of
from projections.view import View


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


def day_asked(view: View) -> date:
    """The day of the company's calendar that is looked at."""
    return day_of(view.policies.company, view.clock.as_of)
