"""Joint activities as rows: proposed, under way, concluded or given up, with what each side puts in."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from domain.account.joint_activities import Contributor, Input, JointActivities, JointActivityKind
from domain.account.visits import ObjectiveMet
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, Scale, on


class JointActivityStatus(enum.StrEnum):
    """How far a joint activity is."""

    PROPOSED = "proposed"
    UNDER_WAY = "under_way"
    CONCLUDED = "concluded"
    GIVEN_UP = "given_up"


class JointActivityRow(Row):
    """A joint activity. Per side: the amounts put in (in `currency`), the person-days, and the kinds of input."""

    account: UUID | None = None
    activity: UUID | None = None
    activity_kind: JointActivityKind = JointActivityKind.EVENT
    status: JointActivityStatus = JointActivityStatus.PROPOSED
    title: str = ""
    proposed: datetime | None = None
    started: datetime | None = None
    concluded: datetime | None = None
    start_on: date | None = None
    end_on: date | None = None
    aim_met: ObjectiveMet | None = None
    attendance: int | None = None
    currency: str = ""
    us_worth: Annotated[Decimal, Scale(3)] = Decimal(0)
    us_days: Annotated[Decimal, Scale(2)] = Decimal(0)
    us_kinds: tuple[str, ...] = ()
    customer_worth: Annotated[Decimal, Scale(3)] = Decimal(0)
    customer_days: Annotated[Decimal, Scale(2)] = Decimal(0)
    customer_kinds: tuple[str, ...] = ()
    partner_worth: Annotated[Decimal, Scale(3)] = Decimal(0)
    partner_days: Annotated[Decimal, Scale(2)] = Decimal(0)
    partner_kinds: tuple[str, ...] = ()
    partners: tuple[UUID, ...] = ()
    other_partners: tuple[str, ...] = ()
    people: tuple[UUID, ...] = ()
    stakeholders: tuple[UUID, ...] = ()


JointActivityEvent = (
    JointActivities.JointActivityProposed
    | JointActivities.JointActivityStarted
    | JointActivities.JointActivityConcluded
)


def _activity(envelope: Envelope, event: JointActivityEvent) -> UUID:
    return child_key(envelope, event.activity_id.bytes)


class JointActivityModel(ReadModel):
    """One row per joint activity."""

    name = "joint_activity"
    version = 1
    row = JointActivityRow
    indexes = (("account",),)

    @on(JointActivities.JointActivityProposed, key=_activity)
    def proposed(
        self, row: JointActivityRow | None, event: JointActivities.JointActivityProposed, envelope: Envelope
    ) -> JointActivityRow:
        """One side proposed it."""
        row = JointActivityRow(
            account=envelope.aggregate_id,
            activity=event.activity_id,
            activity_kind=event.kind,
            title=event.title,
            proposed=envelope.occurred_at,
            start_on=event.start_on,
            end_on=event.end_on,
            partners=event.partners,
            other_partners=event.other_partners,
            people=event.people,
            stakeholders=event.stakeholders,
        )
        return _putting_in(row, event.inputs)

    @on(JointActivities.JointActivityStarted, key=_activity)
    def started(
        self, row: JointActivityRow | None, event: JointActivities.JointActivityStarted, envelope: Envelope
    ) -> JointActivityRow | None:
        """It is under way."""
        if row:
            row.status, row.started = JointActivityStatus.UNDER_WAY, envelope.occurred_at
            _putting_in(row, event.inputs)
        return row

    @on(JointActivities.JointActivityConcluded, key=_activity)
    def concluded(
        self, row: JointActivityRow | None, event: JointActivities.JointActivityConcluded, envelope: Envelope
    ) -> JointActivityRow | None:
        """It is over, or was never begun."""
        if row:
            row.status = JointActivityStatus.CONCLUDED if row.started else JointActivityStatus.GIVEN_UP
            row.concluded, row.aim_met, row.attendance = envelope.occurred_at, event.aim_met, event.attendance
            _putting_in(row, event.inputs)
        return row


def _putting_in(row: JointActivityRow, inputs: tuple[Input, ...]) -> JointActivityRow:
    """What each side puts in, where it is stated anew."""
    if inputs:
        row.currency = next((each.amount.currency for each in inputs if each.amount), "")
    for side in Contributor if inputs else ():
        worth, days, kinds = _sums(each for each in inputs if each.by is side)
        setattr(row, f"{side}_worth", worth)
        setattr(row, f"{side}_days", days)
        setattr(row, f"{side}_kinds", kinds)
    return row


def _sums(inputs: Iterable[Input]) -> tuple[Decimal, Decimal, tuple[str, ...]]:
    worth, days, kinds = Decimal(0), Decimal(0), dict[str, None]()
    for each in inputs:
        worth += each.amount.amount if each.amount else 0
        days += each.days or 0
        kinds[each.kind.value] = None
    return worth, days, tuple(kinds)


JOINT_ACTIVITIES = JointActivityModel()
