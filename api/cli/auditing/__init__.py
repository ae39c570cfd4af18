"""`kams audit`: what an auditor asks. Each module adds its commands."""

from __future__ import annotations

from collections.abc import Callable

import typer

from api.cli.asking import to_the_cent
from api.cli.auditing import diff, offline, proofs, replay, report, sealed, trail, verify

COMMANDS: tuple[Callable[[typer.Typer], None], ...] = (
    replay.add,
    diff.add,
    report.add,
    trail.add,
    verify.add,
    sealed.add,
    proofs.add,
    offline.add,
)


def add(app: typer.Typer) -> None:
    """Add the group."""
    audit = typer.Typer(no_args_is_help=True, help="Replay, diff, trail, seal: what the company knew, and proof of it.")
    audit.callback()(to_the_cent)
    for add_commands in COMMANDS:
        add_commands(audit)
    if COMMANDS:
        app.add_typer(audit, name="audit")
