"""What an asker may see: made at the door, a mandatory argument of every query."""

from __future__ import annotations

from uuid import UUID

import msgspec


class Visibility(msgspec.Struct, frozen=True, kw_only=True):
    """Whose facts the asker may see, judged by the assignments of now.

    `everything`: no limit. Otherwise the accounts whose manager is in `managers`, or whose
    territory (or whose manager's territory) is in `territories`. `personal`: whether sealed
    personal data may be opened. `scope` is the sentence that answers print.
    """

    member: UUID | None
    everything: bool = False
    managers: frozenset[UUID] = frozenset()
    territories: frozenset[str] = frozenset()
    personal: bool = True
    scope: str = "everything"

    @classmethod
    def whole(cls, member: UUID | None = None) -> Visibility:
        """The view of somebody who may read all."""
        return cls(member=member, everything=True)
