"""Broken files: what is wrong is refused by line and column with a reason, and everything else goes in."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.api.importing import ACCOUNTS, Company, deal, small_company


@pytest.fixture
def company(tmp_path: Path, migrated_url: str) -> Iterator[Company]:
    with small_company(tmp_path, migrated_url) as company:
        yield company


def accounts(company: Company) -> list[Any]:
    return sorted(fact.event.name for fact in company.facts("Account.Registered"))


def adds_up(report: Any) -> bool:
    return bool(report.rows == report.taken + report.unchanged + report.repeated + report.refused)


def test_blank_lines_are_no_rows(company: Company) -> None:
    company.has(accounts="\n\nname,external_id\n\nAlpha,A-1\n   \n,\n\nBeta,A-2\n\n")
    report = company.imported(paths=[company.folder / "accounts.csv"])
    assert (report.rows, report.taken, report.refused) == (2, 2, 0)


def test_an_identical_row_is_repeated_and_counts_once(company: Company) -> None:
    company.has(accounts=ACCOUNTS + "Alpha,A-1,EUR\n")
    report = company.imported(paths=[company.folder / "accounts.csv"])
    assert (report.rows, report.taken, report.repeated) == (3, 2, 1)
    assert accounts(company) == ["Alpha", "Beta"]


def test_rows_that_contradict_each_other_are_both_refused(company: Company) -> None:
    company.has(accounts=ACCOUNTS + "Alpha Ltd,A-1,EUR\n")
    report = company.imported(paths=[company.folder / "accounts.csv"])
    assert (report.rows, report.taken, report.refused) == (3, 1, 2)
    assert [(row["line"], row["value"]) for row in company.refusals()] == [("2", "A-1"), ("4", "A-1")]
    assert "lines 2, 4" in company.refusals()[0]["reason"]
    assert accounts(company) == ["Beta"]


def test_short_and_long_rows_are_refused_by_their_lines(company: Company) -> None:
    company.has(accounts="name,external_id,currency\nAlpha,A-1\nBeta,A-2,EUR,more\nGamma,A-3,EUR\n")
    report = company.imported(paths=[company.folder / "accounts.csv"])
    assert (report.taken, report.refused) == (1, 2)
    assert [row["reason"] for row in company.refusals()] == [
        "the row has fewer cells than the header: 2, not 3",
        "the row has more cells than the header: 4, not 3",
    ]


def test_all_faults_of_a_row_are_named_not_the_first_alone(company: Company) -> None:
    company.has(purchases="account,document_no,on,revenue\nA-1,,soon,much\n")
    report = company.imported()
    assert report.refused == 1
    assert [row["column"] for row in company.refusals()] == ["document_no", "on", "revenue"]
    assert all(row["what to do"] for row in company.refusals())


@pytest.mark.parametrize(("encoding", "stranger"), [("utf-8", "cp1252"), ("cp1252", "utf-8"), ("gb18030", "utf-8")])
def test_rows_in_another_encoding_than_their_file_are_refused(company: Company, encoding: str, stranger: str) -> None:
    names = ["澜海风电", "昱衡精密", "恒昌"] if encoding == "gb18030" else ["Müller", "Jérôme", "Añil"]
    strange = "大连重工" if encoding == "gb18030" else "Café"
    lines = [f"{name},N-{n}".encode(encoding) for n, name in enumerate(names)]
    lines.insert(1, f"{strange},N-9".encode(stranger))
    company.has(accounts=b"name,external_id\n" + b"\n".join(lines) + b"\n")
    report = company.imported(paths=[company.folder / "accounts.csv"])
    assert (report.taken, report.refused) == (3, 1)
    assert accounts(company) == sorted(names)
    assert company.refusals()[0]["line"] == "3"
    assert company.refusals()[0]["reason"] == "the row is in another encoding than the file"


def test_a_cell_of_five_megabytes_is_refused_and_the_rest_goes_in(company: Company) -> None:
    company.has(accounts=f"name,external_id\nAlpha,A-1\n{'x' * 5_000_000},A-2\nGamma,A-3\n")
    report = company.imported(paths=[company.folder / "accounts.csv"])
    assert (report.taken, report.refused) == (2, 1)
    assert company.refusals()[0]["line"] == "3"
    assert len(company.refusals()[0]["value"]) < 1_000


def test_a_nul_byte_costs_its_row_alone(company: Company) -> None:
    company.has(accounts="name,external_id\nAl\0pha,A-1\nBeta,A-2\nGamma,A-3\n")
    report = company.imported(paths=[company.folder / "accounts.csv"])
    assert (report.taken, report.refused) == (2, 1)
    assert company.refusals()[0]["reason"] == "the row holds a NUL byte"


def test_a_cell_that_starts_like_a_formula_is_text(company: Company) -> None:
    company.has(accounts="name,external_id\n=HYPERLINK(1),A-1\n'=SUM(A1),A-2\n@x,A-3\n")
    assert company.imported(paths=[company.folder / "accounts.csv"]).taken == 3
    assert accounts(company) == ["=HYPERLINK(1)", "=SUM(A1)", "@x"]


def test_a_refused_formula_is_harmless_in_the_file_of_refused_rows(company: Company) -> None:
    company.has(purchases="account,document_no,on,revenue\nA-1,D-1,2025-01-01,=1+1\n")
    company.imported()
    assert company.refusals()[0]["value"] == "'=1+1"


@pytest.mark.parametrize("stray", ['"Beta,A-2', 'Be"ta" x,A-2', '"Beta" x,A-2'])
def test_a_stray_quote_does_not_swallow_the_rows_below(company: Company, stray: str) -> None:
    company.has(accounts=f"name,external_id\nAlpha,A-1\n{stray}\nGamma,A-3\nDelta,A-4\n")
    report = company.imported(paths=[company.folder / "accounts.csv"])
    assert report.rows == 4
    assert report.taken >= 3
    assert {"Alpha", "Gamma", "Delta"} <= set(accounts(company))


def test_a_quoted_cell_may_hold_line_breaks_and_quotes(company: Company) -> None:
    company.has(accounts='name,external_id,address\r\n"Al ""pha""",A-1,"Street 1\r\nTown"\r\nBeta,A-2,x\r\n')
    assert company.imported(paths=[company.folder / "accounts.csv"]).taken == 2
    (alpha,) = [fact.event for fact in company.facts("Account.Registered") if fact.event.external_id == "A-1"]
    assert (alpha.name, alpha.address) == ('Al "pha"', "Street 1\r\nTown")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"%PDF-1.7\nname,external_id\n1 0 obj\n", "a PDF document"),
        (b"<!DOCTYPE html>\n<html><body>Sign in</body></html>\n", "HTML"),
        (b"PK\x03\x04" + b"\x00\x01\x02" * 200, "a spreadsheet"),
        (bytes(range(256)) * 20, "bytes that no text has"),
        (b'{"rows": [\n{"name": "Alpha"},\n{"name": "Beta"}]}\n', "JSON"),
        (b"", "empty"),
        (b"\n  \n", "empty"),
        (b"number,thing\n1,2\n3,4\n", "there is no column name"),
        (b"name,Name\nA,B\n", "two columns are called"),
        (b"name,account\nA,B\n", "both mean name"),
    ],
)
def test_a_file_that_is_no_table_of_its_kind_is_refused_as_a_whole(company: Company, content: bytes, what: str) -> None:
    company.has(accounts=content)
    report = company.imported()
    assert report.whole is not None
    assert report.whole.startswith("accounts.csv: ")
    assert what in report.whole
    assert adds_up(report)
    assert report.taken == 3
    assert company.refusals()[0]["file"] == "accounts.csv"


