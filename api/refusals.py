"""What the door refuses, whoever asks there; `problems` says how HTTP puts it."""

from __future__ import annotations

from domain.errors import KamsError


class NotJson(KamsError):
    """The body is not JSON: {reason}."""


class NotForm(KamsError):
    """What was sent is {found}: a form is sent as `application/x-www-form-urlencoded`."""


class NotMsgpack(KamsError):
    """The body is not msgpack: {reason}."""


class HostUnknown(KamsError):
    """This server does not answer for the host that the request names."""


class NotYetReady(KamsError):
    """{what} cannot be answered yet: {progress}."""


class NotYetThere(KamsError):
    """Position {position} has not been reached within {seconds} s; the read models stand at {reached}."""


class AheadOfJournal(KamsError):
    """Position {position}, as you know it, is not in this journal, whose head is {head}: {why}. Go on after
    {go_on_after}, and take what you had beyond it for not recorded.

    `restored_at` is when the journal was restored from a backup; None where it never was.
    """


class NotAcceptable(KamsError):
    """Events are not sent as {accept}: accept one of {known}."""
