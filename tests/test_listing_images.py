"""Pictures of listings: https and public hosts only; nothing of this machine can be asked for."""

import pytest

from bot.listing_images import ListingImages
from bot.public_hosts import PublicResolver


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/a.jpg",
        "file:///etc/passwd",
        "https://127.0.0.1/a.jpg",
        "https://[::1]/a.jpg",
        "https://10.0.0.1:8443/a.jpg",
        "https://user@169.254.169.254/latest",
        "https://localhost/a.jpg",
        "https://2130706433/a.jpg",
        "https:///a.jpg",
        "https://",
    ],
)
async def test_what_is_not_on_the_public_internet_is_not_asked_for(address: str) -> None:
    images = ListingImages()
    try:
        assert await images.fetch(address) is None
    finally:
        await images.aclose()


async def test_a_name_that_leads_to_this_machine_is_refused() -> None:
    resolver = PublicResolver()

    with pytest.raises(OSError, match="no public host"):
        await resolver.resolve("localhost", 443)
