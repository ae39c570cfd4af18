"""The situation of an account (SWOT): strengths, weaknesses, opportunities and threats, one item a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

from domain.account.stakeholders import NothingStated
from domain.aggregate import Event, Part, command
from domain.sealed import FreeText, Sealed

if TYPE_CHECKING:
    from domain.account_plan.account_plan import AccountPlan

QUADRANTS = ("strengths", "weaknesses", "opportunities", "threats")


class Situation(Part, eq=False):
    """What we said last about where we stand at this customer. Each text is sealed and holds one item a line."""

    if TYPE_CHECKING:
        root: ClassVar[AccountPlan]

    strengths: Sealed | None = None
    weaknesses: Sealed | None = None
    opportunities: Sealed | None = None
    threats: Sealed | None = None

    class SituationAnalysed(Event):
        """Where we stand at this customer, as a whole; `revision` is that of the approved plan (0: a draft's)."""

        account: UUID
        strengths: Sealed | None = None
        weaknesses: Sealed | None = None
        opportunities: Sealed | None = None
        threats: Sealed | None = None
        revision: int = 0

        def check(self, part: Situation) -> None:
            """Something is stated, in a draft or by a revision."""
            if not any(getattr(self, name) for name in QUADRANTS):
                raise NothingStated(fields=", ".join(QUADRANTS))
            part.root.must_change_by(self.revision)

        def apply(self, part: Situation) -> None:
            """It replaces what was said before."""
            for name in QUADRANTS:
                setattr(part, name, getattr(self, name))

    @command
    def analyse(
        self,
        *,
        strengths: Annotated[Sealed | None, FreeText()] = None,
        weaknesses: Annotated[Sealed | None, FreeText()] = None,
        opportunities: Annotated[Sealed | None, FreeText()] = None,
        threats: Annotated[Sealed | None, FreeText()] = None,
    ) -> None:
        """Say, as a whole, where we stand at this customer: one item a line."""
        analysed = self.SituationAnalysed(
            account=self.root.whose,
            strengths=strengths,
            weaknesses=weaknesses,
            opportunities=opportunities,
            threats=threats,
        )
        if any(getattr(analysed, name) != getattr(self, name) for name in QUADRANTS) or not self.stated:
            self.record(analysed)

    @property
    def stated(self) -> bool:
        """Whether anything was said."""
        return any(getattr(self, name) for name in QUADRANTS)

    def take_up(
        self,
        strengths: Sealed | None,
        weaknesses: Sealed | None,
        opportunities: Sealed | None,
        threats: Sealed | None,
        *,
        revision: int,
    ) -> None:
        """Change what a revision states; the rest stays."""
        stated = dict(zip(QUADRANTS, (strengths, weaknesses, opportunities, threats), strict=True))
        news = {name: text for name, text in stated.items() if text is not None and text != getattr(self, name)}
        if news:
            now = {name: getattr(self, name) for name in QUADRANTS}
            self.record(self.SituationAnalysed(account=self.root.whose, **{**now, **news}, revision=revision))
