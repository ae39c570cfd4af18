"""A small OpenID Connect issuer on this machine, whose tokens tests may spoil."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT, SECRET = "kams", "a secret of thirty-two characters"


@dataclass
class Issuer:
    """What it says next: the claims of its token, how it signs, and what it was asked."""

    url: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    claims: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    signs_with: Any = None
    error: str = ""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    now: Callable[[], float] = time.time

    async def configuration(self, _: web.Request) -> web.Response:
        places = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        return web.json_response({"issuer": self.url, **{name: f"{self.url}/{at}" for name, at in places.items()}})

    async def keys(self, _: web.Request) -> web.Response:
        return web.json_response({"keys": [self.key.as_dict(private=False)]})

    async def authorize(self, request: web.Request) -> web.Response:
        """Whoever comes is signed in, and sent back."""
        asked = dict(request.query)
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        answer = {"error": self.error} if self.error else {"code": code, "iss": self.url}
        raise web.HTTPFound(f"{asked['redirect_uri']}?{urlencode({**answer, 'state': asked['state']})}")

    async def token(self, request: web.Request) -> web.Response:
        """A token for a code, which is used once by whoever knows our secret and the verifier."""
        form = await request.post()
        asked = self.codes.pop(str(form["code"]), None)
        challenge = urlsafe_b64encode(sha256(str(form["code_verifier"]).encode()).digest()).decode().rstrip("=")
        basic = b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode()
        fits = asked and challenge == asked["code_challenge"] and form["redirect_uri"] == asked["redirect_uri"]
        if not asked or not fits or basic != f"{CLIENT}:{SECRET.replace(' ', '%20')}":
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response(
            {"access_token": "x", "token_type": "Bearer", "id_token": self.id_token(asked["nonce"])}
        )

    def id_token(self, nonce: str) -> str:
        """The token as this issuer makes it now."""
        now = int(self.now())
        claims = {"iss": self.url, "aud": CLIENT, "sub": "1", "exp": now + 300, "iat": now, "nonce": nonce}
        claims = {name: each for name, each in {**claims, **self.claims}.items() if each is not None}
        if self.algorithm == "none":
            header, body = (
                urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "none"}, claims)
            )
            return f"{header}.{body}."
        key = self.signs_with or (OctKey.import_key(SECRET) if self.algorithm == "HS256" else self.key)
        header = {"alg": self.algorithm, **({"kid": key.kid} if key.kid else {})}
        return jwt.encode(header, claims, key, algorithms=[self.algorithm])


@contextmanager
def issuing(issuer: Issuer) -> Iterator[Issuer]:
    """The issuer at an address of its own."""
    loop, ready = asyncio.new_event_loop(), threading.Event()

    async def begin() -> web.AppRunner:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", issuer.configuration)
        app.router.add_get("/keys", issuer.keys)
        app.router.add_get("/authorize", issuer.authorize)
        app.router.add_post("/token", issuer.token)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        issuer.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    def serve() -> None:
        runner = loop.run_until_complete(begin())
        ready.set()
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=serve)
    thread.start()
    ready.wait(30)
    try:
        yield issuer
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
