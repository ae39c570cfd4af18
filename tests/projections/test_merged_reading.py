"""Reading groups merged accounts: by account, filtered by account, as one line of relationship health."""

from __future__ import annotations

from uuid import UUID

import pytest

from domain.account.account import Account
from domain.account.joint_activities import JointActivities, JointActivityKind
from domain.account.person import Level
from domain.account.purchases import Satisfaction, SurveyKind
from domain.account.stakeholders import Stakeholders
from domain.opportunity.opportunity import Opportunity
from domain.policies.policy import policy_id
from domain.policies.sales_target import SalesTarget, TargetScope
from domain.visibility import Visibility
from projections.bridge import bridge
from projections.deals import Filters
from projections.directory import AccountFilters, accounts_after
from projections.forecast import forecast
from projections.funnel import By, funnel
from projections.health_moved import moved
from projections.relationship_health import health
from tests.domain.given import day, eur, sealed, some_id
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal, Told
from tests.projections.test_policies import COMPANY, defined

ACME, BETA, WANG, LI, MEI, ZOE = (some_id(name) for name in ("acme", "beta", "wang", "li", "mei", "zoe"))
FIRST, SECOND = some_id("first deal"), some_id("second deal")


def deal(key: UUID, account: UUID, amount: int) -> Told:
    opened = Opportunity.Opened(
        account=account,
        title="Line",
        process="four-funnel",
        process_edition=1,
        stage="potential",
        amount=eur(amount),
        close_on=day(40).date(),
    )
    return key, opened, day(2)


def target(account: UUID, amount: int) -> Told:
    scope = TargetScope.ACCOUNT
    event = SalesTarget.TargetSet(scope=scope, key=str(account), period="2025-Q1", amount=eur(amount), previous=None)
    return policy_id("SalesTarget"), event, day(1)


def person(account: UUID, who: UUID) -> list[Told]:
    assessed = Stakeholders.RelationshipAssessed(stakeholder=who, member=MEI, level=Level.TRUSTED_ADVISER)
    return [
        (account, Stakeholders.StakeholderAdded(stakeholder_id=who, name=sealed("王伟")), day(2)),
        (account, assessed, day(3)),
    ]


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    office = Office(journal, engine_of)
    office.tell(
        (COMPANY, defined(), day(0)),
        (ACME, Account.Registered(name="Acme", external_id="A-1"), day(1)),
        (BETA, Account.Registered(name="Acme Ltd", external_id="A-2"), day(1)),
        (BETA, Account.ManagerAssigned(manager=ZOE), day(1)),
        (ACME, Account.ManagerAssigned(manager=MEI), day(1)),
        deal(FIRST, ACME, 100),
        deal(SECOND, BETA, 20),
        target(ACME, 300),
        target(BETA, 40),
        *person(ACME, WANG),
        *person(BETA, LI),
    )
    return office


def merge(office: Office) -> int:
    merged = Account.AccountsMerged(into=BETA, reason="the same company", people={WANG: LI})
    return office.tell((ACME, merged, day(10)))


def test_a_funnel_and_a_forecast_by_account_add_what_was_merged(office: Office) -> None:
    position = merge(office)
    found = {}
    for at, known_at in ((9, position), (11, position - 1), (11, position)):
        with office.view(day(at), known_at) as view:
            groups = funnel(view, by=By.ACCOUNT).groups or []
            coming = forecast(view, "2025-Q1", by=By.ACCOUNT).groups or []
        amounts = {group.key: group.stages[0].amount for group in groups}  # type: ignore[union-attr]
        found[at, known_at] = amounts, {each.key: (each.pipeline, each.target) for each in coming}  # type: ignore[union-attr]
    apart = {str(ACME): eur(100).amount, str(BETA): eur(20).amount}
    gaps = {str(ACME): (eur(100).amount, eur(300).amount), str(BETA): (eur(20).amount, eur(40).amount)}
    assert found[9, position] == found[11, position - 1] == (apart, gaps)
    assert found[11, position] == ({str(BETA): eur(120).amount}, {str(BETA): (eur(120).amount, eur(340).amount)})


