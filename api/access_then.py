"""What a member could see and change on a past day, by which right, and the events behind it.

Judged by the same rules as now (`api.access`), on the member, the tree of territories and the assignments as they stood
at the view's clocks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from api.access import Asker, asker_of
from api.timeline import spoken_name
from domain.account.account import Account
from domain.aggregate import Aggregate, in_business_order, unopened
from domain.errors import NotFound
from domain.journal.journal import Journal
from domain.language.catalogue import say
from domain.member import KeyScope, Member, Role
from domain.policies.territories import Territories
from domain.rights import SEE_EVERYTHING, TERRITORIES
from domain.visibility import Visibility
from projections.accounts import ACCOUNTS
from projections.engine import as_of_sql
from projections.members import MEMBERS
from projections.view import Answer, View

ROLE, OWN, TERRITORY, MANAGERS, MERGED = "role", "own", "territory", "managers_territory", "merged"


class HeldKey(msgspec.Struct, frozen=True):
    """A key that could be used then."""

    key_id: str
    scopes: tuple[KeyScope, ...]
    expires: datetime | None


class Right(msgspec.Struct, frozen=True):
    """By what an account could be seen: a role that sees everything, as its own manager, by its territory or its
    manager's, or because it was merged into one that could (`through`). `detail` is the role or the territory."""

    kind: str
    detail: str = ""
    through: UUID | None = None


class Because(msgspec.Struct, frozen=True):
    """An event without which it would have been otherwise, in words."""

    text: str
    fact: str
    position: int
    occurred_at: datetime
    recorded_at: datetime | None
    subject: UUID


class AccountThen(msgspec.Struct, kw_only=True):
    """An account that could be seen; `changes`: whether it could be changed, too. `because` where it was asked for."""

    account: UUID
    external_id: str
    name: str
    rights: list[Right]
    changes: bool
    because: list[Because] = []


class Lacking(msgspec.Struct, frozen=True, kw_only=True):
    """How an account that could not be seen stood then: no right of the member's matched. `there`: whether it was
    there; whose it was, in which territory, and the territories of its manager."""

    there: bool
    manager: UUID | None = None
    manager_name: str | None = None
    territory: str = ""
    managers_territories: list[str] = []


class AccessThenAnswer(Answer, kw_only=True):
    """What a member could see on a day. Without a live key that reads (`reads`) nothing could be asked for; `personal`
    whether personal data was opened; `directed` are the territories directed and all below them."""

    member: UUID
    member_name: str | None
    there: bool
    left: bool
    locked_out: bool
    roles: list[Role]
    territories: list[str]
    directed: list[str]
    keys: list[HeldKey]
    reads: bool
    personal: bool
    everything: bool
    sees: int
    changes: int
    accounts: list[AccountThen]
    next: UUID | None = None
    lacking: Lacking | None = None


class _Placed(msgspec.Struct, frozen=True):
    """An account as it was assigned then."""

    key: UUID
    external_id: str
    name: str
    manager: UUID | None
    territory: str


