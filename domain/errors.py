"""Everything that can go wrong, as one tree.

KamsError
├── Refused          a rule of the domain says no (the class names the rule)
├── NotFound         there is no such thing, or the asker may not see it
├── Conflict         the stated version is not the newest
├── Malformed        the input has wrong fields
└── JournalError     the journal cannot be read or written as it should
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from domain.language.catalogue import filled, say, template_of


class KamsError(Exception):
    """Something went wrong."""

    def __init__(self, **details: Any) -> None:
        super().__init__(details)
        self.details = details

    def __str__(self) -> str:
        """The first paragraph of the class's docstring, or its translation, filled with the details."""
        english = " ".join((type(self).__doc__ or "").partition("\n\n")[0].split())
        return filled(template_of(self.rule, english, type(self).__module__), self.told)

    @property
    def told(self) -> dict[str, Any]:
        """The details as the message says them."""
        return self.details

    @property
    def rule(self) -> str:
        """The name of the rule, stable for machines."""
        return type(self).__name__


class Refused(KamsError):
    """The command is refused.

    `about` names the fields of commands that it is about, the likeliest first, where no detail bears the name of one. A
    detail `within` says which part of a field it is about, such as `lines[0].quantity`. `others` are what else the same
    command is refused for.
    """

    about: ClassVar[tuple[str, ...]] = ()
    others: tuple[Refused, ...] = ()

    @property
    def in_full(self) -> str:
        """All that the command is refused for."""
        return " ".join(str(each) for each in (self, *self.others))


def refuse_for(reasons: Iterable[Refused]) -> None:
    """Refuse a command for all that is wrong with it at once; without a reason it is not refused. Raises the first
    reason, which knows the others."""
    found = tuple(reasons)
    if found:
        found[0].others = found[1:]
        raise found[0]


class NotFound(KamsError):
    """There is no {kind} {key}, or you may not see it."""


class Conflict(KamsError):
    """The {kind} stands at version {version}, not at {expected}. What came in between: {in_between}. Read it again and
    decide anew.

    `facts` lists the same for machines: position, topic, actor and occurred_at, the first hundred.
    """


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong field: where it is, what was found there and what would be accepted, in the spoken language."""

    field: str
    found: str
    reason: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "reason", say(self.reason))


class Malformed(KamsError):
    """The input has {count} wrong field(s): {summary}."""

    def __init__(self, *faults: Fault) -> None:
        summary = "; ".join(f"{fault.field}: {fault.reason.rstrip('.。')}" for fault in faults)
        super().__init__(count=len(faults), summary=summary)
        self.faults = faults


class RepeatedDifferently(KamsError):
    """The command {command_id} was recorded before with another content: use a new identifier."""


class JournalError(KamsError):
    """The journal cannot go on."""


class CorruptEvent(JournalError):
    """The stored event at position {position} ({topic}) cannot be read: {reason}."""


class UnknownTopic(JournalError):
    """The stored event at position {position} has the unknown name {topic}."""
