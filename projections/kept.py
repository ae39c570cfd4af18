"""What tells one content of a read model's tables from any other: answers made from them are kept by it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import psycopg

from projections.engine import ReadModel

_CHANGED = "select changed_at from projections where model = %s and version = %s and not rebuilding"


class Content(NamedTuple):
    """A database, a model, and when its rows changed last, as a transaction sees it."""

    host: str
    port: int
    database: str
    model: str
    changed_at: datetime


def content_of(connection: psycopg.Connection, model: ReadModel, changed_at: datetime | None = None) -> Content | None:
    """The content of a model's tables that a transaction sees, of which it is known, or looked up, when they changed;
    None where the model is not there."""
    if changed_at is None:
        found = connection.execute(_CHANGED, (model.name, model.version), prepare=True).fetchone()
        if found is None:
            return None
        (changed_at,) = found
    about = connection.info
    return Content(about.host, about.port, about.dbname, model.name, changed_at)
