"""Delivery after winning (安装实施): what is promised, kept, missed or late, and what the customer accepted."""

from __future__ import annotations

import enum
from datetime import date
from typing import ClassVar
from uuid import UUID

import msgspec

from domain.policies.calendar import day_of
from projections.deals import Filters, placed_sql
from projections.deliveries import DELIVERIES
from projections.engine import as_of_sql
from projections.view import Listing, View


class DeliveryState(enum.StrEnum):
    """How a promise stands: reached in time or late, promised and not due, missed (recorded), or late (derived)."""

    REACHED = "reached"
    REACHED_LATE = "reached_late"
    PROMISED = "promised"
    MISSED = "missed"
    LATE = "late"


class PromiseLine(msgspec.Struct):
    """A promise. `first_due` is the day promised first; `days_late` counts calendar days after `due`."""

    milestone: str
    what: str
    due: date
    first_due: date
    state: DeliveryState
    reached_on: date | None
    days_late: int
    position: int


class DeliveryLine(msgspec.Struct):
    """The delivery of an opportunity won: its promises by day, and who accepted it when."""

    opportunity: UUID
    account: UUID | None
    owner: UUID | None
    promises: list[PromiseLine] = msgspec.field(default_factory=list)
    accepted_on: date | None = None
    accepted_by: UUID | None = None
    acceptance: int | None = None
    title: str = ""
    external_id: str = ""


class DeliveriesAnswer(Listing, kw_only=True):
    """Deliveries, the one that is latest first; `late` counts promises that are late or missed and not kept."""

    listed: ClassVar[str] = "deliveries"
    day: date
    deliveries: list[DeliveryLine]
    late: int


_ASKED = """
, delivery as ({deliveries}) select placed.key, placed.account, placed.owner, delivery.* from delivery
join placed on placed.key = delivery.opportunity where placed.outcome = 'won' order by delivery.due, delivery.milestone
"""
_COLUMNS = "opportunity, milestone, what, due, first_due, missed_on, reached_on, accepted_on, stakeholder, cause"
OPEN = (DeliveryState.LATE, DeliveryState.MISSED)


def deliveries(view: View, filters: Filters | None = None) -> DeliveriesAnswer:
    """The deliveries of what was won, as of the view's clocks and the company's day."""
    today = day_of(view.policies.company, view.clock.as_of)
    sql, parameters = placed_sql(view, filters or Filters())
    asked = sql + _ASKED.format(deliveries=as_of_sql(DELIVERIES, _COLUMNS))
    found: dict[UUID, DeliveryLine] = {}
    for key, account, owner, _, *rest in view.connection.execute(asked.encode(), parameters):
        line = found.setdefault(key, DeliveryLine(key, view.leads_to(account) if account else None, owner))
        milestone, what, due, first_due, missed_on, reached_on, accepted_on, stakeholder, cause = rest
        if milestone:
            line.promises.append(_promise(today, milestone, what, due, first_due, missed_on, reached_on, cause))
        else:
            line.accepted_on, line.accepted_by, line.acceptance = accepted_on, stakeholder, cause
    lines = sorted(found.values(), key=lambda line: (-_latest(line), line.opportunity))
    late = sum(promise.state in OPEN for line in lines for promise in line.promises)
    return DeliveriesAnswer(**view.head(), day=today, deliveries=lines, late=late)


def _latest(line: DeliveryLine) -> int:
    return max((promise.days_late for promise in line.promises if promise.state in OPEN), default=0)


def _promise(
    today: date,
    milestone: str,
    what: str,
    due: date,
    first_due: date,
    missed_on: date | None,
    reached_on: date | None,
    position: int,
) -> PromiseLine:
    late = max(((reached_on or today) - due).days, 0)
    if reached_on:
        state = DeliveryState.REACHED_LATE if late else DeliveryState.REACHED
    elif missed_on:
        state = DeliveryState.MISSED
    else:
        state = DeliveryState.LATE if late else DeliveryState.PROMISED
    return PromiseLine(milestone, what, due, first_due, state, reached_on, late, position)
