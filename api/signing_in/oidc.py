"""The company's own sign-in (OpenID Connect): authorization code with PKCE, state and nonce; the id token is believed
where it is signed by the issuer, for us, now, and in answer to this very way there."""

from __future__ import annotations

import json
import threading
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from api.access import NotSignedIn
from domain.errors import KamsError
from domain.language.catalogue import say

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

ALGORITHMS = ("RS256", "PS256", "ES256", "Ed25519", "EdDSA")
"""Signatures by keys that the issuer alone has: never `none`, nor one by the client's secret."""
LEEWAY = 60
"""Seconds by which clocks may differ."""
TIMEOUT = 5
LARGEST = 1_000_000
FRESH = 3600.0
AGAIN = 30.0
EMAIL = "email"
BASIC = "client_secret_basic"
CONFIGURATION = "/.well-known/openid-configuration"


class CompanySignInFailed(NotSignedIn):
    """The company's sign-in did not let you in: {reason}. Begin anew."""


class IssuerUnreachable(KamsError):
    """The company's sign-in at {issuer} does not answer as it should: {reason}."""


@dataclass(frozen=True)
class Client:
    """Who we are there. `claim` is what names the member: its value is his external id."""

    issuer: str
    client_id: str
    secret: str = field(repr=False)
    claim: str = EMAIL


@dataclass(frozen=True)
class Way:
    """One way there and back: what must come back, and where to go then."""

    nonce: str
    verifier: str
    next: str


