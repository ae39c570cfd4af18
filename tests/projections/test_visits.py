"""Visits as rows."""

from datetime import UTC, date, datetime
from typing import Any

from domain.account.visits import ObjectiveMet, VisitKind, VisitPurpose, Visits
from projections.visits import VISITS, VisitRow, VisitStatus
from tests.domain.given import day, some_id
from tests.projections.rows import rows_after

ACME, VISIT, WANG, LI, MEI = (some_id(name) for name in ("acme", "visit", "wang", "li", "mei"))
THEN = datetime(2025, 3, 3, 9, tzinfo=UTC)
PLANNED = Visits.VisitPlanned(
    visit_id=VISIT,
    start=THEN,
    end=None,
    what=VisitKind.DEMO,
    why="they asked",
    where="Shanghai",
    purpose=VisitPurpose.ADVANTAGE,
    expected_action="names the approver",
    people=(MEI,),
    stakeholders=(WANG,),
    opportunities=(),
    external_id="V-1",
)


def logged(**more: Any) -> Visits.VisitLogged:
    empty = dict.fromkeys(["minutes", "what", "purpose", "template_version", "objective_met", "next_step_on"])
    said = dict.fromkeys(["action_agreed", "outcome", "next_step"])
    lists = dict.fromkeys(["people", "stakeholders", "opportunities", "steps"], ())
    return Visits.VisitLogged(**{"visit_id": VISIT, "why": "", "where": "", **empty, **said, **lists, **more})


def row_of(*events: Any) -> VisitRow:
    (row,) = rows_after(VISITS, *((ACME, event) for event in events))
    assert isinstance(row, VisitRow)
    return row


def test_a_planned_visit_has_its_time_and_people() -> None:
    assert row_of(PLANNED) == VisitRow(
        account=ACME,
        visit=VISIT,
        status=VisitStatus.PLANNED,
        start=THEN,
        what=VisitKind.DEMO,
        purpose=VisitPurpose.ADVANTAGE,
        people=(MEI,),
        stakeholders=(WANG,),
        external_id="V-1",
    )


def test_a_visit_moves_and_is_cancelled() -> None:
    moved = Visits.VisitRescheduled(visit_id=VISIT, start=day(5), end=day(6))
    row = row_of(PLANNED, moved, Visits.VisitCancelled(visit_id=VISIT))
    assert (row.start, row.finish, row.status) == (day(5), day(6), VisitStatus.CANCELLED)


def test_a_logged_visit_took_place_at_its_moment_and_keeps_what_the_plan_said() -> None:
    row = row_of(PLANNED, logged(minutes=45, stakeholders=(LI,), objective_met=ObjectiveMet.PARTLY))
    assert (row.status, row.at, row.minutes, row.objective_met) == (
        VisitStatus.LOGGED,
        day(2),
        45,
        ObjectiveMet.PARTLY,
    )
    assert (row.what, row.people, row.stakeholders, row.external_id) == (VisitKind.DEMO, (MEI,), (LI,), "V-1")


def test_a_visit_that_nobody_planned_is_logged_all_the_same() -> None:
    row = row_of(logged(what=VisitKind.SALES_CALL, next_step_on=date(2025, 4, 1), external_id="V-2", ad_hoc=True))
    assert (row.start, row.at, row.what, row.external_id) == (None, day(1), VisitKind.SALES_CALL, "V-2")
    assert row.next_step_on == date(2025, 4, 1)
