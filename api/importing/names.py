"""Who is meant: rows name accounts, people, products and the rest by the source's identifier or by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any
from uuid import UUID, uuid5

from msgspec import UNSET

from api.importing.files import NAMED, Content
from api.importing.kinds import KINDS
from api.importing.stated import references_by
from api.importing.things import NEW, THINGS
from domain.account.account import Account
from domain.account.stakeholders import Stakeholders
from domain.aggregate import Recorded
from domain.journal.journal import Journal
from domain.member import Member
from domain.sealed import Sealed

IMPORTED = UUID("0f6f4f0c-6a3e-5d57-8f5b-2c1f3f2b9c51")
BATCH = 5_000


def made_id(kind: str, external_id: str) -> UUID:
    """The identifier that an import gives to a thing of the source system."""
    return uuid5(IMPORTED, f"{kind}\n{external_id}")


class Directory:
    """The identifiers behind external ids and names of one kind. A name that two bear is nobody's."""

    def __init__(self) -> None:
        self.by_external_id: dict[str, UUID] = {}
        self.by_name: dict[str, UUID | None] = {}

    def add(self, aggregate_id: UUID, external_id: str, name: str = "") -> None:
        """Enter one."""
        if external_id:
            self.by_external_id[external_id] = aggregate_id
        if name and self.by_name.setdefault(name, aggregate_id) != aggregate_id:
            self.by_name[name] = None

    def find(self, sought: str) -> UUID | None:
        """By external id, else by name."""
        return self.by_external_id.get(sought) or self.by_name.get(sought)

    def is_shared(self, sought: str) -> bool:
        """Whether several bear the name."""
        return sought in self.by_name and self.by_name[sought] is None


