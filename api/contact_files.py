"""Contacts from files: e-mails (.eml) and calendar entries (.ics), matched with people by their addresses.

An e-mail is a contact by e-mail, at its date. A calendar entry that has begun is a contact by video; one still to
come is a planned visit, for which the customer's expected action must be stated, as for any other. What took place
on the spot is no contact: log the visit.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec

from api.access import NotAllowed
from api.commands import must_reach
from api.endpoints import Call, Endpoint, Reply
from api.letters import CALENDAR, Letter, read_letters
from domain.account.account import Account
from domain.account.contacts import ContactChannel, ContactDirection
from domain.account.visits import VisitKind, VisitPurpose
from domain.aggregate import BEGINNING
from domain.claims import AlreadyClaimed
from domain.commands import command_type
from domain.errors import Fault, Malformed
from domain.journal.context import Context
from domain.language.catalogue import say
from domain.member import Member
from domain.sealed import Sealed
from domain.visibility import Visibility
from projections.engine import as_of_sql
from projections.members import MEMBERS


class ContactFile(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A file: its name, which ends in .eml or .ics, and its `text`, or its `content` as base64.

    `expected_action` (what the customer will do) and `purpose` are for meetings still to come.
    """

    name: str
    text: str = ""
    content: bytes = b""
    expected_action: str = ""
    purpose: VisitPurpose = VisitPurpose.INFORMATION


class FiledContact(msgspec.Struct):
    """What a message or entry became: a contact or a planned visit; `recorded` is false where it was there already."""

    message_id: str
    what: str
    at: datetime
    direction: ContactDirection
    stakeholders: list[UUID]
    people: list[UUID]
    recorded: bool
    position: int | None


class FileAnswered(msgspec.Struct, kw_only=True):
    """Everything that was found in a file."""

    id: UUID
    found: list[FiledContact]


class Filing(msgspec.Struct):
    """What is found in a file, and the command that records it; no command where it was there already."""

    found: FiledContact
    command: str = ""
    at: datetime = BEGINNING
    body: dict[str, Any] = msgspec.field(default_factory=dict)


def contact_endpoints() -> list[Endpoint]:
    """Contacts from files."""
    about = "Log an e-mail (.eml) or the entries of a calendar file (.ics); the same file twice records nothing."
    return [
        Endpoint("POST", "/accounts/{id}/contacts/file", "Account.contacts.file", about, _file, FileAnswered,
                 body=ContactFile, tag="accounts"),
    ]  # fmt: skip


def _file(call: Call) -> Reply:
    account = must_reach(call, Account, "contacts.log")
    if not call.asker.visibility.personal:
        raise NotAllowed(what="Matching addresses with people", needed="the right to read names and addresses")
    body = call.body(ContactFile)
    zone = call.doors.calendar.company.time_zone
    letters = read_letters(body.name, body.content or body.text.encode(), zone)
    desk = _Desk(call, account, body)
    filings = [desk.sorted_out(letter) for letter in letters]
    return Reply(FileAnswered(id=account, found=[desk.filed(each) for each in filings]))