def test_a_refused_file_counts_all_its_rows_as_refused(company: Company) -> None:
    company.has(accounts=b"number,thing\n1,2\n\n3,4\n")
    report = company.imported(paths=[company.folder / "accounts.csv"])
    assert (report.rows, report.refused, report.events) == (2, 2, 0)


def test_noise_never_raises_and_always_adds_up(company: Company) -> None:
    for seed in range(60):
        random, noise = Random(seed), bytearray(ACCOUNTS.encode() * 3)
        for place in range(0, len(noise), 1 + seed % 11):
            noise[place] = random.choice(b'\n",;\t\r\0=x\xe9') if seed % 2 else random.randrange(256)
        company.has(accounts=bytes(noise))
        assert adds_up(company.imported(paths=[company.folder / "accounts.csv"], dry_run=True))


def test_what_refers_to_nobody_is_refused_and_says_what_was_sought(company: Company) -> None:
    company.has(
        opportunities=deal().replace("A-1", "A-77").replace("M-1", "M-77").replace(",servo,", ",hydra,"),
        visits="external_id,account,start,our_people,stakeholders\nV-1,Alpha,2025-05-05,Anna Berg;Carl,S-1\n",
    )
    report = company.imported()
    assert report.refused == 2
    assert [(row["column"], row["value"], row["reason"]) for row in company.refusals()] == [
        ("owner", "M-77", "there is no member M-77"),
        ("account", "A-77", "there is no account A-77"),
        ("product", "hydra", "there is no product hydra"),
        ("our_people", "Carl", "there is no member Carl"),
        ("stakeholders", "S-1", "there is no stakeholder S-1"),
    ]


def test_a_row_refused_by_a_rule_leaves_nothing_behind_and_the_corrected_one_goes_in(company: Company) -> None:
    company.has(opportunities=deal("won", "2025-09-01", "-5"))
    report = company.imported()
    assert (report.taken, report.refused) == (5, 1)
    assert company.names("Opportunity") == []
    assert "(AmountNegative)" in company.refusals()[0]["reason"]
    company.has(opportunities=deal("won", "2025-09-01", "4900"))
    assert company.imported().refused == 0
    assert company.names("Opportunity") == ["Opened", "Won"]


def test_what_lies_in_the_future_is_refused(company: Company) -> None:
    company.has(purchases="account,document_no,on,revenue\nA-1,D-1,2027-01-01,5\n")
    assert company.imported().refused == 1
    assert company.refusals()[0]["reason"] == "this lies in the future"


def test_an_opportunity_that_closes_before_it_opens_is_refused(company: Company) -> None:
    company.has(opportunities=deal("won", "2025-01-01", "10"))
    assert company.imported().refused == 1
    assert company.refusals()[0]["column"] == "closed_on"
