"""What a row becomes: facts at their moments, in business order, decided by the same commands as a person's."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.aggregate import Origin, Precision
from domain.errors import Malformed
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from domain.policies.policy import policy_id
from domain.policies.territories import Territories
from tests.api.importing import ACCOUNTS, NOW, Company, deal, small_company

HISTORY = "opportunity,at,stage,amount,close_on,category,owner,reason\n"
PEOPLE = (
    "external_id,account,name,reports_to,since,left_on,attitude\n"
    "S-2,A-1,Ben,S-1,2025-02-01,,\n"
    "S-1,A-1,Ada,,2025-02-01,2025-11-30,visionary\n"
)
VISIT_COLUMNS = (
    "external_id,account,start,status,what,why,purpose,expected_action,planned_on,our_people,stakeholders,outcome\n"
)


@pytest.fixture
def company(tmp_path: Path, migrated_url: str) -> Iterator[Company]:
    with small_company(tmp_path, migrated_url) as company:
        yield company


def events(company: Company, prefix: str) -> list[Any]:
    return [fact.event for fact in company.facts(prefix)]


def test_what_no_date_dates_opens_at_the_earliest_dated_fact_and_its_attributes_hold_from_the_exports_day(
    company: Company,
) -> None:
    company.has(accounts="name,external_id,headcount\nAlpha,A-1,50\n", opportunities=deal())
    company.imported()
    assert company.story() == [
        ("2025-03-01", "PriceList.PriceSet"),
        ("2025-03-01", "Member.Invited"),
        ("2025-03-01", "Member.RoleGranted"),
        ("2025-03-01", "Member.Invited"),
        ("2025-03-01", "Member.RoleGranted"),
        ("2025-03-01", "Account.Registered"),
        ("2025-03-01", "Opportunity.Opened"),
        ("2025-12-31", "Account.ProfileChanged"),
        ("2025-12-31", "Opportunity.StageAdvanced"),
    ]


def test_a_fact_of_a_day_stands_for_its_last_microsecond_and_names_its_origin(company: Company) -> None:
    company.has(opportunities=deal())
    company.imported()
    (opened,) = company.facts("Opportunity.Opened")
    assert opened.occurred_at == datetime(2025, 3, 1, 23, 59, 59, 999999, tzinfo=UTC)
    assert (opened.precision, opened.origin) == (Precision.DAY, Origin.IMPORT)
    assert opened.source is not None
    assert len(opened.source) == 9


def test_a_fact_dated_today_occurs_now(company: Company) -> None:
    company.has(purchases="account,document_no,on,revenue\nA-1,D-1,2026-01-15,5\n").imported()
    assert company.facts("Account.PurchaseRecorded") == []
    company.has(purchases="account,document_no,on,revenue,currency\nA-1,D-1,2026-01-15,5,EUR\n").imported()
    assert company.facts("Account.PurchaseRecorded")[0].occurred_at == NOW


def test_an_amount_without_a_currency_is_refused_not_guessed(company: Company) -> None:
    company.has(purchases="account,document_no,on,revenue\nA-1,D-1,2025-01-15,5\n").imported()
    assert company.refusals()[0]["reason"] == "nothing says in which currency this is"


def test_an_undated_deal_opens_in_its_stage_on_the_exports_day(company: Company) -> None:
    company.has(opportunities="external_id,account,title,stage,process\nO-1,A-1,x,negotiation,plain\n")
    company.imported(on=date(2025, 10, 1))
    (opened,) = company.facts("Opportunity")
    assert (f"{opened.occurred_at:%F}", opened.event.stage) == ("2025-10-01", "negotiation")


def test_a_stage_behind_a_gate_is_reached_with_the_override_imported(company: Company) -> None:
    company.has(opportunities=deal("winnable").replace(",plain,", ",four-funnel,"))
    company.imported()
    (advanced,) = events(company, "Opportunity.StageAdvanced")
    assert advanced.override == "imported"


def test_the_history_tells_each_days_stage_amount_and_date(company: Company) -> None:
    company.has(
        opportunities=deal("won", "2025-09-20", "4800"),
        stage_history=HISTORY
        + "O-1,2025-03-01,prospecting,4000,2025-08-31,,M-2,\n"
        + "O-1,2025-04-01,proposal,,,best_case,,\n"
        + "O-1,2025-05-01,qualification,,,,,budget cut\n"
        + "O-1,2025-06-01T10:00:00+02:00,negotiation,5000,2025-09-30,,M-1,\n"
        + "O-1,2025-09-20,won,,,,,best price\n",
    )
    report = company.imported()
    assert (report.taken, report.unchanged, report.refused) == (11, 0, 0)
    assert company.story("Opportunity") == [
        ("2025-03-01", "Opportunity.Opened"),
        ("2025-04-01", "Opportunity.StageAdvanced"),
        ("2025-04-01", "Opportunity.ForecastCategorySet"),
        ("2025-05-01", "Opportunity.StageReverted"),
        ("2025-06-01", "Opportunity.StageAdvanced"),
        ("2025-06-01", "Opportunity.AmountRevised"),
        ("2025-06-01", "Opportunity.CloseDateMoved"),
        ("2025-06-01", "Opportunity.OwnerChanged"),
        ("2025-09-20", "Opportunity.Won"),
    ]
    opened, *_, won = events(company, "Opportunity")
    assert (opened.stage, opened.amount, opened.close_on) == ("prospecting", Money.of(4000, "EUR"), date(2025, 8, 31))
    assert (won.signed, won.reasons) == (Money.of(4800, "EUR"), ("best price",))
    assert company.facts("Opportunity.OwnerChanged")[0].precision is Precision.MOMENT


def test_what_the_history_tells_of_later_days_was_not_so_at_the_opening(company: Company) -> None:
    company.has(opportunities=deal(), stage_history=HISTORY + "O-1,2025-06-01,proposal,5000,,,,\n")
    company.imported()
    opened = events(company, "Opportunity")[0]
    assert (opened.amount, opened.stage, opened.close_on) == (None, "prospecting", date(2025, 9, 30))


def test_people_are_added_with_their_superiors_and_leave(company: Company) -> None:
    company.has(stakeholders=PEOPLE)
    company.imported()
    assert company.story("Account.Stakeholder") == [
        ("2025-02-01", "Account.StakeholderAdded"),
        ("2025-02-01", "Account.StakeholderProfiled"),
        ("2025-02-01", "Account.StakeholderAdded"),
        ("2025-11-30", "Account.StakeholderLeft"),
    ]
    ada, _, ben, _ = events(company, "Account.Stakeholder")
    assert ben.reports_to == ada.stakeholder_id
    assert company.journal.people.open(ada.name, "name") == "Ada"


def test_no_name_of_a_person_is_in_the_journal_in_clear(company: Company) -> None:
    company.has(stakeholders=PEOPLE.replace("Ada", "Ada Lovelace"), members="name\nAnna Berg\n")
    company.imported()
    states = company.journal.streams.read(lambda c: c.execute("select state from events").fetchall())
    claims = company.journal.streams.read(lambda c: c.execute("select value from claims").fetchall())
    assert not any(b"Lovelace" in bytes(state) or b"Anna" in bytes(state) for (state,) in states)
    assert not any("Anna" in value for (value,) in claims)


def test_a_visit_is_planned_and_logged_at_their_own_moments(company: Company) -> None:
    company.has(
        stakeholders=PEOPLE,
        visits=VISIT_COLUMNS
        + "V-1,A-1,2025-05-05T09:30:00+02:00,logged,demo,why,rapport,Tests,2025-05-01,M-1;Bo Lind,S-1;S-2,Went well\n"
        + "V-2,Alpha,2025-06-05T09:30:00Z,cancelled,demo,why,rapport,Tests it,2025-06-01,,,ill\n"
        + "V-3,A-1,2026-06-05T09:30:00Z,planned,demo,why,rapport,Tests it,,,,\n"
        + "V-4,A-2,2025-07-01,logged,,,,,,M-1,,\n",
    )
    assert company.imported().refused == 0
    assert company.story("Account.Visit") == [
        ("2025-05-01", "Account.VisitPlanned"),
        ("2025-05-05", "Account.VisitLogged"),
        ("2025-06-01", "Account.VisitPlanned"),
        ("2025-06-05", "Account.VisitCancelled"),
        ("2025-07-01", "Account.VisitLogged"),
        ("2025-12-31", "Account.VisitPlanned"),
    ]
    logged = company.facts("Account.VisitLogged")[0]
    assert logged.occurred_at == datetime(2025, 5, 5, 7, 30, tzinfo=UTC)
    assert logged.event.why == ""
    assert company.journal.people.open(logged.event.outcome, "outcome") == "Went well"


def test_a_plan_needs_what_a_person_would_have_to_say(company: Company) -> None:
    company.has(visits=VISIT_COLUMNS + "V-1,A-1,2026-05-05T09:30:00Z,planned,demo,,rapport,,,,,\n")
    company.imported()
    assert [row["column"] for row in company.refusals()] == ["why", "expected_action"]


def test_everything_else_of_an_account_is_recorded_on_its_day(company: Company) -> None:
    company.has(
        stakeholders=PEOPLE,
        relationships="stakeholder,member,level,desired,coverage,on\nS-1,M-1,vendor,problem_solver,brief,2025-04-01\n",
        satisfaction="account,kind,score,on,external_id,subject,comment,stakeholder\nA-1,nps,9,2025-04-02,,service,good,S-1\n",
        purchases="account,document_no,on,revenue,currency,quantity,margin\nA-1,D-1,2025-04-03,100.5,EUR,3,20\n",
        key_status="account,action,on,relationship_type,justification,decision,improvement,review_due,override\n"
        "A-1,granted,2025-04-04,ordinary,large,,,2025-10-01,no model yet\n"
        "A-1,reviewed,2025-04-05,partner,larger,promote,prices,,\n"
        "A-1,withdrawn,2025-04-06,,gone,,,,\n",
        managers="account,manager,effective_on,reason\nA-1,Anna Berg,2025-04-07,first\n",
    )
    assert company.imported().refused == 0
    assert company.story("Account")[-8:] == [
        ("2025-04-01", "Account.RelationshipAssessed"),
        ("2025-04-02", "Account.SatisfactionSurveyed"),
        ("2025-04-03", "Account.PurchaseRecorded"),
        ("2025-04-04", "Account.KeyStatusGranted"),
        ("2025-04-05", "Account.KeyStatusReviewed"),
        ("2025-04-06", "Account.KeyStatusWithdrawn"),
        ("2025-04-07", "Account.ManagerAssigned"),
        ("2025-11-30", "Account.StakeholderLeft"),
    ]


def test_buyers_and_answers_belong_to_their_opportunity(company: Company) -> None:
    company.has(
        opportunities=deal(),
        stakeholders=PEOPLE,
        buyers="opportunity,stakeholder,role,support,key_player,wants,on\nO-1,S-1,approver,mentor,yes,peace,2025-04-01\n",
        answers="opportunity,question,answer,evidence,competitor,on\nO-1,1,yes,letter,,2025-04-02\nO-1,2,no,,Rival,\n",
    )
    assert company.imported().refused == 0
    assert company.story("Opportunity")[1:4] == [
        ("2025-04-01", "Opportunity.BuyerMapped"),
        ("2025-04-02", "Opportunity.QualificationAnswered"),
        ("2025-12-31", "Opportunity.QualificationAnswered"),
    ]


def test_the_companys_settings_are_dated_facts(company: Company) -> None:
    company.has(
        territories="key,name,parent\nberlin,Berlin,north\nnorth,North,\n",
        members="name,external_id,territory\nAnna Berg,M-1,Berlin\n",
        accounts="name,external_id,territory,parent\nAlpha,A-1,berlin,Beta\nBeta,A-2,north,\n",
        products="key,name,price,currency,from\nservo,Servo,900,EUR,2025-01-01\nservo,Servo,950,EUR,2025-06-01\n",
        rates="currency,on,rate\nUSD,2025-02-01,0.9\nUSD,2025-03-01,0.95\n",
        holidays="day,name,working\n2025-05-01,Labour Day,no\n2025-05-03,,yes\n",
        targets="scope,key,period,amount,currency\nterritory,North,2025-Q3,1000,EUR\nowner,Anna Berg,2025-Q3,500,EUR\n",
    )
    assert company.imported().refused == 0
    tree = company.journal.streams.state(Territories, policy_id("Territories")).territories
    assert {key: each.parent for key, each in tree.items()} == {"north": "", "berlin": "north"}
    assert [day for day, _ in company.story("PriceList")] == ["2025-01-01", "2025-06-01"]
    assert [day for day, _ in company.story("ExchangeRates")] == ["2025-02-01", "2025-03-01"]
    assert events(company, "SalesTarget")[0].key == "north"
    accounts = {event.name: event for event in events(company, "Account.Registered")}
    assert accounts["Alpha"].territory == "berlin"
    assert accounts["Alpha"].parent is not None


def test_accounts_above_one_another_in_a_circle_are_refused(company: Company) -> None:
    company.has(accounts="name,external_id,parent\nAlpha,A-1,A-2\nBeta,A-2,A-1\nGamma,A-3,Gamma\n")
    assert company.imported().refused == 3


def test_a_member_who_still_manages_accounts_does_not_leave(company: Company) -> None:
    company.has(
        members="name,external_id,left_on\nAnna Berg,M-1,2025-09-09\nBo Lind,M-2,2025-09-09\n",
        managers="account,manager,effective_on\nA-1,M-1,2025-01-01\nA-1,M-2,2025-05-01\n",
    )
    assert company.imported().refused == 1
    assert "(AccountsNotHandedOver)" in company.refusals()[0]["reason"]


def test_a_name_that_two_accounts_bear_is_nobodys(company: Company) -> None:
    company.has(
        accounts=ACCOUNTS + "Alpha,A-3,EUR\n",
        purchases="account,document_no,on,revenue,currency\nAlpha,D-1,2025-04-03,1,EUR\n",
    )
    company.imported()
    assert company.refusals()[0]["reason"] == "several are called so: which account?"


def test_the_account_of_a_later_file_may_be_named_as_the_earlier_one_named_it(company: Company) -> None:
    company.has(members="name\nAnna Berg\n").imported()
    company.has(
        managers="account,manager,effective_on\nAlpha,Anna Berg,2025-12-31\n",
        purchases="account,document_no,on,revenue,currency\nA-2,D-1,2025-12-31,1,EUR\n",
    )
    report = company.imported(paths=[company.folder / "managers.csv", company.folder / "purchases.csv"])
    assert (report.taken, report.refused) == (2, 0)


def test_a_dry_run_reports_and_records_nothing(company: Company) -> None:
    company.has(opportunities=deal())
    dry = company.imported(dry_run=True)
    assert company.facts() == []
    real = company.imported()
    assert (dry.rows, dry.taken, dry.events) == (real.rows, real.taken, real.events)
    assert real.position == real.events == len(company.facts())


def test_files_whose_name_tells_nothing_are_ignored_in_a_folder_and_refused_by_name(company: Company) -> None:
    company.has(export="name\nGamma\n")
    assert company.imported().ignored_files == ["export.csv"]
    named = company.imported(paths=[company.folder / "export.csv"])
    assert named.refused == 1
    assert "--kind" in (named.whole or "")
    assert company.imported(paths=[company.folder / "export.csv"], kind="accounts").taken == 1


@pytest.mark.parametrize(
    "options",
    [{"kind": "friends"}, {"mapping": "nowhere"}, {"on": date(2027, 1, 1)}, {"paths": [Path("/nowhere.csv")]}],
)
def test_wrong_use_is_refused_before_anything_is_read(company: Company, options: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        company.imported(**options)


def test_progress_is_told(company: Company) -> None:
    told: list[tuple[str, int, int]] = []
    report = company.imported(progress=lambda what, done, total: told.append((what, done, total)))
    assert told[-1] == ("recorded", report.events, report.events)


def test_names_of_members_are_found_again_without_an_external_id(company: Company) -> None:
    company.has(members="name,email\nAnna Berg,anna@us.example\n", opportunities=deal().replace("M-1", "Anna Berg"))
    company.imported()
    again = company.has(members="name,email\nAnna Berg,anna@us.example\n").imported()
    assert again.events == 0
    (opened,) = events(company, "Opportunity.Opened")
    (invited,) = company.facts("Member.Invited")
    assert opened.owner == invited.originator_id


def test_decimal_amounts_keep_their_cents(company: Company) -> None:
    company.has(opportunities=deal("won", "2025-09-01", "4999.99").replace("5000", "5000.01"))
    company.imported()
    state = company.journal.streams.state(Opportunity, company.facts("Opportunity")[0].originator_id)
    assert state.amount == Money(Decimal("5000.01"), "EUR")
    assert state.ending is not None
    assert state.ending.signed == Money(Decimal("4999.99"), "EUR")
