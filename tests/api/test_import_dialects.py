"""Every encoding, delimiter, header and way to write numbers and dates that an import takes."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from api.cells import as_written, harmless
from api.importing.files import kind_of, read_files
from api.importing.kinds import KINDS
from api.importing.mapping import Mapping
from api.importing.report import Ledger
from api.importing.values import plain


def read(
    folder: Path, content: str | bytes, name: str = "accounts.csv", encoding: str = "utf-8", **mapping: Any
) -> tuple[list[Any], Ledger]:
    data = content if isinstance(content, bytes) else content.encode(encoding)
    (folder / name).write_bytes(data)
    ledger = Ledger(b"key")
    found = read_files([folder / name], Mapping(**mapping), None, ledger)
    (rows,) = found.rows.values() or ([],)
    return rows, ledger


def reasons(ledger: Ledger) -> list[tuple[int, str, str]]:
    return [(refusal.line, refusal.column, refusal.reason) for refusal in ledger.refusals]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_chinese_is_read_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    rows, ledger = read(tmp_path, "客户名称,编号,行业\r\n澜海风电装备有限公司,A-1,风电\r\n", encoding=encoding)
    assert [(row.name, row.external_id, row.industry) for row in rows] == [("澜海风电装备有限公司", "A-1", "风电")]
    assert not ledger.refusals


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_western_letters_are_read_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    rows, _ = read(tmp_path, "name,industry\nMüller & Söhne – Café créée,Maßstäbe\nPlain,x\n", encoding=encoding)
    assert [row.name for row in rows] == ["Müller & Söhne – Café créée", "Plain"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    rows, _ = read(tmp_path, f'"name"{delimiter}industry\n"A{delimiter} B"{delimiter}steel\n')
    assert [(row.name, row.industry) for row in rows] == [(f"A{delimiter} B", "steel")]


def test_a_delimiter_that_a_spreadsheet_states_is_believed(tmp_path: Path) -> None:
    rows, _ = read(tmp_path, "sep=;\nname;industry\nA;b\n")
    assert [row.industry for row in rows] == ["b"]


@pytest.mark.parametrize("header", ["External ID", "external_id", "EXTERNAL-ID", " externalid ", "编号", "客户编号"])
def test_headers_are_found_whatever_their_case_spaces_and_language(tmp_path: Path, header: str) -> None:
    rows, _ = read(tmp_path, f"name,{header}\nAlpha,A-1\n")
    assert rows[0].external_id == "A-1"


def test_columns_that_a_kind_does_not_have_are_named(tmp_path: Path) -> None:
    _, ledger = read(tmp_path, "name,shoe size\nAlpha,45\n")
    assert ledger.notes == ["accounts.csv: columns that accounts do not have were left out: shoe size"]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_no_two_columns_of_a_kind_share_a_header(kind: Any) -> None:
    headers = [plain(header) for field in kind.fields() for header in {field.name, *field.column.headers}]
    assert len(headers) == len(set(headers))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("accounts.csv", "accounts"),
        ("Account.csv", "accounts"),
        ("Opportunity 2017-12-31.csv", "opportunities"),
        ("商机.csv", "opportunities"),
        ("客户2025年.csv", "accounts"),
        ("Stage-History.txt", "stage_history"),
        ("拜访记录.tsv", "visits"),
        ("汇率.csv", "rates"),
    ],
)
def test_the_kind_is_told_by_the_name_of_the_file(name: str, kind: str) -> None:
    found = kind_of(name)
    assert found is not None
    assert found.name == kind


def test_a_name_that_tells_nothing_tells_nothing() -> None:
    assert kind_of("export.csv") is None


@pytest.mark.parametrize(
    ("written", "amounts"),
    [
        (["1054", "1,234.50"], ["1054", "1234.50"]),
        (["1.234,50", "1.234"], ["1234.50", "1234"]),
        (["1,234.5", "1,234"], ["1234.5", "1234"]),
        (["0,5", "1.234.567"], ["0.5", "1234567"]),
        (["1 234,5", "12"], ["1234.5", "12"]),
        (["-12.5", "+3"], ["-12.5", "3"]),
    ],
)
def test_the_decimal_sign_is_proved_by_the_column(tmp_path: Path, written: list[str], amounts: list[str]) -> None:
    lines = "".join(f'A{n};D{n};2025-01-01;"{amount}"\n' for n, amount in enumerate(written))
    rows, ledger = read(tmp_path, f"account;document_no;on;revenue\n{lines}", "purchases.csv")
    assert [row.revenue for row in rows] == [Decimal(amount) for amount in amounts]
    assert not ledger.refusals


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (["1,234", "5"], "nothing in the column proves which"),
        (["1.234", "2,345"], "nothing in the column proves which"),
        (["1.5", "2,5"], "the column's numbers prove both"),
    ],
)
def test_a_decimal_sign_that_stays_open_is_refused(tmp_path: Path, written: list[str], why: str) -> None:
    lines = "".join(f"A{n};D{n};2025-01-01;{amount}\n" for n, amount in enumerate(written))
    rows, ledger = read(tmp_path, f"account;document_no;on;revenue\n{lines}", "purchases.csv")
    assert all("," not in cell and "." not in cell for cell in (str(row.revenue) for row in rows))
    assert {why in reason for _, _, reason in reasons(ledger)} == {True}


def test_a_mapping_states_the_decimal_sign(tmp_path: Path) -> None:
    rows, _ = read(tmp_path, "account;document_no;on;revenue\nA;1;2025-01-01;1.234\n", "purchases.csv", decimal=",")
    assert rows[0].revenue == 1234


@pytest.mark.parametrize("text", ["abc", "1e5", "NaN", "12%", "€ 5", "1,23,4.5", "9" * 31, "١٢"])
def test_what_is_no_number_is_refused(tmp_path: Path, text: str) -> None:
    rows, ledger = read(tmp_path, f'account;document_no;on;revenue\nA;1;2025-01-01;"{text}"\n', "purchases.csv")
    assert not rows
    assert [(line, column) for line, column, _ in reasons(ledger)] == [(2, "revenue")]


def days(folder: Path, *written: str, **mapping: Any) -> tuple[list[str], Ledger]:
    lines = "".join(f"C{n},{day},1\n" for n, day in enumerate(written))
    rows, ledger = read(folder, f"currency,on,rate\n{lines}", "rates.csv", **mapping)
    return [row.on.isoformat() for row in rows], ledger


@pytest.mark.parametrize("written", ["2017-03-01", "2017/3/1", "20170301", "2017年3月1日", "2017-03-01T00:00:00Z"])
def test_days_with_the_year_first_are_read(tmp_path: Path, written: str) -> None:
    assert days(tmp_path, written)[0] == ["2017-03-01"]


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        (("3/1/2017", "3/13/2017"), ["2017-03-01", "2017-03-13"]),
        (("3.1.2017", "13.3.2017"), ["2017-01-03", "2017-03-13"]),
        (("2017-05-06", "13/3/2017", "1/2/2017"), ["2017-05-06", "2017-03-13", "2017-02-01"]),
        (("4/4/2017",), ["2017-04-04"]),
    ],
)
def test_one_day_above_twelve_proves_the_order_of_its_column(
    tmp_path: Path, written: tuple[str, ...], read_as: list[str]
) -> None:
    assert days(tmp_path, *written)[0] == read_as


def test_day_and_month_that_nothing_proves_are_refused_never_guessed(tmp_path: Path) -> None:
    found, ledger = days(tmp_path, "3/1/2017", "2017-05-06", "4/4/2017")
    assert found == ["2017-05-06", "2017-04-04"]
    assert reasons(ledger) == [(2, "on", "day and month can be meant either way: no value of the column proves which")]


def test_a_column_that_proves_both_orders_is_refused(tmp_path: Path) -> None:
    found, ledger = days(tmp_path, "13/1/2017", "1/13/2017", "3/1/2017", "2017-05-06")
    assert found == ["2017-05-06"]
    assert len(ledger.refusals) == 3


def test_a_mapping_states_the_format_of_dates(tmp_path: Path) -> None:
    assert days(tmp_path, "3/1/17", "2017-05-06", dates="%d/%m/%y")[0] == ["2017-01-03", "2017-05-06"]


@pytest.mark.parametrize("text", ["31/2/2017", "2017-02-30", "soon", "1/2/17", "2017-03-01 14:00"])
def test_what_is_no_day_is_refused(tmp_path: Path, text: str) -> None:
    found, ledger = days(tmp_path, text)
    assert (found, len(ledger.refusals)) == ([], 1)


def test_words_are_known_in_both_languages(tmp_path: Path) -> None:
    text = "stakeholder,member,关系层次,coverage\nS-1,M-1,信赖顾问,In Depth\nS-2,M-1,problem solver,无\n"
    rows, _ = read(tmp_path, text, "relationships.csv")
    assert [(row.level, row.coverage) for row in rows] == [("trusted_adviser", "in_depth"), ("problem_solver", "none")]


def test_an_unknown_word_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    rows, ledger = read(tmp_path, "name,kind\nAlpha,friend\n")
    assert not rows
    assert ledger.refusals[0].remedy == ("Use one of: end_customer, distributor, dealer, wholesaler, retailer, agent.")


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-x", "@home", "\tindented", "'quoted", "plain", ""])
def test_what_the_export_makes_harmless_the_import_takes_back(text: str) -> None:
    assert as_written(harmless(text)) == text


def test_a_formula_is_text_like_any_other(tmp_path: Path) -> None:
    rows, _ = read(tmp_path, "name,industry\n'=cmd|x,=1+1\n")
    assert (rows[0].name, rows[0].industry) == ("=cmd|x", "=1+1")
