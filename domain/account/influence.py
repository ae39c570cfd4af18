"""Influence (影响力) between the people of a customer: who advises, approves or blocks whom, and how strongly."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import msgspec

from domain.aggregate import Event, Part, command
from domain.errors import Refused
from domain.sealed import FreeText, Sealed

if TYPE_CHECKING:
    from domain.account.account import Account

STRENGTHS = range(1, 4)


class InfluenceKind(enum.StrEnum):
    """What a person can do to what another one wants: give advice (咨询), approve it (批准), block it (阻止)."""

    ADVISES = "advises"
    APPROVES = "approves"
    BLOCKS = "blocks"


class InfluenceNature(enum.StrEnum):
    """Where the influence comes from: the formal organisation (正式组织), or the political structure (政治结构)."""

    FORMAL = "formal"
    POLITICAL = "political"


class Influence(msgspec.Struct, frozen=True):
    """How strong an influence is, 1 (weak) to 3 (strong), and where it comes from."""

    strength: int
    nature: InfluenceNature


class InfluenceOnOneself(Refused):
    """The stakeholder {stakeholder} cannot have influence on himself: name two different people."""

    about = ("to_stakeholder",)


class StrengthOutOfRange(Refused):
    """An influence of strength {found} is not possible: state 1 (weak), 2 or 3 (strong)."""

    about = ("strength",)


class InfluenceNotObserved(Refused):
    """No such influence is observed: {stated}. Observed are: {known}."""

    about = ("to_stakeholder",)


class Influences(Part, eq=False):
    """Who has influence on whom, as far as it was observed and not withdrawn: by `edge`."""

    if TYPE_CHECKING:
        root: ClassVar[Account]

    observed: dict[str, Influence] = msgspec.field(default_factory=dict)

    class InfluenceObserved(Event):
        """A person has influence on another one; a new observation of the same kind replaces the one before."""

        from_stakeholder: UUID
        to_stakeholder: UUID
        kind: InfluenceKind
        strength: int
        nature: InfluenceNature

        def check(self, part: Influences) -> None:
            """Between two who are there and differ, of a strength that there is."""
            if self.from_stakeholder == self.to_stakeholder:
                raise InfluenceOnOneself(stakeholder=self.from_stakeholder)
            if self.strength not in STRENGTHS:
                raise StrengthOutOfRange(found=self.strength)
            part.root.must_have_present([self.from_stakeholder, self.to_stakeholder])

        def apply(self, part: Influences) -> None:
            """The newest observation."""
            key = edge(self.from_stakeholder, self.to_stakeholder, self.kind)
            part.observed[key] = Influence(self.strength, self.nature)

    class InfluenceWithdrawn(Event):
        """A person has this influence no longer; also one of a person who has left."""

        from_stakeholder: UUID
        to_stakeholder: UUID
        kind: InfluenceKind
        reason: Sealed | None = None

        def check(self, part: Influences) -> None:
            """Observed until now."""
            stated = edge(self.from_stakeholder, self.to_stakeholder, self.kind)
            if stated not in part.observed:
                known = "; ".join(part.observed) or "none yet"
                raise InfluenceNotObserved(stated=stated, known=known)

        def apply(self, part: Influences) -> None:
            """There is none."""
            part.observed.pop(edge(self.from_stakeholder, self.to_stakeholder, self.kind), None)

    @command
    def observe(
        self,
        *,
        from_stakeholder: UUID,
        to_stakeholder: UUID,
        kind: InfluenceKind,
        strength: int,
        nature: InfluenceNature = InfluenceNature.POLITICAL,
    ) -> None:
        """Say that a person advises, approves or blocks another one, with a strength of 1 (weak) to 3 (strong).

        Observing the same again records nothing; another strength or nature replaces the one before.
        """
        if self.observed.get(edge(from_stakeholder, to_stakeholder, kind)) == Influence(strength, nature):
            return
        self.record(
            self.InfluenceObserved(
                from_stakeholder=from_stakeholder,
                to_stakeholder=to_stakeholder,
                kind=kind,
                strength=strength,
                nature=nature,
            )
        )

    @command
    def withdraw(
        self,
        *,
        from_stakeholder: UUID,
        to_stakeholder: UUID,
        kind: InfluenceKind,
        reason: Annotated[Sealed | None, FreeText(("from_stakeholder", "to_stakeholder"))] = None,
    ) -> None:
        """Say that a person has this influence no longer."""
        self.record(
            self.InfluenceWithdrawn(
                from_stakeholder=from_stakeholder, to_stakeholder=to_stakeholder, kind=kind, reason=reason
            )
        )


def edge(from_stakeholder: UUID, to_stakeholder: UUID, kind: InfluenceKind) -> str:
    """An influence as a key: from whom, of which kind, on whom."""
    return f"{from_stakeholder} {kind.value} {to_stakeholder}"
