"""An account is handed over (移交): from one manager to another, with what is open there and the briefing."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from domain.aggregate import Event
from domain.errors import Refused

if TYPE_CHECKING:
    from domain.account.account import Account


class NobodyHandsOver(Refused):
    """The account has no manager who could hand it over: assign one (`assign_manager`)."""


class NotManagerThen(Refused):
    """The account is not {member}'s to hand over at that moment: its manager is {manager}."""


class HandoverReasonBlank(Refused):
    """An account is not handed over without a reason: state it."""


class BriefingPointBlank(Refused):
    """A point of the briefing is blank: state what is to be explained, such as contracts, people, open offers."""

    about = ("briefing",)


class BriefingPoint(msgspec.Struct, frozen=True):
    """A point of the briefing checklist (交接清单): what is to be explained, and whether it was."""

    point: str
    done: bool = False


class HandOver(Event):
    """What `Account.AccountHandedOver` holds. `visits`, `action_items` and `issues` are those that were open then."""

    from_: UUID = msgspec.field(name="from")
    to: UUID
    reason: str
    effective_on: date | None = None
    briefing: tuple[BriefingPoint, ...] = ()
    visits: tuple[UUID, ...] = ()
    action_items: tuple[UUID, ...] = ()
    issues: tuple[UUID, ...] = ()

    def check(self, account: Account) -> None:
        """By its manager, with a reason and a briefing that says something."""
        if account.manager != self.from_:
            raise NotManagerThen(member=self.from_, manager=account.manager or "nobody")
        if not self.reason.strip():
            raise HandoverReasonBlank()
        if any(not each.point.strip() for each in self.briefing):
            raise BriefingPointBlank()

    def apply(self, account: Account) -> None:
        """The new manager takes over what was the old one's among the open visits and action items."""
        account.manager = self.to
        for visit in self.visits:
            if (planned := account.visits.planned.get(visit)) is not None:
                people = self.after(planned.people)
                account.visits.planned[visit] = msgspec.structs.replace(planned, people=people)
        for item in self.action_items:
            held = account.action_items.open.get(item)
            if held is not None and held.owner == self.from_:
                account.action_items.open[item] = msgspec.structs.replace(held, owner=self.to)

    def after(self, people: tuple[UUID, ...]) -> tuple[UUID, ...]:
        """The people of a visit after the handover: the new manager in the place of the old one."""
        return tuple(dict.fromkeys(self.to if each == self.from_ else each for each in people))
