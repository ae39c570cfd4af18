"""API keys of members as they are kept, what they may be used for, and what is refused about them."""

from __future__ import annotations

import enum
from datetime import datetime

import msgspec

from domain.aggregate import Moment
from domain.errors import Refused

LIVE_KEYS = 2


class KeyScope(enum.StrEnum):
    """What a key may be used for, within its member's roles."""

    READ = "read"
    WRITE = "write"
    STREAM = "stream"
    ADMIN = "admin"


class Key(msgspec.Struct, frozen=True):
    """A key as it is kept: never the key itself."""

    hash: bytes
    scopes: tuple[KeyScope, ...]
    expires: Moment | None = None

    def lives(self, moment: datetime) -> bool:
        """Whether the key has not expired at a moment."""
        return self.expires is None or self.expires > moment


class TooManyKeys(Refused):
    """A member has at most {limit} live keys; revoke one of {live} first."""


class KeyWithoutScope(Refused):
    """A key needs at least one scope: {known}."""


class KeyBornExpired(Refused):
    """The key would expire at {expires}, which is not after {issued}, when it is issued: state a later moment, or
    none."""


class KeyExists(Refused):
    """The key {key_id} was issued already: issue another one under a new identifier."""


class KeyUnknown(Refused):
    """The member has no key {key_id}; keys: {known}."""
