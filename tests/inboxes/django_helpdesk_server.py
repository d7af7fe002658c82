"""The real django-helpdesk in an environment of its own: installed once for a set of locked requirements, kept in a cache."""

import hashlib
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.desk_text import case_in
from bot.inboxes.django_helpdesk.adapter import DjangoHelpdeskInbox
from bot.inboxes.django_helpdesk.settings import DjangoHelpdeskSettings
from bot.ports import SellerInbox
from tests.inboxes.arrivals import Arrived
from tests.inboxes.django_helpdesk_site.serve import TOKEN

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "django_helpdesk_requirements.txt"
SITE = HERE / "django_helpdesk_site" / "serve.py"
HOOK_TOKEN = "hook token for tests"
INSTALLED_WITHIN = 300.0  # seconds
TABLES = ("followupattachment", "ticketchange", "ticketcc", "ticketcustomfieldvalue", "followup", "ticket")


class CannotBeInstalled(Exception):
    """There is no registry, or the requirements cannot be had from it."""


def environment() -> Path:
    """Find the environment's interpreter, or make the environment; raises CannotBeInstalled."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "clearshot-tests"
    folder = cache / f"django-helpdesk-{version}-{wanted}"
    if not (folder / "complete").is_file():
        cache.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix="making-", dir=cache))
        _install(fresh)
        with suppress(OSError):  # another run was faster
            fresh.rename(folder)
        shutil.rmtree(fresh, ignore_errors=True)
    return folder / "bin" / "python"


def _install(folder: Path) -> None:
    """Make an environment without pip and let ours fill it: locked, wheels only."""
    python = folder / "bin" / "python"
    commands = (
        [sys.executable, "-m", "venv", "--without-pip", str(folder)],
        [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-compile", "--no-deps",
         "--disable-pip-version-check", "--require-hashes", "--only-binary", ":all:", "-r", str(REQUIREMENTS)],
    )  # fmt: skip
    try:
        for command in commands:
            subprocess.run(command, check=True, capture_output=True, timeout=INSTALLED_WITHIN)
    except (subprocess.SubprocessError, OSError) as fault:
        shutil.rmtree(folder, ignore_errors=True)
        raise CannotBeInstalled(type(fault).__name__) from None
    (folder / "complete").touch()


@dataclass(frozen=True, slots=True)
class HelpdeskSite:
    """A running help desk: its address and its folder."""

    url: str
    folder: Path

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Read or write its database beside it."""
        with closing(sqlite3.connect(self.folder / "helpdesk.sqlite3", timeout=30)) as connection, connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(statement, values)]

    def empty(self) -> None:
        """Take every ticket out."""
        for table in TABLES:
            self.rows(f"DELETE FROM helpdesk_{table}")  # noqa: S608 - the names stand above
        for name in ("down", "fails", "hooks"):
            (self.folder / name).unlink(missing_ok=True)


@contextmanager
def helpdesk_running(python: Path) -> Iterator[HelpdeskSite]:
    """Run one while the block lasts."""
    with tempfile.TemporaryDirectory(prefix="clearshot-helpdesk-") as name:
        folder = Path(name)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [python, str(SITE)], env={"HELPDESK_FOLDER": name, "PATH": os.environ["PATH"]},
                stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            assert port, (folder / "log").read_text()
            yield HelpdeskSite(url=f"http://127.0.0.1:{port}", folder=folder)
        finally:
            process.terminate()
            process.wait(10)
            assert process.stdout is not None
            process.stdout.close()


@dataclass
class HelpdeskOffice:
    """What arrived, read from the help desk's own tables and files."""

    site: HelpdeskSite
    inbox: SellerInbox
    stride: int = 60  # of many strings tried, every so many: its lists take it long

    def arrived(self) -> list[Arrived]:
        """Every follow-up, the one that opens a ticket too; portions of one bundle's photos are one."""
        found: dict[str, Arrived] = {}
        for row in self.site.rows(
            "SELECT f.id, comment, t.id AS ticket, t.title AS title FROM helpdesk_followup f"
            " JOIN helpdesk_ticket t ON t.id = ticket_id WHERE user_id = 1 ORDER BY f.id"
        ):
            key = re.sub(r"(\.\d+)\.\d+$", r"\1", f"{row['ticket']} {row['comment'].rpartition(chr(10))[2]}")
            before = found.get(key, Arrived(key=key, case=case_in(row["title"])))
            photos = {**before.photos, **self._photos(row["id"])}
            found[key] = replace(before, photos=photos, words=before.words + row["comment"])
        return list(found.values())

    def _photos(self, follow_up: int) -> dict[str, str]:
        rows = self.site.rows(
            "SELECT file, filename FROM helpdesk_followupattachment WHERE followup_id = ? ORDER BY id",
            follow_up,
        )
        media = self.site.folder / "media"
        return {
            row["filename"]: hashlib.sha256((media / row["file"]).read_bytes()).hexdigest() for row in rows
        }

    def break_down(self) -> None:
        (self.site.folder / "down").touch()

    def fail_after_the_next_change(self) -> None:
        (self.site.folder / "fails").touch()

    def mend(self) -> None:
        (self.site.folder / "down").unlink()


@asynccontextmanager
async def helpdesk_office(site: HelpdeskSite) -> AsyncIterator[HelpdeskOffice]:
    """Open its office, empty."""
    site.empty()
    inbox = DjangoHelpdeskInbox(settings_for(site))
    yield HelpdeskOffice(site=site, inbox=inbox)
    await inbox.aclose()


def settings_for(site: HelpdeskSite, **more: Any) -> DjangoHelpdeskSettings:
    """Make the block of configuration."""
    given = {
        "url": site.url, "token": TOKEN, "queue": 1, "submitter": "clearshot@shop.example", "hook_token": HOOK_TOKEN,
        "allow_private": True, "timeout": 20, **more,
    }  # fmt: skip
    return DjangoHelpdeskSettings.model_validate(given)