class _Desk:
    """Files the letters of one account: who is meant by an address, what a letter becomes."""

    def __init__(self, call: Call, account: UUID, body: ContactFile) -> None:
        self._call, self._account, self._body = call, account, body
        self._journal = call.doors.journal
        self._ours = _addresses(call, _emails_of_members(call))

    def sorted_out(self, letter: Letter) -> Filing:
        """What a letter becomes. Raises Malformed where that cannot be said."""
        visit = uuid5(self._account, letter.message_id)
        planned = letter.kind == CALENDAR and (letter.at > self._call.now or self._claimed("visit-plan", str(visit)))
        if letter.at > self._call.now and not planned:
            raise Malformed(Fault(self._body.name, letter.at.isoformat(), "the message is dated in the future"))
        theirs = self._theirs(min(letter.at, self._call.now))
        stakeholders = sorted({theirs[each] for each in letter.addresses if each in theirs})
        people = sorted({self._ours[each] for each in letter.addresses if each in self._ours})
        if not stakeholders:
            raise Malformed(self._nobody(letter))
        found = FiledContact(
            message_id=letter.message_id,
            what="planned visit" if planned else "contact",
            at=letter.at,
            direction=self._direction(letter, theirs),
            stakeholders=stakeholders,
            people=people,
            recorded=False,
            position=None,
        )
        return self._visit(letter, found, visit) if planned else self._contact(letter, found)

    def filed(self, filing: Filing) -> FiledContact:
        """Record what is not there yet."""
        if filing.command == "":
            return filing.found
        own = command_type(Account, filing.command).body(**filing.body)
        context = Context(at=filing.at, actor=self._call.asker.member, correlation_id=self._call.correlation_id)
        try:
            outcome = self._call.doors.commands.give(Account, self._account, filing.command, own, context)
        except AlreadyClaimed:  # by somebody who filed it at the same time, or by another entry of the file
            return filing.found
        return msgspec.structs.replace(filing.found, recorded=bool(outcome.positions), position=outcome.position)

    def _direction(self, letter: Letter, theirs: dict[str, UUID]) -> ContactDirection:
        """Ours sought the contact where the sender is one of ours, or nobody whom we know of the customer."""
        if letter.sender in self._ours:
            return ContactDirection.OUT
        known = letter.sender in theirs or any(each in self._ours for each in letter.addresses)
        return ContactDirection.IN if known else ContactDirection.OUT

    def _contact(self, letter: Letter, found: FiledContact) -> Filing:
        if self._claimed("message", letter.message_id):
            return Filing(found)
        channel = ContactChannel.VIDEO if letter.kind == CALENDAR else ContactChannel.EMAIL
        body = {
            "contact_id": uuid5(self._account, letter.message_id),
            "channel": channel,
            "direction": found.direction,
            "people": tuple(found.people),
            "stakeholders": tuple(found.stakeholders),
            "subject": letter.subject or None,
            "message_id": letter.message_id,
        }
        return Filing(found, "contacts.log", letter.at, body)

    def _visit(self, letter: Letter, found: FiledContact, visit: UUID) -> Filing:
        """Planned, or moved where it is planned for another time; what became of it since is not the file's to say."""
        now = self._call.now
        if self._claimed("visit-plan", str(visit)):
            planned = self._call.doors.access.newest.state(Account, self._account).visits.planned.get(visit)
            moved = planned is not None and letter.at > now and (planned.start, planned.end) != (letter.at, letter.end)
            body: dict[str, Any] = {"visit_id": visit, "start": letter.at, "end": letter.end}
            return Filing(found, "visits.reschedule", now, body) if moved else Filing(found)
        if not self._body.expected_action.strip():
            reason = (
                "is still to come: state expected_action, what the customer will do, and it becomes a planned visit"
            )
            raise Malformed(Fault(self._body.name, f"{letter.subject} on {letter.at:%Y-%m-%d}", reason))
        body = {
            "visit_id": visit,
            "start": letter.at,
            "end": letter.end,
            "what": VisitKind.OTHER,
            "why": letter.subject or "meeting",
            "where": letter.place,
            "purpose": self._body.purpose,
            "expected_action": self._body.expected_action,
            "people": tuple(found.people),
            "stakeholders": tuple(found.stakeholders),
        }
        return Filing(found, "visits.plan", now, body)

    def _claimed(self, kind: str, value: str) -> bool:
        return bool(self._journal.streams.claimed(kind, str(self._account), [value]))

    def _theirs(self, moment: datetime) -> dict[str, UUID]:
        """The addresses of the people of the account who were there at a moment."""
        account = self._journal.streams.state_at(Account, self._account, moment)
        people = account.stakeholders.people
        return _addresses(self._call, ((key, each.email) for key, each in people.items() if each.present))

    def _nobody(self, letter: Letter) -> Fault:
        reason = say(
            "names nobody whom we knew at this account on {at:%Y-%m-%d}: add the person with this e-mail "
            "address first, dated before it, or name another account",
            at=letter.at,
        )
        return Fault(self._body.name, ", ".join(letter.addresses) or "no address", reason)


def _emails_of_members(call: Call) -> list[tuple[UUID, Sealed | None]]:
    with call.doors.reader.view(Visibility.whole(), now=call.now) as view:
        sql = as_of_sql(MEMBERS, "key")
        keys = [key for (key,) in view.connection.execute(sql.encode(), view.parameters())]
    return [
        (key, fact.event.email)
        for key, history in call.doors.journal.streams.histories(keys).items()
        for fact in history
        if isinstance(fact.event, Member.Invited)
    ]


def _addresses(call: Call, people: Iterable[tuple[UUID, Sealed | None]]) -> dict[str, UUID]:
    """Who is behind an address, in small letters; people who were forgotten are behind none."""
    sealed = {person: email for person, email in people if email is not None}
    call.doors.journal.people.preload(email.key for email in sealed.values())
    found = {}
    for person, email in sealed.items():
        if text := call.doors.journal.people.open(email, "email"):
            found[text.strip().lower()] = person
    call.opened_personal = call.opened_personal or bool(found)
    return found
