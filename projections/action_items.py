"""Action items as rows: what is to be done, by whom, until when, and whether it was."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from datetime import date, datetime
from uuid import UUID

from domain.account.account import Account
from domain.account.action_items import ActionItems
from domain.sealed import Sealed
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, on


class ItemStatus(enum.StrEnum):
    """What became of an action item."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class ActionItemRow(Row):
    """An action item of `owner`, or inside `department`; the text stays sealed."""

    account: UUID | None = None
    item: UUID | None = None
    status: ItemStatus = ItemStatus.OPEN
    owner: UUID | None = None
    department: str = ""
    due_on: date | None = None
    opened: datetime | None = None
    ended: datetime | None = None
    visit: UUID | None = None
    opportunity: UUID | None = None
    text: Sealed | None = None


Ending = ActionItems.ActionItemDone | ActionItems.ActionItemDropped


def _item(envelope: Envelope, event: ActionItems.ActionItemOpened | Ending) -> UUID:
    return child_key(envelope, event.item_id.bytes)


def _open_then(envelope: Envelope, event: Account.AccountHandedOver) -> Iterator[UUID]:
    return (child_key(envelope, item.bytes) for item in event.action_items)


class ActionItemModel(ReadModel):
    """One row per action item."""

    name = "action_item"
    version = 1
    row = ActionItemRow
    indexes = (("account",), ("owner",))

    @on(ActionItems.ActionItemOpened, key=_item)
    def opened(
        self, row: ActionItemRow | None, event: ActionItems.ActionItemOpened, envelope: Envelope
    ) -> ActionItemRow:
        """Something is to be done."""
        return ActionItemRow(
            account=envelope.aggregate_id,
            item=event.item_id,
            owner=event.owner,
            department=event.department,
            due_on=event.due_on,
            opened=envelope.occurred_at,
            visit=event.visit,
            opportunity=event.opportunity,
            text=event.text,
        )

    @on(ActionItems.ActionItemDone, ActionItems.ActionItemDropped, key=_item)
    def ended(self, row: ActionItemRow | None, event: Ending, envelope: Envelope) -> ActionItemRow | None:
        """It is over."""
        if row:
            done = isinstance(event, ActionItems.ActionItemDone)
            row.status, row.ended = ItemStatus.DONE if done else ItemStatus.DROPPED, envelope.occurred_at
        return row

    @on(Account.AccountHandedOver, keys=_open_then)
    def handed_over(
        self, row: ActionItemRow | None, event: Account.AccountHandedOver, envelope: Envelope
    ) -> ActionItemRow | None:
        """The new manager has to do what was the old one's."""
        if row and row.status is ItemStatus.OPEN and row.owner == event.from_:
            row.owner = event.to
        return row


ACTION_ITEMS = ActionItemModel()
