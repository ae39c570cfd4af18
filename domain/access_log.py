"""The access log's seal (访问日志): each finished hour of it, hashed into one fact of the journal.

Who signed in, was refused, read personal data or took data away stands in the log itself, beside the journal; the
fact proves later that nobody changed the hour.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from domain.aggregate import BEGINNING, Aggregate, Event, Moment, Withdrawal, command, learn
from domain.errors import Refused

NAMESPACE = UUID("b1f5f0c8-7a50-5d0e-9a55-0f2f5f7f4a3d")
ACCESS_LOG = uuid5(NAMESPACE, "access log")
"""The one stream."""
HOUR = timedelta(hours=1)
DIGEST_BYTES = 32


class NotAnHour(Refused):
    """{hour} is no full hour: an hour of the access log begins at minute 0."""


class HourNotOver(Refused):
    """The hour from {hour} is not over: seal it when it is."""


class HourSealedAlready(Refused):
    """The access log is sealed up to {until}, the hour from {hour} with it: seal one that begins then or later."""


class DigestUnfit(Refused):
    """{found} bytes over {rows} rows are no digest of an hour: state the {expected} bytes of SHA-256 over at least one
    row."""


@learn
class AccessLog(Aggregate, eq=False):
    """What is sealed of the access log: everything before `until`. Hours without a row have no fact."""

    opened: bool = True
    until: Moment = BEGINNING

    class Sealed(Event):
        """An hour of the access log is over and holds so many rows; `digest` is SHA-256 over them in order."""

        hour: Moment
        rows: int
        digest: bytes

        def check(self, log: AccessLog) -> None:
            """A full hour after those that were sealed."""
            if self.hour != self.hour.replace(minute=0, second=0, microsecond=0):
                raise NotAnHour(hour=self.hour.isoformat())
            if self.hour < log.until:
                raise HourSealedAlready(hour=self.hour.isoformat(), until=log.until.isoformat())
            if len(self.digest) != DIGEST_BYTES or self.rows < 1:
                raise DigestUnfit(expected=DIGEST_BYTES, found=len(self.digest), rows=self.rows)

        def apply(self, log: AccessLog) -> None:
            """It is sealed."""
            log.until = self.hour + HOUR

    class FactWithdrawn(Withdrawal):
        """A seal is taken back (冲销): the log itself stays as it is."""

    @command
    def seal(self, *, hour: Moment, rows: int, digest: bytes) -> None:
        """Record the digest of an hour that is over, unless it is sealed."""
        if hour + HOUR > self.root.moment:
            raise HourNotOver(hour=hour.isoformat())
        if hour + HOUR != self.until:
            self.record(self.Sealed(hour=hour, rows=rows, digest=digest))


def seal_command(hour: datetime) -> UUID:
    """The identity of the command that seals an hour: whoever gives it, it is recorded once."""
    return uuid5(NAMESPACE, hour.isoformat())
