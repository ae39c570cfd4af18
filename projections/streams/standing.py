"""Where the feed stands against the journal."""

from __future__ import annotations

import msgspec
import psycopg

STANDS = """
select coalesce(f.position, 0), coalesce(j.position, 0), coalesce(greatest(0, extract(epoch from
        clock_timestamp() - n.recorded_at)), 0)::float8, n.position,
    (select count(*) from feed where not whole)
from (select max(position) as position from feed) f
cross join (select max(position) as position from events) j
left join lateral (
    select position, recorded_at from events where position > coalesce(f.position, 0) order by position limit 1
) n on true"""


class FeedStanding(msgspec.Struct, frozen=True):
    """The newest position of the feed and of the journal; the age of the oldest event that is not published; how many
    events could not be read, or follow one that could not; and the position that the journal lacks, if it does."""

    position: int
    head: int
    lag_seconds: float
    not_whole: int
    missing: int | None = None

    @property
    def complete(self) -> bool:
        """Whether everything is published."""
        return self.position == self.head


def feed_standing(connection: psycopg.Connection) -> FeedStanding:
    """Where the feed stands now."""
    found = connection.execute(STANDS).fetchone()
    assert found is not None
    position, head, lag, following, not_whole = found
    missing = position + 1 if following is not None and following != position + 1 else None
    return FeedStanding(position, head, lag, not_whole, missing)
