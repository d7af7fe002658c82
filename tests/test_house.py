"""The house keeps its own measures."""

import ast
import subprocess
from pathlib import Path

import pytest

from bot.settings import DATA

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("bot", "flows", "storage", "tests")


def python_files() -> list[Path]:
    return [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]


@pytest.mark.parametrize("path", python_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_holds_one_idea(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    longest = max(
        (
            (node.end_lineno or 0) - node.lineno + 1
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ),
        default=0,
    )

    assert source.count("\n") <= 400
    assert longest <= 60


@pytest.mark.parametrize("name", [f"{DATA}/clearshot.db", "sellers.yaml", "sellers.yaml.bak", "orders.csv"])
def test_what_a_bot_that_is_started_here_keeps_and_is_given_is_never_committed(name: str) -> None:
    done = subprocess.run(["git", "check-ignore", "-q", name], cwd=ROOT, check=False)

    assert done.returncode == 0


def test_the_top_level_is_the_owner_s() -> None:
    listed = subprocess.run(
        ["git", "ls-tree", "--name-only", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()

    visible = {name for name in listed if not name.startswith(".")}
    assert visible <= {"pyproject.toml", "bot", "flows", "storage", "tests", "deploy", "README.md", "LICENSE"}


def test_the_locked_requirements_have_hashes_and_name_no_index() -> None:
    for name in ("requirements.txt", "requirements-test.txt", "requirements-image.txt"):
        text = (ROOT / "deploy" / name).read_text(encoding="utf-8")

        assert text.count("--hash=sha256:") > 20
        assert "http://" not in text
        assert "https://" not in text
        assert "--index" not in text
