"""Stakeholders are named by external id, or by a name that is unique in the account (overall where none is named)."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from api.importing.names import made_id
from domain.account.stakeholders import Stakeholders
from tests.api.importing import Company, deal, small_company

LATER = date(2026, 1, 10)
PEOPLE = (
    "external_id,account,name,reports_to\nS-1,A-1,Ada,\nS-2,A-1,Ben,Ada\nS-3,A-2,Ben,\nS-4,A-2,Cleo,\nS-5,A-2,Cleo,\n"
)
NEEDS = "external_id,account,kind,words,stakeholders\n"


@pytest.fixture
def company(tmp_path: Path, migrated_url: str) -> Iterator[Company]:
    with small_company(tmp_path, migrated_url) as company:
        yield company.has(stakeholders=PEOPLE)


def person(external_id: str) -> Any:
    return made_id("stakeholder", external_id)


def events(company: Company, prefix: str) -> list[Any]:
    return [fact.event for fact in company.facts(prefix)]


def test_names_in_the_rows_of_the_same_import_count(company: Company) -> None:
    company.has(needs=NEEDS + "N-1,A-1,need,faster,Ada;Ben\n")
    assert company.imported().refused == 0
    (need,) = events(company, "Account.NeedRecorded")
    assert need.stakeholders == (person("S-1"), person("S-2"))
    assert events(company, "Account.StakeholderAdded")[1].reports_to == person("S-1")


def test_names_of_recorded_people_count(company: Company) -> None:
    company.imported()
    (company.folder / "stakeholders.csv").unlink()
    company.has(
        needs=NEEDS + "N-1,A-2,need,faster,Ben\n",
        relationships="stakeholder,member,level\nAda,M-1,vendor\n",
        satisfaction="account,kind,score,on,stakeholder,comment\nA-2,nps,8,2026-01-05,Ben,fine\n",
        opportunities=deal(),
        buyers="opportunity,stakeholder,role,support,wants\nO-1,Ben,user,mentor,peace\n",
    )
    assert company.imported(on=LATER).refused == 0
    assert events(company, "Account.NeedRecorded")[0].stakeholders == (person("S-3"),)
    assert events(company, "Account.RelationshipAssessed")[0].stakeholder == person("S-1")
    assert events(company, "Account.SatisfactionSurveyed")[0].stakeholder == person("S-3")
    assert events(company, "Opportunity.BuyerMapped")[0].stakeholder == person("S-2")


def test_a_person_is_found_by_the_newest_name(company: Company) -> None:
    company.imported()
    company.has(stakeholders="external_id,account,name\nS-1,A-1,Ada Weiss\n").imported(on=LATER)
    (company.folder / "stakeholders.csv").unlink()
    company.has(relationships="stakeholder,member,level\nAda Weiss,M-1,vendor\nAda,M-1,vendor\n")
    assert company.imported(on=LATER).refused == 1
    assert [each["reason"] for each in company.refusals()] == ["there is no stakeholder Ada"]


def test_a_name_that_several_bear_is_refused(company: Company) -> None:
    company.has(relationships="stakeholder,member,level\nBen,M-1,vendor\n", needs=NEEDS + "N-1,A-2,need,x,Cleo\n")
    assert company.imported().refused == 2
    assert {(each["value"], each["reason"], each["what to do"]) for each in company.refusals()} == {
        (name, "several are called so: which stakeholder?", "Name it by its external id.") for name in ("Ben", "Cleo")
    }


def test_a_name_of_another_account_is_refused(company: Company) -> None:
    company.has(needs=NEEDS + "N-1,A-2,need,x,Ada\n")
    assert company.imported().refused == 1
    assert company.refusals()[0]["reason"] == "there is no stakeholder Ada"


def test_sealed_names_stay_closed_where_external_ids_say_all(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    company.imported()
    (company.folder / "stakeholders.csv").unlink()
    opened: list[str] = []
    people = type(company.journal.people)
    open_ = people.open
    added = {event.name.ciphertext for event in events(company, Stakeholders.StakeholderAdded.topic)}

    def watched(self: Any, sealed: Any, field: str) -> str | None:
        if sealed.ciphertext in added:
            opened.append(field)
        return open_(self, sealed, field)

    monkeypatch.setattr(people, "open", watched)
    company.has(needs=NEEDS + "N-1,A-1,need,faster,S-1\n").imported(on=LATER)
    assert opened == []
    company.has(needs=NEEDS + "N-1,A-1,need,faster,S-1\nN-2,A-1,need,finer,Ada\n").imported(on=LATER)
    assert len(opened) == 5


def test_a_refusal_names_things_by_the_ids_of_the_source(company: Company) -> None:
    company.has(facts='aggregate,id,command,values\naccount,A-1,needs.meet,"{""need_id"": ""N-9"", ""how"": ""x""}"\n')
    assert company.imported().refused == 1
    reason = company.refusals()[0]["reason"]
    assert "N-9" in reason
    assert str(made_id("need", "N-9")) not in reason
