"""The image's recipe: small, not root, nothing that floats, and a health check that works."""

import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.web.health import health_routes

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
RECIPE = re.sub(r"\\\n\s*", " ", (DEPLOY / "Dockerfile").read_text())
LINES = [line for line in RECIPE.splitlines() if line.strip() and not line.startswith("#")]
STAGES = "\n".join(LINES).split("\nFROM ")[1:]


def of(stage: str, word: str) -> list[str]:
    return [line.partition(" ")[2].strip() for line in stage.splitlines() if line.startswith(f"{word} ")]


def test_the_base_is_named_to_its_patch_release() -> None:
    [base] = of("\n".join(LINES), "ARG")

    assert re.fullmatch(r"BASE=python:3\.\d+\.\d+-slim-\w+", base)
    assert all(stage.startswith("${BASE}") for stage in STAGES)
    assert "latest" not in RECIPE


def test_what_runs_is_not_root_and_holds_nothing_that_builds() -> None:
    last = STAGES[-1]

    [user] = of(last, "USER")
    assert re.fullmatch(r"[1-9]\d{4,}:[1-9]\d{4,}", user)
    assert last.index("USER") < last.index("ENTRYPOINT")
    assert "pip" not in last
    assert "apt" not in RECIPE
    assert "sudo" not in RECIPE
    assert of(last, "ADD") == []
    assert of(last, "STOPSIGNAL") == ["SIGTERM"]
    assert json.loads(of(last, "ENTRYPOINT")[0]) == ["clearshot"]


def test_only_locked_wheels_are_installed() -> None:
    [locked] = [line for line in of(STAGES[0], "RUN") if "-r " in line]

    assert {"--require-hashes", "--no-deps"} < set(locked.split())
    assert "--only-binary :all:" in locked
    names = set(re.findall(r"^([\w-]+)==", (DEPLOY / "requirements-image.txt").read_text(), re.MULTILINE))
    assert {
        "psycopg",
        "psycopg-binary",
        "greenlet",
        "obstore",
        "prometheus-client",
        "opentelemetry-sdk",
    } < names
    assert not names & {"pytest", "mypy", "pillow-heif"}


def test_the_image_holds_what_the_bot_is_locked_to() -> None:
    pins = {
        name: set(re.findall(r"^([\w.-]+==\S+)", (DEPLOY / f"{name}.txt").read_text(), re.MULTILINE))
        for name in ("requirements", "requirements-image")
    }

    assert pins["requirements"] - pins["requirements-image"] == set()


def test_nothing_is_copied_that_is_not_named() -> None:
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    copied = [source for line in of(STAGES[0], "COPY") for source in line.split()[:-1]]

    assert ignored[0] == "*"
    for source in copied:
        assert f"!{source}" in ignored
        assert (DEPLOY.parent / source).exists()


@pytest.mark.parametrize(("route", "code"), [("/health/live", 0), ("/elsewhere", 1)])
async def test_the_health_check_tells_a_bot_that_answers_from_one_that_does_not(
    route: str, code: int
) -> None:
    [check] = of(STAGES[-1], "HEALTHCHECK")
    _, _, script = json.loads(check.partition("CMD ")[2])
    site = web.Application()
    site.add_routes(health_routes({}))

    async with TestServer(site) as server:
        script = script.replace("127.0.0.1:8080", f"127.0.0.1:{server.port}").replace("/health/live", route)
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", script], check=False, capture_output=True
        )

    assert (done.returncode != 0) == bool(code)
