"""A mapping drafted from headers: it can be loaded as it is, and says what is open."""

import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from api.importing.kinds import KINDS
from api.importing.mapping import read_mapping
from api.importing.refusals import FileRefused
from api.importing.suggest import suggest
from api.importing.synonyms import FOREIGN, LISTS, Unit, unit_of
from tests.api.importing import small_company
from tests.api.test_import_workbooks import DEALS, workbook
from tests.api.test_import_workbooks import deal as deal_of_a_sheet


def drafted(folder: Path, name: str, content: str | bytes) -> tuple[str, dict]:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    text = suggest([file])
    found = tomllib.loads(text)
    read_mapping(found)
    return text, found


def test_known_headers_are_mapped_in_the_order_of_the_kind(tmp_path: Path) -> None:
    _, found = drafted(tmp_path, "客户.csv", "客户编号,名称,行业\nA-1,Alpha,pumps\n")
    (table,) = found["tables"]
    assert (table["file"], table["kind"]) == ("客户.csv", "accounts")
    assert table["columns"] == {"name": "名称", "external_id": "客户编号", "industry": "行业"}


def test_a_file_without_a_telling_name_is_known_by_its_headers(tmp_path: Path) -> None:
    _, found = drafted(tmp_path, "dump-7.csv", "Deal Stage,opportunity,at,amount\nWon,O-1,2025-01-02,3\n")
    assert found["tables"][0]["kind"] == "stage_history"


def test_headers_that_are_only_near_are_said_to_be_likely(tmp_path: Path) -> None:
    text, found = drafted(tmp_path, "purchases.csv", "account,document_nr,on,revenue\nA-1,D-1,2025-01-02,3\n")
    assert found["tables"][0]["columns"]["document_no"] == "document_nr"
    assert "likely only: document_no from document_nr" in text


def test_what_is_required_and_lacking_is_named_and_what_is_left_out(tmp_path: Path) -> None:
    text, _ = drafted(tmp_path, "purchases.csv", "account,on,colour\nA-1,2025-01-02,red\n")
    assert "REQUIRED and not found: document_no, revenue" in text
    assert "left out: colour" in text


def test_foreign_words_are_listed_with_what_they_may_become(tmp_path: Path) -> None:
    text, _ = drafted(tmp_path, "accounts.csv", "name,kind\nAlpha,Endkunde\nBeta,dealer\n")
    assert 'values.kind = { "Endkunde" = "?" }' in text
    assert "end_customer" in text


def test_a_draft_of_a_workbook_imports_it(tmp_path: Path, migrated_url: str) -> None:
    with small_company(tmp_path, migrated_url) as company:
        assert company.imported().refused == 0
        file = tmp_path / "book.xlsx"
        file.write_bytes(workbook(商机=[DEALS, deal_of_a_sheet(1, 5000)]))
        mapping = read_mapping(tomllib.loads(suggest([file])))
        assert company.imported(paths=[file], mapping=mapping).refused == 0
        assert company.names("Opportunity.Opened") == ["Opened"]


def test_a_table_of_which_nothing_is_known_is_a_comment(tmp_path: Path) -> None:
    text, found = drafted(tmp_path, "weather.csv", "rain,wind\n1,2\n")
    assert "no kind has these columns: rain, wind" in text
    assert "tables" not in found


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"%PDF-1.7")
    with pytest.raises(FileRefused, match="a PDF document"):
        suggest([tmp_path / "x.csv"])


THEIRS = (
    "Deal No,Customer,Deal Name,Amount (EUR k),Sales rep,Phase,Expected close\nD-1,Alpha,Line,5,Anna,lead,2026-05-01\n"
)


def test_words_of_other_systems_are_likely_only(tmp_path: Path) -> None:
    text, found = drafted(tmp_path, "export-7.csv", THEIRS)
    (table,) = found["tables"]
    assert table["kind"] == "opportunities"
    assert table["columns"] == {
        "external_id": "Deal No",
        "account": "Customer",
        "title": "Deal Name",
        "amount": "Amount (EUR k)",
        "owner": "Sales rep",
        "stage": "Phase",
        "close_on": "Expected close",
    }
    assert "# likely only: owner from Sales rep" in text
    assert "left out" not in text


def test_a_unit_in_a_header_becomes_the_factor_and_the_currency(tmp_path: Path) -> None:
    text, found = drafted(tmp_path, "export-7.csv", THEIRS)
    (table,) = found["tables"]
    assert (table["times"], table["defaults"]) == ({"amount": 1000}, {"currency": "EUR"})
    assert "# likely only: the unit of amount from Amount (EUR k)" in text


def test_customers_of_another_system_and_language_are_accounts(tmp_path: Path) -> None:
    _, found = drafted(tmp_path, "x.csv", "Customer no.,Company,VAT number,Annual turnover\n1,Alpha,DE1,5\n")
    assert found["tables"][0]["columns"] == {
        "external_id": "Customer no.",
        "name": "Company",
        "tax_number": "VAT number",
        "revenue": "Annual turnover",
    }
    file = tmp_path / "book.xlsx"
    file.write_bytes(workbook(Kunden=[["Firma", "Kd-Nr"], ["Alpha", "1"]]))
    (table,) = tomllib.loads(suggest([file]))["tables"]
    assert (table["kind"], table["columns"]) == ("accounts", {"name": "Firma", "external_id": "Kd-Nr"})


@pytest.mark.parametrize(
    ("header", "rest", "times", "currency"),
    [
        ("Amount (EUR k)", "Amount", 1_000, "EUR"),
        ("Amount in thousands", "Amount", 1_000, ""),
        ("Umsatz TEUR", "Umsatz", 1_000, "EUR"),
        ("Umsatz (T€)", "Umsatz", 1_000, "EUR"),
        ("Revenue (USD m)", "Revenue", 1_000_000, "USD"),
        ("金额（万元）", "金额", 10_000, ""),
        ("预计金额千元", "预计金额", 1_000, ""),
        ("Amount CHF", "Amount", None, "CHF"),
        ("Deal Name", "Deal Name", None, ""),
    ],
)
def test_headers_state_units(header: str, rest: str, times: int | None, currency: str) -> None:
    assert unit_of(header) == Unit(rest, times if times is None else Decimal(times), currency)


def test_words_of_other_systems_are_not_recognised_silently(tmp_path: Path, migrated_url: str) -> None:
    with small_company(tmp_path, migrated_url) as company:
        company.has(opportunities=THEIRS)
        assert "there is no column" in str(company.imported().whole)


def test_synonyms_name_columns_of_their_kinds() -> None:
    for kind, columns in FOREIGN.items():
        assert columns.keys() <= {field.name for field in KINDS[kind].fields()}
    assert LISTS.keys() <= KINDS.keys()
