"""`kams audit verify`: whether anybody touched the record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import output
from api.cli.asking import Json
from api.cli.auditing.opened import Key, auditing, home_key, stated_key
from domain.language.catalogue import say

if TYPE_CHECKING:
    import psycopg

    from api.cli.session import System
    from domain.seal.findings import Anchored, Verdict
    from domain.seal.notes import VerifierKey

HEADER = ["what", "positions", "words"]


def add(audit: typer.Typer) -> None:
    """Add the command."""
    audit.command()(verify)


def verify(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="An export to verify instead: no system is needed.")
    ] = None,
    anchor: Annotated[
        list[Path] | None,
        typer.Option(
            "--anchor",
            metavar="FILE|FOLDER",
            help="Checkpoints kept elsewhere, repeatable: an anchor's folder or its checkpoints.txt, a saved note or "
            "mail. Of an export the checkpoints alone are compared.",
        ),
    ] = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Verify the whole record (验证): every event is hashed anew and compared with what was sealed.

    Order is proven by that; honesty only by --anchor, a copy kept where nobody who can write here can.

    Ends with 1 when anything is not in order.
    """
    from api.cli.auditing.kept import anchored
    from api.cli.auditing.offline import verify_file

    for path in [*(anchor or []), *([file] if file else [])]:
        if not path.exists():
            hint = "FILE" if path == file else "--anchor"
            raise typer.BadParameter(say("there is no such file or folder: {path}", path=path), param_hint=hint)
    if file and file.is_dir():
        words = say("{path} is a folder: state the .zip; an unpacked one is checked by its verify.py", path=file)
        raise typer.BadParameter(words, param_hint="FILE")
    brought = [anchored(path) for path in anchor or []]
    by = stated_key(key) if key else None
    if file:
        verify_file(file, brought, by, json)
    else:
        verify_system(brought, by, json)


def verify_system(brought: list[Anchored], by: VerifierKey | None, json: bool) -> None:
    """Verify the database of this system."""
    with auditing() as (made, connection):
        by, of_whom = (by, "--key") if by else _own_key(made, connection)
        verdict = _verified(connection, by, [*brought, *_own_folders(made)])
    if json:
        output.print_json(_document(verdict, by, brought))
    else:
        show(verdict)
        if by is None:
            output.say("Signatures were not looked at: no key is known. State one with --key.")
        else:
            output.say(say("Verified by the key {key} ({where}).", key=by, where=of_whom))
    if not verdict.ok or not verdict.size:
        raise typer.Exit(1)


def _verified(connection: psycopg.Connection, key: VerifierKey | None, anchors: list[Anchored]) -> Verdict:
    import msgspec

    from domain.journal.restores import restored_notes
    from domain.seal.verifying import verify as ask

    with output.progress() as bar:
        task = bar.add_task(say("events"), total=None)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        verdict = ask(connection, key=key, anchors=anchors, progress=progress)
    return msgspec.structs.replace(verdict, notes=[*verdict.notes, *restored_notes(connection)])


def _own_key(made: System, connection: psycopg.Connection) -> tuple[VerifierKey | None, str]:
    """The key of the home, else the one that the database names, and where it comes from."""
    from domain.seal.standing import seal_keys

    if found := home_key(made.settings):
        return found, str(made.settings.home / "seal.pub")
    known = seal_keys(connection)
    return (known[-1], say("as the database itself says")) if known else (None, "")


def _own_folders(made: System) -> list[Anchored]:
    """What this machine's anchors keep: they lie where the program can write, so they prove no honesty."""
    from api.cli.auditing.kept import folder
    from api.cli.seal_key import anchor_folders

    return [folder(path, brought=False) for path in anchor_folders(made.settings) if path.is_dir()]


def show(verdict: Verdict) -> None:
    """A verdict for people: the first line decides, then what was found, then what else there is to know."""
    typer.echo(sentence(verdict))
    if verdict.findings:
        rows = [(each.kind.value, _positions(each.first, each.last), each.words) for each in verdict.findings]
        output.print_table("", HEADER, rows)
    if verdict.more:
        output.say(say("… and {more} more", more=verdict.more))
    for note in verdict.notes:
        output.say(note)


def sentence(verdict: Verdict) -> str:
    """The verdict in one sentence."""
    if not verdict.ok:
        return say("NOT IN ORDER: {words}", words=verdict.findings[0].words)
    if not verdict.size:
        return say("NOTHING IS SEALED: of {head:,} events nothing is proven.", head=verdict.head)
    if verdict.honest:
        return say(
            "IN ORDER: all {size:,} sealed events are as they were sealed, and the checkpoints kept elsewhere agree.",
            size=verdict.size,
        )
    return say(
        "IN ORDER, HONESTY NOT PROVEN: all {size:,} sealed events are as they were sealed, but no checkpoint kept "
        "elsewhere was compared.",
        size=verdict.size,
    )


def _positions(first: int, last: int) -> str:
    if not first:
        return "–"
    return f"{first:,}" if first == last else f"{first:,}–{last:,}"


def _document(verdict: Verdict, key: VerifierKey | None, brought: list[Anchored]) -> dict[str, Any]:
    """The verdict for machines."""
    import msgspec

    plain = msgspec.structs.asdict(verdict)
    return {
        "verdict": sentence(verdict),
        **plain,
        "ok": verdict.ok and bool(verdict.size),
        "key": str(key) if key else None,
        "anchors": [each.source for each in brought],
    }
