"""What every answer tells a browser: nothing of an API's answer is to be run or shown in a frame, and a page of the
console runs no script but its own files."""

from __future__ import annotations

from litestar.types import Message, Scope

Headers = list[tuple[bytes, bytes]]

EVERYWHERE: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"cache-control", b"private, no-cache"),
    (b"vary", b"Accept-Language"),
]
OF_THE_API: Headers = [
    *EVERYWHERE,
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
]
POLICY = (
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)
UNUSED = ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")


class SecurityHeaders:
    """Adds them to answers that do not state their own. `tls` says that TLS stands before this server, `forms` where
    else than to the console itself its forms may lead."""

    def __init__(self, *, tls: bool = False, forms: str = "") -> None:
        policy = "; ".join((*POLICY, f"form-action 'self' {forms}".strip()))
        self._console: Headers = [
            *EVERYWHERE,
            # "no-referrer" would make the browser hide from us, too, where a form comes from
            (b"referrer-policy", b"same-origin"),
            (b"content-security-policy", policy.encode()),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"permissions-policy", ", ".join(f"{each}=()" for each in UNUSED).encode()),
        ]
        # each of the many files of a first load has them: no more than a file needs
        self._file: Headers = [
            (b"x-content-type-options", b"nosniff"),
            (b"content-security-policy", b"default-src 'none'"),
            (b"cross-origin-resource-policy", b"same-origin"),
        ]
        self._always: Headers = [(b"strict-transport-security", b"max-age=31536000")] if tls else []

    async def __call__(self, message: Message, scope: Scope) -> None:
        """Add them where an answer begins."""
        if message["type"] == "http.response.start":
            stated = {name.lower() for name, _ in message.get("headers", [])} - {b"vary"}
            own = [*self._of(scope["path"]), *self._always]
            message["headers"] = [*message.get("headers", []), *(each for each in own if each[0] not in stated)]

    def _of(self, path: str) -> Headers:
        if path.startswith("/console/assets/"):
            return self._file
        return self._console if path == "/console" or path.startswith("/console/") else OF_THE_API
