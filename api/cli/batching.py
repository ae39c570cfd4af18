"""`kams command --batch`: many commands from a file of JSON lines, each accepted or refused by itself."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from api.cli import member_commands, output
from api.cli.documents import STANDARD_INPUT
from domain.errors import Fault, Malformed
from domain.language.catalogue import say

if TYPE_CHECKING:
    from api.command_batches import CommandResult

LISTED = 1_000
"""Rows of a report that lists all; a longer one lists what was refused."""


def give_batch(file: str, once: str | None, *, json: bool) -> None:
    """Give the commands of a file and report what became of each. Ends with 1 where one was refused."""
    from api.command_batches import results_of

    content = _content(file)
    lines = [line for line in content.split(b"\n") if line.strip()]
    key = once or hashlib.sha256(content).hexdigest()
    with member_commands.counter() as at, output.progress() as bar:
        task = bar.add_task(say("commands"), total=len(lines))
        found = []
        for result in results_of(at.call(), _stated(lines), key):
            found.append(result)
            bar.update(task, completed=len(found))
    refused = [each for each in found if _reason(each)]
    if json:
        output.print_json({"results": found, "refused": len(refused)})
    else:
        _print(lines, found if len(found) <= LISTED else refused)
        repeated = sum(each.repeated is True for each in found)
        recorded = sum(bool(each.positions) and not each.repeated for each in found)
        output.say(
            say(
                "{recorded:,} recorded, {repeated:,} recorded before, {same:,} so already, {refused:,} refused",
                recorded=recorded,
                repeated=repeated,
                same=len(found) - recorded - repeated - len(refused),
                refused=len(refused),
            )
        )
    if refused:
        raise typer.Exit(1)


def _content(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == STANDARD_INPUT else Path(file).read_bytes()
    except OSError as error:
        raise Malformed(Fault(file, "", say("cannot be read: {strerror}", strerror=error.strerror))) from None


def _stated(lines: list[bytes]) -> Iterator[Any]:
    """What the lines say; one that is no JSON stands for itself, and is refused as such."""
    from api.bodies import value_of
    from api.refusals import NotJson

    for line in lines:
        try:
            yield value_of(line)
        except NotJson:
            yield line.decode(errors="replace")


def _reason(result: CommandResult) -> str:
    """Why a command was refused, its place in the file left out; empty where it was accepted."""
    problem = getattr(result.problem, "detail", "")
    return str(problem).replace(f"commands[{result.index}].", "").replace(f"commands[{result.index}]", say("the line"))


def _print(lines: list[bytes], results: list[CommandResult]) -> None:
    if not results:
        return
    rows = [(result.index + 1, _command(lines[result.index]), result.status, _became(result)) for result in results]
    output.print_table("Commands", ["line", "command", "status", "result"], rows)


def _became(result: CommandResult) -> str:
    if reason := _reason(result):
        return reason
    if result.repeated is True:
        return say("recorded before, at position {position}", position=result.position)
    if result.positions:
        return say("recorded at position {position}", position=result.position)
    return say("nothing to record: so it is already")


def _command(line: bytes) -> str:
    import msgspec

    try:
        stated = msgspec.json.decode(line)
        return f"{stated['aggregate']} {stated['command']}"
    except (msgspec.DecodeError, KeyError, TypeError):
        return line[:30].decode(errors="replace")
