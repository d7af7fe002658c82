"""What `clearshot doctor` sees, beyond what its command's tests show."""

from pathlib import Path

import pytest

from bot.diagnosis import Finding, diagnose
from bot.settings import Settings
from tests.object_store import ObjectStore


async def photos_in(place: str, folder: Path) -> Finding:
    findings = await diagnose(Settings(database=f"sqlite:///{folder / 'clearshot.db'}", blobs=place))
    return next(finding for finding in findings if finding.what == "photos")


async def test_the_doctor_tries_the_object_store(
    object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in object_store.environ.items():
        monkeypatch.setenv(name, value)
    place = f"s3://{object_store.bucket()}/photos"

    well = await photos_in(place, tmp_path)
    ill = await photos_in("s3://nobody-made-this", tmp_path)

    assert (well.well, well.said) == (True, f"{place} is writable")
    assert (ill.well, ill.said) == (False, "object store: there is no such bucket")
