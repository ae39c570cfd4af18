"""What every command about the seal shares: an auditor, a connection that cannot write, a key to verify by."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.language.catalogue import say

if TYPE_CHECKING:
    import psycopg

    from api.cli.session import System
    from api.cli.settings import Settings
    from domain.seal.notes import VerifierKey

Key = Annotated[
    str | None,
    typer.Option("--key", metavar="KEY|FILE", help="The verifier key, or a file with it: as `kams audit key` says."),
]
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it there, not on standard output.")]


@contextmanager
def auditing() -> Iterator[tuple[System, psycopg.Connection]]:
    """The system for one who may audit it, with a connection on which nothing can be written."""
    import psycopg

    from api.cli.session import system
    from api.cli.settings import Settings
    from api.seal import must_audit

    with system(Settings.from_environment()) as made:
        must_audit(made.asker())
        with psycopg.connect(made.addresses.database_url, autocommit=True) as connection:
            connection.execute("set default_transaction_read_only = on")
            yield made, connection


def stated_key(stated: str) -> VerifierKey:
    """The key that a person states, as itself or by a file. Raises NotAVerifierKey."""
    from domain.seal.notes import VerifierKey

    path = Path(stated)
    if "+" not in stated or path.is_file():
        if not path.is_file():
            raise typer.BadParameter(say("there is no such file or folder: {path}", path=path), param_hint="--key")
        stated = path.read_text(encoding="utf-8", errors="replace")
    return VerifierKey.parse(stated)


def home_key(settings: Settings) -> VerifierKey | None:
    """The key that lies in the home as `seal.pub`. Raises NotAVerifierKey."""
    path = settings.home / "seal.pub"
    return stated_key(str(path)) if path.is_file() else None


def written(text: str, out: Path | None) -> None:
    """A text into a file, or on standard output."""
    from api.cli import output
    from api.files import whole

    if out is None:
        typer.echo(text, nl=not text.endswith("\n"))
        return
    with whole(out) as file:
        file.write(text.encode())
    output.say(say("Written: {path}", path=out))
