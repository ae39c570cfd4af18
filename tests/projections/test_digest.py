"""The weekly digest: what is due, what the last week changed, what the quarter will bring; as of the week's start."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from domain.account.account import Account
from domain.account_plan.account_plan import AccountPlan
from domain.account_plan.plan_milestones import PlanMilestones
from domain.member import Member, Role
from domain.opportunity.opportunity import Opportunity
from domain.policies.calendar import WeekUnknown, week, week_of
from domain.policies.sales_target import SalesTarget, TargetScope
from domain.policies.territories import Territories
from domain.visibility import Visibility
from projections.digest import Audience, Digest, WeekNotBegun, digest_of
from projections.digest_deals import DealChange
from tests.domain.given import eur, sealed, some_id
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal
from tests.projections.test_findings import (
    ACME,
    BETA,
    DEAL,
    ITEM,
    LI,
    MEI,
    START,
    WANG,
    contact,
    granted,
    of_acme,
    opened,
    promised,
    started,
)
from tests.projections.test_visits import PLANNED

MONDAY = datetime(2025, 7, 7, tzinfo=UTC)
THURSDAY = MONDAY + timedelta(days=3, hours=12)
WEEK = "2025-W28"
OWN = Visibility(member=MEI, managers=frozenset({MEI}), scope="own accounts")
OTHER = some_id("otto")


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    return started(Office(journal, engine_of))


def asked(office: Office, stated: str = WEEK, as_of: datetime = THURSDAY, **more: Any) -> Digest:
    known_at = more.pop("known_at", None)
    with office.view(as_of, known_at, more.pop("visibility", OWN)) as view:
        return digest_of(view, more.pop("member", MEI), stated)


def before(days: float) -> datetime:
    return MONDAY - timedelta(days=days)


def test_a_week_is_an_iso_week_from_monday_to_sunday() -> None:
    assert (week("2026-W01").first, week("2026-W01").last) == (date(2025, 12, 29), date(2026, 1, 4))
    assert week("2026-W53").last == date(2027, 1, 3)
    assert (week_of(date(2027, 1, 3)), week_of(date(2025, 7, 7))) == ("2026-W53", WEEK)


@pytest.mark.parametrize("stated", ["2025-W53", "2025-W00", "2025-28", "", "W28"])
def test_another_text_is_refused_and_told_what_is_accepted(stated: str) -> None:
    with pytest.raises(WeekUnknown, match="such as 2026-W44"):
        week(stated)


def test_a_week_that_has_not_begun_has_no_digest(office: Office) -> None:
    with pytest.raises(WeekNotBegun, match="2025-W29 begins on 2025-07-14, and the question is as of 2025-07-10"):
        asked(office, "2025-W29")


def test_a_quiet_week_says_so_and_still_has_its_figures(office: Office) -> None:
    office.tell((MEI, Member.RoleRevoked(role=Role.MANAGER), before(100)))
    found = asked(office)
    assert (found.quiet, found.due, found.deals, found.new_findings) == (True, [], [], [])
    assert (found.week, found.first, found.last, found.as_of) == (WEEK, date(2025, 7, 7), date(2025, 7, 13), MONDAY)
    (line,) = found.forecast
    assert (line.period, line.closed, line.target) == ("2025-Q3", Decimal(0), None)


def test_the_week_is_that_of_the_moment_where_none_is_stated(office: Office) -> None:
    assert asked(office, "").week == WEEK
    assert asked(office, "", as_of=THURSDAY - timedelta(days=7)).week == "2025-W27"


def test_what_is_due_this_week_comes_before_what_is_overdue_and_what_comes_later_not_at_all(office: Office) -> None:
    items = [
        msgspec.structs.replace(ITEM, item_id=some_id(name), due_on=due)
        for name, due in (("late", date(2025, 6, 20)), ("now", date(2025, 7, 13)), ("then", date(2025, 7, 14)))
    ]
    office.tell(*((ACME, item, before(40)) for item in items))
    others = msgspec.structs.replace(ITEM, item_id=some_id("his"), owner=OTHER, due_on=date(2025, 7, 8))
    office.tell((ACME, others, before(40)))
    assert [each.due for each in asked(office).due] == [date(2025, 7, 13), date(2025, 6, 20)]
    assert all(each.member == MEI and each.positions for each in asked(office).due)
    everybody = Visibility.whole(MEI)
    assert {each.due for each in asked(office, visibility=everybody).due} >= {date(2025, 7, 8), date(2025, 6, 20)}


def test_planned_visits_of_the_week_are_listed_in_their_order(office: Office) -> None:
    def planned(name: str, day: float) -> Any:
        start = MONDAY + timedelta(days=day)
        visit = msgspec.structs.replace(
            PLANNED, visit_id=some_id(name), start=start, end=start + timedelta(hours=1), people=(MEI,)
        )
        return ACME, visit, before(3)

    office.tell(planned("sunday", 6.5), planned("tuesday", 1.5), planned("next", 7.5))
    found = asked(office)
    assert [each.visit for each in found.visits] == [some_id("tuesday"), some_id("sunday")]
    assert [each for each in found.due if each.kind == "visit"] == []


def test_a_finding_is_new_where_it_did_not_hold_a_week_before(office: Office) -> None:
    office.tell((ACME, granted(), before(93)), (ACME, promised(date(2025, 7, 1)), before(20)))
    found = asked(office)
    new = {each.rule for each in found.new_findings}
    assert new == {"commitment_overdue", "no_value_given"}
    later = asked(office, "2025-W29", as_of=MONDAY + timedelta(days=9))
    assert {"commitment_overdue", "no_value_given"} <= {each.rule for each in later.open_findings}
    assert "commitment_overdue" not in {each.rule for each in later.new_findings}
    assert [each.weight for each in later.open_findings] == sorted(
        (each.weight for each in later.open_findings), reverse=True
    )


def deal(name: str, *, days: float = 60, **more: Any) -> Any:
    return some_id(name), msgspec.structs.replace(opened("potential"), **more), before(days)


def test_what_the_week_did_to_opportunities(office: Office) -> None:
    pushed = Opportunity.CloseDateMoved(previous=date(2025, 12, 1), close_on=date(2026, 2, 1))
    moved = Opportunity.StageAdvanced(from_="potential", to="confirmed", process_edition=0, after=())
    office.tell(
        *(deal(name) for name in ("won", "lost", "pushed", "moved", "before")),
        deal("closing", close_on=date(2025, 7, 31)),
        deal("new", days=2),
        (some_id("won"), Opportunity.Won(signed=eur(900)), before(1)),
        (some_id("before"), Opportunity.Won(signed=eur(1)), before(8)),
        (some_id("lost"), Opportunity.Lost(), before(6.9)),
        (some_id("pushed"), pushed, before(2)),
    )
    last = office.tell((some_id("moved"), moved, before(3)))
    found = {each.change: each for each in asked(office).deals}
    assert list(found) == [
        DealChange.WON, DealChange.LOST, DealChange.NEW, DealChange.MOVED, DealChange.PUSHED, DealChange.CLOSING
    ]  # fmt: skip
    assert {change.value: each.opportunity for change, each in found.items()} == {
        name: some_id(name) for name in ("won", "lost", "new", "moved", "pushed", "closing")
    }
    assert (found[DealChange.WON].amount, found[DealChange.LOST].amount) == (Decimal("900.00"), Decimal("1000.00"))
    assert (found[DealChange.MOVED].stage_before, found[DealChange.MOVED].stage) == ("potential", "confirmed")
    assert found[DealChange.MOVED].positions == [last]
    assert (found[DealChange.PUSHED].close_before, found[DealChange.PUSHED].close_on) == (
        date(2025, 12, 1),
        date(2026, 2, 1),
    )
    assert found[DealChange.CLOSING].name == "Acme"
    earlier = asked(office, known_at=last - 1)
    assert DealChange.MOVED not in {each.change for each in earlier.deals}
    of_old = asked(office, "2025-W27").deals
    assert {each.opportunity for each in of_old if each.change is DealChange.WON} == {some_id("before")}


def test_health_that_fell_is_told_with_why_and_when_it_turns_red(office: Office) -> None:
    office.tell((ACME, granted(), before(60)), (ACME, contact(WANG), before(30)))
    (line,) = asked(office).health
    assert (line.account, line.name) == (ACME, "Acme")
    assert line.before is not None
    assert line.after is not None
    assert line.change < 0
    assert line.why[0].startswith("contact -")
    assert (line.band == "red") == (line.turns_red_on is None)
    renewed = office.tell((ACME, contact(LI), before(1)))
    (line,) = asked(office).health
    assert line.change > 0
    assert renewed in line.positions
    (line,) = asked(office, known_at=renewed - 1).health
    assert line.change < 0


def test_the_quarter_stands_against_its_target(office: Office) -> None:
    target = SalesTarget.TargetSet(
        scope=TargetScope.OWNER, key=str(MEI), period="2025-Q3", amount=eur(5000), previous=None
    )
    office.tell(
        (some_id("targets"), target, before(90)),
        (DEAL, msgspec.structs.replace(opened("potential"), owner=MEI), before(60)),
        (DEAL, Opportunity.Won(signed=eur(1200)), before(3)),
    )
    (line,) = asked(office).forecast
    assert (line.closed, line.target, line.gap) == (Decimal("1200.00"), Decimal("5000.00"), Decimal("3800.00"))


def test_a_manager_is_told_of_his_own_and_a_director_of_his_territories(office: Office) -> None:
    for key, parent in (("world", ""), ("north", "world"), ("south", "world")):
        office.tell((some_id("tree"), Territories.TerritorySet(key=key, name=key.title(), parent=parent), START))
    office.tell(
        (OTHER, Member.Invited(name=sealed("Otto"), external_id="O"), START),
        (OTHER, Member.RoleGranted(role=Role.MANAGER), START),
        (BETA, Account.Registered(name="Beta", external_id="B", currency="EUR", territory="south"), START),
        (BETA, Account.ManagerAssigned(manager=OTHER), START),
        (BETA, promised(date(2025, 7, 1)), before(20)),
        of_acme(promised(date(2025, 7, 1)), 25),
    )

    def names(found: Digest) -> set[str]:
        return {each.name for each in found.due}

    south = Visibility(member=LI, territories=frozenset({"south"}), scope="accounts of south")
    assert (names(asked(office)), asked(office).audience) == ({"Acme"}, Audience.OWN)
    directed = asked(office, visibility=south, member=LI)
    assert (names(directed), directed.audience) == ({"Beta"}, Audience.TERRITORY)
    assert [(each.key, each.name) for each in directed.forecast] == [("south", "South")]
    assert {each.member for each in directed.new_findings} == {OTHER}
    whole = asked(office, visibility=Visibility.whole(LI), member=LI)
    assert (names(whole), whole.audience, whole.forecast[0].key) == ({"Acme", "Beta"}, Audience.COMPANY, "")


def test_a_plan_with_a_milestone_past_its_day_is_told_and_one_in_order_is_not(office: Office) -> None:
    plan = some_id("plan")

    def stone(name: str, due: date) -> Any:
        made = PlanMilestones.MilestoneSet(account=ACME, milestone_id=some_id(name), title=name, due=due)
        return plan, made, before(50)

    office.tell((plan, AccountPlan.Drafted(account=ACME, fiscal_year=2025), before(60)), stone("far", date(2025, 9, 1)))
    assert asked(office).plans == []
    last = office.tell(stone("near", date(2025, 7, 1)))
    (line,) = asked(office).plans
    assert (line.plan, line.name, line.missed + line.due) == (plan, "Acme", 1)
    assert asked(office, known_at=last - 1).plans == []
    (ahead,) = asked(office, "2025-W26").plans
    assert (ahead.missed, ahead.due) == (0, 1)
    assert asked(office, "2025-W24").plans == []
