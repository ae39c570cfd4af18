"""Visit discipline, the list of visits and the figures of stores, asked of a real PostgreSQL as of two clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.account.account import Account
from domain.account.profile import AccountKind
from domain.account.standing import RelationshipType, Standing
from domain.account.store_figures import OrderLine, StockCount
from domain.account.visits import ObjectiveMet, VisitKind, VisitPurpose, Visits
from domain.member import Member, Role
from domain.member.visit_plans import PlannedVisit, VisitPlans
from domain.money import Money
from domain.policies.company import MONDAY_TO_FRIDAY, NINE_TO_SIX, Company
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from domain.policies.visit_template import STORE_STEPS, Template, VisitTemplate
from domain.visibility import Visibility
from projections.plan_standing import PlanState
from projections.store_standing import stores
from projections.visit_discipline import DisciplineBy, DisciplineLine, discipline, discipline_of_all
from projections.visit_list import month_plan, visits
from projections.visit_measures import Figure, longest_gap
from projections.visits import VisitStatus
from tests.domain.given import sealed, some_id
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal
from tests.projections.test_visits import logged

ANNA, BEN, WHOLESALER, ALPHA, BETA = (some_id(name) for name in ("anna", "ben", "wholesaler", "alpha", "beta"))
FIRST, SECOND, THIRD, FOURTH, FIFTH = (some_id(f"visit {n}") for n in range(1, 6))


def at(day: int, hour: int = 9, month: int = 10) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


END = at(31, 12)


def planned(visit: UUID, start: datetime, *people: UUID, **more: Any) -> Visits.VisitPlanned:
    said: dict[str, Any] = {
        "end": None,
        "what": VisitKind.STORE_VISIT,
        "why": "the shelf",
        "where": "Suzhou",
        "purpose": VisitPurpose.ADVANTAGE,
        "expected_action": "gives us the second shelf",
        "stakeholders": (),
        "opportunities": (),
    }
    return Visits.VisitPlanned(visit_id=visit, start=start, people=people, **said | more)


def handed_in(*of: UUID) -> VisitPlans.MonthlyVisitPlanSubmitted:
    return VisitPlans.MonthlyVisitPlanSubmitted(month="2026-10", visits=tuple(PlannedVisit(ALPHA, v) for v in of))


def outlet(name: str, parent: UUID | None = WHOLESALER) -> Account.Registered:
    return Account.Registered(name=name, external_id=name.upper(), kind=AccountKind.RETAILER, parent=parent)


COMPANY = Company.Defined(
    edition=1,
    name="Ours",
    currency="EUR",
    gift_limit=None,
    language="en",
    fiscal_year_start=1,
    time_zone="Asia/Shanghai",
    working_days=MONDAY_TO_FRIDAY,
    working_hours=NINE_TO_SIX,
)
STORE: dict[str, Any] = {"what": VisitKind.STORE_VISIT, "template_version": 0}
BEFORE = at(1, month=9)


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    office = Office(journal, engine_of)
    office.tell(
        (policy_id("Company"), COMPANY, BEFORE),
        (ANNA, Member.Invited(name=sealed("Anna"), external_id="anna"), BEFORE),
        (ANNA, Member.RoleGranted(role=Role.MANAGER), BEFORE),
        (BEN, Member.Invited(name=sealed("Ben"), external_id="ben"), BEFORE),
        (BEN, Member.RoleGranted(role=Role.MANAGER), BEFORE),
        (WHOLESALER, outlet("Whole", None), BEFORE),
        (ALPHA, outlet("Alpha"), BEFORE),
        (BETA, outlet("Beta", None), BEFORE),
        (ALPHA, Account.ManagerAssigned(manager=ANNA), BEFORE),
        (BETA, Account.ManagerAssigned(manager=BEN), BEFORE),
        (ALPHA, Standing.KeyStatusGranted(
            relationship_type=RelationshipType.STRATEGIC, justification="large", override="known"), BEFORE),
        (ALPHA, planned(FIRST, at(5), ANNA, chances={}), at(28, month=9)),
        (ALPHA, planned(SECOND, at(12), ANNA), at(28, month=9)),
        (ALPHA, planned(THIRD, at(20), ANNA), at(28, month=9)),
        (ANNA, handed_in(FIRST, SECOND, THIRD), at(29, month=9)),
        (ANNA, handed_in(FIRST, SECOND), at(3)),
        (ALPHA, logged(visit_id=FIRST, steps=("greeting", "stock_check"), template_version=0,
                       objective_met=ObjectiveMet.YES, action_agreed=sealed("orders"), display_score=70,
                       stock=(StockCount("cola", Decimal(4)), StockCount("tea", Decimal(9))),
                       order_lines=(OrderLine("cola", Decimal(10), Money.of("1.50", "EUR")),)), at(5)),
        (ALPHA, Visits.VisitRescheduled(visit_id=SECOND, start=at(13), end=at(13, 11)), at(10)),
        (ALPHA, Visits.VisitCancelled(visit_id=SECOND, reason="closed"), at(12)),
        (ALPHA, logged(visit_id=FOURTH, ad_hoc=True, steps=("order",), objective_met=ObjectiveMet.PARTLY, **STORE,
                       stock=(StockCount("cola", Decimal(2)),), display_score=90,
                       order_lines=(OrderLine("cola", Decimal(4), Money.of("2.00", "USD")),
                                    OrderLine("tea", Decimal(6)))), at(15)),
    )  # fmt: skip
    return office


def of_manager(office: Office, who: UUID = ANNA, as_of: datetime = END, **more: Any) -> DisciplineLine:
    with office.view(as_of, **more) as view:
        (line,) = [line for line in discipline(view, "2026-10").lines if line.key == who]
        return line


@pytest.mark.parametrize("who", [None, ANNA, BEN])
def test_the_line_of_all_is_asked_for_alone(office: Office, who: UUID | None) -> None:
    with office.view(END) as view:
        whole = discipline(view, "2026-10", member=who).whole
        alone = discipline_of_all(view, "2026-10", who)
    whole.plans = []
    assert alone == whole
    assert alone.kept.planned.count == (0 if who == BEN else 3)


def test_what_was_planned_is_held_against_what_came_of_it(office: Office) -> None:
    line = of_manager(office)
    counts = {name: getattr(line.kept, name).count for name in
              ("planned", "logged", "cancelled", "outstanding", "ahead", "moved", "ad_hoc")}  # fmt: skip
    assert counts == {"planned": 3, "logged": 1, "cancelled": 1, "outstanding": 1, "ahead": 0, "moved": 1, "ad_hoc": 1}
    assert line.kept.ad_hoc_share == 0.5
    assert line.kept.cancelled == Figure(1, [19])
    assert (line.kept.logged.positions, line.kept.ad_hoc.positions) == ([17], [20])


def test_in_the_middle_of_the_month_it_is_as_it_was_then(office: Office) -> None:
    line = of_manager(office, as_of=at(11))
    assert (line.kept.planned.count, line.kept.logged.count, line.kept.cancelled.count) == (3, 1, 0)
    assert (line.kept.ahead.count, line.kept.ad_hoc.count, line.kept.ad_hoc_share) == (2, 0, 0.0)
    assert [plan.state for plan in line.plans] == [PlanState.ON_TIME]


def test_what_was_recorded_later_was_not_known_before(office: Office) -> None:
    office.tell((ALPHA, logged(visit_id=THIRD), at(20)))
    assert of_manager(office).kept.logged.count == 2
    assert of_manager(office, known_at=20).kept.outstanding.count == 1
    assert of_manager(office, known_at=19).kept.ad_hoc.count == 0


def test_a_plan_is_judged_by_its_first_date_and_shows_its_newest_content(office: Office) -> None:
    (plan,) = of_manager(office).plans
    assert (plan.state, plan.first_at, plan.newest_at, plan.submissions) == (
        PlanState.ON_TIME, at(29, month=9), at(3), 2)  # fmt: skip
    assert plan.due == datetime(2026, 9, 30, 16, tzinfo=UTC)
    assert (plan.visits, plan.logged, plan.positions) == ((FIRST, SECOND), 1, [16])
    (missing,) = of_manager(office, BEN).plans
    assert (missing.state, missing.first_at, missing.positions) == (PlanState.MISSING, None, [])
    assert [plan.state for plan in of_manager(office, BEN, as_of=at(28, month=9)).plans] == [PlanState.NOT_DUE]
    office.tell((BEN, handed_in(FIFTH), datetime(2026, 9, 30, 16, tzinfo=UTC)))
    assert [plan.state for plan in of_manager(office, BEN).plans] == [PlanState.LATE]


def test_each_step_is_counted_against_the_visits_whose_template_had_it(office: Office) -> None:
    steps = {step.step: (step.done, step.of) for step in of_manager(office).steps}
    assert list(steps) == [step.key for step in STORE_STEPS]
    assert (steps["greeting"], steps["order"], steps["farewell"]) == ((1, 2), (1, 2), (0, 2))
    short = VisitTemplate.Defined(edition=1, templates=(Template(VisitKind.STORE_VISIT, STORE_STEPS[2:3]),))
    office.tell((policy_id("VisitTemplate"), short, at(10)))
    shares = {step.step: (step.done, step.of, step.share) for step in of_manager(office).steps}
    assert (shares["greeting"], shares["order"]) == ((1, 2, 0.5), (0, 1, 0.0))


def test_logging_and_outcome_say_their_shares_and_events(office: Office) -> None:
    line = of_manager(office)
    recorded = [fact for fact in office.journal.facts if fact.position in (17, 20)]
    assert (line.logging.measured, line.logging.late, line.logging.late_share) == (2, Figure(2, [17, 20]), 1.0)
    assert line.logging.median_days is not None
    assert line.logging.median_days > 7
    assert len(recorded) == 2
    assert (line.outcome.met, line.outcome.partly.count, line.outcome.met_rate) == (Figure(1, [17]), 1, 0.5)
    assert (line.outcome.action_share, line.outcome.expected_share) == (0.5, 0.6667)


def test_the_cadence_of_the_relationship_type_is_held_against_the_longest_gap(office: Office) -> None:
    (gap,) = of_manager(office).cadence.gaps
    assert (gap.account, gap.cadence_days, gap.longest_gap_days, gap.kept) == (ALPHA, 14, 34.0, False)
    assert (gap.last_visit, gap.positions) == (at(15), [17, 20])
    ben = of_manager(office, BEN).cadence
    assert (ben.accounts, ben.kept, ben.gaps[0].last_visit) == (1, 1, None)
    with office.view(at(20, month=11)) as view:
        (line,) = [line for line in discipline(view, "2026-11").lines if line.key == ANNA]
    assert (line.cadence.gaps[0].longest_gap_days, line.cadence.gaps[0].positions) == (36.0, [20])


def test_gaps_are_between_neighbours_and_to_both_ends() -> None:
    assert longest_gap([at(5), at(15)], at(4), at(20)) == timedelta(days=10)
    assert longest_gap([], at(4), at(20)) == timedelta(days=16)
    assert longest_gap([at(5)], at(4), at(3)) == timedelta(days=1)


def test_discipline_by_account_of_the_outlets_of_a_wholesaler(office: Office) -> None:
    with office.view(END) as view:
        found = discipline(view, "2026-10", by=DisciplineBy.ACCOUNT, outlets_of=WHOLESALER)
        everything = discipline(view, "2026-10", by=DisciplineBy.ACCOUNT)
    (line,) = found.lines
    assert (line.key, line.external_id, line.name, line.plans) == (ALPHA, "ALPHA", "Alpha", [])
    assert (found.whole.kept.planned.count, found.by) == (3, DisciplineBy.ACCOUNT)
    assert [line.name for line in everything.lines] == ["Alpha", "Beta", "Whole"]


def test_one_sees_the_discipline_of_ones_own_accounts(office: Office) -> None:
    ben = Visibility(member=BEN, managers=frozenset({BEN}), personal=True, scope="own accounts")
    with office.view(END, visibility=ben) as view:
        found = discipline(view, "2026-10")
    assert [line.key for line in found.lines] == [BEN]
    assert found.whole.kept.planned.count == 0


def test_the_plan_of_somebody_elses_month_shows_no_visits_to_accounts_that_one_does_not_see(office: Office) -> None:
    ben, anna = (Visibility(member=who, managers=frozenset({who}), scope="own accounts") for who in (BEN, ANNA))
    with office.view(END, visibility=ben) as view:
        (plan,) = month_plan(view, ANNA, "2026-10").plans
    assert (plan.state, plan.visits, plan.logged) == (PlanState.ON_TIME, (), 0)
    with office.view(END, visibility=anna) as view:
        (plan,) = month_plan(view, ANNA, "2026-10").plans
    assert (plan.visits, plan.logged) == ((FIRST, SECOND), 1)


def test_a_visit_without_people_is_the_account_managers(office: Office) -> None:
    office.tell((BETA, planned(FIFTH, at(30)), at(21)))
    line = of_manager(office, BEN)
    assert (line.kept.planned.count, line.kept.outstanding.count) == (1, 1)
    with office.view(END) as view:
        only = discipline(view, "2026-10", member=BEN)
    assert ([line.key for line in only.lines], only.whole.kept.planned.count) == ([BEN], 1)


def test_a_visit_without_people_stays_with_who_managed_the_account_on_its_day(office: Office) -> None:
    office.tell((BETA, planned(FIFTH, at(20)), at(19)), (BETA, Account.ManagerAssigned(manager=ANNA), at(25)))
    assert of_manager(office, BEN).kept.planned.count == 1
    assert of_manager(office).kept.planned.count == 3
    assert of_manager(office).cadence.accounts == 2


def test_a_merged_account_counts_with_the_one_that_goes_on(office: Office) -> None:
    office.tell((ALPHA, Account.AccountsMerged(into=BETA, people={}, reason="one firm"), at(25)))
    with office.view(END) as view:
        found = discipline(view, "2026-10", by=DisciplineBy.ACCOUNT)
        listed = visits(view, "2026-10", account=BETA)
    counts = {line.name: line.kept.planned.count for line in found.lines}
    assert counts == {"Beta": 3, "Whole": 0}
    assert {line.account for line in listed.visits} == {BETA}
    assert len(listed.visits) == 4


def test_the_month_of_a_member_lists_the_five_w(office: Office) -> None:
    with office.view(END) as view:
        found = month_plan(view, ANNA, "2026-10")
    assert [line.visit for line in found.visits] == [FIRST, SECOND, FOURTH, THIRD]
    third = found.visits[-1]
    assert (third.why, third.where, third.start, third.people) == ("the shelf", "Suzhou", at(20), (ANNA,))
    assert (third.purpose, third.expected_action) == (VisitPurpose.ADVANTAGE, "gives us the second shelf")
    assert (third.status, third.in_plan, third.positions) == (VisitStatus.PLANNED, False, [14])
    assert [line.in_plan for line in found.visits] == [True, True, False, False]
    assert (found.visits[1].moves, found.visits[1].start, found.visits[1].positions) == (1, at(13), [13, 19])
    assert [plan.state for plan in found.plans] == [PlanState.ON_TIME]


def test_visits_are_listed_by_status_and_as_of_then(office: Office) -> None:
    with office.view(END) as view:
        cancelled = visits(view, "2026-10", status=VisitStatus.CANCELLED)
        nothing = visits(view, "2026-10", member=BEN)
    assert [line.visit for line in cancelled.visits] == [SECOND]
    assert nothing.visits == []
    with office.view(at(11)) as view:
        assert [line.status for line in visits(view).visits] == [VisitStatus.LOGGED] + [VisitStatus.PLANNED] * 2


def test_the_outlets_of_a_wholesaler_are_counted_together(office: Office) -> None:
    office.tell((policy_id("ExchangeRates"), ExchangeRates.RateSet(currency="USD", rate=Decimal("0.5")), BEFORE))
    with office.view(END) as view:
        found = stores(view, "2026-10", outlets_of=WHOLESALER)
        none = stores(view, "2026-10", outlets_of=BETA)
    (alpha,) = found.outlets
    assert (alpha.visits, alpha.display_score, alpha.display_at, alpha.display_mean) == (2, 90, at(15), 80.0)
    assert [(line.product, line.quantity, line.at) for line in alpha.stock] == [
        ("cola", Decimal(2), at(15)),
        ("tea", Decimal(9), at(5)),
    ]
    cola, tea = found.orders
    assert (cola.quantity, cola.value) == (Decimal(14), [Money.of(15, "EUR"), Money.of(8, "USD")])
    assert (tea.quantity, tea.value, tea.unpriced, tea.positions) == (Decimal(6), [], 1, [20])
    assert (found.value, found.missing_rates) == (Decimal("19.00"), [])
    assert [(line.product, line.quantity, line.positions) for line in found.stock] == [
        ("cola", Decimal(2), [20]),
        ("tea", Decimal(9), [17]),
    ]
    assert (none.outlets, none.value) == ([], Decimal(0))


def test_stock_of_several_outlets_is_added_and_a_missing_rate_is_named(office: Office) -> None:
    office.tell((BETA, logged(visit_id=FIFTH, ad_hoc=True, **STORE, stock=(StockCount("cola", Decimal(7)),)), at(8)))
    with office.view(END) as view:
        found = stores(view, "2026-10")
        before = stores(view, "2026-09")
    cola = found.stock[0]
    assert (cola.quantity, cola.at, sorted(cola.positions)) == (Decimal(9), at(8), [20, 21])
    assert (found.value, found.missing_rates) == (Decimal("15.00"), ["USD"])
    assert before.outlets == []
    with office.view(at(11)) as view:
        alpha = stores(view, "2026-10", account=ALPHA).outlets[0]
    assert (alpha.display_score, alpha.stock[0].quantity) == (70, Decimal(4))
