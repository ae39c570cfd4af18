"""`kams projections export | describe`: the rows of any read model as of any moment for other tools, and what their
columns mean."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import output
from api.cli.asking import AsOf, Json, KnownAt, NoWait, opened
from api.cli.options import none_of
from domain.language.catalogue import either, field_words, say, terms

if TYPE_CHECKING:
    from api.rows.taking import Batch, Rested, Taking

ModelName = Annotated[str, typer.Argument(metavar="MODEL", help="A read model: kams projections describe.")]


def add(projections: typer.Typer) -> None:
    """Add the commands to their group."""
    projections.command()(export)
    projections.command()(describe)


def export(
    model: ModelName,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Write to FILE.parquet, .arrow, .csv or .jsonl.")],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    columns: Annotated[
        str,
        typer.Option("--columns", metavar="NAMES", help="Only these, separated by commas; the key always."),
    ] = "",
    personal: Annotated[
        bool, typer.Option("--personal", help="With names and texts about people, for those who may read them.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    json: Json = False,
    no_wait: NoWait = False,
) -> None:
    """The rows of a read model (读模型导出) as of any moment, typed, into one file for other tools.

    The file says what it rests on: as of when, known at which position, whose rows. It is whole or not there.
    """
    from api.files import new_file
    from api.rows.files import SUFFIXES, format_named, write
    from api.rows.taking import take
    from projections.row_columns import model_named
    from projections.rows_taken import count

    wanted = format_named(out)
    if wanted is None:
        raise none_of(out.suffix or out.name, SUFFIXES, "--out")
    asked = model_named(model)
    names = [name.strip() for name in columns.split(",") if name.strip()]
    with opened(as_of, known_at, no_wait) as (made, view), new_file(out, force=force) as file:
        taking = take(made.journal, view, asked, names, personal=personal)
        with output.progress() as bar:
            task = bar.add_task(say("rows"), total=count(view, asked))
            rows = 0

            def told(batches: Iterator[Batch]) -> Iterator[Batch]:
                nonlocal rows
                for batch in batches:
                    rows += len(batch)
                    bar.update(task, completed=rows)
                    yield batch

            write(taking._replace(batches=told(taking.batches)), wanted, file)
    _say(taking, rows, out, json)


def _say(taking: Taking, rows: int, out: Path, json: bool) -> None:
    import msgspec

    rested: Rested = taking.rested
    if json:
        output.print_json({"file": str(out), "rows": rows, **msgspec.structs.asdict(rested)})
        return
    output.say(
        say(
            "{rows:,} rows of {model} as of {as_of:%Y-%m-%d %H:%M} UTC, known at position {position:,}: {file}",
            rows=rows,
            model=rested.model,
            as_of=rested.as_of,
            position=rested.known_at,
            file=out,
        )
    )


def describe(
    model: Annotated[str, typer.Argument(metavar="[MODEL]", help="A read model; all if not stated.")] = "",
    json: Json = False,
) -> None:
    """The read models (读模型) and what each of their columns means."""
    from api.questions.rows import described

    found = described(model)
    if json:
        output.print_json({"models": found})
        return
    if model:
        rows = [(each.name, each.type, _meaning(each.name, each.about)) for each in found[0].columns]
        output.print_table(f"{model}: {found[0].about}", ["column", "type", "meaning"], rows)
        return
    output.print_table(
        "Read models", ["model", "columns", "a row"], [(each.model, len(each.columns), each.about) for each in found]
    )


def _meaning(name: str, about: str) -> str:
    """In Chinese the words for the field before the meaning."""
    return either(about, f"{field_words(name)}：{about}" if name in terms("fields") else "")
