#!/usr/bin/env bash
# Sets everything up in .venv and runs the demo. Needs Python 3.11+ with venv and pip, nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-python3}
VENV=${CLEARSHOT_VENV:-.venv}

[ -x "$VENV/bin/python" ] || "$PYTHON" -m venv "$VENV"
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check -r deploy/requirements.txt
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -e .
exec "$VENV/bin/clearshot" demo "$@"
