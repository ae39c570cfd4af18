"""Signatures by the Standard Webhooks specification, version 1: HMAC-SHA256 over identifier, moment and body."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Sequence

from domain.subscription.secret import key_of


def signed(event_id: str, timestamp: int, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """The headers of a delivery: one signature per secret, the newest first. `timestamp` is in seconds, that of the
    attempt. Raises SecretUnusable."""
    content = f"{event_id}.{timestamp}.".encode() + body
    signatures = [b64encode(hmac.digest(key_of(each), content, "sha256")).decode() for each in secrets]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{each}" for each in signatures),
    }
