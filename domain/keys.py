"""API keys: `kams_<id>_<secret>`, shown once; only the hash of the secret is kept. Pure functions."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode

import msgspec

from domain.errors import Refused

RANDOM_BYTES = 40
_ID_BYTES = 8
_KEY = re.compile(r"kams_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")


class NotAKey(Refused):
    """This is not an API key: one looks like kams_0123456789abcdef_ and 43 more characters."""


class TooLittleRandomness(Refused):
    """A key is made of {expected} random bytes, not of {found}: hand in so many."""


class ApiKey(msgspec.Struct, frozen=True):
    """A key taken apart. The secret never reaches the journal."""

    id: str
    secret: str

    @property
    def text(self) -> str:
        """The key as it is shown, once."""
        return f"kams_{self.id}_{self.secret}"

    @property
    def hash(self) -> bytes:
        """SHA-256 of the secret (256 random bits need no slow hash)."""
        return hashlib.sha256(self.secret.encode()).digest()


def make_key(random: bytes) -> ApiKey:
    """A key from 40 random bytes: 8 for its id, 32 for its secret."""
    if len(random) != RANDOM_BYTES:
        raise TooLittleRandomness(expected=RANDOM_BYTES, found=len(random))
    secret = urlsafe_b64encode(random[_ID_BYTES:]).decode().rstrip("=")
    return ApiKey(random[:_ID_BYTES].hex(), secret)


def parse_key(text: str) -> ApiKey:
    """Take a key apart; refuses what does not look like one, without repeating it."""
    found = _KEY.fullmatch(text.strip())
    if not found:
        raise NotAKey
    return ApiKey(found[1], found[2])


def matches(key: ApiKey, stored: bytes) -> bool:
    """Whether a key is the one whose hash was stored, in constant time."""
    return hmac.compare_digest(key.hash, stored)
