"""Anchors that a checkpoint is sent to: a webhook, an e-mail address, the standard output."""

from __future__ import annotations

import http.client
import smtplib
import socket
import ssl
import sys
from email.message import EmailMessage
from urllib.parse import SplitResult, urlsplit

import psycopg

from domain.errors import KamsError
from domain.seal.checkpoints import read_checkpoint
from domain.subscription.reachable import must_be_allowed
from workers.mail import MailServer

SECONDS = 15


class AnchorFailed(KamsError):
    """{anchor} did not take the checkpoint: {reason}."""


class Sent:
    """What all that is sent shares: the newest checkpoint that was taken is known to the database alone."""

    local = False

    def __init__(self, name: str, every: int = 0) -> None:
        self.name, self.every = name, every

    def reached(self, told: int) -> int:
        """The size of the newest checkpoint that was taken there."""
        return told

    def must_agree(self, newest: str | None) -> None:
        """Nothing to compare."""


class Printed(Sent):
    """The standard output of the worker."""

    local = True

    def keep(self, _: psycopg.Connection, note: str) -> None:
        """Print it."""
        sys.stdout.write(note + "\n")
        sys.stdout.flush()


class Webhook(Sent):
    """POSTs the note as text/plain; every answer but 2xx is a failure, redirects too.

    The address that is connected to is the one that was looked at, so a name cannot lead elsewhere in between.
    """

    def __init__(self, url: str, every: int = 0, *, private: bool = False) -> None:
        self._parts = urlsplit(url)
        super().__init__(shown(self._parts), every)
        self._private = private

    def keep(self, _: psycopg.Connection, note: str) -> None:
        """Send it. Raises AnchorFailed, AddressNotGlobal, OSError."""
        host = self._parts.hostname or ""
        port = self._parts.port or (443 if self._parts.scheme == "https" else 80)
        connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
        connection.sock = self._connected(host, port)
        try:
            target = self._parts.path or "/"
            headers = {"Content-Type": "text/plain; charset=utf-8", "User-Agent": "kams"}
            connection.request("POST", f"{target}?{self._parts.query}".rstrip("?"), note.encode(), headers)
            status = connection.getresponse().status
        except http.client.HTTPException as error:
            raise AnchorFailed(anchor=self.name, reason=f"{type(error).__name__} {error}".strip()) from error
        finally:
            connection.close()
        if not 200 <= status < 300:
            raise AnchorFailed(anchor=self.name, reason=f"it answered {status}")

    def _connected(self, host: str, port: int) -> socket.socket:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        if not self._private:
            for *_, address in found:
                must_be_allowed(host, str(address[0]), setting="KAMS_ANCHORS_PRIVATE")
        raw = socket.create_connection((str(found[0][4][0]), port), timeout=SECONDS)
        if self._parts.scheme != "https":
            return raw
        try:
            return ssl.create_default_context().wrap_socket(raw, server_hostname=host)
        except BaseException:
            raw.close()
            raise


class Mailed(Sent):
    """An e-mail whose body is the note."""

    def __init__(self, to: str, every: int, smtp_url: str) -> None:
        super().__init__(f"mailto:{to}", every)
        self._to = to
        self._server = MailServer(smtp_url)

    def keep(self, _: psycopg.Connection, note: str) -> None:
        """Send it. Raises AnchorFailed, OSError."""
        try:
            with self._server.connected() as server:
                server.send_message(self._message(note))
        except smtplib.SMTPException as error:
            raise AnchorFailed(anchor=self.name, reason=f"{type(error).__name__} {error}") from error

    def _message(self, note: str) -> EmailMessage:
        checkpoint = read_checkpoint(note)
        message = EmailMessage()
        message["Subject"] = f"KAMS checkpoint {checkpoint.size}"
        message["From"] = self._server.sender
        message["To"] = self._to
        message.set_content(note)
        return message


def shown(parts: SplitResult) -> str:
    """An address without its user and password."""
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
