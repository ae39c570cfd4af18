"""Who may see and change what: judged at the moment of asking, by the assignments of now.

The command line asks here, too. What one may not see does not exist; what one sees but may not change is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from typing import TypeVar
from uuid import UUID

import msgspec

from domain.account.account import Account
from domain.aggregate import Aggregate
from domain.errors import CorruptEvent, KamsError, NotFound, UnknownTopic
from domain.finding import Finding
from domain.forecast_call.forecast_call import ForecastCall
from domain.journal.journal import Journal
from domain.language.catalogue import say
from domain.member import KeyScope, Member, Role
from domain.opportunity.opportunity import Opportunity
from domain.policies.policy import policy_id
from domain.policies.territories import Territories
from domain.visibility import Visibility

A = TypeVar("A", bound=Aggregate)

SEE_EVERYTHING = frozenset({Role.AUDITOR, Role.FORECASTER, Role.INTEGRATOR, Role.ADMIN})
SEE_PERSONAL = frozenset({Role.MANAGER, Role.DIRECTOR, Role.AUDITOR, Role.ADMIN, Role.INTEGRATOR})
CHANGE_ACCOUNTS = frozenset({Role.MANAGER, Role.DIRECTOR, Role.ADMIN})
OF_ONESELF = frozenset({"visit_plans.submit"})
"""Commands about a member that he gives himself, or who directs his territory gives for him."""
TERRITORIES = policy_id("Territories")


class NotSignedIn(KamsError):
    """No valid API key: state one as `Authorization: Bearer kams_…`."""


class NotAllowed(KamsError):
    """{what} is not allowed to you: it needs {needed}."""


class Asker(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: what he may see, and which accounts he may change."""

    member: UUID
    key_id: str = ""
    roles: frozenset[Role] = frozenset()
    scopes: frozenset[KeyScope] = frozenset()
    visibility: Visibility
    changes: Visibility

    def must_have(self, scope: KeyScope, *others: KeyScope) -> None:
        """Refuse a key that has none of the scopes."""
        if not self.scopes & {scope, *others}:
            raise NotAllowed(what="This", needed=say("a key with the scope {value}", value=scope.value))

    def must_be(self, role: Role, *others: Role) -> None:
        """Refuse a member who has none of the roles."""
        wanted = (role, *others)
        if not self.roles & set(wanted):
            raise NotAllowed(
                what="This", needed=say("the role {known}", known=" or ".join(each.value for each in wanted))
            )


NOBODY = Asker(
    member=UUID(int=0),
    visibility=Visibility(member=None, personal=False, scope="nothing"),
    changes=Visibility(member=None, personal=False, scope="nothing"),
)


def asker_of(member: Member, scopes: Collection[KeyScope], territories: Territories, key_id: str = "") -> Asker:
    """A member as he asks with a key of these scopes."""
    return Asker(
        member=member.id,
        key_id=key_id,
        roles=frozenset(member.roles),
        scopes=frozenset(scopes),
        visibility=visibility_of(member, scopes, territories),
        changes=_changed_by(member, territories),
    )


def visibility_of(member: Member, scopes: Collection[KeyScope], territories: Territories) -> Visibility:
    """What a member sees: everything, or the accounts assigned to him and to the territories that he directs."""
    roles = set(member.roles)
    personal = KeyScope.READ in scopes and bool(roles & SEE_PERSONAL)
    if roles & SEE_EVERYTHING and not member.left:
        return Visibility(member=member.id, everything=True, personal=personal)
    return _assigned(member, territories, personal)


def _changed_by(member: Member, territories: Territories) -> Visibility:
    """Whose accounts a member changes: an admin everybody's, since somebody must mend what is nobody's."""
    if Role.ADMIN in member.roles and not member.left:
        return Visibility.whole(member.id)
    return _assigned(member, territories, personal=True)


def _assigned(member: Member, territories: Territories, personal: bool) -> Visibility:
    roles = set() if member.left else set(member.roles)
    managers = frozenset({member.id}) if Role.MANAGER in roles else frozenset()
    directed = member.territories if Role.DIRECTOR in roles else ()
    below = frozenset(key for territory in directed for key in territories.below(territory))
    parts = ["own accounts"] * bool(managers) + ["accounts of " + ", ".join(sorted(directed))] * bool(directed)
    scope = " and ".join(parts) or "nothing"
    return Visibility(member=member.id, managers=managers, territories=below, personal=personal, scope=scope)


def must_give(asker: Asker, root: type[Aggregate], command: str) -> None:
    """Refuse a command that the asker may give to no aggregate at all."""
    what = f"{root.__name__}.{command}"
    if root not in (Account, Opportunity, ForecastCall) and not (root is Member and command in OF_ONESELF):
        needed, fits = "the role admin and a key with the scope admin", Role.ADMIN in asker.roles
        fits = fits and KeyScope.ADMIN in asker.scopes
    else:
        needed = "the role manager, director or admin and a key with the scope write"
        fits = bool(asker.roles & CHANGE_ACCOUNTS) and KeyScope.WRITE in asker.scopes
    if not fits:
        raise NotAllowed(what=what, needed=needed)


