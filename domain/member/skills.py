"""How skilled a member is (技能水平), as a person confirmed it beside what the rule proposed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import msgspec

from domain.aggregate import Event, Part, command
from domain.errors import Refused
from domain.policies.calendar import day_start, period
from domain.policies.company import Company
from domain.policies.skill_model import LEVELS, NOTHING_PROPOSED, Proposal, SkillDimension
from domain.sealed import FreeText, Sealed

if TYPE_CHECKING:
    from domain.member.member import Member


class SkillLevelUnknown(Refused):
    """There is no level {found}: state 1, 2 or 3."""

    about = ("level",)


class AssessedByHimself(Refused):
    """{member} cannot confirm a level of his own: a director of his territory or an admin does."""


class ReasonForLevelMissing(Refused):
    """The rule proposes {proposed} for {dimension}, not {level}: state the reason, or confirm what is proposed."""


class AssessedTooEarly(Refused):
    """{period} begins on {first}: assess a period that runs or is over."""


class Skills(Part, eq=False):
    """The levels of a member as they were confirmed last, by dimension."""

    if TYPE_CHECKING:
        root: ClassVar[Member]

    assessed: dict[SkillDimension, Skills.SkillAssessed] = msgspec.field(default_factory=dict)

    class SkillAssessed(Event):
        """A level was confirmed for a period, beside what the rule proposed from the facts (`computed`). `reason` says
        why the two differ, or anything else worth keeping."""

        dimension: SkillDimension
        period: str
        level: int
        confirmed_by: UUID
        computed: Proposal
        reason: Sealed | None = None

        def check(self, part: Skills) -> None:
            """Of somebody who is here, one of three levels, by another person, with its reason where it differs."""
            part.root.must_be_here()
            if self.level not in LEVELS:
                raise SkillLevelUnknown(found=self.level)
            if self.confirmed_by == part.root.id:
                raise AssessedByHimself(member=part.root.id)
            if self.level != self.computed.level and self.reason is None:
                proposed = self.computed.level or "none"
                raise ReasonForLevelMissing(proposed=proposed, dimension=self.dimension.value, level=self.level)

        def apply(self, part: Skills) -> None:
            """What was confirmed last stands; what it rested on stays in the journal."""
            newest = msgspec.structs.replace(self.computed, measures=())
            part.assessed[self.dimension] = msgspec.structs.replace(self, computed=newest)

    @command
    def assess(
        self,
        *,
        dimension: SkillDimension,
        period: str,
        level: int,
        confirmed_by: UUID,
        company: Company,
        reason: Annotated[Sealed | None, FreeText()] = None,
        computed: Proposal = NOTHING_PROPOSED,
    ) -> None:
        """Confirm a level of 1 to 3 for a period such as 2026-Q4; a reason is needed where the rule proposes another
        one, or none. What the rule says at that moment is kept beside it, with the facts."""
        self._must_have_begun(company, period)
        assessed = self.SkillAssessed(
            dimension=dimension, period=period, level=level, confirmed_by=confirmed_by, computed=computed, reason=reason
        )
        if not self._stands(assessed):
            self.record(assessed)

    def _stands(self, new: SkillAssessed) -> bool:
        """Whether the same was confirmed last: by whomever, from whatever facts, by the same edition."""
        last = self.assessed.get(new.dimension)
        return last is not None and all(
            getattr(last, name) == getattr(new, name) for name in ("period", "level", "confirmed_by", "reason")
        )

    def _must_have_begun(self, company: Company, key: str) -> None:
        first = period(company, key).first
        if self.root.moment < day_start(company, first):
            raise AssessedTooEarly(period=key, first=first)
