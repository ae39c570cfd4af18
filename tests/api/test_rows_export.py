"""The rows of any read model taken elsewhere: as Arrow, Parquet, CSV and JSON Lines, over HTTP and into files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.ipc
import pyarrow.parquet
import pytest

from api.cells import as_written
from api.cli import reading
from api.cli.session import make_tables
from api.rows.files import record_batch, schema_of
from projections import READ_MODELS
from projections.row_columns import columns_of
from projections.rows_taken import AT_ONCE
from tests.api.command_line import CommandLine, company_system
from tests.api.office import JANUARY, Office, open_office
from tests.conftest import new_database

ARROW = "application/vnd.apache.arrow.stream"
PERSON = "00000000-0000-0000-0000-00000000000a"
LATER = "2026-02-01T12:00:00Z"


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            _fill(opened)
            yield opened


def _fill(office: Office) -> None:
    own, deal = office.ids["own"], office.ids["own deal"]
    for path, body in (
        (f"/accounts/{own}/change-profile", {"industry": "=SUM(A1)", "occurred_at": "2026-01-10"}),
        (f"/accounts/{own}/stakeholders/add", {"stakeholder_id": PERSON, "name": "Han Meimei", "title": "Buyer"}),
        (f"/opportunities/{deal}/revise-amount", {
            "amount": {"amount": "1500.50", "currency": "EUR"}, "reason": "more", "occurred_at": "2026-02-10"}),
    ):  # fmt: skip
        assert office.post(path, body).status_code == 200
    office.caught_up()


def taken(office: Office, model: str, who: str = "manager", **parameters: Any) -> pyarrow.Table:
    answer = office.request("GET", f"/rows/{model}", who, params=parameters, headers={"Accept": ARROW})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == ARROW
    return pyarrow.ipc.open_stream(answer.content).read_all()


def test_rows_are_typed_and_those_of_the_moment(office: Office) -> None:
    then, now = taken(office, "funnel", as_of=LATER), taken(office, "funnel")
    kinds = {field.name: field.type for field in now.schema}
    assert kinds["amount"] == pyarrow.decimal128(38, 3)
    assert kinds["opened"] == pyarrow.timestamp("us", tz="UTC")
    assert (kinds["close_on"], kinds["products"]) == (pyarrow.date32(), pyarrow.list_(pyarrow.string()))
    (row,), (before,) = now.to_pylist(), then.to_pylist()
    assert (before["amount"], row["amount"]) == (Decimal("1000.000"), Decimal("1500.500"))
    assert row["key"] == str(office.ids["own deal"])
    assert (row["account"], row["close_on"]) == (str(office.ids["own"]), date(2026, 3, 31))
    assert row["opened"] == JANUARY
    assert before["cause"] < row["cause"]


def test_what_was_known_before_shows_what_was_known(office: Office) -> None:
    position = taken(office, "funnel").to_pylist()[0]["cause"]
    known = taken(office, "funnel", known_at=position - 1)
    assert known.to_pylist()[0]["amount"] == Decimal("1000.000")
    assert json.loads(known.schema.metadata[b"kams"])["known_at"] == position - 1


def test_the_file_says_what_it_rests_on(office: Office) -> None:
    schema = taken(office, "funnel", as_of=LATER).schema
    rested = json.loads(schema.metadata[b"kams"])
    assert (rested["model"], rested["version"], rested["as_of"]) == ("funnel", 1, LATER)
    assert rested["known_at"] == office.journal.streams.head()
    assert rested["scope"] == "own accounts"
    assert rested["complete"] is True
    assert schema.field("pushes").metadata[b"description"] == b"How often its expected close was pushed out."


@pytest.mark.parametrize("model", READ_MODELS, ids=lambda model: model.name)
def test_every_read_model_can_be_taken_in_every_format(office: Office, model: Any) -> None:
    kept = [column.name for column in columns_of(model) if not column.sealed]
    for who in ("manager", "auditor"):
        table = taken(office, model.name, who)
        assert table.schema.names == kept
        parquet = office.get(f"/rows/{model.name}", who, format="parquet")
        assert pyarrow.parquet.read_table(io.BytesIO(parquet.content)).to_pylist() == table.to_pylist()
        lines = office.get(f"/rows/{model.name}", who, format="ndjson").content.splitlines()
        cells = list(csv.DictReader(io.StringIO(office.get(f"/rows/{model.name}", who, format="csv").text)))
        page = office.get(f"/rows/{model.name}", who).json()
        keys = table.column("key").to_pylist()
        assert [json.loads(line)["key"] for line in lines] == keys
        assert [line["key"] for line in cells] == keys
        assert [row["key"] for row in page["rows"]] == keys


def test_rows_of_foreign_accounts_are_not_there(office: Office) -> None:
    whole = {row["key"] for row in taken(office, "account", "auditor").to_pylist()}
    assert whole == {str(office.ids["own"]), str(office.ids["foreign"])}
    assert taken(office, "account").column("key").to_pylist() == [str(office.ids["own"])]
    assert taken(office, "funnel", "colleague").column("key").to_pylist() == [str(office.ids["foreign deal"])]
    assert taken(office, "funnel", "nobody").num_rows == 0
    assert taken(office, "member").column("key").to_pylist() == [str(office.members["manager"])]


def test_personal_data_is_absent_unless_it_is_asked_for_by_one_who_may(office: Office) -> None:
    plain = taken(office, "stakeholder")
    assert "name" not in plain.schema.names
    opened = taken(office, "stakeholder", personal="true")
    assert opened.to_pylist()[0]["name"] == "Han Meimei"
    refused = office.get("/rows/stakeholder", "forecaster", personal="true")
    assert refused.status_code == 403
    assert "Han Meimei" not in office.get("/rows/stakeholder", "forecaster").text
    assert office.get("/rows/stakeholder", "forecaster").json()["rows"][0]["title"] == "Buyer"


def test_a_text_cannot_become_a_formula(office: Office) -> None:
    text = office.get("/rows/account", format="csv").text
    (line,) = csv.DictReader(io.StringIO(text))
    assert line["industry"] == "'=SUM(A1)"
    assert as_written(line["industry"]) == "=SUM(A1)"
    assert line["known_at"] == str(office.journal.streams.head())


def test_pages_of_json_follow_each_other(office: Office) -> None:
    first = office.get("/rows/account", "auditor", limit=1).json()
    second = office.get("/rows/account", "auditor", limit=1, cursor=first["next"]).json()
    keys = sorted([str(office.ids["own"]), str(office.ids["foreign"])])
    assert [row["key"] for row in first["rows"] + second["rows"]] == keys
    assert (first["next"], second["next"]) == (keys[0], None)
    assert first["rested"]["model"] == "account"


def test_columns_can_be_chosen_and_unknown_ones_are_named(office: Office) -> None:
    assert taken(office, "funnel", columns="stage, amount").schema.names == ["key", "stage", "amount"]
    refused = office.get("/rows/stakeholder", columns="name")
    assert refused.status_code == 422
    assert refused.json()["faults"][0]["field"] == "columns"
    assert office.get("/rows/no_such_model").status_code == 422


def test_what_was_taken_is_in_the_access_log(office: Office) -> None:
    taken(office, "purchase")
    assert office.log()[0] == ("exported", office.members["manager"], 200, "rows")


def test_the_models_are_described(office: Office) -> None:
    models = {each["model"]: each for each in office.get("/rows").json()["models"]}
    assert set(models) == {model.name for model in READ_MODELS}
    names = [column["name"] for column in models["funnel"]["columns"]]
    assert names == [column.name for column in columns_of(next(m for m in READ_MODELS if m.name == "funnel"))]


def test_many_rows_come_batch_by_batch(office: Office) -> None:
    """More rows than are read at once."""
    many = AT_ONCE + 5
    with office.journal.pool.connection() as connection:
        columns = "valid_from, known_from, cause, last_at, kind, account, revenue, currency"
        connection.execute(
            f"insert into purchase_v1 (key, {columns}) select gen_random_uuid(), '2026-01-01', 0, 0, '2026-01-01', 1,"
            " %s, n, 'EUR' from generate_series(1, %s) n",
            (office.ids["own"], many),
        )
        try:
            connection.commit()
            table = taken(office, "purchase")
        finally:
            connection.execute("delete from purchase_v1")
    assert sorted(table.column("revenue").to_pylist()) == [Decimal(n) for n in range(1, many + 1)]
    assert table.column("key").to_pylist() == sorted(table.column("key").to_pylist())


def test_empty_batches_have_all_columns() -> None:
    columns = columns_of(READ_MODELS[0])
    schema = schema_of(columns, b"{}")
    assert record_batch([], schema).num_columns == len(columns)


@pytest.fixture
def kams(database_url: str, valkey_url: str, tmp_path: Path) -> CommandLine:
    make_tables(database_url)
    line = company_system(database_url, valkey_url, tmp_path / "home")
    reading.add(line.app)
    for words in (
        ("account", "new", "register", "--set", "name=+Harbour", "--set", "external_id=A-1", "--on", "2026-01-05"),
        ("account", "A-1", "change-profile", "--set", "industry=Steel", "--on", "2026-01-20"),
    ):
        assert line("command", *words).code == 0
    return line


def test_a_file_holds_the_rows_of_the_moment(kams: CommandLine, tmp_path: Path) -> None:
    out = tmp_path / "accounts.parquet"
    answer = kams("projections", "export", "account", "--out", str(out), "--as-of", "2026-01-10", "--json")
    assert answer.code == 0, answer.err
    (row,) = pyarrow.parquet.read_table(out).to_pylist()
    assert (row["name"], row["industry"], row["external_id"]) == ("+Harbour", "", "A-1")
    assert answer.json["rows"] == 1
    assert answer.json["model"] == "account"
    again = kams("projections", "export", "account", "--out", str(out))
    assert again.code == 1
    arrow, lines, cells = (tmp_path / f"accounts.{suffix}" for suffix in ("arrow", "jsonl", "csv"))
    for file in (arrow, lines, cells):
        assert kams("projections", "export", "account", "--out", str(file)).code == 0
    assert pyarrow.ipc.open_stream(arrow.read_bytes()).read_all().to_pylist()[0]["industry"] == "Steel"
    assert json.loads(lines.read_text())["valid_from"] == "2026-01-20T23:59:59.999999Z"
    assert next(csv.DictReader(io.StringIO(cells.read_text())))["name"] == "'+Harbour"


def test_a_file_is_whole_or_not_there(kams: CommandLine, tmp_path: Path) -> None:
    for words, code in ((("account", "--out", "accounts.xlsx"), 2), (("no_such", "--out", "x.csv"), 2)):
        assert kams("projections", "export", *words).code == code
    refused = kams("projections", "export", "account", "--out", str(tmp_path / "x.csv"), "--columns", "nothing")
    assert refused.code == 2
    assert list(tmp_path.iterdir()) == [tmp_path / "home"]


def test_the_models_are_described_in_the_terminal(kams: CommandLine) -> None:
    assert {each["model"] for each in kams("projections", "describe", "--json").json["models"]} == {
        model.name for model in READ_MODELS
    }
    assert "How often its expected close was pushed out." in kams("projections", "describe", "funnel").out
    assert kams("projections", "describe").code == 0
