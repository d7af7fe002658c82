"""A real IMAP server (dovecot) over a Maildir of its own, run as whoever runs the tests, on a port of its own."""

import getpass
import grp
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.mail_server import free_port

USER, PASSWORD = "claims", "only-for-tests"
WAIT = 20.0  # seconds until it answers
CONFIG = """\
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
mail_location = maildir:{folder}/mail
mailbox_list_index = no
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
"""


@dataclass
class ImapServer:
    """Where it listens, and the mailbox as files."""

    port: int
    mail: Path
    owner: tuple[int, int]
    count: int = 0

    def put(self, raw: bytes) -> None:
        """Let a mail arrive, as a delivery agent does: written aside, then moved in whole."""
        self.count += 1
        name = f"{int(time.time())}.M{self.count}P{os.getpid()}.tests"
        aside = self.mail / "tmp" / name
        aside.write_bytes(raw)
        os.chown(aside, *self.owner)
        aside.rename(self.mail / "new" / name)

    def flags(self) -> list[str]:
        """The flags of every mail, in the order of arrival: F flagged, S seen; "" for one that nobody touched."""
        found = {
            path.name.partition(":2,")[0]: path.name.partition(":2,")[2] for path in self.mail.rglob("*.M*")
        }
        return [
            found[name]
            for name in sorted(found, key=lambda one: int(one.partition(".M")[2].partition("P")[0]))
        ]


def is_here() -> bool:
    """Tell whether the server is installed."""
    return program() != ""


def program() -> str:
    """Find the server; it lies where only administrators' shells look."""
    places = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    return shutil.which("dovecot", path=places) or ""


@contextmanager
def imap_server(folder: Path) -> Iterator[ImapServer]:
    """Serve while the block lasts."""
    root = os.geteuid() == 0  # dovecot gives no mail to root
    user = "nobody" if root else getpass.getuser()
    entry = pwd.getpwnam(user)
    uid, gid = entry.pw_uid, entry.pw_gid
    for part in ("run", "state", "mail", "mail/tmp", "mail/new", "mail/cur"):
        (folder / part).mkdir()
        os.chown(folder / part, uid, gid)
    for parent in [folder, *folder.parents]:  # the server's user must come through
        if root and parent.owner() == "root" and parent != Path(parent.anchor):
            parent.chmod(parent.stat().st_mode | 0o011)
    port = free_port()
    config = folder / "dovecot.conf"
    group = grp.getgrgid(gid).gr_name
    config.write_text(
        CONFIG.format(folder=folder, user=user, group=group, uid=uid, gid=gid, port=port, password=PASSWORD)
    )
    process = subprocess.Popen(
        [program(), "-F", "-c", str(config)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await_answer(process, port, folder)
        yield ImapServer(port=port, mail=folder / "mail", owner=(uid, gid))
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()


def _await_answer(process: "subprocess.Popen[bytes]", port: int, folder: Path) -> None:
    until = time.monotonic() + WAIT
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
                if probe.recv(4) == b"* OK":
                    return
        except OSError:
            time.sleep(0.05)
    log = folder / "log"
    said = log.read_text() if log.exists() else "it wrote no log"
    raise RuntimeError(f"dovecot does not answer: {said}")
