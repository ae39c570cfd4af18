"""`kams audit export FILE`, and what `kams audit verify FILE` does: proof that needs no database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, TypeVar

import typer

from api.cli import output
from api.cli.asking import AccountKey, Json, NoWait
from domain.language.catalogue import say

if TYPE_CHECKING:
    from api.access import Asker
    from api.cli.session import System
    from domain.seal.exported import Stated
    from domain.seal.exporting import Part
    from domain.seal.findings import Anchored
    from domain.seal.notes import VerifierKey
    from domain.seal.verdicts import FileVerdict

HEADER = ["what", "positions", "words"]

T = TypeVar("T")
Tell = Callable[[int, int], None]


def add(audit: typer.Typer) -> None:
    """Add the command."""
    audit.command()(export)


def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write, such as audit.zip.")],
    first: Annotated[
        int, typer.Option("--from", metavar="POSITION", min=1, help="The first event; of those before, hashes alone.")
    ] = 1,
    last: Annotated[
        int | None,
        typer.Option("--to", metavar="POSITION", min=1, help="The last event; else all that are sealed."),
    ] = None,
    account: AccountKey = "",
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    json: Json = False,
    no_wait: NoWait = False,
) -> None:
    """Export the record with its proof (审计导出): one file that anybody can verify without this system.

    It holds the events as they are stored (personal data stay encrypted), all checkpoints, the public key, the schemas
    and a small verifier. --account holds one account and its opportunities, each event with its inclusion proof.
    """
    from api.cli.session import system
    from api.cli.settings import Settings
    from api.files import new_file
    from domain.member import KeyScope, Role

    if account and first > 1:
        raise typer.BadParameter(say("the part of an account begins with its first event"), param_hint="--from")
    with new_file(file, force=force) as content, system(Settings.from_environment()) as made:
        asker = made.asker()
        asker.must_have(KeyScope.READ)
        asker.must_be(Role.AUDITOR, Role.ADMIN)
        part = _part(made, asker, account, wait=not no_wait) if account else None
        stated = _written(made, content, first, last, part)
    if json:
        output.print_json(stated)
    else:
        text = say("{events:,} events, up to position {last:,}, with the proof that they were sealed: {file}",
                   events=stated.events, last=stated.last, file=file)  # fmt: skip
        typer.echo(text)
        output.say(say("Verify it anywhere: kams audit verify {file}, or with the verify.py in it.", file=file))


def _part(made: System, asker: Asker, account: str, *, wait: bool) -> Part:
    """The streams of an account, of those merged into it, and of their opportunities."""
    from api.cli.freshness import bring_up_to_date
    from api.names import find_account
    from domain.seal.exporting import Part
    from projections.account_figures import opportunities_of

    bring_up_to_date(made, wait=wait)
    with made.reader.view(asker.visibility) as view:
        found = find_account(view, account)
        together = view.together(found)
        return Part(account=found, streams=[*together, *opportunities_of(view, together)])


def _written(made: System, content: IO[bytes], first: int, last: int | None, part: Part | None) -> Stated:
    import psycopg

    from domain.seal.exporting import Source
    from domain.seal.exporting import export as write
    from domain.seal.standing import seal_keys

    with psycopg.connect(made.addresses.database_url, autocommit=True) as connection:
        source = Source(
            keys=seal_keys(connection), made_at=datetime.now(UTC), made_by=_program(), first=first, last=last, part=part
        )
        return _with_bar(lambda progress: write(connection, content, source, progress))


def _program() -> str:
    from importlib.metadata import version

    return f"kams {version('kams')}"


def _with_bar(work: Callable[[Tell], T]) -> T:
    with output.progress() as bar:
        task = bar.add_task(say("events"), total=None)
        return work(lambda done, whole: bar.update(task, completed=done, total=whole or None))


def verify_file(file: Path, anchors: Sequence[Anchored], key: VerifierKey | None, json: bool) -> None:
    """Verify an export: no database, no servers, no home. Ends with 1 when anything is not in order."""
    from domain.seal.exported import verify_export

    keys = [key] if key else []
    verdict = _with_bar(lambda progress: verify_export(file, keys=keys, kept=anchors, progress=progress))
    if json:
        output.print_json(verdict)
    else:
        show(verdict)
    if not verdict.ok:
        raise typer.Exit(1)


def show(verdict: FileVerdict) -> None:
    """A verdict for people: the first line decides, then what was found, then what it rests on."""
    typer.echo(sentence(verdict))
    if verdict.findings:
        rows = [(each.kind.value, _positions(each.first, each.last), each.words) for each in verdict.findings]
        output.print_table("", HEADER, rows)
    if verdict.more:
        output.say(say("… and {more} more", more=verdict.more))
    for note in verdict.notes:
        typer.echo(note)


def sentence(verdict: FileVerdict) -> str:
    """The verdict in one sentence."""
    if not verdict.ok:
        return say("NOT IN ORDER: {words}", words=verdict.findings[0].words)
    return say(
        "IN ORDER: {events:,} events, from {first:,} to {last:,} of {size:,} that are sealed, system {system}.",
        events=verdict.events,
        first=verdict.first,
        last=verdict.last,
        size=verdict.size,
        system=verdict.system,
    )


def _positions(first: int, last: int) -> str:
    if not first:
        return "–"
    return f"{first:,}" if first == last else f"{first:,}–{last:,}"
