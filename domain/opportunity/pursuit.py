"""Whether we take part (抉择参与): go or no-go, decided before resources are spent."""

from __future__ import annotations

import enum
from decimal import Decimal
from uuid import UUID

import msgspec

from domain.aggregate import Event, command
from domain.errors import Refused
from domain.money import Money
from domain.opportunity.amounts import see_that_it_is_not_negative
from domain.opportunity.outcome import OpportunityPart, stated


class Decision(enum.StrEnum):
    """Whether the opportunity is pursued. A no-go is not a loss: the opportunity stays open until it ends."""

    GO = "go"
    NO_GO = "no_go"


class PersonDaysNotSensible(Refused):
    """{found} person-days are not possible: state a number above 0, such as 2.5."""

    about = ("person_days", "days_allowed")


class NoGoAllowsNothing(Refused):
    """A no-go allows no resources: leave out {stated}, or decide go."""

    about = ("cost_allowed", "days_allowed")


class DecidedAgainst(Refused):
    """It was decided not to pursue this opportunity (no-go): decide go before resources are spent."""


class PursuitUndecided(Refused):
    """The process asks for the decision to pursue before resources are spent: decide go first."""


class Pursued(msgspec.Struct, frozen=True):
    """The decision that holds, and the resources that it allows; None where it sets no limit."""

    decision: Decision
    by: UUID
    why: str
    cost_allowed: Money | None = None
    days_allowed: Decimal | None = None


class Pursuit(OpportunityPart, eq=False):
    """The decision that holds; none before the first."""

    decided: Pursued | None = None

    class PursuitDecided(Event):
        """We take part in this opportunity, or do not: by whom, why, with which resources at most."""

        decision: Decision
        by: UUID
        why: str
        cost_allowed: Money | None = None
        days_allowed: Decimal | None = None

        def check(self, pursuit: Pursuit) -> None:
            pursuit.root.must_be_open()
            stated(self.why, "A decision about the pursuit")
            see_that_it_is_not_negative(self.cost_allowed, "cost_allowed")
            if self.days_allowed is not None:
                must_be_person_days(self.days_allowed)
            limits = {"cost_allowed": self.cost_allowed, "days_allowed": self.days_allowed}
            found = [name for name, limit in limits.items() if limit is not None]
            if self.decision is Decision.NO_GO and found:
                raise NoGoAllowsNothing(stated=", ".join(found))

        def apply(self, pursuit: Pursuit) -> None:
            pursuit.decided = Pursued(self.decision, self.by, self.why, self.cost_allowed, self.days_allowed)

    @command
    def decide(
        self,
        *,
        decision: Decision,
        by: UUID,
        why: str,
        cost_allowed: Money | None = None,
        days_allowed: Decimal | None = None,
    ) -> None:
        """Decide to take part (go) or not (no_go): by which member, why, and the resources allowed at most."""
        limit = cost_allowed and cost_allowed.normal()
        if self.decided == Pursued(decision, by, why, limit, days_allowed):
            return
        self.record(
            self.PursuitDecided(decision=decision, by=by, why=why, cost_allowed=limit, days_allowed=days_allowed)
        )

    def must_allow_spending(self, *, asked: bool) -> None:
        """Refuse after a no-go, and where a decision is asked for and there is none."""
        if self.decided is None:
            if asked:
                raise PursuitUndecided
        elif self.decided.decision is Decision.NO_GO:
            raise DecidedAgainst


def must_be_person_days(found: Decimal) -> None:
    """Refuse what is no number of person-days above 0."""
    if not (found.is_finite() and found > 0):
        raise PersonDaysNotSensible(found=found)
