"""The command line is built once per test process, not anew for each command given in it: to build its hundred commands
takes longer than most of them."""

from __future__ import annotations

from typing import Any

import typer
from typer import testing

_BUILT: dict[Any, Any] = {}
anew = typer.main.get_command


def keep() -> None:
    """From now on the runner of tests finds what it built before."""
    testing._get_command = built  # type: ignore[attr-defined]


def built(app: typer.Typer) -> Any:
    """The command of an application that has these commands."""
    made_of = _parts(app)
    if made_of not in _BUILT:
        _BUILT[made_of] = anew(app)
    return _BUILT[made_of]


def _parts(app: typer.Typer) -> tuple[Any, ...]:
    commands = tuple((each.name, each.callback) for each in app.registered_commands)
    groups = tuple((each.name, _parts(each.typer_instance)) for each in app.registered_groups if each.typer_instance)
    callback = app.registered_callback and app.registered_callback.callback
    return str(app.info.name), str(app.info.help), callback, commands, groups
