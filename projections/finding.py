"""What a finding is, and how a rule becomes one: a function of facts that says for whom it holds, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from domain.finding import SubjectKind

if TYPE_CHECKING:
    from projections.finding_facts import Facts


class Found(msgspec.Struct, frozen=True):
    """What a rule says: about whom, in one sentence, since when, and the positions of the events behind it. `member`
    is who should look at it, `account` whose it is."""

    kind: SubjectKind
    subject: UUID
    text: str
    causes: tuple[int, ...] = ()
    since: datetime | None = None
    account: UUID | None = None
    member: UUID | None = None


Rule = Callable[["Facts"], Iterator[Found]]


class FindingRule(msgspec.Struct, frozen=True):
    """A rule with its name and version for ever; `weight` 1 to 3 says how much it matters, `of_customers` whether what
    it finds is about customers and their opportunities."""

    name: str
    version: int
    weight: int
    find: Rule
    of_customers: bool = True

    @property
    def about(self) -> str:
        """What the rule says, in one sentence."""
        return " ".join((self.find.__doc__ or "").split())


def finding(*, version: int = 1, weight: int = 2, of_customers: bool = True) -> Callable[[Rule], FindingRule]:
    """Make a rule of a function, which gives it its name. Another meaning needs another version."""
    return lambda find: FindingRule(find.__name__, version, weight, find, of_customers)


def rules_in(namespace: dict[str, object]) -> Sequence[FindingRule]:
    """The rules of a module, in their order."""
    return tuple(each for each in namespace.values() if isinstance(each, FindingRule))


def days(moment: datetime, now: datetime) -> int:
    """Whole days that have passed."""
    return (now - moment).days
