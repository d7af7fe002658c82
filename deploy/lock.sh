#!/usr/bin/env bash
# Renews the locked requirements, with hashes and without any index address. Needs pip-tools.
set -euo pipefail
cd "$(dirname "$0")/.."
options=(--quiet --generate-hashes --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --allow-unsafe)
pip-compile "${options[@]}" --output-file deploy/requirements.txt pyproject.toml
pip-compile "${options[@]}" --extra test --output-file deploy/requirements-test.txt pyproject.toml
# what the container image holds
pip-compile "${options[@]}" --extra postgres --extra s3 --extra otel --output-file deploy/requirements-image.txt pyproject.toml
