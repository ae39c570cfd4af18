"""Sends the weekly digest (每周摘要) by e-mail: to each member once a week, at least once, also over a server that is
down for a while."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import structlog
from cronsim import CronSim

from domain.journal.journal import Journal
from domain.member import Role
from domain.policies.calendar import week_of
from domain.policies.company import Company
from domain.rights import Newest, rights_of
from domain.visibility import Visibility
from projections.members import MEMBERS, MemberRow
from projections.seen import rows_as_of
from projections.view import Reader, View
from workers.clock import now_utc
from workers.mail import MailServer

MONDAY_AT_SEVEN = "0 7 * * 1"
BY_ROLE = frozenset({Role.MANAGER, Role.DIRECTOR})
FIRST_PAUSE, LONGEST_PAUSE = 60, 3600
"""Seconds until the next try after a letter failed, doubled with each."""

LONGEST_HEADER = 400
"""Characters: an address in angle brackets that is folded would be encoded, and no mail program reads it then."""

log = structlog.get_logger()


class Written(NamedTuple):
    """A digest ready to be sent."""

    to: str
    subject: str
    text: str
    html: str


Write = Callable[[View, UUID, str], Written | None]
"""Writes the digest of a member and week by a view with the member's rights; None where there is no address."""


class Sent(NamedTuple):
    """What became of one digest: `state` is sent, sent before, waits, failed or no address; `error` names nobody."""

    member: UUID
    state: str
    error: str = ""


class ServerDown(Exception):
    """The mail server takes nothing: nobody's fault, tried again with all."""


class Digests:
    """Writes digests and hands them over. `at` is a cron expression in the company's time zone; `sender` the address
    from which they come. Several workers at once send nothing twice: who sends a letter holds its row."""

    def __init__(
        self,
        journal: Journal,
        reader: Reader,
        mail: MailServer,
        sender: str,
        write: Write,
        at: str = MONDAY_AT_SEVEN,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        self._journal, self._reader, self._mail, self._sender = journal, reader, mail, sender
        self._write, self._at, self._clock = write, at, clock
        self._newest = Newest(journal)

    def send_due(self, connection: psycopg.Connection) -> list[Sent]:
        """Send what is due and was not sent; nothing while read models lag."""
        now = self._clock()
        with self._reader.view(Visibility.whole(), now=now) as view:
            week = due_week(view.policies.company, now, self._at)
            if week is None or not view.complete:
                return []
            members = recipients(view)
        return [each for each in self.send(connection, week, members) if each.state != "sent before"]

    def send(
        self, connection: psycopg.Connection, week: str, members: Sequence[UUID], *, now_at_once: bool = False
    ) -> list[Sent]:
        """Send the digest of a week to members who did not get it. A letter that failed waits, longer each time, unless
        `now_at_once`; one that fails keeps nobody else from his."""
        note(connection, week, members)
        done: list[Sent] = []
        with _Session(self._mail) as session:
            for member in waiting(connection, week, members):
                try:
                    done.append(self._send(connection, session, member, week, patient=not now_at_once))
                except ServerDown as down:
                    _failed_all(connection, week, members, str(down), self._clock())
                    log.warning("mail server takes nothing", server=self._mail.name, reason=str(down))
                    known = {each.member for each in done}
                    done += [Sent(each, "failed", str(down)) for each in waiting(connection, week, members)
                             if each not in known]  # fmt: skip
                    break
        told = {each.member for each in done}
        return [*done, *(Sent(each, "sent before") for each in members if each not in told)]

    def _send(
        self, connection: psycopg.Connection, session: _Session, member: UUID, week: str, *, patient: bool
    ) -> Sent:
        now = self._clock()
        with connection.transaction():
            row = connection.execute(
                "select failures, tried_at from digests_sent where member = %s and week = %s and sent_at is null"
                " for update skip locked",
                (member, week),
            ).fetchone()
            if row is None or (patient and _must_wait(row[0], row[1], now)):
                return Sent(member, "waits")
            try:
                letter = self._letter(member, week)
                if letter is None:
                    _failed(connection, member, week, "no address", now)
                    return Sent(member, "no address")
                session.send(message_of(letter, self._sender, member, week, now))
            except (smtplib.SMTPException, OSError, ValueError) as error:
                _failed(connection, member, week, reason_of(error), now)
                log.warning("digest not sent", member=str(member), week=week, reason=reason_of(error))
                return Sent(member, "failed", reason_of(error))
            except ServerDown:
                raise
            except Exception as error:
                _failed(connection, member, week, type(error).__name__, now)
                log.exception("digest not written", member=str(member), week=week)
                return Sent(member, "failed", type(error).__name__)
            connection.execute(
                "update digests_sent set sent_at = %s, tried_at = %s, error = '' where member = %s and week = %s",
                (now, now, member, week),
            )
        return Sent(member, "sent")

    def _letter(self, member: UUID, week: str) -> Written | None:
        with self._reader.view(rights_of(self._newest, member), now=self._clock()) as view:
            return self._write(view, member, week)


class _Session:
    """A connection to the mail server, made when it is needed and made anew when it broke."""

    def __init__(self, mail: MailServer) -> None:
        self._mail = mail
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> _Session:
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._server.quit()

    def send(self, message: EmailMessage) -> None:
        """Hand a message over. Raises ServerDown, smtplib.SMTPException, OSError, ValueError."""
        if self._server is None:
            try:
                self._server = self._mail.connected()
            except (smtplib.SMTPException, OSError) as error:
                raise ServerDown(reason_of(error)) from error
        try:
            self._server.send_message(message)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError, smtplib.SMTPNotSupportedError):
            raise
        except (smtplib.SMTPException, OSError):
            self._server.close()
            self._server = None
            raise


