"""Giving commands of the command line in the tests' own process, as a member of a database of one's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer
from typer.testing import CliRunner

from api.cli import administration, questions
from api.cli.errors import exit_code
from api.cli.session import make_first_admin, system
from api.cli.settings import Settings
from tests.conftest import Addresses, new_database


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


def done(answer: Answer) -> Answer:
    """An answer that went well."""
    assert answer.code == 0, answer.err
    return answer


def give(kams: CommandLine, aggregate: str, which: str, command: str, on: str, **fields: str) -> Answer:
    """A command that happened on a day, each field stated with `--set`."""
    stated = [word for key, value in fields.items() for word in ("--set", f"{key}={value}")]
    return kams("command", aggregate, which, command, *stated, "--on", on)


def company_that_lived(
    addresses: Addresses, name: str, folder: Path, live_through: Callable[[CommandLine], None]
) -> Iterator[CommandLine]:
    """A company on a database of its own with all questions, after what it lived through."""
    assert addresses.redis_url
    for url in new_database(addresses.database_url, name):
        made = company_system(url, addresses.redis_url, folder / "home")
        questions.add(made.app)
        live_through(made)
        yield made


def company_system(database_url: str, redis_url: str, home: Path) -> CommandLine:
    """A system on a migrated database that is not embedded, whose first admin's key lies in the home."""
    home.mkdir()
    with system(Settings(home=home, database_url=database_url, redis_url=redis_url)) as made:
        make_first_admin(made)
    return CommandLine(
        {"KAMS_HOME": str(home), "KAMS_DATABASE_URL": database_url, "KAMS_REDIS_URL": redis_url, "KAMS_KEY": ""}
    )
