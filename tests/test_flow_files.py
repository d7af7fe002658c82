"""Flow files: the shipped ones load without a fault, own ones add to them or take their place."""

from importlib.resources import files
from pathlib import Path

from bot.flow_files import read_flow_files

PNG = b"\x89PNG picture"


def test_the_shipped_flows_load_without_a_fault_in_three_languages() -> None:
    found = read_flow_files()
    loaded = found.load()

    assert loaded.faults == ()
    assert list(found.texts) == ["en", "de", "es"]


def test_an_own_file_of_the_same_name_takes_the_place_of_a_shipped_one(tmp_path: Path) -> None:
    text = (files("flows") / "shipped" / "something_else.yaml").read_text(encoding="utf-8")
    (tmp_path / "something_else.yaml").write_text(text.replace("Something else", "Anything else"))

    loaded = read_flow_files([tmp_path]).load()

    assert loaded.catalogue is not None
    assert loaded.catalogue.flows["something_else"].title["en"] == "Anything else"
    assert len(loaded.catalogue.flows) == len(read_flow_files().load().catalogue.flows)  # type: ignore[union-attr]


def test_a_fault_in_an_own_file_names_the_file_as_it_was_given(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("flow: mine\nlocales: [en]\nstesp: {}\n")

    loaded = read_flow_files([file]).load()

    assert loaded.catalogue is None
    assert any(str(fault).startswith(f"{file}:3:1: ") for fault in loaded.faults)


def test_files_that_cannot_be_read_are_faults(tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")

    missing = read_flow_files([tmp_path / "gone"]).load().faults
    binary = read_flow_files([tmp_path]).load().faults

    assert [fault.message for fault in missing] == ["there is no such file or folder"]
    assert [fault.message for fault in binary] == ["is no UTF-8 text: save it as UTF-8"]


def test_files_with_the_short_ending_count_and_take_the_place_of_shipped_ones(tmp_path: Path) -> None:
    text = (files("flows") / "shipped" / "something_else.yaml").read_text(encoding="utf-8")
    (tmp_path / "something_else.yml").write_text(text.replace("Something else", "Anything else"))

    loaded = read_flow_files([tmp_path]).load()

    assert loaded.catalogue is not None
    assert loaded.catalogue.flows["something_else"].title["en"] == "Anything else"


def test_a_copy_of_a_shipped_flow_under_another_file_name_is_told_how_it_takes_its_place(
    tmp_path: Path,
) -> None:
    text = (files("flows") / "shipped" / "something_else.yaml").read_text(encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(text)

    [fault] = read_flow_files([tmp_path]).load().faults

    assert fault.mark.file == str(tmp_path / "mine.yaml")
    assert fault.message == (
        "flow 'something_else' stands in shipped/something_else.yaml already: "
        "a file that is called something_else.yaml takes its place"
    )


def test_own_texts_that_cannot_be_read_are_a_fault_where_they_stand(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "en.yaml").write_bytes(b"# ours\nhello: M\xfcller\n")

    [fault] = read_flow_files([tmp_path]).load().faults

    assert str(fault) == f"{tmp_path / 'texts' / 'en.yaml'}:2:9: is no UTF-8 text: save it as UTF-8"


def test_own_texts_that_leave_words_out_are_named_by_their_own_path(tmp_path: Path) -> None:
    file = tmp_path / "texts" / "de.yaml"
    file.parent.mkdir()
    file.write_text("ask: {date: Wann}\n")

    faults = read_flow_files([tmp_path]).load().faults

    assert faults
    assert {fault.mark.file for fault in faults} == {str(file)}


def test_a_drawing_is_its_picture_and_not_its_source(tmp_path: Path) -> None:
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "mug.svg").write_text("<svg/>")
    (tmp_path / "examples" / "bare.svg").write_text("<svg/>")
    (tmp_path / "examples" / "mug.png").write_bytes(PNG)

    found = read_flow_files([tmp_path])

    assert (found.drawing("mug"), found.drawing("mug.svg")) == (PNG, PNG)
    assert found.drawing("bare") is None
    assert found.drawing("nothing") is None
    assert {"mug", "bare"} <= set(found.drawings)


def test_every_shipped_drawing_has_a_picture() -> None:
    found = read_flow_files()

    assert [name for name in found.drawings if found.drawing(name) is None] == []