def due_week(company: Company, now: datetime, at: str = MONDAY_AT_SEVEN) -> str | None:
    """The week whose hour has come, and which is not over."""
    here = now.astimezone(ZoneInfo(company.time_zone))
    week = week_of(next(CronSim(at, here, reverse=True)).date())
    return week if week == week_of(here.date()) else None


def recipients(view: View) -> list[UUID]:
    """Who gets the digest: managers and directors who did not decline it, and whoever asked for it; nobody who has
    left or is locked out."""
    rows = rows_as_of(view, MEMBERS, MemberRow, "not has_left")
    return sorted(each.key for each in rows if _wants(each.row) and not each.row.is_locked(view.clock.as_of))


def _wants(row: MemberRow) -> bool:
    return bool(BY_ROLE & set(row.roles)) if row.wants_digest is None else row.wants_digest


def message_of(letter: Written, sender: str, member: UUID, week: str, now: datetime) -> EmailMessage:
    """The letter as e-mail: text and page; its Message-ID is the same however often it is sent. Raises ValueError for
    an address that is none."""
    address = parseaddr(sender)[1]
    message = EmailMessage()
    message["Subject"] = letter.subject
    message["From"] = sender
    message["To"] = letter.to
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<digest.{week}.{member}@{address.rpartition('@')[2]}>"
    message["List-Unsubscribe"] = f"<mailto:{address}?subject=unsubscribe%20{member}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    message.policy = message.policy.clone(max_line_length=LONGEST_HEADER)
    return message


def reason_of(error: Exception) -> str:
    """What went wrong, without the address of anybody."""
    code = getattr(error, "smtp_code", None)
    if isinstance(error, smtplib.SMTPRecipientsRefused) and error.recipients:
        code = next(iter(error.recipients.values()))[0]
    return f"{type(error).__name__} {code}" if code else type(error).__name__


def note(connection: psycopg.Connection, week: str, members: Iterable[UUID]) -> None:
    """Write down who shall get the digest of a week."""
    connection.execute(
        "insert into digests_sent (member, week) select unnest(%s::uuid[]), %s on conflict do nothing",
        (list(members), week),
    )


def waiting(connection: psycopg.Connection, week: str, members: Iterable[UUID]) -> list[UUID]:
    """Those of members who did not get the digest of a week yet, those whose letter failed least first."""
    found = connection.execute(
        "select member from digests_sent where week = %s and member = any(%s) and sent_at is null"
        " order by failures, member",
        (week, list(members)),
    )
    return [member for (member,) in found]


def sent(connection: psycopg.Connection, week: str, members: Iterable[UUID]) -> set[UUID]:
    """Those of members who got the digest of a week."""
    found = connection.execute(
        "select member from digests_sent where week = %s and member = any(%s) and sent_at is not null",
        (week, list(members)),
    )
    return {member for (member,) in found}


def _must_wait(failures: int, tried_at: datetime | None, now: datetime) -> bool:
    if not failures or tried_at is None:
        return False
    return now < tried_at + timedelta(seconds=min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failures - 1, 10)))


def _failed(connection: psycopg.Connection, member: UUID, week: str, error: str, now: datetime) -> None:
    connection.execute(
        "update digests_sent set failures = failures + 1, tried_at = %s, error = %s where member = %s and week = %s",
        (now, error, member, week),
    )


def _failed_all(connection: psycopg.Connection, week: str, members: Sequence[UUID], error: str, now: datetime) -> None:
    """The server is down: all that wait know why, and go on when it is back."""
    connection.execute(
        "update digests_sent set tried_at = %s, error = %s where week = %s and member = any(%s) and sent_at is null"
        " and failures = 0",
        (now, error, week, list(members)),
    )