class Names:
    """Everything that the rows of an import can refer to."""

    def __init__(self, journal: Journal, content: Content, key: bytes) -> None:
        self._journal, self._content, self._key = journal, content, key
        self._empty = journal.streams.head() == 0
        self.accounts, self.members, self.opportunities = Directory(), Directory(), Directory()
        self.things = {word: Directory() for word in THINGS}
        self.holders: dict[tuple[str, str], UUID] = {}
        self.called: dict[str, set[tuple[UUID, UUID]]] = defaultdict(set)
        self._given = references_of_commands(content)
        self._find_accounts()
        self._find_members()
        self._find_opportunities()
        self._find_holders()
        self._find_things()

    def account_of(self, row: Any) -> UUID:
        """The account of an account row."""
        return self.accounts.by_external_id[row.external_id or f"{NAMED}{row.name}"]

    def member_of(self, row: Any) -> UUID:
        """The member of a member row."""
        found = self.members.find(row.external_id or row.name)
        assert found is not None
        return found

    def _find_accounts(self) -> None:
        rows = self._content.of("accounts")
        own = [row.external_id or f"{NAMED}{row.name}" for row in rows]
        sought = (
            references(self._content, "account") | self._given["account"] | {row.parent for row in rows if row.parent}
        )
        sought |= {row.key for row in self._content.of("targets") if row.scope == "account"}
        self._sought = sought
        held = self._claimed("account", {*own, *sought, *(f"{NAMED}{name}" for name in sought)})
        unknown = [row for row, value in zip(rows, own, strict=True) if not row.external_id and value not in held]
        for external_id, aggregate_id in held.items():
            self.accounts.add(aggregate_id, external_id, external_id.removeprefix(NAMED))
        if unknown or not sought <= self.accounts.by_external_id.keys() | {row.name for row in rows}:
            for fact, event in self._recorded(Account.Registered):
                self.accounts.add(fact.originator_id, event.external_id, event.name)
        for row, value in zip(rows, own, strict=True):
            known = held.get(value) or (None if row.external_id else self.accounts.find(row.name))
            self.accounts.add(known or made_id("account", value), value, row.name)

    def _find_members(self) -> None:
        rows = self._content.of("members")
        for fact, event in self._recorded(Member.Invited):
            name = self._journal.people.open(event.name, "name")
            self.members.add(fact.originator_id, event.external_id, name or "")
        for row in rows:
            known = self.members.find(row.external_id or row.name)
            self.members.add(known or self._member_id(row), row.external_id or "", row.name)

    def _member_id(self, row: Any) -> UUID:
        """By external id; where there is none, from the name under the key: names of people are nowhere in clear."""
        if row.external_id:
            return made_id("member", row.external_id)
        return UUID(bytes=blake2b(f"member\n{row.name}".encode(), digest_size=16, key=self._key).digest(), version=4)

    def _find_opportunities(self) -> None:
        own = {row.external_id for row in self._content.of("opportunities")}
        named = references(self._content, "opportunity") | self._given["opportunity"]
        for row in self._content.of("visits"):
            named.update(row.opportunities or ())
        held = self._claimed("opportunity", own | named)
        for value in own:
            self.opportunities.add(held.get(value) or made_id("opportunity", value), value)
        for value, aggregate_id in held.items():
            self.opportunities.add(aggregate_id, value)

    def _find_holders(self) -> None:
        """The accounts that hold stakeholders and visits which earlier imports, or people, entered."""
        people = {row.external_id for row in self._content.of("stakeholders")}
        people |= references(self._content, "stakeholder") | self._given["stakeholder"]
        people |= {row.reports_to for row in self._content.of("stakeholders") if row.reports_to}
        for row in self._content.of("visits"):
            people.update(row.stakeholders or ())
        for kind, values in (
            ("stakeholder", people),
            ("visit", {row.external_id for row in self._content.of("visits")} | self._given["visit"]),
        ):
            for value, aggregate_id in self._claimed(kind, values).items():
                self.holders[kind, value] = aggregate_id
        own = {row.external_id for row in self._content.of("stakeholders")}
        self._find_called({each for each in people - own if ("stakeholder", each) not in self.holders})

    def _find_things(self) -> None:
        """Issues, plans, strategies, programmes and experiments: those recorded, and those that rows begin."""
        self._given[NEW + "issue"] |= {row.external_id for row in self._content.of("issues")}
        for word, root in THINGS.items():
            own = self._given[NEW + word]
            held = self._claimed(root.__name__.lower(), own | self._given[word])
            for value in own | held.keys():
                self.things[word].add(held.get(value) or made_id(word, value), value)

    def _find_called(self, sought: set[str]) -> None:
        """The recorded stakeholders (account and identifier) who are called as rows name them. Their names are
        sealed, and opened only for what is nobody's external id."""
        if not any(map(_may_be_a_name, sought)):
            return
        newest: dict[tuple[UUID, UUID], Sealed] = {}
        for fact, event in self._recorded(Stakeholders.StakeholderAdded, Stakeholders.StakeholderChanged):
            if event.name is not UNSET:
                newest[fact.originator_id, event.stakeholder_id] = event.name
        self._journal.people.preload(name.key for name in newest.values())
        for held, sealed in newest.items():
            if (name := self._journal.people.open(sealed, "name")) in sought and name is not None:
                self.called[name].add(held)

    def concerned(self) -> set[UUID]:
        """All aggregates that rows of this import are about or refer to."""
        found = {*self.opportunities.by_external_id.values(), *self.members.by_external_id.values()}
        found |= {each for things in self.things.values() for each in things.by_external_id.values()}
        found |= {account for several in self.called.values() for account, _ in several}
        found |= {*self.holders.values(), *(each for each in self.members.by_name.values() if each)}
        named = {row.external_id or row.name for row in self._content.of("accounts")} | self._sought
        return found | {each for name in named if (each := self.accounts.find(name))}

    def _claimed(self, kind: str, values: Iterable[str]) -> dict[str, UUID]:
        found: dict[str, UUID] = {}
        wanted = [] if self._empty else sorted(values)
        for begin in range(0, len(wanted), BATCH):
            found.update(self._journal.streams.claimed(kind, "", wanted[begin : begin + BATCH]))
        return found

    def _recorded(self, *events: type[Any]) -> Iterable[tuple[Recorded, Any]]:
        """Every recorded event of some types, with its fact, in the order of recording."""
        topics = [event.topic for event in events]
        after = 0
        while not self._empty:
            facts = self._journal.streams.facts(after, BATCH, topics)
            for fact in facts:
                yield fact, fact.event
            if len(facts) < BATCH:
                return
            after = facts[-1].position


def _may_be_a_name(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return bool(text)
    return False


def references_of_commands(content: Content) -> dict[str, set[str]]:
    """What the rows that give commands name, by kind."""
    found: dict[str, set[str]] = defaultdict(set)
    for kind in KINDS.values():
        for row in content.of(kind.name):
            for what, sought in references_by(kind, row):
                found[what].add(sought)
    return found


def references(content: Content, column: str) -> set[str]:
    """What the rows of all kinds name in a column."""
    found: set[str] = set()
    for rows in content.rows.values():
        if rows and column in type(rows[0]).__struct_fields__:
            found.update(value for row in rows if (value := getattr(row, column)))
    return found
