"""The audit trail over HTTP and in the terminal: who did what and when, what it changed, and what was taken back."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from api.cells import as_written
from api.cli import auditing, questions, reading
from domain.account.account import Account
from domain.aggregate import Origin
from domain.commands import Commands, command_type
from domain.journal.context import Context
from domain.journal.journal import Journal
from domain.recorded_by import command_of
from tests.api.command_line import CommandLine, company_system
from tests.api.office import Office, open_office
from tests.conftest import new_database
from workers.access_log import AccessSealing

PERSON, DEAL = uuid4(), "own deal"


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            _fill(opened)
            yield opened


def _fill(office: Office) -> None:
    own, deal = office.ids["own"], office.ids[DEAL]
    person = {"stakeholder_id": str(PERSON), "name": "Han Meimei", "note": "met at the fair"}
    _given(office.post(f"/accounts/{own}/stakeholders/add", person))
    _given(office.post(f"/accounts/{own}/change-profile", {"industry": "=SUM(A1)", "occurred_at": "2026-01-10"}))
    revised = _given(office.post(f"/opportunities/{deal}/revise-amount", {
        "amount": {"amount": "1500.00", "currency": "EUR"}, "reason": "a second line"}))  # fmt: skip
    office.ids["revised"] = revised["position"]
    visit = {"visit_id": str(uuid4()), "outcome": "All agreed"}
    wrong = _given(office.post(f"/accounts/{own}/visits/log", visit))
    back = _given(office.post(f"/accounts/{own}/withdraw", {"position": wrong["position"], "reason": "another day"}))
    office.ids["wrong"], office.ids["back"] = wrong["position"], back["position"]
    other, typed = uuid4(), command_type(Account, "register").body(name="By a worker")
    context = Context(at=datetime(2026, 1, 6, tzinfo=UTC), origin=Origin.WORKER)
    Commands(office.journal).give(Account, other, "register", typed, context)
    office.caught_up()


def _given(answer: Any) -> Any:
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def asked(office: Office, who: str = "auditor", **filters: Any) -> list[dict[str, Any]]:
    answer = office.get("/audit/trail", who, **filters)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["lines"])


def test_every_event_of_every_aggregate_is_there_newest_first(office: Office) -> None:
    lines = asked(office, limit=1000)
    assert [line["position"] for line in lines] == list(range(office.journal.streams.head(), 0, -1))
    assert {line["fact"].partition(".")[0] for line in lines} == {
        "Account", "AccountPlan", "Company", "Experiment", "Issue", "KeyAccountStrategy", "Member", "Opportunity",
        "PartnerProgramme", "Territories",
    }  # fmt: skip
    assert {line["error"] for line in lines} == {""}


def test_a_line_says_who_did_what_why_and_what_it_changed(office: Office) -> None:
    (line,) = [
        each for each in asked(office, opportunity=office.ids[DEAL]) if each["position"] == office.ids["revised"]
    ]
    changes = {each["path"]: (each["before"], each["after"]) for each in line["changes"]}
    assert changes["amount"] == (
        {"amount": "1000.00", "currency": "EUR"},
        {"amount": "1500.00", "currency": "EUR"},
    )
    assert (line["actor"], line["actor_name"], line["origin"]) == (
        str(office.members["manager"]),
        "manager 王",
        "person",
    )
    assert (line["command"], line["reason"]) == ("Opportunity.revise_amount", "a second line")
    assert (line["account_name"], line["title"], line["account"]) == ("own", "Pumps", str(office.ids["own"]))
    assert None not in (line["command_id"], line["correlation_id"], line["recorded_at"])
    assert line["withdrawn_by"] is None


def test_personal_data_is_opened_for_an_auditor(office: Office) -> None:
    lines = asked(office, account=office.ids["own"], kind="Account.StakeholderAdded")
    (line,) = lines
    assert line["note"] == "met at the fair"
    assert "Han Meimei" in json.dumps(line["changes"], ensure_ascii=False)
    assert office.log()[0] == ("personal", office.members["auditor"], 200, "audit.trail")


def test_a_withdrawn_fact_stays_and_names_what_took_it_back(office: Office) -> None:
    lines = {line["position"]: line for line in asked(office, account=office.ids["own"])}
    assert lines[office.ids["wrong"]]["withdrawn_by"] == office.ids["back"]
    assert lines[office.ids["back"]]["withdraws"] == office.ids["wrong"]
    assert lines[office.ids["back"]]["reason"] == "another day"
    assert (
        lines[office.ids["back"]]["text"] == f"taken back: “{lines[office.ids['wrong']]['text']}”, reason another day"
    )
    assert [line["position"] for line in asked(office, corrections=True)] == [office.ids["back"]]


def test_an_account_brings_its_opportunities_and_nothing_of_others(office: Office) -> None:
    lines = asked(office, account=office.ids["own"], limit=1000)
    assert {line["account"] for line in lines} == {str(office.ids["own"])}
    assert {line["opportunity"] for line in lines} == {None, str(office.ids[DEAL])}


def naive(office: Office, **filters: Any) -> list[int]:
    """The same by looking at every line."""
    lines = [line for line in asked(office, limit=1000) if line["position"] is not None]
    return [line["position"] for line in lines if all(line[name] == value for name, value in filters.items())]


def test_filters_find_what_looking_at_every_line_finds(office: Office) -> None:
    manager, newest = str(office.members["manager"]), asked(office, limit=1)[0]
    found = {
        "actor": (
            [line["position"] for line in asked(office, actor=manager, limit=1000)],
            naive(office, actor=manager),
        ),
        "origin": ([line["position"] for line in asked(office, actor="worker")], naive(office, origin="worker")),
        "kind": (
            [line["position"] for line in asked(office, kind="Member.KeyIssued", limit=1000)],
            naive(office, fact="Member.KeyIssued"),
        ),
        "command": (
            [line["position"] for line in asked(office, command=newest["command_id"])],
            naive(office, command_id=newest["command_id"]),
        ),
    }
    correlation = next(line for line in asked(office, limit=1000) if line["correlation_id"])["correlation_id"]
    found["correlation"] = (
        [line["position"] for line in asked(office, correlation=correlation)],
        naive(office, correlation_id=correlation),
    )
    for name, (by_filter, by_looking) in found.items():
        assert by_filter, name
        assert by_filter == by_looking, name
    assert len(found["actor"][0]) == 5


def test_late_and_occurred_are_told_by_the_moment_in_the_state(office: Office) -> None:
    everything = asked(office, limit=1000)
    late = [line["position"] for line in asked(office, late=3, limit=1000)]
    assert late == [line["position"] for line in everything if line["late_days"] and line["late_days"] > 3]
    assert 0 < len(late) < len(everything)
    day = [line["position"] for line in asked(office, occurred_from="2026-01-10", occurred_to="2026-01-10")]
    assert [line["fact"] for line in everything if line["position"] in day] == ["Account.ProfileChanged"]
    moment = everything[2]["recorded_at"]
    since = [line["position"] for line in asked(office, **{"from": moment})]
    assert since == [line["position"] for line in everything if line["recorded_at"] >= moment]
    until = [line["position"] for line in asked(office, to=moment, limit=1000)]
    assert until == [line["position"] for line in everything if line["recorded_at"] <= moment]


def brought(office: Office, origin: Origin, name: str, override: str) -> tuple[int, int]:
    """An account of the past and its key status, granted against the rule: where both lie."""
    key = uuid4()
    context = Context(at=datetime(2026, 1, 6, tzinfo=UTC), actor=office.members["admin"], origin=origin)
    registered = command_type(Account, "register").body(name=name)
    first = Commands(office.journal).give(Account, key, "register", registered, context)
    granted = msgspec.convert(
        {"relationship_type": "ordinary", "justification": "as they said", "review_due": "2027-01-01",
         "override": override},
        command_type(Account, "standing.grant").body,
    )  # fmt: skip
    second = Commands(office.journal).give(Account, key, "standing.grant", granted, context)
    office.caught_up()
    return first.positions[0], second.positions[0]


def test_late_is_what_people_recorded_late_and_no_import(office: Office) -> None:
    by_import = brought(office, Origin.IMPORT, "From a file", "imported")
    by_person = brought(office, Origin.PERSON, "By hand", "imported")
    found = {line["position"]: line for line in asked(office, late=7, limit=1000)}
    assert set(by_person) <= set(found)
    assert not set(by_import) & set(found)
    assert {line["origin"] for line in found.values()} == {"person"}
    assert asked(office, late=7, actor="import") == []
    (imported,) = [line for line in asked(office, limit=1000) if line["position"] == by_import[0]]
    assert imported["late_days"] is None


def test_an_import_that_passes_gates_is_no_override_and_a_person_who_says_so_is(office: Office) -> None:
    _, by_import = brought(office, Origin.IMPORT, "From a file", "imported")
    _, by_person = brought(office, Origin.PERSON, "By hand", "imported")
    _, with_reason = brought(office, Origin.IMPORT, "From a file", "the board decided")
    overrides = [line["position"] for line in asked(office, overrides=True, limit=1000)]
    assert (by_import in overrides, by_person in overrides, with_reason in overrides) == (False, True, True)
    (line,) = [line for line in asked(office, limit=1000) if line["position"] == by_import]
    assert (line["overrides"], line["reason"], "imported" in line["text"]) == (False, "as they said", False)


def test_overrides_are_decisions_against_a_rule(office: Office) -> None:
    key = {"relationship_type": "ordinary", "justification": "promised", "review_due": "2027-01-01",
           "override": "the board decided"}  # fmt: skip
    _given(office.post(f"/accounts/{office.ids['own']}/standing/grant", key, "admin"))
    line = asked(office, overrides=True)[0]
    assert (line["overrides"], line["reason"], line["fact"]) == (True, "the board decided", "Account.KeyStatusGranted")


def test_pages_go_on_by_whole_positions(office: Office) -> None:
    whole, pages, cursor = asked(office, limit=1000), [], None
    while True:
        answer = office.get("/audit/trail", "auditor", limit=7, **({"cursor": cursor} if cursor else {})).json()
        pages += answer["lines"]
        cursor = answer["next"]
        if cursor is None:
            break
    assert [line["position"] for line in pages] == [line["position"] for line in whole]
    assert office.get("/audit/trail", "auditor", cursor="nonsense").status_code == 422


def test_the_access_log_stands_between_them_marked(office: Office) -> None:
    office.get("/accounts/" + str(office.ids["foreign"]))
    cursor, lines = None, []
    while True:
        answer = office.get("/audit/trail", "auditor", access=True, limit=9, **({"cursor": cursor} if cursor else {}))
        lines += answer.json()["lines"]
        cursor = answer.json()["next"]
        if cursor is None:
            break
    assert {line["source"] for line in lines} == {"journal", "access"}
    assert [line["recorded_at"] for line in lines] == sorted((line["recorded_at"] for line in lines), reverse=True)
    assert [x["position"] for x in lines if x["source"] == "journal"] == naive(office)
    refused = next(line for line in lines if line["fact"] == "access.refused")
    assert (refused["status"], refused["reason"], refused["actor_name"]) == (404, "NotFound", "manager 王")
    identifiers = [line["access"] for line in lines if line["source"] == "access"]
    assert len(set(identifiers)) == len(identifiers)


def test_the_access_log_by_itself(office: Office) -> None:
    office.get("/accounts/" + str(office.ids["foreign"]))
    answer = office.get("/audit/access-log", "auditor", kind="refused", member="manager", limit=2).json()
    assert [(line["source"], line["kind"], line["member_name"]) for line in answer["lines"]] == [
        ("access", "refused", "manager 王")
    ] * len(answer["lines"])
    assert answer["lines"][0]["path"] == f"/accounts/{office.ids['foreign']}"
    about = office.get("/audit/access-log", "auditor", about=str(office.ids["foreign"]), limit=500).json()["lines"]
    assert about
    assert all(str(office.ids["foreign"]) in line["path"] for line in about)
    assert office.get("/audit/access-log", "auditor", kind="looked").status_code == 422


def test_the_access_log_says_what_its_paths_are_about(office: Office) -> None:
    office.get("/accounts/" + str(office.ids["foreign"]))
    nobody = uuid4()
    office.get(f"/accounts/{nobody}")
    refused = office.get("/audit/access-log", "auditor", kind="refused", limit=2).json()["lines"]
    assert [(line["path"], line["about"]) for line in refused] == [
        (f"/accounts/{nobody}", []),
        (f"/accounts/{office.ids['foreign']}", ["foreign"]),
    ]
    office.get(f"/audit/access/{office.members['manager']}", "auditor")
    (line,) = office.get("/audit/access-log", "auditor", limit=1).json()["lines"]
    assert (line["path"], line["about"]) == (f"/audit/access/{office.members['manager']}", ["manager 王"])


def test_the_seal_of_the_access_log_is_verified_over_http(office: Office) -> None:
    verdict = office.get("/audit/access-log/verify", "auditor").json()
    assert verdict == {"ok": True, "sealed_hours": 0, "changed": []}
    with office.journal.pool.connection() as connection:
        connection.execute("alter table access_log disable trigger all")
        connection.execute("update access_log set at = at - interval '3 hours'")
        rows = connection.execute("select count(*) from access_log").fetchone()
    AccessSealing(office.journal).seal_hours()
    assert office.get("/audit/access-log/verify", "admin").json()["ok"] is True
    with office.journal.pool.connection() as connection:
        connection.execute("delete from access_log where at < now() - interval '2 hours'")
        connection.execute("alter table access_log enable trigger all")
    assert rows is not None
    verdict = office.get("/audit/access-log/verify", "auditor").json()
    assert verdict["ok"] is False
    assert sum(each["sealed"] for each in verdict["changed"]) == rows[0]
    assert {each["found"] for each in verdict["changed"]} == {0}


@pytest.mark.parametrize("path", ["/audit/trail", "/audit/access-log", "/audit/access-log/verify"])
def test_only_auditors_and_admins_ask(office: Office, path: str) -> None:
    answers = {who: office.get(path, who).status_code for who in ("manager", "director", "forecaster", "integrator")}
    assert set(answers.values()) == {403}
    assert {office.get(path, who).status_code for who in ("auditor", "admin")} == {200}


def test_streams_hold_everything_and_equal_the_pages(office: Office) -> None:
    whole = asked(office, limit=1000)
    stream = office.request("GET", "/audit/trail", "auditor", headers={"Accept": "application/x-ndjson"})
    assert stream.headers["content-type"].startswith("application/x-ndjson")
    assert [json.loads(line) for line in stream.text.splitlines()] == whole
    assert office.log()[0] == ("exported", office.members["auditor"], 200, "audit.trail")
    table = office.get("/audit/trail", "auditor", format="csv")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [row["position"] for row in rows] == [str(line["position"]) for line in whole]
    assert office.get("/audit/trail", "auditor", format="parquet").status_code == 422
    assert office.request("GET", "/audit/trail", "manager", params={"format": "csv"}).status_code == 403


def test_a_stretch_that_ends_before_it_starts_is_refused(office: Office) -> None:
    for path, asked, field in (
        ("/audit/trail", {"from": "2026-12-01", "to": "2026-01-01"}, "to"),
        ("/audit/trail", {"occurred_from": "2026-12-01", "occurred_to": "2026-01-01", "format": "csv"}, "occurred_to"),
        ("/audit/access-log", {"from": "2026-12-01", "to": "2026-01-01"}, "to"),
    ):
        answer = office.get(path, "auditor", **asked)
        assert (answer.status_code, answer.json()["faults"][0]["field"]) == (422, field), answer.text
        assert "lies before the start" in answer.text
    assert office.get("/audit/trail", "auditor", **{"from": "2026-01-01", "to": "2026-01-01"}).status_code == 200


def test_parquet_is_not_offered_over_http(office: Office) -> None:
    answer = office.get("/audit/trail", "auditor", format="parquet")
    assert (answer.status_code, 'accepted: json, ndjson, csv"' in answer.text) == (422, True), answer.text
    document = office.get("/openapi.json", "auditor").json()
    parameters = {each["name"]: each for each in document["paths"]["/audit/trail"]["get"]["parameters"]}
    kind = parameters["format"]["schema"]["$ref"].rpartition("/")[2]
    assert sorted(document["components"]["schemas"][kind]["enum"]) == ["csv", "json", "ndjson"]


def test_no_cell_is_taken_for_a_formula(office: Office) -> None:
    office.account('@cmd|" /C calc"!A0')
    office.account("\r=1+1")
    office.account("-5 degrees")
    office.account("'=already")
    brought(office, Origin.IMPORT, "From a file", "imported")
    office.caught_up()
    table = office.get("/audit/trail", "auditor", format="csv", limit=1000).text
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    dangerous = ("=", "+", "-", "@", "\t", "\r", "\0")
    assert not [cell for row in rows for cell in row.values() if cell.startswith(dangerous)]
    names = {as_written(row["account_name"]) for row in rows}
    assert {'@cmd|" /C calc"!A0', "\r=1+1", "-5 degrees", "'=already"} <= names
    by_origin = {row["origin"]: row["late_days"].replace(".", "").isdigit() for row in rows}
    assert by_origin == {"person": True, "worker": False, "import": False}


def test_an_event_that_cannot_be_read_is_a_line_that_says_so(postgres_url: str, fresh_names: Iterator[str]) -> None:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as office:
            position = office.give_raw_event(office.ids["own"], "Account.Unheard")
            newest = asked(office)[0]
            assert (newest["position"], newest["fact"]) == (position, "Account.Unheard")
            assert "unknown name" in newest["error"]
            assert len(asked(office, limit=1000)) == position
            assert asked(office, late=1)[0]["position"] < position


def test_commands_are_named_where_one_alone_records_the_event() -> None:
    assert command_of("Account.VisitLogged") == "Account.visits.log"
    assert command_of("Member.RoleGranted") == "Member.grant_role"
    assert command_of("Account.FactWithdrawn") == "Account.withdraw"
    assert command_of("Territories.TerritorySet") == ""
    assert command_of("Account.Unheard") == ""


@pytest.fixture
def kams(database_url: str, valkey_url: str, tmp_path: Path) -> CommandLine:
    made = company_system(database_url, valkey_url, tmp_path / "home")
    for group in (reading, questions, auditing):
        group.add(made.app)
    given = made("command", "account", "new", "register", "--set", "name==HYPERLINK()", "--set", "external_id=A-01")
    assert given.code == 0, given.err
    assert (
        made("command", "account", "A-01", "change_profile", "--set", "industry=Steel", "--note", "as told").code == 0
    )
    return made


def test_the_trail_in_the_terminal(kams: CommandLine) -> None:
    shown = kams("audit", "trail", "A-01")
    assert shown.code == 0, shown.err
    assert "Audit trail, newest first · times: UTC" in shown.out
    assert "Steel" in shown.out
    answer = kams("audit", "trail", "A-01", "--json").json
    assert [line["fact"] for line in answer["lines"]] == ["Account.ProfileChanged", "Account.Registered"]
    (change,) = [each for each in answer["lines"][0]["changes"] if each["path"].endswith("industry")]
    assert (change["before"] or "", change["after"]) == ("", "Steel")
    assert (answer["lines"][0]["note"], answer["lines"][0]["actor_name"]) == ("as told", "First admin")
    assert "Nothing recorded that fits." in kams("audit", "trail", "A-01", "--kind", "Opportunity").out
    assert kams("audit", "trail", "--kind", "Nothing").code == 2
    assert kams("audit", "trail", "--command", "x").code == 2
    assert kams("audit", "trail", "--out", "file.xls").code == 2
    page = kams("audit", "trail", "--json", "--limit", "2").json
    following = kams("audit", "trail", "--json", "--limit", "2", "--cursor", page["next"]).json
    assert following["lines"][0]["position"] == page["lines"][-1]["position"] - 1


def test_the_terminal_tells_values_names_and_days_as_a_replay_does(kams: CommandLine) -> None:
    told = [
        ("company", "set", "-"),
        ("command", "account", "new", "register", "--set", "name=Nova", "--set", "external_id=A-02", "--on",
         "2026-01-05"),
        ("command", "account", "A-01", "stakeholders.add", "--set", "stakeholder_id=PERSON", "--set",
         "name=Han Meimei"),
        ("command", "account", "A-01", "stakeholders.change", "--set", "stakeholder_id=PERSON", "--set",
         "title=Buyer"),
        ("command", "account", "A-02", "change_profile", "--set", 'revenue={"amount":"1500","currency":"CNY"}', "--on",
         "2026-01-10"),
    ]  # fmt: skip
    for words in told:
        company = '{"name": "Ours", "currency": "CNY", "time_zone": "Asia/Shanghai"}'
        given = kams(*(word.replace("PERSON", str(PERSON)) for word in words), given=company)
        assert given.code == 0, given.err
    shown = " ".join(kams("audit", "trail", "A-01").out.split())
    assert "Han Meimei · title – → Buyer" in shown
    shown += " ".join(kams("audit", "trail", "A-02").out.split())
    assert "profile · revenue – → 1,500.00 CNY" in shown
    assert " 2026-01-10 20" in shown  # a day has no hour beside it
    assert not [word for word in ("Decimal(", "{'", "<", str(PERSON)) if word in shown]
    assert "profile · revenue" in " ".join(kams("audit", "trail", "A-02", "--late").out.split())
    assert "Nothing recorded that fits." in kams("audit", "trail", "A-01", "--late").out
    assert "Nothing recorded that fits." in kams("audit", "trail", "A-02", "--late", "--late-days", "36500").out


def test_files_hold_the_same_in_every_format(kams: CommandLine, tmp_path: Path) -> None:
    import pyarrow.parquet

    files = {name: tmp_path / f"trail.{name}" for name in ("jsonl", "csv", "parquet")}
    for file in files.values():
        answer = kams("audit", "trail", "--known-at", "5", "--out", str(file))
        assert answer.code == 0, answer.err
    lines = [json.loads(line) for line in files["jsonl"].read_text(encoding="utf-8").splitlines()]
    assert [line["position"] for line in lines] == [5, 4, 3, 2, 1]
    table = pyarrow.parquet.read_table(files["parquet"])
    types = {field.name: str(field.type) for field in table.schema}
    assert (types["position"], types["recorded_at"], types["overrides"]) == ("int64", "timestamp[us, tz=UTC]", "bool")
    assert (types["late_days"], types["actor"], types["changes"]) == ("double", "string", "string")
    back = [{**row, "changes": json.loads(row["changes"])} for row in table.to_pylist()]
    assert json.loads(msgspec.json.encode(back)) == lines
    rows = list(csv.DictReader(io.StringIO(files["csv"].read_text(encoding="utf-8"))))
    assert [row["fact"] for row in rows] == [line["fact"] for line in lines]
    printed = kams("audit", "trail", "--known-at", "5", "--csv").out
    assert printed.splitlines() == files["csv"].read_text(encoding="utf-8").splitlines()
    assert not list(tmp_path.glob(".*partial"))


def test_the_terminal_refuses_an_end_before_the_start_and_two_formats_at_once(
    kams: CommandLine, tmp_path: Path
) -> None:
    back = ("--from", "2026-12-01", "--to", "2026-01-01")
    occurred = ("--occurred-from", "2026-12-01", "--occurred-to", "2026-01-01")
    for words in (("trail", *back), ("trail", *occurred), ("log", *back)):
        refused = kams("audit", *words)
        assert (refused.code, "lies before the start" in refused.err) == (2, True), refused.err
    out = tmp_path / "trail.jsonl"
    for words in (("trail", "--csv"), ("trail", "--json"), ("log", "--csv")):
        refused = kams("audit", *words, "--out", str(out), COLUMNS="200")
        assert (refused.code, "leave out --csv and --json" in refused.err) == (2, True), refused.err
    assert not out.exists()


def test_parquet_names_the_package_that_it_needs(
    kams: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    answer = kams("audit", "trail", "--out", str(tmp_path / "t.parquet"))
    assert answer.code == 1
    assert "pip install kams[parquet]" in answer.err
    assert list(tmp_path.glob("*parquet*")) == []


def test_a_killed_export_leaves_no_half_file(tmp_path: Path) -> None:
    file = tmp_path / "trail.csv"
    file.write_text("the earlier one", encoding="utf-8")
    code = (
        "import signal, sys, time; from pathlib import Path; from api.files import whole\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # who runs in the background ignores Ctrl-C
        "with whole(Path(sys.argv[1])) as f:\n"
        "    f.write(b'half'); f.flush(); print('writing', flush=True); time.sleep(60)"
    )
    for number in (signal.SIGKILL, signal.SIGINT):
        words, quiet = [sys.executable, "-c", code, str(file)], subprocess.DEVNULL
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=quiet) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"writing\n"
            os.kill(process.pid, number)
        assert file.read_text(encoding="utf-8") == "the earlier one"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["trail.csv"]


def test_the_access_log_in_the_terminal_and_its_seal(kams: CommandLine) -> None:
    assert kams("audit", "log").code == 0
    assert "read personal data  First admin" in kams("audit", "log").out
    lines = kams("audit", "log", "--json", "--kind", "signed_in").json["lines"]
    assert [(line["kind"], line["path"]) for line in lines] == [("signed_in", "kams command")]
    assert kams("audit", "log", "--verify").out.strip() == "No hour of the access log is sealed yet."
    assert kams("audit", "log", "--kind", "looked").code == 2


def test_what_a_member_could_see_then_over_http(office: Office) -> None:
    path = f"/audit/access/{office.members['manager']}"
    answer = office.get(path, "auditor", as_of="2026-01-06")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["member_name"], found["roles"], found["sees"]) == ("manager 王", ["manager"], 1)
    (account,) = found["accounts"]
    assert (account["name"], account["changes"], [right["kind"] for right in account["rights"]]) == (
        "own",
        True,
        ["own"],
    )
    assert office.get(path, "auditor", as_of="2026-01-04").json()["accounts"] == []
    (why,) = office.get(path, "auditor", account=str(office.ids["own"])).json()["accounts"]
    assert [each["fact"] for each in why["because"]] == ["Member.RoleGranted", "Account.ManagerAssigned"]
    hidden = office.get(path, "auditor", account=str(office.ids["foreign"])).json()
    assert (hidden["accounts"], hidden["lacking"]) == ([], {
        "there": True, "manager": str(office.members["colleague"]), "manager_name": "colleague",
        "territory": "south", "managers_territories": [],
    })  # fmt: skip
    never = office.get(path, "auditor", account=str(uuid4())).json()
    assert (never["accounts"], never["lacking"]["there"]) == ([], False)
    everything = office.get("/audit/access/auditor", "admin", limit=1).json()
    assert everything["lacking"] is None
    assert (everything["everything"], everything["personal"], len(everything["accounts"])) == (True, True, 1)
    following = office.get("/audit/access/auditor", "admin", limit=500, after=everything["next"]).json()
    assert len(following["accounts"]) == everything["sees"] - 1
    assert office.get(path, "manager").status_code == 403
    assert office.get(f"/audit/access/{uuid4()}", "auditor").status_code == 404
    assert office.get("/audit/access/nobody-here", "auditor").status_code == 404


def test_what_a_member_could_see_in_the_terminal(kams: CommandLine) -> None:
    invited = kams("members", "invite", "Ann", "--external-id", "u1", "--role", "manager")
    assert invited.code == 0, invited.err
    assert kams("members", "key", "u1").code == 0 or kams("keys", "issue", "u1").code == 0
    assert kams("command", "account", "A-01", "assign_manager", "--set", "manager=u1").code == 0
    shown = kams("audit", "access", "u1", "--account", "A-01")
    assert shown.code == 0, shown.err
    for expected in (
        "Ann as of",
        "Roles: manager",
        "Could see 1 accounts and change 1.",
        "own account",
        "manager assigned",
    ):
        assert expected in shown.out, shown.out
    assert kams("members", "invite", "Bob", "--external-id", "u2", "--role", "manager").code == 0
    assert kams("command", "account", "new", "register", "--set", "name=Nova", "--set", "external_id=A-02").code == 0
    assert kams("command", "account", "A-02", "assign_manager", "--set", "manager=u2").code == 0
    keyless = kams("audit", "access", "u2", COLUMNS="200").out
    would = "by his assignments he would have seen 1 accounts and changed 1."
    assert f"Could see nothing: no key was live; {would}" in keyless
    assert "nothing: no key was live; by assignment" in keyless
    assert "A-02" in keyless
    answer = kams("audit", "access", "u1", "--json").json
    assert [each["external_id"] for each in answer["accounts"]] == ["A-01"]
    assert kams("audit", "access", "u1", "--csv").out.splitlines()[1].startswith("'=HYPERLINK(),A-01,own account")
    hidden = kams("audit", "access", "u1", "--account", "A-02", COLUMNS="400").out
    assert "This account could not be seen: its manager was u2 (territories: none), its territory none; " in hidden
    assert "Ann held the roles manager and directed none; keys that could read: " in hidden
    assert "keys that could read: none" not in hidden
    keyless = kams("audit", "access", "u2", "--account", "A-01", COLUMNS="400").out
    assert "its manager was u1" in keyless
    assert "keys that could read: none." in keyless
    early = kams("audit", "access", "u1", "--as-of", "2020-01-01")
    assert "He was not there yet." in early.out
    assert kams("audit", "access", "nobody").code == 1


def test_an_hour_of_the_access_log_that_was_changed_is_named_in_the_terminal(kams: CommandLine) -> None:
    url = kams.environment["KAMS_DATABASE_URL"]
    journal = Journal(url)
    try:
        with journal.pool.connection() as connection:
            connection.execute("alter table access_log disable trigger all")
            connection.execute("update access_log set at = at - interval '3 hours'")
            connection.execute("alter table access_log enable trigger all")
        assert AccessSealing(journal).seal_hours() == 1
        fine = kams("audit", "log", "--verify", "--json")
        assert (fine.code, fine.json["ok"], fine.json["sealed_hours"]) == (0, True, 1)
        with journal.pool.connection() as connection:
            connection.execute("alter table access_log disable trigger all")
            connection.execute("update access_log set member = null where at < now() - interval '2 hours'")
        changed = kams("audit", "log", "--verify")
        assert changed.code == 1
        assert "CHANGED: the hour from" in changed.out
        assert "sealed with 1 lines at position" in changed.out
    finally:
        journal.close()
