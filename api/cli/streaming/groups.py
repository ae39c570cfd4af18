"""`kams streams groups`: the consumer groups of a subscription's Valkey stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import output
from api.cli.asking import Csv, Json
from domain.language.catalogue import say

if TYPE_CHECKING:
    from projections.streams.valkey_groups import Groups

Name = Annotated[str, typer.Argument(metavar="[SUBSCRIPTION]", help="Its name or id; all that you see if left out.")]
Add = Annotated[str, typer.Option("--add", metavar="GROUP", help="Have a group stand after a position.")]
After = Annotated[int | None, typer.Option("--after", min=0, help="With --add: that position.")]
Remove = Annotated[str, typer.Option("--remove", metavar="GROUP", help="Remove a group: nothing is kept for it.")]
HEADER = ("stream", "group", "position", "pending", "lag events", "asked", "noted at")


def add(streams: typer.Typer) -> None:
    """Add the command."""
    streams.command()(groups)


def groups(
    name: Name = "", add: Add = "", after: After = None, remove: Remove = "", json: Json = False, csv: Csv = False
) -> None:
    """Consumer groups of a Valkey stream: what each has acknowledged, what it was handed, how far it is behind."""
    from api.cli.session import system
    from api.cli.settings import Settings
    from api.valkey_groups import StreamGroups, seen_streams
    from domain.errors import Fault, Malformed

    if after is not None and not add:
        raise Malformed(Fault("--after", str(after), say("state the group, too: --add")))
    if (add or remove) and not name:
        raise Malformed(Fault("SUBSCRIPTION", "", say("state the subscription, too")))
    with system(Settings.from_environment()) as made:
        of = StreamGroups(made.journal, made.asker(), name, change=bool(add or remove)) if name else None
        if of is not None and add:
            of.put(add, after)
        if of is not None and remove:
            of.remove(remove)
        found = [each.all() for each in ([of] if of is not None else seen_streams(made.journal, made.asker()))]
    _show(found, json, csv)


def _show(found: list[Groups], json: bool, csv: bool) -> None:
    rows = [
        [stream.key, each.name, each.position, each.pending, each.lag, each.asked, each.noted_at]
        for stream in found
        for each in stream.groups
    ]
    if json:
        output.print_json({"streams": found})
    elif csv:
        output.print_csv(HEADER, rows)
    elif rows:
        output.print_table("Consumer groups", HEADER, rows)
    else:
        output.say("No consumer groups recorded: add one with --add.")
    for each in found:
        if each.waits and not (json or csv):
            output.say(f"{each.key}: {each.waits}")