class Provider:
    """The issuer, whose configuration and keys are asked for seldom."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, Any]] = {}

    def address(self, state: str, way: Way, redirect: str) -> str:
        """Where the browser is sent. Raises IssuerUnreachable."""
        challenge = urlsafe_b64encode(sha256(way.verifier.encode()).digest()).decode().rstrip("=")
        query = {
            "response_type": "code", "client_id": self.client.client_id, "redirect_uri": redirect, "state": state,
            "scope": "openid profile email", "nonce": way.nonce,
            "code_challenge": challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        endpoint = self._endpoint("authorization_endpoint")
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    def name_of(self, answer: Mapping[str, str], way: Way, redirect: str, now: datetime) -> str:
        """The external id of who came back with an answer. Raises CompanySignInFailed, IssuerUnreachable."""
        if answer.get("error"):
            raise CompanySignInFailed(reason=say("it says {error}", error=answer["error"][:80]))
        if answer.get("iss", self.client.issuer) != self.client.issuer:
            raise CompanySignInFailed(reason=say("the answer is another issuer's"))
        tokens = self._tokens(answer.get("code", ""), way, redirect)
        claims = self._signed(str(tokens.get("id_token", "")))
        _must_be_for_us(claims, self.client, way, now)
        if self.client.claim == EMAIL and claims.get("email_verified") is not True:
            raise CompanySignInFailed(reason=say("it has not verified your e-mail address"))
        name = claims.get(self.client.claim)
        if not isinstance(name, str) or not name:
            raise CompanySignInFailed(reason=say("it does not state {name}", name=self.client.claim))
        return name

    def look(self) -> str:
        """See that it answers, with keys; the address to which browsers are sent. Raises IssuerUnreachable."""
        self._keys(renew=True)
        return self._endpoint("authorization_endpoint")

    def _tokens(self, code: str, way: Way, redirect: str) -> dict[str, Any]:
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect}
        fields |= {"code_verifier": way.verifier}
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        if BASIC in self._configuration().get("token_endpoint_auth_methods_supported", [BASIC]):
            both = f"{quote(self.client.client_id, safe='')}:{quote(self.client.secret, safe='')}"
            headers["Authorization"] = f"Basic {b64encode(both.encode()).decode()}"
        else:
            fields |= {"client_id": self.client.client_id, "client_secret": self.client.secret}
        try:
            return self._asked(Request(self._endpoint("token_endpoint"), urlencode(fields).encode(), headers))
        except HTTPError as error:
            raise CompanySignInFailed(reason=say("it does not take the code ({error})", error=error.code)) from None

    def _signed(self, token: str) -> dict[str, Any]:
        """What a token says, once it is known who signed it: a key that is not known is asked for once more."""
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError, JoseError

        try:
            try:
                return dict(jwt.decode(token, self._keys(), algorithms=ALGORITHMS).claims)
            except InvalidKeyIdError:
                return dict(jwt.decode(token, self._keys(renew=True), algorithms=ALGORITHMS).claims)
        except (JoseError, ValueError) as error:
            raise CompanySignInFailed(reason=say("its token is not signed by it ({error})", error=error)) from None

    def _keys(self, *, renew: bool = False) -> KeySet:
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        found = self._kept(self._endpoint("jwks_uri"), AGAIN if renew else FRESH)
        try:
            return KeySet.import_key_set(found)
        except (JoseError, KeyError, TypeError, ValueError) as error:
            raise self._unreachable(error) from None

    def _endpoint(self, name: str) -> str:
        found = self._configuration().get(name, "")
        if not isinstance(found, str) or not is_safe(found):
            raise self._unreachable(say("it names no {name}", name=name))
        return found

    def _configuration(self) -> dict[str, Any]:
        found: dict[str, Any] = self._kept(self.client.issuer.rstrip("/") + CONFIGURATION, FRESH)
        if found.get("issuer") != self.client.issuer:
            raise self._unreachable(say("it calls itself {name}", name=found.get("issuer")))
        return found

    def _kept(self, url: str, fresh: float) -> Any:
        """A document of the issuer's, kept for a while."""
        with self._lock:
            at, document = self._known.get(url, (float("-inf"), None))
            if time.monotonic() - at > fresh:
                try:
                    document = self._asked(Request(url, headers={"Accept": "application/json"}))
                except HTTPError as error:
                    raise self._unreachable(error) from None
                self._known[url] = time.monotonic(), document
            return document

    def _asked(self, request: Request) -> dict[str, Any]:
        try:
            with build_opener(Unmoved).open(request, timeout=TIMEOUT) as answer:
                found = json.loads(answer.read(LARGEST))
        except HTTPError:
            raise
        except (URLError, OSError, ValueError) as error:
            raise self._unreachable(getattr(error, "reason", error)) from None
        if not isinstance(found, dict):
            raise self._unreachable(say("it does not answer with an object"))
        return found

    def _unreachable(self, reason: object) -> IssuerUnreachable:
        return IssuerUnreachable(issuer=self.client.issuer, reason=str(reason)[:200])


class Unmoved(HTTPRedirectHandler):
    """Nobody is followed elsewhere with our secret."""

    def redirect_request(self, *_: Any) -> None:
        """Take the redirect for the answer that it is."""
        return


def _must_be_for_us(claims: Mapping[str, Any], client: Client, way: Way, now: datetime) -> None:
    """OpenID Connect Core, 3.1.3.7. Raises CompanySignInFailed."""
    stated = claims.get("aud")
    audience = stated if isinstance(stated, list) else [stated]
    expires, issued = (_number(claims.get(name)) for name in ("exp", "iat"))
    moment = now.timestamp()
    wrong = (
        (claims.get("iss") != client.issuer, say("its token is another issuer's")),
        (client.client_id not in audience, say("its token is for somebody else")),
        (len(audience) > 1 and claims.get("azp") != client.client_id, say("its token is for somebody else")),
        (expires is None or expires <= moment - LEEWAY, say("its token has expired")),
        (issued is None or issued > moment + LEEWAY, say("its token is of the future")),
        (claims.get("nonce") != way.nonce, say("its token answers another request")),
    )
    for is_so, reason in wrong:
        if is_so:
            raise CompanySignInFailed(reason=reason)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def is_safe(url: str) -> bool:
    """Whether an address speaks TLS, or is on this machine."""
    from api.serving import is_loopback

    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
