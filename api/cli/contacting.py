"""kams contact: e-mails and calendar entries from files, logged with an account."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import output
from api.cli.asking import Json
from domain.language.catalogue import say

if TYPE_CHECKING:
    from api.cli.calling import Counter
    from api.contact_files import FileAnswered
    from domain.errors import KamsError


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(contact)


def contact(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Id or external id.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="E-mails (.eml) and calendar files (.ics).")],
    expected_action: Annotated[
        str, typer.Option("--expected-action", metavar="TEXT", help="For meetings to come: what the customer will do.")
    ] = "",
    purpose: Annotated[
        str,
        typer.Option(
            "--purpose", metavar="P", help="For meetings to come: rapport, information, advantage, moving_forward."
        ),
    ] = "information",
    json: Json = False,
) -> None:
    """Log contacts from files: people are found by their addresses; the same file twice records nothing.

    A calendar entry that is over is a contact by video, one still to come a planned visit.
    """
    from api.cli.calling import aggregate_of
    from api.cli.freshness import bring_up_to_date
    from api.cli.member_commands import counter
    from domain.account.account import Account
    from domain.errors import KamsError

    answers, refused = [], 0
    with counter() as at:
        bring_up_to_date(at.made)
        key = str(aggregate_of(at.made, Account, account))
        for file in files:
            stated = {"expected_action": expected_action, "purpose": purpose}
            try:
                answers.append(_filed(at, key, file, stated))
            except KamsError as error:
                refused += 1
                _complain(file.name, error)
    if json:
        output.print_json([answer for answer, _ in answers])
    else:
        for answer, name in answers:
            _show(answer, name)
    if refused:
        raise typer.Exit(1)


def _filed(at: Counter, account: str, file: Path, stated: dict[str, str]) -> tuple[FileAnswered, str]:
    from base64 import b64encode
    from uuid import UUID

    from domain.account.account import Account
    from domain.errors import Fault, Malformed

    try:
        content = file.read_bytes()
    except OSError as error:
        raise Malformed(Fault(file.name, "", error.strerror or "cannot be read")) from None
    body = {"name": file.name, "content": b64encode(content).decode("ascii"), **stated}
    return at.give(Account, "contacts.file", {"id": UUID(account)}, body), file.name


def _complain(file: str, error: KamsError) -> None:
    from domain.errors import Malformed

    faults = error.faults if isinstance(error, Malformed) else ()
    for fault in faults:
        output.say(f"{file}: {fault.reason}" + (f" ({fault.found})" if fault.found else ""))
    if not faults:
        output.say(f"{file}: {error}")


def _show(answer: FileAnswered, file: str) -> None:
    for each in answer.found:
        done = (
            say("recorded at position {position}", position=each.position)
            if each.recorded
            else say("was there already")
        )
        people = len(each.stakeholders)
        output.say(
            say(
                "{file}: {what} of {at:%Y-%m-%d %H:%M} UTC ({direction}, {people} of theirs), {done}.",
                file=file,
                what=each.what,
                at=each.at,
                direction=each.direction,
                people=people,
                done=done,
            )
        )
