"""`kams streams`: what integrators subscribe to, and how it is brought. Each module adds its commands."""

from __future__ import annotations

from collections.abc import Callable

import typer

from api.cli.streaming import deliveries, groups, managing, ordering

COMMANDS: tuple[Callable[[typer.Typer], None], ...] = (managing.add, deliveries.add, ordering.add, groups.add)


def add(app: typer.Typer) -> None:
    """Add the group."""
    streams = typer.Typer(no_args_is_help=True, help="Subscriptions of integrators: webhooks, their deliveries.")
    for add_commands in COMMANDS:
        add_commands(streams)
    app.add_typer(streams, name="streams")
