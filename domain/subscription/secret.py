"""The secret of a webhook, by which its receiver knows that a delivery is ours (Standard Webhooks: `whsec_` and base64
of 24 to 64 random bytes)."""

from __future__ import annotations

import secrets
from base64 import b64decode, b64encode
from binascii import Error

from domain.errors import Refused

PREFIX = "whsec_"
FEWEST, MOST, USUAL = 24, 64, 32
"""Bytes."""


class SecretUnusable(Refused):
    """The secret cannot be used, its base64 holds {found} bytes: expected `whsec_` and that of 24 to 64 random ones."""


def new_secret() -> str:
    """A new random secret."""
    return PREFIX + b64encode(secrets.token_bytes(USUAL)).decode()


def key_of(secret: str) -> bytes:
    """The bytes that sign. Raises SecretUnusable, which does not repeat it."""
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
    except (Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or not FEWEST <= len(key) <= MOST:
        raise SecretUnusable(found=len(key))
    return key
