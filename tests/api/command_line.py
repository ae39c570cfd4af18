"""Giving commands of the command line in the tests' own process, as a member of a database of one's own."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer
from typer.testing import CliRunner

from api.cli import administration
from api.cli.errors import exit_code
from api.cli.session import make_first_admin, system
from api.cli.settings import Settings


@dataclass(frozen=True)
class Answer:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which must be one JSON document alone."""
        return json.loads(self.out)


@dataclass
class CommandLine:
    """A terminal with its environment."""

    environment: dict[str, str]
    app: typer.Typer = field(default_factory=typer.Typer)

    def __post_init__(self) -> None:
        administration.add(self.app)

    def __call__(self, *words: str, given: str = "", **environment: str) -> Answer:
        """Give a command; `given` is its standard input."""
        env = {**self.environment, **environment}
        result = CliRunner().invoke(self.app, words, input=given, env=env)
        if isinstance(result.exception, Exception) and not isinstance(result.exception, SystemExit):
            code = exit_code(result.exception)
            if code is None:
                raise result.exception
            return Answer(code, result.stdout, result.stderr + str(result.exception))
        return Answer(result.exit_code, result.stdout, result.stderr)


def company_system(database_url: str, redis_url: str, home: Path) -> CommandLine:
    """A system on a migrated database that is not embedded, whose first admin's key lies in the home."""
    home.mkdir()
    with system(Settings(home=home, database_url=database_url, redis_url=redis_url)) as made:
        make_first_admin(made)
    return CommandLine(
        {"KAMS_HOME": str(home), "KAMS_DATABASE_URL": database_url, "KAMS_REDIS_URL": redis_url, "KAMS_KEY": ""}
    )
