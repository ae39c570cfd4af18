"""Answers that stand in columns become a questionnaire; the public questionnaires of a software seller go in whole."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.importing.mapping import MappingWrong, load_mapping, read_mapping
from domain.journal.journal import Journal
from domain.policies.policy import policy_id
from domain.policies.sales_process import SalesProcess
from tests.api.importing import Company

SMALL = {
    "on": "2025-06-30",
    "process": {"key": "theirs", "name": "Theirs", "stages": [{"key": "open", "name": "Open", "probability": 50}]},
    "tables": [
        {
            "file": "deals.csv",
            "kind": "opportunities",
            "columns": {"external_id": "D-{#}", "stage": "Status"},
            "defaults": {"account": "nobody", "opening_stage": "Open", "signed_amount": "0"},
        },
        {
            "file": "deals.csv",
            "kind": "answers",
            "columns": {"opportunity": "D-{#}"},
            "answers": ["Budget", "Authority"],
        },
    ],
    "rows": [{"kind": "accounts", "name": "nobody"}],
    "currency": "EUR",
}
DEALS = """Budget;Authority;Status
Yes;High;Won
Unknown;;Lost
Yes;High;Won
No;Low;Lost
"""


@pytest.fixture
def company(tmp_path: Path, migrated_url: str) -> Iterator[Company]:
    journal = Journal(migrated_url)
    yield Company(tmp_path / "export", journal)
    journal.close()


def answers(company: Company) -> list[tuple[str, str, str]]:
    """Deal, question and answer."""
    facts = company.facts("Opportunity")
    opened: dict[Any, Any] = {fact.originator_id: fact.event for fact in facts if fact.event.opens}
    said: list[Any] = [fact for fact in facts if fact.event.topic == "Opportunity.QualificationAnswered"]
    return sorted(
        (opened[each.originator_id].external_id, each.event.question, str(each.event.answer)) for each in said
    )


def asked(company: Company, process: str) -> list[tuple[str, str]]:
    state = company.journal.streams.state(SalesProcess, policy_id("SalesProcess", process))
    return [(question.key, question.block) for question in state.questionnaire]


def test_cells_of_a_column_answer_its_question_or_one_of_their_own_which_the_process_is_made_to_ask(
    company: Company,
) -> None:
    report = company.has(deals=DEALS).imported(mapping=read_mapping(SMALL), on=None)
    assert (report.rows, report.taken, report.repeated, report.refused) == (4, 3, 1, 0)
    assert asked(company, "theirs") == [
        ("Authority: High", "Authority"),
        ("Authority: Low", "Authority"),
        ("Budget", "Budget"),
    ]
    assert answers(company) == [
        ("D-1", "Authority: High", "yes"),
        ("D-1", "Budget", "yes"),
        ("D-2", "Budget", "unknown"),
        ("D-4", "Authority: Low", "yes"),
        ("D-4", "Budget", "no"),
    ]


def test_a_second_time_records_nothing_and_new_words_are_asked_as_well(company: Company) -> None:
    mapping = read_mapping(SMALL)
    company.has(deals=DEALS).imported(mapping=mapping, on=None)
    assert company.imported(mapping=mapping, on=None).events == 0
    again = company.has(deals=DEALS + "No;Middling;Won\n").imported(mapping=mapping, on=None)
    assert (again.taken, again.unchanged, again.refused) == (1, 3, 0)
    assert ("Authority: Middling", "Authority") in asked(company, "theirs")
    assert answers(company)[-2:] == [("D-5", "Authority: Middling", "yes"), ("D-5", "Budget", "no")]


def test_a_question_that_no_column_is_refuses_the_file_and_names_its_columns(company: Company) -> None:
    wrong = {**SMALL, "tables": [SMALL["tables"][0], {**SMALL["tables"][1], "answers": ["Money"]}]}  # type: ignore[index]
    report = company.has(deals=DEALS).imported(mapping=read_mapping(wrong), on=None)
    assert report.whole is not None
    assert "Money" in report.whole
    assert "Budget, Authority, Status" in report.whole
    assert (report.taken, report.refused) == (0, 4)


def test_only_a_table_of_answers_has_columns_that_are_questions() -> None:
    with pytest.raises(MappingWrong, match="only a table of kind answers"):
        read_mapping({"tables": [{"file": "x.csv", "kind": "accounts", "answers": ["Budget"]}]})


def test_a_file_that_has_a_column_called_so_keeps_it(company: Company) -> None:
    numbered = "#;Status\n7;Won\n9;Lost\n"
    table = {"file": "deals.csv", "kind": "opportunities", "columns": {"external_id": "{#}", "stage": "Status"}}
    table["defaults"] = {"account": "nobody", "signed_amount": "0"}
    mapping = read_mapping({**SMALL, "tables": [table]})
    company.has(deals=numbered).imported(mapping=mapping, on=None)
    opened: list[Any] = [fact.event for fact in company.facts("Opportunity") if fact.event.opens]
    assert sorted(event.external_id for event in opened) == ["7", "9"]


def test_the_public_questionnaires_go_in_whole_and_a_second_time_record_nothing(
    company: Company, real_data: Path
) -> None:
    file = real_data / "salvirt" / "salvirt_b2b.csv"
    if not file.exists():
        pytest.skip("needs `salvirt/salvirt_b2b.csv` in KAMS_REAL_DATA: Salvirt's B2B sales (Bohanec and others 2017)")
    first = company.imported(paths=[file], mapping="salvirt", on=None)
    assert (first.rows, first.taken, first.repeated, first.refused) == (448, 365, 83, 0)
    again = company.imported(paths=[file], mapping="salvirt", on=None)
    assert (again.events, again.unchanged, again.repeated) == (0, 365, 83)
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter=";"))
    distinct = {tuple(row.values()): row for row in rows}.values()
    topics = Counter(fact.event.topic for fact in company.facts("Opportunity"))
    ends = Counter(row["Status"] for row in distinct)
    assert topics["Opportunity.Opened"] == len(distinct) == 365
    assert (topics["Opportunity.Won"], topics["Opportunity.Lost"]) == (ends["Won"], ends["Lost"])
    assert topics["Opportunity.QualificationAnswered"] == 365 * 20
    columns = load_mapping("salvirt").tables[-1].answers
    words = {(column, row[column]) for row in distinct for column in columns}
    own = {(column, word) for column, word in words if word not in ("Yes", "No", "Unknown")}
    assert {key for key, _ in asked(company, "salvirt")} == {
        *(f"{column}: {word}" for column, word in own),
        *(column for column, word in words - own),
    }
