"""For receivers of webhooks: whether one is genuine, by the Standard Webhooks specification."""

from __future__ import annotations

import hashlib
import hmac
import time
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping

import msgspec

from api.client.errors import WebhookNotGenuine
from api.client.events import Event, event_of, said_in

PREFIX = "whsec_"
VERSION = "v1"


def verify_webhook(
    body: bytes,
    headers: Mapping[str, str],
    secrets: str | Iterable[str],
    tolerance: float = 300,
    *,
    now: float | None = None,
) -> Event:
    """The event of a webhook that is genuine: signed with one of the `secrets` (whsec_…; while they are exchanged there
    are two), not more than `tolerance` seconds ago. `body` is what came, byte by byte. It may come more than once: its
    `id` makes it known. Raises WebhookNotGenuine."""
    stated = {name.lower(): value for name, value in headers.items()}
    missing = [name for name in ("webhook-id", "webhook-timestamp", "webhook-signature") if not stated.get(name)]
    if missing:
        raise WebhookNotGenuine(reason=f"it has no {', '.join(missing)}")
    identity, moment = stated["webhook-id"], stated["webhook-timestamp"]
    if not moment.isascii() or not moment.isdigit():
        raise WebhookNotGenuine(reason="its webhook-timestamp is no number of seconds")
    if abs((time.time() if now is None else now) - int(moment)) > tolerance:
        raise WebhookNotGenuine(reason=f"it was signed more than {tolerance:.0f} s ago or ahead: is a clock wrong?")
    content = b".".join([identity.encode(), moment.encode(), body])
    expected = [signature(each, content) for each in ([secrets] if isinstance(secrets, str) else secrets)]
    found = [each.partition(",")[2] for each in stated["webhook-signature"].split() if each.startswith(f"{VERSION},")]
    if not any(hmac.compare_digest(one.encode(), other.encode()) for one in expected for other in found):
        raise WebhookNotGenuine(reason="no signature fits: another secret, or the body was changed")
    try:
        said = said_in(body)
    except msgspec.MsgspecError as error:
        raise WebhookNotGenuine(reason=f"its body is no event: {error}") from error
    return event_of(said, body)


def signature(secret: str, content: bytes) -> str:
    """The signature by a secret, as base64. Raises WebhookNotGenuine for what is no secret."""
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        raise WebhookNotGenuine(reason="the secret is none: it looks like whsec_… in base64") from None
    return b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
