"""How far light is spread: told right for pictures blurred by a known amount, and learnt as the bench says."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from bot.photos.sharpness import answer_of, features, shipped_model
from bot.photos.spectrum import busy_tiles, power_of, spectra_of
from bot.photos.spread import estimator_of, spread_of, traits
from tests.bench.blurring import as_bytes, convolved
from tests.bench.made_blur import bell, covariance_of, disk, made
from tests.bench.train_spread import MadeTiles, fit_spread, loss_of, slopes_of, turns, wanted_of
from tests.photos.scenes import scene

CRISP = np.asarray(scene(size=(960, 720)).convert("L"), np.float32)


def traits_of(luma: np.ndarray) -> np.ndarray:
    tiles, _ = busy_tiles(luma)
    return traits(tiles, np.log(power_of(spectra_of(tiles))))


def spread_in(luma: np.ndarray) -> float:
    return spread_of(shipped_model().spread_of_light, traits_of(luma))


def test_the_wider_the_blur_the_larger_the_spread() -> None:
    kernels = [disk(radius) for radius in (1.5, 3, 6)] + [bell(8)]

    spreads = [spread_in(as_bytes(CRISP))] + [spread_in(as_bytes(convolved(CRISP, one))) for one in kernels]

    assert spreads == sorted(spreads)


@pytest.mark.parametrize("radius", [3.0, 5.0])
def test_a_disk_spreads_light_by_about_half_its_radius(radius: float) -> None:
    blurred = as_bytes(convolved(CRISP, disk(radius)))

    assert 2 ** spread_in(blurred) == pytest.approx(radius / 2, rel=0.5)


def test_what_is_soft_behind_something_sharp_does_not_count() -> None:
    soft = as_bytes(convolved(CRISP, disk(6)))
    half = soft.copy()
    half[: len(half) // 2] = as_bytes(CRISP)[: len(half) // 2]

    assert spread_in(half) - spread_in(as_bytes(CRISP)) < (spread_in(soft) - spread_in(half)) / 3


def test_a_picture_turned_by_a_quarter_or_mirrored_is_spread_as_far() -> None:
    blurred = Image.fromarray(as_bytes(convolved(CRISP, disk(2))))

    spreads = [
        spread_in(np.asarray(blurred.transpose(how)))
        for how in (Image.Transpose.ROTATE_90, Image.Transpose.FLIP_LEFT_RIGHT)
    ]

    assert spreads == pytest.approx([spread_in(np.asarray(blurred))] * 2, abs=0.35)


def test_the_order_of_tiles_does_not_matter_and_traits_far_out_count_as_far_as_the_reach() -> None:
    luma = scene().convert("L")
    model, seen = shipped_model(), features(luma)
    turned = replace(seen, traits=seen.traits[::-1])
    out = [replace(seen, traits=seen.traits + far) for far in (1e4, 1e6)]

    assert answer_of(model, [turned]) == pytest.approx(answer_of(model, [seen]), abs=1e-3)
    assert answer_of(model, out[:1]) == pytest.approx(answer_of(model, out[1:]))


def test_a_kernel_s_covariance_is_that_of_its_shape() -> None:
    line = np.zeros((9, 9), np.float32)
    line[np.arange(9), np.arange(9)] = 1 / 9

    assert covariance_of(disk(6)) == pytest.approx([9, 9, 0], rel=0.02, abs=0.01)
    assert covariance_of(bell(2)) == pytest.approx([4, 4, 0], rel=0.03, abs=0.01)
    assert covariance_of(line) == pytest.approx([60 / 9] * 3, rel=0.01)


def test_a_made_picture_is_one_of_many_kinds_and_as_wanted() -> None:
    pictures = [made(CRISP, np.random.default_rng(seed)) for seed in range(24)]

    spreads = [float(wanted_of(one)[0]) for one in pictures]

    assert min(spreads) < -0.3
    assert max(spreads) > 1
    assert len({one.luma.shape for one in pictures}) > 3


def test_traits_reordered_are_those_of_the_picture_turned() -> None:
    tiles, _ = busy_tiles(as_bytes(convolved(CRISP, disk(2))))
    seen = [tiles, tiles[:, :, ::-1], tiles.swapaxes(1, 2), tiles.swapaxes(1, 2)[:, :, ::-1]]
    measured = [
        traits(np.ascontiguousarray(one), np.log(power_of(spectra_of(np.ascontiguousarray(one)))))
        for one in seen
    ]

    apart = [
        float(np.abs(one - measured[0][:, order]).mean())
        for one, (order, _) in zip(measured, turns(), strict=True)
    ]

    assert max(apart) < 0.06
    assert float(np.abs(measured[2] - measured[0]).mean()) > 0.1


def test_the_slopes_are_those_of_the_loss() -> None:
    chance = np.random.default_rng(5)
    net = [chance.normal(0, 0.3, shape) for shape in ((7, 6), 6, (6, 5), 5)]
    picture = np.repeat(np.arange(4), [3, 5, 2, 6])
    seen, wanted = chance.normal(size=(16, 7)), np.repeat(chance.normal(size=(4, 3)), [3, 5, 2, 6], axis=0)

    slopes = slopes_of(net, seen, wanted, picture)

    for index, slope in enumerate(slopes):
        for place in ((0,) * slope.ndim, (-1,) * slope.ndim):
            losses = []
            for step in (1e-6, -1e-6):
                moved = [of.copy() for of in net]
                moved[index][place] += step
                losses.append(loss_of(moved, seen, wanted, picture))
            assert (losses[0] - losses[1]) / 2e-6 == pytest.approx(slope[place], rel=1e-3, abs=1e-6)


def test_what_is_fitted_tells_the_spread_of_pictures_it_never_saw() -> None:
    chance = np.random.default_rng(0)
    count, tiles = 300, 6
    wanted = np.repeat(chance.normal(size=(count, 3)).astype(np.float32), tiles, axis=0)
    rows = chance.normal(size=(count * tiles, len(turns()[0][0]))).astype(np.float32)
    rows[:, 56] += 3 * wanted[:, 0]  # the level, which no turn moves
    picture = np.repeat(np.arange(count), tiles)
    sample = MadeTiles(traits=rows, wanted=wanted, photo=picture, picture=picture)

    estimator = estimator_of(fit_spread(sample, picture < 240, rounds=40))

    told = [spread_of(estimator, rows[picture == one]) for one in range(240, count)]
    assert np.corrcoef(told, wanted[::tiles][240:, 0])[0, 1] > 0.8
