"""What became of an attempt to deliver: judged by the answer's status, or by what went wrong, in words."""

from __future__ import annotations

import enum
import ssl
from email.utils import parsedate_to_datetime

import aiohttp
import msgspec

from domain.errors import KamsError
from domain.language.catalogue import say

EXCERPT = 500
"""Characters."""
LONGEST_RETRY_AFTER = 86_400.0


class AttemptOutcome(enum.StrEnum):
    """What became of an attempt: `gone` (410) wants nothing any more, `busy` wants it later, `refused` was not sent."""

    DELIVERED = "delivered"
    FAILED = "failed"
    GONE = "gone"
    BUSY = "busy"
    REFUSED = "refused"


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt and its outcome. `latency_ms` is until the answer's status, or until it failed; `excerpt` the
    beginning of the answer's body; `retry_after_seconds` what a busy receiver asks for; `connected` whether there was a
    connection at all: without one it says nothing of the address, but of its host."""

    outcome: AttemptOutcome
    status: int | None = None
    reason: str = ""
    latency_ms: int = 0
    excerpt: str = ""
    retry_after_seconds: float | None = None
    connected: bool = True


class AddressUnusable(KamsError):
    """The address cannot be used: expected `https://host/path` (`http://` only with KAMS_WEBHOOKS_PRIVATE=1)."""


def judged(status: int, asked: float | None) -> Attempt:
    """An answer by its status; `asked` is its Retry-After in seconds."""
    if 200 <= status < 300:
        return Attempt(outcome=AttemptOutcome.DELIVERED, status=status)
    reason = say("it answered {status}", status=status)
    if status == 410:
        return Attempt(outcome=AttemptOutcome.GONE, status=status, reason=reason)
    if status in (429, 503) and asked is not None:
        return Attempt(outcome=AttemptOutcome.BUSY, status=status, reason=reason, retry_after_seconds=asked)
    if 300 <= status < 400:
        reason = say("it answered {status}: redirects are not followed", status=status)
    return Attempt(outcome=AttemptOutcome.FAILED, status=status, reason=reason)


def retry_after(value: str | None, now: float) -> float | None:
    """The seconds that a Retry-After asks for, a number or a date, at most a day; None where it asks for nothing."""
    if not value:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:9]), LONGEST_RETRY_AFTER))
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return min(max(0.0, moment.timestamp() - now), LONGEST_RETRY_AFTER)


def excerpt_of(body: bytes) -> str:
    """The beginning of a body as a text that can be kept; what is no text is replaced."""
    return body[: 4 * EXCERPT].decode(errors="replace").replace("\0", "\ufffd")[:EXCERPT]


def failure(error: BaseException, seconds: float) -> Attempt:
    """What went wrong, in words that hold neither address nor secret."""
    refusal = _refusal(error)
    if refusal is not None:
        return Attempt(outcome=AttemptOutcome.REFUSED, reason=str(refusal))
    return Attempt(outcome=AttemptOutcome.FAILED, reason=_reason(error, seconds))


def _refusal(error: BaseException) -> KamsError | None:
    """What we ourselves refused, through the errors that it was wrapped in."""
    if isinstance(error, aiohttp.InvalidURL):
        return AddressUnusable()
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, KamsError):
        seen = seen.__cause__
    return seen


def _reason(error: BaseException, seconds: float) -> str:
    match error:
        case TimeoutError():
            return say("no answer within {seconds} s", seconds=f"{seconds:g}")
        case aiohttp.ClientConnectorDNSError():
            return say("the host {host} is not known", host=error.host)
        case aiohttp.ClientConnectorCertificateError(certificate_error=ssl.SSLCertVerificationError() as fault):
            return say("its certificate is not trusted: {fault}", fault=fault.verify_message)
        case aiohttp.ClientConnectorCertificateError():
            return say("its certificate is not trusted: {fault}", fault=str(error.certificate_error))
        case aiohttp.ClientSSLError():
            return say("no TLS: {fault}", fault=getattr(error.os_error, "reason", "") or type(error.os_error).__name__)
        case aiohttp.ClientConnectorError(os_error=ConnectionRefusedError()):
            return say("it refuses connections")
        case aiohttp.ClientConnectorError():
            return say("it cannot be reached: {fault}", fault=error.os_error.strerror or type(error.os_error).__name__)
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientOSError() | ConnectionError():
            return say("it cut the connection before it answered")
        case aiohttp.ClientResponseError() | aiohttp.ClientPayloadError():
            return say("what it answered is not HTTP")
    return say("it failed: {fault}", fault=type(error).__name__)
