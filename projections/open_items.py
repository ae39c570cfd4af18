"""What is open with customers: planned visits, action items, commitments, needs, joint activities, invoices."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec

from domain.policies.calendar import day_of
from domain.sealed import Sealed
from projections.action_items import ACTION_ITEMS
from projections.commitments import COMMITMENTS
from projections.engine import ReadModel, as_of_sql
from projections.joint_activities import JOINT_ACTIVITIES
from projections.needs import NEEDS
from projections.payments import PAYMENTS
from projections.seen import sealed
from projections.view import View
from projections.visits import VISITS


class OpenItemKind(enum.StrEnum):
    """What is open."""

    VISIT = "visit"
    ACTION_ITEM = "action_item"
    COMMITMENT = "commitment"
    NEED = "need"
    JOINT_ACTIVITY = "joint_activity"
    INVOICE = "invoice"


class OpenItem(msgspec.Struct):
    """Something that is not over: `due` is the day by which it is to be, or on which a visit is; `overdue` where that
    day is past. `whose` is the member whose it is, or the first of a visit's; `words` stay sealed, `text` are plain."""

    kind: OpenItemKind
    id: UUID | None
    account: UUID
    due: date | None
    overdue: bool
    whose: UUID | None
    text: str
    words: Sealed | None
    position: int


class _Source(msgspec.Struct, frozen=True):
    """Where open items of a kind are: SQL for id, day, member, plain text and sealed words, and what is open."""

    kind: OpenItemKind
    model: ReadModel
    columns: str
    is_open: str


SOURCES = (
    _Source(
        OpenItemKind.VISIT,
        VISITS,
        "visit, (start at time zone %(zone)s)::date, people[1], what, null::bytea",
        "status = 'planned'",
    ),
    _Source(OpenItemKind.ACTION_ITEM, ACTION_ITEMS, "item, due_on, owner, department, text", "status = 'open'"),
    _Source(OpenItemKind.COMMITMENT, COMMITMENTS, "commitment, due_on, owner, made_by, what", "status = 'open'"),
    _Source(OpenItemKind.NEED, NEEDS, "need, null::date, null::uuid, need_kind, words", "status = 'open'"),
    _Source(
        OpenItemKind.JOINT_ACTIVITY,
        JOINT_ACTIVITIES,
        "activity, end_on, null::uuid, title, null::bytea",
        "status in ('proposed', 'under_way')",
    ),
    _Source(
        OpenItemKind.INVOICE,
        PAYMENTS,
        "null::uuid, due_on, null::uuid, invoice_no || ' ' || trim_scale(amount) || ' ' || currency, null::bytea",
        "paid_on is null",
    ),
)


def open_items(view: View, accounts: Sequence[UUID]) -> list[OpenItem]:
    """What is open with some accounts, the most urgent first, what has no day last. What goes on under another
    identifier since a merge is there once."""
    today = day_of(view.policies.company, view.clock.as_of)
    found = []
    for source in SOURCES:
        where = f"account = any(%(accounts)s) and {source.is_open}"
        sql = as_of_sql(source.model, f"account, {source.columns}, cause", where)
        more = {"accounts": list(accounts), "zone": view.policies.company.time_zone}
        for account, item, due, whose, text, words, cause in view.connection.execute(
            sql.encode(), view.parameters(**more)
        ):
            if view.goes_on_elsewhere(account, item):
                continue
            text_of = sealed(words) if words else None
            late = due is not None and due < today
            found.append(OpenItem(source.kind, item, account, due, late, whose, text or "", text_of, cause))
    return sorted(found, key=lambda one: (one.due is None, one.due or today, one.kind, one.position))
