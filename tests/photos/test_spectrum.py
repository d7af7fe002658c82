"""The spectra of tiles are those that the general transform gives, and the busiest tiles are taken."""

import numpy as np

from bot.photos.spectrum import HALF, MOST_TILES, TILE, busy_tiles, spectra_of


def noise(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.random.default_rng(7).normal(0, 40, shape).astype(np.float32)


def test_spectra_are_the_squared_size_of_the_windowed_transform() -> None:
    tiles = noise(5, TILE, TILE)
    window = np.hanning(TILE + 2)[1:-1]

    found = spectra_of(tiles)

    expected = np.abs(np.fft.rfft2(tiles * np.outer(window, window))) ** 2
    assert found.shape == (5, TILE, HALF)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * expected.max())


def test_the_busiest_tiles_are_taken_less_their_means_and_flat_ones_are_counted_out() -> None:
    luma = np.full((640, 1280), 90, np.uint8)
    luma[128:192, 256:320] = np.clip(90 + noise(TILE, TILE), 0, 255).astype(np.uint8)
    luma[320:384, 640:704] = np.clip(90 + noise(TILE, TILE) / 3, 0, 255).astype(np.uint8)

    tiles, share = busy_tiles(luma)

    assert share == 2 / (10 * 20)
    assert tiles.shape[0] < MOST_TILES
    strongest, weaker, *flat = tiles.std((1, 2))
    assert strongest > 2 * weaker > 2 * max(flat) == 0
    assert np.abs(tiles.mean((1, 2))).max() < 0.01


def with_lamps_and_print(*, ground: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Draw twenty tiles with a lamp each, the row below twenty with softer detail."""
    luma = np.full((640, 1280), ground, np.uint8)
    luma[80:112, np.arange(1280) % 64 // 32 == 0] = 255
    luma[128:192] = np.clip(ground + noise(TILE, 1280) / 4, 0, 255).astype(np.uint8)
    return luma


def test_in_a_dark_picture_tiles_with_lamps_come_last() -> None:
    tiles, _ = busy_tiles(with_lamps_and_print(ground=40))

    assert tiles.shape[0] == MOST_TILES
    assert np.ptp(tiles, axis=(1, 2)).max() < 120


def test_in_a_dark_picture_that_has_nothing_else_lamps_are_looked_at_those_with_most_contrast_first() -> None:
    luma = with_lamps_and_print(ground=40)
    luma[128:192] = np.clip(40 + noise(TILE, 1280) / 20, 0, 255).astype(np.uint8)
    luma[88:112, :64] = 40

    tiles, _ = busy_tiles(luma)

    assert tiles.shape[0] == MOST_TILES
    assert tiles.std((1, 2)).min() > 90, "flat ones and the one with the small lamp are not among them"


def test_in_daylight_what_is_white_is_no_lamp() -> None:
    tiles, _ = busy_tiles(with_lamps_and_print(ground=120))

    assert np.ptp(tiles, axis=(1, 2)).min() == 135
