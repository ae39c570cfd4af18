"""The mail server of the settings: one connection, encrypted unless the server is this machine."""

from __future__ import annotations

import ipaddress
import smtplib
import socket
import ssl
from urllib.parse import unquote, urlsplit

SECONDS = 15


class MailServer:
    """Where mail is handed over. Over smtp:// it goes encrypted (STARTTLS), unless the server is this machine; over
    smtps:// always."""

    def __init__(self, url: str, seconds: float = SECONDS) -> None:
        self._server, self._seconds = urlsplit(url), seconds

    @property
    def name(self) -> str:
        """Host and port, without user and password."""
        return self._server.netloc.rpartition("@")[2]

    @property
    def sender(self) -> str:
        """From whom mail comes where nothing else is stated: the user where that is an address."""
        user = unquote(self._server.username or "")
        return user if "@" in user else f"kams@{socket.getfqdn()}"

    def connected(self) -> smtplib.SMTP:
        """A connection, signed in where the address names a user. Raises smtplib.SMTPException, OSError."""
        server, host = self._server, self._server.hostname or "localhost"
        safe = ssl.create_default_context()
        if server.scheme == "smtps":
            made: smtplib.SMTP = smtplib.SMTP_SSL(host, server.port or 465, timeout=self._seconds, context=safe)
        else:
            made = smtplib.SMTP(host, server.port or 587, timeout=self._seconds)
        try:
            made.ehlo()
            if server.scheme != "smtps" and (made.has_extn("starttls") or not is_this_machine(host)):
                made.starttls(context=safe)
            if server.username:
                made.login(unquote(server.username), unquote(server.password or ""))
        except BaseException:
            made.close()
            raise
        return made


def is_this_machine(host: str) -> bool:
    """Whether a host is the loopback."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
