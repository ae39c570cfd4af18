"""The engine of all read models: rows and handlers are theirs, everything else is here."""

from projections.engine.engine import Engine, ModelStatus, Status
from projections.engine.model import Envelope, ReadModel, on
from projections.engine.query import Clock, as_of_sql, clock, models_asked, note_asked, stretches_sql
from projections.engine.rebuild import Comparison, Retried
from projections.engine.rows import Row, Scale

__all__ = [
    "Clock",
    "Comparison",
    "Engine",
    "Envelope",
    "ModelStatus",
    "ReadModel",
    "Retried",
    "Row",
    "Scale",
    "Status",
    "as_of_sql",
    "clock",
    "models_asked",
    "note_asked",
    "on",
    "stretches_sql",
]
