"""Action items (待办事项): what somebody of ours, or an inside department, has to do for a customer, and until when."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import msgspec

from domain.account.dealings import listed
from domain.aggregate import Event, Part, command
from domain.claims import Claim
from domain.errors import Refused
from domain.sealed import FreeText, Sealed

if TYPE_CHECKING:
    from domain.account.account import Account


class ActionItem(msgspec.Struct, frozen=True):
    """What is to be done: by a member or a department, until when, and what it came from."""

    text: Sealed
    owner: UUID | None
    department: str
    due_on: date | None
    visit: UUID | None = None
    opportunity: UUID | None = None
    stakeholders: tuple[UUID, ...] = ()


class OwnerMissing(Refused):
    """An action item has one owner: state `owner` (a member) or `department` (an inside department by its name), and
    not both."""

    about = ("owner",)


class ActionItemOpen(Refused):
    """The action item {item} is open already: close it, or open another under a new identifier."""


class ActionItemNotOpen(Refused):
    """There is no open action item {item} at that moment. Open are: {open}."""


class DropReasonBlank(Refused):
    """An action item is not dropped without a reason: state it."""


class ActionItems(Part, eq=False):
    """The open action items of an account.

    What is over is not kept: opening and end of an item claim its identifier in the journal, once each.
    """

    if TYPE_CHECKING:
        root: ClassVar[Account]

    open: dict[UUID, ActionItem] = msgspec.field(default_factory=dict)

    class ActionItemOpened(Event):
        """Something is to be done for the customer."""

        item_id: UUID
        text: Sealed
        owner: UUID | None = None
        department: str = ""
        due_on: date | None = None
        visit: UUID | None = None
        opportunity: UUID | None = None
        stakeholders: tuple[UUID, ...] = ()

        def check(self, part: ActionItems) -> None:
            """Not open yet, with one owner, about people who are there."""
            if self.item_id in part.open:
                raise ActionItemOpen(item=self.item_id)
            if (self.owner is None) == (not self.department.strip()):
                raise OwnerMissing()
            part.root.must_have_present(self.stakeholders)

        def apply(self, part: ActionItems) -> None:
            """It is open."""
            part.open[self.item_id] = self.item

        @property
        def item(self) -> ActionItem:
            """What is kept of it while it is open."""
            return ActionItem(
                self.text, self.owner, self.department, self.due_on, self.visit, self.opportunity, self.stakeholders
            )

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """An item is opened once."""
            return [Claim("action-item", str(aggregate_id), str(self.item_id))]

    class ActionItemDone(Event):
        """What was to be done is done."""

        item_id: UUID

        def check(self, part: ActionItems) -> None:
            """Open until now."""
            part.must_be_open(self.item_id)

        def apply(self, part: ActionItems) -> None:
            """It is open no longer."""
            part.open.pop(self.item_id, None)

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """An item ends once."""
            return [_end(aggregate_id, self.item_id)]

    class ActionItemDropped(Event):
        """It need not be done any more."""

        item_id: UUID
        reason: str

        def check(self, part: ActionItems) -> None:
            """Open until now, and the reason is stated."""
            part.must_be_open(self.item_id)
            if not self.reason.strip():
                raise DropReasonBlank()

        def apply(self, part: ActionItems) -> None:
            """It is open no longer."""
            part.open.pop(self.item_id, None)

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """An item ends once."""
            return [_end(aggregate_id, self.item_id)]

    def must_be_open(self, item: UUID) -> ActionItem:
        """The open item; refuses one that is not open, or no longer."""
        found = self.open.get(item)
        if found is None:
            raise ActionItemNotOpen(item=item, open=listed(self.open))
        return found

    @command
    def add(
        self,
        *,
        item_id: UUID,
        text: Annotated[Sealed, FreeText(("stakeholders",))],
        owner: UUID | None = None,
        department: str = "",
        due_on: date | None = None,
        visit: UUID | None = None,
        opportunity: UUID | None = None,
        stakeholders: tuple[UUID, ...] = (),
    ) -> None:
        """Open an action item of one `owner` (a member of ours) or inside `department`; `visit` and `opportunity`
        say what it came from, `stakeholders` whom its text concerns."""
        stated = self.ActionItemOpened(
            item_id=item_id,
            text=text,
            owner=owner,
            department=department.strip(),
            due_on=due_on,
            visit=visit,
            opportunity=opportunity,
            stakeholders=stakeholders,
        )
        if self.open.get(item_id) != stated.item:
            self.record(stated)

    @command
    def done(self, *, item_id: UUID) -> None:
        """Say that an open action item is done."""
        self.record(self.ActionItemDone(item_id=item_id))

    @command
    def drop(self, *, item_id: UUID, reason: str) -> None:
        """Say that an open action item need not be done any more, and why."""
        self.record(self.ActionItemDropped(item_id=item_id, reason=reason))


def _end(aggregate_id: UUID, item: UUID) -> Claim:
    return Claim("action-item-end", str(aggregate_id), str(item))
