"""The real django-helpdesk, run by an interpreter that has it."""

import hashlib
import os
import re
import sqlite3
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
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
TABLES = ("followupattachment", "ticketchange", "ticketcc", "ticketcustomfieldvalue", "followup", "ticket")


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
