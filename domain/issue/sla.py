"""What was promised for an issue and not kept in time, as far as KAMS noticed it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from domain.aggregate import Event, Moment
from domain.errors import Refused
from domain.issue.terms import Due, IssuePart


class NotDueThen(Refused):
    """The {which} of the issue is due at {due}, not at {found}: state the moment at which it is due."""


class Sla(IssuePart, eq=False):
    """The breaches that are recorded and stand. They are observations of the worker's: whether an SLA was kept is
    always computed from the facts."""

    breached: set[Due] = msgspec.field(default_factory=set)

    class SlaBreached(Event):
        """It was due and not done: recorded once, as of the due moment; as of the reopening where an issue that was
        resolved in time is reopened after it."""

        which: Due
        due: Moment

        def check(self, part: Sla) -> None:
            """Of what is due. What came in time and is recorded later must stay possible: nothing else is asked."""
            part.must_be_due(self.which, self.due)

        def apply(self, part: Sla) -> None:
            """It is known."""
            part.breached.add(self.which)

    class SlaBreachWithdrawn(Event):
        """What was recorded later shows that it was done in time; as of the moment of the breach that was none."""

        which: Due
        due: Moment

        def check(self, part: Sla) -> None:
            """Of what is due."""
            part.must_be_due(self.which, self.due)

        def apply(self, part: Sla) -> None:
            """There is no breach."""
            part.breached.discard(self.which)

    def note_breach(self, which: Due) -> None:
        """Note, as of the moment at which it was due, that it was not done; nothing where it is known, or was done by
        then. The worker alone gives this: no door offers it."""
        due = self.root.due(which)
        if due is not None and which not in self.breached and not self.root.has_met(which):
            self.record(self.SlaBreached(which=which, due=due))

    def withdraw_breach(self, which: Due) -> None:
        """Note, as of the moment of a breach, that there was none; nothing where none is known, or it stands. The
        worker alone gives this: no door offers it."""
        due = self.root.due(which)
        if due is not None and which in self.breached and self.root.has_met(which):
            self.record(self.SlaBreachWithdrawn(which=which, due=due))

    def must_be_due(self, which: Due, due: datetime) -> None:
        """Refuse a moment at which it is not due."""
        if self.root.due(which) != due:
            raise NotDueThen(which=which.value, due=self.root.due(which) or "no moment", found=due)
