"""What every forecast on the command line rests on: a model that is there, else one that is fitted now."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from api.cli import output
from domain.language.catalogue import say

if TYPE_CHECKING:
    from api.cli.session import System
    from projections.forecast_learning import Learned
    from projections.forecasting.model import Model
    from projections.forecasting.store import Wanted
    from projections.view import View

PATIENCE = 1.0
"""Seconds without an answer after which one says what takes so long."""


def learned_at(made: System, view: View) -> Learned:
    """The histories and the model as of the view's clocks. A model that is not there yet is fitted and kept."""
    from projections.forecast_learning import learned, model_at

    with saying_what_takes_long():
        model = model_at(view, datetime.now(UTC), partial(keep_model, made))
    return learned(view, model)


def keep_model(made: System, model: Model, asked: Wanted) -> None:
    """Keep a model for the next question; where nothing may be written, it is fitted again."""
    import psycopg

    from projections.forecasting.store import save

    refused = psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.InsufficientPrivilege
    with suppress(*refused), made.journal.pool.connection() as connection:
        save(connection, model, asked)


@contextmanager
def saying_what_takes_long() -> Iterator[None]:
    """Say on standard error that KAMS is learning, once that takes more than a moment."""
    words = say("Learning from the company's own history, once for this moment…")
    timer = threading.Timer(PATIENCE, output.say, (words,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
