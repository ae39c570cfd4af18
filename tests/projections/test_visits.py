"""Visits as rows."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.account.store_figures import OrderLine, StockCount
from domain.account.visits import ObjectiveMet, VisitKind, VisitPurpose, Visits
from domain.member.visit_plans import PlannedVisit, VisitPlans
from projections.monthly_plans import MONTHLY_PLANS, MonthlyPlanRow
from projections.store_visits import STORE_VISITS, StoreVisitRow
from projections.visits import VISITS, VisitRow, VisitStatus
from tests.domain.given import day, eur, sealed, some_id
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
        planned=1,
        planned_at=day(1),
    )


def test_a_visit_moves_and_is_cancelled() -> None:
    moved = Visits.VisitRescheduled(visit_id=VISIT, start=day(5), end=day(6))
    row = row_of(PLANNED, moved, Visits.VisitCancelled(visit_id=VISIT))
    assert (row.start, row.finish, row.status) == (day(5), day(6), VisitStatus.CANCELLED)
    assert (row.planned, row.planned_at, row.moves, row.logged) == (1, day(1), 1, None)


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


def test_a_logged_visit_says_where_its_plan_and_its_log_stand_and_how_it_was_done() -> None:
    done = {"steps": ("greeting", "order"), "template_version": 3, "display_score": 80}
    row = row_of(PLANNED, logged(action_agreed=sealed("signs"), **done))
    assert (row.planned, row.logged, row.ad_hoc, row.action_agreed) == (1, 2, False, True)
    assert (row.steps, row.template_version, row.display_score) == (("greeting", "order"), 3, 80)
    alone = row_of(logged(ad_hoc=True))
    assert (alone.planned, alone.planned_at, alone.logged, alone.ad_hoc, alone.action_agreed) == (
        None,
        None,
        1,
        True,
        False,
    )


def test_what_was_found_in_a_store_is_a_row_of_arrays() -> None:
    stock = (StockCount("cola", Decimal(12)), StockCount("tea", Decimal("0.50")))
    order = (OrderLine("cola", Decimal(24), eur("2.50")), OrderLine("tea", Decimal("1E+2")))
    (row,) = rows_after(STORE_VISITS, (ACME, logged(stock=stock, order_lines=order, display_score=85, photo="s3://1")))
    assert row == StoreVisitRow(
        account=ACME,
        visit=VISIT,
        at=day(1),
        display_score=85,
        has_photo=True,
        stock_products=("cola", "tea"),
        stock_quantities=("12", "0.50"),
        order_products=("cola", "tea"),
        order_quantities=("24", "100"),
        order_prices=("2.50", ""),
        order_currencies=("EUR", ""),
    )
    assert rows_after(STORE_VISITS, (ACME, logged())) == []
    assert len(rows_after(STORE_VISITS, (ACME, logged(display_score=0)))) == 1


def test_a_monthly_plan_keeps_its_first_date_and_its_newest_content() -> None:
    def submitted(*visits: UUID, **more: Any) -> Any:
        of = tuple(PlannedVisit(ACME, visit) for visit in visits)
        return VisitPlans.MonthlyVisitPlanSubmitted(month="2026-10", visits=of, **more)

    (row,) = rows_after(MONTHLY_PLANS, (MEI, submitted(VISIT)), (MEI, submitted(VISIT, WANG, chance=Decimal("0.6"))))
    assert row == MonthlyPlanRow(
        member=MEI,
        month="2026-10",
        first_at=day(1),
        newest_at=day(2),
        submissions=2,
        visits=(VISIT, WANG),
        chance=Decimal("0.6"),
    )
    assert len(rows_after(MONTHLY_PLANS, (MEI, submitted(VISIT)), (LI, submitted(VISIT)))) == 2
