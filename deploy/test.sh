#!/usr/bin/env bash
# Sets everything up in .venv and passes the tests. Needs Python 3.11+ with venv and pip, nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-python3}
VENV=${CLEARSHOT_VENV:-.venv}

[ -x "$VENV/bin/python" ] || "$PYTHON" -m venv "$VENV"
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check -r deploy/requirements-test.txt
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -e .
export PATH="$PWD/$VENV/bin:$PATH"

ruff check
ruff format --check
mypy
lint-imports
# most tests wait for something: two at a time, the tests of a file in one process
python -m pytest -q -n 2 --dist loadfile "$@"
