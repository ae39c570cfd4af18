"""The goals of a strategy (目标): of the company, and of its territories below; account plans take them on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import msgspec

from domain.account.dealings import listed
from domain.aggregate import Event, Part, command
from domain.claims import Claim
from domain.currencies import currency_code
from domain.errors import Refused
from domain.language.catalogue import say
from domain.objective import Metric
from domain.opportunity.outcome import stated
from domain.policies.calendar import day_of
from domain.policies.company import Company
from domain.policies.territories import Territories, TerritoryUnknown
from domain.sealed import FreeText, Sealed
from domain.wording import worded

if TYPE_CHECKING:
    from domain.strategy.strategy import KeyAccountStrategy


class GoalUnknown(Refused):
    """There is no goal {goal} in the strategy at that moment, or it was dropped. Its goals are: {known}."""


class GoalSetAlready(Refused):
    """The goal {goal} is set already: state it anew with its command, or use a new identifier."""


class GoalWithoutLine(Refused):
    """A goal from {baseline} to {target} between {start} and {due} is none: its target differs from its baseline, both
    are numbers, and it is due after its start."""


class GoalWithoutCurrency(Refused):
    """The goal {title} is one of revenue, which is an amount of money: state its `currency`, such as EUR."""


class GoalInTwoUnits(Refused):
    """A goal is measured in a currency ({currency}) or in another unit ({unit}), not in both: state one."""


class GoalWithoutParent(Refused):
    """The goal of the territory {territory} stands alone: name as its `parent` a goal of the company or of a territory
    above it. Those are: {known}."""


class ParentNotAbove(Refused):
    """{parent} cannot be the parent of a goal of {territory}: a goal of the company lies below one of the company, and
    one of a territory below one of the company or of a territory above it. Those are: {known}."""


class GoalCircle(Refused):
    """{goal} cannot lie below {parent}: {parent} lies below it. Name another parent, or none."""


class GoalHasParts(Refused):
    """The goal {goal} cannot be dropped while these lie below it: {parts}. Drop them first, or move them."""


class ProgressOutOfTime(Refused):
    """A goal cannot have been measured on {on}: that is after {today}. State a day until then."""


class ProgressNotANumber(Refused):
    """{found} is not a value of a goal: state a number such as 1250000."""

    about = ("value",)


class Goals(Part, eq=False):
    """The goals that stand, as they were set last, and where each was measured last."""

    if TYPE_CHECKING:
        root: ClassVar[KeyAccountStrategy]

    open: dict[UUID, Goals.GoalSet] = msgspec.field(default_factory=dict)
    progress: dict[UUID, Goals.GoalProgressed] = msgspec.field(default_factory=dict)

    class GoalSet(Event):
        """A goal of the company (`territory` empty) or of a territory: from `baseline` on the day `start` to `target`
        on the day `due`, in `currency` or `unit`. `restated` where a goal is set anew as a whole."""

        goal_id: UUID
        title: str
        metric: Metric
        baseline: Decimal
        target: Decimal
        start: date
        due: date
        currency: str = ""
        unit: str = ""
        parent: UUID | None = None
        territory: str = ""
        reason: str = ""
        restated: bool = False

        def check(self, part: Goals) -> None:
            """Measurable, below a goal that stands; for a stated reason once the strategy is adopted."""
            worded(self.title, "The title of a goal")
            if self.restated:
                part.must_stand(self.goal_id)
            elif self.goal_id in part.open:
                raise GoalSetAlready(goal=self.goal_id)
            part.may_change(self.reason)
            _must_be_measurable(self)
            part.must_lie_below(self)

        def apply(self, part: Goals) -> None:
            """It stands, as set last."""
            part.open[self.goal_id] = self

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """A goal's identifier is one goal's in all strategies: account plans name it."""
            return [] if self.restated else [Claim("goal", "", str(self.goal_id))]

    class GoalProgressed(Event):
        """A goal was measured: its value on a day, in its own unit."""

        goal_id: UUID
        value: Decimal
        on: date
        evidence: Sealed | None = None

        def check(self, part: Goals) -> None:
            """Of a goal that stands, a number."""
            part.must_stand(self.goal_id)
            if not self.value.is_finite():
                raise ProgressNotANumber(found=self.value)

        def apply(self, part: Goals) -> None:
            """What was measured last."""
            before = part.progress.get(self.goal_id)
            if before is None or before.on <= self.on:
                part.progress[self.goal_id] = self

    class GoalDropped(Event):
        """The goal is not followed any more."""

        goal_id: UUID
        reason: str

        def check(self, part: Goals) -> None:
            """It stands, nothing lies below it, and the reason is stated."""
            part.must_stand(self.goal_id)
            stated(self.reason, "Dropping a goal")
            if parts := part.directly_below(self.goal_id):
                raise GoalHasParts(goal=self.goal_id, parts=listed([each.goal_id for each in parts]))

        def apply(self, part: Goals) -> None:
            """It stands no longer."""
            part.open.pop(self.goal_id, None)
            part.progress.pop(self.goal_id, None)

    @command
    def set(
        self,
        *,
        goal_id: UUID,
        title: str,
        metric: Metric,
        baseline: Decimal,
        target: Decimal,
        start: date,
        due: date,
        territories: Territories,
        currency: str = "",
        unit: str = "",
        parent: UUID | None = None,
        territory: str = "",
        reason: str = "",
    ) -> None:
        """Set a goal of the company, or of a `territory` below its `parent`; stating one anew replaces it as a whole.

        It goes from `baseline` on the day `start` to `target` on the day `due`, in a `currency` (revenue always) or
        another `unit`. Once the strategy is adopted, `reason` says why goals change.
        """
        goal = self.GoalSet(
            goal_id=goal_id,
            title=title,
            metric=metric,
            baseline=baseline,
            target=target,
            start=start,
            due=due,
            currency=currency_code(currency) if currency else "",
            unit=unit,
            parent=parent,
            territory=territory,
            reason=reason.strip(),
            restated=goal_id in self.open,
        )
        if goal_id in self.open and _content(goal) == _content(self.open[goal_id]):
            return
        self._must_fit_the_tree(goal, territories)
        self.record(goal)

    @command
    def progress_to(
        self,
        *,
        goal_id: UUID,
        value: Decimal,
        company: Company,
        on: date | None = None,
        evidence: Annotated[Sealed | None, FreeText()] = None,
    ) -> None:
        """Record where a goal stands: its value, in its own unit, on a day (default: that of this fact)."""
        today = day_of(company, self.root.moment)
        measured = self.GoalProgressed(goal_id=goal_id, value=value, on=on or today, evidence=evidence)
        if measured.on > today:
            raise ProgressOutOfTime(on=measured.on, today=today)
        if measured != self.progress.get(goal_id):
            self.record(measured)

    @command
    def drop(self, *, goal_id: UUID, reason: str) -> None:
        """Stop following a goal below which no other lies, with the reason."""
        self.record(self.GoalDropped(goal_id=goal_id, reason=reason))

    def must_stand(self, goal: UUID) -> GoalSet:
        """The goal; refuses one that was never set, or is dropped."""
        if goal not in self.open:
            raise GoalUnknown(goal=goal, known=listed(self.open))
        return self.open[goal]

    def may_change(self, reason: str) -> None:
        """Refuse a change without a reason once the strategy is adopted."""
        if self.root.adopted:
            stated(reason, "Changing goals after the strategy was adopted")

    def directly_below(self, goal: UUID) -> list[GoalSet]:
        """The goals that name one as their parent."""
        return [each for each in self.open.values() if each.parent == goal]

    def must_lie_below(self, goal: GoalSet) -> None:
        """Refuse a parent that does not stand, makes a circle, or is a territory's over one of the company."""
        candidates = listed([each.goal_id for each in self.open.values() if not each.territory])
        if goal.parent is None:
            if goal.territory:
                raise GoalWithoutParent(territory=goal.territory, known=candidates)
            return
        parent: UUID | None = goal.parent
        above = self.must_stand(goal.parent)
        while parent:
            if parent == goal.goal_id:
                raise GoalCircle(goal=goal.goal_id, parent=goal.parent)
            parent = self.open[parent].parent if parent in self.open else None
        if above.territory and not goal.territory:
            raise ParentNotAbove(parent=goal.parent, territory=say("the company"), known=candidates)

    def _must_fit_the_tree(self, goal: GoalSet, territories: Territories) -> None:
        """Refuse a territory that is not there, and a goal that lies, or leaves one, below no territory above."""
        known = territories.territories
        if goal.territory and known and goal.territory not in known:
            raise TerritoryUnknown(territory=goal.territory, known=sorted(known))
        pairs = [(goal, self.open[goal.parent])] if goal.parent in self.open else []
        pairs += [(each, goal) for each in self.directly_below(goal.goal_id)]
        for below, above in pairs:
            if above.territory and above.territory not in territories.above(below.territory):
                fit = ("", *territories.above(below.territory)) if below.territory else ("",)
                among = [each.goal_id for each in self.open.values() if each.territory in fit]
                raise ParentNotAbove(
                    parent=above.goal_id, territory=below.territory or say("the company"), known=listed(among)
                )


def _content(goal: Goals.GoalSet) -> Goals.GoalSet:
    """What a goal is, without why it was changed."""
    return msgspec.structs.replace(goal, reason="", restated=True)


def _must_be_measurable(goal: Goals.GoalSet) -> None:
    numbers = goal.baseline.is_finite() and goal.target.is_finite()
    if not numbers or goal.baseline == goal.target or goal.due <= goal.start:
        raise GoalWithoutLine(baseline=goal.baseline, target=goal.target, start=goal.start, due=goal.due)
    if goal.currency and goal.unit:
        raise GoalInTwoUnits(currency=goal.currency, unit=goal.unit)
    if goal.metric is Metric.REVENUE and not goal.currency:
        raise GoalWithoutCurrency(title=goal.title)
