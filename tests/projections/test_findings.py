"""Rules of thumb: given these facts, the finding holds; given those, it does not. Every finding names its events."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest

from domain.account.account import Account
from domain.account.action_items import ActionItems
from domain.account.commitments import CommitmentKind, Commitments
from domain.account.contacts import ContactChannel, ContactDirection, Contacts
from domain.account.dealings import Side
from domain.account.needs import NeedKind, Needs
from domain.account.stakeholders import Stakeholders
from domain.account.standing import RelationshipType, ReviewDecision, Standing
from domain.account.team import Team, TeamFunction
from domain.account.value import Value, ValueKind
from domain.account.visit_plan import names_our_action
from domain.account_plan.account_plan import AccountPlan
from domain.aggregate import Event
from domain.experiment.experiment import Experiment
from domain.experiment.rules import ExperimentMeasure
from domain.issue.issue import Issue
from domain.issue.terms import IssueKind
from domain.member import Member, Role
from domain.member.visit_plans import VisitPlans
from domain.opportunity.buyers import BuyerRole, Buyers, Support
from domain.opportunity.concessions import Concessions
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.pursuit import Decision, Pursuit
from domain.opportunity.qualification import Qualification
from domain.opportunity.quote_lines import QuoteLine
from domain.opportunity.quotes import Quotes
from domain.opportunity.resources import Resources
from domain.policies.gates import Answer
from domain.policies.service_policy import ServiceLevel
from domain.policies.shipped_processes import FOUR_FUNNEL, QUESTIONNAIRE
from domain.visibility import Visibility
from projections.findings import RULES
from projections.findings_answer import FindingFilters, FindingLine, RuleUnknown, findings
from projections.findings_issues import OF_ISSUES
from projections.findings_partners import OF_PARTNERS
from projections.findings_strategy import OF_STRATEGY
from tests.domain.given import eur, sealed, some_id
from tests.domain.plan_facts import APPROVED, progressed
from tests.domain.plan_facts import objective as plan_objective
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal, Told
from tests.projections.test_visits import PLANNED, logged

ACME, DEAL, WANG, LI, MEI = (some_id(name) for name in ("acme", "deal", "wang", "li", "mei"))
BETA, ZHANG = some_id("beta"), some_id("zhang")
NOW = datetime(2025, 7, 10, 12, tzinfo=UTC)
START = NOW - timedelta(days=200)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def of_acme(event: Event, days: float = 20) -> Told:
    return ACME, event, ago(days)


def of_deal(event: Event, days: float = 20) -> Told:
    return DEAL, event, ago(days)


def registered() -> Account.Registered:
    return Account.Registered(name="Acme", external_id="A", currency="EUR")


def opened(stage: str = "winnable", close_on: date | None = date(2025, 12, 1)) -> Opportunity.Opened:
    return Opportunity.Opened(
        account=ACME,
        title="line 2",
        process=FOUR_FUNNEL.key,
        process_edition=0,
        stage=stage,
        amount=eur(1000),
        close_on=close_on,
        override="known to us",
    )


def mapped(who: UUID, role: BuyerRole, support: Support) -> Buyers.BuyerMapped:
    return Buyers.BuyerMapped(stakeholder=who, role=role, support=support)


def granted(kind: RelationshipType = RelationshipType.ORDINARY) -> Standing.KeyStatusGranted:
    return Standing.KeyStatusGranted(relationship_type=kind, justification="large", override="known")


def contact(who: UUID) -> Contacts.ContactLogged:
    return Contacts.ContactLogged(
        contact_id=some_id(f"contact {who}"),
        channel=ContactChannel.PHONE,
        subject=None,
        message_id="",
        direction=ContactDirection.OUT,
        people=(MEI,),
        stakeholders=(who,),
    )


def started(office: Office) -> Office:
    """A manager with a customer of whom two people are known."""
    office.tell(
        (MEI, Member.Invited(name=sealed("Mei"), external_id="M"), START),
        (MEI, Member.RoleGranted(role=Role.MANAGER), START),
        (ACME, registered(), START),
        (ACME, Account.ManagerAssigned(manager=MEI), START),
        *((ACME, Stakeholders.StakeholderAdded(stakeholder_id=who, name=sealed("x")), START) for who in (WANG, LI)),
    )
    return office


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    return started(Office(journal, engine_of))


def found(office: Office, rule: str, as_of: datetime = NOW, known_at: int | None = None) -> list[FindingLine]:
    with office.view(as_of, known_at) as view:
        return findings(view, FindingFilters(rules=(rule,))).findings


APPROVER = mapped(WANG, BuyerRole.APPROVER, Support.SUPPORTER)
DECIDER = mapped(LI, BuyerRole.DECISION_MAKER, Support.MENTOR)
NEED = Needs.NeedRecorded(need_id=some_id("need"), kind=NeedKind.NEED, words=sealed("faster"), importance=3)
VALUE = Value.ValueGiven(value_id=some_id("value"), kind=ValueKind.TRAINING, what=sealed("a day"))
ITEM = ActionItems.ActionItemOpened(item_id=some_id("item"), text=sealed("call"), owner=MEI, due_on=date(2025, 6, 20))
QUOTE = Quotes.QuoteIssued(
    quote_no="Q-1",
    version=1,
    lines=(QuoteLine(product="pump", quantity=Decimal(1), unit_price=eur(10).amount),),
    total=eur(10),
    issued_on=date(2025, 6, 20),
    valid_until=date(2025, 9, 1),
)


def promised(due_on: date, made_by: Side = Side.US) -> Commitments.CommitmentMade:
    return Commitments.CommitmentMade(
        commitment_id=some_id("promise"), made_by=made_by, kind=CommitmentKind.PRICE, what=sealed("5 %"), due_on=due_on
    )


def spent(days: int) -> Resources.ResourceSpent:
    return Resources.ResourceSpent(
        kind="engineer",
        person_days=Decimal(days),
        cost=eur(100 * days),
        stage="ours",
        rate_card_edition=1,
        process_edition=0,
    )


def conceded(received: str = "") -> Concessions.ConcessionMade:
    back = sealed(received) if received else None
    return Concessions.ConcessionMade(asked=sealed("2 %"), given=sealed("2 %"), received=back)


def answered(*yes: str) -> list[Told]:
    return [of_deal(Qualification.QualificationAnswered(question=q, answer=Answer.YES, process_edition=0)) for q in yes]


ALL_FOR_US = [
    of_deal(
        Qualification.QualificationAnswered(
            question=each.key, answer=Answer.NO if each.against else Answer.YES, process_edition=0
        )
    )
    for each in QUESTIONNAIRE
]
PURSUE = Pursuit.PursuitDecided(decision=Decision.GO, by=MEI, why="worth it", days_allowed=Decimal(3))

STARTED = Experiment.Started(
    title="Warranty",
    offer="three years",
    measure=ExperimentMeasure.VISITS,
    starts_on=(NOW - timedelta(days=20)).date(),
    until=(NOW - timedelta(days=2)).date(),
    group=(ACME, WANG),
    control=(LI, MEI),
)
PLAN = some_id("plan")
DRAFTED_FOR_ACME = AccountPlan.Drafted(account=ACME, fiscal_year=2025)


def of_plan(event: Event, days: float = 60) -> Told:
    return PLAN, event, ago(days)


HOLDS: dict[str, tuple[list[Told], list[Told]]] = {
    "no_opposition_recorded": (
        [of_deal(opened()), of_deal(APPROVER)],
        [of_deal(mapped(LI, BuyerRole.USER, Support.ENEMY))],
    ),
    "more_against_than_for": (
        [of_deal(opened()), of_deal(mapped(WANG, BuyerRole.APPROVER, Support.NON_SUPPORTER))],
        [of_deal(DECIDER, 19), of_deal(mapped(WANG, BuyerRole.APPROVER, Support.NEUTRAL), 18)],
    ),
    "no_decider_mapped": ([of_deal(opened()), of_deal(APPROVER)], [of_deal(DECIDER)]),
    "approver_not_met": (
        [of_deal(opened(), 190), of_deal(APPROVER, 185)],
        [of_acme(contact(WANG), 5)],
    ),
    "strategic_without_bearers": (
        [of_acme(granted(RelationshipType.STRATEGIC)), of_deal(opened()), of_deal(DECIDER)],
        [of_acme(Team.TeamMemberJoined(member=MEI, function=TeamFunction.EXECUTIVE_SPONSOR))],
    ),
    "key_status_unjustified": (
        [of_acme(granted(), 190)],
        [
            of_acme(
                Standing.KeyStatusReviewed(
                    decision=ReviewDecision.KEEP,
                    relationship_type=RelationshipType.ORDINARY,
                    justification="still large",
                    improvement="visit monthly",
                ),
                3,
            )
        ],
    ),
    "hangs_by_one_thread": (
        [of_acme(granted()), of_acme(logged(people=(MEI,), stakeholders=(WANG,), ad_hoc=True), 10)],
        [
            of_acme(logged(visit_id=some_id("second"), people=(MEI,), stakeholders=(LI,), ad_hoc=True), 5),
        ],
    ),
    "close_date_pushed_again": (
        [
            of_deal(opened(), 30),
            *(of_deal(Opportunity.CloseDateMoved(previous=None, close_on=date(2026, n, 1)), 30 - n) for n in (1, 2, 3)),
        ],
        [of_deal(Opportunity.Lost(reasons=("price",)), 1)],
    ),
    "close_date_past": (
        [of_deal(opened(close_on=date(2025, 7, 9)))],
        [of_deal(Opportunity.CloseDateMoved(previous=None, close_on=date(2025, 7, 10)), 1)],
    ),
    "commit_with_unmet_gate": (
        [of_deal(opened("negotiation")), *answered("1", "2")],
        ALL_FOR_US,
    ),
    "objective_names_our_action": (
        [of_acme(msgspec.structs.replace(PLANNED, expected_action="We present the offer"))],
        [of_acme(logged(), 1)],
    ),
    "need_unanswered": ([of_acme(NEED, 40)], [of_acme(Needs.NeedDropped(need_id=some_id("need"), reason="gone"), 2)]),
    "no_value_given": ([of_acme(granted(), 100)], [of_acme(VALUE, 30)]),
    "commitment_overdue": (
        [of_acme(promised(date(2025, 7, 1)))],
        [of_acme(Commitments.CommitmentKept(commitment_id=some_id("promise")), 1)],
    ),
    "experiment_not_concluded": (
        [(some_id("test"), STARTED, ago(20))],
        [(some_id("test"), Experiment.Stopped(on=(NOW - timedelta(days=1)).date(), reason="too dear"), ago(1))],
    ),
    "quote_without_follow_up": (
        [of_deal(opened()), of_deal(QUOTE)],
        [of_deal(Quotes.QuoteDeclined(quote_no="Q-1", reason="dear"), 1)],
    ),
    "conceded_for_nothing": ([of_deal(opened()), of_deal(conceded())], [of_deal(Opportunity.Lost(), 1)]),
    "resources_over_limit": (
        [of_deal(opened()), of_deal(PURSUE), of_deal(spent(4), 5)],
        [of_deal(Opportunity.Lost(), 1)],
    ),
    "open_after_no_go": (
        [
            of_deal(opened(), 50),
            of_deal(Pursuit.PursuitDecided(decision=Decision.NO_GO, by=MEI, why="too far"), 40),
        ],
        [of_deal(Opportunity.Disqualified(reasons=("no go",)), 1)],
    ),
    "monthly_plan_not_handed_in": (
        [],
        [(MEI, VisitPlans.MonthlyVisitPlanSubmitted(month="2025-07", visits=()), ago(9))],
    ),
    "objective_behind_its_line": (
        [of_plan(DRAFTED_FOR_ACME), of_plan(plan_objective(account=ACME), 59)],
        [of_plan(progressed(700_000, date(2025, 7, 9)), 1)],
    ),
    "plan_not_approved": (
        [of_acme(granted()), of_plan(DRAFTED_FOR_ACME)],
        [of_plan(plan_objective(account=ACME, due=date(2026, 12, 31)), 2), of_plan(APPROVED, 1)],
    ),
    "todo_untouched": ([of_acme(ITEM, 60)], [of_acme(contact(LI), 2)]),
}
"""By rule: facts for which it holds, and facts by which it ends."""


@pytest.mark.parametrize("rule", HOLDS)
def test_a_finding_holds_for_its_facts_and_ends_by_others(office: Office, rule: str) -> None:
    holding, ending = HOLDS[rule]
    if holding:
        office.tell(*holding)
    (line,) = found(office, rule)
    assert line.rule == rule
    assert line.text
    assert line.positions
    known = office.journal.facts
    assert all(0 < position <= len(known) for position in line.positions)
    held = len(known)
    office.tell(*ending)
    assert found(office, rule) == []
    assert [each.text for each in found(office, rule, known_at=held)] == [line.text]


@pytest.mark.parametrize("rule", [rule for rule in HOLDS if rule != "monthly_plan_not_handed_in"])
def test_a_finding_does_not_hold_without_its_facts(office: Office, rule: str) -> None:
    assert found(office, rule) == []


def test_every_rule_has_its_facts_here() -> None:
    apart_from_table = {"stuck_in_stage", "too_many_key_accounts", "logged_late"}
    apart_from_table |= {rule.name for rule in (*OF_ISSUES, *OF_PARTNERS, *OF_STRATEGY)}  # in files of their own
    assert {rule.name for rule in RULES} == set(HOLDS) | apart_from_table
    assert all(rule.about and 1 <= rule.weight <= 3 for rule in RULES)


def test_a_stage_is_stuck_when_it_is_older_than_twice_its_usual_age(office: Office) -> None:
    others = [some_id(f"other {n}") for n in range(5)]
    office.tell(*[(other, opened("ours"), ago(150)) for other in others])
    office.tell(*[(other, Opportunity.Won(signed=eur(1)), ago(140)) for other in others])
    office.tell((DEAL, opened("ours"), ago(25)))
    (line,) = found(office, "stuck_in_stage")
    assert (line.subject, line.text) == (DEAL, "25 days in its stage, usual are 10")
    assert found(office, "stuck_in_stage", as_of=ago(5)) == []


def test_thirty_five_key_accounts_are_enough_for_a_manager(office: Office) -> None:
    customers = [some_id(f"customer {n}") for n in range(36)]
    for number, customer in enumerate(customers):
        office.journal.append((customer, Account.Registered(name=f"C{number}"), START))
        office.journal.append((customer, Account.ManagerAssigned(manager=MEI), START))
        office.journal.append((customer, granted(), ago(40 - number)))
    office.engine.catch_up()
    (line,) = found(office, "too_many_key_accounts")
    assert (line.subject, line.member, line.text) == (MEI, MEI, "36 key accounts")
    assert found(office, "too_many_key_accounts", as_of=ago(6)) == []


def test_a_visit_recorded_more_than_a_week_later_is_logged_late(office: Office) -> None:
    office.tell(of_acme(logged(ad_hoc=True), 3))
    (line,) = found(office, "logged_late")  # the tests' journal records years after its facts
    assert line.positions == [len(office.journal.facts)]
    assert found(office, "logged_late", as_of=NOW + timedelta(days=40)) == []


def test_an_imported_deal_was_never_asked_at_its_gates(office: Office) -> None:
    imported = Opportunity.Opened(
        account=ACME, title="x", process=FOUR_FUNNEL.key, process_edition=0, stage="negotiation", override="imported"
    )
    office.tell(of_deal(imported), *answered("1"))
    assert found(office, "commit_with_unmet_gate") == []


def test_an_unknown_rule_is_told_which_there_are(office: Office) -> None:
    with pytest.raises(RuleUnknown, match="close_date_past"):
        found(office, "bad_luck")


def test_only_what_the_asker_may_see_is_looked_at(office: Office) -> None:
    office.tell(of_deal(opened(close_on=date(2025, 7, 1))))
    nobody = Visibility(member=LI, managers=frozenset({LI}))
    with office.view(NOW, visibility=nobody) as view:
        assert findings(view).findings == []
    with office.view(NOW, visibility=Visibility(member=MEI, managers=frozenset({MEI}))) as view:
        assert "close_date_past" in {line.rule for line in findings(view).findings}


def test_findings_are_of_a_customer_and_of_who_should_look(office: Office) -> None:
    office.tell(of_deal(opened(close_on=date(2025, 7, 1))))

    def lines(**filters: Any) -> set[str]:
        with office.view(NOW) as view:
            return {line.rule for line in findings(view, FindingFilters(**filters)).findings}

    assert "close_date_past" in lines(account=ACME) & lines(member=MEI)
    assert lines(member=LI) == set()


@pytest.mark.parametrize("action", ["We present the offer", "our engineer shows the line", "我们介绍方案", "演示样机"])
def test_an_action_that_begins_with_us_is_ours(action: str) -> None:
    assert names_our_action(action)


@pytest.mark.parametrize(
    "action", ["names the approver", "Wang sends the drawings", "客户确认测试日期", "wears our helmet"]
)
def test_an_action_of_the_customer_is_theirs(action: str) -> None:
    assert not names_our_action(action)


def merged_into_beta(**maps: dict[UUID, UUID]) -> list[Told]:
    """A second record of the same company, with Li as the one known there as Wang, and the merge into it."""
    return [
        (BETA, Account.Registered(name="Acme Ltd", external_id="B"), START),
        (BETA, Account.ManagerAssigned(manager=MEI), START),
        (BETA, Stakeholders.StakeholderAdded(stakeholder_id=ZHANG, name=sealed("x")), START),
        of_acme(Account.AccountsMerged(into=BETA, reason="the same", **maps), 10),
    ]


def test_an_approver_who_was_met_at_the_account_that_goes_on_is_met(office: Office) -> None:
    office.tell(of_deal(opened(), 190), of_deal(APPROVER, 185), *merged_into_beta(people={WANG: ZHANG}))
    assert len(found(office, "approver_not_met")) == 1
    office.tell((BETA, contact(ZHANG), ago(5)))
    assert found(office, "approver_not_met") == []


def test_what_goes_on_under_another_identifier_is_found_once(office: Office) -> None:
    there = msgspec.structs.replace(promised(date(2025, 7, 1)), commitment_id=some_id("promise there"))
    office.tell(of_acme(promised(date(2025, 7, 1))))
    position = office.tell((BETA, there, ago(20)))
    before = office.tell(*merged_into_beta()[:-1])
    office.tell(*merged_into_beta(open_items={some_id("promise"): some_id("promise there")})[-1:])
    (line,) = found(office, "commitment_overdue")
    assert (line.account, line.positions) == (BETA, [position])
    assert {each.account for each in found(office, "commitment_overdue", known_at=before)} == {ACME, BETA}


def test_key_status_of_the_account_that_ended_is_that_of_the_customer(office: Office) -> None:
    office.tell(of_acme(granted(), 190), *merged_into_beta())
    (line,) = found(office, "key_status_unjustified")
    assert line.account == BETA
    assert line.text == "its review was due on 2025-07-01"


def test_no_value_counts_from_the_grant_and_not_from_the_last_change_of_the_account(office: Office) -> None:
    office.tell(of_acme(granted(), 100), of_acme(Account.ProfileChanged(website="acme.example"), 2))
    (line,) = found(office, "no_value_given")
    assert line.text == "no value given for 100 days"


def test_an_import_that_was_taken_back_counts_no_more(office: Office) -> None:
    office.tell(of_deal(opened("ours"), 30))
    moved = Opportunity.StageAdvanced(
        from_="ours", to="negotiation", process_edition=0, after=("ours",), override="imported"
    )
    office.tell(of_deal(moved, 20))
    assert found(office, "commit_with_unmet_gate") == []
    position = len(office.journal.facts)
    by_hand = msgspec.structs.replace(moved, override="they asked for it")
    office.tell(of_deal(by_hand, 25), of_deal(Opportunity.FactWithdrawn(position=position, reason="not so"), 20))
    assert len(found(office, "commit_with_unmet_gate")) == 1


def test_a_contact_recorded_more_than_a_week_later_is_logged_late(office: Office) -> None:
    position = office.tell(of_acme(contact(WANG), 5))  # the tests' journal records years after its facts
    (line,) = found(office, "logged_late")
    assert (line.positions, line.text[:28]) == ([position], "the contact of 2025-07-05 wa")
    assert found(office, "logged_late", known_at=position - 1) == []


def test_where_people_are_mapped_and_nobody_takes_our_side_none_are_more_for_us(office: Office) -> None:
    assert found(office, "more_against_than_for") == []
    office.tell(of_deal(opened()))
    assert found(office, "more_against_than_for") == []
    position = office.tell(of_deal(mapped(WANG, BuyerRole.USER, Support.NEUTRAL)))
    (line,) = found(office, "more_against_than_for")
    assert (line.text, position in line.positions, line.version) == ("0 for us, 0 against", True, 2)
    office.tell(of_deal(DECIDER, 19))
    assert found(office, "more_against_than_for") == []


def test_accounts_that_late_facts_merged_into_each_other_are_no_customer(office: Office) -> None:
    """None of a circle goes on: what is about them is found of nobody, and nothing else is kept from being found."""
    raised = Issue.Raised(
        account=ACME, kind=IssueKind.COMPLAINT, severity=1, category="delivery", description=sealed("late"),
        service_level=ServiceLevel.NONE, response_due=ago(9), resolution_due=ago(8),
    )  # fmt: skip
    office.tell((some_id("issue"), raised, ago(10)))
    (overdue,) = found(office, "open_issue_overdue")
    assert overdue.account == ACME
    office.tell((BETA, Account.Registered(name="Beta", external_id="B", currency="EUR"), START))
    for one, other in ((ACME, BETA), (BETA, ACME)):
        office.tell((one, Account.AccountsMerged(into=other, reason="the same", people={}, open_items={}), ago(5)))
    with office.view(NOW) as view:
        assert findings(view).findings == []