class Then:
    """A member's rights at the clocks of a view."""

    def __init__(self, journal: Journal, view: View, member: UUID) -> None:
        self._journal, self._view = journal, view
        self._moment, self._known = view.clock.as_of, view.clock.known_at
        self.member = self._state(Member, member)
        if not journal.streams.state(Member, member).opened:
            raise NotFound(kind="member", key=member)
        self.locked = self.member.locked(self._moment)
        self.keys = {} if self.member.left or self.locked else self.member.live_keys(self._moment)
        scopes = {scope for key in self.keys.values() for scope in key.scopes}
        self.asker: Asker = asker_of(self.member, scopes, self._state(Territories, TERRITORIES))
        self._managers = self._territories_of_members()
        self._placed = self._accounts()

    def _state(self, root: type[Any], aggregate_id: UUID) -> Any:
        return self._journal.streams.state_at(root, aggregate_id, self._moment, self._known)

    def seen(self) -> list[AccountThen]:
        """The accounts that could be seen, by name."""
        found = []
        for account in sorted(self._placed.values(), key=lambda each: (each.name, each.key)):
            rights = list(self._rights(account, self.asker.visibility))
            if rights:
                changes = any(True for _ in self._rights(account, self.asker.changes))
                found.append(
                    AccountThen(
                        account=account.key,
                        external_id=account.external_id,
                        name=account.name,
                        rights=rights,
                        changes=changes,
                    )
                )
        return found

    def _rights(self, account: _Placed, visibility: Visibility) -> Iterator[Right]:
        """The rights to an account itself; else by what it was merged into."""
        found = list(self._own_rights(account, visibility))
        yield from found
        if not found:
            for through in self._view.way(account.key)[1:]:
                placed = self._placed.get(through)
                if placed and any(True for _ in self._own_rights(placed, visibility)):
                    yield Right(MERGED, placed.external_id or placed.name, through)
                    return

    def _own_rights(self, account: _Placed, visibility: Visibility) -> Iterator[Right]:
        if visibility.everything:
            roles = [role.value for role in self.member.roles if role in SEE_EVERYTHING]
            yield Right(ROLE, ", ".join(sorted(roles)))
        if account.manager is not None and account.manager in visibility.managers:
            yield Right(OWN)
        if account.territory and account.territory in visibility.territories:
            yield Right(TERRITORY, account.territory)
        of_manager = self._managers.get(account.manager, ()) if account.manager else ()
        for territory in sorted(visibility.territories.intersection(of_manager)):
            yield Right(MANAGERS, territory)

    def _accounts(self) -> dict[UUID, _Placed]:
        sql = as_of_sql(ACCOUNTS, "key, external_id, name, manager, territory")
        rows = self._view.connection.execute(sql.encode(), self._view.parameters())
        return {UUID(str(key)): _Placed(UUID(str(key)), *columns) for key, *columns in rows}

    def _territories_of_members(self) -> dict[UUID, Collection[str]]:
        sql = as_of_sql(MEMBERS, "key, territories")
        rows = self._view.connection.execute(sql.encode(), self._view.parameters())
        return {UUID(str(key)): territories for key, territories in rows}

    # Why

    def lacking(self, account: UUID) -> Lacking:
        """How an account stood that could not be seen; its manager by external id."""
        placed = self._placed.get(account)
        if placed is None or placed.manager is None:
            return Lacking(there=placed is not None, territory=placed.territory if placed else "")
        external_id, _ = self._view.members().get(placed.manager, ("", None))
        return Lacking(
            there=True,
            manager=placed.manager,
            manager_name=external_id or str(placed.manager),
            territory=placed.territory,
            managers_territories=sorted(self._managers.get(placed.manager, ())),
        )

    def because(self, account: AccountThen) -> list[Because]:
        """The events behind the rights to an account, in order of position."""
        found: dict[int, Because] = {}
        for right in account.rights:
            of = right.through or account.account
            if right.through:
                self._add(found, Account, account.account, lambda a: a.merged.into if a.merged else None)
            for each in self._own_rights(self._placed[of], self.asker.visibility):
                self._explain(found, each, self._placed[of])
        return [found[position] for position in sorted(found)]

    def _explain(self, found: dict[int, Because], right: Right, account: _Placed) -> None:
        if right.kind == ROLE:
            for role in right.detail.split(", "):
                self._add(found, Member, self.member.id, _holds("roles", role))
            return
        if right.kind == OWN:
            self._add(found, Member, self.member.id, _holds("roles", Role.MANAGER))
            self._add(found, Account, account.key, lambda a: a.manager)
            return
        self._add(found, Member, self.member.id, _holds("roles", Role.DIRECTOR))
        tree: Territories = self._state(Territories, TERRITORIES)
        for directed in self.member.territories:
            if right.detail in tree.below(directed):
                self._add(found, Member, self.member.id, _holds("territories", directed))
                for key in _way_down(tree, right.detail, directed):
                    self._add(found, Territories, TERRITORIES, partial(_territory, key))
        if right.kind == TERRITORY:
            self._add(found, Account, account.key, lambda a: a.profile.territory)
        elif account.manager:
            self._add(found, Account, account.key, lambda a: a.manager)
            self._add(found, Member, account.manager, _holds("territories", right.detail))

    def _add(self, found: dict[int, Because], root: type[Aggregate], stream: UUID, value: Callable[[Any], Any]) -> None:
        """The event since which something has been as it was then."""
        known = [fact for fact in self._journal.streams.history(stream) if fact.position <= self._known]
        facts = [fact for fact in in_business_order(known) if fact.occurred_at <= self._moment]
        state, since = unopened(root, stream, facts), None
        before = value(state)
        for fact in facts:
            state.fold(fact)
            if (now := value(state)) != before:
                before, since = now, fact
        if since is not None:
            text = spoken_name(since.event.topic)
            found[since.position] = Because(
                text, since.event.topic, since.position, since.occurred_at, since.recorded_at, stream
            )


def _way_down(tree: Territories, key: str, directed: str) -> list[str]:
    """A territory and those above it, up to below the directed one."""
    way = [key, *tree.above(key)]
    return way[: way.index(directed)] if directed in way else []


def _territory(key: str, tree: Territories) -> object:
    return tree.territories.get(key)


def _holds(field: str, value: str) -> Callable[[Any], bool]:
    return lambda member: value in getattr(member, field)


def _scope_without_key(visibility: Visibility) -> str:
    return say("nothing: no key was live; by assignment {scope}", scope=visibility.scope)


def access_then(
    journal: Journal,
    view: View,
    member: UUID,
    *,
    name: str | None = None,
    account: UUID | None = None,
    after: UUID | None = None,
    limit: int = 200,
) -> AccessThenAnswer:
    """What a member could see at the view's clocks: all accounts in pages, or one with the events behind it (where
    it could not be seen, how it stood). Raises NotFound for a member who never was."""
    then = Then(journal, view, member)
    seen, visibility = then.seen(), then.asker.visibility
    shown = [each for each in seen if account in (None, each.account)]
    start = next((n + 1 for n, each in enumerate(shown) if each.account == after), 0) if after else 0
    page = shown[start : start + limit]
    if account is not None:
        for each in page:
            each.because = then.because(each)
    return AccessThenAnswer(
        **{**view.head(), "scope": visibility.scope if then.keys else _scope_without_key(visibility)},
        member=member,
        member_name=name,
        there=then.member.opened,
        left=then.member.left,
        locked_out=then.locked,
        roles=sorted(then.member.roles),
        territories=sorted(then.member.territories),
        directed=sorted(visibility.territories),
        keys=[HeldKey(key_id, key.scopes, key.expires) for key_id, key in sorted(then.keys.items())],
        reads=KeyScope.READ in {scope for key in then.keys.values() for scope in key.scopes},
        personal=visibility.personal,
        everything=visibility.everything,
        sees=len(seen),
        changes=sum(each.changes for each in seen),
        accounts=page,
        next=page[-1].account if start + limit < len(shown) else None,
        lacking=then.lacking(account) if account is not None and not shown else None,
    )
