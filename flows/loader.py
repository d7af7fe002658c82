"""Texts of flow files -> a checked catalogue, or every fault with its place; reads no files itself."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from flows.catalogue import Catalogue, Texts
from flows.checks import check_flow, check_texts, check_variants
from flows.definition import Base, Definition, Flow, Fragment
from flows.merging import MergeFault, apply_language_file, apply_variant, expand, with_defaults
from flows.seller_variants import LAID_OVER, ShotWish, variants_of
from flows.values import Seller
from flows.yaml_source import Fault, Items, Map, Mark, SourceFault, copied, mark_of, parse

T = TypeVar("T", bound=Definition)
KINDS = ("flow", "fragment", "base")
PLAINLY = {"missing": "is missing", "tuple_type": "takes a list", "list_type": "takes a list"}
"""What is said of a key, by the kind of the library's error."""
MAPS = frozenset({"steps", "change", "add", "exports"})
"""Keys whose values are maps and no texts."""
SHIPPED = "shipped/"
"""How the names of those files begin that come with Clearshot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A catalogue, or None and the faults that refuse it: nothing loads half."""

    catalogue: Catalogue | None
    faults: tuple[Fault, ...] = ()


def _shipped_first(named: tuple[str, str]) -> tuple[bool, str]:
    """Sort so that of two files it is an operator's own that is told of."""
    return not named[0].startswith(SHIPPED), named[0]


class _Loading:
    """The files of one load, by kind and name."""

    def __init__(self) -> None:
        self.roots: dict[str, dict[str, Map]] = {kind: {} for kind in KINDS}
        self.overlays: list[tuple[str, str, Map]] = []
        self.faults: list[Fault] = []
        self.made: list[Map] = []

    def read(self, files: Mapping[str, str]) -> None:
        for file, text in sorted(files.items(), key=_shipped_first):
            try:
                self.sort_in(file, parse(file, text))
            except SourceFault as refusal:
                self.faults.append(refusal.fault)

    def sort_in(self, file: str, root: Map) -> None:
        kind = next((kind for kind in KINDS if kind in root), None)
        parts = file.rsplit("/", 1)[-1].split(".")
        if kind is None and len(parts) == 3:  # noqa: PLR2004 - NAME.LOCALE.yaml
            self.overlays.append((parts[0], parts[1], root))
            return
        if kind is None:
            self.faults.append(
                Fault(root.mark, "a file begins with `flow:`, `fragment:` or `base:` and a name")
            )
            return
        name = str(root[kind])
        if LAID_OVER in name:
            self.faults.append(Fault(root.marks[kind], f"a name holds no {LAID_OVER!r}"))
            return
        if name in self.roots[kind]:
            first = self.roots[kind][name].mark.file
            shipped = first.removeprefix(SHIPPED) if first.startswith(SHIPPED) else ""
            way = f": a file that is called {shipped} takes its place" if shipped else ""
            self.faults.append(Fault(root.marks[kind], f"{kind} {name!r} stands in {first} already{way}"))
            return
        self.roots[kind][name] = root

    def lay_over(self) -> None:
        for name, locale, overlay in self.overlays:
            target = self.roots["flow"].get(name) or self.roots["fragment"].get(name)
            if target is None:
                self.faults.append(Fault(overlay.mark, f"texts for {name!r}, but there is no such flow"))
                continue
            self.attempt(lambda t=target, o=overlay, x=locale: apply_language_file(t, o, x))

    def attempt(self, action: Any) -> bool:
        try:
            action()
        except MergeFault as fault:
            self.faults.append(fault.fault)
            return False
        return True

    def merged(self) -> dict[str, Map]:
        """Every flow, put together: variants after the flows they patch."""
        done: dict[str, Map] = {}
        for name, root in sorted(self.roots["flow"].items(), key=lambda pair: "@" in pair[0]):
            flow = self.put_together(name, root, done)
            if flow is not None:
                done[name] = flow
        return done

    def put_together(self, name: str, root: Map, done: dict[str, Map]) -> Map | None:
        if "@" in name:
            return self.variant(name, root, done)
        flow = copied(root)
        parent = root.get("extends")
        if parent is not None:
            base = self.roots["base"].get(str(parent))
            if base is None:
                self.unknown(root.marks["extends"], "base", str(parent), self.roots["base"])
                return None
            with_defaults(flow, base)
            flow.pop("extends")
        return flow if self.attempt(lambda: expand(flow, self.roots["fragment"])) else None

    def variant(self, name: str, root: Map, done: dict[str, Map]) -> Map | None:
        parent = str(root.get("extends", ""))
        if parent not in self.roots["flow"]:
            self.unknown(root.marks.get("extends", root.mark), "flow", parent, self.roots["flow"])
            return None
        if parent not in done:
            return None
        flow = copied(done[parent])
        if not self.attempt(lambda: apply_variant(flow, root)):
            return None
        for key in root:
            if key not in {"extends", "change", "remove", "add"}:
                flow.put(key, root[key], root.marks[key])
        flow.put("flow", name, root.marks["flow"])
        return flow if self.attempt(lambda: expand(flow, self.roots["fragment"])) else None

    def lay_wishes_over(self, done: dict[str, Map], wishes: Iterable[ShotWish]) -> dict[str, Map]:
        """Make the variants of what sellers want; they are merged as those that operators wrote."""
        found: dict[str, Map] = {}
        for wish in wishes:
            self.attempt(lambda w=wish: self.made.extend(variants_of(w, done)))
        for root in self.made:
            flow = self.variant(str(root["flow"]), root, done)
            if flow is not None:
                found[str(root["flow"])] = flow
        return found

    def unknown(self, mark: Mark, what: str, name: str, known: Iterable[str]) -> None:
        near = get_close_matches(name, list(known), n=1)
        hint = f", did you mean {near[0]!r}?" if near else ""
        self.faults.append(Fault(mark, f"there is no {what} {name!r}{hint}"))


