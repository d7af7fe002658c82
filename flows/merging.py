"""Files put together before they are checked: defaults of the base, language files, variants, fragments."""

import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from flows.expressions import TOKEN, WORDS
from flows.yaml_source import Fault, Items, Map, Mark, copied

KEYED = {"shots": "label", "choose": "value", "options": "value"}
"""Lists whose items are named in paths by one of their keys."""
PATCHES = {"change": Map, "remove": Items, "add": Map}
NAME_IN_TEMPLATE = re.compile(r"(?<!\{)\{([A-Za-z_][A-Za-z0-9_.]*)")


class MergeFault(ValueError):
    """A path or name that leads nowhere."""

    def __init__(self, mark: Mark, message: str) -> None:
        super().__init__(message)
        self.fault = Fault(mark, message)


def with_defaults(flow: Map, base: Map) -> None:
    """Give a flow what its base says and it does not; `quality` is merged key by key."""
    for key in ("waiting", "retakes", "originals", "locales"):
        if key in base and key not in flow:
            flow.put(key, copied(base[key]), base.marks[key])
    rules = base.get("quality")
    if not isinstance(rules, Map):
        return
    if "quality" not in flow:
        flow.put("quality", copied(rules), base.marks["quality"])
    elif isinstance(flow["quality"], Map):
        for key, value in rules.items():
            if key not in flow["quality"]:
                flow["quality"].put(key, value, rules.marks[key])


# -- paths -------------------------------------------------------------------------------------------------------


def _child(value: Any, part: str, whole: list[str], mark: Mark) -> tuple[Any, str | int]:
    """The container and key that one part of a path names."""
    if isinstance(value, Items):
        for place, item in enumerate(value):
            if isinstance(item, Map) and part in (item.get("label"), item.get("value")):
                return value, place
        named = [str(item.get("label") or item.get("value")) for item in value if isinstance(item, Map)]
        raise MergeFault(mark, _no_such(part, whole, named))
    if isinstance(value, Map):
        if part in value:
            return value, part
        if "options" in value and isinstance(value["options"], Items):
            return _child(value["options"], part, whole, mark)
        raise MergeFault(mark, _no_such(part, whole, list(value)))
    raise MergeFault(mark, f"{'.'.join(whole)!r} goes deeper than there is anything")


def _no_such(part: str, whole: list[str], known: list[str]) -> str:
    near = get_close_matches(part, known, n=1)
    hint = f", did you mean {near[0]!r}?" if near else ""
    return f"{'.'.join(whole)!r} leads nowhere: no {part!r}{hint}"


def _split(path: str, flow: Map) -> list[str]:
    """Split a path at its dots; step ids of fragments hold one themselves."""
    parts = path.split(".")
    steps = flow.get("steps")
    dotted = ".".join(parts[1:3])
    if parts[0] == "steps" and isinstance(steps, Map) and dotted in steps:
        return ["steps", dotted, *parts[3:]]
    return parts


def _walk(flow: Map, parts: list[str], mark: Mark) -> Any:
    value: Any = flow
    for part in parts:
        container, key = _child(value, part, parts, mark)
        value = container[key]
    return value


def apply_variant(flow: Map, variant: Map) -> None:
    """Patch a copy of a flow by a variant's `change`, `remove` and `add`."""
    for verb, kind in PATCHES.items():
        if variant.get(verb) is not None and not isinstance(variant[verb], kind):
            wanted = "a list of paths" if kind is Items else "paths and what stands there"
            raise MergeFault(variant.marks[verb], f"{verb!r} takes {wanted}")
    for path, value in (variant.get("change") or {}).items():
        mark = variant["change"].marks[path]
        parts = _split(path, flow)
        parent = _walk(flow, parts[:-1], mark)
        _set(parent, parts, value, mark)
    for place, path in enumerate(variant.get("remove") or ()):
        mark = variant["remove"].marks[place]
        parts = _split(str(path), flow)
        container, key = _child(_walk(flow, parts[:-1], mark), parts[-1], parts, mark)
        del container[key]
        if isinstance(container, Items):
            del container.marks[int(key)]
    for path, value in (variant.get("add") or {}).items():
        mark = variant["add"].marks[path]
        _add(_walk(flow, _split(path, flow), mark), value, mark)


def _set(parent: Any, parts: list[str], value: Any, mark: Mark) -> None:
    if isinstance(parent, Map) and not isinstance(parent.get("options"), Items):
        parent.put(parts[-1], copied(value), mark)
        return
    container, key = _child(parent, parts[-1], parts, mark)
    container[key] = copied(value)
    if isinstance(container, Items):
        container.marks[int(key)] = mark
    else:
        container.marks[str(key)] = mark


def _add(target: Any, value: Any, mark: Mark) -> None:
    if isinstance(target, Map) and isinstance(target.get("options"), Items):
        target = target["options"]
    if isinstance(target, Items) and isinstance(value, Items):
        for item, place in zip(value, value.marks, strict=True):
            _insert_item(target, copied(item), place)
    elif isinstance(target, Map) and isinstance(value, Map):
        for key in value:
            _insert_key(target, key, copied(value[key]), value.marks[key])
    else:
        raise MergeFault(mark, "a list takes list items (with -), a map takes keys")


