"""What inside departments were asked for because of an issue, and until when they are to answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from domain.account.dealings import listed
from domain.aggregate import Event, Moment, command
from domain.claims import Claim
from domain.errors import Refused
from domain.issue.terms import Due, IssuePart, countable
from domain.sealed import FreeText, Sealed


class DepartmentBlank(Refused):
    """The department is blank: state which one is asked, such as quality or logistics."""


class RequestNotOpen(Refused):
    """There is no open request {request} to a department. Open are: {known}."""


class RequestOpenAlready(Refused):
    """The request {request} to a department is open already: record the answer, or use a new identifier."""


class RequestDueBefore(Refused):
    """The answer would be due at {due}, which is not after {asked}, when the department is asked: state a later
    moment."""


class RequestWithoutDue(Refused):
    """Department {department} is to answer by no moment: state one, since the issue itself is due no more after
    {asked}."""


class Departments(IssuePart, eq=False):
    """The requests that nobody has answered yet. One that is answered leaves the state; its identifier stays
    claimed."""

    open: dict[UUID, Departments.DepartmentAsked] = msgspec.field(default_factory=dict)

    class DepartmentAsked(Event):
        """A department of ours is to do or say something; `restated` where an open request is put anew."""

        request_id: UUID
        department: str
        what: Sealed
        due: Moment
        restated: bool = False

        def check(self, part: Departments) -> None:
            """A named department; open already only where it is restated."""
            if not self.department:
                raise DepartmentBlank
            part.root.must_not_be_over()
            if self.restated:
                part.must_be_open(self.request_id)
            elif self.request_id in part.open:
                raise RequestOpenAlready(request=self.request_id)

        def apply(self, part: Departments) -> None:
            """It is open, as stated last."""
            part.open[self.request_id] = self

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """A request is made once."""
            return [] if self.restated else [Claim("department-request", str(aggregate_id), str(self.request_id))]

    class DepartmentAnswered(Event):
        """The department did or said what it was asked for; in time or not, also after the issue is over."""

        request_id: UUID
        answer: Sealed | None = None

        def check(self, part: Departments) -> None:
            """Open until now."""
            part.must_be_open(self.request_id)

        def apply(self, part: Departments) -> None:
            """It is open no longer."""
            part.open.pop(self.request_id, None)

    @command
    def ask(
        self,
        *,
        request_id: UUID,
        department: str,
        what: Annotated[Sealed, FreeText()],
        due: Moment | None = None,
    ) -> None:
        """Ask a department of ours for something that the issue needs, with the moment by which it is to answer: by
        default when the issue is to be resolved. Stating an open request anew replaces it."""
        before = self.open.get(request_id)
        due = self._due(department, due or (before.due if before else None))
        asked = self.DepartmentAsked(
            request_id=request_id,
            department=countable(department),
            what=what,
            due=due,
            restated=before is not None,
        )
        if before is None or asked != msgspec.structs.replace(before, restated=True):
            self.record(asked)

    def _due(self, department: str, stated: datetime | None) -> datetime:
        asked, promised = self.root.moment, self.root.due(Due.RESOLUTION)
        if stated is None:
            if promised is None or promised <= asked:
                raise RequestWithoutDue(department=department, asked=asked)
            return promised
        if stated <= asked:
            raise RequestDueBefore(due=stated, asked=asked)
        return stated

    @command
    def answer(self, *, request_id: UUID, answer: Annotated[Sealed | None, FreeText()] = None) -> None:
        """Record that a department did or said what it was asked for."""
        self.record(self.DepartmentAnswered(request_id=request_id, answer=answer))

    def must_be_open(self, request: UUID) -> None:
        """Refuse a request that was never made, or is answered."""
        if request not in self.open:
            raise RequestNotOpen(request=request, known=listed(self.open))
