"""The lists that give one command a row: one taken and one refused of each; what their cells name is found."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api.importing.kinds import KINDS
from api.importing.kinds.facts import FACTS
from api.importing.kinds.lists import LISTS
from api.importing.names import made_id
from tests.api.importing import Company, deal, small_company
from tests.api.test_import_commands import PEOPLE, facts, quoted

TAKEN = {
    "payments": "account,on,invoice_no,amount,currency,due_on,paid_on\n"
    "A-1,2025-03-05,I-1,1200,EUR,2025-03-01,2025-03-05\n",
    "credit": "account,on,rating,limit,currency,valid_until,assessor\nA-1,2025-03-05,B,50000,EUR,2026-03-01,M-2\n",
    "contact_log": "account,on,channel,direction,people,stakeholders\nA-1,2025-03-05,phone,in,M-1,P-1\n",
    "needs": "客户,编号,日期,kind,words,importance,stakeholders,visits,opportunities\n"
    "A-1,N-1,2025-03-05,goal,Half the noise,3,P-1;P-2,V-1,O-1\n",
    "commitments": "account,external_id,on,made_by,kind,what,due_on,owner,stakeholders\n"
    "A-1,C-1,2025-03-05,us,supply,Forty in stock,2025-06-30,Anna Berg,P-1\n",
    "value_given": "account,external_id,on,kind,what,worth,cost,currency,reckoned,people\n"
    "A-1,W-1,2025-03-05,saving,No crane,12000,300,EUR,Two cranes a year,M-1\n",
    "gifts": "account,external_id,on,stakeholder,what,value,currency,giver,approved_by\n"
    "A-1,G-1,2025-03-05,P-1,A book,40,EUR,M-1,M-2\n",
    "team": "account,on,member,function,counterpart\nA-1,2025-03-05,M-2,executive_sponsor,P-1\n",
    "action_items": "account,external_id,on,text,owner,due_on,visit,opportunity\n"
    "A-1,T-1,2025-03-05,Send the drawings,M-1,2025-03-20,V-1,O-1\n",
    "competitors": "商机,日期,competitor,strengths,preferred_by\nO-1,2025-03-05,Kestrel,Price,P-2\n",
    "samples": "opportunity,external_id,on,what,stakeholder,due_back,worth,currency\n"
    "O-1,S-1,2025-03-05,One drive,P-2,2025-05-01,900,EUR\n",
    "account_plans": "plan,account,fiscal_year,on\nAP-1,A-1,2025,2025-01-15\n",
    "objectives": "plan,external_id,on,title,metric,baseline,target,currency\n"
    "AP-1,Z-1,2025-01-16,Grow,revenue,100,200,EUR\n",
    "plan_milestones": "plan,external_id,on,title,due,owner,objective\n"
    "AP-1,MS-1,2025-01-16,Trial agreed,2025-06-30,M-1,Z-1\n",
    "objective_results": "plan,objective_id,on,value,evidence\nAP-1,Z-1,2025-03-05,130,Invoices\n",
    "experiment_results": "experiment,account,on,value,evidence\nX-1,A-1,2025-03-05,7,Orders\n",
}
BESIDE = (
    '{"title": "Warranty", "offer": "A year more", "measure": "by_hand", "until": "2025-06-30",'
    ' "group": ["A-1", "A-2"],'
    ' "control": ["00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"]}'
)
"""Of an experiment that is begun by a fact."""
REFUSED = {
    "payments": ("A-1,2025-03-05,I-1,-5,EUR,2025-03-01,", "PaymentNotPositive"),
    "credit": ("A-1,2025-03-05,F,50000,EUR,2026-03-01,M-2", "A, B, C, D, E"),
    "contact_log": ("A-1,2025-03-05,phone,in,M-1,P-9", "there is no stakeholder P-9"),
    "needs": ("A-1,N-1,2025-03-05,goal,Half the noise,9,,,", "Importance"),
    "commitments": ("A-1,C-1,2025-03-05,us,supply,Forty in stock,,,", "blank"),
    "value_given": ("A-1,W-1,2025-03-05,saving,No crane,12000,,EUR,,", "ReckoningMissing"),
    "gifts": ("A-1,G-1,2025-03-05,P-1,A book,-1,EUR,M-1,", "negative"),
    "team": ("A-1,2025-03-05,M-9,sales,", "there is no member M-9"),
    "action_items": ("A-1,T-1,2025-03-05,Send the drawings,,,,", "OwnerMissing"),
    "competitors": ("O-9,2025-03-05,Kestrel,,", "there is no opportunity O-9"),
    "samples": ("O-1,S-1,2025-03-05,One drive,P-2,2024-05-01,,", "DueBackBeforeLent"),
    "account_plans": ("AP-1,A-1,25,2025-01-15", "NotAFiscalYear"),
    "objectives": ("AP-9,Z-1,2025-01-16,Grow,revenue,100,200,EUR", "there is no plan AP-9"),
    "plan_milestones": ("AP-1,MS-1,2025-01-16,Trial agreed,2025-06-30,M-9,", "there is no member M-9"),
    "objective_results": ("AP-9,Z-1,2025-03-05,130,Invoices", "there is no plan AP-9"),
    "experiment_results": ("X-1,A-1,2025-03-05,many,Orders", "number"),
}


@pytest.fixture
def company(tmp_path: Path, migrated_url: str) -> Iterator[Company]:
    with small_company(tmp_path, migrated_url) as company:
        visit = "external_id,account,start,status\nV-1,A-1,2025-03-04,logged\n"
        yield company.has(stakeholders=PEOPLE, opportunities=deal(), visits=visit)


def test_a_row_of_each_list_is_taken_once(company: Company) -> None:
    begun = facts(f"experiment,X-1,start,2025-01-10,{quoted(BESIDE)}")
    assert company.has(**TAKEN, facts=begun).imported().refused == 0, company.refusals()
    taken = {fact.source[8] >> 3 for fact in company.facts() if fact.source}
    assert {kind.name for kind in LISTS if kind.number not in taken} == set()
    of_plans = ["Drafted", "ObjectiveSet", "MilestoneSet", "ObjectiveProgressed"]
    assert sorted(company.names("AccountPlan")) == sorted(of_plans)
    assert company.names("Experiment") == ["Started", "ResultRecorded"]
    assert company.imported().events == 0


def test_a_row_of_each_list_that_breaks_a_rule_is_refused_and_leaves_the_rest(company: Company) -> None:
    files = {name: f"{TAKEN[name].splitlines()[0]}\n{row}\n" for name, (row, _) in REFUSED.items()}
    assert company.has(**files).imported().refused == len(REFUSED)
    told = dict.fromkeys(REFUSED, "")
    for each in company.refusals():
        told[Path(each["file"]).stem] += f"{each['reason']} {each['what to do']}"
    assert {name for name, (_, reason) in REFUSED.items() if reason not in told[name]} == set(), told
    assert company.names("Account.Visit") == ["VisitLogged"]


def test_no_two_kinds_share_a_number_and_all_fit_into_five_bits() -> None:
    numbers = [kind.number for kind in KINDS.values()]
    shared = [kind for kind in KINDS.values() if numbers.count(kind.number) > 1]
    assert {kind.number for kind in shared} == {FACTS.number}
    assert all(kind.identity is None and not kind.child for kind in shared)
    assert max(numbers) < 32
    assert {kind.name for kind in LISTS} == TAKEN.keys() == REFUSED.keys()


# What commands name, wherever it stands


def given(company: Company, root: str, id_: str, command: str, topic: str, **values: Any) -> Any:
    """The event of a command that stands in facts.csv."""
    row = f"{root},{id_},{command},2025-04-01,{quoted(msgspec.json.encode(values).decode())}"
    company.has(facts=facts(row))
    assert company.imported().refused == 0, company.refusals()
    return company.facts(topic)[-1].event


def test_a_merge_names_people_on_both_sides_and_open_items_by_their_kind(company: Company) -> None:
    company.has(
        stakeholders=PEOPLE + "P-3,A-2,Wang Wei,2025-01-10\n",
        needs="account,external_id,on,kind,words\nA-1,N-1,2025-03-05,goal,Quiet\nA-2,N-2,2025-03-05,goal,Quiet\n",
    )
    people, items = {"P-3": "P-1"}, {"need N-2": "need N-1"}
    event = given(
        company, "account", "A-2", "merge", "Account.AccountsMerged",
        into="A-1", reason="one customer", people=people, open_items=items,
    )  # fmt: skip
    assert event.into == made_id("account", "A-1")
    assert event.people == {made_id("stakeholder", "P-3"): made_id("stakeholder", "P-1")}
    assert event.open_items == {made_id("need", "N-2"): made_id("need", "N-1")}


def test_a_merge_that_the_other_account_forbids_is_refused(company: Company) -> None:
    company.has(stakeholders=PEOPLE + "P-3,A-2,Wang Wei,2025-01-10\n")
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"into": "A-2"}, "MergedIntoItself"),
        ({"into": "A-1", "people": {"P-3": "P-3"}}, "StakeholderUnknown"),
        ({"into": "A-1", "open_items": {"N-2": "N-1"}}, "Write one of: visit"),
    ]
    stated = [msgspec.json.encode({**values, "reason": "one customer"}).decode() for values, _ in wrong]
    company.has(facts=facts(*(f"account,A-2,merge,2025-04-01,{quoted(values)}" for values in stated)))
    assert company.imported().refused == 3
    told = sorted((each["line"], each["reason"] + each["what to do"]) for each in company.refusals())
    found = {line: "".join(text for at, text in told if at == line) for line, _ in told}
    for (_, reason), text in zip(wrong, found.values(), strict=True):
        assert reason in text


def test_chances_of_a_visit_are_those_of_opportunities(company: Company) -> None:
    event = given(
        company, "account", "A-1", "visits.plan", "Account.VisitPlanned",
        visit_id="V-9", start="2025-05-01T09:00:00+00:00", what="demo", why="Show it", purpose="advantage",
        expected_action="Runs a test", opportunities=["O-1"], chances={"O-1": "0.4"},
    )  # fmt: skip
    assert {str(share) for share in event.chances.values()} == {"0.4"}
    assert event.chances.keys() == {made_id("opportunity", "O-1")}


def test_a_step_of_the_decision_process_is_owned_by_a_stakeholder(company: Company) -> None:
    event = given(
        company, "opportunity", "O-1", "decision_process.describe", "Opportunity.DecisionProcessRecorded",
        steps=[{"name": "Board", "owner": "P-1", "on": "2025-06-01"}], budget_approved=True,
    )  # fmt: skip
    assert [step.owner for step in event.steps] == [made_id("stakeholder", "P-1")]


def test_a_criterion_is_named_as_it_was_recorded(company: Company) -> None:
    text = quoted('{"criterion_id": "K-1", "text": "Noise", "whose": "P-1", "priority": 2}')
    rank = quoted('{"criterion": "K-1", "priority": 1, "reason": "the winter"}')
    company.has(
        facts=facts(
            f"opportunity,O-1,criteria.describe,2025-04-01,{text}",
            f"opportunity,O-1,criteria.rerank,2025-04-02,{rank}",
        )
    )
    assert company.imported().refused == 0
    assert [fact.event.previous for fact in company.facts("Opportunity.CriterionReranked")] == [2]


def test_a_monthly_plan_names_accounts_and_visits(company: Company) -> None:
    event = given(
        company, "member", "M-1", "visit_plans.submit", "Member.MonthlyVisitPlanSubmitted",
        month="2025-04", visits=[{"account": "A-1", "visit": "V-1", "chance": "0.5"}],
    )  # fmt: skip
    (visit,) = event.visits
    assert (visit.account, visit.visit) == (made_id("account", "A-1"), made_id("visit", "V-1"))


def test_a_visit_of_an_earlier_import_is_found_by_facts_alone(company: Company) -> None:
    company.imported()
    file = company.folder.parent / "action_items.csv"
    file.write_text(TAKEN["action_items"])
    assert company.imported(paths=[file]).refused == 0
    (item,) = company.facts("Account.ActionItemOpened")
    assert item.event.visit == company.facts("Account.VisitLogged")[0].event.visit_id


def test_people_of_customers_come_from_their_own_list(company: Company) -> None:
    company.has(facts=facts("account,A-1,stakeholders.add,2025-04-01,{}"))
    assert company.imported().refused == 1
    assert "no such command" in company.refusals()[0]["reason"]


# Key status


def test_key_status_that_a_score_supports_needs_no_override(company: Company) -> None:
    from domain.policies.shipped_selection import CRITERIA

    scores = quoted(msgspec.json.encode({"scores": {each.key: "7" for each in CRITERIA}}).decode())
    granted = "account,action,on,relationship_type,justification\n"
    company.has(
        facts=facts(f"account,A-1,standing.score,2025-04-01,{scores}"),
        key_status=granted + "A-1,granted,2025-04-02,partner,Grows\nA-2,granted,2025-04-02,partner,Grows\n",
    )
    assert company.imported().refused == 0
    found = {fact.originator_id: fact.event.override for fact in company.facts("Account.KeyStatusGranted")}
    assert found == {made_id("account", "A-1"): "", made_id("account", "A-2"): "imported"}


# The order of one day


def test_what_a_list_holds_comes_before_what_a_fact_of_the_same_day_says_of_it(company: Company) -> None:
    strategy, met = '{"strategy": "defend", "against": "Kestrel"}', '{"need_id": "N-1"}'
    company.has(
        competitors=TAKEN["competitors"],
        needs="account,external_id,on,kind,words\nA-1,N-1,2025-03-05,goal,Quiet\n",
        facts=facts(
            f"opportunity,O-1,competition.choose,2025-03-05,{quoted(strategy)}",
            f"account,A-1,needs.meet,2025-03-05,{quoted(met)}",
        ),
    )
    assert company.imported().refused == 0, company.refusals()
