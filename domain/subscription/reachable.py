"""Which addresses may be connected to: public ones, so that nobody makes us ask the servers inside for him."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from domain.errors import KamsError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

NAT64 = ipaddress.ip_network("64:ff9b::/96")
SIX_TO_FOUR = ipaddress.ip_network("2002::/16")
LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")
TEREDO = ipaddress.ip_network("2001::/32")
COMPATIBLE = ipaddress.ip_network("::/96")
METADATA = frozenset(
    map(ipaddress.ip_address, ("169.254.169.254", "169.254.170.2", "100.100.100.200", "192.0.0.192", "fd00:ec2::254"))
)
"""Where clouds hand out a machine's credentials."""


class AddressNotGlobal(KamsError):
    """{host} leads to {address}, which is not a public address: webhooks there are refused unless {setting}=1."""


class AddressForbidden(KamsError):
    """{host} leads to {address}: to addresses of this kind nothing is ever sent."""


def must_be_allowed(host: str, address: str, *, private: bool = False, setting: str = "KAMS_WEBHOOKS_PRIVATE") -> None:
    """Refuse an address of this machine, of a private network, or of another special kind; with `private` only those
    where credentials are handed out, of a link, of many machines and of none. Raises AddressNotGlobal,
    AddressForbidden."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    inside = list(_within(ip))
    if private:
        if any(map(_never, inside)):
            raise AddressForbidden(host=host, address=address)
        return
    if not all(each.is_global and not each.is_multicast and each not in METADATA for each in inside) or _tunnelled(ip):
        raise AddressNotGlobal(host=host, address=address, setting=setting)


def _within(ip: Address) -> Iterator[Address]:
    """What is really asked: an address of version 4 within one of version 6, else the address itself."""
    if isinstance(ip, ipaddress.IPv4Address):
        yield ip
    elif ip.ipv4_mapped:
        yield ip.ipv4_mapped
    else:
        yield ip
        if ip.sixtofour:
            yield ip.sixtofour
        if ip.teredo:
            yield from ip.teredo
        if ip in NAT64 or (ip in COMPATIBLE and int(ip) > 1):
            yield ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)


def _tunnelled(ip: Address) -> bool:
    return any(ip in network for network in (NAT64, LOCAL_NAT64, SIX_TO_FOUR, TEREDO, COMPATIBLE))


def _never(ip: Address) -> bool:
    return ip in METADATA or ip.is_link_local or ip.is_multicast or ip.is_unspecified or str(ip) == "255.255.255.255"
