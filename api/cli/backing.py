"""The commands `kams backup` and `kams restore`."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import output
from api.cli.asking import Json
from domain.language.catalogue import say

if TYPE_CHECKING:
    from api.backup.container import Backup
    from api.backup.restoring import Progress, Restored
    from api.backup.saving import Saved
    from api.cli.settings import Settings


def add(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(backup)
    app.command()(restore)


def backup(
    target: Annotated[
        str,
        typer.Argument(
            metavar="FOLDER|FILE", help="A folder, or the name of the journal's file; the keys are beside it."
        ),
    ],
    json: Json = False,
) -> None:
    """Save the running system (备份) in two files: the journal, without keys, to keep for ever; and the keys, apart,
    which each backup replaces.

    Keep the file of the keys somewhere else than the journal's, and none longer than 30 days: whoever was forgotten
    is still in older ones. Whoever owns the machine needs no key; one in KAMS_KEY must be an admin's.
    """
    import psycopg

    from api.backup.saving import files_of, save
    from api.cli.seal_key import seal_key_of
    from api.cli.session import system
    from api.cli.settings import Settings

    settings, now = Settings.from_environment(), datetime.now(UTC)
    files = files_of(Path(target), now, folder=target.endswith("/") or not Path(target).suffix)
    with (
        system(settings) as made,
        psycopg.connect(made.addresses.database_url, autocommit=True) as connection,
        output.progress(json) as bar,
    ):
        made.owner_asks()
        task = bar.add_task(say("events"), total=None)
        saved = save(
            connection,
            files,
            made.journal.people.wrapping,
            now,
            lambda done, total: bar.update(task, completed=done, total=total),
            seal_key_of(settings).secret,
        )
    if json:
        output.print_json(saved)
    else:
        _show_saved(saved)


def _show_saved(saved: Saved) -> None:
    output.say(
        say(
            "Saved {head:,} events of the system {system} ({mb:.1f} MB), of which {sealed:,} are sealed.",
            head=saved.head,
            system=saved.system,
            mb=saved.bytes / 1e6,
            sealed=saved.sealed,
        )
    )
    output.say(say("The journal, without keys, to keep for ever: {path}", path=saved.journal))
    output.say(say("The keys, to keep apart and at most 30 days: {path}", path=saved.keys))


def restore(
    journal: Annotated[Path, typer.Argument(metavar="JOURNALFILE", help="The journal's file of a backup.")],
    keys: Annotated[Path, typer.Option("--keys", metavar="KEYSFILE", help="The newest file of the keys.")],
    anchor: Annotated[
        list[Path] | None,
        typer.Option("--anchor", metavar="FILE|FOLDER", help="Checkpoints kept elsewhere, with which it must agree."),
    ] = None,
    forgotten: Annotated[
        Path | None,
        typer.Option("--forgotten", metavar="FILE", help="Who was forgotten since, beside what the home knows."),
    ] = None,
    old_keys: Annotated[
        bool,
        typer.Option("--old-keys", help="Take a file of keys that is not the newest: some texts are lost."),
    ] = False,
    json: Json = False,
) -> None:
    """Restore a backup (恢复) into an empty system: all or nothing, verified by its seal.

    Whoever was forgotten since is forgotten again, and the read models are made anew. It needs the role that owns the
    tables, as `kams migrate` does, and no key; one in KAMS_KEY must be an admin's in what is restored.
    """
    from api.backup.container import JOURNAL, KEYS, Backup
    from api.cli.settings import Settings

    settings = Settings.from_environment()
    with closing(Backup(journal, JOURNAL)) as saved, closing(Backup(keys, KEYS)) as secrets:
        found = _restored(settings, saved, secrets, anchor or [], forgotten, old_keys, json)
    if json:
        output.print_json(found)
    else:
        _show_restored(found)


def _restored(
    settings: Settings,
    journal: Backup,
    keys: Backup,
    anchors: list[Path],
    forgotten: Path | None,
    old_keys: bool,
    quiet: bool,
) -> Restored:
    import psycopg

    from api.backup import restoring
    from api.cli.auditing.kept import anchored
    from api.cli.embedded import servers
    from api.cli.people_key import ready_people_key
    from api.cli.seal_key import write_secret
    from api.cli.session import PACKAGES, make_tables
    from domain.journal.forgotten import Register
    from domain.journal.migrate import scripts
    from domain.journal.wrapping import Wrapping

    if forgotten is not None and not forgotten.exists():
        raise typer.BadParameter(say("there is no file {path}", path=forgotten), param_hint="--forgotten")

    known = [name for package in PACKAGES for name, _ in scripts(package)]
    registers = [Register(settings.forgotten_path), *([Register(forgotten)] if forgotten else [])]
    given = restoring.Given(
        journal,
        keys,
        [each for register in registers for each in register.read()],
        None,
        [anchored(path) for path in anchors],
        old_keys=old_keys,
        stated_key=settings.key,
    )
    with output.progress(quiet) as bar:
        task = bar.add_task("", total=None)

        def progress(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        restoring.check(given, known, datetime.now(UTC), progress)
        with servers(settings, want_valkey=False) as addresses:
            url = addresses.database_url
            make_tables(url)
            people_key = ready_people_key(settings, url, make=True)
            given = given._replace(wrapping=Wrapping(people_key) if people_key else None)
            with psycopg.connect(url, autocommit=True) as connection:
                found = restoring.restore(connection, given, progress)
            if given.seal_key is not None and not settings.seal_key.exists():
                write_secret(settings.seal_key, given.seal_key)
            registers[0].keep_up([*restoring.forgotten_since(given), *given.register])
            _fill_read_models(url, progress)
    return found


def _fill_read_models(database_url: str, progress: Progress) -> None:
    from domain.journal.mapper import JournalMapper
    from projections import READ_MODELS
    from projections.engine import Engine

    engine = Engine(database_url, READ_MODELS, JournalMapper())
    try:
        engine.catch_up(progress=lambda done, total: progress("read models", done, total))
    finally:
        engine.close()


def _show_restored(found: Restored) -> None:
    if found.again:
        output.say(say("This backup was restored before; the read models are up to date."))
        return
    output.say(
        say(
            "Restored {head:,} events of the system {system} from the backup of {day}, as its seal says.",
            head=found.head,
            system=found.system,
            day=found.made_at.date(),
        )
    )
    output.say(
        say(
            "Keys: {keys:,} restored, {destroyed:,} destroyed again as their people were forgotten, {missing:,} lost.",
            keys=found.keys,
            destroyed=found.destroyed,
            missing=found.missing,
        )
    )
    for note in found.notes:
        output.say(note)
    output.say("Subscribers that had read further are told so (409): what came after is to be recorded again.")
