"""A row of the feed."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

COLUMNS = "position, recorded_at, type, subject, account, territory, origin, event, sealed, whole"


class FeedRow(NamedTuple):
    """A row of the feed: `event` is the envelope as JSON without personal data, `sealed` what belongs into it. Not
    `whole` is what could not be read when it was published, or comes after such an event in its stream."""

    position: int
    recorded_at: datetime
    type: str
    subject: UUID
    account: UUID | None
    territory: str
    origin: str
    event: bytes
    sealed: bytes | None
    whole: bool = True
