"""Visits as rows: planned, cancelled, logged."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from datetime import date, datetime
from uuid import UUID

from domain.account.account import Account
from domain.account.visit_plan import names_our_action
from domain.account.visits import ObjectiveMet, VisitKind, VisitPurpose, Visits
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, on


class VisitStatus(enum.StrEnum):
    """How far a visit is."""

    PLANNED = "planned"
    CANCELLED = "cancelled"
    LOGGED = "logged"


class VisitRow(Row):
    """A visit. `start` and `finish` are planned, `at` is when it took place; people are ours, stakeholders theirs.

    `planned` and `logged` are the positions of the plan and of the log, whose events hold the texts and whose
    `recorded_at` says how late they came; `planned_at` is when the plan was made, `moves` how often its time changed.
    `action_agreed` says whether the log states what the customer will do, `our_action` whether the plan names what we
    do instead.
    """

    account: UUID | None = None
    visit: UUID | None = None
    status: VisitStatus = VisitStatus.PLANNED
    start: datetime | None = None
    finish: datetime | None = None
    at: datetime | None = None
    minutes: int | None = None
    what: VisitKind | None = None
    purpose: VisitPurpose | None = None
    objective_met: ObjectiveMet | None = None
    next_step_on: date | None = None
    people: tuple[UUID, ...] = ()
    stakeholders: tuple[UUID, ...] = ()
    external_id: str = ""
    planned: int | None = None
    planned_at: datetime | None = None
    moves: int = 0
    logged: int | None = None
    ad_hoc: bool = False
    steps: tuple[str, ...] = ()
    template_version: int | None = None
    display_score: int | None = None
    action_agreed: bool = False
    our_action: bool = False


VisitEvent = Visits.VisitPlanned | Visits.VisitRescheduled | Visits.VisitCancelled | Visits.VisitLogged


def _visit(envelope: Envelope, event: VisitEvent) -> UUID:
    return child_key(envelope, event.visit_id.bytes)


def _open_then(envelope: Envelope, event: Account.AccountHandedOver) -> Iterator[UUID]:
    return (child_key(envelope, visit.bytes) for visit in event.visits)


class VisitModel(ReadModel):
    """One row per visit."""

    name = "visit"
    version = 2
    row = VisitRow
    indexes = (("account",),)

    @on(Visits.VisitPlanned, key=_visit)
    def planned(self, row: VisitRow | None, event: Visits.VisitPlanned, envelope: Envelope) -> VisitRow:
        """A visit is intended."""
        return VisitRow(
            account=envelope.aggregate_id,
            visit=event.visit_id,
            start=event.start,
            finish=event.end,
            what=event.what,
            purpose=event.purpose,
            people=event.people,
            stakeholders=event.stakeholders,
            external_id=event.external_id,
            planned=envelope.position,
            planned_at=envelope.occurred_at,
            our_action=names_our_action(event.expected_action),
        )

    @on(Visits.VisitRescheduled, key=_visit)
    def rescheduled(self, row: VisitRow | None, event: Visits.VisitRescheduled, envelope: Envelope) -> VisitRow | None:
        """At another time."""
        if row:
            row.start, row.finish, row.moves = event.start, event.end, row.moves + 1
        return row

    @on(Visits.VisitCancelled, key=_visit)
    def cancelled(self, row: VisitRow | None, event: Visits.VisitCancelled, envelope: Envelope) -> VisitRow | None:
        """It does not take place."""
        if row:
            row.status = VisitStatus.CANCELLED
        return row

    @on(Visits.VisitLogged, key=_visit)
    def logged(self, row: VisitRow | None, event: Visits.VisitLogged, envelope: Envelope) -> VisitRow:
        """It took place. What is empty stands as it was planned."""
        row = row or VisitRow(account=envelope.aggregate_id, visit=event.visit_id)
        row.status, row.at, row.minutes = VisitStatus.LOGGED, envelope.occurred_at, event.minutes
        row.what, row.purpose = event.what or row.what, event.purpose or row.purpose
        row.people = event.people or row.people
        row.stakeholders = event.stakeholders or row.stakeholders
        row.objective_met, row.next_step_on = event.objective_met, event.next_step_on
        row.external_id = event.external_id or row.external_id
        row.logged, row.ad_hoc = envelope.position, event.ad_hoc
        row.steps, row.template_version, row.display_score = event.steps, event.template_version, event.display_score
        row.action_agreed = event.action_agreed is not None
        return row

    @on(Account.AccountHandedOver, keys=_open_then)
    def handed_over(
        self, row: VisitRow | None, event: Account.AccountHandedOver, envelope: Envelope
    ) -> VisitRow | None:
        """The new manager goes there in the place of the old one."""
        if row and row.status is VisitStatus.PLANNED:
            row.people = event.after(row.people)
        return row


VISITS = VisitModel()