def test_a_bridge_of_the_account_that_goes_on_says_what_a_merge_moved_in(office: Office) -> None:
    position = merge(office)
    with office.view(day(9)) as then, office.view(day(11)) as now:
        change = bridge(then, now, Filters(account=BETA))
    assert (change.start, change.moved_in, change.end) == (eur(20).amount, eur(100).amount, eur(120).amount)
    (item,) = change.items
    assert (item.opportunity, item.positions) == (FIRST, [position])


def test_merged_accounts_have_one_line_of_health_made_of_the_facts_of_both(office: Office) -> None:
    for account, at, score in ((ACME, 5, 2), (BETA, 6, 4)):
        asked = Satisfaction.SatisfactionSurveyed(
            survey_id=some_id(str(at)), kind=SurveyKind.CSAT, score=score, stakeholder={ACME: WANG, BETA: LI}[account]
        )
        office.tell((account, asked, day(at)))
    merge(office)
    with office.view(day(9)) as view:
        assert [each.account for each in health(view).accounts] == [ACME, BETA]
    with office.view(day(11)) as view:
        (one,) = health(view).accounts
        (asked_for,) = health(view, ACME).accounts
    satisfied = {each.name: each for each in one.components}["satisfaction"]
    assert one == asked_for
    assert (one.account, satisfied.positions) == (BETA, [15])
    with office.view(day(9)) as then, office.view(day(11)) as now:
        assert {move.account for move in moved(then, now).accounts} <= {BETA}


def test_a_joint_activity_that_goes_on_under_another_identifier_counts_once(office: Office) -> None:
    started = {}
    for account in (ACME, BETA):
        which = some_id(f"fair of {account}")
        proposed = JointActivities.JointActivityProposed(
            activity_id=which, kind=JointActivityKind.EVENT, title="Fair", aim=sealed("new mills")
        )
        office.tell((account, proposed, day(4)))
        started[account] = office.tell((account, JointActivities.JointActivityStarted(activity_id=which), day(5)))
    items = {some_id(f"fair of {ACME}"): some_id(f"fair of {BETA}")}
    office.tell((ACME, Account.AccountsMerged(into=BETA, reason="the same company", open_items=items), day(10)))
    found = {}
    for at in (9, 11):
        with office.view(day(at)) as view:
            found[at] = {
                line.account: each.positions
                for line in health(view).accounts
                for each in line.components
                if each.name == "joint_activity"
            }
    assert found[9] == {ACME: [started[ACME]], BETA: [started[BETA]]}
    assert found[11] == {BETA: [started[BETA]]}


def test_an_ended_account_is_left_out_of_the_list_unless_asked_for_and_then_marked(office: Office) -> None:
    merge(office)
    with office.view(day(11)) as view:
        assert [line.id for line in accounts_after(view, None, 9, AccountFilters())] == [BETA]
        both = accounts_after(view, None, 9, AccountFilters(ended=True))
    assert [(line.id, line.merged_into) for line in both] == [(ACME, BETA), (BETA, None)]
    with office.view(day(9)) as view:
        assert [line.id for line in accounts_after(view, None, 9, AccountFilters())] == [ACME, BETA]


def test_who_may_not_see_the_account_that_goes_on_sees_the_ended_one_by_itself(office: Office) -> None:
    merge(office)
    hers = Visibility(member=MEI, managers=frozenset({MEI}), scope="own accounts")
    with office.view(day(11), visibility=hers) as view:
        assert view.visible_accounts() == [ACME]
        assert view.leads_to(ACME) == ACME
        assert [line.id for line in accounts_after(view, None, 9, AccountFilters())] == [ACME]
        assert [each.account for each in health(view).accounts] == [ACME]
