"""What a command names must be there."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.account.account import Account
from domain.account.commitments import CommitmentKind
from domain.account.dealings import Side
from domain.account.joint_activities import JointActivityKind
from domain.account.person import Level
from domain.account_plan.account_plan import AccountPlan
from domain.account_plan.objectives import ObjectiveTerms
from domain.account_plan.plan_milestones import MilestoneTerms
from domain.commands import Commands, command_type
from domain.journal.context import Context
from domain.journal.journal import Journal
from domain.member import Member, Role
from domain.member.visit_plans import PlannedVisit
from domain.money import Money
from domain.objective import Metric
from domain.opportunity.opportunity import Opportunity
from domain.policies.policy import policy_id
from domain.policies.price_list import PriceList, Product
from domain.policies.sales_target import SalesTarget, TargetScope
from domain.policies.territories import Territories, Territory
from domain.references import ReferenceUnknown

NOW = Context(at=datetime(2026, 3, 2, 9, tzinfo=UTC))


@pytest.fixture
def commands(migrated_url: str) -> Iterator[Commands]:
    journal = Journal(migrated_url)
    yield Commands(journal)
    journal.close()


def give(commands: Commands, root: Any, aggregate_id: UUID, command: str, /, **body: Any) -> UUID:
    return commands.give(root, aggregate_id, command, command_type(root, command).body(**body), NOW).aggregate


@pytest.fixture
def account(commands: Commands) -> UUID:
    return give(commands, Account, uuid4(), "register", name="ACME")


@pytest.fixture
def member(commands: Commands) -> UUID:
    return give(commands, Member, uuid4(), "invite", name="李雷")


@pytest.fixture
def person(commands: Commands, account: UUID) -> UUID:
    person = uuid4()
    give(commands, Account, account, "stakeholders.add", stakeholder_id=person, name="王伟")
    return person


def refused(commands: Commands, root: Any, aggregate_id: UUID, command: str, /, **body: Any) -> dict[str, Any]:
    with pytest.raises(ReferenceUnknown) as refusal:
        give(commands, root, aggregate_id, command, **body)
    return {key: refusal.value.details[key] for key in ("parameter", "kind", "value")}


def test_a_manager_a_parent_and_people_are_members_and_accounts_that_are_there(
    commands: Commands, account: UUID, person: UUID
) -> None:
    nobody = uuid4()
    told = refused(commands, Account, account, "assign_manager", manager=nobody)
    assert told == {"parameter": "manager", "kind": "member", "value": nobody}
    told = refused(commands, Account, account, "change_profile", parent=nobody)
    assert told == {"parameter": "parent", "kind": "account", "value": nobody}
    assert refused(commands, Account, uuid4(), "register", name="B", parent=nobody)["parameter"] == "parent"
    told = refused(
        commands, Account, account, "stakeholders.assess", stakeholder=person, member=nobody, level=Level.VENDOR
    )
    assert told["parameter"] == "member"
    for parameter in ("people", "opportunities"):
        told = refused(commands, Account, account, "visits.log", visit_id=uuid4(), **{parameter: (nobody,)})
        assert (told["parameter"], told["value"]) == (parameter, nobody)


def test_an_owner_is_a_member(commands: Commands, account: UUID, member: UUID) -> None:
    opening = {"account": account, "title": "Line 7"}
    assert refused(commands, Opportunity, uuid4(), "open", **opening, owner=uuid4())["kind"] == "member"
    deal = give(commands, Opportunity, uuid4(), "open", **opening, owner=member)
    assert refused(commands, Opportunity, deal, "change_owner", owner=uuid4())["parameter"] == "owner"


def test_the_identifier_of_something_else_is_no_member(commands: Commands, account: UUID) -> None:
    assert refused(commands, Account, account, "assign_manager", manager=account)["value"] == account


def test_what_is_there_is_taken(commands: Commands, account: UUID, member: UUID, person: UUID) -> None:
    parent = give(commands, Account, uuid4(), "register", name="Above")
    deal = give(commands, Opportunity, uuid4(), "open", account=account, title="Line 7")
    give(commands, Account, account, "assign_manager", manager=member)
    give(commands, Account, account, "change_profile", parent=parent)
    give(commands, Account, account, "change_profile", parent=None)
    give(commands, Account, account, "stakeholders.assess", stakeholder=person, member=member, level=Level.VENDOR)
    give(commands, Account, account, "visits.log", visit_id=uuid4(), people=(member,), opportunities=(deal,))


def test_what_another_process_recorded_since_is_found(commands: Commands, account: UUID, migrated_url: str) -> None:
    member = uuid4()
    assert refused(commands, Account, account, "assign_manager", manager=member)
    other = Journal(migrated_url)
    give(Commands(other), Member, member, "invite", name="李雷")
    other.close()
    give(commands, Account, account, "assign_manager", manager=member)


def test_a_territory_is_one_of_those_defined_as_soon_as_any_is(commands: Commands, account: UUID) -> None:
    give(commands, Account, account, "change_profile", territory="anywhere")
    tree = (Territory("north", "North"), Territory("south", "South"))
    give(commands, Territories, policy_id("Territories"), "define", territories=tree)
    with pytest.raises(ReferenceUnknown, match="territory anywhere.*there are: north, south"):
        give(commands, Account, uuid4(), "register", name="B", territory="anywhere")
    give(commands, Account, account, "change_profile", territory="south")
    give(commands, Account, account, "change_profile", territory="")


def test_products_are_on_the_price_list_as_soon_as_it_holds_any(commands: Commands, account: UUID) -> None:
    opening = {"account": account, "title": "Line 7"}
    give(commands, Opportunity, uuid4(), "open", **opening, products=("anything",))
    prices = (Product("P1", "Pump", Money.of(9, "EUR")),)
    give(commands, PriceList, policy_id("PriceList"), "define", products=prices)
    with pytest.raises(ReferenceUnknown, match="product P2.*there are: P1"):
        give(commands, Opportunity, uuid4(), "open", **opening, products=("P1", "P2"))
    give(commands, Opportunity, uuid4(), "open", **opening, products=("P1",))


def test_a_target_is_of_a_territory_or_product_that_is_there_as_soon_as_any_is_defined(commands: Commands) -> None:
    targets, ten = policy_id("SalesTarget"), Money(Decimal(10), "EUR")

    def set_target(scope: TargetScope, key: str) -> None:
        give(commands, SalesTarget, targets, "set_target", scope=scope, key=key, period="2026-Q3", amount=ten)

    set_target(TargetScope.TERRITORY, "anywhere")
    give(commands, Territories, policy_id("Territories"), "define", territories=(Territory("north", "North"),))
    give(commands, PriceList, policy_id("PriceList"), "define", products=(Product("pump", "Pump", Money.of(9, "EUR")),))
    set_target(TargetScope.TERRITORY, "north")
    set_target(TargetScope.PRODUCT, "pump")
    with pytest.raises(ReferenceUnknown, match="territory nope, which is not there .there are: north"):
        set_target(TargetScope.TERRITORY, "nope")
    with pytest.raises(ReferenceUnknown, match="product nope, which is not there .there are: pump"):
        set_target(TargetScope.PRODUCT, "nope")


def test_who_keeps_a_commitment_gives_or_approves_a_gift_is_a_member_and_a_partner_an_account(
    commands: Commands, account: UUID, member: UUID, person: UUID
) -> None:
    nobody, key = uuid4(), uuid4()
    promise = {"commitment_id": key, "made_by": Side.US, "kind": CommitmentKind.PRICE, "what": "5 % off"}
    promise["due_on"] = date(2026, 6, 1)
    told = refused(commands, Account, account, "commitments.make", **promise, owner=nobody)
    assert told == {"parameter": "owner", "kind": "member", "value": nobody}
    gift = {"gift_id": key, "stakeholder": person, "what": "tea", "value": Money.of(9, "EUR")}
    assert refused(commands, Account, account, "gifts.declare", **gift, giver=nobody)["parameter"] == "giver"
    told = refused(commands, Account, account, "gifts.declare", **gift, giver=member, approved_by=nobody)
    assert told == {"parameter": "approved_by", "kind": "member", "value": nobody}
    fair = {"activity_id": key, "kind": JointActivityKind.EVENT, "title": "Fair", "aim": "30 mills"}
    told = refused(commands, Account, account, "joint_activities.propose", **fair, partners=(member,))
    assert told == {"parameter": "partners", "kind": "account", "value": member}
    give(commands, Account, account, "commitments.make", **promise, owner=member)
    give(commands, Account, account, "gifts.declare", **gift, giver=member, approved_by=member)
    give(commands, Account, account, "joint_activities.propose", **fair, partners=(account,))


def test_a_monthly_plan_goes_to_accounts_that_are_there(commands: Commands, account: UUID, member: UUID) -> None:
    nowhere, visit = uuid4(), uuid4()
    plan = {"month": "2026-03", "visits": (PlannedVisit(account, visit), PlannedVisit(nowhere, uuid4()))}
    told = refused(commands, Member, member, "visit_plans.submit", **plan)
    assert told == {"parameter": "visits", "kind": "account", "value": nowhere}
    give(commands, Member, member, "visit_plans.submit", month="2026-03", visits=(PlannedVisit(account, visit),))


def test_a_plan_names_members_and_goals_that_are_there(commands: Commands, account: UUID, member: UUID) -> None:
    plan, stranger = uuid4(), uuid4()
    give(commands, AccountPlan, plan, "draft", account=account, fiscal_year=2026)
    objective: dict[str, Any] = {"objective_id": uuid4(), "title": "Visits", "metric": Metric.OTHER, "unit": "visits"}
    numbers: dict[str, Any] = {"baseline": Decimal(0), "target": Decimal(10)}
    found = refused(commands, AccountPlan, plan, "objectives.set", **objective, **numbers, goal=stranger)
    assert found == {"parameter": "goal", "kind": "goal", "value": stranger}
    give(commands, AccountPlan, plan, "objectives.set", **objective, **numbers)
    milestone: dict[str, Any] = {"milestone_id": uuid4(), "title": "Workshop", "due": date(2026, 6, 1)}
    assert refused(commands, AccountPlan, plan, "milestones.set", **milestone, owner=stranger)["parameter"] == "owner"
    assert refused(commands, AccountPlan, plan, "approve", by=stranger)["parameter"] == "by"
    give(commands, Member, member, "grant_role", role=Role.DIRECTOR)
    give(commands, AccountPlan, plan, "approve", by=member)
    terms = MilestoneTerms(**milestone, owner=stranger)
    found = refused(commands, AccountPlan, plan, "revise", reason="x", milestones=(terms,))
    assert (found["parameter"], found["value"]) == ("milestones", stranger)
    below = ObjectiveTerms(**{**objective, "objective_id": uuid4()}, **numbers, goal=stranger)
    found = refused(commands, AccountPlan, plan, "revise", reason="x", objectives=(below,))
    assert (found["parameter"], found["value"]) == ("objectives", stranger)