def _insert_item(target: Items, item: Any, mark: Mark) -> None:
    after = item.pop("after", None) if isinstance(item, Map) else None
    if after is None:
        target.put(item, mark)
        return
    named = [str(other.get("label") or other.get("value")) for other in target if isinstance(other, Map)]
    if after not in named:
        raise MergeFault(mark, _no_such(str(after), ["after", str(after)], named))
    target.put(item, mark, at=named.index(after) + 1)


def _insert_key(target: Map, key: str, value: Any, mark: Mark) -> None:
    after = value.pop("after", None) if isinstance(value, Map) else None
    if key in target:
        raise MergeFault(mark, f"{key!r} is there already: patch it with `change`")
    target.put(key, value, mark)
    if after is None:
        return
    if str(after) not in target:
        raise MergeFault(mark, _no_such(str(after), ["after", str(after)], list(target)))
    order = [other for other in target if other != key]
    order.insert(order.index(str(after)) + 1, key)
    items = {other: target[other] for other in order}
    target.clear()
    target.update(items)


def apply_language_file(flow: Map, overlay: Map, locale: str) -> None:
    """Put the texts of NAME.LOCALE.yaml beside those of the flow; the file mirrors the flow's shape."""
    for key, value in overlay.items():
        mark = overlay.marks[key]
        container, place = _child(flow, key, [key], mark)
        _overlay(container[place], value, locale, mark)


def _overlay(target: Any, value: Any, locale: str, mark: Mark) -> None:
    if isinstance(value, str):
        if not isinstance(target, Map):
            raise MergeFault(mark, "there is no text here in the flow")
        target.put(locale, value, mark)
        return
    if not isinstance(value, Map):
        raise MergeFault(mark, "a language file holds texts only")
    for key, inner in value.items():
        container, place = _child(target, key, [key], value.marks[key])
        _overlay(container[place], inner, locale, value.marks[key])


# -- fragments ---------------------------------------------------------------------------------------------------


def expand(flow: Map, fragments: dict[str, Map]) -> None:
    """Replace every `use:` step by the fragment's steps, named STEP.INNER."""
    steps = flow.get("steps")
    if not isinstance(steps, Map):
        return
    expanded = Map(steps.mark)
    for step_id, step in steps.items():
        name = step.get("use") if isinstance(step, Map) else None
        if name is None:
            expanded.put(step_id, step, steps.marks[step_id])
            continue
        mark = step.marks["use"]
        if str(name) not in fragments:
            raise MergeFault(mark, _no_such(str(name), ["use", str(name)], list(fragments)))
        if extra := [key for key in step if key not in {"use", "when", "go", "title", "say"}]:
            raise MergeFault(mark, f"a step that uses a fragment takes no {extra[0]!r}")
        _bring_in(expanded, step_id, step, fragments[str(name)])
    flow.put("steps", expanded, flow.marks["steps"])


def _bring_in(expanded: Map, step_id: str, using: Map, fragment: Map) -> None:
    inner = fragment.get("steps")
    if not isinstance(inner, Map):
        return
    ids = set(inner)
    last = list(inner)[-1] if inner else ""
    for inner_id, step in inner.items():
        fresh = _renamed(
            copied(step), lambda name: f"{step_id}.{name}" if name in ids else _dotted(name, ids, step_id)
        )
        if isinstance(fresh, Map):
            if "when" in using:
                condition = f"({using['when']}) and ({fresh['when']})" if "when" in fresh else using["when"]
                fresh.put("when", condition, using.marks["when"])
            for key in ("say", "title"):
                if key in using and len(inner) == 1:
                    fresh.put(key, using[key], using.marks[key])
            if "go" in using and inner_id == last and "go" not in fresh:
                fresh.put("go", using["go"], using.marks["go"])
        expanded.put(f"{step_id}.{inner_id}", fresh, inner.marks[inner_id])


def _dotted(name: str, ids: set[str], step_id: str) -> str:
    head, _, rest = name.partition(".")
    return f"{step_id}.{name}" if head in ids and rest in {"text", "phrase"} else name


NAMES_OF_STEPS = {"go", "else", "number", "fact", "flow"}
CONDITIONS = {"when", "if"}


def _renamed(value: Any, rename: Callable[[str], str], key: str = "") -> Any:
    """Rename the steps that texts, conditions and jumps of a fragment speak of."""
    if isinstance(value, Map):
        for inner_key in value:
            value[inner_key] = _renamed(value[inner_key], rename, inner_key)
        return value
    if isinstance(value, Items):
        for place, item in enumerate(value):
            value[place] = _renamed(item, rename)
        return value
    if not isinstance(value, str):
        return value
    if key in NAMES_OF_STEPS:
        return rename(value)
    if key in CONDITIONS:
        return _renamed_condition(value, rename)
    return NAME_IN_TEMPLATE.sub(lambda match: "{" + rename(match[1]), value)


def _renamed_condition(text: str, rename: Callable[[str], str]) -> str:
    def swap(match: re.Match[str]) -> str:
        name = match["name"]
        if not name or name in WORDS:
            return match[0]
        return match[0].replace(name, rename(name))

    return TOKEN.sub(swap, text)
