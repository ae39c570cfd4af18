"""By when issues would have been due under other hours or another calendar, and what that makes of health."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.account.account import Account
from domain.aggregate import Event
from domain.issue.issue import Issue
from domain.issue.terms import Due, IssueKind
from domain.policies.company import MONDAY_TO_FRIDAY, NINE_TO_SIX, Company
from domain.policies.policy import Policy, policy_id
from domain.policies.service_hours import due_after
from domain.policies.service_policy import ServiceLevel, ServicePolicy
from domain.visibility import Visibility
from projections.relationship_health import health
from projections.view import View
from projections.whatif.service import ServiceWhatIf, service_under
from projections.whatif.side_by_side import Compared
from projections.whatif.supposing import supposed_document
from tests.domain.given import sealed, some_id
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal, Told

ACME, FIRST, SECOND = (some_id(name) for name in ("acme", "first", "second"))
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
COMPANY = Company.Defined(
    edition=1,
    name="Werke",
    currency="EUR",
    gift_limit=None,
    language="en",
    fiscal_year_start=1,
    time_zone="UTC",
    working_days=MONDAY_TO_FRIDAY,
    working_hours=NINE_TO_SIX,
)


def hours(response: int, resolution: int) -> dict[str, Any]:
    """A service policy that gives the same hours for everything."""
    return {
        "response_hours": {level.value: [response] * 4 for level in ServiceLevel},
        "resolution_hours": {level.value: [resolution] * 4 for level in ServiceLevel},
    }


def policies(document: dict[str, Any] | None) -> tuple[ServicePolicy, Company]:
    service, company = ServicePolicy(id=policy_id("ServicePolicy")), Company(id=policy_id("Company"))
    if document:
        service.define_from(document)
    COMPANY.apply(company)
    return service, company


def raised(document: dict[str, Any] | None = None, severity: int = 1) -> Issue.Raised:
    """An issue of Monday, as the command records it under a service policy; the shipped one if none is stated."""
    service, company = policies(document)
    dues = [
        due_after(company, MONDAY, of[ServiceLevel.NONE][severity - 1], False)
        for of in (service.response_hours, service.resolution_hours)
    ]
    return Issue.Raised(
        account=ACME,
        kind=IssueKind.COMPLAINT,
        severity=severity,
        category="delivery",
        description=sealed("late"),
        service_level=ServiceLevel.NONE,
        response_due=dues[0],
        resolution_due=dues[1],
    )


def later(days: int, hour: int = 9) -> datetime:
    return MONDAY.replace(hour=hour) + timedelta(days=days)


def history(document: dict[str, Any] | None = None) -> list[Told]:
    """Two issues: one answered and resolved, reopened and resolved again, the other still open."""
    resolved = Issue.Resolved(root_cause="carrier", resolution=sealed("sent anew"))
    told: list[tuple[Any, Event, datetime]] = [
        (policy_id("Company"), COMPANY, later(-30)),
        (ACME, Account.Registered(name="Acme", external_id="A", currency="EUR"), later(-30)),
        (FIRST, raised(document), MONDAY),
        (SECOND, raised(document, severity=3), MONDAY),
        (FIRST, Issue.Acknowledged(by=None), later(0, 11)),
        (FIRST, resolved, later(0, 15)),
        (FIRST, Issue.Reopened(reason="came back"), later(1, 10)),
        (FIRST, resolved, later(1, 12)),
    ]
    return told


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    return Office(journal, engine_of)


def under(view: View, document: dict[str, Any], policy: type[Policy] = ServicePolicy) -> ServiceWhatIf:
    return service_under(Compared(view, [supposed_document(view, policy, "", document)]))


def test_shorter_hours_miss_what_was_kept(office: Office) -> None:
    office.tell(*history())
    with office.view(later(10)) as view:
        found = under(view, hours(1, 12))
    whole = {each.which: (each.kept_was, each.missed_was, each.kept, each.missed) for each in found.whole}
    first = next(line for line in found.issues if line.issue == FIRST)
    response, resolution = first.promises
    assert (response.due, response.done, response.kept) == (later(0, 10), later(0, 11), False)
    assert (resolution.due, resolution.done) == (later(1, 12), later(1, 12))
    assert whole[Due.RESPONSE][2:] == (0, 2)
    assert found.changed == sum(line.changed for line in found.issues) > 0


def test_a_reopening_after_the_other_due_moment_misses_it_though_it_was_resolved_in_time(office: Office) -> None:
    office.tell(*history())
    with office.view(later(10)) as view:
        kept_all_along, reopened_late = (
            next(line.promises[1] for line in under(view, hours(1, each)).issues if line.issue == FIRST)
            for each in (12, 7)
        )
    assert (kept_all_along.due, kept_all_along.kept) == (later(1, 12), True)
    assert (reopened_late.due, reopened_late.kept) == (later(0, 16), False)


def test_under_the_policy_in_force_nothing_differs(office: Office) -> None:
    office.tell(*history())
    with office.view(later(10)) as view:
        document = view.policies.held(ServicePolicy).to_document()
        found = under(view, document)
    assert found.changed == 0
    assert all(each.due == each.due_was for line in found.issues for each in line.promises)


def test_health_is_that_of_a_company_that_always_promised_so(office: Office) -> None:
    document = hours(1, 2)
    office.tell(*history())
    moments = (later(1), later(3), later(20))
    supposed, was = [], []
    for moment in moments:
        with office.view(moment) as view:
            was.append(health(view).accounts)
            supposed.append(health(view.under([supposed_document(view, ServicePolicy, "", document)])).accounts)
    office.journal.wipe()
    service, _ = policies(document)
    defined = service.pending[0].event
    company, *rest = history(document)
    office.tell(company, *rest, (policy_id("ServicePolicy"), defined, later(-30)))
    for moment, expected in zip(moments, supposed, strict=True):
        with office.view(moment) as view:
            assert health(view).accounts == expected
    assert supposed != was


def test_another_calendar_moves_what_is_due(office: Office) -> None:
    office.tell(*history())
    document = {"name": "Werke", "currency": "EUR", "working_days": [3, 4, 5]}
    with office.view(later(10)) as view:
        found = under(view, document, Company)
    assert all(each.due is not None and each.due >= later(2) for line in found.issues for each in line.promises)


def test_what_is_not_to_be_seen_or_not_known_yet_is_not_there(office: Office) -> None:
    office.tell(*history())
    with office.view(later(10), visibility=Visibility(member=None)) as view:
        assert under(view, hours(1, 2)).issues == []
    with office.view(later(10), 3) as view:
        assert [line.issue for line in under(view, hours(1, 2)).issues] == [FIRST]
    with office.view(later(-1)) as view:
        assert under(view, hours(1, 2)).issues == []
