"""Importing again: the same file records nothing, a later snapshot what changed, a killed import goes on."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from domain.account.account import Account
from domain.journal.context import Context
from domain.journal.journal import Journal
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from tests.api.importing import ACCOUNTS, NOW, ON, Company, deal, small_company
from tests.api.test_import_facts import HISTORY, PEOPLE, VISIT_COLUMNS
from tests.killed_imports import killed_import

LATER = date(2026, 1, 10)


@pytest.fixture
def company(tmp_path: Path, migrated_url: str) -> Iterator[Company]:
    with small_company(tmp_path, migrated_url) as company:
        yield company.has(opportunities=deal())


def full(company: Company) -> Company:
    """A company with rows of many kinds."""
    return company.has(
        territories="key,name,parent\nberlin,Berlin,north\nnorth,North,\n",
        stakeholders=PEOPLE,
        stage_history=HISTORY + "O-1,2025-03-01,prospecting,4000,,,,\nO-1,2025-04-01,proposal,5000,,commit,M-2,\n",
        buyers="opportunity,stakeholder,role,support,wants\nO-1,S-2,approver,mentor,peace\n",
        answers="opportunity,question,answer,evidence,on\nO-1,1,yes,letter,2025-04-02\nO-1,1,yes,letter,2025-04-03\n",
        relationships="stakeholder,member,level\nS-2,M-1,vendor\n",
        visits=VISIT_COLUMNS + "V-1,A-1,2025-05-05T09:30:00Z,logged,demo,why,rapport,Tests,2025-05-01,M-1,S-1,ok\n",
        satisfaction="account,kind,score,on,comment\nA-1,nps,9,2025-04-02,good\nA-1,nps,9,2025-04-02,fine\n",
        purchases="account,document_no,on,revenue,currency\nA-1,D-1,2025-04-03,100.5,EUR\n",
        key_status="account,action,on,relationship_type,justification\nA-1,granted,2025-04-04,ordinary,large\n",
        managers="account,manager\nA-1,M-1\n",
        targets="scope,key,period,amount,currency\nterritory,north,2025-Q3,1000,EUR\n",
        rates="currency,on,rate\nUSD,2025-02-01,0.9\n",
        holidays="day,name\n2025-05-01,Labour Day\n",
    )


def test_the_same_files_twice_record_nothing(company: Company) -> None:
    first = full(company).imported()
    assert (first.refused, first.unchanged) == (0, 1)
    for day in (ON, LATER):
        again = company.imported(on=day)
        assert (again.events, again.unchanged, again.missing) == (0, again.rows, [])
    assert again.position == first.position


def test_the_same_rows_in_another_dialect_and_order_of_columns_record_nothing(company: Company) -> None:
    company.imported()
    company.has(accounts="币种;客户编号;客户名称\nEUR;A-1;Alpha\nEUR;A-2;Beta\n".encode("gb18030"))
    assert company.imported().events == 0


def test_what_a_person_changed_since_is_not_turned_back_by_the_same_file(company: Company) -> None:
    company.imported()
    (opened,) = company.facts("Opportunity.Opened")
    raised = Money.of(7000, "EUR")
    company.journal.run(
        Opportunity,
        opened.originator_id,
        lambda each: each.revise_amount(amount=raised),
        Context(at=opened.occurred_at),
    )
    assert company.imported(on=LATER).events == 0


@pytest.mark.parametrize(
    ("old", "new", "happened"),
    [
        ("proposal", "contract", ["StageAdvanced"]),
        ("proposal", "qualification", ["StageReverted"]),
        (",5000,", ",5500,", ["AmountRevised"]),
        ("2025-09-30", "2026-02-28", ["CloseDateMoved"]),
        (",M-1,", ",M-2,", ["OwnerChanged"]),
        ("Line 1", "Line one", []),
    ],
)
def test_a_later_snapshot_records_just_what_changed(company: Company, old: str, new: str, happened: list[str]) -> None:
    company.imported()
    known = len(company.facts())
    report = company.has(opportunities=deal().replace(old, new)).imported(on=LATER)
    assert company.names()[known:] == happened
    assert (report.taken, report.refused) == (len(happened), 0)
    assert all(day == "2026-01-10" for day, _ in company.story()[known:])


def test_a_deal_that_was_won_meanwhile_is_won_on_its_day(company: Company) -> None:
    company.imported()
    company.has(opportunities=deal("won", "2026-01-05", "5100")).imported(on=LATER)
    assert company.story("Opportunity")[-1] == ("2026-01-05", "Opportunity.Won")


def test_a_deal_that_is_open_again_is_reopened(company: Company) -> None:
    company.has(opportunities=deal("lost", "2025-12-01")).imported()
    company.has(opportunities=deal("negotiation")).imported(on=LATER)
    assert company.names("Opportunity")[-3:] == ["Lost", "Reopened", "StageAdvanced"]


def test_a_value_that_goes_there_and_back_is_recorded_each_time(company: Company) -> None:
    for day, amount in (("2026-01-08", "5000"), ("2026-01-09", "6000"), ("2026-01-10", "5000"), ("2026-01-11", "6000")):
        company.has(opportunities=deal().replace(",5000,", f",{amount},")).imported(on=date.fromisoformat(day))
    revised: list[Any] = [fact.event.amount.amount for fact in company.facts("Opportunity.AmountRevised")]
    assert revised == [6000, 5000, 6000]


def test_new_attributes_of_accounts_people_and_prices_hold_from_the_later_exports_day(company: Company) -> None:
    full(company).imported()
    known = len(company.facts())
    company.has(
        accounts="name,external_id,currency,industry\nAlpha AG,A-1,EUR,\nBeta,A-2,EUR,steel\n",
        products="key,name,price,currency\nservo,Servo S,1100,EUR\n",
        stakeholders=PEOPLE.replace("Ben", "Benjamin").replace("visionary", "laggard"),
        relationships="stakeholder,member,level\nS-2,M-1,problem_solver\n",
        territories="key,name,parent\nberlin,Berlin City,north\nnorth,North,\n",
        targets="scope,key,period,amount,currency\nterritory,north,2025-Q3,1200,EUR\n",
        managers="account,manager\nA-1,M-2\n",
    )
    assert company.imported(on=LATER).refused == 0
    assert sorted(company.names()[known:]) == [
        "ManagerAssigned",
        "PriceSet",
        "ProfileChanged",
        "ProfileChanged",
        "RelationshipAssessed",
        "StakeholderChanged",
        "TargetSet",
        "TerritorySet",
    ]
    assert {day for day, _ in company.story()[known:]} == {"2026-01-10"}


def test_a_planned_visit_is_moved_and_then_logged(company: Company) -> None:
    row = "V-1,A-1,2026-01-0{day}T09:30:00Z,{status},demo,why,rapport,Tests,2025-12-01,M-1,,\n"
    for day, status, on in ((5, "planned", ON), (6, "planned", date(2026, 1, 2)), (7, "logged", LATER)):
        company.has(visits=VISIT_COLUMNS + row.format(day=day, status=status)).imported(on=on)
    assert (
        company.story("Account.Visit")
        == [
            ("2025-12-01", "Account.VisitPlanned"),
            ("2026-01-02", "Account.VisitRescheduled"),
            ("2026-01-07", "Account.VisitRescheduled"),
            ("2026-01-07", "Account.VisitLogged"),
        ][: len(company.story("Account.Visit"))]
    )
    assert company.names("Account.Visit")[-1] == "VisitLogged"


def test_a_visit_that_is_over_is_corrected_by_people_not_by_another_row(company: Company) -> None:
    full(company).imported()
    company.has(visits=VISIT_COLUMNS + "V-1,A-1,2025-05-05T09:30:00Z,logged,demo,why,rapport,Tests,,M-1,S-1,bad\n")
    report = company.imported()
    assert (report.events, report.refused) == (0, 1)


def test_what_the_file_no_longer_holds_is_missing(company: Company) -> None:
    company.has(opportunities=deal() + deal().splitlines()[1].replace("O-1", "O-2") + "\n").imported()
    company.has(accounts="name,external_id,currency\nAlpha,A-1,EUR\n", opportunities=deal())
    report = company.imported(on=LATER)
    assert (report.missing, report.events) == (["A-2", "O-2"], 0)
    assert report.missing_of_most == ["A-2", "O-2"]


def test_files_with_less_than_half_of_what_was_imported_are_no_snapshot(company: Company) -> None:
    company.imported()
    company.has(accounts="name,external_id,currency\nGamma,A-3,EUR\n")
    report = company.imported(on=LATER)
    assert (report.missing, report.missing_of_most) == (["A-1", "A-2"], [])


def test_a_row_that_is_refused_is_not_missing(company: Company) -> None:
    stakeholders = "external_id,account,name,since\nS-1,A-1,Ada,2025-02-01\nS-2,A-1,Ben,2025-02-01\n"
    two = deal() + deal().splitlines()[1].replace("O-1", "O-2") + "\n"
    company.has(opportunities=two, stakeholders=stakeholders).imported()
    company.has(
        opportunities=two.replace("O-2,A-1,Line 1,servo,5000", "O-2,A-1,Line 1,servo,much"),
        stakeholders=stakeholders.replace("Ben,2025-02-01", "Ben"),
        accounts=ACCOUNTS + "Gamma,A-2,EUR\n",
        members=b"\x00\x01\x02" * 99,
    )
    report = company.imported(on=LATER)
    assert report.refused >= 4
    assert report.missing == []


def test_only_what_an_import_of_its_kind_recorded_can_be_missing(company: Company) -> None:
    stakeholders = "external_id,account,name,since\nS-1,A-1,Ada,2025-02-01\nS-2,A-1,Ben,2025-02-01\n"
    company.has(stakeholders=stakeholders).imported()
    (account,) = {fact.originator_id for fact in company.facts("Account.StakeholderAdded")}
    person = uuid4()
    name = company.journal.people.seal_person(person, "name", "Carl")
    company.journal.run(
        Account,
        account,
        lambda each: each.stakeholders.add(stakeholder_id=person, name=name, external_id="S-9"),
        Context(at=NOW),
    )
    company.has(stakeholders="external_id,account,name,since\nS-1,A-1,Ada,2025-02-01\n")
    assert company.imported(on=LATER).missing == ["S-2"]


def test_a_change_that_no_event_tells_is_noted_with_its_columns(company: Company) -> None:
    assert company.imported().notes == []
    company.has(
        opportunities=deal().replace("A-1,Line 1", "A-2,Line one").replace("2025-03-01", "2025-03-02"),
        members="name,external_id,roles,email,language\nAnne Berg,M-1,manager,a@x.example,de\nBo Lind,M-2,director,,\n",
    )
    report = company.imported(on=LATER)
    assert report.events == 0
    assert [note.rpartition(": ")[2] for note in sorted(report.notes)] == [
        "name in 1, email in 1, language in 1",
        "title in 1, account in 1, opened_on in 1",
    ]
    assert company.imported(on=LATER).notes == report.notes


def test_what_people_opened_here_was_never_in_the_files(company: Company) -> None:
    company.imported()
    opened = Context(at=NOW)
    company.journal.run(Account, uuid4(), lambda each: each.register(name="Ours", external_id="X-1"), opened)
    assert company.imported().missing == []


def test_a_late_fact_that_what_came_later_forbids_is_refused(company: Company) -> None:
    company.has(opportunities=deal("won", "2025-09-01", "5000")).imported()
    company.has(stage_history=HISTORY + "O-1,2025-06-01,lost,,,,,\nO-1,2025-07-01,,5200,,,,\n")
    report = company.imported(paths=[company.folder / "stage_history.csv"])
    assert (report.taken, report.refused) == (1, 1)
    assert "(LaterFactForbids)" in company.refusals()[0]["reason"]
    assert company.story("Opportunity")[-1] == ("2025-07-01", "Opportunity.AmountRevised")


# Killed

MANY = 240


def many(company: Company) -> Company:
    deals, history = deal().splitlines()[0] + "\n", HISTORY
    for n in range(MANY):
        row = deal("won", "2025-09-0" + str(n % 9 + 1), "100") if n % 2 else deal("negotiation")
        deals += row.splitlines()[1].replace("O-1", f"O-{n}") + "\n"
        history += f"O-{n},2025-0{n % 5 + 3}-15,proposal,{n + 1},2026-01-{n % 9 + 10},,,\n"
    return company.has(opportunities=deals, stage_history=history)


def essence(company: Company) -> list[tuple[Any, ...]]:
    """What an import recorded, whatever the positions: names of people are sealed under keys of their own."""
    return sorted(
        (str(fact.originator_id), fact.originator_version, fact.occurred_at, fact.event.topic, fact.source)
        for fact in company.facts()
    )


class Killed(Exception):
    pass


def test_an_import_that_dies_after_any_append_goes_on_where_it_stopped(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = Journal.append_in_bulk
    many(company)
    runs = 0
    while runs < 100:
        runs += 1
        appended = 0

        def once(self: Journal, *args: Any) -> Any:
            nonlocal appended
            if appended == 1:
                raise Killed
            appended += 1
            return append(self, *args)

        monkeypatch.setattr(Journal, "append_in_bulk", once)
        try:
            report = company.imported(append=100, on=ON if runs % 2 else LATER)
        except Killed:
            continue
        break
    assert runs > 5
    monkeypatch.undo()
    whole = len(company.facts())
    assert company.imported().events == 0
    assert report.refused == 0
    assert company.names().count("Opened") == MANY
    assert company.names().count("Won") == MANY // 2
    assert whole == len(company.facts())


def test_an_import_that_is_killed_at_every_tenth_ends_as_if_it_never_was(company: Company) -> None:
    many(company)
    expected = company.imported(dry_run=True).events
    url = company.journal.database_url
    for tenth in range(1, 10):
        ended = killed_import(
            url, company.folder, on=ON, now=NOW, append=20, at=expected * tenth // 10, milliseconds=tenth % 4
        )
        head = company.journal.streams.head()
        assert ended == -9
        assert expected * tenth // 10 <= head < expected
    assert company.imported().events == expected - head
    killed = essence(company)
    assert len(killed) == expected
    assert company.imported().events == 0
    positions = [fact.position for fact in company.facts()]
    assert positions == list(range(1, expected + 1))
    moments = [fact.occurred_at for fact in company.facts()]
    assert moments == sorted(moments)
