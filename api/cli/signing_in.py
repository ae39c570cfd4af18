"""`kams sign-in`: an address that signs somebody in at the console, once."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from api.cli import output
from api.cli.asking import Json
from domain.language.catalogue import say

if TYPE_CHECKING:
    from api.access import Asker
    from api.cli.session import System

Url = Annotated[
    str | None, typer.Option("--url", help="Where KAMS is served, if not at KAMS_PUBLIC_URL or on this machine.")
]
LOCAL = "http://127.0.0.1:8000"


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("sign-in")(sign_in)


def sign_in(
    member: Annotated[
        str | None,
        typer.Option("--member", metavar="MEMBER", help="Whom it signs in, if not you yourself: for admins."),
    ] = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Print an address that signs in at the console, once, within a quarter of an hour."""
    from api.cli.member_commands import counter, member_id

    with counter() as at:
        whom = at.asker.member if member is None else member_id(at, member)
        must_sign_in(at.made, at.asker, whom)
        found = address_for(at.made, whom, url or at.made.settings.public_url or LOCAL)
    if json:
        output.print_json({"url": found})
        return
    output.say(say("This address signs in once, within {minutes} minutes:", minutes=15))
    typer.echo(found)


def password(
    member: Annotated[
        str | None, typer.Argument(metavar="MEMBER", help="Whose password it sets, if not your own: for admins.")
    ] = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Print an address on which a member sets a password, once, within a day. All that lets in so far ends with it."""
    from api.cli.member_commands import counter, member_id
    from api.signing_in.tokens import LONGEST, SignInTokens, address

    with counter() as at:
        whom = at.asker.member if member is None else member_id(at, member)
        must_sign_in(at.made, at.asker, whom)
        token = SignInTokens(at.made.journal.pool).issue(whom, datetime.now(UTC), LONGEST, "password")
        found = address(url or at.made.settings.public_url or LOCAL, token, purpose="password")
    if json:
        output.print_json({"url": found})
        return
    output.say(say("On this address the password is set, once, within {hours} hours:", hours=24))
    typer.echo(found)


def must_sign_in(made: System, asker: Asker, whom: UUID) -> None:
    """Refuse a key that may do less than the session would: nobody gets rights by signing in. Raises NotAllowed."""
    from api.auth import scopes_of
    from domain.member import KeyScope, Member, Role

    if whom != asker.member:
        asker.must_be(Role.ADMIN)
        asker.must_have(KeyScope.ADMIN)
        made.newest.state(Member, whom).must_be_here()
    for scope in sorted(scopes_of(asker.roles)):
        asker.must_have(scope)


def address_for(made: System, member: UUID, url: str, then: str = "", valid: timedelta | None = None) -> str:
    """An address that signs a member in, once, and leads to a page."""
    from api.signing_in.tokens import VALID, SignInTokens, address

    token = SignInTokens(made.journal.pool).issue(member, datetime.now(UTC), valid or VALID)
    return address(url, token, then)


def own_address(made: System, url: str, then: str = "", valid: timedelta | None = None) -> str | None:
    """An address for whose key the command line has; None where it has none that lets in and may do all that he may."""
    from api.access import NotAllowed, NotSignedIn
    from api.cli.session import NoKey

    with suppress(NoKey, NotSignedIn, NotAllowed, OSError, UnicodeError):
        asker = made.asker()
        must_sign_in(made, asker, asker.member)
        return address_for(made, asker.member, url, then, valid)
    return None
