"""The compose file's database: its first script, run on a real server, leaves the bot a plain role and nothing more."""

from pathlib import Path

import psycopg
import pytest
import yaml

from bot.bootstrap import upgrade
from bot.settings import Settings
from tests.postgres import PostgresServer

COMPOSE = Path(__file__).resolve().parents[2] / "deploy" / "compose"
SCRIPT = COMPOSE / "database.sql"
SECRET = 'it\'s a secret: "quoted" \\ and 100 %'


def test_the_script_is_run_by_an_empty_database_and_the_bot_is_no_superuser() -> None:
    service = yaml.safe_load((COMPOSE / "compose.yaml").read_text())["services"]["database"]

    assert f"./{SCRIPT.name}:/docker-entrypoint-initdb.d/{SCRIPT.name}:ro" in service["volumes"]
    assert service["environment"]["POSTGRES_USER"] == "postgres"
    assert "POSTGRES_DB" not in service["environment"]
    assert "://clearshot:PASSWORD@database/clearshot" in (COMPOSE / "example.env").read_text()
    assert service["healthcheck"]["test"][1:4] == ["pg_isready", "-h", "127.0.0.1"]


@pytest.mark.postgres
async def test_the_script_leaves_the_bot_a_plain_role_that_owns_its_database(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    place = "/run/secrets/database_password"
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    script = SCRIPT.read_text()
    assert place in script

    postgres_server.server.psql("\\set ON_ERROR_STOP on\n" + script.replace(place, str(tmp_path / "secret")))

    async with await psycopg.AsyncConnection.connect(postgres_server.address("clearshot")) as superuser:
        roles = await superuser.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, coalesce(left(rolpassword, 14), '')"
            " FROM pg_authid WHERE rolname IN ('clearshot', 'postgres') ORDER BY rolname"
        )
        assert await roles.fetchall() == [
            ("clearshot", False, False, False, False, "SCRAM-SHA-256$"),
            ("postgres", True, True, True, True, ""),
        ]
    own = postgres_server.address("clearshot", role="clearshot")
    assert await upgrade(Settings(database=own)) == "postgresql"
    postgres_server.database()  # makes the role of the other tests
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(postgres_server.address("clearshot", role="plain"))
