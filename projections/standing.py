"""What a question begins with, asked in one go: the journal's newest event, and where the read models stand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import msgspec
import psycopg

from projections.engine import ReadModel

_MODELS = (
    "p.model, p.version, p.position, p.changed_at, p.rebuilt_at, exists"
    " (select from parked k where k.model = p.model and k.version = p.version and not k.rebuilding)"
)
_END = "md5(recorded_at::text || encode(state, 'hex'))"
_BEGUN = f"""
select newest.position, newest.recorded_at, newest.told, {_MODELS}
from (values (true)) one left join
    (select position, recorded_at, {_END} told from events order by position desc limit 1) newest on true
    left join projections p on not p.rebuilding order by p.version
"""
_STANDING = f"select {_MODELS} from projections p where not p.rebuilding order by p.version"
_TOLD = f"select {_END} from events where position = %s"


class Standing(msgspec.Struct, frozen=True):
    """Where a model stands: its version, position, when its rows changed, when it was rebuilt, whether rows wait for
    an event that could not be taken in."""

    version: int
    position: int
    changed_at: datetime
    rebuilt_at: datetime | None
    is_parked: bool


class Begun(NamedTuple):
    """The newest position, when it was recorded, what tells the journal up to it from any other, and the models by
    name: as a transaction sees them."""

    head: int
    recorded_at: datetime | None
    end: str
    standings: dict[str, Standing]

    def of(self, model: ReadModel) -> Standing | None:
        """Where a model of this version stands; None where it does not."""
        found = self.standings.get(model.name)
        return found if found and found.version == model.version else None

    def is_complete(self, models: Iterable[ReadModel]) -> bool:
        """Whether these models show all that is recorded."""
        found = map(self.of, models)
        return all(each is not None and each.position >= self.head and not each.is_parked for each in found)


def begun(connection: psycopg.Connection) -> Begun:
    """What a transaction sees at its beginning."""
    rows = connection.execute(_BEGUN.encode(), prepare=True).fetchall()
    position, recorded_at, told, *_ = rows[0]
    standings = {model: Standing(*of) for _, _, _, model, *of in rows if model is not None}
    return Begun(position or 0, recorded_at, told or "", standings)


def models_standing(connection: psycopg.Connection) -> dict[str, Standing]:
    """Where the models stand."""
    return {model: Standing(*of) for model, *of in connection.execute(_STANDING.encode(), prepare=True)}


def end_of(connection: psycopg.Connection, position: int) -> str:
    """What tells the journal up to a position from any other."""
    found = connection.execute(_TOLD.encode(), (position,), prepare=True).fetchone()
    return str(found[0]) if found else ""
