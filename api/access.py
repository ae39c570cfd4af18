"""Who may see and change what: judged at the moment of asking, by the assignments of now.

The command line asks here, too. What one may not see does not exist; what one sees but may not change is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from domain.account.account import Account
from domain.aggregate import Aggregate, Event
from domain.belonging import COMPANYWIDE, OWNED
from domain.commands import commands_of
from domain.errors import KamsError, NotFound
from domain.forecast_call.forecast_call import ForecastCall
from domain.language.catalogue import say
from domain.member import KeyScope, Member, Role
from domain.policies.territories import Territories
from domain.rights import Rights, assigned, visibility_of
from domain.subscription.conditions import SUBSCRIBE
from domain.subscription.subscription import Subscription
from domain.visibility import Visibility

A = TypeVar("A", bound=Aggregate)

CHANGE_ACCOUNTS = frozenset({Role.MANAGER, Role.DIRECTOR, Role.ADMIN})
DIRECT = frozenset({Role.DIRECTOR, Role.ADMIN})
OF_ACCOUNTS = (Account, *OWNED, *COMPANYWIDE, ForecastCall)
OF_OTHERS = frozenset({"skills.assess"})
"""Commands about a member that who directs his territory, or an admin, gives."""
WITHDRAW = "withdraw"
OF_ONESELF = frozenset({"visit_plans.submit", "choose_digest"})
"""Commands about a member that he gives himself, or who directs his territory gives for him."""


class NotSignedIn(KamsError):
    """No valid API key: state one as `Authorization: Bearer kams_…`.

    `locked_out` is the member with a key that would be valid, for the access log: nobody is told.
    """

    def __init__(self, locked_out: Asker | None = None, **details: Any) -> None:
        super().__init__(**details)
        self.locked_out = locked_out

    @property
    def noted(self) -> str:
        """The rule as the access log names it."""
        return "MemberLockedOut" if self.locked_out else self.rule


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


def _changed_by(member: Member, territories: Territories) -> Visibility:
    """Whose accounts a member changes: an admin everybody's, since somebody must mend what is nobody's."""
    if Role.ADMIN in member.roles and not member.left:
        return Visibility.whole(member.id)
    return assigned(member, territories, personal=True)


def must_give(asker: Asker, root: type[Aggregate], command: str) -> None:
    """Refuse a command that the asker may give to no aggregate at all."""
    what = f"{root.__name__}.{command}"
    if root is Subscription:
        needed = "the role integrator or admin and a key with the scope stream"
        fits = bool(asker.roles & SUBSCRIBE) and KeyScope.STREAM in asker.scopes
    elif (root in COMPANYWIDE and not names_an_account(root, command)) or (root is Member and command in OF_OTHERS):
        needed = "the role director or admin and a key with the scope write"
        fits = bool(asker.roles & DIRECT) and KeyScope.WRITE in asker.scopes
    elif root not in OF_ACCOUNTS and not (root is Member and command in OF_ONESELF):
        needed, fits = "the role admin and a key with the scope admin", Role.ADMIN in asker.roles
        fits = fits and KeyScope.ADMIN in asker.scopes
    else:
        needed = "the role manager, director or admin and a key with the scope write"
        fits = bool(asker.roles & CHANGE_ACCOUNTS) and KeyScope.WRITE in asker.scopes
    if not fits:
        raise NotAllowed(what=what, needed=needed)


def names_an_account(root: type[Aggregate], command: str) -> bool:
    """Whether a command says something of one account: who may change that one may give it. A withdrawal does where the
    fact that it takes back does."""
    known = commands_of(root).get(command)
    return command == WITHDRAW or (known is not None and "account" in known.body.__struct_fields__)


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


class Access(Rights):
    """Refuses what an asker may not see or change."""

    def must_see(self, asker: Asker, root: type[Aggregate], aggregate_id: UUID) -> Account:
        """The account of an aggregate; NotFound where there is none that the asker may see."""
        account = self.account_of(root, aggregate_id)
        if account is None or not self.covers(asker.visibility, account):
            raise NotFound(kind=root.__name__.lower(), key=aggregate_id)
        return account

    def must_be_there(self, root: type[Aggregate], aggregate_id: UUID) -> None:
        """NotFound where there is no such thing of the company's."""
        if not self.newest.state(root, aggregate_id).opened:
            raise NotFound(kind=root.__name__.lower(), key=aggregate_id)

    def must_change(self, asker: Asker, account: Account) -> None:
        """Refuse what is seen but is not the asker's to change."""
        if not self.covers(asker.changes, account):
            raise NotAllowed(what="Changing this account", needed="to be its manager or to direct its territory")

    def must_withdraw(self, asker: Asker, root: type[Aggregate], fact: Event | None) -> None:
        """Refuse to take back a fact of the company's own that the asker could not record: about an account that he may
        not change; about none, where he does not direct. NotFound for an account that he may not see."""
        if isinstance(account := getattr(fact, "account", None), UUID):
            self.must_change(asker, self.must_see(asker, Account, account))
        elif not asker.roles & DIRECT:
            needed = "the role director or admin and a key with the scope write"
            raise NotAllowed(what=f"{root.__name__}.{WITHDRAW}", needed=needed)

    def must_see_member(self, asker: Asker, member_id: UUID) -> Member:
        """A member's state: one's own, or anybody's for admins and auditors."""
        member = self.newest.state(Member, member_id)
        if not member.opened or not (member_id == asker.member or asker.roles & {Role.ADMIN, Role.AUDITOR}):
            raise NotFound(kind="member", key=member_id)
        return member

    def must_see_subscription(self, asker: Asker, subscription_id: UUID) -> Subscription:
        """A subscription's state: one's own, or anybody's for admins and auditors."""
        found = self.newest.state(Subscription, subscription_id)
        sees_all = bool(asker.roles & {Role.ADMIN, Role.AUDITOR})
        if not found.opened or not (sees_all or found.owner == asker.member):
            raise NotFound(kind="subscription", key=subscription_id)
        return found

    def must_change_subscription(self, asker: Asker, subscription: Subscription) -> None:
        """Refuse a subscription that is seen but not the asker's to change: it is its owner's, and the admins'."""
        if subscription.owner != asker.member and Role.ADMIN not in asker.roles:
            raise NotAllowed(what="Changing this subscription", needed=say("to be its owner or an admin"))

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
