"""The public export of a computer-hardware seller goes in whole, and equals what its files say."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from api.importing import ImportReport
from api.importing.mapping import load_mapping
from domain.journal.journal import Journal
from domain.policies.company import Company as Settings
from domain.policies.policy import policy_id
from domain.policies.territories import Territories
from tests.api.importing import Company

ACCOUNTS, PRODUCTS, TEAMS, DEALS, DICTIONARY = 85, 7, 35, 8800, 21


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def company(tmp_path: Path, migrated_url: str) -> Iterator[Company]:
    journal = Journal(migrated_url)
    yield Company(tmp_path / "export", journal)
    journal.close()


def imported(company: Company, folder: Path, **options: Any) -> ImportReport:
    return company.imported(paths=[folder], mapping="maven", on=None, **options)


def test_the_public_export_goes_in_whole_and_a_second_time_records_nothing(company: Company, real_data: Path) -> None:
    folder = real_data / "maven"
    first = imported(company, folder)
    assert (first.rows, first.taken) == (ACCOUNTS + PRODUCTS + TEAMS + DEALS,) * 2
    assert first.ignored_files == ["data_dictionary.csv"]
    again = imported(company, folder)
    assert (again.events, again.unchanged, again.missing) == (0, again.rows, [])

    facts = company.facts()
    topics = Counter(fact.event.topic for fact in facts)
    pipeline = rows(folder, "sales_pipeline.csv")
    stages = Counter(row["deal_stage"] for row in pipeline)
    assert topics["Opportunity.Opened"] == len(pipeline) == DEALS
    assert (topics["Opportunity.Won"], topics["Opportunity.Lost"]) == (stages["Won"], stages["Lost"])
    signed: list[Any] = [fact.event for fact in facts if fact.event.topic == "Opportunity.Won"]
    assert sum(won.signed.amount for won in signed) == sum(Decimal(row["close_value"] or 0) for row in pipeline)
    assert {won.signed.currency for won in signed} == {"USD"}

    by_id: dict[str, Any] = {fact.event.external_id: fact for fact in facts if fact.event.topic == "Opportunity.Opened"}
    for row in pipeline:
        opened = by_id[row["opportunity_id"]]
        assert opened.occurred_at.date().isoformat() == (row["engage_date"] or "2017-12-31")
        assert opened.event.stage == ("engaging" if row["engage_date"] else "prospecting")
        assert opened.event.products == (row["product"].replace("GTXPro", "GTX Pro"),)
        assert opened.event.amount is None
    accounts: dict[str, Any] = {fact.event.name: fact for fact in facts if fact.event.topic == "Account.Registered"}
    nobody = accounts["(no account stated)"].originator_id
    assert sum(fact.event.account == nobody for fact in by_id.values()) == sum(not row["account"] for row in pipeline)
    assert sum(fact.event.industry == "technolgy" for fact in accounts.values()) == 12
    parents = [fact.event.parent for fact in accounts.values() if fact.event.parent]
    assert len(parents) == sum(bool(row["subsidiary_of"]) for row in rows(folder, "accounts.csv"))

    tree = company.journal.streams.state(Territories, policy_id("Territories")).territories
    teams = {(row["manager"], row["regional_office"]) for row in rows(folder, "sales_teams.csv")}
    assert {(key, each.parent) for key, each in tree.items() if each.parent} == teams
    assert company.journal.streams.state(Settings, policy_id("Company")).currency == "USD"
    assert first.notes == [
        "No company was defined: it keeps UTC and calendar years and reports in USD, as the mapping says."
    ]


def month_first(day: re.Match[str]) -> str:
    read = date.fromisoformat(day[0])
    return f"{read.month}/{read.day}/{read.year}"


def test_dates_with_the_month_first_are_taken_where_the_column_proves_it(company: Company, real_data: Path) -> None:
    for name in ("accounts", "products", "sales_teams", "sales_pipeline"):
        text = (real_data / "maven" / f"{name}.csv").read_text("utf-8")
        (company.folder / f"{name}.csv").write_text(re.sub(r"\d{4}-\d\d-\d\d", month_first, text), "utf-8")
    report = imported(company, company.folder, dry_run=True)
    assert (report.rows, report.refused) == (ACCOUNTS + PRODUCTS + TEAMS + DEALS, 0)


def test_the_mapping_joins_the_misspelt_product_by_one_line_that_can_be_read() -> None:
    mapping = load_mapping("maven")
    (pipeline,) = [table for table in mapping.tables if table.kind == "opportunities"]
    assert pipeline.values == {"product": {"GTXPro": "GTX Pro"}}
    assert mapping.on == date(2017, 12, 31)
