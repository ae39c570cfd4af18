"""Who may see what: judged at the moment of asking, by the assignments of now. Doors and workers ask here."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TypeVar
from uuid import UUID

from domain.account.account import Account
from domain.aggregate import Aggregate
from domain.belonging import OWNED, Owned
from domain.errors import CorruptEvent, UnknownTopic
from domain.journal.journal import Journal
from domain.member import KeyScope, Member, Role
from domain.policies.policy import policy_id
from domain.policies.territories import Territories
from domain.visibility import Visibility

A = TypeVar("A", bound=Aggregate)

SEE_EVERYTHING = frozenset({Role.AUDITOR, Role.FORECASTER, Role.INTEGRATOR, Role.ADMIN})
SEE_PERSONAL = frozenset({Role.MANAGER, Role.DIRECTOR, Role.AUDITOR, Role.ADMIN, Role.INTEGRATOR})
TERRITORIES = policy_id("Territories")
_read: ContextVar[dict[UUID, Aggregate] | None] = ContextVar("read", default=None)


@contextmanager
def read_once() -> Iterator[None]:
    """Within, the newest states are those that they were when they were first read there: for who answers a question,
    and records nothing meanwhile."""
    token = _read.set({})
    try:
        yield
    finally:
        _read.reset(token)


def visibility_of(member: Member, scopes: Collection[KeyScope], territories: Territories) -> Visibility:
    """What a member sees: everything, or the accounts assigned to him and to the territories that he directs."""
    roles = set(member.roles)
    personal = KeyScope.READ in scopes and bool(roles & SEE_PERSONAL)
    if roles & SEE_EVERYTHING and not member.left:
        return Visibility(member=member.id, everything=True, personal=personal)
    return assigned(member, territories, personal)


def assigned(member: Member, territories: Territories, personal: bool) -> Visibility:
    """The accounts assigned to a member and to the territories that he directs."""
    roles = set() if member.left else set(member.roles)
    managers = frozenset({member.id}) if Role.MANAGER in roles else frozenset()
    directed = member.territories if Role.DIRECTOR in roles else ()
    below = frozenset(key for territory in directed for key in territories.below(territory))
    parts = ["own accounts"] * bool(managers) + ["accounts of " + ", ".join(sorted(directed))] * bool(directed)
    scope = " and ".join(parts) or "nothing"
    return Visibility(member=member.id, managers=managers, territories=below, personal=personal, scope=scope)


class Newest:
    """The newest states of aggregates: kept in memory, their versions asked for each time, or once (`read_once`)."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def state(self, root: type[A], aggregate_id: UUID) -> A:
        """The newest state of one; not to be changed."""
        found = self.states({aggregate_id: root})[aggregate_id]
        assert isinstance(found, root)
        return found

    def states(self, wanted: Mapping[UUID, type[Aggregate]]) -> dict[UUID, Aggregate]:
        """The newest states of several, whose versions are one query; not to be changed."""
        read = _read.get()
        if read is None:
            return self._looked_up(wanted)
        read |= self._looked_up({key: root for key, root in wanted.items() if not isinstance(read.get(key), root)})
        return {key: read[key] for key in wanted}

    def _looked_up(self, wanted: Mapping[UUID, type[Aggregate]]) -> dict[UUID, Aggregate]:
        found: dict[UUID, Aggregate] = {}
        if not wanted:
            return found
        for aggregate_id, version in self._journal.streams.newest_versions(list(wanted)).items():
            state = self._journal.known(wanted[aggregate_id], aggregate_id)
            if state.version < version:
                self._journal.forget_states({aggregate_id})
                state = self._journal.known(wanted[aggregate_id], aggregate_id)
            found[aggregate_id] = state
        return found


def rights_of(newest: Newest, member: UUID) -> Visibility:
    """What a member may see now, by his own assignments."""
    territories = newest.state(Territories, TERRITORIES)
    return visibility_of(newest.state(Member, member), {KeyScope.READ}, territories)


class Rights:
    """Asks the journal for what a right depends on: an account's manager and territory of now."""

    def __init__(self, newest: Newest) -> None:
        self.newest = newest

    def covers(self, visibility: Visibility, account: Account) -> bool:
        """Whether an account is one of those that a visibility names, or was merged into one of them."""
        seen = {account.id}
        while not self._names(visibility, account):
            if account.merged is None or account.merged.into in seen:
                return False
            seen.add(account.merged.into)
            account = self.newest.state(Account, account.merged.into)
        return True

    def _names(self, visibility: Visibility, account: Account) -> bool:
        if visibility.everything or (account.manager is not None and account.manager in visibility.managers):
            return True
        if not visibility.territories:
            return False
        if account.profile.territory in visibility.territories:
            return True
        if account.manager is None:
            return False
        manager = self.newest.state(Member, account.manager)
        return not visibility.territories.isdisjoint(manager.territories)

    def account_of(self, root: type[Aggregate], aggregate_id: UUID) -> Account | None:
        """The account that an aggregate is or belongs to; None where there is none."""
        return self.accounts_of({aggregate_id: root}).get(aggregate_id)

    def readable_accounts_of(self, roots: Mapping[UUID, type[Aggregate]]) -> dict[UUID, Account]:
        """The same as `accounts_of`, without aggregates that hold an event which cannot be read."""
        try:
            return self.accounts_of(roots)
        except (CorruptEvent, UnknownTopic):
            found: dict[UUID, Account] = {}
            for key, root in roots.items():
                with suppress(CorruptEvent, UnknownTopic):
                    found |= self.accounts_of({key: root})
            return found

    def accounts_of(self, roots: Mapping[UUID, type[Aggregate]]) -> dict[UUID, Account]:
        """The accounts that aggregates are or belong to, in two queries; without those that belong to none."""
        wanted = {key: root for key, root in roots.items() if root is Account or root in OWNED}
        states = self.newest.states(wanted)
        parts = {key: each for key, each in states.items() if isinstance(each, Owned)}
        deals = {key: each.account for key, each in parts.items() if each.account}
        found = {key: account for key, account in states.items() if isinstance(account, Account)}
        above = self.newest.states(dict.fromkeys(deals.values(), Account))
        for key, account_id in deals.items():
            account = above[account_id]
            assert isinstance(account, Account)
            found[key] = account
        return {key: account for key, account in found.items() if account.opened}