def load(
    files: Mapping[str, str],
    *,
    texts: Mapping[str, str],
    sellers: Sequence[Seller] = (),
    wishes: Sequence[ShotWish] = (),
    drawings: Collection[str] = (),
) -> Loaded:
    """Load flow files (name -> YAML) and the texts of each language (locale -> YAML).

    The first language of `texts` is the fallback. `drawings` are the names of the example pictures there are.
    `wishes` are looked at when everything else is right.
    """
    loading = _Loading()
    loading.read(files)
    words = _texts(texts, loading.faults)
    loading.lay_over()
    for kind, model in (("fragment", Fragment), ("base", Base)):
        for root in loading.roots[kind].values():
            validated(model, root, loading.faults)
    roots = loading.merged()
    flows = _checked(roots, loading.faults, drawings)
    loading.faults += check_texts(words, texts)
    loading.faults += check_variants(flows, roots)
    if not loading.faults:
        flows |= _as_wished(loading, roots, wishes, drawings)
    if loading.faults:
        return Loaded(catalogue=None, faults=tuple(sorted(set(loading.faults))))
    return Loaded(
        catalogue=Catalogue(
            flows=flows, texts=words, sellers={s.id: s for s in sellers}, drawings=frozenset(drawings)
        )
    )


def _checked(roots: Mapping[str, Map], faults: list[Fault], drawings: Collection[str]) -> dict[str, Flow]:
    """Make flows of what was merged; what is wrong with them is added to `faults`."""
    flows: dict[str, Flow] = {}
    for name, root in roots.items():
        flow = validated(Flow, root, faults)
        if flow is not None:
            flows[name] = flow.model_copy(update={"hash": hash_of(flow)})
            faults += check_flow(flow, root, drawings=frozenset(drawings))
    return flows


