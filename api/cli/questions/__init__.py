"""The table of contents: reading commands of the read models, a file each."""

from __future__ import annotations

import typer

from api.cli.questions import (
    balance,
    buying,
    competition,
    deliveries,
    duplicates,
    exposure,
    maps,
    portfolio,
    qualification,
    quotes,
    visits,
    winning,
)


def add(app: typer.Typer) -> None:
    """Add all of them."""
    balance.add(app)
    buying.add(app)
    duplicates.add(app)
    exposure.add(app)
    maps.add(app)
    portfolio.add(app)
    winning.add(app)
    quotes.add(app)
    deliveries.add(app)
    competition.add(app)
    qualification.add(app)
    visits.add(app)
