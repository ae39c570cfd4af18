"""The command `kams import`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import output
from api.cli.options import day as stated_day
from domain.language.catalogue import in_context, say

if TYPE_CHECKING:
    from uuid import UUID

    from api.cli.session import System
    from api.importing.report import ImportReport

HELP = """Import files or folders of CSV or .xlsx as history: every row is a fact with its business time.

The same file twice records nothing; a later snapshot records what changed. Rows that are refused go to a file that
says line, column, value, reason and what to do; everything else goes in. A file's name says what its rows are
(accounts, opportunities, stage_history, stakeholders, relationships, buyers, visits, satisfaction, purchases,
key_status, managers, answers, products, territories, targets, rates, holidays, members, payments, credit …, and
facts: any command as a row), or --kind, or a mapping, which --suggest drafts. In a workbook each worksheet's title
says it.
Columns are found by English or Chinese headers (docs/import.md lists them). Names of your own are told by a mapping
(TOML):

\b
    on = 2017-12-31                      # the day of the export
    currency = "USD"                     # of amounts that state none
    dates = "%m/%d/%Y"                   # where dates are not ISO
    decimal = ","                        # the decimal sign
    encoding = "cp1252"                  # where the content does not tell; also: delimiter = ";"
    price_list = "products.csv"          # the file of products whose list prices stand for missing amounts
    [process]                            # the sales process that the foreign pipeline becomes; no gates
    key = "theirs"
    name = "Their pipeline"
    stages = [{ key = "lead", name = "Lead", probability = 10, category = "pipeline" }]
    [[tables]]                           # one for each kind that a file holds; a file may have several
    file = "deals*.csv"
    kind = "opportunities"
    columns = { external_id = "Deal No", account = "Customer", title = "{Customer} {Product}" }
    defaults = { account = "nobody" }    # for blank cells and columns that are not there
    values.product = { "GTXPro" = "GTX Pro" }
    times = { amount = 1000 }            # where the file writes thousands
    also = ["territory"]                 # columns found by their usual headers as well
    [[rows]]                             # a row that no file holds
    kind = "accounts"
    name = "nobody"

A column is a header of the file, or a text with headers in braces. Shipped mappings: maven, salvirt."""


def add(app: typer.Typer) -> None:
    """Add the import."""
    app.command("import", help=HELP)(take_in)


def take_in(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.")],
    mapping: Annotated[str | None, typer.Option(help="A shipped mapping by name, or a TOML file.")] = None,
    kind: Annotated[str | None, typer.Option(help="What the rows are, where the file's name does not tell.")] = None,
    on: Annotated[str | None, typer.Option(metavar="DATE", help="The export's day (2017-12-31).")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide everything, record nothing.")] = False,
    suggested: Annotated[
        bool, typer.Option("--suggest", help="Draft a mapping from the files' headers on standard output; no import.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON alone on standard output.")] = False,
) -> None:
    """Import files as history."""
    if suggested:
        draft_mapping(paths)
        return
    from api.access import must_import
    from api.cli.seal_key import seal_now
    from api.cli.session import system
    from api.cli.settings import Settings

    day = stated_day("--on", on)
    with system(Settings.from_environment()) as made:
        asker = made.asker()
        must_import(asker)
        report = run_import(made, paths, mapping=mapping, kind=kind, on=day, dry_run=dry_run, actor=asker.member)
        if not dry_run:
            seal_now(made)
    if json:
        output.print_json(report)
    else:
        show(report, dry_run)
    if report.refused or report.whole:
        raise typer.Exit(1)


def draft_mapping(paths: list[Path]) -> None:
    """Print a mapping for the files. Raises FileRefused, Malformed."""
    from api.importing.suggest import suggest
    from domain.errors import Fault, Malformed

    if absent := [path for path in paths if not path.exists()]:
        raise Malformed(
            *(Fault("path", str(path), say("there is no such file or folder: {path}", path=path)) for path in absent)
        )
    print(suggest(paths), end="")


def run_import(
    made: System,
    paths: list[Path],
    *,
    mapping: str | None = None,
    kind: str | None = None,
    on: date | None = None,
    dry_run: bool = False,
    actor: UUID | None = None,
) -> ImportReport:
    """Import with a progress bar on standard error."""
    from api.importing.importer import Importer

    with output.progress() as bar:
        task = bar.add_task("import", total=None)

        def progress(step: str, done: int, total: int) -> None:
            bar.update(task, description=step, completed=done, total=total)

        importer = Importer(made.journal, actor=actor)
        return importer.run(paths, mapping=mapping, kind=kind, on=on, dry_run=dry_run, progress=progress)


def show(report: ImportReport, dry_run: bool) -> None:
    """What became of the rows, for people."""
    done = in_context("import", "would be" if dry_run else "was" if report.taken == 1 else "were")
    output.console().print(
        say(
            "{rows:,} {noun}: {taken:,} {done} taken, {unchanged:,} unchanged, {repeated:,} repeated, "
            "{refused:,} refused; {events:,} events.",
            rows=report.rows,
            noun=say("row" if report.rows == 1 else "rows"),
            taken=report.taken,
            done=done,
            unchanged=report.unchanged,
            repeated=report.repeated,
            refused=report.refused,
            events=report.events,
        )
    )
    for note in report.notes:
        output.say(note)
    if report.missing_of_most:
        output.say(
            say("No longer in the files: {known}", known=", ".join(report.missing_of_most[:10]))
            + " …" * (len(report.missing_of_most) > 10)
        )
    if report.ignored_files:
        left = ", ".join(report.ignored_files)
        if report.mapped:
            output.say(say("Not named by the mapping, so left out: {ignored_files}", ignored_files=left))
        else:
            output.say(
                say("Left out, because their names do not tell what they hold (--kind, --suggest): {left}", left=left)
            )
    if report.whole:
        output.say(report.whole)
    if report.refused_file:
        output.say(say("Refused rows, with reasons and what to do: {refused_file}", refused_file=report.refused_file))
