"""Lists of commands: payments, contacts and the like by their usual headers, and any fact as a row of `facts`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.account.account import Account
from tests.api.importing import Company, deal, small_company

PEOPLE = "external_id,account,name,since\nP-1,A-1,Wang Wei,2025-01-10\nP-2,A-1,Li Na,2025-01-10\n"


@pytest.fixture
def company(tmp_path: Path, migrated_url: str) -> Iterator[Company]:
    with small_company(tmp_path, migrated_url) as company:
        yield company.has(stakeholders=PEOPLE, opportunities=deal())


def facts(*rows: str) -> str:
    return "aggregate,id,command,on,values\n" + "".join(f"{row}\n" for row in rows)


def quoted(values: str) -> str:
    return '"' + values.replace('"', '""') + '"'


def test_a_list_is_read_by_the_parameters_of_its_command(company: Company) -> None:
    company.has(
        payments="account,on,invoice_no,amount,currency,due_on,paid_on\nA-1,2025-03-05,I-1,1200.50,EUR,2025-03-01,2025-03-05\n"
    )
    assert company.imported().refused == 0
    (fact,) = company.facts("Account.PaymentRecorded")
    assert (str(fact.event.amount), fact.event.paid_on.isoformat()) == ("1,200.50 EUR", "2025-03-05")
    assert company.imported().events == 0


def test_a_row_without_identifier_is_known_by_its_content(company: Company) -> None:
    company.has(
        contact_log="account,on,channel,direction,people,stakeholders,subject\n"
        "A-1,2025-03-05T09:30:00+00:00,phone,out,M-1,P-1;P-2,Prices for the second line\n"
    )
    assert company.imported().refused == 0
    (fact,) = company.facts("Account.ContactLogged")
    assert (fact.occurred_at.isoformat(), len(fact.event.stakeholders)) == ("2025-03-05T09:30:00+00:00", 2)
    assert company.journal.people.open(fact.event.subject, "subject") == "Prices for the second line"
    assert company.imported().events == 0


def test_any_fact_is_a_row_and_names_people_as_the_source_does(company: Company) -> None:
    values = quoted('{"stakeholder": "P-1", "role": "approver", "support": "neutral", "wants": "a quiet start"}')
    company.has(facts=facts(f"opportunity,O-1,buyers.map,2025-04-01,{values}"))
    assert company.imported().refused == 0
    (fact,) = company.facts("Opportunity.BuyerMapped")
    (person,) = [f.event for f in company.facts("Account.StakeholderAdded") if f.event.external_id == "P-1"]
    assert (fact.event.stakeholder, fact.event.role) == (person.stakeholder_id, "approver")
    assert company.journal.people.open(fact.event.wants, "wants") == "a quiet start"


def test_a_fact_about_what_an_earlier_import_recorded_finds_it(company: Company) -> None:
    company.imported()
    values = quoted('{"stakeholder": "P-1", "role": "user", "support": "enemy"}')
    (company.folder.parent / "facts.csv").write_text(facts(f"opportunity,O-1,buyers.map,2025-04-01,{values}"))
    assert company.imported(paths=[company.folder.parent / "facts.csv"]).refused == 0
    assert company.names("Opportunity.Buyer") == ["BuyerMapped"]


def test_visits_are_meant_by_their_external_ids(company: Company) -> None:
    visit = '{"visit_id": "V-7", "minutes": 30, "stakeholders": ["P-2"]}'
    company.has(facts=facts(f"account,A-1,visits.log,2025-04-01,{quoted(visit)}"))
    assert company.imported().refused == 0
    assert company.names("Account.Visit") == ["VisitLogged"]


@pytest.mark.parametrize(
    ("row", "reason", "remedy"),
    [
        ("account,A-1,visits.dream,2025-04-01,{}", "no such command", "visits.log"),
        ("account,A-1,register,2025-04-01,{}", "no such command", "visits.log"),
        ("account,A-9,assign_manager,2025-04-01,{}", "there is no account A-9", "Import the account"),
        ("account,A-1,assign_manager,2025-04-01,[]", "no JSON object", "Write"),
        ("account,A-1,assign_manager,2025-04-01,{}", "missing required field `manager`", "assign_manager"),
        ('account,A-1,assign_manager,2025-04-01,"{""manager"": ""M-9""}"', "there is no member M-9", "Import"),
        ('account,A-1,stakeholders.leave,2025-04-01,"{""stakeholder_id"": ""P-9""}"', "no stakeholder P-9", "Import"),
        ("account,A-1,assign_manager,2099-04-01,{}", "missing required", "assign_manager"),
    ],
)
def test_a_row_that_cannot_be_given_says_why_and_what_to_do(
    company: Company, row: str, reason: str, remedy: str
) -> None:
    company.has(facts=facts(row))
    assert company.imported().refused == 1
    refusals = company.refusals()
    assert any(reason in refusal["reason"] and remedy in refusal["what to do"] for refusal in refusals), refusals


def test_a_rule_of_the_domain_refuses_a_row_and_leaves_the_rest(company: Company) -> None:
    company.has(
        payments="account,on,invoice_no,amount,currency,due_on,paid_on\n"
        "A-1,2025-03-05,I-1,-5,EUR,2025-03-01,2025-03-05\nA-1,2025-03-05,I-2,7,EUR,2025-03-01,2025-03-05\n"
    )
    assert company.imported().refused == 1
    assert [fact.event.invoice_no for fact in company.facts("Account.PaymentRecorded")] == ["I-2"]
    assert "PaymentNotPositive" in company.refusals()[0]["reason"]


def test_a_list_has_chinese_headers_and_words(company: Company) -> None:
    company.has(
        payments="客户,日期,发票号,金额,币种,到期日,付款日\nA-1,2025-03-05,I-1,1200,EUR,2025-03-01,2025-03-05\n"
    )
    report = company.imported()
    assert (report.refused, report.whole) == (0, None)
    account = company.facts("Account.PaymentRecorded")[0].originator_id
    assert company.journal.known(Account, account).payments.open == {}