def idle_scopes(roles: Collection[Role], scopes: Iterable[KeyScope]) -> list[KeyScope]:
    """Those scopes for changing that nobody with these roles can use."""
    users = {KeyScope.WRITE: CHANGE_ACCOUNTS, KeyScope.ADMIN: frozenset({Role.ADMIN})}
    return [scope for scope in scopes if scope in users and users[scope].isdisjoint(roles)]


def may(asker: Asker, root: type[Aggregate], command: str) -> bool:
    """Whether the asker may give a command to any aggregate."""
    try:
        must_give(asker, root, command)
    except NotAllowed:
        return False
    return True


def must_register(asker: Asker, territory: str) -> None:
    """Refuse an account in a territory that the asker does not direct; managers get what they register."""
    if not asker.roles & {Role.MANAGER, Role.ADMIN} and territory not in asker.changes.territories:
        raise NotAllowed(what="Registering an account there", needed="to direct its territory: state one of yours")


def must_import(asker: Asker) -> None:
    """Refuse an import, which records facts about accounts, members and policies of every kind."""
    if Role.ADMIN not in asker.roles or KeyScope.ADMIN not in asker.scopes:
        raise NotAllowed(what="An import", needed="the role admin and a key with the scope admin")


class Newest:
    """The newest states of aggregates: kept in memory, their versions asked for each time."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def state(self, root: type[A], aggregate_id: UUID) -> A:
        """The newest state of one; not to be changed."""
        self.states({aggregate_id: root})
        return self._journal.known(root, aggregate_id)

    def states(self, wanted: Mapping[UUID, type[Aggregate]]) -> dict[UUID, Aggregate]:
        """The newest states of several, whose versions are one query; not to be changed."""
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


class Access:
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
        wanted = {key: root for key, root in roots.items() if root in (Account, Opportunity, Finding)}
        states = self.newest.states(wanted)
        parts = {key: each for key, each in states.items() if isinstance(each, Opportunity | Finding)}
        deals = {key: each.account for key, each in parts.items() if each.account}
        found = {key: account for key, account in states.items() if isinstance(account, Account)}
        above = self.newest.states(dict.fromkeys(deals.values(), Account))
        for key, account_id in deals.items():
            account = above[account_id]
            assert isinstance(account, Account)
            found[key] = account
        return {key: account for key, account in found.items() if account.opened}

    def must_see(self, asker: Asker, root: type[Aggregate], aggregate_id: UUID) -> Account:
        """The account of an aggregate; NotFound where there is none that the asker may see."""
        account = self.account_of(root, aggregate_id)
        if account is None or not self.covers(asker.visibility, account):
            raise NotFound(kind=root.__name__.lower(), key=aggregate_id)
        return account

    def must_change(self, asker: Asker, account: Account) -> None:
        """Refuse what is seen but is not the asker's to change."""
        if not self.covers(asker.changes, account):
            raise NotAllowed(what="Changing this account", needed="to be its manager or to direct its territory")

    def must_see_member(self, asker: Asker, member_id: UUID) -> Member:
        """A member's state: one's own, or anybody's for admins and auditors."""
        member = self.newest.state(Member, member_id)
        if not member.opened or not (member_id == asker.member or asker.roles & {Role.ADMIN, Role.AUDITOR}):
            raise NotFound(kind="member", key=member_id)
        return member

    def must_speak_for(self, asker: Asker, member_id: UUID) -> None:
        """Refuse a command of a member's own that comes from others than himself, the directors of his territories
        and admins. NotFound for a member whom the asker does not see."""
        member = self.newest.state(Member, member_id)
        if member_id == asker.member or not asker.changes.territories.isdisjoint(member.territories):
            return
        self.must_see_member(asker, member_id)
        if Role.ADMIN not in asker.roles:
            raise NotAllowed(what="Speaking for this member", needed="to be the member or to direct its territory")

    def must_call(self, asker: Asker, member_id: UUID, *, as_manager: bool) -> None:
        """Refuse a forecast call that comes from others than the member himself, or in the manager's layer from others
        than who directs one of his territories; admins enter what these say. NotFound for a member whom the asker does
        not see."""
        member = self.newest.state(Member, member_id)
        directs = not asker.changes.territories.isdisjoint(member.territories)
        if member_id != asker.member and not (member.opened and directs):
            self.must_see_member(asker, member_id)
        if Role.ADMIN in asker.roles:
            return
        if as_manager and not directs:
            raise NotAllowed(what="Adjusting this forecast as the manager", needed="to direct the member's territory")
        if not as_manager and member_id != asker.member:
            raise NotAllowed(what="Calling for this member", needed="to be the member")
