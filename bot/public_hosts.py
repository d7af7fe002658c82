"""Which hosts are on the public internet: no request that somebody else's address asks for goes to any other."""

import ipaddress
import socket
from typing import Any

from aiohttp.abc import AbstractResolver
from aiohttp.resolver import ThreadedResolver

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052
NAT64_OF_ONE_S_OWN = ipaddress.IPv6Network("64:ff9b:1::/48")  # RFC 8215: whatever its owner makes of it
COMPATIBLE = ipaddress.IPv6Network("::/96")  # RFC 4291, given up
ISATAP = 0x00005EFE  # RFC 5214: the middle of an interface's name


class PublicResolver(AbstractResolver):
    """Resolves names, and forgets every address that is not on the public internet (request forgery).

    The connection goes to the very addresses that were looked at: a name that answers otherwise the next time gains
    nothing.
    """

    def __init__(self, inner: AbstractResolver | None = None) -> None:
        self._inner = inner or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[Any]:
        found = await self._inner.resolve(host, port, family)
        public = [one for one in found if is_public(one["host"])]
        if not public:
            raise NoPublicHost(f"{host} is no public host")
        return list(public)

    async def close(self) -> None:
        await self._inner.close()


class NoPublicHost(OSError):
    """A name that leads to no address on the public internet."""


def is_public(address: str) -> bool:
    """Tell whether an IP address is on the public internet, also when it stands in an IPv6 coat."""
    found = ipaddress.ip_address(address.strip("[]").partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found in NAT64_OF_ONE_S_OWN:
            return False
        found = _inside(found) or found
    return found.is_global and not found.is_multicast


def _inside(coat: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that a gateway would make of it: mapped, 6to4, Teredo, NAT64, compatible, ISATAP."""
    named = coat.ipv4_mapped or coat.sixtofour or (coat.teredo[1] if coat.teredo else None)
    if named is not None:
        return named
    number = int(coat)
    is_isatap = (number >> 32) & 0xFDFFFFFF == ISATAP
    if coat in NAT64 or coat in COMPATIBLE or is_isatap:
        return ipaddress.IPv4Address(number & 0xFFFFFFFF)
    return None


def is_literal(host: str) -> bool:
    """Tell whether a host is written as an address, in any way that a resolver would not see; no name is."""
    plain = host.strip("[]")
    return ":" in plain or all(_is_number(part) for part in plain.rstrip(".").split("."))


def _is_number(part: str) -> bool:
    try:
        int(part, 0)
    except ValueError:
        return part.isdigit()
    return True
