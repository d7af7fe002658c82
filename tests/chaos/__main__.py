"""`python -m tests.chaos NAME [--json] [--small]`: attacks on a running Clearshot; each prints what was lost, doubled or out of order."""

import json
import sys
from importlib import import_module

NAMES = ("crash", "storm", "zombie", "faults", "flood", "poison", "clock", "outage", "presses")
FAULTS = ("lost", "doubled", "order_faults")


def main() -> int:
    """Run one attack; 1 when anything was lost, doubled or out of order."""
    arguments = [one for one in sys.argv[1:] if one != "--json"]
    if not arguments or arguments[0] not in NAMES:
        sys.stderr.write(f"python -m tests.chaos NAME, one of: {', '.join(NAMES)}\n")
        return 2
    report = import_module(f"tests.chaos.{arguments[0]}").main(arguments[1:])
    if "--json" in sys.argv:
        sys.stdout.write(json.dumps(report) + "\n")
    else:
        sys.stdout.writelines(f"{name:15} {value}\n" for name, value in report.items())
    return 1 if report["wrong_at"] or any(report.get(name) for name in FAULTS) else 0


if __name__ == "__main__":
    sys.exit(main())
