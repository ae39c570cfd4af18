"""Where a webhook is delivered to: what can be told of an address without asking the network."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from domain.errors import Refused

LONGEST = 2_000
PRIVATE_NAMES = ("localhost", "local", "internal", "home.arpa")
_WRITABLE = re.compile(r"[!-~]+")


class AddressMissing(Refused):
    """A webhook needs an address: state a URL such as https://example.com/kams."""


class AddressNotNeeded(Refused):
    """A subscription over {transport} has no address: receivers read its stream. Leave the address out."""


class AddressNotAUrl(Refused):
    """{found} is not an address of a webhook: state a URL such as https://example.com/kams, of at most {most} printable
    ASCII characters."""


class AddressNotSecure(Refused):
    """{found} would send events in the clear: state an https:// address. http:// is for receivers on this machine or in
    a private network, where the installation allows them."""


class AddressWithPassword(Refused):
    """The address holds a user or a password, which every log would repeat: leave them out and check the signature of
    what arrives instead."""


class AddressWithFragment(Refused):
    """The address has a fragment ({found}), which no server ever sees: leave it out."""


def must_be_an_address(address: str) -> None:
    """Refuse what is no address of a webhook. Whether it may be connected to is judged at each delivery."""
    if not address:
        raise AddressMissing(field="address")
    if len(address) > LONGEST or not _WRITABLE.fullmatch(address):
        raise AddressNotAUrl(found=_start_of(address), most=LONGEST, field="address")
    parts, host = _taken_apart(address)
    if "@" in parts.netloc:
        raise AddressWithPassword(field="address")
    if not host or parts.scheme not in ("http", "https"):
        raise AddressNotAUrl(found=_start_of(address), most=LONGEST, field="address")
    if "#" in address:
        raise AddressWithFragment(found=f"#{parts.fragment}"[:80], field="address")
    if parts.scheme == "http" and not looks_private(host):
        raise AddressNotSecure(found=_start_of(address), field="address")


def looks_private(host: str) -> bool:
    """Whether a host is an address of this machine or a private network, or a name that only such a one has."""
    try:
        return not ip_address(host).is_global
    except ValueError:
        name = host.lower().rstrip(".")
        return "." not in name or name.endswith(tuple(f".{each}" for each in PRIVATE_NAMES))


def _taken_apart(address: str) -> tuple[SplitResult, str]:
    try:
        parts = urlsplit(address)
        if parts.port == 0:
            return parts, ""
    except ValueError:
        raise AddressNotAUrl(found=_start_of(address), most=LONGEST, field="address") from None
    return parts, parts.hostname or ""


def _start_of(address: str) -> str:
    """As much of an address as a message repeats: never what stands before an @."""
    return address.rpartition("@")[2][:80]
