"""What a seller may wish of pictures: another format, and a whole bundle that weighs no more than their mailbox takes."""

from collections.abc import AsyncIterator
from dataclasses import replace
from hashlib import sha256
from io import BytesIO

import pytest
from PIL import Image

from bot.app.deliveries import Packer, fair_share
from bot.manifest import file_names, manifest
from bot.photos.pool import PhotoPool
from bot.ports import Preparation
from flows.values import BundlePhoto, Photo
from storage.blobs import MemoryBlobs
from tests.app.conftest import delivery
from tests.photos.scenes import jpeg, scene

PDF = b"%PDF-1.4 " + b"x" * 20_000


@pytest.fixture
async def pool() -> AsyncIterator[PhotoPool]:
    made = PhotoPool()
    yield made
    await made.aclose()


async def packed(pool: PhotoPool, how: Preparation, *contents: bytes) -> dict[str, tuple[str, bytes]]:
    """Pack a bundle of these files for a seller who wants them so: media type and bytes by name."""
    blobs, photos = MemoryBlobs(), []
    for number, content in enumerate(contents):
        key = await blobs.put("K7F3QX", content)
        pdf = content.startswith(b"%PDF")
        photo = Photo(
            id=f"p{number}", kind="pdf" if pdf else "photo", key=key, sha256=sha256(content).hexdigest(),
            size=len(content), mime="application/pdf" if pdf else "image/jpeg", width=9, height=9,
        )  # fmt: skip
        photos.append(BundlePhoto(label=f"Shot_{number}", title="", photo=photo))
    packer = Packer(
        blobs=blobs, judge=pool, name_files=file_names, write_manifest=manifest, preparations={"acme": how},
        link_to=lambda _key, _name: "",
    )  # fmt: skip
    made = await packer.pack(replace(delivery().bundle, photos=tuple(photos)))
    return {file.name: (file.mime, file.content) for file in made.parcel.files}


@pytest.mark.parametrize(
    ("wish", "mime", "ending"), [("webp", "image/webp", "webp"), ("png", "image/png", "png")]
)
async def test_another_format_is_made_and_named(pool: PhotoPool, wish: str, mime: str, ending: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = "canary"
    content = jpeg(scene(size=(400, 300)), exif=exif, xmp=b"canary")

    files = await packed(pool, Preparation(format=wish), content)  # type: ignore[arg-type]

    made_mime, made = files[f"Shot_0.{ending}"]
    picture = Image.open(BytesIO(made))
    assert (made_mime, picture.format, picture.size) == (mime, ending.upper(), (400, 300))
    assert b"canary" not in made
    assert not picture.getexif()


async def test_a_bundle_weighs_no_more_than_it_may_and_small_files_stay_as_they_are(pool: PhotoPool) -> None:
    small = jpeg(scene(size=(320, 240)))
    large = [jpeg(scene(seed=seed), quality=92) for seed in range(3)]
    assert sum(map(len, [small, PDF, *large])) > 500_000

    files = await packed(pool, Preparation(bundle_bytes=500_000), small, PDF, *large)

    assert sum(len(content) for _, content in files.values()) <= 500_000
    assert files["Shot_1.pdf"] == ("application/pdf", PDF)
    assert Image.open(BytesIO(files["Shot_0.jpg"][1])).size == (320, 240)
    assert all(
        Image.open(BytesIO(content)).width >= 640
        for name, (_, content) in files.items()
        if name in {"Shot_2.jpg", "Shot_3.jpg", "Shot_4.jpg"}
    )


async def test_a_bundle_that_fits_is_left_alone(pool: PhotoPool) -> None:
    contents = [jpeg(scene(seed=seed, size=(640, 480))) for seed in range(2)]

    free = await packed(pool, Preparation(), *contents)
    bounded = await packed(pool, Preparation(bundle_bytes=10_000_000), *contents)

    assert free == bounded


def test_what_small_files_leave_over_goes_to_the_large_ones() -> None:
    assert fair_share([10, 10, 500, 500], 220) == 100
    assert fair_share([300, 300], 100) == 50
    assert fair_share([30, 40], 100) == 40
    assert fair_share([], 100) == 0
