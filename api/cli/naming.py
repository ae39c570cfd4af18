"""Whom and what the fields of a command name, as people type it: external ids and names instead of identifiers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from api.cli.calling import Counter
from api.cli.freshness import bring_up_to_date
from api.corrections import CORRECTIONS
from api.importing.names import Directory, made_id
from api.importing.references import OPEN_ITEM, OPEN_ITEMS, STAKEHOLDER, VISIT, meaning, shape_of, with_references
from api.names import member_names
from domain.account.account import Account
from domain.aggregate import Aggregate
from domain.commands import CommandType, commands_of
from domain.errors import NotFound, Refused
from domain.language.catalogue import say
from domain.member import Member
from domain.opportunity.opportunity import Opportunity
from domain.references import ReferenceUnknown
from projections.accounts import ACCOUNTS
from projections.engine import as_of_sql

MOST_SAID = 20
ROOTS: dict[str, type[Aggregate]] = {"account": Account, "member": Member, "opportunity": Opportunity}


class ReferenceAmbiguous(Refused):
    """`{parameter}` names the {kind} {value}, and several are called so: state the external id or the id of one."""


class Naming:
    """Finds what the fields of one command name, as far as the asker may see it. `about` is the aggregate to which
    the command is given, None where it opens one."""

    def __init__(self, counter: Counter, command: CommandType, about: UUID | None) -> None:
        self._counter, self._command, self._about = counter, command, about
        self._journal = counter.made.journal
        self._into: UUID | None = None

    def resolved(self, stated: Mapping[str, Any]) -> dict[str, Any]:
        """The fields with identifiers for all that is named. Raises ReferenceUnknown, ReferenceAmbiguous."""
        fields = {field.name: field.type for field in shape_of(self._command.body).fields}
        found = dict(stated)
        for name in sorted(fields.keys() & stated.keys(), key=lambda each: each != "into"):
            found[name] = with_references(fields[name], name, stated[name], self._id)
            if name == "into" and isinstance(found[name], str):
                self._into = UUID(found[name])
        return found

    def _id(self, name: str, value: Any) -> Any:
        """The identifier that a reference means; itself where it is one, or no text at all."""
        if not isinstance(value, str) or not value or _is_id(value):
            return value
        what = meaning(self._command, name)
        if what in ROOTS:
            return str(self._aggregate(name, what, value))
        if what == STAKEHOLDER:
            return str(self._stakeholder(name, value))
        if what == VISIT:
            return str(self._visit(name, value))
        return str(self._open_item(name, value) if what == OPEN_ITEM else made_id(what, value))

    def _aggregate(self, name: str, what: str, text: str) -> UUID:
        found = self._journal.streams.claimed(what, "", [text]).get(text)
        if found is not None and (what == "member" or self._sees(ROOTS[what], found)):
            return found
        if what == "member":
            return self._one(name, what, text, self._members, " (there are: {known}; `kams members list` shows all)")
        if what == "account":
            return self._one(name, what, text, self._accounts_called(text), " (state its id, external id or name)")
        raise _unknown(name, what, text, say(" (state its id or external id)"))

    def _stakeholder(self, name: str, text: str) -> UUID:
        holder = self._journal.streams.claimed(STAKEHOLDER, "", [text]).get(text)
        if holder in self._accounts and (found := self._child(holder, STAKEHOLDER, text)) is not None:
            return found
        return self._one(name, STAKEHOLDER, text, self._people, " (there are: {known})")

    def _visit(self, name: str, text: str) -> UUID:
        holder = self._journal.streams.claimed(VISIT, "", [text]).get(text)
        if holder is not None and self._sees(Account, holder):
            found = self._child(holder, VISIT, text)
            if found is not None:
                return found
        raise _unknown(name, VISIT, text, say(" (state its id or external id, or `new` for a new one)"))

    def _open_item(self, name: str, text: str) -> UUID:
        kind, _, identifier = text.partition(" ")
        if kind not in OPEN_ITEMS or not identifier:
            raise _unknown(name, OPEN_ITEM, text, f" ({', '.join(f'{each} …' for each in OPEN_ITEMS)})")
        return self._visit(name, identifier) if kind == VISIT else made_id(kind, identifier)

    def _child(self, account: UUID, kind: str, external_id: str) -> UUID | None:
        """What an account holds under an external id."""
        for fact in reversed(self._journal.streams.history(account)):
            if getattr(fact.event, "external_id", "") == external_id:
                found = getattr(fact.event, f"{kind}_id", None)
                if isinstance(found, UUID):
                    return found
        return None

    def _one(self, name: str, kind: str, text: str, directory: Directory, accepted: str) -> UUID:
        found = directory.find(text)
        if found is not None:
            return found
        if directory.is_shared(text):
            raise ReferenceAmbiguous(parameter=name, kind=kind, value=text)
        raise _unknown(name, kind, text, say(accepted, known=_listed(directory)))

    # Who there is

    @cached_property
    def _members(self) -> Directory:
        bring_up_to_date(self._counter.made)
        with self._counter.made.reader.view(self._counter.asker.visibility, now=datetime.now(UTC)) as view:
            external_ids = {key: external_id for key, (external_id, _) in view.members().items()}
            return _directory(external_ids, member_names(self._journal, view))

    def _accounts_called(self, name: str) -> Directory:
        bring_up_to_date(self._counter.made)
        with self._counter.made.reader.view(self._counter.asker.visibility, now=datetime.now(UTC)) as view:
            sql = as_of_sql(ACCOUNTS, "key", "name = %(text)s")
            keys = [key for (key,) in view.connection.execute(sql.encode(), view.parameters(text=name))]
            visible = view.visible_accounts()
        return _directory({}, {key: name for key in keys if visible is None or key in visible})

    @property
    def _accounts(self) -> list[UUID]:
        """The account that the command is about, and the one that it is merged into, where the asker sees them."""
        about = self._account_of(self._command.root, self._about) if self._about else None
        into = self._account_of(Account, self._into) if self._into else None
        return [each.id for each in (about, into) if each is not None]

    @property
    def _people(self) -> Directory:
        found: dict[UUID, str] = {}
        for account in self._accounts:
            people = self._counter.access.newest.state(Account, account).stakeholders.people
            self._journal.people.preload(people)
            for key, person in people.items():
                name = self._journal.people.open(person.name, "name") if self._personal else None
                found[key] = name or str(key)
        return _directory({}, found)

    @property
    def _personal(self) -> bool:
        return self._counter.asker.visibility.personal

    def _account_of(self, root: type[Aggregate], key: UUID) -> Account | None:
        try:
            return self._counter.access.must_see(self._counter.asker, root, key)
        except NotFound:
            return None

    def _sees(self, root: type[Aggregate], key: UUID) -> bool:
        return self._account_of(root, key) is not None


def _directory(external_ids: Mapping[UUID, str], names: Mapping[UUID, str]) -> Directory:
    made = Directory()
    for key in {**external_ids, **names}:
        made.add(key, external_ids.get(key, ""), names.get(key, ""))
    return made


def _listed(directory: Directory) -> str:
    """Whom a directory holds: by name where it tells one from the others, at most twenty."""
    named = {key: name for name, key in directory.by_name.items() if key is not None}
    also = (external_id for external_id, key in directory.by_external_id.items() if key not in named)
    return _some(sorted([*named.values(), *also]))


def _some(words: Iterable[str]) -> str:
    known = list(words)
    more = [say("and {more} more", more=len(known) - MOST_SAID)] if len(known) > MOST_SAID else []
    return ", ".join([*known[:MOST_SAID], *more]) or say("none")


def _unknown(name: str, kind: str, text: str, known: str) -> ReferenceUnknown:
    return ReferenceUnknown(parameter=name, kind=kind, value=text, known=known)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def stated_by_name(counter: Counter, root: type[Aggregate], name: str, path: Mapping[str, Any], body: dict[str, Any]
) -> dict[str, Any]:  # fmt: skip
    """The body of a command with identifiers for all that it names; of commands of policies it is what it is."""
    corrected = {(each, correction): plain for each, correction, plain, _ in CORRECTIONS}
    command = commands_of(root).get(corrected.get((root, name), name))
    if command is None or root not in ROOTS.values():
        return body
    return Naming(counter, command, path.get("id")).resolved(body)
