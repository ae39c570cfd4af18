"""`kams events schemas`: the JSON Schemas of events, and an example of each."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli import output


def add(group: typer.Typer) -> None:
    """Add the command to the group `kams events`."""
    group.command("schemas")(schemas)


def schemas(
    event: Annotated[str, typer.Argument(metavar="[TYPE]", help="An event type such as Account.VisitLogged.")] = "",
    version: Annotated[int, typer.Option(help="A version of it; the newest one where none is stated.")] = 0,
    example: Annotated[bool, typer.Option("--example", help="An example, instead of the schema.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON, which a schema is always.")] = False,
) -> None:
    """All event types with their versions, or the JSON Schema of one."""
    from api.contract import schemas as published
    from api.contract.examples import example as example_of
    from api.contract.serving import types

    if event:
        wanted = version or published.versions_of(event)[-1]
        schema = published.schema(event, wanted)
        output.print_json(example_of(event, wanted) if example else schema)
        return
    found = types()
    if as_json:
        output.print_json(found)
        return
    lines = [[each.type, ", ".join(map(str, each.versions)), each.description] for each in found.types]
    output.print_table("Events", ["type", "versions", "meaning"], lines)
