"""`kams forecast`: what forecasters ask. The group answers by itself; each module adds its commands."""

from __future__ import annotations

from collections.abc import Callable

import typer

from api.cli.forecasting import backtest, bridging, calls, gap, kept, methods, picture, score, training
from api.cli.forecasting.question import forecast

COMMANDS: tuple[Callable[[typer.Typer], None], ...] = (
    backtest.add,
    bridging.add,
    calls.add,
    gap.add,
    kept.add,
    methods.add,
    picture.add,
    score.add,
    training.add,
)


def add(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer()
    group.callback(invoke_without_command=True)(forecast)
    for add_commands in COMMANDS:
        add_commands(group)
    app.add_typer(group, name="forecast")
