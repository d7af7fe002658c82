"""Fixtures that every test may use: the sample data's place, and a clock."""

import os
from pathlib import Path

import pytest


def _sample_data() -> Path | None:
    named = os.environ.get("CLEARSHOT_TEST_DATA")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "data"
    return folder if (folder / "photos" / "manifest.csv").is_file() else None


@pytest.fixture(scope="session")
def sample_data() -> Path:
    """Return the folder of labelled photos and hostile files; skip, visibly, where a user has none."""
    folder = _sample_data()
    if folder is None:
        pytest.skip("no sample data: set CLEARSHOT_TEST_DATA to its folder")
    return folder
