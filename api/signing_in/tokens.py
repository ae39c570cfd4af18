"""Tokens in an address that signs somebody in: used once, within their time. Only their hashes are kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from psycopg_pool import ConnectionPool

from api.access import NotSignedIn
from api.signing_in.secrets import hashed, new_secret

VALID = timedelta(minutes=15)
LONGEST = timedelta(hours=24)
"""For whoever reads first: until it is used, a day at most."""
PREFIX = "kamsi_"
PATH = "/console/sign-in"

ISSUE = """
with expired as (delete from sign_in_tokens where expires_at < %(now)s)
insert into sign_in_tokens (hash, member, expires_at) values (%(hash)s, %(member)s, %(expires_at)s)"""


class SignInTokenBad(NotSignedIn):
    """This address was used already, has expired or never was one: get another by `kams sign-in`."""


class SignInTokens:
    """Issues and takes them."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    def issue(self, member: UUID, now: datetime, valid: timedelta = VALID) -> str:
        """A token that signs a member in."""
        token = new_secret(PREFIX)
        values = {"hash": hashed(token), "member": member, "now": now, "expires_at": now + min(valid, LONGEST)}
        with self._pool.connection() as connection:
            connection.execute(ISSUE, values)
        return token

    def take(self, token: str, now: datetime) -> UUID:
        """The member whom a token signs in; it is gone with that. Raises SignInTokenBad."""
        with self._pool.connection() as connection:
            found = connection.execute(
                "delete from sign_in_tokens where hash = %s returning member, expires_at", (hashed(token),)
            ).fetchone()
        if found is None or found[1] < now:
            raise SignInTokenBad
        assert isinstance(found[0], UUID)
        return found[0]


def address(server: str, token: str, then: str = "") -> str:
    """The address that signs in, and leads to a page then."""
    return f"{server.rstrip('/')}{PATH}?{urlencode({'token': token, **({'next': then} if then else {})}, safe='/')}"
