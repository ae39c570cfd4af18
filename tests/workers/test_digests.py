"""The weekly digest goes to each who wants it once a week; a mail server that fails keeps nobody from his for long."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.commands import Commands, command_type
from domain.journal.context import Context
from domain.member import Member
from domain.policies.company import Company as OurCompany
from domain.policies.policy import policy_id
from projections.view import Reader
from tests.workers.following import Company
from tests.workers.mailing import Mailbox, mailbox
from workers.digests import Digests, Written, due_week, message_of, note, reason_of
from workers.mail import MailServer

MONDAY = datetime(2026, 3, 1, 23, 0, 1, tzinfo=UTC)
"""Seven in the morning of Monday 2 March in Shanghai, and a second."""
WEEK = "2026-W10"
SENDER = "KAMS <kams@ours.example>"


class Office:
    """Members who get digests, and what sends them."""

    def __init__(self, company: Company, post: Mailbox) -> None:
        self.company, self.post, self.now = company, post, MONDAY
        self.emails: dict[UUID, str] = {}
        self.members: dict[str, UUID] = {}
        self.broken: set[UUID] = set()
        self.give(OurCompany, policy_id("Company"), "define", name="Ours", currency="EUR", time_zone="Asia/Shanghai")
        for name in ("anna", "ben", "cleo"):
            self.member(name, "manager")

    def give(self, root: Any, key: UUID, name: str, /, **body: Any) -> None:
        typed = command_type(root, name).body(**body)
        Commands(self.company.journal).give(root, key, name, typed, Context(at=datetime(2026, 1, 5, tzinfo=UTC)))

    def member(self, name: str, *roles: str) -> UUID:
        key = self.members[name] = uuid4()
        self.give(Member, key, "invite", name=name)
        for role in roles:
            self.give(Member, key, "grant_role", role=role)
        self.emails[key] = f"{name}@ours.example"
        return key

    def write(self, view: Any, member: UUID, week: str) -> Written | None:
        if member in self.broken:
            raise RuntimeError("cannot be written")
        assert view.visibility.member == member
        to = self.emails.get(member)
        return Written(to, f"Week {week} 周", "text 文", "<p>page 页</p>") if to else None

    def digests(self, **more: Any) -> Digests:
        server = MailServer(more.pop("url", self.post.url), more.pop("seconds", 15))
        reader = Reader(self.company.journal, self.company.engine)
        return Digests(self.company.journal, reader, server, SENDER, self.write, clock=lambda: self.now, **more)

    def send(self, **more: Any) -> dict[str, str]:
        """What became of whose, sent as a worker does."""
        self.company.engine.catch_up()
        with psycopg.connect(self.company.url, autocommit=True) as connection:
            done = self.digests(**more).send_due(connection)
        names = {key: name for name, key in self.members.items()}
        return {names[each.member]: each.state for each in done}

    def rows(self) -> dict[str, tuple[int, str, bool]]:
        names = {key: name for name, key in self.members.items()}
        with psycopg.connect(self.company.url) as connection:
            found = connection.execute("select member, failures, error, sent_at is not null from digests_sent")
            return {names[key]: (failures, error, sent) for key, failures, error, sent in found}


@pytest.fixture
def post() -> Iterator[Mailbox]:
    with mailbox() as made:
        yield made


@pytest.fixture
def office(company: Company, post: Mailbox) -> Office:
    return Office(company, post)


def test_managers_and_directors_get_it_once_a_week(office: Office) -> None:
    office.member("dora", "director")
    office.member("finn", "forecaster")
    assert office.send() == dict.fromkeys(("anna", "ben", "cleo", "dora"), "sent")
    assert office.send() == {}
    assert office.post.receivers == [f"{name}@ours.example" for name in ("anna", "ben", "cleo", "dora")]
    office.now += timedelta(days=7)
    assert len(office.send()) == 4
    assert len(office.post.mails) == 8


def test_it_comes_at_its_hour_of_the_company_and_only_in_its_week(office: Office) -> None:
    office.now = MONDAY - timedelta(seconds=2)
    assert office.send() == {}
    office.now = MONDAY + timedelta(days=6)
    assert len(office.send()) == 3


@pytest.mark.parametrize(
    ("now", "at", "week"),
    [
        (MONDAY, "0 7 * * 1", WEEK),
        (MONDAY - timedelta(seconds=2), "0 7 * * 1", None),
        (MONDAY + timedelta(days=6, hours=16, minutes=59), "0 7 * * 1", WEEK),
        (MONDAY + timedelta(days=6, hours=17), "0 7 * * 1", None),
        (MONDAY + timedelta(days=2), "0 16 * * 5", None),
        (MONDAY + timedelta(days=4, hours=10), "0 16 * * 5", WEEK),
    ],
)
def test_the_week_that_is_due_is_the_one_whose_hour_has_come(now: datetime, at: str, week: str | None) -> None:
    company = OurCompany(id=policy_id("Company"))
    company.time_zone = "Asia/Shanghai"
    assert due_week(company, now, at) == week


def test_a_member_declines_it_and_another_asks_for_it(office: Office) -> None:
    office.member("finn", "forecaster")
    office.give(Member, office.members["anna"], "choose_digest", wanted=False)
    office.give(Member, office.members["finn"], "choose_digest", wanted=True)
    assert set(office.send()) == {"ben", "cleo", "finn"}


def test_who_has_left_or_is_locked_out_gets_none(office: Office) -> None:
    office.give(Member, office.members["anna"], "leave")
    office.give(Member, office.members["ben"], "lock_out", reason="stolen")
    assert set(office.send()) == {"cleo"}


def test_a_letter_is_text_and_page_and_says_how_to_end_it(office: Office) -> None:
    office.send()
    (mail,) = [each for each in office.post.mails if each["To"] == "anna@ours.example"]
    anna = office.members["anna"]
    assert (mail["Subject"], mail["From"]) == ("Week 2026-W10 周", SENDER)
    assert mail["Message-ID"].strip() == f"<digest.{WEEK}.{anna}@ours.example>"
    assert mail["List-Unsubscribe"].strip() == f"<mailto:kams@ours.example?subject=unsubscribe%20{anna}>"
    plain = f"List-Unsubscribe: <mailto:kams@ours.example?subject=unsubscribe%20{anna}>\r\n".encode()
    assert len([each for each in office.post.contents if plain in each]) == 1, "encoded no mail program reads it"
    assert mail.get_content_type() == "multipart/alternative"
    text, page = mail.iter_parts()
    assert (text.get_content_type(), text.get_content().strip()) == ("text/plain", "text 文")
    assert (page.get_content_type(), page.get_content().strip()) == ("text/html", "<p>page 页</p>")


def test_a_recipient_who_is_refused_keeps_nobody_else_from_his(office: Office) -> None:
    office.post.refused = {"anna@ours.example"}
    assert office.send() == {"anna": "failed", "ben": "sent", "cleo": "sent"}
    assert office.rows()["anna"] == (1, "SMTPRecipientsRefused 550", False)
    assert office.send() == {"anna": "waits"}
    office.post.refused = set()
    office.now += timedelta(seconds=61)
    assert office.send() == {"anna": "sent"}
    assert office.rows()["anna"] == (1, "", True)


def test_a_recipient_for_whom_the_server_is_slow_comes_last_the_next_time(office: Office) -> None:
    office.post.slow = {"anna@ours.example"}
    assert office.send(seconds=0.5) == {"anna": "failed", "ben": "sent", "cleo": "sent"}
    assert office.rows()["anna"][:2] == (1, "SMTPServerDisconnected")


def test_a_server_that_is_down_loses_nothing_and_nobody_waits_longer_for_it(office: Office) -> None:
    with mailbox() as gone:
        port = gone.controller.port
    down = f"smtp://127.0.0.1:{port}"
    assert office.send(url=down) == dict.fromkeys(("anna", "ben", "cleo"), "failed")
    assert set(office.rows().values()) == {(0, "ConnectionRefusedError", False)}
    with mailbox(port) as again:
        assert office.send(url=again.url) == dict.fromkeys(("anna", "ben", "cleo"), "sent")
        assert len(again.mails) == 3


def test_a_wrong_password_is_told_without_it(office: Office) -> None:
    assert set(office.send(url=office.post.url.replace("p%40ss", "secret")).values()) == {"failed"}
    assert {error for _, error, _ in office.rows().values()} == {"SMTPAuthenticationError 535"}


def test_a_letter_that_cannot_be_written_keeps_nobody_else_from_his(office: Office) -> None:
    office.broken = {office.members["ben"]}
    del office.emails[office.members["cleo"]]
    assert office.send() == {"anna": "sent", "ben": "failed", "cleo": "no address"}
    assert office.rows()["ben"] == (1, "RuntimeError", False)


def test_who_is_killed_between_sending_and_noting_sends_the_same_letter_again(office: Office) -> None:
    class Killed(BaseException):
        """The process ends."""

    real = smtplib.SMTP.send_message

    def sends_and_ends(*given: Any, **more: Any) -> None:
        real(*given, **more)
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(smtplib.SMTP, "send_message", sends_and_ends)
        with pytest.raises(Killed):
            office.send()
    assert len(office.post.mails) == 1
    assert set(office.send().values()) == {"sent"}
    ids = [mail["Message-ID"] for mail in office.post.mails]
    assert (len(ids), len(set(ids))) == (4, 3)


def test_a_letter_in_another_workers_hands_is_left_to_him(office: Office) -> None:
    office.company.engine.catch_up()
    anna = office.members["anna"]
    with psycopg.connect(office.company.url) as other:
        note(other, WEEK, [anna])
        other.commit()
        other.execute("select from digests_sent where member = %s for update", (anna,))
        assert office.send() == {"anna": "waits", "ben": "sent", "cleo": "sent"}
    assert office.send() == {"anna": "sent"}


def test_an_address_that_would_add_lines_is_refused_and_errors_name_nobody() -> None:
    with pytest.raises(ValueError, match="newline|linefeed|return"):
        message_of(Written("a@b\r\nBcc: c@d", "s", "t", "h"), SENDER, uuid4(), WEEK, MONDAY)
    assert reason_of(TimeoutError("timed out talking to anna@ours.example")) == "TimeoutError"