def _as_wished(
    loading: _Loading, roots: dict[str, Map], wishes: Sequence[ShotWish], drawings: Collection[str]
) -> dict[str, Flow]:
    """Make the variants of what sellers want; what is wrong there is told where the seller's wish stands."""
    flows: dict[str, Flow] = {}
    for name, root in loading.lay_wishes_over(roots, wishes).items():
        faults: list[Fault] = []
        flows |= _checked({name: root}, faults, drawings)
        loading.faults += [Fault(root.marks["flow"], fault.message) for fault in faults]
    return flows


def hash_of(flow: Flow) -> str:
    """Name a merged flow, its texts included, by what it says (sha256, hex)."""
    plain = flow.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"hash"})
    return hashlib.sha256(json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def _texts(texts: Mapping[str, str], faults: list[Fault]) -> Texts:
    by_locale: dict[str, dict[str, str]] = {}
    for locale, text in texts.items():
        try:
            root = parse(f"texts/{locale}.yaml", text)
        except SourceFault as refusal:
            faults.append(refusal.fault)
            continue
        found: dict[str, str] = {}
        _flatten(root, "", found, faults)
        by_locale[locale] = found
    return Texts(by_locale)


def _flatten(value: Map, prefix: str, found: dict[str, str], faults: list[Fault]) -> None:
    for key, inner in value.items():
        if isinstance(inner, Map):
            _flatten(inner, f"{prefix}{key}.", found, faults)
        elif isinstance(inner, str):
            found[f"{prefix}{key}"] = inner
        else:
            faults.append(Fault(value.marks[key], f"expected a text for {prefix}{key}: quote it"))


# -- models ------------------------------------------------------------------------------------------------------


def validated(model: type[T], root: Map, faults: list[Fault]) -> T | None:
    """Make a model of a parsed file; its mistakes become faults with their places."""
    try:
        return model.model_validate(_plain(root))
    except ValidationError as refusal:
        faults += [_fault(error, root) for error in refusal.errors(include_url=False)]
        return None


def _plain(value: Any) -> Any:
    if isinstance(value, Map):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, Items) else value


def _fault(error: Any, root: Map) -> Fault:
    loc = tuple(part for part in error["loc"] if part != "[key]")
    return Fault(mark_of(root, loc), _worded(error, loc))


def _worded(error: Any, loc: tuple[Any, ...]) -> str:
    name, kind = str(loc[-1]) if loc else "", error["type"]
    if kind == "extra_forbidden":
        if name in _known_keys():
            return f"{name!r} does not belong here"
        near = get_close_matches(name, sorted(_known_keys()), n=4, cutoff=0.6)
        near.sort(key=lambda key: key[:1] != name[:1])  # people rarely mistype the first letter
        return f"unknown key {name!r}" + (f", did you mean {near[0]!r}?" if near else "")
    if kind in PLAINLY:
        return f"{name!r} {PLAINLY[kind]}"
    if kind == "string_type":
        return (
            f"{name!r} is a text: quote it"
            if isinstance(error["input"], int | float | bool)
            else f"{name!r} is a text"
        )
    if kind == "model_type":
        return f"{name!r} takes keys and values{_keys_of(error['ctx']['class_name'])}"
    if kind == "dict_type" and isinstance(error["input"], str):
        return (
            f"{name!r} takes {'keys and values' if name in MAPS else 'a text for each language: {en: ...}'}"
        )
    if kind == "string_pattern_mismatch":
        return f"{error['input']!r} does not fit here: letters, digits and _ as in the other names"
    if kind == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    message = str(error["msg"])
    return f"{name!r}: {message[0].lower()}{message[1:]}"


def _keys_of(model: str) -> str:
    found = next((one for one in _models(Definition) if one.__name__ == model), None)
    names = [info.alias or name for name, info in found.model_fields.items()] if found else []
    return f": {{{', '.join(names)}}}" if names else ""


def _known_keys() -> set[str]:
    keys: set[str] = set()
    for model in _models(Definition):
        for name, info in model.model_fields.items():
            keys.add(info.alias or name)
    return keys


def _models(root: type[BaseModel]) -> Iterable[type[BaseModel]]:
    for model in root.__subclasses__():
        yield model
        yield from _models(model)
