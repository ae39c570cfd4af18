"""The table of contents: reading commands of the read models, a file each."""

from __future__ import annotations

import typer


def add(app: typer.Typer) -> None:
    """Add all of them."""
