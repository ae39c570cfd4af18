"""`kams forecast training`: the table from which other tools may learn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import output
from api.cli.asking import AsOf, Json, KnownAt, NoWait, opened
from api.cli.options import day, none_of
from domain.language.catalogue import say

if TYPE_CHECKING:
    from api.rows.taking import Batch


def add(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(training)


def training(
    out: Annotated[
        Path, typer.Argument(metavar="FILE", help="The file to write: FILE.parquet, .arrow, .csv or .jsonl.")
    ],
    since: Annotated[str, typer.Option("--from", metavar="D", help="The first snapshot.")],
    to: Annotated[str | None, typer.Option("--to", metavar="D", help="The last snapshot; else --as-of.")] = None,
    every: Annotated[int, typer.Option("--every", metavar="DAYS", min=1, help="So many days between snapshots.")] = 7,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    json: Json = False,
    no_wait: NoWait = False,
) -> None:
    """The training table (训练表): a row for each open opportunity and weekly snapshot, for other tools to learn from.

    Each row holds what was knowable at the snapshot and nothing later; beside it stands how it ended, as knowable
    at --as-of.
    """
    import msgspec

    from api.files import new_file
    from api.rows.files import SUFFIXES, format_named, write
    from api.rows.training import training as table
    from domain.policies.calendar import day_of

    wanted, first, end = format_named(out), day("--from", since), day("--to", to)
    if wanted is None or first is None:
        raise none_of(out.suffix or out.name, SUFFIXES, "FILE")
    with opened(as_of, known_at, no_wait) as (_, view), new_file(out, force=force) as file:
        until = day_of(view.policies.company, view.clock.as_of)
        last = min(end or until, until)
        taking = table(view, first, last, until, every_days=every)
        counted = _Counted()
        with output.progress() as bar:
            task = bar.add_task(say("snapshots"), total=(last - first).days // every + 1)
            batches = counted.of(taking.batches, lambda: bar.advance(task))
            write(taking._replace(batches=batches), wanted, file)
    if json:
        output.print_json({"file": str(out), "rows": counted.rows, "snapshots": counted.batches,
                           **msgspec.structs.asdict(taking.rested)})  # fmt: skip
        return
    output.say(
        say(
            "{rows:,} rows of {snapshots:,} snapshots from {first} to {last}: {file}",
            rows=counted.rows,
            snapshots=counted.batches,
            first=first,
            last=last,
            file=out,
        )
    )


class _Counted:
    """Counts what passes."""

    def __init__(self) -> None:
        self.rows = self.batches = 0

    def of(self, batches: Iterator[Batch], told: Callable[[], None]) -> Iterator[Batch]:
        """The same batches; each is told."""
        for batch in batches:
            self.rows += len(batch)
            self.batches += 1
            told()

            yield batch
