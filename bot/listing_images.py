"""Fetches the picture of a listing from its address: https, public hosts, no redirects, bounded in size and time."""

import ipaddress
import logging
import socket
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.resolver import ThreadedResolver

logger = logging.getLogger(__name__)

MOST_BYTES = 5 * 1024 * 1024
"""As much as Telegram takes of a photo by address (Bot API, "Sending files")."""
SECONDS = 5.0


class PublicResolver(AbstractResolver):
    """Resolves names, and forgets every address that is not on the public internet (request forgery)."""

    def __init__(self) -> None:
        self._inner = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[Any]:
        found = await self._inner.resolve(host, port, family)
        public = [one for one in found if ipaddress.ip_address(one["host"]).is_global]
        if not public:
            raise OSError(f"{host} is no public host")
        return list(public)

    async def close(self) -> None:
        await self._inner.close()


class ListingImages:
    """Opens its connections with the first picture."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def fetch(self, address: str) -> bytes | None:
        """Return a picture's bytes, None when it cannot be had."""
        if not address.startswith("https://") or _is_literal(address):
            return None
        try:
            return await self._fetch(address)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as failure:
            logger.info("a listing's picture cannot be had: %s", type(failure).__name__)
            return None

    async def _fetch(self, address: str) -> bytes | None:
        async with self._open().get(address, allow_redirects=False) as answer:
            if answer.status != 200 or not answer.content_type.startswith("image/"):  # noqa: PLR2004 - OK
                return None
            content = await answer.content.read(MOST_BYTES + 1)
            return content if len(content) <= MOST_BYTES and answer.content.at_eof() else None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=PublicResolver(), limit=4),
                timeout=aiohttp.ClientTimeout(total=SECONDS),
            )
        return self._session

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()


def _is_literal(address: str) -> bool:
    """Whether the host is written as an address, which no resolver would see."""
    host = address.removeprefix("https://").partition("/")[0].rpartition("@")[2]
    return host.startswith("[") or host.partition(":")[0].replace(".", "").isdigit()
