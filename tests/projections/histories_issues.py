"""Random facts of issues: answered, resolved, reopened, in time or not; breaches that stand or are withdrawn."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from domain.aggregate import Event
from domain.issue.departments import Departments
from domain.issue.issue import Issue
from domain.issue.sla import Sla
from domain.issue.terms import Due, IssueKind
from domain.policies.service_policy import ServiceLevel
from tests.domain.given import sealed, some_id

COMPLAINTS = (some_id("issue 0"), some_id("issue 1"), some_id("issue 2"))


def complaints(accounts: Sequence[UUID], moment: datetime) -> list[tuple[UUID, Event, int]]:
    """The issues are there from the beginning."""
    chance = random.Random(len(accounts))
    return [(each, raises(chance, accounts[n], moment), 0) for n, each in enumerate(COMPLAINTS)]


def of_complaint(chance: random.Random) -> tuple[UUID, Event]:
    """Something that happens with one of them."""
    return chance.choice(COMPLAINTS), of_issue(chance)


def raises(chance: random.Random, account: UUID, moment: datetime) -> Issue.Raised:
    """An issue that comes up at a moment; sometimes nothing is promised."""
    promised = chance.random() < 0.9
    return Issue.Raised(
        account=account,
        kind=chance.choice(list(IssueKind)),
        severity=chance.randint(1, 4),
        category=chance.choice(["delivery", "quality"]),
        description=sealed(chance.choice(["late", "broken"])),
        service_level=chance.choice(list(ServiceLevel)),
        response_due=moment + timedelta(days=1) if promised else None,
        resolution_due=moment + timedelta(days=9) if promised else None,
    )


def of_issue(chance: random.Random) -> Event:
    """Something that happens with an issue."""
    cause, request = chance.choice(["carrier", "packaging"]), some_id(f"request {chance.randint(0, 1)}")
    due = datetime.fromisoformat("2026-02-01T12:00+00:00") + timedelta(days=chance.randint(0, 60))
    which = chance.choice(list(Due))
    made: list[Event] = [
        Issue.Acknowledged(by=chance.choice([None, some_id("member 0")])),
        *[Issue.Resolved(root_cause=cause, resolution=sealed("sent anew"))] * 2,
        Issue.Reopened(reason="came back"),
        Issue.ResolutionConfirmed(stakeholder=some_id("wang")),
        Issue.Escalated(reason="old", level=chance.choice(["", "director"]), to=some_id("member 1")),
        Issue.ImprovementMade(improvement_id=request, area="packaging", what=sealed("pallets")),
        Departments.DepartmentAsked(
            request_id=request, department=cause, what=sealed("why?"), due=chance.choice([due, due + timedelta(days=1)])
        ),
        Departments.DepartmentAnswered(request_id=request),
        Sla.SlaBreached(which=which, due=due),
        Sla.SlaBreachWithdrawn(which=which, due=due),
    ]
    return chance.choice(made)
