"""Decision criteria (决策标准): what the customer decides by, who set it, and how we and the others stand in it."""

from __future__ import annotations

import enum
from typing import Annotated
from uuid import UUID

import msgspec

from domain.account.account import Account
from domain.aggregate import Event, command
from domain.errors import Refused
from domain.opportunity.outcome import OpportunityPart
from domain.opportunity.rivals import plain
from domain.sealed import FreeText, Sealed

WORST, BEST = -2, 2


class CriterionKind(enum.StrEnum):
    """What kind of criterion: technical or commercial, what a person wants for himself, one that the customer has
    overlooked (客户遗漏), or another (references, experience)."""

    BUSINESS = "business"
    PERSONAL = "personal"
    HIDDEN = "hidden"
    OTHER = "other"


class SetBy(enum.StrEnum):
    """Who brought the criterion in (制定小组)."""

    INSIDE_GROUP = "inside_group"
    OUTSIDE_ADVISER = "outside_adviser"
    COMPETITOR = "competitor"
    US = "us"


class Criterion(msgspec.Struct):
    """A criterion. `priority` 1 is the most important; `standings` from −2 to 2, by plain name (empty: we)."""

    text: Sealed
    kind: CriterionKind
    set_by: SetBy | None = None
    whose: UUID | None = None
    priority: int | None = None
    formal: bool = True
    standings: dict[str, int] = msgspec.field(default_factory=dict)


class CriterionUnknown(Refused):
    """There is no criterion {criterion} on this opportunity; its criteria are: {known}."""


class NotARank(Refused):
    """{found} is no priority: state a whole number from 1, the most important, upwards."""

    about = ("priority",)


class NotAStanding(Refused):
    """{found} is no standing: state a whole number from -2 (far behind) to 2 (far ahead)."""

    about = ("standing", "ours", "theirs")


class Criteria(OpportunityPart, eq=False):
    """The criteria, by their identifiers."""

    known: dict[UUID, Criterion] = msgspec.field(default_factory=dict)

    class DecisionCriterionRecorded(Event):
        """The customer decides by this; stated anew it replaces what was said before, but not the standings."""

        criterion_id: UUID
        text: Sealed
        kind: CriterionKind
        set_by: SetBy | None = None
        whose: UUID | None = None
        priority: int | None = None
        formal: bool = True

        def check(self, criteria: Criteria) -> None:
            criteria.root.must_be_open()
            _see_that_it_is_a_rank(self.priority)

        def apply(self, criteria: Criteria) -> None:
            before = criteria.known.get(self.criterion_id)
            criteria.known[self.criterion_id] = self.after(before)

        def after(self, before: Criterion | None) -> Criterion:
            """The criterion as stated here."""
            standings = before.standings if before else {}
            return Criterion(self.text, self.kind, self.set_by, self.whose, self.priority, self.formal, dict(standings))

    class CriterionReranked(Event):
        """A criterion matters more, or less, than before."""

        criterion_id: UUID
        previous: int | None
        priority: int
        reason: str = ""

        def check(self, criteria: Criteria) -> None:
            criteria.root.must_be_open()
            criteria.must_be_known(self.criterion_id)
            _see_that_it_is_a_rank(self.priority)

        def apply(self, criteria: Criteria) -> None:
            criteria.known[self.criterion_id].priority = self.priority

    class CriterionStandingStated(Event):
        """We (empty), or a competitor, stand so in the customer's eyes by this criterion; stated anew it replaces."""

        criterion_id: UUID
        standing: int
        competitor: str = ""

        def check(self, criteria: Criteria) -> None:
            criteria.root.must_be_open()
            criteria.must_be_known(self.criterion_id)
            if not WORST <= self.standing <= BEST:
                raise NotAStanding(found=self.standing)
            if self.competitor:
                criteria.root.known_rival(self.competitor)

        def apply(self, criteria: Criteria) -> None:
            criteria.known[self.criterion_id].standings[plain(self.competitor)] = self.standing

    @command
    def describe(
        self,
        *,
        criterion_id: UUID,
        text: Annotated[Sealed, FreeText(("whose",))],
        kind: CriterionKind = CriterionKind.BUSINESS,
        set_by: SetBy | None = None,
        whose: UUID | None = None,
        priority: int | None = None,
        formal: bool = True,
        ours: int | None = None,
        theirs: dict[str, int] | None = None,
        account: Account,
    ) -> None:
        """Say what the customer decides by; `ours` and `theirs`, by competitor, say how we and they stand in it."""
        self.root.must_be_open()
        if whose is not None:
            account.stakeholders.must_be_present(whose)
        event = self.DecisionCriterionRecorded(
            criterion_id=criterion_id,
            text=text,
            kind=kind,
            set_by=set_by,
            whose=whose,
            priority=priority,
            formal=formal,
        )
        before = self.known.get(criterion_id)
        if before != event.after(before):
            self.record(event)
        stated = {**({} if ours is None else {"": ours}), **(theirs or {})}
        for competitor, standing in stated.items():
            self.stand(criterion=criterion_id, standing=standing, competitor=competitor)

    @command
    def rerank(self, *, criterion: UUID, priority: int, reason: str = "") -> None:
        """Say that a criterion matters more, or less, than before."""
        before = self.must_be_known(criterion).priority
        if before != priority:
            self.record(
                self.CriterionReranked(criterion_id=criterion, previous=before, priority=priority, reason=reason)
            )

    @command
    def stand(self, *, criterion: UUID, standing: int, competitor: str = "") -> None:
        """Say how we, or a known competitor, stand by a criterion: -2 far behind to 2 far ahead."""
        name = self.root.known_rival(competitor) if competitor.strip() else ""
        if self.must_be_known(criterion).standings.get(plain(name)) != standing:
            self.record(self.CriterionStandingStated(criterion_id=criterion, standing=standing, competitor=name))

    def must_be_known(self, criterion: UUID) -> Criterion:
        """The criterion; refuses one that was never recorded."""
        found = self.known.get(criterion)
        if found is None:
            raise CriterionUnknown(criterion=criterion, known=", ".join(map(str, self.known)) or "none")
        return found


def _see_that_it_is_a_rank(priority: int | None) -> None:
    if priority is not None and priority < 1:
        raise NotARank(found=priority)
