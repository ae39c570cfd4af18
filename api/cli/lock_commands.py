"""Locking members out and letting them in (锁定与解除): `kams members lock-out`, `kams members let-in`."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.asking import Json
from api.cli.member_commands import answer, counter, member_id
from api.cli.options import MemberArgument, Note, On


def add(members: typer.Typer) -> None:
    """Add both commands to `kams members`."""
    members.command("lock-out")(lock_out)
    members.command("let-in")(let_in)


def lock_out(
    member: MemberArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept sealed.")],
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="D", help="Until when: a day (its end) or an ISO time."),
    ] = None,
    note: Note = None,
    json: Json = False,
) -> None:
    """Lock a member out at once: all his keys are refused. For admins."""
    from api.cli.calling import Stated
    from domain.member import Member

    with counter() as at:
        end = at.made.calendar.moment("--until", until)
        body = {"reason": reason, **({"until": end} if end else {})}
        given = [at.give(Member, "lock_out", {"id": member_id(at, member)}, body, Stated(note=note))]
    answer(json, given, "Locked out")


def let_in(
    member: MemberArgument,
    reason: Annotated[str | None, typer.Option("--reason", help="Why; kept sealed.")] = None,
    on: On = None,
    note: Note = None,
    json: Json = False,
) -> None:
    """Let a member in who was locked out: the keys that were not revoked work again. For admins."""
    from api.cli.calling import Stated
    from domain.member import Member

    with counter() as at:
        body = {"reason": reason} if reason else {}
        given = [at.give(Member, "let_in", {"id": member_id(at, member)}, body, Stated(on, note))]
    answer(json, given, "Let in")
