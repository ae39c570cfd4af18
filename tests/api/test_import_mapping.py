"""Foreign files by a mapping: which file is what, columns, words, defaults, and the pipeline they come from."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from api.cli.intake import HELP
from api.importing.mapping import MappingWrong, load_mapping, read_mapping, shipped_mappings
from domain.journal.journal import Journal
from domain.policies.policy import policy_id
from domain.policies.sales_process import SalesProcess
from tests.api.importing import Company

THEIRS = """
on = 2025-06-30
currency = "USD"
dates = "%d.%m.%Y"
decimal = ","

[process]
key = "theirs"
name = "Their pipeline"
stages = [
    { key = "lead", name = "Lead", probability = 10 },
    { key = "offer", name = "Offer out", probability = 60, category = "best_case" },
]

[[tables]]
file = "kunden*.csv"
kind = "accounts"
columns = { name = "Firma", revenue = "Umsatz" }
times = { revenue = 1000 }
also = ["industry"]

[[tables]]
file = "deals.csv"
kind = "opportunities"
values.stage = { "gewonnen" = "won", "Angebot" = "Offer out" }
defaults = { account = "nobody" }

[tables.columns]
external_id = "Nr"
account = "Firma"
title = "{Firma}: {Was}"
stage = "Stand"
opened_on = "Seit"
closed_on = "Bis"
signed_amount = "Wert"

[[rows]]
kind = "accounts"
name = "nobody"
"""
DEALS = """Nr;Firma;Was;Stand;Seit;Bis;Wert
1;Alpha;Pump;Angebot;01.02.2025;;
2;;Valve;gewonnen;02.02.2025;03.03.2025;1.200,50
"""


@pytest.fixture
def company(tmp_path: Path, migrated_url: str) -> Iterator[Company]:
    journal = Journal(migrated_url)
    company = Company(tmp_path / "export", journal)
    company.has(kunden_2025="Firma;Umsatz;Industry\nAlpha;1,5;steel\n", deals=DEALS, other="a,b\n1,2\n")
    (tmp_path / "theirs.toml").write_text(THEIRS, "utf-8")
    yield company
    journal.close()


def test_a_mapping_says_what_foreign_files_mean(company: Company, tmp_path: Path) -> None:
    report = company.imported(mapping=tmp_path / "theirs.toml", on=None)
    assert (report.rows, report.taken, report.ignored_files) == (3, 3, ["other.csv"])
    events: list[Any] = [fact.event for fact in company.facts()]
    alpha, nobody = (event for event in events if event.topic == "Account.Registered")
    assert (alpha.name, alpha.industry, nobody.name) == ("Alpha", "steel", "nobody")
    (profile,) = (event for event in events if event.topic == "Account.ProfileChanged")
    assert profile.revenue.amount == 1500
    titles = [event.title for event in events if event.topic == "Opportunity.Opened"]
    assert titles == ["Alpha: Pump", ": Valve"]
    (won,) = (event for event in events if event.topic == "Opportunity.Won")
    assert (won.signed.amount, won.signed.currency) == (Decimal("1200.50"), "USD")
    assert company.story("Opportunity.StageAdvanced") == [("2025-06-30", "Opportunity.StageAdvanced")]


def test_a_foreign_pipeline_becomes_a_process_of_its_own_without_gates(company: Company, tmp_path: Path) -> None:
    company.imported(mapping=tmp_path / "theirs.toml", on=None)
    process = company.journal.streams.state(SalesProcess, policy_id("SalesProcess", "theirs"))
    assert [(stage.key, stage.probability, stage.gate) for stage in process.stages] == [
        ("lead", Decimal("0.1"), None),
        ("offer", Decimal("0.6"), None),
    ]
    (advanced,) = company.facts("Opportunity.StageAdvanced")
    assert advanced.event.override == ""
    assert company.imported(mapping=tmp_path / "theirs.toml", on=date(2025, 7, 31)).events == 0


def test_a_process_that_the_company_took_over_is_left_alone(company: Company, tmp_path: Path) -> None:
    company.imported(mapping=tmp_path / "theirs.toml", on=None)
    (tmp_path / "theirs.toml").write_text(THEIRS.replace("probability = 60", "probability = 70"), "utf-8")
    assert company.imported(mapping=tmp_path / "theirs.toml", on=None).events == 0


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ({"colour": "red", "currency": 5}, ["colour", "currency"]),
        ({"decimal": ";", "delimiter": "x", "encoding": "klingon"}, ["delimiter", "decimal", "encoding"]),
        ({"tables": [{"file": "a.csv", "kind": "friends"}]}, ["tables[1] (a.csv).kind"]),
        (
            {"tables": [{"file": "a.csv", "kind": "accounts", "columns": {"nme": "x"}, "values": {"knd": {}}}]},
            ["tables[1] (a.csv).columns", "tables[1] (a.csv).values"],
        ),
        ({"price_list": "prices.csv"}, ["price_list"]),
        ({"rows": [{"name": "x"}]}, ["rows[1].kind"]),
        ({"process": {"key": "x"}}, ["process"]),
        ({"on": "yesterday"}, ["on"]),
    ],
)
def test_every_wrong_key_of_a_mapping_is_named(content: dict[str, Any], named: list[str]) -> None:
    with pytest.raises(MappingWrong) as wrong:
        read_mapping(content)
    assert [fault.field for fault in wrong.value.faults] == named


def test_the_help_names_every_shipped_mapping() -> None:
    assert HELP.endswith(f"Shipped mappings: {', '.join(shipped_mappings())}.")


def test_a_mapping_that_is_no_toml_or_not_there_says_so(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("on = = 1")
    with pytest.raises(MappingWrong, match="not TOML"):
        load_mapping(tmp_path / "bad.toml")
    with pytest.raises(MappingWrong, match="maven"):
        load_mapping("mavn")


def test_the_mappings_that_ship_can_all_be_read() -> None:
    assert shipped_mappings() == ["maven", "salvirt"]
    assert all(load_mapping(name).name == name for name in shipped_mappings())


def test_a_column_that_the_file_does_not_have_is_named(company: Company, tmp_path: Path) -> None:
    (tmp_path / "theirs.toml").write_text(THEIRS.replace('"Umsatz"', '"Turnover"'), "utf-8")
    report = company.imported(mapping=tmp_path / "theirs.toml", on=None)
    assert report.whole == (
        "kunden_2025.csv: the mapping names the column Turnover for revenue; the file has Firma, Umsatz, Industry"
    )
    assert report.refused == 2
