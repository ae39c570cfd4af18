"""Visits to a customer (客户拜访): planned with the five W, moved, cancelled, logged once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from uuid import UUID

import msgspec

from domain.account.dealings import listed
from domain.account.store_figures import (
    OrderLine,
    StockCount,
    see_that_it_was_a_store,
    see_that_store_can_have,
)
from domain.account.visit_kinds import ObjectiveMet, VisitKind, VisitPurpose
from domain.account.visit_plan import (
    EndsBeforeItStarts,
    ExpectedActionBlank,
    WhyBlank,
    must_be_chances,
    must_be_stated,
    must_end_after_start,
)
from domain.aggregate import Event, Moment, Part, command
from domain.claims import VISIT_END, Claim
from domain.errors import Refused
from domain.policies.visit_template import SHIPPED_TEMPLATE, STORE_STEPS, StepUnknown, VisitTemplate
from domain.sealed import FreeText, Sealed

if TYPE_CHECKING:
    from domain.account.account import Account


__all__ = [
    "EIGHT_STEPS",
    "EndsBeforeItStarts",
    "ExpectedActionBlank",
    "ObjectiveMet",
    "StepUnknown",
    "VisitKind",
    "VisitPurpose",
    "Visits",
    "WhyBlank",
]

EIGHT_STEPS = tuple(step.key for step in STORE_STEPS)
"""The eight steps of a store visit (拜访八步骤), by key."""


class VisitPlannedAlready(Refused):
    """The visit {visit} is planned already: reschedule or cancel it, or plan another under a new identifier."""


class VisitNotPlanned(Refused):
    """There is no planned visit {visit} at that moment. Planned are: {planned}."""


class MinutesOutOfRange(Refused):
    """A visit of {minutes} minutes: state 1 or more, or nothing."""


class Visits(Part, eq=False):
    """The planned visits of an account.

    Whether a visit is over is not kept here. Its plan and its end (log or cancellation) claim its identifier in the
    journal, once each, an ad hoc log both; the claim of a withdrawn fact is free again. So the state stays small
    over thousands of visits, and what is recorded late meets the same claims.
    """

    if TYPE_CHECKING:
        root: ClassVar[Account]

    planned: dict[UUID, Visits.VisitPlanned] = msgspec.field(default_factory=dict)

    class VisitPlanned(Event):
        """A visit is intended: who, what, why, where, when; its purpose and what the customer will do.

        `chances` are those of the opportunities that it serves, as they were judged when it was planned, 0 to 1.
        """

        schema_version: ClassVar[int] = 2
        upcasts: ClassVar[dict[int, Callable[[dict[str, Any]], dict[str, Any]]]] = {1: dict}

        visit_id: UUID
        start: Moment
        end: Moment | None
        what: VisitKind
        why: str
        where: str
        purpose: VisitPurpose
        expected_action: str
        people: tuple[UUID, ...]
        stakeholders: tuple[UUID, ...]
        opportunities: tuple[UUID, ...]
        external_id: str = ""
        chances: dict[UUID, Decimal] = msgspec.field(default_factory=dict)

        def check(self, part: Visits) -> None:
            """Not planned yet, with reason and expected action, with people who are there."""
            if self.visit_id in part.planned:
                raise VisitPlannedAlready(visit=self.visit_id)
            must_be_stated(self.why, self.expected_action)
            must_end_after_start(self.start, self.end)
            must_be_chances(self.chances, self.opportunities)
            part.root.must_have_present(self.stakeholders)

        def apply(self, part: Visits) -> None:
            """It is planned."""
            part.planned[self.visit_id] = self

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """A visit is planned once, and belongs to one identifier of the source system."""
            return [_plan(aggregate_id, self.visit_id), *_external(self.external_id)]

    class VisitRescheduled(Event):
        """A planned visit takes place at another time."""

        visit_id: UUID
        start: Moment
        end: Moment | None
        reason: str = ""

        def check(self, part: Visits) -> None:
            """Still planned."""
            part.must_be_planned(self.visit_id)
            must_end_after_start(self.start, self.end)

        def apply(self, part: Visits) -> None:
            """The new time holds."""
            before = part.planned[self.visit_id]
            part.planned[self.visit_id] = msgspec.structs.replace(before, start=self.start, end=self.end)

    class VisitCancelled(Event):
        """A planned visit does not take place."""

        visit_id: UUID
        reason: str = ""

        def check(self, part: Visits) -> None:
            """Still planned."""
            part.must_be_planned(self.visit_id)

        def apply(self, part: Visits) -> None:
            """It is planned no longer."""
            part.planned.pop(self.visit_id, None)

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """A visit ends once."""
            return [end_of_visit(aggregate_id, self.visit_id)]

    class VisitLogged(Event):
        """A visit took place, at the moment of this fact. What is empty here stands as it was planned.

        `steps` are those done of the visit template in its edition `template_version`; version 1 called the shipped
        template 1. `stock`, `order_lines`, `display_score` and `photo` are what was found in a store.
        """

        schema_version: ClassVar[int] = 2
        upcasts: ClassVar[dict[int, Callable[[dict[str, Any]], dict[str, Any]]]] = {
            1: lambda fields: {**fields, "template_version": 0 if fields["template_version"] else None}
        }

        visit_id: UUID
        minutes: int | None
        people: tuple[UUID, ...]
        stakeholders: tuple[UUID, ...]
        opportunities: tuple[UUID, ...]
        what: VisitKind | None
        why: str
        where: str
        purpose: VisitPurpose | None
        steps: tuple[str, ...]
        template_version: int | None
        objective_met: ObjectiveMet | None
        action_agreed: Sealed | None
        outcome: Sealed | None
        next_step: Sealed | None
        next_step_on: date | None
        external_id: str = ""
        ad_hoc: bool = False
        stock: tuple[StockCount, ...] = ()
        order_lines: tuple[OrderLine, ...] = ()
        display_score: int | None = None
        photo: str = ""

        def check(self, part: Visits) -> None:
            """With people who are there at that moment, and figures that a store can have."""
            plan = part.planned.get(self.visit_id)
            figures = (self.stock, self.order_lines, self.display_score, self.photo)
            see_that_it_was_a_store(self.what or (plan.what if plan else None), figures)
            see_that_store_can_have(self.stock, self.order_lines, self.display_score, self.photo)
            if self.minutes is not None and self.minutes <= 0:
                raise MinutesOutOfRange(minutes=self.minutes)
            part.root.must_have_present(self.stakeholders)

        def apply(self, part: Visits) -> None:
            """It is over."""
            part.planned.pop(self.visit_id, None)

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """A visit ends once, and one that was not planned by then is not planned afterwards."""
            ends = [end_of_visit(aggregate_id, self.visit_id), *_external(self.external_id)]
            return [*ends, _plan(aggregate_id, self.visit_id)] if self.ad_hoc else ends

    def must_be_planned(self, visit: UUID) -> Visits.VisitPlanned:
        """The plan of a visit; refuses one that is not planned, or no longer."""
        found = self.planned.get(visit)
        if found is None:
            raise VisitNotPlanned(visit=visit, planned=listed(self.planned))
        return found

    @command
    def plan(
        self,
        *,
        visit_id: UUID,
        start: Moment,
        what: VisitKind,
        why: str,
        purpose: VisitPurpose,
        expected_action: str,
        end: Moment | None = None,
        where: str = "",
        people: tuple[UUID, ...] = (),
        stakeholders: tuple[UUID, ...] = (),
        opportunities: tuple[UUID, ...] = (),
        chances: dict[UUID, Decimal] | None = None,
        external_id: str = "",
    ) -> None:
        """Plan a visit: who (`people` of ours, `stakeholders` of theirs), what, why, where and when.

        `expected_action` is what the customer will do, not what we do; `opportunities` are those that it serves, and
        `chances` how likely each of them is won as of now, 0 to 1.
        """
        planned = self.VisitPlanned(
            visit_id=visit_id,
            start=start,
            end=end,
            what=what,
            why=why,
            where=where,
            purpose=purpose,
            expected_action=expected_action,
            people=people,
            stakeholders=stakeholders,
            opportunities=opportunities,
            chances=dict(chances or {}),
            external_id=external_id,
        )
        if planned != self.planned.get(visit_id):
            self.record(planned)

    @command
    def reschedule(self, *, visit_id: UUID, start: Moment, end: Moment | None = None, reason: str = "") -> None:
        """Move a planned visit to another time."""
        planned = self.must_be_planned(visit_id)
        if (start, end) != (planned.start, planned.end):
            self.record(self.VisitRescheduled(visit_id=visit_id, start=start, end=end, reason=reason))

    @command
    def cancel(self, *, visit_id: UUID, reason: str = "") -> None:
        """Cancel a planned visit."""
        self.record(self.VisitCancelled(visit_id=visit_id, reason=reason))

    @command
    def log(
        self,
        *,
        visit_id: UUID,
        minutes: int | None = None,
        people: tuple[UUID, ...] = (),
        stakeholders: tuple[UUID, ...] = (),
        opportunities: tuple[UUID, ...] = (),
        what: VisitKind | None = None,
        why: str = "",
        where: str = "",
        purpose: VisitPurpose | None = None,
        steps: tuple[str, ...] = (),
        objective_met: ObjectiveMet | None = None,
        action_agreed: Annotated[Sealed | None, FreeText(("stakeholders",))] = None,
        outcome: Annotated[Sealed | None, FreeText(("stakeholders",))] = None,
        next_step: Annotated[Sealed | None, FreeText(("stakeholders",))] = None,
        next_step_on: date | None = None,
        external_id: str = "",
        stock: tuple[StockCount, ...] = (),
        order_lines: tuple[OrderLine, ...] = (),
        display_score: int | None = None,
        photo: str = "",
        template: VisitTemplate = SHIPPED_TEMPLATE,
    ) -> None:
        """Log a visit that took place, at the moment at which it did; planned before, or ad hoc.

        `stakeholders` are the people met; `steps` those done of the visit template of its kind; `action_agreed` what
        the customer will do. For a planned visit `what`, `why`, `where`, `purpose` and `opportunities` need not be
        repeated; an ad hoc visit that does not state `what` is an other one. A visit is logged once.

        A store visit may state `stock` counted and `order_lines` (a product and a quantity each, the price of one
        where it was agreed), the `display_score` from 0 to 100, and `photo`, the URI or hash of a picture.
        """
        plan = self.planned.get(visit_id)
        template.must_have(what or (plan.what if plan else VisitKind.OTHER), steps)
        self.record(
            self.VisitLogged(
                visit_id=visit_id,
                minutes=minutes,
                people=people,
                stakeholders=stakeholders,
                opportunities=opportunities,
                what=what or (None if plan else VisitKind.OTHER),
                why=why,
                where=where,
                purpose=purpose,
                steps=tuple(dict.fromkeys(steps)),
                template_version=template.edition if steps else None,
                objective_met=objective_met,
                action_agreed=action_agreed,
                outcome=outcome,
                next_step=next_step,
                next_step_on=next_step_on,
                external_id="" if plan and plan.external_id == external_id else external_id,
                ad_hoc=plan is None,
                stock=tuple(stock),
                order_lines=tuple([line.normal() for line in order_lines]),
                display_score=display_score,
                photo=photo.strip(),
            )
        )


def _plan(aggregate_id: UUID, visit: UUID) -> Claim:
    return Claim("visit-plan", str(aggregate_id), str(visit))


def end_of_visit(aggregate_id: UUID, visit: UUID) -> Claim:
    """What a log or a cancellation of a visit claims."""
    return Claim(VISIT_END, str(aggregate_id), str(visit))


def _external(external_id: str) -> list[Claim]:
    return [Claim("visit", "", external_id)] if external_id else []
