"""`python -m tests.bench NAME [--json]`: measures one part of the project and says beside each figure what was promised."""

import argparse
import json
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

NAMES = (
    "start", "reply", "memory", "storage", "verdict", "inbox", "throughput", "latency", "growth", "replicas",
)  # fmt: skip
SMALL = ("verdict", "throughput", "latency", "growth", "replicas")


def main() -> int:
    """Run one bench; argparse ends with 2 when there is none of that name, else 0 whatever was measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("name", choices=NAMES, metavar="NAME", help=f"one of: {', '.join(NAMES)}")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--small", action="store_true", help=f"the short form of: {', '.join(SMALL)}")
    given = parser.parse_args()
    options = {"small": True} if given.small and given.name in SMALL else {}
    found = judged(import_module(f"tests.bench.{given.name}").run(**options))
    lines = [json.dumps(found, ensure_ascii=False)] if given.json else list(table(found))
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def judged(found: dict[str, Any]) -> dict[str, Any]:
    """Put first whether every promised figure is kept; a bench that promises nothing is left as it is."""
    kept = [figure["ok"] for figure in found.values() if isinstance(figure, dict) and "limit" in figure]
    return {"ok": all(kept), **found} if kept else found


def table(found: dict[str, Any], *, above: str = "") -> Iterator[str]:
    """A line for each figure; what lies within another bears both names."""
    for name, value in found.items():
        path = f"{above}{name}"
        if isinstance(value, dict) and "limit" in value:
            verdict = "kept" if value["ok"] else "NOT KEPT"
            yield f"{path:32} {value['value']:>10}   limit {value['limit']}   {verdict}"
            rest = {key: part for key, part in value.items() if key not in {"value", "limit", "ok"}}
            yield from table(rest, above=f"  {path}.")
        elif isinstance(value, dict) and not any(isinstance(part, dict | list) for part in value.values()):
            yield f"{path:32} " + "  ".join(f"{key} {part}" for key, part in value.items())
        elif isinstance(value, dict):
            yield from table(value, above=f"{path}.")
        else:
            yield f"{path:32} {value}"


if __name__ == "__main__":
    sys.exit(main())
