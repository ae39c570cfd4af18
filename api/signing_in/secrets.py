"""Secrets that are handed out once: what is kept of them is a hash. 256 random bits need no slow one."""

from __future__ import annotations

import hashlib
import hmac
import os
from base64 import urlsafe_b64encode


def new_secret(prefix: str = "") -> str:
    """256 random bits as text that fits into addresses and cookies."""
    return prefix + _text(os.urandom(32))


def hashed(secret: str) -> bytes:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def derived(secret: str, purpose: str) -> str:
    """Another secret, for a purpose, that only whoever has the first one can make."""
    return _text(hmac.digest(secret.encode(), purpose.encode(), "sha256"))


def same(stated: str, wanted: str) -> bool:
    """Whether two texts are the same, in constant time."""
    return hmac.compare_digest(stated.encode(), wanted.encode())


def _text(secret: bytes) -> str:
    return urlsafe_b64encode(secret).decode().rstrip("=")
