"""`kams events export`: the events of a stretch of the journal into a file for other tools."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from api.cli import output
from api.cli.eventing.source import Account, NoImports, Personal, Territory, Types, number, opened_source
from api.cli.options import none_of
from domain.language.catalogue import say

if TYPE_CHECKING:
    from api.cli.eventing.source import Source
    from api.streams.reading import Stretch

STANDARD_OUTPUT = "-"
COLUMNS = (
    "position", "id", "type", "subject", "account", "territory", "time", "occurredat", "precision", "actor", "origin",
    "commandid", "correlationid", "causationid", "schemaversion", "streamversion", "error",
)  # fmt: skip
OF_DATA = ("fields", "changes", "note")


def add(events: typer.Typer) -> None:
    """Add the command."""
    events.command()(export)


def export(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="FILE.ndjson, .json, .msgpack or .csv; - for standard output.")
    ],
    form: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="ndjson, json, msgpack or csv, whatever the file's name.")
    ] = "",
    after: Annotated[
        int, typer.Option("--after", metavar="N", parser=number("--after", 0), help="Everything after this.")
    ] = 0,
    to: Annotated[
        int | None, typer.Option("--to", metavar="N", parser=number("--to", 0), help="Up to this position; else all.")
    ] = None,
    account: Account = "",
    types: Types = "",
    territory: Territory = "",
    no_imports: NoImports = False,
    personal: Personal = False,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Export events (事件导出) as integrators get them: one CloudEvent a line, or what other tools read.

    The file is whole or not there. Personal data is in it only with --personal.
    """
    wanted = _format(file, form)
    with opened_source(
        account, types, territory, no_imports=no_imports, personal=personal, after=max(after, to or 0)
    ) as source:
        head = source.brought_up()
        upto = head if to is None else min(to, head)
        with _written(file, force=force) as written:
            count = _write(source, after, upto, wanted, written)
    where = say("standard output") if file == STANDARD_OUTPUT else file
    output.say(say("Events up to position {position:,}: {count:,}, in {file}", count=count, position=upto, file=where))


def _format(file: str, stated: str) -> str:
    word = stated or ("ndjson" if file == STANDARD_OUTPUT else Path(file).suffix.removeprefix(".").lower())
    word = "ndjson" if word == "jsonl" else word
    if word not in WRITERS:
        ending = Path(file).suffix or file
        raise (
            none_of(stated, WRITERS, "--format")
            if stated
            else none_of(ending, [f".{each}" for each in WRITERS], "FILE")
        )
    return word


@contextmanager
def _written(file: str, *, force: bool) -> Iterator[IO[bytes]]:
    if file == STANDARD_OUTPUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    from api.files import new_file

    with new_file(Path(file), force=force) as made:
        yield made


def _write(source: Source, after: int, to: int, form: str, file: IO[bytes]) -> int:
    """Write a stretch page by page; how many events it has."""
    count = 0
    begin, page, end = WRITERS[form]()
    file.write(begin)
    with output.progress() as bar:
        task = bar.add_task(say("events"), total=max(to - after, 0))
        for stretch in source.stretches(after, to):
            file.write(page(stretch))
            count += len(stretch.events)
            bar.update(task, completed=stretch.examined - after)
    file.write(end)
    return count


Writer = tuple[bytes, Callable[["Stretch"], bytes], bytes]


def _ndjson() -> Writer:
    return b"", lambda stretch: b"".join(event + b"\n" for event in stretch.events), b""


def _json() -> Writer:
    written = 0

    def page(stretch: Stretch) -> bytes:
        nonlocal written
        if not stretch.events:
            return b""
        before = b",\n" if written else b"\n"
        written += len(stretch.events)
        return before + b",\n".join(stretch.events)

    return b"[", page, b"\n]\n"


def _msgpack() -> Writer:
    from api.streams.formats import EventsFormat, part

    return b"", lambda stretch: part(EventsFormat.MSGPACK, stretch.events), b""


def _csv() -> Writer:
    import csv
    import io

    import msgspec

    def lines(rows: list[list[Any]]) -> bytes:
        text = io.StringIO()
        csv.writer(text).writerows([[output.protected(cell) for cell in row] for row in rows])
        return text.getvalue().encode()

    def page(stretch: Stretch) -> bytes:
        return lines([_row(msgspec.json.decode(event)) for event in stretch.events])

    return lines([[*COLUMNS, *OF_DATA]]), page, b""


def _row(event: dict[str, Any]) -> list[Any]:
    import msgspec

    data = event.get("data") or {}
    held = [data.get(name) for name in OF_DATA]
    return [
        *(event.get(name) for name in COLUMNS),
        *(msgspec.json.encode(each).decode() if isinstance(each, dict | list) else each for each in held),
    ]


WRITERS: dict[str, Callable[[], Writer]] = {"ndjson": _ndjson, "json": _json, "msgpack": _msgpack, "csv": _csv}
"""How events are written, by the name of the format, which is also the end of a file's name."""
