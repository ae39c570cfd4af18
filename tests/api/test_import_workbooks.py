"""Workbooks: worksheets read like files, numbers and dates as they are, formulas without a result refused."""

import io
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from tests.api.importing import Company, small_company

DEALS = ["external_id", "account", "title", "amount", "currency", "process", "stage", "opened_on", "close_on"]


@pytest.fixture
def company(tmp_path: Path, migrated_url: str) -> Iterator[Company]:
    with small_company(tmp_path, migrated_url) as company:
        yield company


def workbook(**sheets: list[list[Any]]) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def deal(number: int, amount: Any) -> list[Any]:
    opened = [datetime.combine(date(2025, 3, 1), time()), date(2025, 9, 30)]
    return [f"O-{number}", "A-1", f"Line {number}", amount, "EUR", "plain", "prospecting", *opened]


def put(company: Company, content: bytes, name: str = "export.xlsx") -> Company:
    (company.folder / name).write_bytes(content)
    return company


def test_a_worksheet_is_what_its_title_says(company: Company) -> None:
    visits = [
        ["external_id", "account", "start", "minutes"],
        ["V-1", "A-1", datetime.combine(date(2025, 4, 1), time(9, 30)), 45],
    ]
    put(company, workbook(商机=[DEALS, deal(1, 5000)], visits=visits))
    report = company.imported()
    assert (report.refused, report.whole) == (0, None)
    assert company.names("Opportunity.Opened") == ["Opened"]
    (visit,) = company.facts("Account.VisitLogged")
    assert (visit.occurred_at.isoformat(), visit.event.minutes) == ("2025-04-01T09:30:00+00:00", 45)


def test_a_workbook_with_one_sheet_is_what_its_name_says(company: Company) -> None:
    put(company, workbook(Sheet1=[DEALS, deal(1, 1234.567)]), "opportunities.xlsx")
    assert company.imported().refused == 0
    (opened,) = company.facts("Opportunity.Opened")
    assert str(opened.event.amount) == "1,234.57 EUR"


def test_the_same_workbook_again_records_nothing(company: Company) -> None:
    put(company, workbook(opportunities=[DEALS, deal(1, 5000)]))
    assert company.imported().events > 0
    assert company.imported().events == 0


def test_a_sheet_that_says_nothing_known_is_left_out_and_named(company: Company) -> None:
    put(company, workbook(opportunities=[DEALS, deal(1, 5000)], Notes=[["by the way"], ["remember the milk"]]))
    report = company.imported()
    assert report.ignored_files == ["export.xlsx [Notes]"]
    assert report.refused == 0


def test_a_formula_without_a_result_is_refused_with_its_row(company: Company) -> None:
    put(company, workbook(opportunities=[DEALS, deal(1, "=2*3"), deal(2, 700)]))
    assert company.imported().refused == 1
    (refusal,) = company.refusals()
    assert (refusal["file"], refusal["line"]) == ("export.xlsx [opportunities]", "2")
    assert "formula" in refusal["reason"]
    assert len(company.facts("Opportunity.Opened")) == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"PK\x03\x04 no archive", "no readable workbook"), (b"", "no readable workbook"), (None, "is empty")],
)
def test_what_is_no_workbook_is_refused_as_a_whole(company: Company, content: bytes | None, reason: str) -> None:
    put(company, workbook(opportunities=[]) if content is None else content)
    report = company.imported()
    assert reason in report.whole
    assert company.names("Account.Registered") == ["Registered", "Registered"]


def test_cells_beyond_the_named_columns_are_refused_not_dropped(company: Company) -> None:
    put(company, workbook(opportunities=[DEALS, [*deal(1, 5000), "and more"]]))
    assert company.imported().refused == 1
    assert "beyond the last named column" in company.refusals()[0]["reason"]
