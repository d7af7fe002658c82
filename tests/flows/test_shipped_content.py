"""The content that comes with Clearshot: complete, in three languages, with its drawings."""

import re
from pathlib import Path

import pytest

from flows import templates
from flows.catalogue import Catalogue
from flows.loader import load
from tests.flows.conftest import ROOT, shipped_drawings, shipped_files, shipped_texts

EXAMPLES = ROOT / "shipped" / "examples"


def test_every_drawing_is_rendered_small_and_used(catalogue: Catalogue) -> None:
    sources = {path.stem for path in EXAMPLES.glob("*.svg")}
    used = {
        shot.example
        for flow in catalogue.flows.values()
        for step in flow.steps.values()
        for shot in step.shots or ()
        if shot.example
    }

    assert sources == shipped_drawings() == used
    assert all(path.stat().st_size < 25_000 for path in EXAMPLES.glob("*.png"))


def test_every_shot_says_what_gives_a_tip_and_has_an_example(catalogue: Catalogue) -> None:
    shots = [
        shot for flow in catalogue.flows.values() for step in flow.steps.values() for shot in step.shots or ()
    ]

    assert len(shots) >= 25
    assert all(shot.title and shot.tip and shot.example for shot in shots)
    assert {"ProductDefect_FrontView", "ShippingDamage_Packaging"} <= {shot.label for shot in shots}


def test_the_same_names_stand_in_every_language(catalogue: Catalogue) -> None:
    texts = catalogue.texts

    for text_id in texts.ids("en"):
        names = {locale: templates.parse(texts.words(locale, text_id)).names for locale in texts.locales}
        assert len(set(names.values())) == 1, (text_id, names)


def test_every_text_that_the_engine_uses_is_there(catalogue: Catalogue) -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "engine").glob("*.py"))
    used = set(re.findall(r'(?:plain|words|say)\(\s*(?:[a-z_.]+, )?"([a-z_]+(?:\.[a-z_]+)+)"', sources))

    assert len(used) > 60
    assert {text_id for text_id in used if not catalogue.texts.has(text_id)} == set()


@pytest.mark.parametrize("name", sorted(shipped_files()))
def test_a_missing_language_is_refused_at_start(name: str) -> None:
    files = shipped_files()
    if " es:" not in files[name]:
        return
    files[name] = re.sub(r"(?<=[\s{]) ?es:", " fr:", files[name], count=1)

    loaded = load(files, texts=shipped_texts(), drawings=shipped_drawings())

    assert loaded.catalogue is None
    assert any("'es'" in fault.message for fault in loaded.faults)


def test_a_missing_text_is_refused_at_start() -> None:
    texts = shipped_texts()
    texts["de"] = texts["de"].replace("  first: ", "  erste: ", 1)

    loaded = load(shipped_files(), texts=texts, drawings=shipped_drawings())

    assert loaded.catalogue is None
    assert any(fault.mark.file == "texts/de.yaml" for fault in loaded.faults)


def test_a_missing_drawing_is_refused_at_start() -> None:
    loaded = load(shipped_files(), texts=shipped_texts(), drawings=shipped_drawings() - {"receipt"})

    assert next(str(fault).split(": ", 1)[1] for fault in loaded.faults).startswith(
        "unknown drawing 'receipt'"
    )


def test_files_are_utf_8_and_end_in_a_line_break() -> None:
    for path in [*Path(ROOT / "shipped").glob("*.yaml"), *Path(ROOT / "texts").glob("*.yaml")]:
        assert path.read_text(encoding="utf-8").endswith("\n")
