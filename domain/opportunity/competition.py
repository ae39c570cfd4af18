"""Competition (竞争): who else wants this deal, who prefers them, and our strategy against them."""

from __future__ import annotations

import enum
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from domain.account.account import Account
from domain.account.stakeholders import NothingStated
from domain.aggregate import Event, command
from domain.opportunity.outcome import OpportunityPart
from domain.opportunity.rivals import CompetitorUnnamed, plain
from domain.sealed import FreeText, Sealed


class Strategy(enum.StrEnum):
    """How we compete (竞争策略): head-on, by changing or re-ranking the criteria, for a part of the deal, by holding
    what we have, or by preparing a later one."""

    FRONTAL = "frontal"
    FLANKING = "flanking"
    FRAGMENT = "fragment"
    DEFEND = "defend"
    DEVELOP = "develop"


class Competitor(msgspec.Struct):
    """A competitor as we see it on this opportunity; `name` in its first spelling."""

    name: str
    strengths: Sealed | None = None
    weaknesses: Sealed | None = None
    preferred_by: tuple[UUID, ...] = ()

    def take(self, event: Competition.CompetitorAssessed) -> None:
        """Let what an assessment states hold; the rest stays."""
        for field in ("strengths", "weaknesses", "preferred_by"):
            value = getattr(event, field)
            if value is not UNSET:
                setattr(self, field, value)


class Chosen(msgspec.Struct, frozen=True):
    """The strategy that holds, and why it was chosen."""

    strategy: Strategy
    reasoning: Sealed | None = None


class Competition(OpportunityPart, eq=False):
    """Competitors by their plain names, and strategies by whom they are against (empty: all of them)."""

    competitors: dict[str, Competitor] = msgspec.field(default_factory=dict)
    strategies: dict[str, Chosen] = msgspec.field(default_factory=dict)

    class CompetitorIdentified(Event):
        """Somebody else wants this deal."""

        competitor: str
        strengths: Sealed | None = None
        weaknesses: Sealed | None = None
        preferred_by: tuple[UUID, ...] = ()

        def check(self, competition: Competition) -> None:
            competition.root.must_be_open()
            if not plain(self.competitor):
                raise CompetitorUnnamed

        def apply(self, competition: Competition) -> None:
            key = plain(self.competitor)
            known = competition.competitors.get(key)
            competition.competitors[key] = Competitor(
                known.name if known else self.competitor, self.strengths, self.weaknesses, self.preferred_by
            )

    class CompetitorAssessed(Event):
        """We see a competitor anew; fields not stated stay."""

        competitor: str
        strengths: Sealed | UnsetType | None = UNSET
        weaknesses: Sealed | UnsetType | None = UNSET
        preferred_by: tuple[UUID, ...] | UnsetType = UNSET

        def check(self, competition: Competition) -> None:
            competition.root.must_be_open()
            competition.root.known_rival(self.competitor)

        def apply(self, competition: Competition) -> None:
            fresh = Competitor(self.competitor)
            competition.competitors.setdefault(plain(self.competitor), fresh).take(self)

    class StrategyChosen(Event):
        """We compete in this way: against one competitor, or against all (empty)."""

        strategy: Strategy
        against: str = ""
        reasoning: Sealed | None = None

        def check(self, competition: Competition) -> None:
            competition.root.must_be_open()
            if self.against:
                competition.root.known_rival(self.against)

        def apply(self, competition: Competition) -> None:
            competition.strategies[plain(self.against)] = Chosen(self.strategy, self.reasoning)

    @command
    def identify(
        self,
        *,
        competitor: str,
        strengths: Annotated[Sealed | None, FreeText(("preferred_by",))] = None,
        weaknesses: Annotated[Sealed | None, FreeText(("preferred_by",))] = None,
        preferred_by: tuple[UUID, ...] = (),
        account: Account,
    ) -> None:
        """Name a competitor, with what speaks for and against it and who prefers it; naming it anew replaces that."""
        self.root.must_be_open()
        _must_be_present(account, preferred_by)
        name = self.root.rivals().get(plain(competitor), competitor.strip())
        known = self.competitors.get(plain(name))
        if known == Competitor(name, strengths, weaknesses, tuple(preferred_by)):
            return
        self.record(
            self.CompetitorIdentified(
                competitor=name, strengths=strengths, weaknesses=weaknesses, preferred_by=tuple(preferred_by)
            )
        )

    @command
    def assess(
        self,
        *,
        competitor: str,
        strengths: Annotated[Sealed | UnsetType | None, FreeText(("preferred_by",))] = UNSET,
        weaknesses: Annotated[Sealed | UnsetType | None, FreeText(("preferred_by",))] = UNSET,
        preferred_by: tuple[UUID, ...] | UnsetType = UNSET,
        account: Account,
    ) -> None:
        """See a known competitor anew. What is not stated stays; null takes a text away."""
        self.root.must_be_open()
        name = self.root.known_rival(competitor)
        if preferred_by is not UNSET:
            preferred_by = tuple(preferred_by)
            _must_be_present(account, preferred_by)
        if strengths is UNSET and weaknesses is UNSET and preferred_by is UNSET:
            raise NothingStated(fields="strengths, weaknesses, preferred_by")
        event = self.CompetitorAssessed(
            competitor=name, strengths=strengths, weaknesses=weaknesses, preferred_by=preferred_by
        )
        known = self.competitors.get(plain(name), Competitor(name))
        after = msgspec.structs.replace(known)
        after.take(event)
        if after != known:
            self.record(event)

    @command
    def choose(
        self,
        *,
        strategy: Strategy,
        against: str = "",
        reasoning: Annotated[Sealed | None, FreeText()] = None,
    ) -> None:
        """Choose how to compete, against one known competitor or, unless one is named, against all of them."""
        self.root.must_be_open()
        name = self.root.known_rival(against) if against.strip() else ""
        if self.strategies.get(plain(name)) != Chosen(strategy, reasoning):
            self.record(self.StrategyChosen(strategy=strategy, against=name, reasoning=reasoning))


def _must_be_present(account: Account, stakeholders: tuple[UUID, ...]) -> None:
    for stakeholder in stakeholders:
        account.stakeholders.must_be_present(stakeholder)
