"""A member (我方人员): one person of our company, with roles, territories and API keys."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

import msgspec

from domain.aggregate import Aggregate, Event, Moment, NotYetOpened, Withdrawal, command, learn
from domain.claims import Claim
from domain.errors import Refused
from domain.member.key import (
    LIVE_KEYS,
    Key,
    KeyBornExpired,
    KeyExists,
    KeyScope,
    KeyUnknown,
    KeyWithoutScope,
    TooManyKeys,
)
from domain.member.skills import Skills
from domain.member.visit_plans import VisitPlans
from domain.policies.territories import Territories, TerritoryUnknown
from domain.sealed import FreeText, OfPerson, Sealed


class Role(enum.StrEnum):
    """What a member may do."""

    MANAGER = "manager"
    DIRECTOR = "director"
    FORECASTER = "forecaster"
    AUDITOR = "auditor"
    INTEGRATOR = "integrator"
    ADMIN = "admin"


class Lock(msgspec.Struct, frozen=True):
    """A member is locked out: until a moment, or until somebody lets him in."""

    reason: Sealed
    until: Moment | None = None

    def holds(self, moment: datetime) -> bool:
        """Whether it still holds at a moment."""
        return self.until is None or self.until > moment


class MemberHasLeft(Refused):
    """The member {member} has left the company: name one who is there."""


class RoleNotHeld(Refused):
    """The member is no {role}; roles held: {held}."""


class NotOfTerritory(Refused):
    """The member does not belong to {territory}; territories: {held}."""


class LockBornOver(Refused):
    """The member would be locked out until {until}, which is not after {moment}, when it begins: state a later moment,
    or none."""


class NotLockedOut(Refused):
    """The member {member} is not locked out: there is nothing to end."""


class AccountsNotHandedOver(Refused):
    """The member still manages {accounts}: hand them over first."""


@learn
class Member(Aggregate, eq=False):
    """A person of ours. `locks` is how often he was locked out: a session of before goes on after none of them."""

    roles: tuple[Role, ...] = ()
    territories: tuple[str, ...] = ()
    keys: dict[str, Key] = msgspec.field(default_factory=dict)
    left: bool = False
    lock: Lock | None = None
    locks: int = 0
    wants_digest: bool | None = None
    visit_plans: VisitPlans = msgspec.field(default_factory=VisitPlans)
    skills: Skills = msgspec.field(default_factory=Skills)

    class Invited(Event):
        """A person of ours came in."""

        opens: ClassVar[bool] = True

        name: Sealed
        email: Sealed | None = None
        language: str = "en"
        external_id: str = ""

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            return [Claim("member", "", self.external_id)] if self.external_id else []

    class RoleGranted(Event):
        """The member has a role."""

        role: Role

        def check(self, member: Member) -> None:
            member.must_be_here()

        def apply(self, member: Member) -> None:
            member.roles = (*(role for role in member.roles if role != self.role), self.role)

    class RoleRevoked(Event):
        """The member has a role no more."""

        role: Role

        def check(self, member: Member) -> None:
            member.must_be_here()
            if self.role not in member.roles:
                raise RoleNotHeld(role=self.role.value, held=[role.value for role in member.roles])

        def apply(self, member: Member) -> None:
            member.roles = tuple(role for role in member.roles if role != self.role)

    class TerritoryAssigned(Event):
        """The member belongs to a territory."""

        territory: str

        def check(self, member: Member) -> None:
            member.must_be_here()

        def apply(self, member: Member) -> None:
            others = (each for each in member.territories if each != self.territory)
            member.territories = (*others, self.territory)

    class TerritoryLeft(Event):
        """The member belongs to a territory no more."""

        territory: str

        def check(self, member: Member) -> None:
            member.must_be_here()
            if self.territory not in member.territories:
                raise NotOfTerritory(territory=self.territory, held=list(member.territories))

        def apply(self, member: Member) -> None:
            member.territories = tuple(each for each in member.territories if each != self.territory)

    class KeyIssued(Event):
        """A key may be used; `issued` repeats the event's moment, by which the limit of live keys is judged."""

        key_id: str
        hash: bytes
        scopes: tuple[KeyScope, ...]
        issued: Moment
        expires: Moment | None = None

        def check(self, member: Member) -> None:
            member.must_be_here()
            if self.key_id in member.keys:
                raise KeyExists(key_id=self.key_id)
            if not self.scopes:
                raise KeyWithoutScope(known=[scope.value for scope in KeyScope])
            if self.expires and self.expires <= self.issued:
                raise KeyBornExpired(expires=self.expires.isoformat(), issued=self.issued.isoformat())
            live = [key_id for key_id, key in member.keys.items() if key.lives(self.issued)]
            if len(live) >= LIVE_KEYS:
                raise TooManyKeys(limit=LIVE_KEYS, live=live)

        def apply(self, member: Member) -> None:
            member.keys[self.key_id] = Key(self.hash, self.scopes, self.expires)

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            return [Claim("key", "", self.key_id)]

    class KeyRevoked(Event):
        """A key is useless from now on."""

        key_id: str
        reason: str = ""

        def check(self, member: Member) -> None:
            if self.key_id not in member.keys:
                raise KeyUnknown(key_id=self.key_id, known=list(member.keys))

        def apply(self, member: Member) -> None:
            member.keys.pop(self.key_id, None)

    class LockedOut(Event):
        """Every key of the member is refused, whatever he asks: until a moment, or until somebody lets him in."""

        reason: Sealed
        until: Moment | None = None

        def check(self, member: Member) -> None:
            member.must_be_here()

        def apply(self, member: Member) -> None:
            member.lock = Lock(self.reason, self.until)
            member.locks += 1

    class LetIn(Event):
        """The member is locked out no more; his keys are what they were."""

        reason: Sealed | None = None

        def check(self, member: Member) -> None:
            member.must_be_here()
            if member.lock is None:
                raise NotLockedOut(member=member.id)

        def apply(self, member: Member) -> None:
            member.lock = None

    class Left(Event):
        """The member left the company; all keys are dead."""

        reason: str = ""

        def check(self, member: Member) -> None:
            member.must_be_here()

        def apply(self, member: Member) -> None:
            member.left = True
            member.keys.clear()

    class DigestChosen(Event):
        """The member wants the weekly digest (每周摘要), or wants none, whatever the roles."""

        wanted: bool

        def check(self, member: Member) -> None:
            member.must_be_here()

        def apply(self, member: Member) -> None:
            member.wants_digest = self.wanted

    class FactWithdrawn(Withdrawal):
        """A fact of this member is taken back (冲销)."""

    @command
    def invite(
        self,
        *,
        name: Annotated[Sealed, OfPerson("id")],
        email: Annotated[Sealed | None, OfPerson("id")] = None,
        language: str = "en",
        external_id: str = "",
    ) -> None:
        """Take a person of ours in. Name and e-mail are sealed under the member's own id."""
        self.record(self.Invited(name=name, email=email, language=language, external_id=external_id))

    @command
    def grant_role(self, *, role: Role) -> None:
        """Give the member a role."""
        if role not in self.roles:
            self.record(self.RoleGranted(role=role))

    @command
    def revoke_role(self, *, role: Role) -> None:
        """Take a role away."""
        self.record(self.RoleRevoked(role=role))

    @command
    def assign_territory(self, *, territory: str, territories: Territories) -> None:
        """Make the member one of a territory."""
        if territory not in territories.territories:
            raise TerritoryUnknown(territory=territory, known=sorted(territories.territories))
        if territory not in self.territories:
            self.record(self.TerritoryAssigned(territory=territory))

    @command
    def leave_territory(self, *, territory: str) -> None:
        """Say that the member does not belong to a territory any more."""
        self.record(self.TerritoryLeft(territory=territory))

    @command
    def issue_key(
        self, *, key_id: str, secret_hash: bytes, scopes: tuple[KeyScope, ...], expires: Moment | None = None
    ) -> None:
        """Note a key that the door has made: its id and the SHA-256 of its secret. Two may live at once."""
        self.record(
            self.KeyIssued(key_id=key_id, hash=secret_hash, scopes=scopes, issued=self.root.moment, expires=expires)
        )

    @command
    def revoke_key(self, *, key_id: str, reason: str = "") -> None:
        """Make a key useless from now on."""
        self.record(self.KeyRevoked(key_id=key_id, reason=reason))

    @command
    def lock_out(self, *, reason: Annotated[Sealed, FreeText()], until: Moment | None = None) -> None:
        """Lock the member out at once: all keys are refused, until a moment or until somebody lets the member in."""
        if until is not None and until <= self.root.moment:
            raise LockBornOver(until=until.isoformat(), moment=self.root.moment.isoformat())
        if self.lock != Lock(reason, until):
            self.record(self.LockedOut(reason=reason, until=until))

    @command
    def let_in(self, *, reason: Annotated[Sealed | None, FreeText()] = None) -> None:
        """End a lock-out: the keys that were not revoked work again."""
        self.record(self.LetIn(reason=reason))

    @command
    def leave(self, *, reason: str = "", open_accounts: tuple[UUID, ...] = ()) -> None:
        """The member leaves the company; all keys die. `open_accounts` are those still managed, stated by the door."""
        if open_accounts:
            raise AccountsNotHandedOver(accounts=", ".join(str(account) for account in open_accounts))
        if not self.left:
            self.record(self.Left(reason=reason))

    @command
    def choose_digest(self, *, wanted: bool) -> None:
        """Say whether the member wants the weekly digest; who says nothing gets it as a manager or a director."""
        if wanted != self.wants_digest:
            self.record(self.DigestChosen(wanted=wanted))

    def must_be_here(self) -> None:
        """Refuse where the member was never invited, or has left."""
        if not self.opened:
            raise NotYetOpened(kind="Member", id=self.id)
        if self.left:
            raise MemberHasLeft(member=self.id)

    def locked(self, moment: datetime) -> bool:
        """Whether the member is locked out at a moment."""
        return self.lock is not None and self.lock.holds(moment)

    def live_keys(self, moment: datetime) -> dict[str, Key]:
        """The keys that were neither revoked nor are over at a moment, by their ids; of a locked member, too."""
        return {key_id: key for key_id, key in self.keys.items() if key.lives(moment)}
