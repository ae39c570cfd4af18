"""How a plan ends: the result of each of its objectives, and what was learned."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from domain.account.visit_kinds import ObjectiveMet
from domain.aggregate import Event
from domain.errors import Refused
from domain.sealed import Sealed

if TYPE_CHECKING:
    from domain.account_plan.account_plan import AccountPlan


class ObjectiveResultsMissing(Refused):
    """The plan is closed with one result per objective. Without a result, or with several: {missing}; no objectives of
    this plan: {unknown}."""

    about = ("results",)


class ResultNotANumber(Refused):
    """{found} is nothing that an objective can have reached: state a number."""

    about = ("results",)


class ObjectiveResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an objective came to: the value reached in the unit of its metric, and whether this meets it."""

    objective_id: UUID
    reached: Decimal
    met: ObjectiveMet


class Close(Event):
    """What `AccountPlan.Closed` holds."""

    results: tuple[ObjectiveResult, ...] = ()
    lessons: Sealed | None = None

    def check(self, plan: AccountPlan) -> None:
        """With one result for each objective, and none other."""
        wanted, found = set(plan.objectives.objectives), [each.objective_id for each in self.results]
        missing = [each for each in plan.objectives.objectives if found.count(each) != 1]
        unknown = [each for each in found if each not in wanted]
        if missing or unknown:
            raise ObjectiveResultsMissing(
                missing=", ".join(map(str, missing)) or "none", unknown=", ".join(map(str, unknown)) or "none"
            )
        for each in self.results:
            if not each.reached.is_finite():
                raise ResultNotANumber(found=each.reached)

    def apply(self, plan: AccountPlan) -> None:
        """Nothing follows."""
        plan.closed = True
