"""How files are named: a seller's pattern, safe anywhere, no name twice."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bot.label_patterns import checked_pattern
from bot.manifest import file_names
from flows.values import Order
from tests.inboxes.parcels import parcel_with
from tests.inboxes.test_email import hostile_strings

BUNDLE = parcel_with(labels=("Broken_Part", "Broken_Box_2", "Receipt")).bundle
JPEGS = ["image/jpeg"] * 3


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("{issue}_{shot}", ("Broken_Part.jpg", "Broken_Box_2.jpg", "Receipt.jpg")),
        ("{label}", ("Broken_Part.jpg", "Broken_Box_2.jpg", "Receipt.jpg")),
        ("{case}_{n}_{shot}", ("K7F3QX_01_Part.jpg", "K7F3QX_02_Box_2.jpg", "K7F3QX_03_Receipt.jpg")),
        ("{order}_b{bundle}_{n}", ("A_17_b1_01.jpg", "A_17_b1_02.jpg", "A_17_b1_03.jpg")),
    ],
)
def test_files_are_named_by_the_sellers_pattern(pattern: str, names: tuple[str, ...]) -> None:
    assert file_names(BUNDLE, JPEGS, checked_pattern(pattern)) == names


def test_photos_whose_names_would_be_the_same_are_counted() -> None:
    same = parcel_with(labels=("A_Part", "B_Part", "C_part")).bundle

    assert file_names(same, JPEGS, "{shot}") == ("Part.jpg", "Part_2.jpg", "part_3.jpg")


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("{lable}", "there is no field 'lable', did you mean 'label'?"),
        ("{seller}_{n}", "there is no field 'seller'; there are: label, issue"),
        ("{case}-{n}", "'-' cannot stand in a file's name"),
        ("../{n}", "'.' cannot stand in a file's name"),
        ("{n", "'{' cannot stand in a file's name"),
        ("{case}", "tells the photos apart"),
        ("", "tells the photos apart"),
        ("{n}" + "x" * 200, "at most 120 characters"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused_in_words(pattern: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        checked_pattern(pattern)


def test_no_hostile_order_number_gets_into_a_name(sample_data: Path) -> None:
    for text in hostile_strings(sample_data)[::3]:
        bundle = replace(BUNDLE, order=Order(number=text, seller="acme"))

        names = file_names(bundle, JPEGS, "{order}_{shot}")

        assert all(re.fullmatch(r"[A-Za-z0-9_]{1,83}\.jpg", name) for name in names)
        assert len({name.casefold() for name in names}) == 3
