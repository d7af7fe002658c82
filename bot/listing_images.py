"""Fetches the picture of a listing from its address: https, public hosts, no redirects, bounded in size and time."""

import logging
from urllib.parse import urlsplit

import aiohttp

from bot.http_calls import read_up_to
from bot.public_hosts import PublicResolver, is_literal

logger = logging.getLogger(__name__)

MOST_BYTES = 5 * 1024 * 1024
"""As much as Telegram takes of a photo by address (Bot API, "Sending files")."""
SECONDS = 5.0


class ListingImages:
    """Opens its connections with the first picture."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def fetch(self, address: str) -> bytes | None:
        """Return a picture's bytes, None when it cannot be had."""
        try:
            if not address.startswith("https://") or is_literal(urlsplit(address).hostname or ""):
                return None
            return await self._fetch(address)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as failure:
            logger.info("a listing's picture cannot be had: %s", type(failure).__name__)
            return None

    async def _fetch(self, address: str) -> bytes | None:
        async with self._open().get(address, allow_redirects=False) as answer:
            if answer.status != 200 or not answer.content_type.startswith("image/"):  # noqa: PLR2004 - OK
                return None
            content = await read_up_to(answer, MOST_BYTES)
            return content if len(content) <= MOST_BYTES else None

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
