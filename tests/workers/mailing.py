"""A real mail server in the test's process, with its moods; and a company whose managers get digests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


class OnAnyPort(Controller):
    """Takes a port that is free, and knows it from when it listens."""

    def _trigger_server(self) -> None:
        self.port = cast("asyncio.Server", self.server).sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class Mailbox:
    """An SMTP server that keeps what it is given; refuses some recipients, or takes its time for them."""

    def __init__(self, port: int = 0) -> None:
        self.mails: list[EmailMessage] = []
        self.contents: list[bytes] = []
        self.refused: set[str] = set()
        self.slow: set[str] = set()
        self.tried: list[str] = []
        self.controller = OnAnyPort(self, "127.0.0.1", port, authenticator=self._sign_in, auth_require_tls=False)

    def _sign_in(self, *arguments: Any) -> AuthResult:
        data = cast("LoginPassword", arguments[-1])
        return AuthResult(success=data.password == b"p@ss", handled=False)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        self.tried.append(address)
        if address in self.refused:
            return "550 no such mailbox"
        if address in self.slow:
            await asyncio.sleep(3)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.contents.append(envelope.content)
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"

    @property
    def port(self) -> int:
        return int(self.controller.port)

    @property
    def url(self) -> str:
        return f"smtp://kams:p%40ss@127.0.0.1:{self.port}"

    @property
    def receivers(self) -> list[str]:
        return sorted(str(mail["To"]) for mail in self.mails)


@contextmanager
def mailbox(port: int = 0) -> Iterator[Mailbox]:
    made = Mailbox(port)
    made.controller.start()
    try:
        yield made
    finally:
        made.controller.stop()
