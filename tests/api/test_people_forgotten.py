"""A person is forgotten: before it everything about him opens, afterwards he is nowhere, and all the rest stands."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from pyarrow import parquet

from api.cli.main import app
from api.cli.seal_key import make_seal_key, seal_key_of
from api.cli.settings import Settings
from api.importing import Importer
from domain.account.account import Account
from domain.journal.context import Context
from domain.journal.forgetting import forget
from domain.journal.forgotten import Register
from domain.journal.journal import Journal
from domain.person_forgetting import PersonKind
from projections.stakeholders import STAKEHOLDERS
from tests.api.command_line import CommandLine
from tests.api.office import Office, open_office, shipped_key
from tests.conftest import new_database
from workers.sealing import Sealing

MARK = "Xanthippe獬豸"
MAIL = "xanthippe.zq@markhuarui.example"
PHONE = "+86 139 4242 4242"
ADDED = "2026-01-05T12:00:00Z"
READ_BY = ("manager", "auditor")
MEETING = "\r\n".join((
    "BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", "UID:meeting-7", "DTSTART:20260107T020000Z",
    "DTEND:20260107T030000Z", f"SUMMARY:{MARK} meets", "ORGANIZER:mailto:a@ours.example", f"ATTENDEE:mailto:{MAIL}",
    "END:VEVENT", "END:VCALENDAR", "",
))  # fmt: skip


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            yield opened


def given_about(office: Office) -> tuple[str, str]:
    """Every kind of text about one person alone, and one about him and another; returns both people."""
    ann, bob = str(uuid4()), str(uuid4())
    account, deal = f"/accounts/{office.ids['own']}", f"/opportunities/{office.ids['own deal']}"
    her, new = {"stakeholder": ann}, lambda: str(uuid4())
    value, competitor, won = new(), "Acme", f"/opportunities/{office.opportunity(office.ids['own'], 'Won')}"
    office.ids["her issue"] = uuid4()
    kept, programme, partner = new(), f"/programmes/{office.ids['programmes']}", {"account": str(office.ids["own"])}
    text = iter(f"{MARK} text {number}" for number in range(1000))
    given: list[tuple[str, dict[str, Any]]] = [
        (f"{account}/stakeholders/add", {"stakeholder_id": ann, "name": MARK, "email": MAIL, "phone": PHONE,
                                         "occurred_at": ADDED, "note": next(text)}),
        (f"{account}/stakeholders/add", {"stakeholder_id": bob, "name": "Bob Stays"}),
        (f"{account}/stakeholders/change", {"stakeholder_id": ann, "name": f"{MARK} Zwei"}),
        (f"{account}/visits/log", {"visit_id": new(), "stakeholders": [ann], "outcome": next(text),
                                   "action_agreed": next(text), "next_step": next(text), "note": next(text)}),
        (f"{account}/visits/log", {"visit_id": new(), "stakeholders": [ann, bob], "outcome": "Both were there"}),
        (f"{account}/action-items/add", {"item_id": new(), "text": next(text), "stakeholders": [ann],
                                      "owner": str(office.members["manager"])}),
        (f"{account}/satisfaction/survey", {"survey_id": new(), "kind": "nps", "score": 9, "comment": next(text),
                                            **her}),
        (f"{account}/contacts/log", {"contact_id": new(), "channel": "phone", "direction": "in",
                                     "stakeholders": [ann], "subject": next(text)}),
        (f"{account}/needs/add", {"need_id": new(), "kind": "goal", "words": next(text), "stakeholders": [ann]}),
        (f"{account}/value/give", {"value_id": value, "kind": "help", "what": next(text), "reckoned": next(text),
                                   "stakeholders": [ann], "worth": {"amount": "10", "currency": "EUR"}}),
        (f"{account}/value/acknowledge", {"value_id": value, "comment": next(text), **her}),
        (f"{account}/commitments/make", {"commitment_id": new(), "made_by": "us", "kind": "service",
                                         "what": next(text), "due_on": "2030-01-01", "stakeholders": [ann]}),
        (f"{account}/gifts/declare", {"gift_id": new(), "what": next(text), "giver": str(office.members["manager"]),
                                      "value": {"amount": "10", "currency": "EUR"}, **her}),
        (f"{account}/joint-activities/propose", {"activity_id": new(), "kind": "training", "title": "Course",
                                                 "aim": next(text), "stakeholders": [ann]}),
        (f"{deal}/buyers/map", {"role": "user", "support": "mentor", "wants": next(text), **her}),
        (f"{deal}/criteria/describe", {"criterion_id": new(), "text": next(text), "whose": ann}),
        (f"{deal}/competition/identify", {"competitor": competitor, "strengths": next(text),
                                          "weaknesses": next(text), "preferred_by": [ann]}),
        (f"{won}/win", {}),
        (f"{won}/delivery/accept", {"remarks": next(text), **her}),
        (f"{account}/commitments/make", {"commitment_id": kept, "made_by": "us", "kind": "service", "what": "A call",
                                         "due_on": "2030-01-01"}),
        (f"{account}/commitments/keep", {"commitment_id": kept, "evidence": "Bob Stays said so"}),
        (f"{deal}/quotes/request", {"quote_no": "Q-1", "wishes": next(text), **her}),
        (f"{programme}/partners/enrol", {**partner, "agreed_by": ann, "agreement": next(text), "reason": "sells on",
                                         "member": str(office.members["manager"]), "occurred_at": "2026-01-06"}),
        (f"{programme}/compliance/score", {**partner, "period": "2026-Q1", "scores": {"us": "70", "partner": "80"},
                                           "evidence": next(text), "stakeholders": [ann]}),
    ]  # fmt: skip
    issue, what = f"/issues/{office.ids['her issue']}", {"kind": "complaint", "severity": 2, "category": "delivery"}
    raised = {"id": str(office.ids["her issue"]), **partner, **what, "raised_by": ann, "description": next(text)}
    given += [
        ("/issues", raised),
        (f"{issue}/resolve", {"root_cause": "late", "resolution": "Sent anew"}),
        (f"{issue}/confirm", {**her, "remark": next(text), "note": next(text)}),
    ]
    refused = [(path, found.text) for path, body in given if (found := office.post(path, body)).is_error]
    assert refused == []
    office.caught_up()
    letter = (
        f"From: {MARK} <{MAIL}>\r\nTo: a@ours.example\r\nMessage-ID: <42@x>\r\nDate: Tue, 6 Jan 2026 10:30:00 +0000"
    )
    letter += f"\r\nSubject: {MARK} writes\r\n\r\nHello"
    for name, written in (("letter.eml", letter), ("meeting.ics", MEETING)):
        file = {"name": name, "content": base64.b64encode(written.encode()).decode(), "expected_action": next(text)}
        filed = office.post(f"{account}/contacts/file", file)
        assert filed.status_code == 200, filed.text
        assert [each["stakeholders"] for each in filed.json()["found"]] == [[ann]]
    office.caught_up()
    return ann, bob


def imported(office: Office, folder: Path) -> None:
    """A person of the same name, mail and phone, from files; of two rows one is refused."""
    folder.mkdir()
    (folder / "accounts.csv").write_text("name,external_id,currency\nImported,A-9,EUR\n")
    rows = f"A-9,P-9,{MARK},{MAIL},{PHONE}\nA-8,P-8,{MARK},{MAIL},{PHONE}\n"
    (folder / "stakeholders.csv").write_text("account,external_id,name,email,phone\n" + rows)
    refused_to = folder.parent / "refused.csv"
    Importer(office.journal).run([folder], on=date(2025, 12, 31), refused_to=refused_to)
    assert b"A-8" in refused_to.read_bytes()
    assert traces(refused_to.read_bytes()) == []
    office.caught_up()


@pytest.fixture(scope="module")
def people(office: Office) -> tuple[str, str]:
    return given_about(office)


def traces(content: bytes) -> list[str]:
    """Which marks stand in some bytes, in any usual encoding."""
    found = []
    for mark in (MARK, "Xanthippe", "獬豸", MAIL, "xanthippe.zq", PHONE):
        spelled = [mark.encode(), mark.encode("utf-16-le"), mark.encode("utf-16-be"), json.dumps(mark)[1:-1].encode()]
        spelled += [base64.b64encode(b" " * n + mark.encode())[(n and 4) : -4] for n in range(3)]
        found += [mark for each in spelled if len(each) > 4 and each in content]
    return found


def everything_over_http(office: Office) -> Iterator[tuple[str, bytes]]:
    """Every GET route of the contract, asked by those who may read personal data."""
    for path, methods in office.client.get("/openapi.json").json()["paths"].items():
        if "get" in methods:
            yield from asked(office, path)


def asked(office: Office, path: str) -> Iterator[tuple[str, bytes]]:
    own = office.ids["own deal"] if path.startswith("/opportunities") else office.ids["own"]
    if path.startswith("/members"):
        own = office.members["manager"]
    if path.startswith("/people"):
        own = office.ids["ann"]
    for noun, name in {"programmes": "programmes", "issues": "her issue", "plans": "own plan"}.items():
        if path.startswith(f"/{noun}"):
            own = office.ids[name]
    filled = path.replace("{id}", str(own)).replace("{key}", shipped_key(path)).replace("{visit}", str(uuid4()))
    filled = filled.replace("{position}", "30").replace("{account}", str(office.ids["own"]))
    for who in READ_BY:
        parameters = {"limit": 200} if path in ("/events", "/audit/trail", "/audit/log") else {}
        if path == "/events/stream":
            parameters = {"after": 0, "to": office.journal.streams.head()}
        yield f"GET {filled} as {who}", office.get(filled, who, **parameters).content


def whole_database(url: str) -> Iterator[tuple[str, bytes]]:
    """Every column of every table, as text and, where it is bytes, as bytes."""
    with psycopg.connect(url) as connection:
        columns = connection.execute(
            "select table_name, column_name, data_type from information_schema.columns where table_schema = 'public'"
        ).fetchall()
        for table, column, kind in columns:
            shown = f'"{column}"' if kind == "bytea" else f'"{column}"::text'
            rows = connection.execute(f'select {shown} from "{table}"'.encode()).fetchall()
            whole = b"\n".join(each if isinstance(each, bytes) else str(each).encode() for (each,) in rows)
            yield f"{table}.{column}", whole


def test_no_personal_data_lie_where_plaintext_never_belongs(office: Office, people: tuple[str, str]) -> None:
    office.get(f"/accounts/{MARK}", "manager")
    office.get(f"/members/{MARK}", "admin")
    office.get(f"/people/{MARK}/report", "auditor")
    assert [
        (where, found) for where, content in whole_database(office.journal.database_url) if (found := traces(content))
    ] == []


def test_only_an_admin_forgets_and_an_auditor_reads(office: Office, people: tuple[str, str]) -> None:
    ann, _ = people
    for who in ("manager", "director", "auditor", "integrator"):
        assert office.post(f"/people/{ann}/forget", {"reason": "asked for it"}, who).status_code == 403
    for who, status in (("manager", 403), ("auditor", 200), ("admin", 200)):
        assert office.get(f"/people/{ann}/report", who).status_code == status
    assert office.log()[0][0] == "exported"
    assert office.get(f"/people/{uuid4()}/report", "auditor").status_code == 404


def test_the_report_holds_all_that_is_about_a_person(office: Office, people: tuple[str, str]) -> None:
    ann, bob = people
    found = office.get(f"/people/{ann}/report", "auditor").json()
    assert found["particulars"] == {"name": f"{MARK} Zwei", "email": MAIL, "phone": PHONE}
    texts = {text["text"] for fact in found["facts"] for text in fact["texts"]}
    assert len({each for each in texts if re.fullmatch(f"{MARK} text \\d+", each)}) == 26
    assert found["forgotten_at"] is None
    (shared,) = found["shared"]
    assert (shared["others"], [place["fact"] for place in shared["places"]]) == (1, ["Account.VisitLogged"])
    assert bob not in json.dumps(found["shared"])
    assert "Bob Stays" not in json.dumps(found)
    assert found["appears_in"]["stakeholder"] == 1
    assert found["mentioned_in"] == []
    (mentioned,) = office.get(f"/people/{bob}/report", "auditor").json()["mentioned_in"]
    assert (mentioned["fact"], mentioned["field"]) == ("Account.CommitmentKept", "evidence")
    assert found["appears_in"]["buyer"] == 1


def test_a_reason_that_names_the_person_is_refused_and_a_dry_run_changes_nothing(
    office: Office, people: tuple[str, str]
) -> None:
    ann, _ = people
    named = office.post(f"/people/{ann}/forget", {"reason": f"{MARK.upper()} asked"}, "admin")
    assert (named.status_code, named.json()["rule"]) == (409, "ReasonNamesPerson")
    head = office.journal.streams.head()
    dry = office.post(f"/people/{ann}/forget", {"reason": "asked", "dry_run": True}, "admin").json()
    assert (dry["done"], dry["positions"], len(dry["texts_left"])) == (False, [], 1)
    (left,) = dry["texts_left"]
    assert (left["others"], left["about"]) == (1, [{"person": people[1], "name": "Bob Stays"}])
    (place,) = left["places"]
    assert (place["field"], place["text"]) == ("outcome", "Both were there")
    assert place["occurred_at"].startswith("20")
    assert office.log()[0][0] == "personal"
    assert office.journal.streams.head() == head


def test_after_forgetting_the_person_is_nowhere(
    office: Office, people: tuple[str, str], tmp_path: Path, embedded_addresses: Any
) -> None:
    ann, _ = people
    office.ids["ann"] = ann  # type: ignore[assignment]
    imported(office, tmp_path / "export")
    before = [where for where, content in everything_over_http(office) if traces(content)]
    assert {where.split()[1].split("/")[1] for where in before} >= {"accounts", "opportunities", "people", "events"}
    answer = office.post(f"/people/{ann}/forget", {"reason": "the person asked for it"}, "admin")
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["positions"]) == 1
    kams = command_line(office, tmp_path / "home", embedded_addresses.redis_url)
    assert MARK in kams("account", "A-9").out
    assert kams("people", "forget", "P-9", "--reason", "the same person", "--yes").code == 0
    office.caught_up()
    after = [*everything_over_http(office), *whole_database(office.journal.database_url)]
    after += everything_on_the_command_line(office, kams)
    after += everything_that_leaves(office, kams, tmp_path / "out")
    after += [(str(file), file.read_bytes()) for file in (tmp_path / "home").rglob("*") if file.is_file()]
    assert [(where, found) for where, content in after if (found := traces(content))] == []
    assert len(after) > 100
    assert office.get(f"/accounts/{office.ids['own']}").status_code == 200
    found = office.get(f"/people/{ann}/report", "auditor").json()
    assert found["forgotten_at"]
    assert found["particulars"] == {"name": None, "email": None, "phone": None}
    assert "Both were there" in json.dumps(found), "it is about others, too, and was left"


def test_another_process_that_forgets_is_heeded_by_the_next_request(office: Office) -> None:
    cid = uuid4()
    account = office.ids["own"]
    office.post(f"/accounts/{account}/stakeholders/add", {"stakeholder_id": str(cid), "name": "Cid Soon-Gone"})
    office.caught_up()
    assert "Cid Soon-Gone" in office.get(f"/accounts/{account}").text
    other = Journal(office.journal.database_url)
    forget(other, {cid: PersonKind.STAKEHOLDER}, Context(at=datetime.now(UTC)), reason="asked for it")
    other.close()
    page = office.get(f"/accounts/{account}")
    assert "Cid Soon-Gone" not in page.text
    said = {"stakeholder_id": str(cid), "name": "Cid Again"}
    assert office.post(f"/accounts/{account}/stakeholders/change", said).json()["rule"] == "PersonForgotten"


def test_the_command_line_forgets_shared_texts_and_says_it(
    office: Office, people: tuple[str, str], tmp_path: Path, embedded_addresses: Any
) -> None:
    ann, _ = people
    assert office.post(f"/people/{ann}/forget", {"reason": "asked for it"}, "admin").status_code == 200
    office.caught_up()
    kams = command_line(office, tmp_path / "home", embedded_addresses.redis_url)
    shown = kams("people", "report", ann)
    assert "(forgotten)" in shown.out
    (shared,) = office.get(f"/people/{ann}/report", "auditor").json()["shared"]
    listed = kams("people", "forget", ann, "--reason", "these, too", "--dry-run")
    told = " ".join(listed.out.split())
    assert f"{shared['key']} also about 1: Bob Stays" in told
    assert re.search(r"\d{4}-\d\d-\d\d, visit logged \(position \d+\), outcome: Both were there", told)
    others = kams("people", "forget", people[1], "--reason", "asked", "--dry-run", "--json").json
    assert [each["fact"] for each in others["mentioned_in"]] == ["Account.CommitmentKept"]
    assert "evidence" in kams("people", "report", people[1]).out
    wrong = kams("people", "forget", ann, "--reason", "these, too", "--yes", "--also-shared", "rubbish")
    assert wrong.code == 2
    unknown = kams("people", "forget", ann, "--reason", "these, too", "--yes", "--also-shared", str(uuid4()))
    assert unknown.code == 1
    done = kams("people", "forget", ann, "--reason", "these, too", "--yes", "--also-shared", shared["key"])
    assert (done.code, "1 keys destroyed" in done.err) == (0, True)
    again = kams("people", "forget", ann, "--reason", "these, too", "--yes", "--all-shared", "--json")
    assert (again.json["positions"], again.json["texts_left"]) == ([], [])
    registered = [str(each.person) for each in Register(tmp_path / "home" / "forgotten.txt").read()]
    assert registered.count(ann) == 2
    assert kams("people", "forget", "nobody such", "--reason", "x", "--yes").code == 1
    written = kams("people", "report", ann, "--out", str(tmp_path / "report.json"))
    assert (written.code, json.loads((tmp_path / "report.json").read_text())["person"]) == (0, ann)


def test_a_member_who_left_is_forgotten_by_name(office: Office, tmp_path: Path, embedded_addresses: Any) -> None:
    office.member("leaver")
    place = {"member": office.members["leaver"], "function": "technical"}
    office.give(Account, office.ids["own"], "team.join", **place)
    office.caught_up()
    kams = command_line(office, tmp_path / "home", embedded_addresses.redis_url)
    assert kams("people", "forget", "leaver 王", "--reason", "gone", "--yes").code == 1
    assert kams("members", "leave", "leaver").code == 0
    assert kams("people", "forget", "leaver 王", "--reason", "gone", "--yes").code == 0
    listed = kams("members", "list", "--all").out
    assert ("leaver 王" in listed, "(forgotten)" in listed) == (False, True)
    assert "(forgotten)" in kams("account", str(office.ids["own"])).out


def command_line(office: Office, home: Path, redis_url: str) -> CommandLine:
    home.mkdir(exist_ok=True)
    kams = CommandLine(
        {
            "KAMS_HOME": str(home),
            "KAMS_DATABASE_URL": office.journal.database_url,
            "KAMS_REDIS_URL": redis_url,
            "KAMS_KEY": office.keys["admin"],
        }
    )
    kams.app = app
    return kams


def everything_on_the_command_line(office: Office, kams: CommandLine) -> Iterator[tuple[str, bytes]]:
    """The reading commands about the account, the deal and the person; where his name stood in a table it is said that
    he was forgotten."""
    account, deal, ann = str(office.ids["own"]), str(office.ids["own deal"]), str(office.ids["ann"])
    with office.journal.pool.connection() as connection:
        sql = f"select key::text from {STAKEHOLDERS.table} where stakeholder = %s"
        (row,) = connection.execute(sql.encode(), (ann,)).fetchone() or ("",)
    telling = (
        ("account", account), ("map", deal), ("audit", "trail", account), ("audit", "replay", account),
        ("audit", "diff", "--from", "2026-01-01", "--to", "2099-01-01", "--account", account), ("todo",),
        ("visits", "list", "--account", account, "--month", f"{datetime.now(UTC):%Y}"), ("contest", deal),
        ("explain", "health", account), ("exposure", "--contact", ann), ("people", "report", ann),
    )  # fmt: skip
    others = (
        ("findings",), ("quotes", "--all"), ("deliveries",), ("balance", account), ("account", "A-9"),
        ("audit", "log"), ("members", "list", "--all"), ("explain", "row", "stakeholder", row),
        ("audit", "trail", "--csv"), ("visits", "list", "--csv"), ("map", deal, "--csv"), ("exposure", "--csv"),
    )  # fmt: skip
    for words in (*telling, *others):
        answer = kams(*words)
        assert answer.code == 0, (words, answer.err)
        assert words not in telling or "(forgotten)" in answer.out, (words, answer.out)
        yield " ".join(words), (answer.out + answer.err).encode()
        if words in telling:
            machine = kams(*words, "--json")
            assert (machine.code, "(forgotten)" in machine.out) == (0, False), words
            yield " ".join(words) + " --json", machine.out.encode()


def everything_that_leaves(office: Office, kams: CommandLine, folder: Path) -> Iterator[tuple[str, bytes]]:
    """What is handed over, fresh: exports with proof, a backup, the evidence pack, the audit trail in every format."""
    folder.mkdir()
    settings = Settings(home=Path(kams.environment["KAMS_HOME"]))
    make_seal_key(settings, office.journal.database_url)
    with psycopg.connect(office.journal.database_url, autocommit=True) as connection:
        assert Sealing(seal_key_of(settings)).seal(connection)
    account = str(office.ids["own"])
    for words in (
        ("audit", "export", str(folder / "whole.zip")), ("backup", str(folder / "backup.journal")),
        ("audit", "export", str(folder / "account.zip"), "--account", account),
        ("audit", "report", account, "--out", str(folder / "pack.html")),
        *(("audit", "trail", "--with-access", "--out", str(folder / f"trail.{kind}"))
          for kind in ("csv", "jsonl", "parquet")),
        ("people", "report", str(office.ids["ann"]), "--out", str(folder / "report.json")),
    ):  # fmt: skip
        answer = kams(*words)
        assert answer.code == 0, (words, answer.err)
    for shown in ("csv", "ndjson"):
        yield f"GET /audit/trail {shown}", office.get("/audit/trail", "auditor", format=shown).content
    assert "(forgotten)" in (folder / "pack.html").read_text()
    files = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert len(files) == 9
    for name, content in files.items():
        yield from within(name, content)
    yield "trail.parquet", str(parquet.read_table(folder / "trail.parquet").to_pylist()).encode()


def within(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """Some bytes, the members of an archive, and what a page carries with it."""
    yield name, content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield from within(f"{name}: {member}", archive.read(member))
    for carried in re.findall(rb"base64,([A-Za-z0-9+/=]+)", content):
        yield from within(f"{name}: attached", base64.b64decode(carried))
