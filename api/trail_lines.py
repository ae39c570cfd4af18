"""Facts of the journal and lines of the access log as lines of the audit trail: with names, words, before and after."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from api.corrected import Corrections
from api.fact_lines import ChangeLine, Teller
from api.names import member_names, opening, stakeholder_names, with_members
from api.thing_words import thing_words
from api.timeline import spoken_name
from domain.aggregate import Origin, Precision, Recorded, Withdrawal
from domain.belonging import COMPANY_KINDS, account_in, account_named, title_of
from domain.changes import Change
from domain.errors import JournalError
from domain.journal.changed import changes_at
from domain.journal.journal import Journal
from domain.journal.trail import Found, Unreadable, withdrawn_in
from domain.language.catalogue import say
from domain.lateness import delay
from domain.opportunity.opportunity import Opportunity
from domain.overriding import overridden
from domain.recorded_by import command_of
from domain.sealed import Sealed
from projections.access_log import AccessLine
from projections.names import account_names
from projections.view import View

DAY = 86_400
IDENTIFIER = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MOST_NAMES = 50_000
JOURNAL, ACCESS = "journal", "access"


class FieldChange(msgspec.Struct, frozen=True):
    """What became of a value; `path` names the part, the field, the child, separated by dots. Null: there was none."""

    path: str
    before: Any
    after: Any


class TrailLine(msgspec.Struct, kw_only=True):
    """Who did what, when, and what it changed. `source` is journal or access; an access line has `access` (its
    identifier) and `status` in place of a position, and its path as `command`. `late_days` is how long after it
    occurred a person recorded it; of what was imported or a worker found there is none. An event that cannot be read
    has `error`."""

    source: str = JOURNAL
    position: int | None = None
    access: int | None = None
    recorded_at: datetime
    occurred_at: datetime | None = None
    precision: Precision | None = None
    late_days: float | None = None
    fact: str
    text: str = ""
    subject: UUID | None = None
    account: UUID | None = None
    account_name: str = ""
    opportunity: UUID | None = None
    title: str = ""
    actor: UUID | None = None
    actor_name: str | None = None
    origin: str = ""
    command_id: UUID | None = None
    command: str = ""
    correlation_id: UUID | None = None
    causation_id: int | None = None
    reason: str | None = None
    overrides: bool = False
    note: str | None = None
    withdraws: int | None = None
    withdrawn_by: int | None = None
    status: int | None = None
    changes: list[FieldChange] = []
    error: str = ""


class TrailTeller:
    """Makes lines for one asker; keeps the names that it has found."""

    def __init__(self, journal: Journal, view: View, words: Mapping[str, str] | None = None) -> None:
        """`words` are names of stages, questions and other things by key (default: `thing_words`)."""
        self._journal, self.view = journal, view
        self._people: dict[UUID, str] = {}
        self._members: dict[UUID, str] | None = None
        self._known: set[UUID] = set()
        self._told: set[UUID] = set()
        self._belongs: dict[UUID, tuple[UUID | None, str]] = {}
        self._withdrawn: dict[int, int] = {}
        self._named: dict[int, UUID | None] = {}
        self._teller = Teller(self._people, self._open, thing_words(view) if words is None else words)

    @property
    def names(self) -> Mapping[UUID, str]:
        """The names that were found."""
        return self._people

    @property
    def stages(self) -> Mapping[str, str]:
        """The names of stages."""
        return self._teller.stages

    def lines(self, found: Sequence[Found]) -> list[TrailLine]:
        """The lines of a chunk, in its order."""
        facts = [each for each in found if isinstance(each, Recorded)]
        self._look_up(facts)
        self._teller.corrections = self._corrections(facts)
        changed = self._changes(facts)
        return [
            self._line(each, changed.get(each.position, [])) if isinstance(each, Recorded) else _unreadable(each)
            for each in found
        ]

    def access_lines(self, found: Sequence[AccessLine]) -> list[TrailLine]:
        """The lines of the access log, marked."""
        self.find_members(each.member for each in found)
        return [self._access_line(each) for each in found]

    def find_members(self, members: Iterable[UUID | None]) -> None:
        """Finds the names of members, all at once."""
        self._name_members(each for each in members if each)

    def name_of(self, member: UUID | None) -> str | None:
        """The name of a member, for who may read it."""
        self.find_members([member])
        return self._people.get(member) if member else None

    def about(self, found: Sequence[AccessLine]) -> list[list[str]]:
        """What the identifiers in the paths of these lines are called, for who may see it: accounts, opportunities,
        members."""
        named = [[UUID(each) for each in IDENTIFIER.findall(line.path)] for line in found]
        self._place({key for each in named for key in each})
        self._name_members(key for each in named for key in each if self._belongs[key][0] is None)
        visible = self.view.visible_accounts()
        seen = None if visible is None else set(visible)
        return [list(filter(None, (self._called(key, seen) for key in each))) for each in named]

    def find(self, keys: Collection[UUID]) -> None:
        """Finds the names of accounts, and the titles of opportunities of accounts that the asker may see."""
        self._place(keys)
        visible = self.view.visible_accounts()
        seen = None if visible is None else set(visible)
        for key in keys:
            if self._belongs[key][0] is not None and not self._called(key, seen):
                self._people.pop(key, None)

    def _called(self, key: UUID, seen: set[UUID] | None) -> str:
        account, title = self._belongs[key]
        if account is None:
            return self._people.get(key, "")
        name = self._people.get(account, "") if seen is None or account in seen else ""
        return " · ".join(filter(None, (name, title))) if name else ""

    def _look_up(self, facts: Sequence[Recorded]) -> None:
        """Names, titles and withdrawals of the streams of these facts, all that are not known yet at once."""
        streams = {fact.originator_id for fact in facts}
        self._place(streams)
        self._tell(streams)
        self._name_members(fact.actor for fact in facts if fact.actor)
        self._find_named(facts)

    def _find_named(self, facts: Sequence[Recorded]) -> None:
        """Of which account each fact of the company's own streams is; a withdrawal is of that of what it takes back."""
        companys = [fact for fact in facts if fact.event.topic.partition(".")[0] in COMPANY_KINDS]
        back = {fact.position: fact.event.position for fact in companys if isinstance(fact.event, Withdrawal)}
        with suppress(JournalError):
            taken = self._journal.streams.at(back.values()) if back else {}
            facts = [*companys, *taken.values()]
        named = {fact.position: account_in(fact.event) for fact in facts}
        self._named = {fact.position: named.get(back.get(fact.position, fact.position)) for fact in companys}
        if unknown := {account for account in self._named.values() if account} - self._people.keys():
            self._people |= account_names(self.view, unknown)
            self._people |= stakeholder_names(self._journal, self.view, unknown)

    def _corrections(self, facts: Iterable[Recorded]) -> Corrections:
        """What is taken back by some of these facts; nothing where one of them cannot be read."""
        try:
            return Corrections.of(self._journal, (fact for fact in facts if isinstance(fact.event, Withdrawal)))
        except JournalError:
            return Corrections.among([])

    def _place(self, streams: Collection[UUID]) -> None:
        """Finds of which account streams are, its name and their titles."""
        if len(self._belongs) + len(self._people) > MOST_NAMES:
            self._belongs, self._known, self._told, self._withdrawn, self._members = {}, set(), set(), {}, None
            self._people.clear()
        if self._members is None:
            self._members = member_names(self._journal, self.view)
            self._people |= self._members
            self._known |= self._members.keys()
        new = set(streams) - self._belongs.keys()
        if new:
            for stream, fact in self._journal.streams.openings(new).items():
                self._belongs[stream] = _place_of(fact)
            self._belongs.update(dict.fromkeys(new - self._belongs.keys(), (None, "")))
            self._people |= {stream: title for stream in new if (title := self._belongs[stream][1])}
            self._people |= account_names(self.view, self._accounts_of(new))

    def _tell(self, streams: Collection[UUID]) -> None:
        """Finds what was taken back in streams that have their place, and the people of their accounts."""
        new = set(streams) - self._told
        self._told |= new
        if new:
            self._withdrawn |= withdrawn_in(self.view.connection, list(new))
            self._people |= stakeholder_names(self._journal, self.view, self._accounts_of(new))

    def _accounts_of(self, streams: Iterable[UUID]) -> set[UUID]:
        return {account for account, _ in map(self._belongs.__getitem__, streams) if account}

    def _name_members(self, members: Iterable[UUID]) -> None:
        new = set(members) - self._known
        self._known |= new
        if new:
            self._people |= with_members(self._journal, self.view, {}, new)

    def _changes(self, facts: Sequence[Recorded]) -> dict[int, list[Change]]:
        """What the facts changed; of a stream with an event that cannot be read nothing is told."""
        positions = [fact.position for fact in facts]
        try:
            return changes_at(self._journal.streams, positions)
        except JournalError:
            found: dict[int, list[Change]] = {}
            for stream in {fact.originator_id for fact in facts}:
                of_it = [fact.position for fact in facts if fact.originator_id == stream]
                try:
                    found |= changes_at(self._journal.streams, of_it)
                except JournalError:
                    continue
            return found

    def _line(self, fact: Recorded, changed: Sequence[Change]) -> TrailLine:
        account, title = self._belongs[fact.originator_id]
        account = account or self._named.get(fact.position)
        is_deal = fact.event.topic.startswith(f"{Opportunity.__name__}.")
        assert fact.recorded_at is not None
        return TrailLine(
            position=fact.position,
            recorded_at=fact.recorded_at,
            occurred_at=fact.occurred_at,
            precision=fact.precision,
            late_days=round(delay(fact).total_seconds() / DAY, 4) if fact.origin is Origin.PERSON else None,
            fact=fact.event.topic,
            text=self._teller.text(fact),
            subject=fact.originator_id,
            account=account,
            account_name=self._people.get(account, "") if account else "",
            opportunity=fact.originator_id if is_deal else None,
            title=title,
            actor=fact.actor,
            actor_name=self._people.get(fact.actor) if fact.actor else None,
            origin=fact.origin.value,
            command_id=fact.command_id,
            command=command_of(fact.event.topic),
            correlation_id=fact.correlation_id,
            causation_id=fact.causation_id,
            reason=self._teller.reason(fact),
            overrides=bool(overridden(fact)),
            note=self._teller.opened(fact.note, "note") if fact.note else None,
            withdraws=fact.event.position if isinstance(fact.event, Withdrawal) else None,
            withdrawn_by=self._withdrawn.get(fact.position),
            changes=[_dotted(each) for each in self._teller.changes(changed)],
        )

    def _access_line(self, line: AccessLine) -> TrailLine:
        return TrailLine(
            source=ACCESS,
            access=line.id,
            recorded_at=line.at,
            occurred_at=line.at,
            fact=f"access.{line.kind}",
            text=access_words(line.kind),
            actor=line.member,
            actor_name=self._people.get(line.member) if line.member else None,
            origin="person",
            command=f"{line.method} {line.path}",
            correlation_id=line.correlation_id,
            reason=line.rule or None,
            status=line.status,
        )

    def _open(self, sealed: Sealed, field: str) -> str | None:
        return opening(self._journal, self.view)(sealed, field)


def _dotted(change: ChangeLine) -> FieldChange:
    return FieldChange(".".join(change.path), change.before, change.after)


def access_words(kind: str) -> str:
    """What a line of the access log says."""
    words = {
        "signed_in": say("signed in"),
        "refused": say("was refused"),
        "personal": say("read personal data"),
        "exported": say("took data away"),
    }
    return words.get(kind, kind)


def _place_of(fact: Recorded) -> tuple[UUID | None, str]:
    """The account that a stream is or belongs to, and the title of an opportunity."""
    account = account_named(fact.event, fact.originator_id)
    return account, "" if account == fact.originator_id else title_of(fact.event)


def _unreadable(event: Unreadable) -> TrailLine:
    return TrailLine(
        position=event.position,
        recorded_at=event.recorded_at,
        fact=event.topic,
        text=spoken_name(event.topic),
        subject=event.subject,
        error=event.reason,
    )
