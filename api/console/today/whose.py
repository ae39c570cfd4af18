"""Whose day it is: one's own, or that of all accounts that one may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from api.console.frame import Frame
from domain.member import Role
from projections.view import View
from projections.visit_facts import customers

OVERSEE = frozenset({Role.DIRECTOR, Role.AUDITOR, Role.ADMIN, Role.FORECASTER})


@dataclass(frozen=True)
class Whose:
    """`member` is None where everybody's is shown; `switch` says that there is more to see than one's own."""

    member: UUID | None
    switch: bool

    @property
    def all(self) -> bool:
        """Whether everybody's is shown."""
        return self.member is None

    def accounts(self, view: View) -> set[UUID] | None:
        """The accounts that are one's own; None for all that may be seen."""
        if self.member is None:
            return None
        return {key for key, each in customers(view, view.visible_accounts()).items() if each.manager == self.member}


def whose(frame: Frame[Any], stated: str) -> Whose:
    """What the address states; else a manager's own, and for who oversees others all of it."""
    asker = frame.call.asker
    wide = asker.visibility.everything or bool(asker.visibility.territories)
    own = stated == "mine" or (stated != "all" and not (wide and asker.roles & OVERSEE))
    return Whose(asker.member if own else None, wide)
