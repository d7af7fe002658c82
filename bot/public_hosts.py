"""Which hosts are on the public internet: no request that somebody else's address asks for goes to any other."""

import ipaddress
import socket
from typing import Any

from aiohttp.abc import AbstractResolver
from aiohttp.resolver import ThreadedResolver


class PublicResolver(AbstractResolver):
    """Resolves names, and forgets every address that is not on the public internet (request forgery)."""

    def __init__(self) -> None:
        self._inner = ThreadedResolver()

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
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inner is not None:
            found = inner
    return found.is_global and not found.is_multicast


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
