"""`kams events schemas`: it needs no database."""

import json

import typer
from typer.testing import CliRunner

from api.cli import events_schemas
from api.contract.examples import example
from api.contract.schemas import schema


def told(*arguments: str) -> str:
    """What the command prints."""
    group = typer.Typer()
    events_schemas.add(group)
    done = CliRunner().invoke(group, list(arguments))
    assert done.exit_code == 0, done.output
    return done.output


def test_all_types_are_listed() -> None:
    assert "Account.VisitLogged" in told()
    assert {"Account.VisitLogged": [1, 2]}.items() <= {
        each["type"]: each["versions"] for each in json.loads(told("--json"))["types"]
    }.items()


def test_a_schema_and_an_example_are_printed() -> None:
    assert json.loads(told("Account.VisitLogged")) == schema("Account.VisitLogged", 2)
    assert json.loads(told("Account.VisitLogged", "--version", "1")) == schema("Account.VisitLogged", 1)
    assert json.loads(told("Account.VisitLogged", "--example")) == example("Account.VisitLogged", 2)
