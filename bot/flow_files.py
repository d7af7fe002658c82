"""Reads flow files, texts and drawings: those that come with Clearshot, and an operator's own. Decides nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from bot.text_files import read_text
from flows.loader import SHIPPED, Loaded, load
from flows.seller_variants import ShotWish
from flows.values import Seller
from flows.yaml_source import Fault, Mark, SourceFault

FALLBACK = "en"
"""The language whose texts stand in for missing ones."""
DRAWINGS = ("examples",)
"""Folders of drawings beside flow files."""
PICTURE_ENDINGS = (".png", ".jpg", ".webp")
YAML_ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowFiles:
    """The text of every flow file by name, of every language, and where each drawing is."""

    flows: Mapping[str, str]
    texts: Mapping[str, str]
    drawings: Mapping[str, Traversable]
    faults: tuple[Fault, ...] = field(default=())
    own_texts: Mapping[str, str] = field(default_factory=dict)
    """Where the own texts of a language stand, by the name that the shipped ones have."""

    def load(self, *, sellers: Sequence[Seller] = (), wishes: Sequence[ShotWish] = ()) -> Loaded:
        """Load and check them, and what sellers want of them."""
        if self.faults:
            return Loaded(catalogue=None, faults=self.faults)
        loaded = load(
            self.flows, texts=self.texts, sellers=sellers, wishes=wishes, drawings=frozenset(self.drawings)
        )
        return replace(loaded, faults=tuple(map(self._placed, loaded.faults)))

    def _placed(self, fault: Fault) -> Fault:
        mark = fault.mark
        return replace(fault, mark=replace(mark, file=self.own_texts.get(mark.file, mark.file)))

    def drawing(self, name: str) -> bytes | None:
        """Read a drawing as a picture that Telegram takes; None where there is only its source (SVG)."""
        found = self.drawings.get(name.removesuffix(".svg"))
        return found.read_bytes() if found is not None and found.name.endswith(PICTURE_ENDINGS) else None


def read_flow_files(own: Sequence[Path] = ()) -> FlowFiles:
    """Read the shipped files and, over them, own files and folders: a file of the same name takes the place."""
    shipped = files("flows") / "shipped"
    flows = {f"{SHIPPED}{one.name}": _text(one) for one in _yaml_in(shipped)}
    texts = {one.name.removesuffix(".yaml"): _text(one) for one in _yaml_in(files("flows") / "texts")}
    drawings = _drawings(shipped)
    faults: list[Fault] = []
    for path in own:
        if not path.exists():
            faults.append(Fault(Mark(str(path), 1, 1), "there is no such file or folder"))
            continue
        _add_own(path, flows, texts, faults)
        if path.is_dir() and not faults:
            drawings |= _drawings(path)
    return FlowFiles(
        flows=flows,
        texts=dict(sorted(texts.items(), key=lambda pair: (pair[0] != FALLBACK, pair[0]))),
        drawings=drawings,
        faults=tuple(faults),
        own_texts={
            f"texts/{one.stem}.yaml": str(one) for path in own for one in _own_yaml(path / "texts", [])
        },
    )


def _add_own(path: Path, flows: dict[str, str], texts: dict[str, str], faults: list[Fault]) -> None:
    for one in _own_yaml(path, faults) if path.is_dir() else [path]:
        text = _own_text(one, faults)
        if text is not None:
            flows.pop(f"{SHIPPED}{one.stem}.yaml", None)
            flows[str(one)] = text
    for one in _own_yaml(path / "texts", faults):
        texts[one.stem] = _own_text(one, faults) or ""


def _own_yaml(folder: Path, faults: list[Fault]) -> list[Path]:
    """List the YAML files of a folder, none where there is no folder."""
    try:
        return (
            sorted(one for one in folder.iterdir() if one.suffix in YAML_ENDINGS) if folder.is_dir() else []
        )
    except OSError as fault:
        faults.append(Fault(Mark(str(folder), 1, 1), str(fault.strerror)))
        return []


def _own_text(file: Path, faults: list[Fault]) -> str | None:
    try:
        return read_text(file)
    except SourceFault as refusal:
        faults.append(refusal.fault)
        return None


def _yaml_in(folder: Traversable) -> list[Traversable]:
    if not folder.is_dir():
        return []
    return sorted((one for one in folder.iterdir() if one.name.endswith(".yaml")), key=lambda one: one.name)


def _text(one: Traversable) -> str:
    return one.read_text(encoding="utf-8")


def _drawings(folder: Traversable) -> dict[str, Traversable]:
    """The drawings of a folder by name, without ending: the rendered one where there is one beside its source."""
    found: dict[str, Traversable] = {}
    for ending in (".svg", *PICTURE_ENDINGS):
        for place in (folder / name for name in DRAWINGS if (folder / name).is_dir()):
            found |= {
                one.name.removesuffix(ending): one for one in place.iterdir() if one.name.endswith(ending)
            }
    return found
