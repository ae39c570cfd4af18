"""`kams audit seal | key | checkpoint`: how the seal stands, and what to keep of it elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import output
from api.cli.asking import ANCHORS_HELP, Json
from api.cli.auditing.opened import Out, auditing, written
from domain.language.catalogue import say

if TYPE_CHECKING:
    from api.cli.settings import Settings
    from domain.seal.standing import AnchorProgress, SealStatus

ANCHORS_HEADER = ["anchor", "host", "sealed", "behind", "anchored at", "note"]


def add(audit: typer.Typer) -> None:
    """Add the commands."""
    audit.command(epilog=ANCHORS_HELP)(seal)
    for command in (key, checkpoint):
        audit.command()(command)


def seal(json: Json = False) -> None:
    """How the seal stands (密封): how far, by which key, and how far each anchor outside was told."""
    import msgspec

    from domain.seal.standing import seal_status

    with auditing() as (made, connection):
        status = seal_status(connection)
        status = msgspec.structs.replace(status, anchors=_with_settings(status.anchors, made.settings))
    if json:
        output.print_json(status)
    else:
        show(status)


def _with_settings(anchors: list[AnchorProgress], settings: Settings) -> list[AnchorProgress]:
    """The anchors with when those are told next that this machine's settings thin out."""
    import msgspec

    from api.cli.seal_key import anchoring_of
    from api.cli.settings import SettingsError
    from domain.seal.standing import AnchorShown

    try:
        anchoring = anchoring_of(settings)
    except SettingsError as error:
        output.say(str(error))
        return anchors
    stated = {(each.name, anchoring.host_of(each)): each for each in anchoring.anchors}
    shown: list[AnchorProgress] = []
    for each in anchors:
        anchor = stated.get((each.name, each.host))
        every, due = (anchor.every, anchoring.due(anchor, each)) if anchor else (None, None)
        shown.append(AnchorShown(**msgspec.structs.asdict(each), every=every, next_at=due))
    return shown


def show(status: SealStatus) -> None:
    """The state for people."""
    if status.checkpoint_at is None:
        typer.echo(say("Nothing is sealed yet; {unsealed:,} events wait.", unsealed=status.unsealed))
    else:
        typer.echo(
            say(
                "Sealed: {size:,} of {head:,} events, on {moment}; root {root}.",
                size=status.size,
                head=status.head,
                moment=status.checkpoint_at.isoformat(timespec="seconds"),
                root=status.root,
            )
        )
        if status.unsealed:
            waiting = say(
                "{unsealed:,} events wait, the oldest since {age:.0f} s.",
                unsealed=status.unsealed,
                age=status.age_seconds,
            )
            typer.echo(waiting)
    if status.fault:
        since = status.fault.since.isoformat(timespec="seconds")
        output.say(say("Nothing is sealed since {since}: {reason}", since=since, reason=status.fault.reason))
    for note in status.notes:
        output.say(note)
    for each in status.keys:
        typer.echo(say("Key: {key}", key=each))
    rows = [
        (
            each.name,
            each.host or "–",
            each.size,
            max(0, status.size - each.size),
            each.anchored_at.isoformat(timespec="seconds") if each.anchored_at else None,
            each.error or _thinning(each) or "–",
        )
        for each in status.anchors
    ]
    if rows:
        output.print_table("Anchors", ANCHORS_HEADER, rows)
    else:
        output.say("No anchor was told of a checkpoint yet.")


def _thinning(anchor: AnchorProgress) -> str:
    every, due = getattr(anchor, "every", None), getattr(anchor, "next_at", None)
    if not every or due is None:
        return ""
    return say("one every {every} s; next at {at}", every=every, at=due.isoformat(timespec="seconds"))


def key(json: Json = False) -> None:
    """The verifier key (验证密钥): keep it elsewhere, together with a checkpoint."""
    from domain.seal.standing import seal_keys

    with auditing() as (_, connection):
        keys = [str(each) for each in seal_keys(connection)]
    if json:
        output.print_json({"key": keys[-1] if keys else None, "earlier": keys[:-1]})
        return
    if not keys:
        output.say("There is no key yet: the first start of an embedded system makes it, or `kams migrate`.")
        raise typer.Exit(1)
    typer.echo(keys[-1])


def checkpoint(
    size: Annotated[
        int | None, typer.Option("--size", metavar="N", min=1, help="That of the first N events; else the newest.")
    ] = None,
    out: Out = None,
    json: Json = False,
) -> None:
    """A checkpoint (检查点) as a signed note, to be kept elsewhere."""
    from api.seal import checkpoint_answer

    with auditing() as (_, connection):
        answer = checkpoint_answer(connection, size)
    if json:
        output.print_json(answer)
    else:
        written(answer.note, out)
