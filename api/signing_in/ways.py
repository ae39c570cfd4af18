"""Ways to the company's own sign-in and back: each is gone once, within ten minutes, by the browser that began it."""

from __future__ import annotations

from datetime import datetime, timedelta

from psycopg_pool import ConnectionPool

from api.signing_in.oidc import CompanySignInFailed, Way
from api.signing_in.secrets import hashed, new_secret
from domain.language.catalogue import say

LASTS = timedelta(minutes=10)

BEGIN = """
with expired as (delete from oidc_ways where expires_at < %(now)s)
insert into oidc_ways values (%(hash)s, %(nonce)s, %(verifier)s, %(next)s, %(expires_at)s)"""


class Ways:
    """Begins them and takes who comes back."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    def begin(self, then: str, now: datetime) -> tuple[str, Way]:
        """A way, and its state, which the browser keeps."""
        state, way = new_secret(), Way(nonce=new_secret(), verifier=new_secret(), next=then)
        values = {"hash": hashed(state), "nonce": way.nonce, "verifier": way.verifier, "next": then}
        with self._pool.connection() as connection:
            connection.execute(BEGIN, {**values, "now": now, "expires_at": now + LASTS})
        return state, way

    def back(self, state: str, now: datetime) -> Way:
        """The way of a state, which is gone with that. Raises CompanySignInFailed."""
        with self._pool.connection() as connection:
            found = connection.execute(
                "delete from oidc_ways where hash = %s returning nonce, verifier, next, expires_at", (hashed(state),)
            ).fetchone()
        if found is None or found[3] < now:
            raise CompanySignInFailed(reason=say("this way was gone already, or took too long"))
        return Way(*found[:3])
