"""What can go wrong between a program and KAMS."""

from __future__ import annotations

import json
from typing import Any

from domain.errors import KamsError

Lost = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError)
"""What says that somebody took the connection, and then let it go."""


class NotAnswered(KamsError):
    """{url} answered {status}: {reason}"""


class NotAdmitted(NotAnswered):
    """{url} answered {status}: {reason} Asking again does not help: another key is needed."""


class NotReached(KamsError):
    """{url} is not reached: {reason}. State where KAMS serves: url="http://…"."""


class NotKnown(NotReached):
    """{url} has not answered for {seconds} seconds: {reason}. Whether it is recorded is not known: send it again with
    idempotency_key="{idempotency_key}", and it is recorded once.

    `idempotency_keys` in the details are those of all commands that were not answered.
    """


class JournalCutOff(KamsError):
    """The journal has not all that was read up to position {position}: {reason}

    `go_on_after` in the details is the last position that is common; what was read beyond it was not recorded.
    """


class StreamInconsistent(KamsError):
    """The server said {found} after position {position}: it contradicts itself, so nothing more is read from it."""


class CheckpointUnreadable(KamsError):
    """The checkpoint {path} cannot be read: {reason}. Mend it, or delete it to begin anew."""


class CheckpointNotKept(KamsError):
    """The checkpoint {path} cannot be written: {reason}. Reading ends, since it could not go on here later."""


class CommandRefused(KamsError):
    """The command {command} was refused with {status}: {reason}

    `problem` in the details is the whole document (RFC 9457).
    """


class WebhookNotGenuine(KamsError):
    """This is no genuine webhook: {reason}."""


class NotAFrame(KamsError):
    """{frame} is no frame that can be made: state {frames}."""


class PackageMissing(KamsError):
    """A frame of {frame} needs another package: pip install {package}."""


class NoLines(KamsError):
    """The answer of {what} holds no list that could be a frame; it has: {fields}."""


def answered(url: str, status: int, body: bytes) -> NotAnswered:
    """The error for an answer that is a problem; its document is `problem` in the details."""
    kind = NotAdmitted if status in (401, 403) else NotAnswered
    return kind(url=url, status=status, reason=reason_of(body), problem=problem_in(body))


def problem_in(body: bytes) -> dict[str, Any]:
    """The problem document of an answer; empty where it is none."""
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def reason_of(body: bytes) -> str:
    """What a problem says: its detail and the fields that are wrong."""
    return said(problem_in(body)) or body[:200].decode(errors="replace")


def said(problem: dict[str, Any]) -> str:
    """A problem in words, each once: a detail may name the faults already."""
    detail = problem.get("detail") or problem.get("title") or ""
    faults = [each for each in problem.get("faults", []) if not _names(detail, each)]
    told = "; ".join(f"{each['field']}: {each['reason']}" for each in faults)
    return " ".join(part for part in (detail, told) if part)


def _names(detail: str, fault: dict[str, Any]) -> bool:
    """Whether a detail says the fault, in a batch by the field within its command."""
    return fault["reason"] == detail or f"{fault['field'].rpartition('.')[2]}: {fault['reason']}" in detail
