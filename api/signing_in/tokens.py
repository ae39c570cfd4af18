"""Tokens in an address that signs somebody in, or lets him set his password: used once, within their time. Only their
hashes are kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, LiteralString
from urllib.parse import urlencode
from uuid import UUID

from psycopg_pool import ConnectionPool

from api.access import NotSignedIn
from api.signing_in.secrets import hashed, new_secret

VALID = timedelta(minutes=15)
LONGEST = timedelta(hours=24)
"""For whoever reads first: until it is used, a day at most."""
PREFIX = "kamsi_"
Purpose = Literal["sign_in", "password"]
PATHS: dict[Purpose, str] = {"sign_in": "/console/sign-in", "password": "/console/set-password"}

ISSUE = """
with expired as (delete from sign_in_tokens where expires_at < %(now)s)
insert into sign_in_tokens (hash, member, expires_at, purpose)
values (%(hash)s, %(member)s, %(expires_at)s, %(purpose)s)"""
TAKE = "delete from sign_in_tokens where hash = %s and purpose = %s returning member, expires_at"
LOOK = "select member, expires_at from sign_in_tokens where hash = %s and purpose = %s"


class SignInTokenBad(NotSignedIn):
    """This address was used already, has expired or never was one: get another by `kams sign-in`."""


class SignInTokens:
    """Issues and takes them."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    def issue(self, member: UUID, now: datetime, valid: timedelta = VALID, purpose: Purpose = "sign_in") -> str:
        """A token for a member."""
        token = new_secret(PREFIX)
        values = {"hash": hashed(token), "member": member, "now": now, "expires_at": now + min(valid, LONGEST)}
        values["purpose"] = purpose
        with self._pool.connection() as connection:
            connection.execute(ISSUE, values)
        return token

    def take(self, token: str, now: datetime, purpose: Purpose = "sign_in") -> UUID:
        """The member for whom a token stands; it is gone with that. Raises SignInTokenBad."""
        return self._member(TAKE, token, now, purpose)

    def look(self, token: str, now: datetime, purpose: Purpose) -> UUID:
        """The member for whom a token stands, which stays. Raises SignInTokenBad."""
        return self._member(LOOK, token, now, purpose)

    def end_all(self, member: UUID) -> None:
        """Make those of a member useless."""
        with self._pool.connection() as connection:
            connection.execute("delete from sign_in_tokens where member = %s", (member,))

    def _member(self, sql: LiteralString, token: str, now: datetime, purpose: Purpose) -> UUID:
        with self._pool.connection() as connection:
            found = connection.execute(sql, (hashed(token), purpose)).fetchone()
        if found is None or found[1] < now:
            raise SignInTokenBad
        assert isinstance(found[0], UUID)
        return found[0]


def address(server: str, token: str, then: str = "", purpose: Purpose = "sign_in") -> str:
    """The address for a token, which leads to a page then."""
    query = {"token": token, **({"next": then} if then else {})}
    return f"{server.rstrip('/')}{PATHS[purpose]}?{urlencode(query, safe='/')}"
