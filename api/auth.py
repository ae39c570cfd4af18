"""Who asks: the member behind an API key, or behind a session of the console."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from api.access import CHANGE_ACCOUNTS, Asker, NotSignedIn, asker_of
from api.signing_in.sessions import How, Session, Sessions, Timeouts, is_session
from domain.journal.journal import Journal
from domain.keys import NotAKey, matches, parse_key
from domain.member import KeyScope, Member, Role
from domain.policies.territories import Territories
from domain.rights import TERRITORIES, Newest
from domain.subscription.conditions import SUBSCRIBE

SCHEME = "bearer "
KEPT = 10_000


class Authenticator:
    """Finds the member by the id in the key and compares the hash of the secret in constant time."""

    def __init__(self, journal: Journal, newest: Newest, timeouts: Timeouts | None = None) -> None:
        self._journal = journal
        self._newest = newest
        self.sessions = Sessions(journal.pool, timeouts)
        self._members: dict[str, UUID] = {}

    def asker(self, authorization: str, now: datetime) -> Asker:
        """Who sent this Authorization header; raises NotSignedIn without saying what was wrong with it."""
        if not is_bearer(authorization):
            raise NotSignedIn
        return self.asker_with(authorization[len(SCHEME) :], now)

    def asker_with(self, text: str, now: datetime) -> Asker:
        """Whose key this is: the command line's way in."""
        try:
            key = parse_key(text)
        except NotAKey:
            raise NotSignedIn from None
        asker, stored, locked = self._asker(key.id, now)
        if not matches(key, stored):
            raise NotSignedIn
        return _let_in(asker, locked)

    def _asker(self, key_id: str, now: datetime) -> tuple[Asker, bytes, bool]:
        """The asker behind a live key, the hash of its secret, and whether he is locked out."""
        member, territories = self._member(self._member_of(key_id))
        live = member.live_keys(now).get(key_id)
        if live is None or member.left:
            raise NotSignedIn
        return asker_of(member, live.scopes, territories, key_id), live.hash, member.locked(now)

    def asker_by_id(self, key_id: str, now: datetime) -> Asker:
        """Who has this key or session, once it is known by other means that he does; raises NotSignedIn."""
        if is_session(key_id):
            session = self.sessions.by_id(key_id, now)
            if session is None:
                raise NotSignedIn
            return self.asker_in(session, now)
        asker, _, locked = self._asker(key_id, now)
        return _let_in(asker, locked)

    def asker_in(self, session: Session, now: datetime) -> Asker:
        """Who asks in a session, by the rights of now; raises NotSignedIn, and ends the session, where he has left, or
        was locked out since it began."""
        member, territories = self._member(session.member)
        asker = asker_of(member, scopes_of(member.roles), territories, session.id)
        if member.left or not member.opened or member.locked(now) or member.locks != session.locks:
            self.sessions.end(session.id, now)
            raise NotSignedIn(None if member.left else asker)
        return asker

    def begin(self, member_id: UUID, how: How, now: datetime, browser: str = "") -> tuple[Session, str]:
        """A session for who has proven who he is, and the secret of its cookie; raises NotSignedIn where he has left,
        or is locked out."""
        member, territories = self._member(member_id)
        if member.left or not member.opened:
            raise NotSignedIn
        _let_in(asker_of(member, scopes_of(member.roles), territories), member.locked(now))
        return self.sessions.begin(member_id, how, now, locks=member.locks, browser=browser)

    def member_named(self, external_id: str) -> UUID | None:
        """The member of an external id."""
        if not external_id or "\0" in external_id:
            return None
        return self._journal.streams.claimed("member", "", [external_id]).get(external_id)

    def again(self, key_id: str, now: datetime) -> Asker | None:
        """Who asks with a key that was let in before, by the rights of now; None when it is let in no more."""
        try:
            return self.asker_by_id(key_id, now)
        except NotSignedIn:
            return None

    def _member(self, member_id: UUID) -> tuple[Member, Territories]:
        states = self._newest.states({member_id: Member, TERRITORIES: Territories})
        member, territories = states[member_id], states[TERRITORIES]
        assert isinstance(member, Member) and isinstance(territories, Territories)  # noqa: PT018 asked for as such
        return member, territories

    def _member_of(self, key_id: str) -> UUID:
        """Whose key id it is: a claim, which never changes its holder."""
        member_id = self._members.get(key_id)
        if member_id is None:
            member_id = self._journal.streams.claimed("key", "", [key_id]).get(key_id)
            if member_id is None:
                raise NotSignedIn
            if len(self._members) >= KEPT:
                self._members = {}
            self._members[key_id] = member_id
        return member_id


def is_bearer(authorization: str) -> bool:
    """Whether an Authorization header states a key."""
    return authorization[: len(SCHEME)].lower() == SCHEME


def _let_in(asker: Asker, locked: bool) -> Asker:
    """The asker, unless he is locked out: he is told no more than somebody without a key."""
    if locked:
        raise NotSignedIn(asker)
    return asker


def scopes_of(roles: Collection[Role]) -> frozenset[KeyScope]:
    """What a session is for: all that the member's roles can use, as a key could have it."""
    held = set(roles)
    used = {KeyScope.WRITE: CHANGE_ACCOUNTS, KeyScope.STREAM: SUBSCRIBE, KeyScope.ADMIN: frozenset({Role.ADMIN})}
    return frozenset({KeyScope.READ, *(scope for scope, users in used.items() if held & users)})
