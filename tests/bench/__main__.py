"""`python -m tests.bench NAME [--json]`: measures one figure of the project and says beside each what was promised."""

import json
import sys
from importlib import import_module

NAMES = ("start", "reply", "memory", "storage", "photos")


def main() -> int:
    """Run one bench; 2 when there is none of that name, else 0 whatever was measured."""
    named = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    if len(named) != 1 or named[0] not in NAMES:
        sys.stderr.write(f"python -m tests.bench NAME [--json], NAME one of: {', '.join(NAMES)}\n")
        return 2
    found = import_module(f"tests.bench.{named[0]}").run()
    as_json = "--json" in sys.argv
    sys.stdout.write(json.dumps(found) + "\n" if as_json else json.dumps(found, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
