"""How the audit trail and the access log are shown, and handed over as files."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import typer

from api.cli import output
from api.cli.fact_words import marks, who
from api.cli.options import none_of
from api.cli.zones import local_with_zone, titled
from domain.language.catalogue import say
from domain.lateness import LATE_AFTER

if TYPE_CHECKING:
    import msgspec

    from api.cli.fact_words import Words
    from api.cli.session import System
    from api.exporting import FileFormat
    from api.log_verdict import LogVerdict
    from api.questions.audit_trail import LogLine
    from api.trail_lines import TrailLine
    from projections.access_log import ChangedHour
    from projections.view import View

HEADER = ("position", "occurred", "recorded", "who", "what happened, why, before → after")
LOG_HEADER = ("at", "what", "who", "path", "about", "status", "rule")
MOST_CHANGES = 3
DAY = timedelta(days=1)


def format_of(out: Path | None, *, otherwise: bool) -> FileFormat | None:
    """The format that a file's name asks for; a usage error names what there is, or says that a format is stated
    `otherwise`, too."""
    from api.exporting import SUFFIXES

    if out is None:
        return None
    if otherwise:
        raise typer.BadParameter(say("the file's name says the format: leave out --csv and --json"), param_hint="--out")
    if out.suffix.lower() not in SUFFIXES:
        raise none_of(out.suffix or out.name, SUFFIXES, "--out")
    return SUFFIXES[out.suffix.lower()]


def identifier(option: str, text: str) -> UUID | None:
    """An identifier as a person states it."""
    try:
        return UUID(text) if text else None
    except ValueError:
        raise typer.BadParameter(say("{text} is no identifier (UUID)", text=text), param_hint=option) from None


def must_audit(made: System) -> None:
    """Refuse whoever is no auditor and no admin."""
    from domain.member import Role

    made.asker().must_be(Role.AUDITOR, Role.ADMIN)


@contextmanager
def progress_back(view: View, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A progress bar over the journal from the newest back: told the position of each line."""
    head = view.clock.known_at
    with output.progress(quiet) as bar:
        task = bar.add_task(say("Reading the journal"), total=head)
        yield lambda position: bar.update(task, completed=head - position)
        bar.update(task, completed=head)


def hand_over(
    kind: type[msgspec.Struct], lines: Iterable[msgspec.Struct], out: Path | None, wanted: FileFormat | None
) -> None:
    """Write all lines to a file, whole or not at all; without one as CSV to standard output."""
    from api.exporting import FileFormat, csv, ndjson, parquet
    from api.files import whole

    if out is None:
        for part in csv(kind, lines):
            sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()
        return
    with whole(out) as file:
        if wanted is FileFormat.PARQUET:
            parquet(kind, lines, file)
        else:
            file.writelines(ndjson(lines) if wanted is FileFormat.NDJSON else csv(kind, lines))
    output.say(say("Written: {path}", path=out))


def show_trail(lines: list[TrailLine], cursor: str | None, words: Words) -> None:
    """A page as a table."""
    if not lines:
        output.console().print(say("Nothing recorded that fits."))
        return
    output.print_table(titled(say("Audit trail, newest first")), HEADER, [_row(line, words) for line in lines])
    if cursor:
        output.say(say("More: --cursor {cursor}", cursor=cursor))


def show_log(lines: list[LogLine], cursor: str | None, words: Words) -> None:
    """A page as a table."""
    from api.trail_lines import IDENTIFIER, access_words

    if not lines:
        output.console().print(say("Nothing recorded that fits."))
        return
    rows = [
        (words.moment(line.at), access_words(line.kind), line.member_name or line.key_id,
         f"{line.method} {IDENTIFIER.sub(_shortened, line.path)}", "; ".join(line.about), line.status, line.rule)
        for line in lines
    ]  # fmt: skip
    output.print_table(titled(say("Access log, newest first")), LOG_HEADER, rows)
    if cursor:
        output.say(say("More: --cursor {cursor}", cursor=cursor))


def show_verdict(verdict: LogVerdict, json: bool) -> None:
    """Whether each sealed hour is as it was sealed; exit code 1 where one is not."""
    if json:
        output.print_json(verdict)
    elif verdict.ok:
        text = say("The access log is as it was sealed: {sealed} hours, none changed.", sealed=verdict.sealed_hours)
        output.console().print(text if verdict.sealed_hours else say("No hour of the access log is sealed yet."))
    else:
        for each in verdict.changed:
            output.console().print(_changed(each))
    if not verdict.ok:
        raise typer.Exit(1)


def _shortened(identifier: re.Match[str]) -> str:
    return identifier[0][:8]


def _changed(each: ChangedHour) -> str:
    hour = local_with_zone(each.hour)
    if not each.sealed:
        return say("CHANGED: in the hour from {hour} {found} lines were put in that nobody sealed.", hour=hour,
                   found=each.found)  # fmt: skip
    return say(
        "CHANGED: the hour from {hour} was sealed with {sealed} lines at position {position}; it holds {found}, not "
        "the same.",
        hour=hour, sealed=each.sealed, position=each.position, found=each.found,
    )  # fmt: skip


def _row(line: TrailLine, words: Words) -> tuple[Any, ...]:
    place = line.position if line.position is not None else "–"
    occurred = words.when(line.occurred_at, line.precision) if line.occurred_at else "–"
    return place, occurred, words.moment(line.recorded_at), who(line), "\n".join(_told(line, words))


def _told(line: TrailLine, words: Words) -> Iterator[str]:
    """What happened and to what; why, where that does not say it already; before → after."""
    if line.access is not None:
        yield f"{line.text}: {line.command} ({line.status})"
    else:
        late = int(line.late_days) if line.late_days and line.late_days > LATE_AFTER / DAY else None
        mark = marks(line.withdrawn_by, line.withdraws, late)
        about = " · ".join(filter(None, (line.account_name, line.title)))
        yield (f"{about}: " if about else "") + line.text + (f" [{mark}]" if mark else "")
    for why in filter(None, (line.error, line.reason, line.note)):
        if why not in line.text:
            yield why
    from api.fact_lines import ChangeLine

    changes = [ChangeLine(each.path.split("."), each.before, each.after) for each in line.changes]
    if said := words.changes(changes, MOST_CHANGES):
        yield said
