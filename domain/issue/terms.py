"""What the parts of an issue share: its kinds, what is due, what each refuses."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

import msgspec

from domain.aggregate import Part
from domain.errors import Refused
from domain.sealed import Sealed

if TYPE_CHECKING:
    from domain.issue.issue import Issue

GRAVEST, SLIGHTEST = 1, 4


class IssueKind(enum.StrEnum):
    """What the customer came with."""

    COMPLAINT = "complaint"
    SUGGESTION = "suggestion"
    QUESTION = "question"
    REQUEST = "request"


class Due(enum.StrEnum):
    """What an SLA promises: that somebody answers, that it is resolved."""

    RESPONSE = "response"
    RESOLUTION = "resolution"


class Escalation(msgspec.Struct, frozen=True):
    """To whom and why an issue was taken higher."""

    reason: str
    to: UUID | None = None
    level: str = ""


class Resolution(msgspec.Struct, frozen=True):
    """Of which cause an issue was, and how it was settled."""

    root_cause: str
    how: Sealed


class SeverityOutOfRange(Refused):
    """{severity} is no severity of an issue: state a whole number from 1 (stands still) to 4 (a wish)."""


class IssueIsOver(Refused):
    """The customer has confirmed that the issue is resolved: reopen it first, with the reason."""


class IssueResolvedAlready(Refused):
    """The issue is resolved already, of cause {cause}: reopen it first, with the reason, or withdraw that fact."""


class IssueNotResolved(Refused):
    """The issue is not resolved: resolve it first, with its root cause."""


class EscalatedToNobody(Refused):
    """The issue is escalated to nobody: state a member (`to`), a level such as director, or both."""

    about = ("to",)


class IssuePart(Part, eq=False):
    """A part of an issue."""

    if TYPE_CHECKING:
        root: ClassVar[Issue]


def countable(text: str) -> str:
    """A category or a cause as it is counted: in small letters, single spaces between words."""
    return " ".join(text.lower().split())
