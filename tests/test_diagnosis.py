"""What `clearshot doctor` sees, beyond what its command's tests show."""

from pathlib import Path

import pytest

from bot.bootstrap import upgrade
from bot.diagnosis import Finding, diagnose
from bot.settings import Settings
from tests.object_store import ObjectStore
from tests.postgres import PostgresServer


async def photos_in(place: str, folder: Path) -> Finding:
    findings = await diagnose(Settings(database=f"sqlite:///{folder / 'clearshot.db'}", blobs=place))
    return next(finding for finding in findings if finding.what == "photos")


async def database_at(url: str, folder: Path) -> Finding:
    findings = await diagnose(Settings(database=url, blobs=str(folder)))
    return next(finding for finding in findings if finding.what == "database")


@pytest.mark.postgres
async def test_the_doctor_warns_of_a_role_that_no_policy_binds(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    plain = postgres_server.database()
    name = plain.partition("@/")[2].partition("?")[0]
    postgres_server.server.psql("CREATE ROLE passes LOGIN BYPASSRLS IN ROLE plain")
    await upgrade(Settings(database=plain))

    found = {
        role: await database_at(postgres_server.address(name, role=role), tmp_path)
        for role in ("plain", "postgres", "passes")
    }

    assert all(finding.well for finding in found.values()), found
    assert [f"the role {role} passes row level security" in one.said for role, one in found.items()] == [
        False, True, True,
    ]  # fmt: skip


async def test_the_doctor_tries_the_object_store(
    object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in object_store.environ.items():
        monkeypatch.setenv(name, value)
    place = f"s3://{object_store.bucket()}/photos"

    well = await photos_in(place, tmp_path)
    ill = await photos_in("s3://nobody-made-this", tmp_path)

    assert (well.well, well.said) == (True, f"{place} is writable")
    assert (ill.well, ill.said) == (False, "s3://nobody-made-this: object store: there is no such bucket")
