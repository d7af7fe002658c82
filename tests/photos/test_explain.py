"""The picture that explains: always readable on a phone, and it marks the place that is wrong."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageDraw

from bot.photos import lettering
from bot.photos.canvas import ATTENTION, WRONG
from bot.photos.explain import DRAWERS, explain
from bot.photos.places import glare_place
from bot.photos.problems import ORDER
from tests.photos.scenes import jpeg, scene, unfocused, with_reflection


def shows(picture: Image.Image, colour: str) -> bool:
    wanted = np.array(Image.new("RGB", (1, 1), colour).getpixel((0, 0)))
    return bool((np.abs(np.asarray(picture, int) - wanted).max(2) < 40).sum() > 400)


@pytest.mark.parametrize("problem", [*ORDER, "something new"])
@pytest.mark.parametrize("size", [(1280, 960), (720, 1280), (90, 60), (2000, 40), (1, 1)])
def test_every_problem_can_be_drawn_on_every_shape(problem: str, size: tuple[int, int]) -> None:
    made = explain(encoded_scene(size), problem=problem, caption="Das Foto ist leider unscharf")

    picture = Image.open(BytesIO(made))
    assert picture.size == (1280, 960)
    assert picture.format == "JPEG"
    assert len(made) < 1_000_000


def encoded_scene(size: tuple[int, int]) -> bytes:
    return jpeg(scene(size=(1280, 960)).resize(size))


def test_each_problem_but_unreadable_has_its_own_way_to_show() -> None:
    assert set(DRAWERS) == set(ORDER) - {"unreadable"}


def test_blur_is_framed_and_glare_is_circled() -> None:
    blur = Image.open(BytesIO(explain(jpeg(unfocused(scene())), problem="blur", caption="x")))
    glare = Image.open(BytesIO(explain(jpeg(with_reflection(scene())), problem="glare", caption="x")))

    assert shows(blur, ATTENTION)
    assert shows(glare, WRONG)


def test_the_circle_is_where_the_reflection_is() -> None:
    place = glare_place(with_reflection(scene()))

    assert place is not None
    left, top, right, bottom = place
    assert abs((left + right) / 2 - 640) < 40
    assert abs((top + bottom) / 2 - 480) < 40


def test_the_caption_stands_below() -> None:
    with_words = Image.open(BytesIO(explain(jpeg(scene()), problem="small", caption="Zu klein")))
    without = Image.open(BytesIO(explain(jpeg(scene()), problem="small", caption="")))

    assert np.asarray(with_words.convert("L"))[840:].max() > 200
    assert np.asarray(without.convert("L"))[840:].max() < 60


def test_the_font_draws_what_it_claims_and_drops_the_rest() -> None:
    missing = lettering.font(40).getmask("\U0001f600").getbbox(), bytes(lettering.font(40).getmask("\ufffe"))
    for first, last in lettering.DRAWABLE:
        for code in (first, last):
            if chr(code).isprintable() and chr(code).strip():
                assert bytes(lettering.font(40).getmask(chr(code))) != missing[1], hex(code)

    assert lettering.drawable("Größe 😀 漢字 ok") == "Größe ok"


def test_long_captions_are_broken_evenly_and_end_in_an_ellipsis() -> None:
    lines = lettering.broken("Wort " * 60, size=40, width=1200, lines=2)
    short = lettering.broken(
        "Das Foto ist leider etwas unscharf, bitte noch einmal", size=42, width=700, lines=2
    )

    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert len(short) == 2
    assert 0.6 < len(short[0]) / len(short[1]) < 1.7
    draw = ImageDraw.Draw(Image.new("L", (10, 10)))
    assert all(draw.textlength(line, font=lettering.font(40)) <= 1200 for line in lines)
