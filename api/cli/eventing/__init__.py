"""`kams events`: the stream of events on the command line. Each module adds its commands."""

from __future__ import annotations

from collections.abc import Callable

import typer

from api.cli import events_schemas
from api.cli.eventing import export, replay, tail

COMMANDS: tuple[Callable[[typer.Typer], None], ...] = (tail.add, export.add, replay.add, events_schemas.add)


def add(app: typer.Typer) -> None:
    """Add the group."""
    events = typer.Typer(no_args_is_help=True, help="The stream of events: follow, export, replay, schemas.")
    for add_commands in COMMANDS:
        add_commands(events)
    app.add_typer(events, name="events")
