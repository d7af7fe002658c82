"""`clearshot` as it is, except that it counts its commits, outgoing calls and files moved into place, and ends itself at one.

`python -m tests.chaos.doomed run`. CHAOS_LOG names a file that gets a line for each point; CHAOS_KILL is `call:after:12`:
SIGKILL once the 12th call was answered and nothing of the answer was used yet. Nothing of Clearshot knows of this.
"""

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

KINDS = ("commit", "call", "file")
SIDES = ("before", "after")
WRITES = ("INSERT", "UPDATE", "DELETE")


@dataclass
class Points:
    """Counts what happens, and ends the process at the point that was named."""

    log: int | None
    doom: tuple[str, str, int] | None
    counts: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def reach(self, kind: str, name: str) -> int:
        """Begin a point of this kind; its number, from 1."""
        with self.lock:
            self.counts[kind] += 1
            number = self.counts[kind]
            if self.log is not None:
                os.write(self.log, f"{kind} {number} {name}\n".encode())
        self.pass_side(kind, "before", number)
        return number

    def pass_side(self, kind: str, side: str, number: int) -> None:
        """End here if this is the moment."""
        if self.doom == (kind, side, number):
            os.kill(os.getpid(), signal.SIGKILL)


def from_environment() -> Points:
    """Read what to write and where to end."""
    path, doom = os.environ.get("CHAOS_LOG"), os.environ.get("CHAOS_KILL")
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND) if path else None
    if not doom:
        return Points(log=log, doom=None)
    kind, side, number = doom.split(":")
    return Points(log=log, doom=(kind, side, int(number)))


def count_commits(points: Points) -> None:
    """Count the commits that write something."""
    from sqlalchemy import Connection, Engine, event  # noqa: PLC0415 - counted from the first import on

    def executed(connection: Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith(WRITES):
            connection.info["wrote"] = True

    event.listen(Engine, "after_cursor_execute", executed)
    commit: Callable[[Connection], None] = Connection._commit_impl

    def counted(connection: Connection) -> None:
        if not connection.info.pop("wrote", False):
            commit(connection)
            return
        number = points.reach("commit", "")
        commit(connection)
        points.pass_side("commit", "after", number)

    Connection._commit_impl = counted  # type: ignore[method-assign,assignment]


def count_calls(points: Points) -> None:
    """Count requests over HTTP, and mails."""
    import aiohttp  # noqa: PLC0415
    import aiosmtplib  # noqa: PLC0415

    from bot.telegram.lines import Lines  # noqa: PLC0415

    request = aiohttp.ClientSession._request
    send = aiosmtplib.SMTP.send_message
    post = Lines.post

    async def counted(session: aiohttp.ClientSession, method: str, url: Any, **rest: Any) -> Any:
        name = str(url).rpartition("/")[2]
        if name == "getUpdates":
            return await request(session, method, url, **rest)
        number = points.reach("call", name)
        answer = await request(session, method, url, **rest)
        points.pass_side("call", "after", number)
        return answer

    async def counted_post(lines: Lines, path: str, body: bytes, **rest: Any) -> Any:
        name = path.rpartition("/")[2]
        if name == "getUpdates":
            return await post(lines, path, body, **rest)
        number = points.reach("call", name)
        answer = await post(lines, path, body, **rest)
        points.pass_side("call", "after", number)
        return answer

    async def counted_mail(client: aiosmtplib.SMTP, *arguments: Any, **rest: Any) -> Any:
        number = points.reach("call", "mail")
        answer = await send(client, *arguments, **rest)
        points.pass_side("call", "after", number)
        return answer

    aiohttp.ClientSession._request = counted  # type: ignore[method-assign,assignment]
    Lines.post = counted_post  # type: ignore[method-assign,assignment]
    aiosmtplib.SMTP.send_message = counted_mail  # type: ignore[method-assign]


def count_files(points: Points) -> None:
    """Count the files and folders that are moved into place: photos, bundles."""

    def counting(move: Callable[..., None]) -> Callable[..., None]:
        def counted(source: Any, target: Any, **rest: Any) -> None:
            number = points.reach("file", Path(target).parent.name)
            move(source, target, **rest)
            points.pass_side("file", "after", number)

        return counted

    os.rename = counting(os.rename)
    os.replace = counting(os.replace)


def main() -> None:
    """Run the command line with everything counted."""
    points = from_environment()
    count_commits(points)
    count_calls(points)
    count_files(points)
    from bot.__main__ import main as clearshot  # noqa: PLC0415

    clearshot()


if __name__ == "__main__":
    main()
