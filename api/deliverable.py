"""Addresses that nothing can ever be delivered to, told when a subscription is opened or changed.

Only what stands in place of a name is judged here: where a name leads to is looked at when it is connected to.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, ip_address
from urllib.parse import unquote, urlsplit

from domain.errors import Refused
from domain.subscription.reachable import AddressForbidden, AddressNotGlobal, must_be_allowed

HERE = "127.0.0.1"
SETTING = "KAMS_WEBHOOKS_PRIVATE"


class AddressNotPublic(Refused):
    """{found} is not a public address: no webhook is delivered there. Receivers within a private network need
    {setting}=1, set for the workers and for whoever opens subscriptions (kams serve, kams up, kams streams)."""


class AddressNeverServed(Refused):
    """{found} is an address of a link, of many machines or of none, or one where machines get their credentials:
    nothing is ever delivered there. State another one."""


def must_be_deliverable(address: str, *, private: bool) -> None:
    """Refuse an address whose host is one of this machine, of a private network (unless `private`), or of a kind to
    which nothing is ever sent. Raises AddressNotPublic, AddressNeverServed."""
    host = _host_of(address)
    meant = _meant(host)
    if not meant:
        return
    found = host if host == meant else f"{host} ({meant})"
    try:
        must_be_allowed(host, meant, private=True)
        must_be_allowed(host, meant, private=private)
    except AddressForbidden:
        raise AddressNeverServed(found=found[:80], field="address") from None
    except AddressNotGlobal:
        raise AddressNotPublic(found=found[:80], setting=SETTING, field="address") from None


def _host_of(address: str) -> str:
    try:
        return unquote(urlsplit(address).hostname or "").rstrip(".")
    except ValueError:
        return ""  # what is no address is refused as such


def _meant(host: str) -> str:
    """The address that stands in place of a name, in whatever form (`0x7f.1`, `2130706433`); empty for a name."""
    if host == "localhost" or host.endswith(".localhost"):
        return HERE
    try:
        return str(ip_address(host.partition("%")[0] if ":" in host else host))
    except ValueError:
        pass
    try:
        return str(IPv4Address(socket.inet_aton(host)))
    except (OSError, ValueError):
        return ""
