"""What is let in, what is refused and why, and that a picture stands upright in right colours."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms

from bot.photos.decode import MAX_BYTES, read_colour, read_gray
from bot.ports import NotAPicture
from tests.photos.scenes import encoded, jpeg, scene


def refusal(content: bytes) -> str:
    with pytest.raises(NotAPicture) as caught:
        read_gray(content, longest=640)
    return caught.value.reason


@pytest.mark.parametrize(
    ("name", "mime"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("WEBP", "image/webp"),
        ("GIF", "image/gif"),
        ("AVIF", "image/avif"),
        ("BMP", "image/bmp"),
        ("TIFF", "image/tiff"),
    ],
)
def test_a_picture_is_known_by_its_content(name: str, mime: str) -> None:
    content = encoded(scene(size=(400, 300)), name)

    found = read_gray(content, longest=640)

    assert (found.inspected.mime, found.inspected.width, found.inspected.height) == (mime, 400, 300)
    assert found.luma.mode == "L"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("longest", [0, 200])
def test_every_orientation_stands_upright(orientation: int, longest: int) -> None:
    upright = scene(size=(640, 480))
    back = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]
    stored = upright if back is None else upright.transpose(Image.Transpose(back))
    exif = Image.Exif()
    exif[0x0112] = orientation

    shown = read_colour(jpeg(stored, exif=exif), longest=longest)
    facts = read_gray(jpeg(stored, exif=exif), longest=200).inspected

    assert (facts.width, facts.height) == (640, 480)
    expected = np.asarray(upright.resize(shown.size), float)
    assert np.abs(np.asarray(shown, float) - expected).mean() < 12


def test_a_cut_off_jpeg_is_unreadable() -> None:
    content = jpeg(scene(size=(640, 480)))

    assert refusal(content[: len(content) * 2 // 3]) == "unreadable"


@pytest.mark.parametrize(
    "content", [b"", b"BM", b"%PDF-1.7", b"<svg/>", b"\xff\xd8\xff", b"GIF89a", b"RIFF1234WEBP"]
)
def test_what_is_no_picture_is_unreadable(content: bytes) -> None:
    assert refusal(content) == "unreadable"


def test_too_many_bytes_are_refused_before_anything_is_decoded() -> None:
    assert refusal(jpeg(scene(size=(64, 64))) + bytes(MAX_BYTES)) == "too_big"


def png_header(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk
        + b"\x00\x00\x00\x00IDAT\x35\xaf\x06\x1e"
        + b"\x00\x00\x00\x00IEND\xaeB`\x82"
    )


@pytest.mark.parametrize("size", [(50_000, 50_000), (9_000, 9_900), (30_000, 10)])
def test_a_bomb_is_refused_by_its_header(size: tuple[int, int]) -> None:
    assert refusal(png_header(*size)) == "too_many_pixels"


def test_a_progressive_jpeg_with_hundreds_of_scans_is_refused() -> None:
    content = jpeg(scene(size=(320, 240)), progressive=True)

    assert refusal(content + b"\xff\xda" * 200) == "too_many_pixels"


def test_heic_without_its_reader_is_asked_for_as_a_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.photos.decode.find_spec", lambda _: None)

    assert refusal(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic") == "heic"


def test_broken_exif_is_no_reason_to_refuse() -> None:
    content = jpeg(scene(size=(320, 240)), exif=b"Exif\x00\x00II*\x00\x08\x00\x00\x00\xff\xff garbage")

    assert read_gray(content, longest=640).inspected.width == 320


def test_what_is_transparent_shows_white() -> None:
    clear = Image.new("RGBA", (64, 64), (200, 0, 0, 0))

    assert read_colour(encoded(clear, "PNG")).getpixel((10, 10)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "CMYK", "I;16", "LAB"])
def test_every_pixel_mode_becomes_plain_colour(mode: str) -> None:
    gray = scene(size=(320, 240)).convert("L")
    if mode == "I;16":
        made = Image.fromarray(np.asarray(gray, np.uint16) * 257)
    elif mode == "LAB":
        to_lab = ImageCms.buildTransform(
            ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
        )
        transformed = ImageCms.applyTransform(gray.convert("RGB"), to_lab)
        assert transformed is not None
        made = transformed
    else:
        made = gray.convert(mode)
    content = encoded(made, "TIFF" if mode in {"CMYK", "LAB"} else "PNG")

    shown, luma = read_colour(content), read_gray(content, longest=640).luma

    assert shown.mode == "RGB"
    tolerance = 128 if mode == "1" else 6
    assert np.abs(np.asarray(shown.convert("L"), float) - np.asarray(gray, float)).mean() < tolerance
    assert luma.mode == "L"


def test_colours_of_a_wide_profile_come_out_as_srgb() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = scene(size=(160, 120))

    kept = read_colour(encoded(plain, "PNG", icc_profile=srgb))
    broken = read_colour(encoded(plain, "PNG", icc_profile=b"no profile at all"))

    assert np.abs(np.asarray(kept, int) - np.asarray(plain, int)).max() <= 2
    assert np.array_equal(np.asarray(broken), np.asarray(plain))
    assert not kept.info


def test_a_big_picture_is_made_small_without_a_whole_copy_and_looks_the_same() -> None:
    plain = scene(size=(2400, 1800))
    small = plain.resize((640, 480), Image.Resampling.LANCZOS)

    for content in (encoded(plain, "PNG"), encoded(plain.convert("RGBA"), "PNG"), jpeg(plain, quality=95)):
        shown = read_colour(content, longest=640)
        assert shown.size == (640, 480)
        assert np.abs(np.asarray(shown, float) - np.asarray(small, float)).mean() < 5


def test_the_first_frame_of_an_animation_counts() -> None:
    out = BytesIO()
    first, second = Image.new("L", (64, 64), 10), Image.new("L", (64, 64), 240)
    first.save(out, "GIF", save_all=True, append_images=[second])

    assert np.asarray(read_gray(out.getvalue(), longest=640).luma).mean() < 60
