"""Contacts from e-mails and calendar files: matched by addresses, logged once, refused with what is wrong where."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from api.cli import contacting
from api.letters import CALENDAR, EMAIL, Letter, read_letters
from domain.account.account import Account
from domain.errors import Malformed
from domain.member import Member
from tests.api.command_line import CommandLine, company_system
from tests.api.office import Office, open_office
from tests.conftest import new_database

MAIL = """From: =?utf-8?b?546L5Lyf?= <Wang@Huarui.cn>
To: Anna <anna@ours.example>
Cc: "Li, Mei" <li@huarui.cn>, stranger@else.example
Subject: =?utf-8?b?5oql5Lu3?= of
 Tuesday
Date: Tue, 6 Jan 2026 18:30:00 +0800
Message-ID: <42@huarui.cn>

Please call.
"""
TWO = datetime(2026, 1, 7, 2, tzinfo=UTC)


def entry(**fields: str) -> str:
    """A calendar file with one entry."""
    known = {
        "UID": "meeting-7",
        "DTSTART": "20260107T020000Z",
        "DTEND": "20260107T030000Z",
        "SUMMARY": "Line 2",
        "ORGANIZER": "mailto:anna@ours.example",
        "ATTENDEE": "mailto:Wang@huarui.cn",
        "LOCATION": "Meeting link",
    }
    lines = [f"{name}:{value}" for name, value in (known | fields).items() if value]
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR", ""])


# --- reading


def test_an_email_says_who_wrote_to_whom_when_about_what() -> None:
    assert read_letters("a.eml", MAIL.encode(), "UTC") == [
        Letter(
            EMAIL,
            "<42@huarui.cn>",
            datetime(2026, 1, 6, 10, 30, tzinfo=UTC),
            "wang@huarui.cn",
            ("wang@huarui.cn", "anna@ours.example", "li@huarui.cn", "stranger@else.example"),
            "报价 of Tuesday",
        )
    ]


def test_an_entry_of_a_calendar_says_the_same() -> None:
    assert read_letters("a.ICS", entry().encode(), "UTC") == [
        Letter(
            CALENDAR,
            "meeting-7",
            datetime(2026, 1, 7, 2, tzinfo=UTC),
            "anna@ours.example",
            ("anna@ours.example", "wang@huarui.cn"),
            "Line 2",
            datetime(2026, 1, 7, 3, tzinfo=UTC),
            "Meeting link",
        )
    ]


@pytest.mark.parametrize(
    ("fields", "at", "end"),
    [
        ({"DTSTART": "20260107T100000", "DTEND": ""}, TWO, None),
        ({"DTEND": "", "DURATION": "PT45M"}, TWO, TWO + timedelta(minutes=45)),
        ({"DTSTART;VALUE=DATE": "20260107", "DTSTART": "", "DTEND": ""}, datetime(2026, 1, 6, 16, tzinfo=UTC), None),
    ],
)  # fmt: skip
def test_times_without_a_zone_are_the_companys(fields: dict[str, str], at: datetime, end: datetime | None) -> None:
    (letter,) = read_letters("a.ics", entry(**fields).encode(), "Asia/Shanghai")
    assert (letter.at, letter.end) == (at, end)


def test_a_single_meeting_of_a_series_has_an_identity_of_its_own() -> None:
    (letter,) = read_letters("a.ics", entry(**{"RECURRENCE-ID": "20260107T020000Z"}).encode(), "UTC")
    assert letter.message_id == "meeting-7 20260107T020000Z"


@pytest.mark.parametrize(
    ("name", "content", "wrong"),
    [
        ("a.txt", MAIL, r"name: expected an e-mail \(.eml\) or a calendar file \(.ics\)"),
        ("a.eml", " \n", "a.eml.*the file is empty"),
        ("a.eml", MAIL.replace("Message-ID", "X-ID"), "a.eml.*no Message-ID"),
        ("a.eml", MAIL.replace("Tue, 6 Jan 2026 18:30:00 +0800", "soon"), "a.eml.*no Date that can be read"),
        ("a.eml", MAIL.replace("From:", "Fro:"), "a.eml.*no sender in From"),
        ("a.ics", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "a.ics.*no entry"),
        ("a.ics", "no calendar", "a.ics.*"),
        ("a.ics", entry(UID=""), "a.ics.*no UID"),
        ("a.ics", entry(DTSTART="", DTEND=""), "a.ics.*no start"),
        ("a.ics", entry(RRULE="FREQ=WEEKLY"), "a.ics.*a series: export the single meeting"),
        ("a.ics", entry(STATUS="CANCELLED"), "a.ics.*a cancellation"),
    ],
)
def test_what_is_wrong_is_said_with_the_file(name: str, content: str, wrong: str) -> None:
    with pytest.raises(Malformed, match=wrong):
        read_letters(name, content.encode(), "UTC")


# --- filing


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            yield opened


@pytest.fixture
def wang() -> UUID:
    return uuid4()


@pytest.fixture
def anna(office: Office) -> UUID:
    """A colleague with an address; one per test, so that the newest holds it."""
    anna = uuid4()
    office.give(Member, anna, "invite", name="Anna", email=f"{anna}@ours.example")
    office.caught_up()
    return anna


@pytest.fixture
def acme(office: Office, wang: UUID) -> UUID:
    acme = office.account("Acme", manager="manager")
    office.give(Account, acme, "stakeholders.add", stakeholder_id=str(wang), name="王伟", email="Wang@huarui.cn")
    office.caught_up()
    return acme


def send(office: Office, acme: UUID, name: str, text: str, who: str = "manager", **more: Any) -> httpx.Response:
    return office.post(f"/accounts/{acme}/contacts/file", {"name": name, "text": text, **more}, who)


def logged(office: Office, acme: UUID, topic: str) -> list[Any]:
    return [fact for fact in office.journal.streams.history(acme) if fact.event.topic == topic]


def test_an_email_becomes_a_contact_once(office: Office, acme: UUID, wang: UUID, anna: UUID) -> None:
    mail = MAIL.replace("anna@ours", f"{anna}@ours")
    answer = send(office, acme, "a.eml", mail)
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["found"]
    assert (found["what"], found["direction"], found["recorded"]) == ("contact", "in", True)
    assert (found["stakeholders"], found["people"]) == ([str(wang)], [str(anna)])
    (fact,) = logged(office, acme, "Account.ContactLogged")
    assert fact.occurred_at == datetime(2026, 1, 6, 10, 30, tzinfo=UTC)
    assert (fact.event.channel, fact.event.message_id, fact.event.people) == ("email", "<42@huarui.cn>", (anna,))
    assert office.journal.people.open(fact.event.subject, "subject") == "报价 of Tuesday"
    again = send(office, acme, "other name.eml", "", content=b64encode(mail.encode()).decode())
    assert [each["recorded"] for each in again.json()["found"]] == [False]
    assert len(logged(office, acme, "Account.ContactLogged")) == 1


def test_who_sought_the_contact(office: Office, acme: UUID, anna: UUID) -> None:
    ours = MAIL.replace("Wang@Huarui.cn", f"{anna}@ours.example").replace("li@huarui.cn", "wang@huarui.cn")
    assert send(office, acme, "a.eml", ours).json()["found"][0]["direction"] == "out"
    unknown = ours.replace(f"{anna}@ours.example", "new@ours.example").replace("<42@", "<43@")
    assert send(office, acme, "a.eml", unknown).json()["found"][0]["direction"] == "out"
    to_anna = unknown.replace("anna@ours.example", f"{anna}@ours.example").replace("<43@", "<44@")
    assert send(office, acme, "a.eml", to_anna).json()["found"][0]["direction"] == "in"


def test_a_meeting_that_is_over_is_a_contact_by_video(office: Office, acme: UUID) -> None:
    (found,) = send(office, acme, "a.ics", entry()).json()["found"]
    assert (found["what"], found["direction"], found["recorded"]) == ("contact", "in", True) or found[
        "direction"
    ] == "out"
    (fact,) = logged(office, acme, "Account.ContactLogged")
    assert (fact.event.channel, fact.occurred_at) == ("video", datetime(2026, 1, 7, 2, tzinfo=UTC))


def test_a_meeting_to_come_is_a_planned_visit_and_moves_with_its_file(office: Office, acme: UUID, wang: UUID) -> None:
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=9)
    file = entry(DTSTART=f"{start:%Y%m%dT%H%M%SZ}", DTEND="")
    refused = send(office, acme, "next.ics", file)
    assert refused.status_code == 422
    assert "state expected_action" in refused.text
    planned = send(office, acme, "next.ics", file, expected_action="names the approver", purpose="rapport")
    assert [each["what"] for each in planned.json()["found"]] == ["planned visit"]
    (fact,) = logged(office, acme, "Account.VisitPlanned")
    assert (fact.event.start, fact.event.why, fact.event.where) == (start, "Line 2", "Meeting link")
    assert (fact.event.purpose, fact.event.stakeholders) == ("rapport", (wang,))
    assert [each["recorded"] for each in send(office, acme, "next.ics", file).json()["found"]] == [False]
    later = file.replace(f"{start:%Y%m%dT%H%M%SZ}", f"{start + timedelta(days=1):%Y%m%dT%H%M%SZ}")
    assert [each["recorded"] for each in send(office, acme, "next.ics", later).json()["found"]] == [True]
    (moved,) = logged(office, acme, "Account.VisitRescheduled")
    assert moved.event.start == start + timedelta(days=1)
    over = file.replace(f"{start:%Y%m%dT%H%M%SZ}", "20260107T020000Z")
    assert [each["recorded"] for each in send(office, acme, "next.ics", over).json()["found"]] == [False]
    assert logged(office, acme, "Account.ContactLogged") == []


def test_a_file_about_nobody_of_the_account_is_refused(office: Office, acme: UUID) -> None:
    answer = send(office, acme, "a.eml", MAIL.replace("Wang@Huarui.cn", "zoe@else.example"))
    assert answer.status_code == 422
    assert "nobody whom we knew at this account on 2026-01-06" in answer.text
    assert "zoe@else.example" in answer.text
    early = send(office, acme, "a.eml", MAIL.replace("6 Jan 2026", "6 Jan 2025"))
    assert "on 2025-01-06" in early.text
    ahead = send(office, acme, "a.eml", MAIL.replace("6 Jan 2026", "6 Jan 2126"))
    assert "dated in the future" in ahead.text
    assert logged(office, acme, "Account.ContactLogged") == []


def test_only_who_may_change_the_account_files_contacts(office: Office, acme: UUID) -> None:
    assert send(office, acme, "a.eml", MAIL, "auditor").status_code == 403
    assert send(office, acme, "a.eml", MAIL, "colleague").status_code == 404


# --- the command line


@pytest.fixture
def kams(postgres_url: str, valkey_url: str, tmp_path: Path, fresh_names: Iterator[str]) -> Iterator[CommandLine]:
    for url in new_database(postgres_url, next(fresh_names)):
        made = company_system(url, valkey_url, tmp_path / "home")
        contacting.add(made.app)
        yield made


def test_files_are_logged_on_the_command_line_and_the_wrong_one_is_named(kams: CommandLine, tmp_path: Path) -> None:
    opened = ["--set", "name=Acme", "--set", "external_id=A-1", "--on", "2026-01-01"]
    kams("command", "account", "new", "register", *opened)
    person = ["--set", f"stakeholder_id={uuid4()}", "--set", "name=Wang", "--set", "email=wang@huarui.cn"]
    added = kams("command", "account", "A-1", "stakeholders.add", *person, "--on", "2026-01-02")
    assert added.code == 0, added.err
    good, bad = tmp_path / "good.eml", tmp_path / "bad.eml"
    good.write_text(MAIL, encoding="utf-8")
    bad.write_text(MAIL.replace("Date:", "Dat:"), encoding="utf-8")
    answer = kams("contact", "A-1", str(bad), str(good), str(tmp_path / "none.eml"))
    assert answer.code == 1
    said = answer.err.splitlines()
    assert "bad.eml: the e-mail has no Date that can be read" in said
    assert "none.eml: No such file or directory" in said
    assert any(
        "good.eml: contact of 2026-01-06 10:30 UTC (in, 1 of theirs), recorded at position" in line for line in said
    )
    again = kams("contact", "A-1", str(good), "--json")
    assert (again.code, [each["recorded"] for each in again.json[0]["found"]]) == (0, [False])
