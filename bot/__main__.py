"""`clearshot` and `python -m bot`: runs a command; what a person can mend is one line and exit code 1."""

import sys
from importlib import import_module


def main() -> None:
    """Run the command line."""
    root = import_module("bot.cli.root")
    try:
        root.app(prog_name="clearshot")
    except Exception as fault:
        said = import_module("bot.cli.refusals").said(fault)
        if said is None:
            raise
        print("\n".join(said), file=sys.stderr)  # noqa: T201 - the command line speaks
        sys.exit(1)


if __name__ == "__main__":
    main()
