"""What KAMS noticed (发现): raised when a rule of thumb first holds for a subject, cleared when it holds no longer.

An observation of its moment for those who subscribe: nobody decides by it, and nothing is recorded for the past.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID, uuid5

from domain.aggregate import Aggregate, Event, Withdrawal, command, learn
from domain.errors import Refused

NAMESPACE = UUID("3f6d7c52-5b0e-5a5e-8a39-6f4d1b0a9c27")


class SubjectKind(enum.StrEnum):
    """What a finding is about."""

    ACCOUNT = "account"
    OPPORTUNITY = "opportunity"
    MEMBER = "member"
    STRATEGY = "strategy"
    EXPERIMENT = "experiment"


class NotRaised(Refused):
    """The finding does not hold: there is nothing to clear."""


def finding_id(rule: str, version: int, subject: UUID) -> UUID:
    """The stream of a finding: one for each rule, version of the rule, and subject."""
    return uuid5(NAMESPACE, f"{rule}\n{version}\n{subject}")


Upcast = Callable[[dict[str, Any]], dict[str, Any]]


def _with_more_subjects(fields: dict[str, Any]) -> dict[str, Any]:
    """Version 2 knows the strategy as a subject; what was stored before says the same as it did."""
    return fields


@learn
class Finding(Aggregate, eq=False):
    """What a rule says about a subject, while it does: the positions of the events that cause it; none while it does
    not hold."""

    opened: bool = True
    account: UUID | None = None
    raised: bool = False
    causes: tuple[int, ...] = ()

    class Raised(Event):
        """A rule of thumb holds for a subject from now on; `causes` are the positions of the events behind it."""

        schema_version: ClassVar[int] = 2
        upcasts: ClassVar[dict[int, Upcast]] = {1: _with_more_subjects}

        rule: str
        rule_version: int
        subject_kind: SubjectKind
        subject: UUID
        causes: tuple[int, ...]
        account: UUID | None = None

        def apply(self, finding: Finding) -> None:
            """It holds."""
            finding.raised, finding.account, finding.causes = True, self.account, self.causes

    class Cleared(Event):
        """A rule of thumb holds no longer for a subject; `causes` are those for which it did."""

        schema_version: ClassVar[int] = 2
        upcasts: ClassVar[dict[int, Upcast]] = {1: _with_more_subjects}

        rule: str
        rule_version: int
        subject_kind: SubjectKind
        subject: UUID
        causes: tuple[int, ...]
        account: UUID | None = None

        def check(self, finding: Finding) -> None:
            """It held."""
            if not finding.raised:
                raise NotRaised

        def apply(self, finding: Finding) -> None:
            """It does not hold."""
            finding.raised, finding.causes = False, ()

    class FactWithdrawn(Withdrawal):
        """An observation is taken back (冲销)."""

    @command
    def notice(
        self,
        *,
        rule: str,
        rule_version: int,
        subject_kind: SubjectKind,
        subject: UUID,
        causes: tuple[int, ...],
        account: UUID | None = None,
    ) -> None:
        """Note that the rule holds, unless that is known; causes that come and go meanwhile are no news."""
        if not self.raised:
            self.record(
                self.Raised(
                    rule=rule,
                    rule_version=rule_version,
                    subject_kind=subject_kind,
                    subject=subject,
                    causes=causes,
                    account=account,
                )
            )

    @command
    def clear(self, *, rule: str, rule_version: int, subject_kind: SubjectKind, subject: UUID) -> None:
        """Note that the rule holds no longer."""
        self.record(
            self.Cleared(
                rule=rule,
                rule_version=rule_version,
                subject_kind=subject_kind,
                subject=subject,
                causes=self.causes,
                account=self.account,
            )
        )
