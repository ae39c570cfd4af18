"""The table of contents: reading commands of the read models, a file each."""

from __future__ import annotations

import typer

from api.cli.questions import balance, buying, maps


def add(app: typer.Typer) -> None:
    """Add all of them."""
    balance.add(app)
    buying.add(app)
    maps.add(app)
