"""`kams audit proof | consistency`: that an event is sealed, and that an earlier state is the beginning of a later."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli import output
from api.cli.asking import Json
from api.cli.auditing.opened import Key, Out, auditing, home_key, stated_key, written
from domain.language.catalogue import say


def add(audit: typer.Typer) -> None:
    """Add the commands."""
    for command in (proof, consistency):
        audit.command()(command)


def proof(
    position: Annotated[int | None, typer.Argument(metavar="POSITION", min=1, help="The event.")] = None,
    size: Annotated[
        int | None,
        typer.Option("--size", metavar="N", min=1, help="In the first N events; else the first checkpoint with it."),
    ] = None,
    out: Out = None,
    check: Annotated[
        Path | None, typer.Option("--check", metavar="FILE", help="Check a proof; no system is needed.")
    ] = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """A proof (证明) that one event is sealed, as a file (c2sp.org/tlog-proof) that shows nothing of its content."""
    if check is not None:
        check_file(check, key, json)
        return
    if position is None:
        raise typer.BadParameter(say("state POSITION, or --check FILE"))
    from api.seal import proof_answer

    with auditing() as (_, connection):
        answer = proof_answer(connection, position, size)
    if json:
        output.print_json(answer)
    else:
        written(answer.text, out)


def check_file(path: Path, key: str | None, json: bool) -> None:
    """Check a proof in a file. Raises ProofUnreadable, ProofFails, NoteUnreadable, NotAVerifierKey."""
    from api.cli.settings import Settings
    from api.seal import in_base64, when
    from domain.seal.proofs import check_inclusion

    if not path.is_file():
        raise typer.BadParameter(say("there is no such file or folder: {path}", path=path), param_hint="--check")
    by = stated_key(key) if key else home_key(Settings.from_environment())
    proven = check_inclusion(path.read_text(encoding="utf-8", errors="replace"), by)
    made = proven.checkpoint
    if json:
        output.print_json(
            {
                "ok": True,
                "signed": by is not None,
                "key": str(by) if by else None,
                "position": proven.position,
                "size": made.size,
                "root": in_base64(made.root),
                "at": when(made),
                "system": made.system,
            }
        )
        return
    typer.echo(
        say(
            "PROVEN: the event at position {position:,} is one of the first {size:,} events, sealed on {moment}.",
            position=proven.position,
            size=made.size,
            moment=when(made),
        )
    )
    if by is None:
        output.say("Signatures were not looked at: no key is known. State one with --key.")
    else:
        output.say(say("Verified by the key {key} ({where}).", key=by, where="--key" if key else "seal.pub"))


def consistency(
    old: Annotated[int, typer.Argument(metavar="OLD", min=1, help="The smaller number of events.")],
    new: Annotated[int, typer.Argument(metavar="NEW", min=1, help="The larger number of events.")],
    json: Json = False,
) -> None:
    """A consistency proof (一致性证明): the first OLD events are the beginning of the first NEW ones."""
    from api.seal import consistency_answer, in_base64

    with auditing() as (_, connection):
        answer = consistency_answer(connection, old, new)
    if json:
        output.print_json(answer)
    else:
        if answer.holds:
            first = say(
                "CONSISTENT: the first {old:,} events are the beginning of the first {new:,}.", old=old, new=new
            )
        else:
            first = say("NOT CONSISTENT: the first {old:,} events are not the beginning of {new:,}.", old=old, new=new)
        typer.echo(first)
        roots = [(old, in_base64(answer.old_root)), (new, in_base64(answer.new_root))]
        output.print_table("Roots", ["events", "root"], roots)
        for number, step in enumerate(answer.proof, 1):
            typer.echo(f"{number:>3}  {in_base64(step)}")
    if not answer.holds:
        raise typer.Exit(1)
